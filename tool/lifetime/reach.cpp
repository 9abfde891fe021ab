// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/lifetime/reach.h"
#include "tool/lifetime/mentions.h"
#include "tool/lifetime/text_callers.h"
#include "tool/lifetime/words.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {
namespace {

constexpr size_t MaxSteps = 10;
constexpr size_t MaxPaths = 24;
constexpr size_t MaxFiles = 40;

class Climber {
public:
  Climber(Database &DB, bool ByText) : DB(DB), ByText(ByText) {}
  ReachReport R;

  void climb(const std::string &Function, std::vector<ReachStep> Steps) {
    if (Full)
      return;
    Full = R.paths.size() >= MaxPaths;
    if (Full || Steps.size() >= MaxSteps) {
      incomplete("more ways to reach " + plainName(Function) + "() than are followed");
      return;
    }
    for (const ReachStep &S : Steps)
      if (S.function == Function)
        return; // recursion adds no new way in
    std::map<std::string, std::shared_ptr<const TextUses>> Read;
    if (!askForUsers(Function, Read))
      return;
    const FunctionFact *Self = DB.function(Function);
    if (!Self && !Steps.empty())
      Self = Steps.back().caller;
    Steps.push_back({Function, nullptr, 0});
    bool Any = false;
    auto Climb = [&](const FunctionUse &U) {
      Any = true;
      std::vector<ReachStep> Next = Steps;
      Next.back().caller = U.caller;
      Next.back().call = U.call;
      climb(U.caller->function, std::move(Next));
    };
    auto Finish = [&](const FunctionRefFact *Ref) {
      Any = true;
      finish(Steps, *Ref);
    };
    for (const FunctionUse &U : DB.callersOf(Function))
      if (DB.function(U.caller->function) == U.caller && !Read.count(U.caller->where.file))
        Climb(U);
    for (const FunctionRefFact *Ref : DB.referencesTo(Function))
      if (!Read.count(Ref->where.file))
        Finish(Ref);
    for (const auto &[File, Uses] : Read) {
      llvm::for_each(Uses->callers, Climb);
      llvm::for_each(Uses->references, Finish);
    }
    if (!Any)
      R.paths.push_back({Self && Self->init_section ? ReachKind::Init : ReachKind::Never, Steps,
                         Self ? Self->where : Location(), Self && Self->init_section ? "an init function" : "nothing in this tree"});
  }

private:
  /// Everybody who may call it has been parsed or read, or a demand is open. \p Read: by file, what the text of those not parsed shows.
  bool askForUsers(const std::string &Function, std::map<std::string, std::shared_ptr<const TextUses>> &Read) {
    std::string Name = plainName(Function);
    const MentionPlan &Plan = planMentions(DB, Name, MentionKind::Function, homeOf(Function));
    if (Plan.files.size() > MaxFiles) {
      incomplete(Name + "() is used in " + std::to_string(Plan.files.size()) + " files, more than are looked at");
      return false;
    }
    bool Ready = true;
    std::set<std::string> Hidden; // "file:line"
    for (const std::string &File : Plan.files) {
      R.files.insert(File);
      if (ByText && !DB.isServed(File, Plan.demand) && Plan.inlines.empty() && Plan.demand.words.size() == 1) {
        if (auto Uses = usesByText(DB, Function, File)) {
          for (unsigned Line : Uses->hidden)
            Hidden.insert(File + ":" + std::to_string(Line));
          Read.emplace(File, std::move(Uses));
          continue;
        }
      }
      if (!DB.require(File, Plan.demand, /*Callers=*/true))
        Ready = false;
      else if (std::string P = DB.problem(File); !P.empty())
        incomplete(File + " could not be relied on: " + P);
    }
    if (Ready) {
      MentionPlan Parsed = Plan;
      for (const auto &[File, Uses] : Read)
        Parsed.files.erase(File);
      for (const std::string &Where : hiddenMentions(DB, Parsed, Name, MentionKind::Function))
        Hidden.insert(Where);
      for (const std::string &Where : Hidden)
        incomplete(Name + "() is also used at " + Where + ", which the parsed configuration leaves out");
      for (const std::string &Inline : unseenInlines(DB, Plan))
        incomplete(Inline + " calls " + Name + "() and was not seen");
    }
    if (!Ready)
      R.pending = true;
    return Ready;
  }

