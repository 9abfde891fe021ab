// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a file is parsed. First with every shortcut: the precompiled header, blanked bodies, the trace overlay. An error is
// tried again only by what may cure it. A header that is missing asks for the include directories that another makefile would have
// set, or for an architecture that has it. Any other error may come from a shortcut, so the file is taken as it is; but not if the
// first error is the tree's own (tool/frontend/tree_errors.cpp), because then it would only come again. Another architecture is
// asked if this one does not build the file. What is left is shown with its errors: Clang marks what they spoil.
// The attempt with the fewest errors is the one that is shown, so a false error of a shortcut never costs a fact.
#include "tool/frontend/frontend_parts.h"
#include "tool/frontend/pch.h"
#include "llvm/Support/Path.h"
#include <algorithm>

using namespace llvm;

namespace krcu {
namespace {

constexpr unsigned MaxAttempts = 3; ///< at a file under one architecture; the best of several architectures is parsed once more

const ParseDiagnostic *firstError(const ParseOutcome &Out) {
  auto It = llvm::find_if(Out.diagnostics, [](const ParseDiagnostic &D) { return D.error; });
  return It == Out.diagnostics.end() ? nullptr : &*It;
}

/// A missing <asm/x.h> says whose file it is: those of the variants `Names` from `From` on that have it.
std::vector<std::string> ownersOf(const Tree &T, const std::vector<std::string> &Missing, const std::vector<std::string> &Names, size_t From) {
  std::vector<std::string> Result;
  for (size_t N = From; N < Names.size(); ++N)
    if (std::any_of(Missing.begin(), Missing.end(), [&](const std::string &Header) {
          return StringRef(Header).starts_with("asm/") && T.has("arch/" + Names[N] + "/include/" + Header);
        }))
      Result.push_back(Names[N]);
  return Result;
}

/// Moves the owners to the place `From`, the others behind them.
void ownersFirst(const std::vector<std::string> &Owners, std::vector<std::string> &Names, size_t From) {
  std::vector<std::string> Others;
  for (size_t N = From; N < Names.size(); ++N)
    if (!llvm::is_contained(Owners, Names[N]))
      Others.push_back(Names[N]);
  Names.resize(std::min(From, Names.size()));
  Names.insert(Names.end(), Owners.begin(), Owners.end());
  Names.insert(Names.end(), Others.begin(), Others.end());
}

} // namespace

ParseOutcome Frontend::parseUnder(Variant &V, const ParseRequest &Request, const std::string &Main, Worker &W,
                                  Attempt A, const AstConsumer *Consumer) {
  ParseJob Job;
  Job.main_file = Main;
  Job.bodies = &Request.bodies;
  Job.outlines = &I.outlines();
  Job.overrides = Request.overrides;
  Job.warn_unused = Request.warn_unused;
  Job.trace_overlay = A.trace_overlay;
  Job.blank = A.blank;
  std::set<std::string> Whole = headersDefining(Request.bodies.names);
  Whole.insert(Request.bodies.headers.begin(), Request.bodies.headers.end());
  Job.whole_headers = &Whole;
  Job.accept = A.accept;
  if (const PrecompiledHeader *P = A.pch ? headerFor(V, Request, Main) : nullptr)
    Job.pch = P->path, Job.pch_is_kept = P->is_kept, Job.pch_includes = P->shared.includes, Job.pch_errors = &P->errors;
  Kbuild::FlagSet Own = V.kbuild->flagsOf(Main, A.way);
  Job.front_flags = std::move(Own.front);
  Job.flags = std::move(Own.back);
  if (!T.mounted().empty() && T.isSubject(Main))
    Job.user_flags = Options.user_flags;
  for (const std::string &D : A.extra_dirs)
    Job.flags.push_back("-I" + D);
  const CompileCommands::Entry *User = Options.commands ? Options.commands->find(Main) : nullptr;
  if (User) {
    Job.command = User;
  }
  count(V, Main == HeadersMain ? Request.file : Main);
  ParseOutcome Out;
  auto &Cache = W.caches[{&V, A.trace_overlay, User ? User->directory : std::string()}];
  if (!Cache)
    Cache = V.session->newFileCache(A.trace_overlay, User);
  const std::string &Whose = Main == HeadersMain ? Request.file : Main;
  if (!hasOverrun(Whose, Out))
    Out = V.session->parse(Job, *Cache, Consumer);
  if (Out.broken)
    static_cast<void>(Cache.release()); // its state is not to be trusted any more, not even to be destroyed
  if (Out.overrun) {
    std::lock_guard<std::mutex> Guard(HopelessLock);
    Overruns.emplace(Whose, Out.cause);
  }
  W.inputs.insert(Out.inputs.begin(), Out.inputs.end());
  if (A.pch)
    if (const PrecompiledHeader *P = headerFor(V, Request, Main))
      W.inputs.insert(P->files.begin(), P->files.end());
  W.inputs_known = W.inputs_known && !Out.broken;
  Out.main_file = Main;
  Out.variant = V.synth->variant;
  return Out;
}

/// A file that has used up its time or memory once is not tried again, by whatever way.
bool Frontend::hasOverrun(const std::string &File, ParseOutcome &Out) {
  std::lock_guard<std::mutex> Guard(HopelessLock);
  auto It = Overruns.find(File);
  if (It == Overruns.end())
    return false;
  Out.errors = 1;
  Out.cause = It->second;
  Out.broken = Out.overrun = true;
  return true;
}

std::vector<std::string> Frontend::missingIncludeDirs(const std::vector<std::string> &Missing,
                                                      const std::string &File) const {
  std::vector<std::string> Dirs;
  if (Missing.empty())
    return Dirs;
  sortHeaders();
  for (const std::string &Name : Missing) {
    StringRef Wanted = Name;
    while (Wanted.consume_front("../")) {
    }
    std::string Best;
    size_t BestCommon = 0;
    auto Named = HeadersByName.find(sys::path::filename(Wanted).str());
    if (Named == HeadersByName.end())
      continue;
    for (uint32_t Id : Named->second) {
      StringRef Path = I.files()[Id].path;
      if (!Path.ends_with(Wanted) || Path.starts_with("include/") ||
          (Path.size() > Wanted.size() && Path[Path.size() - Wanted.size() - 1] != '/'))
        continue;
      size_t Common = 0, Slashes = 0;
      for (; Common < std::min(Path.size(), File.size()) && Path[Common] == File[Common]; ++Common)
        Slashes += Path[Common] == '/';
      if (Slashes > BestCommon)
        BestCommon = Slashes, Best = (T.root() + "/" + Path.drop_back(Wanted.size()).rtrim('/')).str();
    }
    if (BestCommon >= 2 && std::find(Dirs.begin(), Dirs.end(), Best) == Dirs.end())
      Dirs.push_back(Best);
  }
  return Dirs;
}

void Frontend::sortHeaders() const {
  std::call_once(HeadersSorted, [&] { // few runs ask
    for (uint32_t Id = 0; Id < I.files().size(); ++Id)
      if (StringRef Path = I.files()[Id].path; Path.ends_with(".h"))
        HeadersByName[sys::path::filename(Path).str()].push_back(Id);
  });
}

/// Whether no directory has a header of that name.
bool Frontend::isNowhere(const std::string &Header) const {
  sortHeaders();
  StringRef Wanted = Header;
  while (Wanted.consume_front("../")) {
  }
  auto Named = HeadersByName.find(sys::path::filename(Wanted).str());
  return Named == HeadersByName.end() || std::none_of(Named->second.begin(), Named->second.end(), [&](uint32_t Id) { return StringRef(I.files()[Id].path).ends_with(Wanted); });
}

/// What may cure the errors of an attempt. Nothing: nothing does, under this architecture.
std::optional<Frontend::Attempt> Frontend::nextAttempt(Variant &V, const std::string &Main, const Attempt &A, const ParseOutcome &Out, Worker &W) {
  if (Out.errors == 0 || A.number >= MaxAttempts)
    return std::nullopt;
  Attempt Next = A;
  Next.number = A.number + 1;
  for (const std::string &D : missingIncludeDirs(Out.missing_includes, Main))
    if (!is_contained(Next.extra_dirs, D))
      Next.extra_dirs.push_back(D);
  if (Next.extra_dirs.size() > A.extra_dirs.size()) {
    Next.pch = false;
    return Next;
  }
  bool Short = A.pch || A.blank || A.trace_overlay;
  const ParseDiagnostic *First = firstError(Out);
  // A header that no tree has does not turn up because the file is read again.
  if (First && !Out.missing_includes.empty() && First->text == "'" + Out.missing_includes.front() + "' file not found" && isNowhere(Out.missing_includes.front()))
    return std::nullopt;
  if (!Short || !First || isOfTree(V, *First, Main, W))
    return std::nullopt;
  Next.pch = Next.blank = Next.trace_overlay = false;
  return Next;
}

/// Moves the architecture that is worth a try after `At` to the place behind it; false: there is none.
bool Frontend::chooseNext(const ParseRequest &Request, const std::string &Main, bool Built, const ParseOutcome &Out, std::vector<std::string> &Names, size_t At) {
  std::vector<std::string> Owners = ownersOf(T, Out.missing_includes, Names, At + 1);
  if (Built && Owners.empty())
    return false; // what stands there as it is for an architecture that builds it is cured by no other
  ownersFirst(Owners, Names, At + 1);
  for (size_t N = At + 1; N < Names.size(); ++N) {
    Variant &V = *variant(Names[N], Request.force);
    std::string Why;
    if (!V.session || !T.has(Main) || !V.kbuild->isBuilt(Main, &Why))
      continue;
    std::rotate(Names.begin() + static_cast<long>(At) + 1, Names.begin() + static_cast<long>(N), Names.begin() + static_cast<long>(N) + 1);
    return true;
  }
  return false;
}

/// The architectures to try, in order.
std::vector<std::string> Frontend::namesFor(const ParseRequest &Request, const std::string &Main) const {
  std::vector<std::string> Names = Request.variant.empty() ? candidateVariants(Main) : std::vector{Request.variant};
  if (const CompileCommands::Entry *User = Options.commands ? Options.commands->find(Main) : nullptr) {
    // The command decides; its architecture matters for the headers that the build has not made.
    std::vector<std::string> Own = variantsOf(User->src_arch);
    if (!Own.empty())
      Names = Own;
    if (Names.size() > 1)
      Names.resize(1);
  }
  return Names;
}

/// All tries at one file under one architecture. The consumer sees the first attempt that has no error, or that nothing can better.
bool Frontend::climb(Variant &V, const ParseRequest &Request, const std::string &Main, Worker &W, const AstConsumer &Consumer,
                     const std::function<bool(const ParseOutcome &)> &IsLast, Best &B) {
  std::string Why;
  bool Built = T.has(Main) && V.kbuild->isBuilt(Main, &Why);
  const std::string Known = Request.overrides ? std::string() : variantKey(V.synth->variant + ":" + Main, Request.force);
  std::optional<Attempt> A = startOf(Known);
  A->pch = A->pch && headerFor(V, Request, Main) != nullptr;
  const unsigned Ways = V.kbuild->ways(Main);
  // Where the makefile leaves a doubt about the flags, the other ways are tried first; then on from the one that came nearest.
  auto Behind = [&](const Attempt &Tried, const ParseOutcome &Out) -> std::optional<Attempt> {
    if (Out.errors && Tried.way + 1 < Ways) {
      Attempt Next = Tried;
      ++Next.way;
      return Next;
    }
    bool Worse = B.variant == &V && B.attempt.way != Tried.way && B.outcome.errors <= Out.errors;
    return Worse ? nextAttempt(V, Main, B.attempt, B.outcome, W) : nextAttempt(V, Main, Tried, Out, W);
  };
  while (A) {
    std::optional<Attempt> Next;
    bool Shown = false;
    A->accept = [&](const ParseOutcome &Out) {
      Next = Behind(*A, Out);
      return Shown = !Next && Out.errors <= B.outcome.errors && IsLast(Out);
    };
    ParseOutcome Out = parseUnder(V, Request, Main, W, *A, &Consumer);
    if (!Out.parsed)
      Next = Behind(*A, Out); // a crash, or flags that Clang does not take
    Out.built = Built;
    if (!Built)
      Out.cause = Why;
    Shown = Shown || (Out.parsed && Out.errors == 0);
    if (Shown || Out.errors < B.outcome.errors)
      B = {Out, &V, *A};
    if (Shown) {
      if ((A->number > 1 || A->way) && Out.errors == 0)
        rememberStart(Known, *A);
      return true;
    }
    A = std::move(Next);
    stats.retries += A.has_value();
  }
  return false;
}

/// Tries one main file under its architectures until it parses without an error, or nothing is left that might help.
ParseOutcome Frontend::parseMain(const ParseRequest &Request, const std::string &Main, Worker &W,
                                 const AstConsumer &Consumer) {
  std::vector<std::string> Names = namesFor(Request, Main);
  // A file that fails however it is tried fails so again; what came nearest is not looked for twice.
  std::string Asked = Request.overrides || Request.bodies.all ? std::string() : variantKey(Main + ":" + Request.variant, Request.force);
  if (std::shared_ptr<const Hopeless> Known = hopeless(Asked))
    return tryLast(Request, Main, W, Consumer, *Known);
  Best B;
  B.outcome.main_file = Main;
  B.outcome.cause = archOf(Main).empty() ? "no architecture of this tree is known to krcu"
                                         : "architecture " + archOf(Main).str() + " is not known to krcu";
  B.outcome.errors = ~0u;
  bool Shown = false;
  for (size_t At = 0; At < Names.size() && !Shown; ++At) {
    Variant &V = *variant(Names[At], Request.force);
    W.inputs.insert("=" + variantKey(Names[At], Request.force));
    if (!V.session) {
      if (B.outcome.errors == ~0u)
        B.outcome.cause = V.problem;
      continue;
    }
    bool Built = T.has(Main) && V.kbuild->isBuilt(Main, nullptr), More = false;
    auto IsLast = [&](const ParseOutcome &Out) { return !(More = chooseNext(Request, Main, Built, Out, Names, At)); };
    Shown = climb(V, Request, Main, W, Consumer, IsLast, B);
    if (!Shown && !More)
      break;
  }
  if (!B.variant || (Shown && B.outcome.errors == 0))
    return B.outcome;
  B.attempt.accept = [](const ParseOutcome &) { return true; };
  auto Found = std::make_shared<const Hopeless>(Hopeless{B.variant, B.attempt, B.outcome.cause, B.outcome.built, W.inputs});
  if (!Asked.empty()) {
    std::lock_guard<std::mutex> Guard(HopelessLock);
    HopelessFiles.emplace(Asked, Found);
  }
  return Shown ? withCause(std::move(B.outcome), *Found) : tryLast(Request, Main, W, Consumer, *Found);
}

/// What cured the file's errors when it was parsed before: the shortcuts would fail again.
Frontend::Attempt Frontend::startOf(const std::string &Known) {
  std::lock_guard<std::mutex> Guard(HopelessLock);
  auto It = Cured.find(Known);
  return It == Cured.end() ? Attempt() : It->second;
}

void Frontend::rememberStart(const std::string &Known, Attempt A) {
  if (Known.empty())
    return;
  A.number = 1;
  A.accept = nullptr;
  std::lock_guard<std::mutex> Guard(HopelessLock);
  Cured.emplace(Known, std::move(A));
}

std::shared_ptr<const Frontend::Hopeless> Frontend::hopeless(const std::string &Asked) {
  std::lock_guard<std::mutex> Guard(HopelessLock);
  auto It = HopelessFiles.find(Asked);
  return It == HopelessFiles.end() ? nullptr : It->second;
}

/// Says why, with the first error.
ParseOutcome Frontend::withCause(ParseOutcome Out, const Hopeless &H) {
  Out.built = H.built;
  Out.cause = H.cause;
  if (const ParseDiagnostic *D = Out.errors ? firstError(Out) : nullptr)
    Out.cause = (H.cause.empty() ? "" : H.cause + "; ") + "parse error at " + D->file + ":" + std::to_string(D->line) + ": " + D->text;
  return Out;
}

/// The attempt with the fewest errors, with the consumer: parsing is deterministic, so this is the one that was counted.
ParseOutcome Frontend::tryLast(const ParseRequest &Request, const std::string &Main, Worker &W, const AstConsumer &Consumer, const Hopeless &H) {
  ParseOutcome Out = parseUnder(*H.variant, Request, Main, W, H.attempt, &Consumer);
  W.inputs.insert(H.inputs.begin(), H.inputs.end());
  return withCause(std::move(Out), H);
}

} // namespace krcu
