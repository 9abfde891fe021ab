// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/driver/configured.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>

using namespace llvm;

namespace krcu {

Expected<std::unique_ptr<ConfiguredTree>> ConfiguredTree::open(Scan &S, const ConfigFile &C) {
  std::unique_ptr<ConfiguredTree> T(new ConfiguredTree(S, C));
  auto Own = probeConfigured(S.tree(), S.rules(), C);
  if (!Own)
    return Own.takeError();
  T->Own = std::move(*Own);
  for (const std::string &A : S.options().assume)
    if (Error E = assume(T->Own.semantics, A))
      return E;
  T->Makefiles = Kbuild::create(S.tree(), C.values(), C.sourceArchitecture());
  return T;
}

FileInConfig ConfiguredTree::built(const std::string &File) {
  if (S.tree().isMounted(File))
    return {BuiltAs::Module, "", "", {}};
  auto [It, New] = Files.try_emplace(File);
  if (New)
    It->second = builtIn(C, *Makefiles, File);
  return It->second;
}

std::string ConfiguredTree::stays(const std::string &File, Evidence &Line) {
  for (auto [Symbol, Text] : {std::pair("MODULES", "there are no modules"), {"MODULE_UNLOAD", "modules are never unloaded"}})
    if (C.is(Symbol, "n")) {
      Line = C.evidence(Symbol);
      return std::string(Text) + " (" + Line.text + ")";
    }
  FileInConfig F = built(File);
  if (F.as != BuiltAs::BuiltIn && F.as != BuiltAs::No)
    return "";
  if (!F.evidence.empty())
    Line = F.evidence.front();
  return std::string(F.as == BuiltAs::No ? "it is not compiled" : "it is built in") + (F.why.empty() ? "" : " (" + F.why + ")");
}

ModuleFact ConfiguredTree::moduleFact(const std::string &File) {
  ModuleFact Fact = S.moduleFact(File);
  if (!Fact.can_be_module)
    return Fact;
  auto Keep = [&](const std::string &Of) {
    Evidence Line;
    if (stays(Of, Line).empty())
      return false;
    if (!Line.text.empty())
      Fact.evidence.push_back(Line);
    return true;
  };
  if (Keep(File)) {
    Fact.can_be_module = false;
    return Fact;
  }
  // A fragment or a header is a part of what includes it.
  if (Fact.outside || (StringRef(File).ends_with(".c") && S.index().includersOf(File).empty()) || built(File).as != BuiltAs::Unknown)
    return Fact;
  bool Any = false;
  for (uint32_t Id : S.index().transitiveIncludersOf(File)) {
    const std::string &Includer = S.index().files()[Id].path;
    if (!StringRef(Includer).ends_with(".c"))
      continue;
    if (!Keep(Includer))
      return S.moduleFact(File);
    Any = true;
  }
  Fact.can_be_module = !Any;
  return Fact;
}

std::string ConfiguredTree::differs(EvidenceList &Lines) const {
  std::vector<std::string> Said;
  auto Add = [&](const std::string &Symbol) {
    if (!is_contained(Said, C.said(Symbol))) {
      Said.push_back(C.said(Symbol));
      Lines.push_back(C.evidence(Symbol));
    }
  };
  for (const SemanticFact &F : Own.semantics.facts) {
    const SemanticFact &Any = S.semantics().fact(F.name);
    if (F.value == Any.value && F.known == Any.known)
      continue;
    if (F.name == "slob")
      Add("SLOB");
    else
      for (const std::string &Symbol : Own.symbols)
        Add(Symbol);
  }
  return join(Said, ", ");
}

std::string ConfiguredTree::othersAre() const {
  std::vector<std::string> Result;
  for (const SemanticFact &F : Own.semantics.facts) {
    const SemanticFact &Any = S.semantics().fact(F.name);
    if (F.value == Any.value && F.known == Any.known)
      continue;
    for (const std::string &Symbol : F.name == "slob" ? std::vector<std::string>{"SLOB"} : Own.symbols)
      if (std::string Other = "CONFIG_" + Symbol + (C.is(Symbol, "n") ? "=y" : " is not set"); !is_contained(Result, Other))
        Result.push_back(Other);
  }
  return join(Result, ", ");
}

std::vector<std::string> ConfiguredTree::notes() const {
  std::vector<std::string> Result;
  if (!C.isWhole())
    Result.push_back(C.name() + " has no head as make writes it, so it is taken for a part of a configuration: of options that it does not name nothing is known");
  else if (C.version() != S.tree().version())
    Result.push_back(C.name() + " was made for Linux " + C.version() + ", the tree is " + S.tree().version() + "; make olddefconfig brings it up to date");
  return Result;
}

std::string moduleCondition(Scan &S, const std::string &File) {
  ModuleFact Fact = S.moduleFact(File);
  return Fact.can_be_module && !Fact.symbol.empty() ? "CONFIG_" + Fact.symbol + "=m" : "";
}

std::string exitCondition(Scan &S, const SiteReport &R) {
  std::vector<std::string> Conditions;
  for (const DestructionReport &D : R.destructions)
    for (const ReachPath &P : D.reach.paths)
      if (P.kind == ReachKind::ModuleExit && P.where.valid())
        if (std::string C = moduleCondition(S, P.where.file); !C.empty() && !is_contained(Conditions, C))
          Conditions.push_back(C);
  return join(Conditions, " or ");
}

std::string whyItStays(ConfiguredTree &Mine, const SiteReport &R, EvidenceList &Lines) {
  std::vector<std::string> Reasons;
  for (const DestructionReport &D : R.destructions)
    for (const ReachPath &P : D.reach.paths) {
      Evidence Line;
      if (P.kind != ReachKind::ModuleExit || !P.where.valid())
        continue;
      std::string Why = Mine.stays(P.where.file, Line);
      if (Why.empty() || is_contained(Reasons, Why))
        continue;
      Reasons.push_back(Why);
      if (!Line.text.empty())
        Lines.push_back(Line);
    }
  return join(Reasons, ", ");
}

/// Judges some entries with other answers, and parses what that asks for. True if something was parsed: the facts of `Sites` are then other ones.
bool Scan::judgeWith(Judge &J, const std::vector<CensusEntry> &Entries, std::vector<SiteReport> &Reports) {
  bool Parsed = false;
  for (int Round = 0; Round < 32; ++Round) {
    bool Done = J.judge(Entries, Reports);
    std::map<std::string, Demand> Wanted = DB->takeDemands();
    std::vector<TextVariant> Variants = DB->takeVariants();
    if (Done || (Wanted.empty() && Variants.empty()))
      break;
    Parsed = true;
    parseAll(Wanted, {});
    std::vector<VariantAnswer> Answers = showVariants(Variants, *DB);
    for (size_t N = 0; N < Variants.size(); ++N)
      DB->addVariant(Variants[N], std::move(Answers[N]));
  }
  return Parsed;
}

/// Of a site that is not safe: would it be, if nothing were a module? And SLOB is chosen in few kernels.
void Scan::noteOptions() {
  std::vector<CensusEntry> Asked;
  for (const SiteReport &R : Sites) {
    if (R.reason == Reason::Slob) {
      if (R.without_slob.verdict == Verdict::Safe || R.without_slob.verdict == Verdict::Review)
        Configured[R.census.where] = {"CONFIG_SLOB=y", R.without_slob.verdict == Verdict::Safe ? "otherwise it is safe" : "otherwise it is for review", "--assume no-slob", false, {}, {}, {}, {}, {}, {}};
    } else if (R.cls == SiteClass::Unsafe && !exitCondition(*this, R).empty()) {
      Asked.push_back(R.census);
    }
  }
  if (Asked.empty())
    return;
  auto Stays = [this](const std::string &File) {
    ModuleFact Fact = moduleFact(File);
    Fact.can_be_module = Fact.outside;
    return Fact;
  };
  Judge J(*DB, TheSemantics, Stays, Options.verdict);
  J.useGlances(&Glances);
  std::vector<SiteReport> Reports;
  J.judge(Asked, Reports);
  DB->takeDemands();
  DB->takeVariants();
  for (const SiteReport &R : Reports)
    if (R.verdict == Verdict::Safe)
      for (const SiteReport &Any : Sites)
        if (Any.census.where == R.census.where)
          Configured[R.census.where] = {exitCondition(*this, Any), "built in it is safe", "--config FILE", false, {}, {}, {}, {}, {}, {}};
}

Error Scan::judgeConfigured() {
  Configured.clear();
  if (!Options.config) {
    noteOptions();
    return Error::success();
  }
  auto Opened = ConfiguredTree::open(*this, *Options.config);
  if (!Opened)
    return Opened.takeError();
  Mine = std::move(*Opened);
  for (const std::string &Note : Mine->notes())
    Warnings.push_back(Note);
  std::vector<CensusEntry> Asked;
  for (const SiteReport &R : Sites)
    if (R.verdict != Verdict::None)
      Asked.push_back(R.census);
  std::vector<SiteReport> Reports, Unloaded;
  Judge J(*DB, Mine->semantics(), [this](const std::string &File) { return Mine->moduleFact(File); }, Options.verdict);
  J.useGlances(&Glances);
  if (judgeWith(J, Asked, Reports)) {
    Judge Again(*DB, TheSemantics, [this](const std::string &File) { return moduleFact(File); }, Options.verdict);
    Again.useGlances(&Glances);
    judgeWith(Again, Census, Sites);
    findLeftovers(Sites);
    J.judge(Asked, Reports);
  }
  // Which of the two made the difference: what can be unloaded, or who waits for whom?
  Judge Other(*DB, TheSemantics, [this](const std::string &File) { return Mine->moduleFact(File); }, Options.verdict);
  Other.useGlances(&Glances);
  Other.judge(Asked, Unloaded);
  DB->takeDemands();
  DB->takeVariants();
  std::map<Location, size_t> At;
  for (size_t N = 0; N < Reports.size(); ++N)
    At[Reports[N].census.where] = N;
  for (const SiteReport &Any : Sites) {
    ConfiguredAnswer A;
    A.given = true;
    A.built = Mine->built(Any.census.where.file);
    A.cls = Any.cls, A.verdict = Any.verdict, A.reason = reasonText(Any);
    A.evidence = A.built.evidence;
    auto It = At.find(Any.census.where);
    if (It != At.end()) {
      const SiteReport &R = Reports[It->second];
      A.cls = R.cls, A.verdict = R.verdict, A.reason = reasonText(R);
    }
    if (A.verdict != Any.verdict) {
      const SiteReport &R = Reports[It->second];
      EvidenceList Lines;
      if (Unloaded[It->second].verdict == R.verdict) {
        A.because = whyItStays(*Mine, Any, Lines);
        A.only_if = exitCondition(*this, Any);
      } else {
        A.because = Mine->differs(Lines);
        A.only_if = Mine->othersAre();
      }
      A.evidence.insert(A.evidence.end(), Lines.begin(), Lines.end());
      A.evidence.insert(A.evidence.end(), R.evidence.begin(), R.evidence.end());
    }
    Configured[Any.census.where] = std::move(A);
  }
  return Error::success();
}

} // namespace krcu
