// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/unload/needs.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>

namespace krcu {

std::vector<TeardownFunction> teardownFunctions(const ModuleText &M, const Rules &R) {
  std::vector<TeardownFunction> Result;
  std::set<std::string> Seen;
  M.forEachVariable([&](const TextVariable &V) {
    for (const TextVariable::Entry &E : V.entries)
      if (llvm::any_of(R.callback_fields, [&](const CallbackFieldRule &Rule) { return Rule.record == V.record && Rule.field == E.field; }))
        if (const TextFunction *F = M.own(E.word, V.file); F && Seen.insert(F->symbol).second)
          Result.push_back({F, V.record + "." + E.field});
  });
  return Result;
}

bool holdsItself(const ModuleText &M, const UnloadRules &U) {
  return llvm::any_of(M.functions(), [&](const auto &Each) {
    const std::vector<std::string> &Ids = Each.second.text->identifiers;
    return std::binary_search(Ids.begin(), Ids.end(), "THIS_MODULE") && llvm::any_of(Ids, [&](const std::string &Id) { return U.find(Id, UnloadRule::TakesModule) != nullptr; });
  });
}

bool pinsItself(const ModuleText &M, const TextFunction &Start, const UnloadRules &U) {
  auto Is = [&](const FlowNode &N, UnloadRule::Event Event) {
    return N.kind == FlowNode::Call && !N.call.pointer && U.find(N.call.name, Event) && llvm::is_contained(N.call.arguments, "THIS_MODULE");
  };
  if (llvm::none_of(M.tree().flow(Start).nodes, [&](const FlowNode &N) { return Is(N, UnloadRule::TakesModule); }))
    return false;
  return llvm::none_of(M.functions(), [&](const auto &Each) {
    return std::binary_search(Each.second.text->identifiers.begin(), Each.second.text->identifiers.end(), "THIS_MODULE") &&
           llvm::any_of(M.tree().flow(Each.second).nodes, [&](const FlowNode &N) { return Is(N, UnloadRule::DropsModule); });
  });
}

UnloadOptions withoutObjects() {
  UnloadOptions O;
  O.generous = O.works = true;
  O.stops = O.queues = false;
  return O;
}

namespace {

class NeedSearch {
public:
  NeedSearch(const UnloadModule &M, const Location &Wait, const Rules &R, const UnloadRules &U, const Semantics &S) : M(M), R(R), U(U), S(S) {
    Without.without.insert({Wait.file, Wait.line});
  }

  UnloadNeed of(const ModuleEnds &Ends) {
    std::vector<TeardownFunction> Teardown = teardownFunctions(*M.text, R);
    for (const ModuleQuestion &Q : M.questions) {
      if (Q.sites.empty())
        continue;
      UnloadTimeline T(*M.text, R, U, S, Q.question);
      for (const std::string &Symbol : Ends.exits)
        if (const TextFunction *F = M.text->bySymbol(Symbol))
          ask(Q, F->name, [&](const UnloadOptions &O) { return T.endOf(*F, O); }, true);
      for (const std::string &Variable : Ends.objects)
        ask(Q, Variable, [&](const UnloadOptions &O) { return T.endOfObject(Variable, {}, O); }, false);
      for (const std::string &Symbol : Ends.starts)
        if (const TextFunction *F = M.text->bySymbol(Symbol); F && Q.question.until == UnloadQuestion::Text)
          ask(Q, F->name, [&](const UnloadOptions &O) {
            UnloadOptions Start = O;
            Start.stops = false;
            return T.failuresOf(*F, Start);
          }, false);
      if (Q.question.until == UnloadQuestion::Destruction)
        for (const TeardownFunction &F : Teardown)
          ask(Q, F.function->name, [&](const UnloadOptions &O) { return T.endOf(*F.function, O); }, false);
    }
    return std::move(Found);
  }

private:
  void ask(const ModuleQuestion &Q, const std::string &End, llvm::function_ref<UnloadAnswer(const UnloadOptions &)> Rule, bool Exit) {
    if (Found.answer == UnloadNeed::Needed && !Found.doubtful)
      return;
    UnloadAnswer Less = Rule(Without);
    if (Less.holds) {
      if (Exit && Found.without.timeline.empty())
        Found.without = std::move(Less);
      return;
    }
    UnloadOptions With, Generous = Without, Quiet = withoutObjects();
    With.generous = Generous.generous = true;
    Quiet.without = Without.without;
    UnloadOptions Told; // of the end as it is; without the wait nothing is taken on trust
    Told.told = true;
    bool Kindly = Rule(Generous).holds, Flips = Rule(Told).holds || (!Kindly && Rule(With).holds);
    bool Doubtful = Kindly || (Exit && Rule(Quiet).holds && holdsItself(*M.text, U));
    if (Flips && Doubtful && Found.answer == UnloadNeed::Needed)
      return;
    if (Flips)
      Found = {UnloadNeed::Needed, &Q, End, Doubtful, std::move(Less)};
    else if (Found.answer == UnloadNeed::NotNeeded)
      Found.answer = UnloadNeed::Unknown, Found.question = &Q, Found.end = End;
  }

  const UnloadModule &M;
  const Rules &R;
  const UnloadRules &U;
  const Semantics &S;
  UnloadOptions Without;
  UnloadNeed Found;
};

} // namespace

UnloadNeed needOf(const UnloadModule &M, const ModuleEnds &Ends, const Location &Wait, const Rules &R, const UnloadRules &U, const Semantics &S) {
  return NeedSearch(M, Wait, R, U, S).of(Ends);
}

} // namespace krcu
