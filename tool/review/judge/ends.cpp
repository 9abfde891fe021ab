// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a module ends before and after a patch: the rule of tool/unload, asked of both texts. What holds before and is broken after is the patch's
// doing, whichever of the module's files it touches.
#include "tool/driver/records.h"
#include "tool/review/judge/judge.h"
#include "tool/unload/questions.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"

using llvm::StringRef;

namespace krcu {

using review::PatchVerdict;

namespace {

/// What the rule says of one end of a module.
struct EndAnswer {
  std::string end;  ///< "post_exit()"
  std::string what; ///< what it is asked for: the text, or a cache
  bool holds = true, surely_broken = false;
  std::string callback;
  Location where;
  std::string text; ///< of the event that breaks it
  EvidenceList timeline;
};

class Ends {
public:
  Ends(TreeState &State, const UnloadRules &U) : State(State), U(U) {}

  /// By end and question.
  std::map<std::string, EndAnswer> of(const ModuleScope &Scope) {
    std::map<std::string, EndAnswer> Result;
    Queued.clear();
    auto Only = [&](const std::string &File) { return llvm::is_contained(Scope.files, File) ? Scope : ModuleScope(); };
    std::vector<CensusEntry> Own;
    for (const CensusEntry &E : State.census())
      if (llvm::is_contained(Scope.files, E.where.file) || StringRef(E.where.file).ends_with(".h"))
        Own.push_back(E);
    for (const UnloadModule &M : UnloadSurvey(State.database(), State.rules(), U, Own, Only).modules())
      for (const ModuleQuestion &Q : M.questions)
        if (!Q.sites.empty()) {
          ask(M, Q, Result);
          if (Q.question.asks(UnloadQuestion::Rcu) && Q.question.until == UnloadQuestion::Text)
            for (const UnloadSite &S : Q.sites)
              Queued.push_back({S.where.file, S.where.line, S.function, S.text});
        }
    return Result;
  }
  /// What may queue a plain callback of the module that was asked for last.
  const EvidenceList &queued() const { return Queued; }

private:
  void ask(const UnloadModule &M, const ModuleQuestion &Q, std::map<std::string, EndAnswer> &To) {
    UnloadTimeline T(*M.text, State.rules(), U, State.semantics(), Q.question);
    UnloadOptions Generous;
    Generous.generous = true;
    const bool Text = Q.question.until == UnloadQuestion::Text;
    for (const ModuleExit &E : exitsOf(State, M.scope.files)) {
      const TextFunction *F = E.function.empty() ? nullptr : M.text->bySymbol(E.function);
      if (!F && !Text)
        continue;
      auto Answer = [&](const UnloadOptions &O) { return F ? T.endOf(*F, O) : T.endOfObject(E.driver, E.where, O); };
      UnloadAnswer Written = Answer({});
      bool Holds = Text ? Written.holds : Written.broken.empty();
      UnloadAnswer Sure = Holds ? Written : Answer(Generous);
      keep(Q, E.function.empty() ? E.driver : plainName(E.function) + "()", E.where, Written, Holds, !Holds && !(Text ? Sure.holds : Sure.broken.empty()), To);
    }
    if (!Text)
      return;
    for (const ModuleExit &Init : hooksOf(State, M.scope.files, "init"))
      if (const TextFunction *F = M.text->bySymbol(Init.function)) {
        UnloadOptions O;
        O.stops = false;
        UnloadAnswer Written = T.failuresOf(*F, O);
        O.generous = true;
        keep(Q, "the failing " + F->name + "()", Init.where, Written, Written.holds, !Written.holds && !T.failuresOf(*F, O).holds, To);
      }
  }

  void keep(const ModuleQuestion &Q, const std::string &End, const Location &Where, const UnloadAnswer &A, bool Holds, bool Sure, std::map<std::string, EndAnswer> &To) {
    EndAnswer R;
    R.end = End;
    R.what = Q.question.until == UnloadQuestion::Text ? "text" : Q.question.taken;
    R.holds = Holds;
    R.surely_broken = Sure;
    R.callback = plainName(Q.sites.front().callback);
    R.where = Where;
    for (const UnloadEvent &E : A.timeline) {
      R.timeline.push_back({E.where.file, E.where.line, E.function, E.text});
      if (E.kind != UnloadEvent::Wait && (E.kind != UnloadEvent::End || R.what != "text"))
        R.where = E.where, R.text = E.text;
    }
    if (!A.broken.empty())
      R.where = A.broken.front().where, R.text = A.broken.front().text;
    To.emplace(End + "|" + std::to_string(Q.question.flavour) + "|" + R.what + Q.question.object, std::move(R));
  }

