// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a file is parsed. Attempts go from cheap to certain: with the shared precompiled header and the trace overlay; on any
// error without the header; then with the real trace headers and with the include directories that another makefile
// would have set; then under the next architecture. The attempt with the fewest errors is the one whose AST is
// shown, so a false error of a shortcut (two headers that do not go together) never costs a fact.
#include "tool/frontend/frontend.h"
#include "tool/frontend/pch.h"
#include "tool/frontend/session.h"
#include "tool/support/error.h"
#include "tool/support/parallel.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <chrono>
#include <tuple>

using namespace llvm;

namespace krcu {

struct Frontend::Variant {
  std::unique_ptr<Synth> synth;
  std::unique_ptr<Kbuild> kbuild;
  std::unique_ptr<ParseSession> session;
  std::map<std::string, PrecompiledHeader> pch; ///< by family of directories
  std::string problem;         ///< why this architecture cannot be used
  std::vector<std::string> made_from; ///< files of the tree that were read for it
};

/// What differs between two tries at the same file.
struct Frontend::Attempt {
  bool pch = true;
  bool blank = true;
  bool trace_overlay = true;
  bool last_resort = false;
  std::vector<std::string> extra_dirs;
};

/// How a file that never parses without an error came nearest to it.
struct Frontend::Hopeless {
  Variant *variant;
  Attempt attempt;
  std::string cause;
  bool built;
  std::set<std::string> inputs; ///< of all attempts
};

struct Frontend::Worker {
  /// One FileManager for each view of the tree: variant (its configuration included), trace overlay, the user's own build.
  std::map<std::tuple<const Variant *, bool, bool>, std::unique_ptr<FileCache>> caches;
  std::set<std::string> inputs; ///< of all attempts at the request in hand
  bool inputs_known = true;
};

Frontend::Frontend(const Tree &Tr, const Index &Ix, FrontendOptions O)
    : T(Tr), I(Ix), Options(std::move(O)), Outlines(Ix), Blank(std::make_unique<BlankHeaders>()) {
  for (unsigned N = 0; N < std::max(1u, Options.jobs); ++N)
    Workers.push_back(std::make_unique<Worker>());
  for (uint32_t Id = 0; Id < I.files().size(); ++Id)
    if (StringRef Path = I.files()[Id].path; Path.ends_with(".h"))
      HeadersByName[sys::path::filename(Path).str()].push_back(Id);
}

Frontend::~Frontend() { removeTemporaries(); }

void Frontend::removeTemporaries() {
  if (!TempDir.empty())
    sys::fs::remove_directories(TempDir);
  TempDir.clear();
}

Expected<std::unique_ptr<Frontend>> Frontend::create(const Tree &T, const Index &I, FrontendOptions Options) {
  CrashRecoveryContext::Enable();
  SmallString<128> Dir;
  if (std::error_code EC = sys::fs::createUniqueDirectory("krcu", Dir))
    return failAt("the temporary directory", 0, 0, EC.message(), "set TMPDIR to a writable directory");
  std::unique_ptr<Frontend> F(new Frontend(T, I, std::move(Options)));
  F->TempDir = std::string(Dir);
  return F;
}

std::string Frontend::variantKey(const std::string &Name, const std::map<std::string, std::string> &Force) {
  std::string Key = Name;
  for (const auto &[Symbol, Value] : Force)
    Key += "," + Symbol + "=" + Value;
  return Key;
}

Frontend::Variant *Frontend::variant(const std::string &Name, const std::map<std::string, std::string> &Force) {
  std::lock_guard<std::mutex> Guard(VariantsLock);
  auto &Slot = Variants[variantKey(Name, Force)];
  if (Slot)
    return Slot.get();
  Slot = std::make_unique<Variant>();
  ReadLog Log;
  auto S = synthesise(T, {Name, Force});
  Slot->made_from = std::move(Log.paths);
  if (!S) {
    Slot->problem = message(S.takeError());
    return Slot.get();
  }
  Slot->synth = std::move(*S);
  Slot->kbuild = Kbuild::create(T, Slot->synth->values, Slot->synth->src_arch);
  auto Session = ParseSession::create(T, *Slot->synth, *Blank);
  if (!Session)
    Slot->problem = message(Session.takeError());
  else
    Slot->session = std::move(*Session);
  return Slot.get();
}

namespace {

StringRef archOf(StringRef File) {
  if (!File.consume_front("arch/"))
    return {};
  return File.take_until([](char C) { return C == '/'; });
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

std::vector<std::string> Frontend::candidateVariants(const std::string &File) {
  StringRef Arch = archOf(File);
  std::vector<std::string> All = Arch.empty() ? variantsFor(T) : variantsOf(Arch.str());
  if (Options.only_variants.empty())
    return All;
  std::vector<std::string> Some;
  for (const std::string &V : All)
    if (std::find(Options.only_variants.begin(), Options.only_variants.end(), V) != Options.only_variants.end())
      Some.push_back(V);
  return Some;
}

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
    Job.pch = P->path;
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

/// The precompiled header that the parse may use: not one that holds a wanted function without its body.
const PrecompiledHeader *Frontend::headerFor(const Variant &V, const ParseRequest &Request, const std::string &Main) const {
  auto It = V.pch.find(pchFamily(Main));
  if (!Options.use_pch || Request.no_pch || It == V.pch.end())
    return nullptr;
  const PrecompiledHeader &P = It->second;
  for (const std::string &Name : Request.bodies.names) {
    if (P.names.count(Name))
      continue;
    std::vector<FunctionPlace> Places = I.definitionsOf(Name);
    auto IsIn = [&](const FunctionPlace &Place, const std::string &File) { return I.files()[Place.file].path == File; };
    // What the file defines itself is no more than a declaration or a hidden stand-in in its headers.
    if (std::any_of(Places.begin(), Places.end(), [&](const FunctionPlace &Place) { return IsIn(Place, Main); }))
      continue;
    for (const FunctionPlace &Place : Places)
      if (P.files.count(I.files()[Place.file].path))
        return nullptr;
  }
  return &P;
}

std::set<std::string> Frontend::headersDefining(const std::set<std::string> &Names) const {
  std::set<std::string> Result;
  for (const std::string &Name : Names)
    for (const FunctionPlace &P : I.definitionsOf(Name))
      Result.insert(I.files()[P.file].path);
  return Result;
}

std::vector<std::string> Frontend::missingIncludeDirs(const std::vector<std::string> &Missing,
                                                      const std::string &File) const {
  std::vector<std::string> Dirs;
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

std::vector<std::string> Frontend::mainFilesFor(const std::string &File) const {
  bool Header = StringRef(File).ends_with(".h");
  std::vector<std::string> Result;
  std::vector<uint32_t> Includers = Header ? I.transitiveIncludersOf(File) : I.includersOf(File);
  auto Nearness = [&](const std::string &P) {
    size_t N = 0, Slashes = 0;
    for (; N < std::min(P.size(), File.size()) && P[N] == File[N]; ++N)
      Slashes += P[N] == '/';
    return Slashes;
  };
  for (uint32_t Id : Includers)
    if (StringRef(I.files()[Id].path).ends_with(".c"))
      Result.push_back(I.files()[Id].path);
  // Near the header first; another architecture's file last.
  auto Key = [&](const std::string &P) {
    bool Arch = StringRef(P).starts_with("arch/") && !StringRef(File).starts_with("arch/");
    return std::tuple(Arch, -static_cast<long>(Nearness(P)), P);
  };
  std::sort(Result.begin(), Result.end(), [&](const std::string &A, const std::string &B) { return Key(A) < Key(B); });
  if (!Header)
    Result.insert(Result.begin(), File);
  return Result;
}

bool Frontend::standsAlone(const std::string &Header) const {
  if (!StringRef(Header).starts_with("include/") || !StringRef(Header).ends_with(".h"))
    return false;
  std::vector<uint32_t> Includers = I.includersOf(Header);
  return std::any_of(Includers.begin(), Includers.end(), [&](uint32_t Id) { return StringRef(I.files()[Id].path).ends_with(".c"); });
}

/// Headers that any file may include are seen through a file that includes just these.
ParseOutcome Frontend::parseHeaders(const ParseRequest &Request, Worker &W, const AstConsumer &Consumer) {
  static const std::string Main = "krcu-headers.c"; // in memory only
  ParseOutcome None;
  std::string Text;
  std::vector<std::string> Headers = Request.together;
  Headers.insert(Headers.begin(), Request.file);
  for (const std::string &Header : Headers) {
    if (!standsAlone(Header))
      return None;
    Text += "#include <" + Header.substr(StringRef("include/").size()) + ">\n";
  }
  std::map<std::string, std::string> Overrides{{Main, Text}};
  if (Request.overrides)
    Overrides.insert(Request.overrides->begin(), Request.overrides->end());
  ParseRequest R = Request;
  R.no_pch = true; // the headers may be part of it, bodies skipped
  R.overrides = &Overrides;
  R.variant = Request.variant.empty() ? candidateVariants(Main).front() : Request.variant;
  return parseMain(R, Main, W, Consumer);
}

Digest Frontend::variantDigest(const std::string &Key, std::vector<std::string> &MadeFrom) {
  std::map<std::string, std::string> Force;
  auto [Name, Rest] = StringRef(Key).split(',');
  while (!Rest.empty()) {
    auto [One, Others] = Rest.split(',');
    auto [Symbol, Value] = One.split('=');
    Force[Symbol.str()] = Value.str();
    Rest = Others;
  }
  const Variant &V = *variant(Name.str(), Force);
  MadeFrom = V.made_from;
  Digester D;
  D.add(V.problem);
  if (!V.synth)
    return D.finish();
  for (const auto *Map : {&V.synth->headers, &V.synth->trace_overlay, &V.synth->values})
    for (const auto &[Path, Text] : *Map)
      D.add(Path).add(Text);
  for (const std::string &Flag : V.synth->flags) {
    size_t At = Flag.find(T.root());
    D.add(At == std::string::npos ? Flag : Flag.substr(0, At) + Flag.substr(At + T.root().size()));
  }
  return D.finish();
}

std::vector<std::string> Frontend::waysTo(const ParseRequest &Request) const {
  if (StringRef(Request.file).ends_with(".h")) {
    if (standsAlone(Request.file) && !Request.together.empty())
      return Request.together;
    std::vector<std::string> Mains = mainFilesFor(Request.file);
    Mains.resize(std::min<size_t>(Mains.size(), 4));
    Mains.push_back(standsAlone(Request.file) ? "alone" : "");
    return Mains;
  }
  std::vector<std::string> Result;
  for (uint32_t Id : I.includersOf(Request.file))
    Result.push_back(I.files()[Id].path);
  return Result;
}

ParseOutcome Frontend::parse(const ParseRequest &Request, unsigned WorkerNo, const AstConsumer &Consumer) {
  Worker &W = *Workers[WorkerNo];
  W.inputs.clear();
  W.inputs_known = true;
  ParseOutcome Out = parseAny(Request, W, Consumer);
  // What stands in the temporary directory is made of other inputs.
  std::erase_if(W.inputs, [&](const std::string &File) { return StringRef(File).starts_with(TempDir); });
  Out.inputs.assign(W.inputs.begin(), W.inputs.end());
  Out.inputs_known = W.inputs_known;
  return Out;
}

ParseOutcome Frontend::parseAny(const ParseRequest &Request, Worker &W, const AstConsumer &Consumer) {
  StringRef File = Request.file;
  if (File.ends_with(".h")) {
    ParseOutcome Last = parseHeaders(Request, W, Consumer);
    if (Last.parsed && Last.errors == 0)
      return Last;
    if (!Request.together.empty())
      return Last; // the caller asks for one at a time
    Last = ParseOutcome();
    Last.cause = "no file that includes it was found";
    Last.errors = 1;
    ParseRequest R = Request;
    R.no_pch = true; // the header may be part of it, bodies skipped
    std::vector<std::string> Mains = mainFilesFor(Request.file);
    for (size_t N = 0; N < Mains.size() && N < 4; ++N) {
      Last = parseMain(R, Mains[N], W, Consumer);
      if (Last.parsed && Last.errors == 0)
        break;
    }
    return Last;
  }
  // A fragment (x.c included by y.c) is seen through its includer, unless some makefile builds it by itself.
  Variant *First = nullptr;
  for (const std::string &Name : candidateVariants(Request.file)) {
    First = variant(Name);
    W.inputs.insert("=" + Name);
    break;
  }
  std::vector<uint32_t> Includers = I.includersOf(Request.file);
  std::string Why;
  bool User = Options.commands && Options.commands->find(Request.file);
  if (!User && First && First->kbuild && !Includers.empty() && !First->kbuild->isBuilt(Request.file, &Why))
    for (uint32_t Id : Includers)
      if (StringRef(I.files()[Id].path).ends_with(".c"))
        return parseMain(Request, I.files()[Id].path, W, Consumer);
  return parseMain(Request, Request.file, W, Consumer);
}

void Frontend::preparePch(const std::vector<std::string> &Files, const std::set<std::string> &Names) {
  if (!Options.use_pch || Options.commands)
    return;
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> ByVariant; // with the family
  for (const std::string &F : Files) {
    std::vector<std::string> Variants = candidateVariants(F);
    if (!Variants.empty())
      ByVariant[{Variants.front(), pchFamily(F)}].push_back(F);
  }
  struct Job {
    Variant *variant;
    std::string family;
    std::vector<std::string> headers;
    PrecompiledHeader made;
    bool done = false;
  };
  std::vector<Job> Jobs;
  for (auto &[Key, Of] : ByVariant) {
    if (Of.size() < 6)
      continue; // costs more than it saves
    Variant &V = *variant(Key.first);
    if (!V.session || V.pch.count(Key.second))
      continue;
    Jobs.push_back({&V, Key.second, choosePchHeaders(I, Outlines, Of), {TempDir + "/" + Key.first + "-" + Key.second + ".pch", Names, {}}});
  }
  std::set<std::string> Whole = headersDefining(Names);
  auto Begin = std::chrono::steady_clock::now();
  parallelFor(Options.jobs, Jobs.size(), [&](size_t N, unsigned) {
    Jobs[N].done = Jobs[N].variant->session->buildPch(Jobs[N].headers, Whole, Jobs[N].made);
  });
  for (Job &J : Jobs)
    if (J.done) {
      J.variant->pch[J.family] = std::move(J.made);
      ++stats.pch_files;
    }
  stats.pch_milliseconds += std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - Begin).count();
}

ModuleInfo Frontend::moduleOf(const std::string &File) {
  for (const std::string &Name : candidateVariants(File))
    if (Variant *V = variant(Name); V->kbuild)
      return V->kbuild->moduleOf(File);
  return {};
}

std::vector<std::string> Frontend::filesOfModule(const std::string &File) {
  for (const std::string &Name : candidateVariants(File))
    if (Variant *V = variant(Name); V->kbuild)
      return V->kbuild->filesOfModule(File);
  return {};
}

std::string Frontend::configValue(const std::string &Name, const std::string &Symbol) {
  Variant *V = variant(Name);
  if (!V->synth)
    return {};
  auto It = V->synth->values.find(Symbol);
  return It == V->synth->values.end() ? std::string() : It->second;
}

Kconfig *Frontend::kconfig() {
  for (const std::string &Name : variantsFor(T))
    if (Variant *V = variant(Name); V->synth)
      return V->synth->kconfig.get();
  return nullptr;
}

} // namespace krcu
