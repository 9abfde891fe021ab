// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// synchronize_rcu() and its kin. What stood behind a wait for readers, on every way to it, must still; and what was taken out of the readers' reach must
// still be so when the wait begins. Read off the text of both sides: a wait needs no object, so no path of values tells of it.
#include "tool/review/judge/judge.h"
#include "tool/review/judge/surroundings.h"
#include "tool/unload/flow.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include <functional>
#include <map>
#include <set>

using llvm::StringRef;

namespace krcu {

using review::PatchVerdict;

namespace {

/// For whose readers a call waits: "rcu", "srcu &domain", "tasks"; empty: it is no such wait.
std::string readersOf(const Rules &R, const FlowCall &C) {
  if (C.pointer || !llvm::is_contained(R.sleeping_waits, C.name))
    return {};
  StringRef Name = C.name;
  if (Name.contains("srcu"))
    return "srcu " + (C.arguments.empty() ? std::string() : C.arguments.front());
  return Name.contains("tasks") ? "tasks" : "rcu";
}

} // namespace

/// One side of a function, and its waits for the readers in question.
struct WaitingText {
  const Flow &flow;
  std::function<bool(const FlowCall &)> waits;

  bool isCall(unsigned N) const { return flow.nodes[N].kind == FlowNode::Call; }
  /// The calls, as they are written, that some way comes to from `Begin`; without a wait on it, if not `Any`.
  std::set<std::string> reached(unsigned Begin, bool Any) const {
    const std::vector<char> Seen = reachedWithout(flow, [&](unsigned N) { return !Any && N != Begin && isCall(N) && waits(flow.nodes[N].call); }, Begin);
    std::set<std::string> Result;
    for (unsigned N = 0; N < flow.nodes.size(); ++N)
      if (Seen[N] && N != Begin && isCall(N))
        Result.insert(textOf(flow.nodes[N].call));
    return Result;
  }
  /// With the node of the first of each.
  std::map<std::string, unsigned> calls() const {
    std::map<std::string, unsigned> Result;
    for (unsigned N = 0; N < flow.nodes.size(); ++N)
      if (isCall(N))
        Result.emplace(textOf(flow.nodes[N].call), N);
    return Result;
  }
  size_t count(llvm::function_ref<bool(const FlowCall &)> Is) const {
    return static_cast<size_t>(llvm::count_if(flow.nodes, [&](const FlowNode &N) { return N.kind == FlowNode::Call && Is(N.call); }));
  }
};

namespace {

/// What stood behind a wait on every way, and does no more; both from the function's begin and from what takes something out of readers' reach.
std::set<std::string> withoutWait(const WaitingText &Old, const WaitingText &New, const Rules &R) {
  std::set<std::string> Lost;
  auto Compare = [&](unsigned OldBegin, unsigned NewBegin) {
    const std::set<std::string> Had = Old.reached(OldBegin, true), Never = Old.reached(OldBegin, false);
    for (const std::string &Text : New.reached(NewBegin, false))
      if (Had.count(Text) && !Never.count(Text))
        Lost.insert(Text);
  };
  Compare(Flow::Entry, Flow::Entry);
  const std::map<std::string, unsigned> Now = New.calls();
  for (const auto &[Text, Node] : Old.calls())
    if (auto It = Now.find(Text); It != Now.end() && llvm::is_contained(R.unlinks, Old.flow.nodes[Node].call.name))
      Compare(Node, It->second);
  return Lost;
}

/// Variables that calls of some kind begin an argument with: what is freed or unlinked there.
std::set<std::string> namesIn(const Flow &G, llvm::function_ref<bool(const FlowCall &)> Of) {
  std::set<std::string> Names;
  for (const FlowNode &N : G.nodes)
    if (N.kind == FlowNode::Call && Of(N.call))
      for (const std::string &Argument : N.call.arguments)
        Names.insert(firstName(StringRef(Argument).ltrim("&*")));
  Names.erase("");
  return Names;
}

/// What one may do before or behind a wait for readers without any of them seeing it.
bool isQuiet(const Rules &R, const ReviewRules &More, const std::string &Name) {
  for (const std::vector<std::string> *Names : {&R.quiet_calls, &R.atomic_begins, &R.atomic_ends, &R.reader_begins, &R.reader_ends, &R.checks, &R.container_macros, &R.replacements, &R.deferred_frees_no_head, &More.printing_calls})
    if (llvm::is_contained(*Names, Name))
      return true;
  return R.deferral(Name) || StringRef(Name).contains("unlock") || StringRef(Name).starts_with("lockdep_");
}

} // namespace

/// One function and one kind of readers: what has lost its wait, and whether the wait itself is gone.
void PatchJudge::judgeWait(const ReviewedFile &F, const std::string &Function, const std::string &Readers, const WaitingText &Was, const WaitingText &Is) {
  const Rules &R = After.rules();
  auto IsDeferral = [&](const FlowCall &C) { return defers(R, C.name); };
  auto AnyOf = [](const FlowCall &C, const std::set<std::string> &Names) {
    return llvm::any_of(C.arguments, [&](const std::string &Argument) { return Names.count(firstName(StringRef(Argument).ltrim("&*"))) != 0; });
  };
  const FlowCall &Wait = llvm::find_if(Was.flow.nodes, [&](const FlowNode &N) { return N.kind == FlowNode::Call && Was.waits(N.call); })->call;
  const std::string Shown = textOf(Wait), In = " in " + Function + "()";
  const EvidenceList Before{{F.before_path, Wait.line, Function, "before: " + Shown + " waited for readers"}};
  const bool Defers = Is.count(IsDeferral) > Was.count(IsDeferral), Fewer = Is.count(Is.waits) < Was.count(Was.waits);
  // Where a deferred free has taken the wait's place, its object and what was unlinked tell what the wait was for.
  const std::set<std::string> Deferred = namesIn(Is.flow, IsDeferral);
  const std::set<std::string> Objects = namesIn(Was.flow, [&](const FlowCall &C) { return R.free(C.name) || llvm::is_contained(R.unlinks, C.name); });
  const std::map<std::string, unsigned> Now = Is.calls();
  std::string Others;
  unsigned Line = 0;
  bool Said = false; // of a free
  for (const std::string &Text : withoutWait(Was, Is, R)) {
    const FlowCall &C = Is.flow.nodes[Now.at(Text)].call;
    if (R.free(C.name))
      Said = true, add(Defers && !AnyOf(C, Deferred) ? PatchVerdict::CannotTell : PatchVerdict::Broken, {F.after_path, C.line, 0},
          Text + In + " no longer waits for readers: before, " + Shown + " stood in front of it on every way", Before);
    else if (!isQuiet(R, Rows.review, C.name) && readersOf(R, C).empty() && !R.barrier(C.name) && (!Defers || C.pointer || AnyOf(C, Objects)))
      Others += (Others.empty() ? "" : ", ") + C.name + "()", Line = Line ? Line : C.line;
  }
  if (!Others.empty())
    add(PatchVerdict::CannotTell, {F.after_path, Line, 0}, Others + In + " stood behind " + Shown + " and no longer waits for readers; whether that matters was not followed", Before);
  if (Fewer && Defers && Readers != "rcu")
    add(PatchVerdict::Broken, {F.before_path, Wait.line, 0}, Shown + " goes" + In + ", and what is deferred there now waits for other readers", Before, true);
  else if (Fewer && !Defers && Others.empty() && !Said)
    add(PatchVerdict::CannotTell, {F.before_path, Wait.line, 0}, Shown + " goes" + In + "; what its callers do behind it was not followed", Before, true);
}

void PatchJudge::judgeWaits(const ReviewedFile &F) {
  const std::string Old = F.applied->before.value_or(""), New = F.applied->after.value_or("");
  const Rules &R = After.rules();
  if (llvm::none_of(R.sleeping_waits, [&](const std::string &Name) { return StringRef(Old).contains(Name); }))
    return;
  const Outline OldText = outlineOf(Old), NewText = outlineOf(New);
  // Whether a function's text names a wait, or that of one it calls does.
  std::function<bool(const std::string &, unsigned)> NamesWait = [&](const std::string &Name, unsigned Depth) {
    for (const FunctionPlace &P : After.database().definitionsOf(Name)) {
      auto O = After.database().outline(P.file);
      const OutlineFunction *Text = O ? O->function(Name) : nullptr;
      for (const std::string &Word : Text ? Text->identifiers : std::vector<std::string>())
        if (llvm::is_contained(R.sleeping_waits, Word) || (Depth && Word != Name && NamesWait(Word, Depth - 1)))
          return true;
    }
    return false;
  };
  for (const std::string &Name : changedFunctions(Old, New)) {
    const OutlineFunction *Was = OldText.function(Name), *Is = NewText.function(Name);
    if (!Was || !Is)
      continue;
    const Flow OldFlow = flowOf(Old, *Was), NewFlow = flowOf(New, *Is);
    std::set<std::string> Kinds; // of readers
    for (const FlowNode &N : OldFlow.nodes)
      Kinds.insert(N.kind == FlowNode::Call ? readersOf(R, N.call) : "");
    Kinds.erase("");
    for (const std::string &Readers : Kinds) {
      auto Direct = [&](const FlowCall &C) { return readersOf(R, C) == Readers; };
      auto Any = [&](const FlowCall &C) { return Direct(C) || (readersOf(R, C).empty() && !C.pointer && !R.barrier(C.name) && NamesWait(C.name, 1)); };
      judgeWait(F, Name, Readers, {OldFlow, Direct}, {NewFlow, Any});
    }
  }
}

} // namespace krcu