  void finish(const std::vector<ReachStep> &Steps, const FunctionRefFact &Ref) {
    ReachPath P;
    P.steps = Steps;
    P.where = Ref.where;
    P.kind = ReachKind::Runtime;
    P.how = "a pointer to it";
    for (const ModuleHookRule &H : DB.rules().module_hooks)
      if (H.name == Ref.macro) {
        P.how = H.name + "()";
        P.kind = H.kind == "exit" ? ReachKind::ModuleExit : H.kind == "init" ? ReachKind::Init : ReachKind::Runtime;
        R.paths.push_back(P);
        return;
      }
    StringRef Place = Ref.place;
    if (Place.consume_front("F:")) {
      std::string Record = Place.split('@').first.str(), Field = Place.substr(Place.rfind('.') + 1).str();
      P.how = (StringRef(Record).starts_with("unnamed:") ? "member " : Record + ".") + Field + (Ref.object.empty() ? "" : " of " + placeName(Ref.object));
      for (const CallbackFieldRule &C : DB.rules().callback_fields)
        if (C.record == Record && C.field == Field)
          P.kind = C.reached == "module_exit" ? ReachKind::Teardown : ReachKind::Runtime;
    } else if (!Ref.argument_of.empty()) {
      P.how = "an argument of " + plainName(Ref.argument_of) + "()";
    } else if (Ref.macro == "EXPORT_SYMBOL" || Ref.macro == "EXPORT_SYMBOL_GPL" || StringRef(Ref.macro).starts_with("EXPORT_")) {
      return; // exported: whoever imports it has been looked for by name
    }
    if (StringRef(Ref.place).starts_with("V:__UNIQUE_ID") || isExportNote(Ref.place))
      return;
    R.paths.push_back(P);
  }

  static std::string placeName(const std::string &Place) {
    StringRef P = Place;
    P.consume_front("V:");
    return P.split('@').first.str();
  }

  void incomplete(const std::string &Why) {
    R.complete = false;
    if (std::find(R.missing.begin(), R.missing.end(), Why) == R.missing.end())
      R.missing.push_back(Why);
  }

  Database &DB;
  bool ByText;
  bool Full = false; ///< one more way is one too many, and so are all others
};

} // namespace

bool ReachReport::has(ReachKind K) const {
  return std::any_of(paths.begin(), paths.end(), [&](const ReachPath &P) { return P.kind == K; });
}

ReachReport reachOf(Database &DB, const std::string &Function, bool ByText) {
  Climber C(DB, ByText);
  C.climb(Function, {});
  auto Key = [](const ReachPath &P) { return std::tuple(static_cast<int>(P.kind), P.where, describeReach(P)); };
  std::sort(C.R.paths.begin(), C.R.paths.end(), [&](const ReachPath &A, const ReachPath &B) { return Key(A) < Key(B); });
  return std::move(C.R);
}

std::string describeReach(const ReachPath &P) {
  std::string Chain;
  for (auto It = P.steps.rbegin(); It != P.steps.rend(); ++It)
    Chain += (Chain.empty() ? "" : " -> ") + plainName(It->function) + "()";
  switch (P.kind) {
  case ReachKind::ModuleExit:
    return "reached at module exit, " + P.how + ": " + Chain;
  case ReachKind::Init:
    return "reached while initialising, " + P.how + ": " + Chain;
  case ReachKind::Teardown:
    return "reached when a registration goes away, " + P.how + ": " + Chain;
  case ReachKind::Runtime:
    return "reached at run time, " + P.how + ": " + Chain;
  case ReachKind::Never:
    return "called by " + P.how + ": " + Chain;
  }
  return Chain;
}

} // namespace krcu
