// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The frontend of a tree: its architectures and their configurations, the precompiled headers, and through which file a header or a
// fragment is seen. How one file is parsed is in attempts.cpp.
#include "tool/frontend/frontend.h"
#include "tool/frontend/door_fs.h"
#include "tool/frontend/frontend_parts.h"
#include "tool/frontend/pch.h"
#include "tool/frontend/session.h"
#include "tool/index/settings.h"
#include "tool/support/error.h"
#include "tool/support/scratch.h"
#include "tool/tree/stored.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <tuple>

using namespace llvm;

namespace krcu {

Frontend::Frontend(const Tree &Tr, const Index &Ix, FrontendOptions O)
    : T(Tr), I(Ix), Options(std::move(O)), AllVariants(variantsFor(Tr)), Blank(std::make_unique<BlankHeaders>()), TheDoor(std::make_unique<Door>()) {
  for (unsigned N = 0; N < std::max(1u, Options.jobs); ++N)
    Workers.push_back(std::make_unique<Worker>());
}

Frontend::~Frontend() { removeTemporaries(); }

void Frontend::removeTemporaries() {
  removeScratchDirectory(TempDir);
  TempDir.clear();
}

Expected<std::unique_ptr<Frontend>> Frontend::create(const Tree &T, const Index &I, FrontendOptions Options) {
  auto Dir = makeScratchDirectory();
  if (!Dir)
    return Dir.takeError();
  std::unique_ptr<Frontend> F(new Frontend(T, I, std::move(Options)));
  F->TempDir = *Dir;
  F->openDoor();
  return F;
}

/// What the user has named may be read, and what belongs to a compiler.
void Frontend::openDoor() {
  TheDoor->allow(T.root());
  if (!T.mounted().empty())
    TheDoor->allow(T.mounted());
  if (Options.commands)
    for (const std::string &Directory : Options.commands->buildDirectories())
      TheDoor->allow(Directory);
  for (size_t N = 0; N < Options.user_flags.size(); ++N) // checkedFlags() has made each path absolute
    if (StringRef Flag = Options.user_flags[N]; Flag.consume_front("-I") || Flag.starts_with("/"))
      TheDoor->allow(Flag.str());
  TheDoor->allowCompilers();
  TheDoor->allowOwn(TempDir);
}

std::string Frontend::variantKey(const std::string &Name, const std::map<std::string, std::string> &Force) {
  std::string Key = Name;
  for (const auto &[Symbol, Value] : Force)
    Key += "," + Symbol + "=" + Value;
  return Key;
}

Frontend::Variant *Frontend::variant(const std::string &Name, const std::map<std::string, std::string> &Force) {
  Variant *V;
  {
    std::lock_guard<std::mutex> Guard(VariantsLock);
    auto &Slot = Variants[variantKey(Name, Force)];
    if (!Slot)
      Slot = std::make_unique<Variant>();
    V = Slot.get();
  }
  std::call_once(V->made, [&] { makeVariant(*V, Name, Force); });
  return V;
}

void Frontend::makeVariant(Variant &V, const std::string &Name, const std::map<std::string, std::string> &Force) const {
  ReadLog Log;
  auto S = synthesise(T, {Name, Force});
  V.made_from = std::move(Log.paths);
  if (!S) {
    V.problem = message(S.takeError());
    return;
  }
  V.synth = std::move(*S);
  if (T.mounted().empty()) // everything is the subject
    for (const std::string &Flag : Options.user_flags) {
      V.synth->flags.push_back(Flag);
      V.synth->flag_origins.push_back("the command line");
    }
  V.kbuild = Kbuild::create(T, V.synth->values, V.synth->src_arch);
  auto Session = ParseSession::create(T, *V.synth, *Blank, *TheDoor);
  if (!Session)
    V.problem = message(Session.takeError());
  else
    V.session = std::move(*Session);
  if (V.session && Options.commands)
    for (const std::string &Directory : Options.commands->buildDirectories())
      V.session->addBuild(Directory);
}

std::vector<std::string> Frontend::candidateVariants(const std::string &File) const {
  StringRef Arch = archOf(File);
  std::vector<std::string> All = Arch.empty() ? AllVariants : variantsOf(Arch.str());
  if (Options.only_variants.empty())
    return All;
  std::vector<std::string> Some;
  for (const std::string &V : All)
    if (std::find(Options.only_variants.begin(), Options.only_variants.end(), V) != Options.only_variants.end())
      Some.push_back(V);
  return Some;
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
  const std::string &Main = HeadersMain;
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
  R.overrides = &Overrides;
  R.variant = Request.variant.empty() ? candidateVariants(Main).front() : Request.variant;
  const PrecompiledHeader *P = headerFor(*variant(R.variant, Request.force), R, Main);
  R.no_pch = !P || any_of(Headers, [&](const std::string &Header) { return P->files.count(Header) != 0; }); // bodies skipped there
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

Frontend::FlagReport Frontend::flagsOf(const std::string &File) {
  FlagReport R;
  std::vector<std::string> Mains = mainFilesFor(File);
  R.file = Mains.empty() ? File : Mains.front();
  R.problem = "no architecture of this tree is known to krcu";
  Variant *Chosen = nullptr;
  for (const std::string &Name : candidateVariants(R.file)) {
    Variant *V = variant(Name);
    std::string Why = V->problem;
    const bool Built = V->session && V->kbuild->isBuilt(R.file, &Why);
    if (!Chosen || Built)
      R.problem = Built ? "" : Why;
    if (V->session && (Built || !Chosen))
      Chosen = V;
    if (Built)
      break;
  }
  if (!Chosen)
    return R;
  R.variant = Chosen->synth->variant;
  for (size_t N = 0; N < Chosen->synth->flags.size(); ++N)
    R.rows.push_back({Chosen->synth->flags[N], Chosen->synth->flag_origins[N]});
  if (const CompileCommands::Entry *User = Options.commands ? Options.commands->find(R.file) : nullptr) {
    R.rows.clear();
    for (const std::string &Flag : User->flags)
      R.rows.push_back({Flag, "the command of your own build"});
    return R;
  }
  for (const Kbuild::Flag &F : Chosen->kbuild->flagLines(R.file))
    R.rows.push_back({F.text, F.line ? F.file + ":" + std::to_string(F.line) : F.file});
  if (!T.mounted().empty() && T.isSubject(R.file))
    for (const std::string &Flag : Options.user_flags)
      R.rows.push_back({Flag, "the command line"});
  return R;
}

std::vector<std::string> Frontend::notes() {
  std::lock_guard<std::mutex> Guard(VariantsLock);
  std::vector<std::string> Result;
  auto Add = [&](const std::vector<std::string> &Notes) {
    for (const std::string &Note : Notes)
      if (!is_contained(Result, Note))
        Result.push_back(Note);
  };
  for (const auto &[Key, V] : Variants) {
    if (V->synth)
      Add(V->synth->notes);
    if (V->kbuild)
      Add(V->kbuild->flaws());
  }
  return Result;
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

std::vector<std::string> Frontend::missingOfModule(const std::string &File) {
  for (const std::string &Name : candidateVariants(File))
    if (Variant *V = variant(Name); V->kbuild)
      return V->kbuild->missingOfModule(File);
  return {};
}

std::vector<std::string> Frontend::flawsOfModule(const std::string &File) {
  for (const std::string &Name : candidateVariants(File))
    if (Variant *V = variant(Name); V->kbuild)
      return V->kbuild->flawsOfModule(File);
  return {};
}

std::string Frontend::configValue(const std::string &Name, const std::string &Symbol) {
  Variant *V = variant(Name);
  if (!V->synth)
    return {};
  auto It = V->synth->values.find(Symbol);
  return It == V->synth->values.end() ? std::string() : It->second;
}

std::map<std::string, std::string> Frontend::settingsWithout(const std::string &Name, const std::set<std::string> &KconfigFiles) {
  std::map<std::string, std::string> Result;
  Variant *V = variant(Name);
  Kconfig *K = kconfig();
  if (!V->synth || !K)
    return Result;
  for (const auto &[Symbol, Value] : V->synth->values)
    if (Value == "y" || Value == "m")
      if (auto Known = K->symbol(Symbol); Known && KconfigFiles.count(sys::path::filename(Known->file).str()))
        Result[Symbol] = "n";
  return Result;
}

bool Frontend::builds(const std::string &Name, const std::string &File, const std::map<std::string, std::string> &Force) {
  Variant *V = variant(Name, Force);
  std::string Why;
  return V->session && V->kbuild && V->kbuild->isBuilt(File, &Why);
}

std::optional<bool> Frontend::compiles(const std::string &File, const std::vector<std::string> &Conditions) {
  std::vector<std::string> Names = candidateVariants(File);
  Variant *V = Names.empty() || Options.commands ? nullptr : variant(Names.front());
  std::string Why;
  if (!V || !V->synth || !V->kbuild || !V->kbuild->isBuilt(File, &Why))
    return std::nullopt;
  return conditionsHold(Conditions, [&](const std::string &Symbol) { return configValue(Names.front(), Symbol); });
}

bool Frontend::canBeSet(const std::string &Symbol) {
  if (Kconfig *K = kconfig(); K && K->symbol(Symbol))
    return K->canBeSet(Symbol);
  std::call_once(SymbolsRead, [&] { // few runs ask: those of other architectures are not evaluated, only looked up
    for (const std::string &Path : regularFilesBelow(T.root(), "", /*Recursive=*/true)) {
      if (!sys::path::filename(Path).starts_with("Kconfig"))
        continue;
      std::optional<std::string> Text = T.read(Path);
      if (!Text)
        continue;
      SmallVector<StringRef, 0> Lines;
      StringRef(*Text).split(Lines, '\n');
      for (StringRef Line : Lines) {
        Line = Line.ltrim(" \t");
        if (Line.consume_front("config ") || Line.consume_front("menuconfig ") || Line.consume_front("config\t"))
          AllSymbols.insert(Line.trim().str());
      }
    }
  });
  return AllSymbols.count(Symbol) != 0;
}

Kconfig *Frontend::kconfig() {
  for (const std::string &Name : AllVariants)
    if (Variant *V = variant(Name); V->synth)
      return V->synth->kconfig.get();
  return nullptr;
}

} // namespace krcu
