// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a file is parsed. Attempts go from cheap to certain: with the shared precompiled header and the trace overlay; on any
// error without the header; then with the real trace headers and with the include directories that another makefile
// would have set; then under the next architecture. The attempt with the fewest errors is the one whose AST is
// shown, so a false error of a shortcut (two headers that do not go together) never costs a fact.
#include "tool/frontend/frontend_parts.h"
#include "tool/frontend/pch.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/Path.h"
#include <algorithm>

using namespace llvm;

namespace krcu {
namespace {

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
  Job.outlines = &Outlines;
  Job.overrides = Request.overrides;
  Job.warn_unused = Request.warn_unused;
  Job.trace_overlay = A.trace_overlay;
  Job.blank = A.blank;
  std::set<std::string> Whole = headersDefining(Request.bodies.names);
  Whole.insert(Request.bodies.headers.begin(), Request.bodies.headers.end());
  Job.whole_headers = &Whole;
  Job.show_with_errors = A.last_resort;
  if (const PrecompiledHeader *P = A.pch ? headerFor(V, Request, Main) : nullptr)
    Job.pch = P->path, Job.pch_is_kept = P->is_kept;
  Job.flags = V.kbuild->flags(Main);
  for (const std::string &D : A.extra_dirs)
    Job.flags.push_back("-I" + D);
  const CompileCommands::Entry *User = Options.commands ? Options.commands->find(Main) : nullptr;
  if (User) {
    Job.command = User;
    Job.pch.clear();
  }
  ++stats.parses;
  ParseOutcome Out;
  CrashRecoveryContext Guard;
  auto &Cache = W.caches[{&V, A.trace_overlay, User != nullptr}];
  if (!Cache)
    Cache = V.session->newFileCache(A.trace_overlay, User != nullptr);
  bool Fine = Guard.RunSafely([&] { Out = V.session->parse(Job, *Cache, Consumer); });
  if (!Fine) {
    Out = ParseOutcome();
    Out.errors = 1;
    Out.cause = "the parser crashed on it";
    Cache.reset(); // its state is not to be trusted any more
  }
  W.inputs.insert(Out.inputs.begin(), Out.inputs.end());
  if (A.pch)
    if (const PrecompiledHeader *P = headerFor(V, Request, Main))
      W.inputs.insert(P->files.begin(), P->files.end());
  W.inputs_known = W.inputs_known && Fine;
  Out.main_file = Main;
  Out.variant = V.synth->variant;
  return Out;
}

std::vector<std::string> Frontend::missingIncludeDirs(const std::vector<std::string> &Missing,
                                                      const std::string &File) const {
  std::vector<std::string> Dirs;
  if (Missing.empty())
    return Dirs;
  std::call_once(HeadersSorted, [&] { // few runs ask
    for (uint32_t Id = 0; Id < I.files().size(); ++Id)
      if (StringRef Path = I.files()[Id].path; Path.ends_with(".h"))
        HeadersByName[sys::path::filename(Path).str()].push_back(Id);
  });
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

/// Tries one main file under its architectures until it parses without an error.
ParseOutcome Frontend::parseMain(const ParseRequest &Request, const std::string &Main, Worker &W,
                                 const AstConsumer &Consumer) {
  std::vector<std::string> Names = Request.variant.empty() ? candidateVariants(Main) : std::vector{Request.variant};
  if (const CompileCommands::Entry *User = Options.commands ? Options.commands->find(Main) : nullptr) {
    // The command decides; its architecture matters for the headers that the build has not made.
    std::vector<std::string> Own = variantsOf(User->src_arch);
    if (!Own.empty())
      Names = Own;
    if (Names.size() > 1)
      Names.resize(1);
  }
  // A file that fails however it is tried fails so again; what came nearest is not looked for twice.
  std::string Asked = Request.overrides || Request.bodies.all ? std::string() : variantKey(Main + ":" + Request.variant, Request.force);
  if (std::shared_ptr<const Hopeless> Known = hopeless(Asked))
    return tryLast(Request, Main, W, Consumer, *Known);
  ParseOutcome Best;
  Best.main_file = Main;
  Best.cause = archOf(Main).empty() ? "no architecture of this tree is known to krcu"
                                    : "architecture " + archOf(Main).str() + " is not known to krcu";
  Best.errors = ~0u;
  Variant *BestVariant = nullptr;
  Attempt BestAttempt;
  bool First = true;
  for (size_t Next = 0; Next < Names.size(); ++Next) {
    const std::string Name = Names[Next];
    Variant &V = *variant(Name, Request.force);
    W.inputs.insert("=" + variantKey(Name, Request.force));
    if (!V.session) {
      if (Best.errors == ~0u)
        Best.cause = V.problem;
      continue;
    }
    std::string Why;
    bool Built = T.has(Main) && V.kbuild->isBuilt(Main, &Why);
    // Another architecture than the first is worth a try only if it really builds the file.
    if (!First && !Built)
      continue;
    // The consumer is shown the AST by the first attempt that has no error; nothing is parsed twice then.
    bool Shown = false;
    auto Try = [&](const Attempt &A) {
      ParseOutcome Out = parseUnder(V, Request, Main, W, A, &Consumer);
      Out.built = Built;
      if (!Built)
        Out.cause = Why;
      Shown = Out.parsed && Out.errors == 0;
      if (Shown || Out.errors < Best.errors)
        Best = Out, BestVariant = &V, BestAttempt = A;
      return Out;
    };
    Attempt A;
    A.pch = headerFor(V, Request, Main) != nullptr;
    ParseOutcome Out = Try(A);
    if (Shown)
      return Best;
    First = false;
    ++stats.retries;
    // A header of another architecture: look there before anything else is tried here.
    if (std::vector<std::string> Owners = ownersOf(T, Out.missing_includes, Names, Next + 1); !Built && !Owners.empty()) {
      ownersFirst(Owners, Names, Next + 1);
      continue;
    }
    if (A.pch) {
      A.pch = false;
      Out = Try(A);
    }
    if (!Shown) {
      A.blank = false;
      Out = Try(A);
    }
    for (int Round = 0; Round < 4 && !Shown; ++Round) {
      std::vector<std::string> Dirs = missingIncludeDirs(Out.missing_includes, Main);
      size_t Before = A.extra_dirs.size();
      for (std::string &D : Dirs)
        if (std::find(A.extra_dirs.begin(), A.extra_dirs.end(), D) == A.extra_dirs.end())
          A.extra_dirs.push_back(D);
      if (A.extra_dirs.size() == Before)
        break;
      A.pch = false;
      Out = Try(A);
    }
    if (!Shown && A.trace_overlay) {
      A.trace_overlay = false;
      A.pch = false;
      Out = Try(A);
    }
    if (Shown)
      return Best;
    ownersFirst(ownersOf(T, Out.missing_includes, Names, Next + 1), Names, Next + 1);
  }
  if (!BestVariant)
    return Best;
  BestAttempt.last_resort = true;
  auto Found = std::make_shared<const Hopeless>(Hopeless{BestVariant, BestAttempt, Best.cause, Best.built, W.inputs});
  if (!Asked.empty()) {
    std::lock_guard<std::mutex> Guard(HopelessLock);
    HopelessFiles.emplace(Asked, Found);
  }
  return tryLast(Request, Main, W, Consumer, *Found);
}

std::shared_ptr<const Frontend::Hopeless> Frontend::hopeless(const std::string &Asked) {
  std::lock_guard<std::mutex> Guard(HopelessLock);
  auto It = HopelessFiles.find(Asked);
  return It == HopelessFiles.end() ? nullptr : It->second;
}

/// The attempt with the fewest errors, with the consumer: parsing is deterministic, so this is the one that was counted.
ParseOutcome Frontend::tryLast(const ParseRequest &Request, const std::string &Main, Worker &W, const AstConsumer &Consumer, const Hopeless &H) {
  ParseOutcome Best = parseUnder(*H.variant, Request, Main, W, H.attempt, &Consumer);
  W.inputs.insert(H.inputs.begin(), H.inputs.end());
  const std::string &Cause = H.cause;
  Best.built = H.built;
  Best.cause = Cause;
  if (Best.errors)
    for (const ParseDiagnostic &D : Best.diagnostics)
      if (D.error) {
        Best.cause = (Cause.empty() ? "" : Cause + "; ") + "parse error at " + D.file + ":" + std::to_string(D.line) +
                     ": " + D.text;
        break;
      }
  return Best;
}

} // namespace krcu
