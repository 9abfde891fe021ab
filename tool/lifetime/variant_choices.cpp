// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The terms of all conditions are chosen in every combination; what each combination makes of the groups is a choice of branches. Combinations in
// which the text itself is not compiled do not count.
#include "tool/lifetime/variant_choices.h"
#include "tool/index/condition_expression.h"
#include "tool/index/conditional_text.h"
#include "tool/tree/tree.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {

bool isOfModule(StringRef File) { return File.consume_front(Tree::MountPoint) && File.starts_with("/"); }

namespace {

constexpr size_t MaxCombinations = 4096; ///< of the terms
constexpr size_t MaxVariants = 16;       ///< parses

/// A branch of a group of a file.
struct Place {
  std::string file;
  BranchPlace branch;
  friend auto operator<=>(const Place &, const Place &) = default;
};

class Chooser {
public:
  Chooser(const Database &DB, const VariantQuestion &Q, const std::set<GroupPlace> &Groups, const std::set<std::string> &Optional, VariantPlan &Plan)
      : DB(DB), Q(Q), Groups(Groups), Optional(Optional), Plan(Plan) {}

  struct Group {
    GroupPlace place;
    const ConditionalGroup *group;
    std::vector<ConditionExpression> conditions; ///< of the branches
    std::optional<std::pair<size_t, size_t>> parent; ///< index of the group that holds it, and the branch
  };

  /// -1: none of the branches.
  static int branchOf(const Group &G, const ConditionValues &V) {
    for (size_t N = 0; N < G.conditions.size(); ++N)
      if (G.group->branches[N].condition.empty() || G.conditions[N].holds(V))
        return static_cast<int>(N);
    return ConditionalText::NoBranch;
  }

  std::vector<Group> groupsOf(const std::set<GroupPlace> &Places) const {
    std::vector<Group> Result;
    for (const GroupPlace &P : Places) {
      auto Text = DB.conditional(P.first);
      Group G{P, &Text->groups()[P.second], {}, {}};
      for (const ConditionalBranch &B : G.group->branches)
        G.conditions.emplace_back(B.condition);
      for (const BranchPlace &B : Text->around(G.group->begin))
        for (size_t N = 0; N < Result.size(); ++N)
          if (Result[N].place == GroupPlace(P.first, B.group) && B.group != P.second)
            G.parent = {N, B.branch};
      Result.push_back(std::move(G));
    }
    return Result;
  }

  struct Choice {
    std::string symbol, other;
    bool version = false;
    std::vector<unsigned> values; ///< letters of a symbol, 0 and 1, versions
  };

  void choose() {
    std::set<GroupPlace> Outer; // what must be compiled for the bodies to be
    std::set<Place> Needed;
    const BodyPlace &First = Q.bodies.front(); // others may be bodies of one function that an #if chooses between
    if (auto Text = DB.conditional(First.file))
      for (const BranchPlace &P : Text->around(First.begin))
        Outer.insert({First.file, P.group}), Needed.insert({First.file, P});
    std::vector<Group> Own = groupsOf(Groups), Around = groupsOf(Outer);
    std::vector<Choice> Choices;
    ConditionValues Fixed;
    listChoices(Own, Around, Choices, Fixed);
    size_t Count = 1;
    for (const Choice &C : Choices)
      Count = std::min(Count * C.values.size(), MaxCombinations + 1);
    if (Count > MaxCombinations)
      return tooMany(Own);
    std::map<std::vector<int>, ConditionValues> Found;
    for (size_t N = 0; N < Count; ++N) {
      ConditionValues V = Fixed;
      size_t Rest = N;
      for (const Choice &C : Choices) {
        unsigned Value = C.values[Rest % C.values.size()];
        Rest /= C.values.size();
        if (C.version)
          V.version = Value;
        else if (!C.symbol.empty())
          V.symbols[C.symbol] = static_cast<char>(Value);
        else
          V.others[C.other] = Value != 0;
      }
      bool Compiled = std::all_of(Around.begin(), Around.end(), [&](const Group &G) {
        int Branch = branchOf(G, V);
        return Branch >= 0 && Needed.count({G.place.first, {G.place.second, static_cast<size_t>(Branch)}});
      });
      if (Compiled)
        Found.emplace(branchesOf(Own, V), V);
    }
    noteDead(Own, Found);
    std::vector<bool> Varies(Own.size());
    for (size_t G = 0; G < Own.size(); ++G)
      Varies[G] = std::any_of(Found.begin(), Found.end(), [&](const auto &Each) { return Each.first[G] != Found.begin()->first[G]; });
    std::vector<int> Usual = usual(Own);
    Found.erase(Usual);
    if (Found.size() > MaxVariants)
      return tooMany(Own);
    for (const auto &[Branches, V] : Found) {
      // It is called by a group that makes the difference, rather by a branch than by none.
      size_t Called = 0;
      int Best = -1;
      for (size_t G = 0; G < Own.size(); ++G) {
        int Rank = (Branches[G] == Elsewhere ? 0 : 4) + (Usual.empty() ? Varies[G] : Branches[G] != Usual[G]) * 2 + (Branches[G] >= 0);
        if (Rank > Best)
          Best = Rank, Called = G;
      }
      addVariant(Own, Branches, V, Called);
    }
  }

  static constexpr int Elsewhere = -2; ///< in a branch that is not taken: whatever it says

