// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What runs until an object is taken away: the functions that it holds, those that the rows say a call stops.
#include "tool/unload/timeline.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {

bool UnloadTimeline::runsAtTeardown(const std::string &Record, const std::string &Field) const {
  bool Any = false;
  for (const CallbackFieldRule &Rule : R.callback_fields) {
    if (Rule.record == Record && Rule.field == Field)
      return true;
    Any = Any || Rule.record == Record;
  }
  return !Any && U.find(Field, UnloadRule::Teardown);
}

namespace {

/// Finds what an object holds: its functions, and those of the objects that it, or what its functions set up, leads to.
class HeldSearch {
public:
  /// `Anybody`: nobody holds a reference of the module for it, whatever the structure.
  HeldSearch(const ModuleText &M, const UnloadRules &U, bool Mounts, llvm::function_ref<bool(const std::string &, const std::string &)> AtTeardown, bool Anybody = false)
      : M(M), U(U), Mounts(Mounts), Anybody(Anybody), AtTeardown(AtTeardown) {}

  HeldFunctions of(const std::string &Variable) {
    Seen.insert(Variable);
    for (const TextVariable *V : M.variables(Variable)) {
      Work.push_back({V, 0, true});
      Free = Free || Anybody || !U.find(V->record, UnloadRule::Pinned);
    }
    while (!Work.empty()) {
      Next Each = std::move(Work.back());
      Work.pop_back();
      take(Each);
    }
    if (!Free)
      H.all.clear(); // nobody uses it any more, nor what its functions set up
    return std::move(H);
  }

private:
  struct Next {
    const TextVariable *variable;
    unsigned depth;
    bool sure;
  };

  void take(const Next &Each) {
    const TextVariable &V = *Each.variable;
    Sure = Each.sure && !U.find(V.record, UnloadRule::OfObjects) && !(Mounts && U.find(V.record, UnloadRule::OfMounts));
    Depth = Each.depth + 1;
    const bool Pinned = !Anybody && U.find(V.record, UnloadRule::Pinned) != nullptr;
    for (const TextVariable::Entry &E : V.entries) {
      const TextFunction *F = M.own(E.word, V.file);
      if (!F && M.variables(E.word).empty())
        takeMade(E.word, V);
      if (!F) {
        add(E.word);
        continue;
      }
      holds(*F, Pinned);
      if (AtTeardown(V.record, E.field))
        H.teardown.insert(F->symbol);
      setUpBy(*F);
    }
    if (V.made)
      for (const TextFunction *F : M.pastedFrom(V.name, V.file))
        holds(*F, false), setUpBy(*F);
  }
  void holds(const TextFunction &F, bool Pinned) {
    if (Pinned)
      return;
    H.all.insert(F.symbol);
    if (Sure)
      H.sure.insert(F.symbol);
  }
  void add(const std::string &Name) {
    if (Depth >= 5 || M.variables(Name).empty() || !Seen.insert(Name).second)
      return;
    for (const TextVariable *V : M.variables(Name))
      Work.push_back({V, Depth, Sure});
  }
  /// A word of an initialiser that the text does not define: a macro has made it, or has named functions with it.
  void takeMade(const std::string &Word, const TextVariable &In) {
    if (Depth >= 5 || !Asked.insert(Word).second)
      return;
    for (const TextVariable *V : M.madeFor(Word, In.file))
      Work.push_back({V, Depth, Sure});
    for (const TextFunction *F : M.pastedFrom(Word, In.file))
      holds(*F, false), setUpBy(*F);
  }
  /// Operations of a device that probe() makes.
  void setUpBy(const TextFunction &F) {
    std::vector<std::pair<const TextFunction *, unsigned>> Bodies{{&F, 0}};
    while (!Bodies.empty()) {
      auto [Body, Steps] = Bodies.back();
      Bodies.pop_back();
      if (!Read.insert(Body->symbol).second)
        continue;
      for (const ModuleText::Mention &Named : M.mentionsIn(*Body)) {
        if (Named.function && Steps < 4)
          Bodies.push_back({Named.function, Steps + 1});
        else if (Named.variable)
          add(*Named.name);
      }
    }
  }