  TreeState &State;
  const UnloadRules &U;
  EvidenceList Queued;
};

/// Words of the lines that differ.
bool touchesEnds(const Rules &R, const std::set<std::string> &Words) {
  auto Any = [&](const auto &Rows) { return llvm::any_of(Rows, [&](const auto &Row) { return Words.count(Row.name) != 0; }); };
  return Any(R.barriers) || Any(R.cache_destroy) || Any(R.module_hooks) || llvm::any_of(R.work_ends, [&](const std::string &Name) { return Words.count(Name) != 0; }) ||
         llvm::any_of(R.pool_destroy, [&](const std::string &Name) { return Words.count(Name) != 0; });
}

} // namespace

/// Modules whose end the patch may change, by their first file.
std::map<std::string, ModuleScope> PatchJudge::touchedModules() {
  std::map<std::string, ModuleScope> Result;
  for (const ReviewedFile &F : Files) {
    const std::string &Path = F.after_path.empty() ? F.before_path : F.after_path;
    if (!StringRef(Path).ends_with(".c"))
      continue;
    const std::string Old = F.applied->before.value_or(""), New = F.applied->after.value_or("");
    std::set<std::string> Changed = changedFunctions(Old, New), Words;
    bool Queues = !F.changes.sites_new.empty();
    for (const std::string *Text : {&Old, &New}) {
      Outline O = outlineOf(*Text);
      for (const std::string &Name : Changed)
        if (const OutlineFunction *Function = O.function(Name))
          Words.insert(Function->identifiers.begin(), Function->identifiers.end());
    }
    if (!Queues && !touchesEnds(After.rules(), Words) && !leavesModule(Path, Changed))
      continue;
    ModuleFact Fact = After.scan().moduleFact(Path);
    ModuleScope Scope = Fact.mayGo() ? After.scan().moduleScope(Path) : ModuleScope();
    if (!Scope.name.empty() && !Scope.files.empty())
      Result.emplace(Scope.files.front(), std::move(Scope));
  }
  return Result;
}

/// Whether one of the functions is what a module_exit() names.
bool PatchJudge::leavesModule(const std::string &File, const std::set<std::string> &Functions) {
  return llvm::any_of(exitsOf(After, {File}), [&](const ModuleExit &E) { return Functions.count(plainName(E.function)) != 0; });
}

void PatchJudge::judgeEnds() {
  std::map<std::string, ModuleScope> Modules = touchedModules();
  if (Modules.empty())
    return;
  for (const auto &[First, Scope] : Modules) {
    Ends New(After, Rows.unload);
    std::map<std::string, EndAnswer> Now = New.of(Scope);
    bool Broken = llvm::any_of(Now, [](const auto &Each) { return !Each.second.holds; });
    std::map<std::string, EndAnswer> Was;
    if (Broken)
      Was = Ends(Before, Rows.unload).of(Scope);
    EndState &E = EndsOf[Scope.name];
    E.asked = true;
    E.queued = New.queued();
    for (const auto &[Key, A] : Now) {
      if (A.holds)
        continue;
      E.holds = false;
      auto Old = Was.find(Key);
      bool Known = Old != Was.end();
      if (Known && !Old->second.holds)
        continue; // it was like that before
      std::string What = A.what == "text" ? A.callback + "() may run after the text of " + Scope.name + " is gone" : A.callback + "() may still use " + A.what + " when it is taken away";
      std::string Why = A.text.empty() ? "nothing waits any more behind the last of what queues callbacks" : "nothing waits behind \"" + A.text + "\"";
      if (A.what != "text")
        Why = "it is taken away before anything has waited for callbacks";
      E.said = true;
      add(A.surely_broken ? PatchVerdict::Broken : PatchVerdict::CannotTell, A.where, What + ": at the end in " + A.end + " " + Why + (Known ? ", where something did before the patch" : ""), A.timeline);
    }
  }
}

} // namespace krcu