  static std::vector<int> branchesOf(const std::vector<Group> &Own, const ConditionValues &V) {
    std::vector<int> Result;
    for (const Group &G : Own) {
      bool Held = G.parent && Result[G.parent->first] != static_cast<int>(G.parent->second);
      Result.push_back(Held ? Elsewhere : branchOf(G, V));
    }
    return Result;
  }

  void tooMany(const std::vector<Group> &Own) {
    const ConditionalBranch &B = Own.front().group->branches.front();
    Plan.unclear.push_back({{Own.front().place.first, B.line, 1}, B.spelled + ", one of too many conditions to try all of them"});
  }

  void listChoices(const std::vector<Group> &Own, const std::vector<Group> &Around, std::vector<Choice> &Choices, ConditionValues &Fixed) const {
    std::set<std::string> Symbols, Modular, Others;
    std::set<unsigned> Versions;
    for (const std::vector<Group> *List : {&Own, &Around})
      for (const Group &G : *List)
        for (const ConditionExpression &E : G.conditions) {
          Symbols.insert(E.symbols.begin(), E.symbols.end());
          Modular.insert(E.modular.begin(), E.modular.end());
          Others.insert(E.others.begin(), E.others.end());
          Versions.insert(E.versions.begin(), E.versions.end());
        }
    bool Free = isOfModule(Q.main); // a module is built for other kernels, too
    for (const std::string &S : Symbols)
      if (Free || DB.limits().canBeSet(S))
        Choices.push_back({S, {}, false, Modular.count(S) ? std::vector<unsigned>{'n', 'y', 'm'} : std::vector<unsigned>{'n', 'y'}});
    for (const std::string &O : Others)
      Choices.push_back({{}, O, false, {0, 1}});
    Fixed.version = DB.limits().version;
    if (Versions.empty() || (!Free && Fixed.version))
      return;
    std::set<unsigned> Values;
    for (unsigned V : Versions)
      for (unsigned Each : {V ? V - 1 : 0, V, V + 1})
        Values.insert(Each);
    Choices.push_back({{}, {}, true, {Values.begin(), Values.end()}});
  }

  /// What the parse at hand has compiled, if that is certain.
  std::vector<int> usual(const std::vector<Group> &Own) const {
    std::vector<int> Result;
    if (!Q.setting.arch.empty() || !Q.setting.force.empty())
      return {};
    for (const Group &G : Own) {
      if (G.parent && Result[G.parent->first] != static_cast<int>(G.parent->second)) {
        Result.push_back(Elsewhere);
        continue;
      }
      int Branch = ConditionalText::NoBranch;
      for (size_t N = 0; N < G.conditions.size() && Branch < 0; ++N) {
        const std::string &Condition = G.group->branches[N].condition;
        std::optional<bool> Holds = Condition.empty() ? std::optional(true) : DB.compiles(Q.main, {Condition});
        if (!Holds)
          return {};
        Branch = *Holds ? static_cast<int>(N) : Branch;
      }
      Result.push_back(Branch);
    }
    return Result;
  }

  void noteDead(const std::vector<Group> &Own, const std::map<std::vector<int>, ConditionValues> &Found) {
    for (size_t G = 0; G < Own.size(); ++G)
      for (size_t N = 0; N < Own[G].group->branches.size(); ++N) {
        bool Taken = std::any_of(Found.begin(), Found.end(), [&](const auto &Each) { return Each.first[G] == static_cast<int>(N); });
        const ConditionalBranch &B = Own[G].group->branches[N];
        const ConditionExpression &E = Own[G].conditions[N];
        if (!Taken && (!E.symbols.empty() || !E.versions.empty()))
          Plan.dead.push_back({Own[G].place.first, B.line, "",
                               "the branch of " + B.spelled + " counts for nothing: no configuration of this tree compiles it together with the rest"});
      }
  }

  void addVariant(const std::vector<Group> &Own, const std::vector<int> &Branches, const ConditionValues &V, size_t Called) {
    TextVariant T;
    T.main = Q.main;
    T.function = Q.function;
    T.site = Q.site;
    T.setting = Q.setting;
    T.optional = Optional;
    for (const auto &[Symbol, Value] : V.symbols)
      T.symbols[Symbol] = std::string(1, Value);
    for (size_t N = 0; N < Own.size(); ++N)
      if (Branches[N] != Elsewhere)
        T.taken[Own[N].place.first][Own[N].place.second] = Branches[N];
    const std::vector<ConditionalBranch> &All = Own[Called].group->branches;
    const ConditionalBranch &B = All[static_cast<size_t>(std::max(Branches[Called], 0))];
    T.where = {Own[Called].place.first, B.line, 1};
    T.spelled = Branches[Called] < 0 ? "without " + B.spelled : B.condition.empty() ? "#else of " + All.front().spelled : B.spelled;
    Plan.wanted.push_back(std::move(T));
  }

  const Database &DB;
  const VariantQuestion &Q;
  const std::set<GroupPlace> &Groups;
  const std::set<std::string> &Optional;
  VariantPlan &Plan;
};

} // namespace

void chooseBranches(const Database &DB, const VariantQuestion &Q, const std::set<GroupPlace> &Groups, const std::set<std::string> &Optional,
                    VariantPlan &Plan) {
  Chooser(DB, Q, Groups, Optional, Plan).choose();
}

} // namespace krcu