  const ModuleText &M;
  const UnloadRules &U;
  const bool Mounts, Anybody;
  llvm::function_ref<bool(const std::string &, const std::string &)> AtTeardown;
  HeldFunctions H;
  bool Free = false, Sure = true;
  unsigned Depth = 0;
  std::set<std::string> Seen, Asked, Read;
  std::vector<Next> Work;
};

} // namespace

const UnloadTimeline::Held &UnloadTimeline::heldBy(const std::string &Variable) {
  auto [It, New] = M.heldObjects().try_emplace(Variable);
  if (New)
    It->second = HeldSearch(M, U, Mounts, [this](const std::string &Record, const std::string &Field) { return runsAtTeardown(Record, Field); }).of(Variable);
  return It->second;
}

/// Names of own functions that were handed to one of the functions with which the row's call goes, for what that call takes away: state = cpuhp_setup_state(..., f) and
/// cpuhp_remove_state(state). In an object with an owner, who uses it holds the module.
std::set<std::string> UnloadTimeline::startedBy(const UnloadRule &Rule, const FlowCall &C) {
  std::set<std::string> Result, OfLocals;
  std::set<std::string> Taken;
  auto HasOwner = [](const TextVariable *V) { return llvm::any_of(V->entries, [](const TextVariable::Entry &E) { return E.field == "owner"; }); };
  for (const std::string &A : C.arguments)
    Taken.insert(lastName(A));
  for (const std::string &Starter : M.naming({Rule.needs.begin(), Rule.needs.end()}))
    for (auto [It, End] = M.functions().equal_range(Starter); It != End; ++It) {
      const Flow &G = M.tree().flow(It->second);
      for (const FlowNode &N : G.nodes) {
        if (N.kind != FlowNode::Call || N.call.pointer || !llvm::is_contained(Rule.needs, N.call.name))
          continue;
        const std::string Kept = lastName(N.call.assigned);
        const bool Same = Taken.count(Kept) || llvm::any_of(N.call.arguments, [&](const std::string &A) { return Taken.count(lastName(A)) != 0; });
        if (!Same && !G.locals.count(Kept))
          continue;
        for (const std::string &A : N.call.arguments) {
          std::string Word = StringRef(A).ltrim("&").str();
          if (Coming.count(Word) && M.own(Word, It->second.file))
            (Same ? Result : OfLocals).insert(Word);
          if (M.variables(Word).empty() || llvm::any_of(M.variables(Word), HasOwner))
            continue;
          for (const std::string &Symbol : HeldSearch(M, U, false, [](const std::string &, const std::string &) { return false; }, true).of(Word).all)
            if (Coming.count(plainName(Symbol)))
              (Same ? Result : OfLocals).insert(plainName(Symbol));
        }
      }
    }
  return Result.empty() ? OfLocals : Result; // ret = cpuhp_setup_state(...); state = ret
}

/// What a row says the call stops: "until proc_remove(entry) returns item_write() may run, which queues"; empty if nothing that queues.
std::string UnloadTimeline::stoppedByRow(const FlowCall &C) {
  const UnloadRule *Rule = U.find(C.name, UnloadRule::Stop);
  if (!Rule)
    return {};
  const bool Core = !Rule->of.empty() && Q.core.count(Rule->of);
  std::string By = Core ? plainName(*Q.callbacks.begin()) : std::string();
  M.forEachVariable([&](const TextVariable &V) {
    for (const TextVariable::Entry &E : !Rule->of.empty() && V.record == Rule->of && By.empty() ? V.entries : std::vector<TextVariable::Entry>())
      if (const TextFunction *Own = M.own(E.word, V.file); Own && Coming.count(Own->name))
        By = Own->name;
  });
  if (By.empty() && !Rule->needs.empty())
    if (std::set<std::string> Started = startedBy(*Rule, C); !Started.empty()) {
      By = *Started.begin();
      for (const std::string &Each : Started)
        Ends.push_back({"", Each, callText(C), true, ++Steps});
    }
  if (By.empty())
    return {};
  return "until " + callText(C) + " returns " + (Core ? "the core may queue " + By + "()" : By + "() may run, which queues");
}

} // namespace krcu
