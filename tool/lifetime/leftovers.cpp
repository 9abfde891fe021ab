// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A barrier may go if five things hold: it stands before a destruction of this cache (or the callback frees to no cache of its own,
// and the barrier was for the module's text); it runs only when the module leaves or fails to load; every callback that can be
// queued by then, of every module whose exit runs it, is one that the conversion takes away; the converted objects do not
// need it themselves in this tree; and all of that could be looked at. Otherwise it stays, and the answer says for whose sake.
#include "tool/lifetime/leftovers.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {
namespace {

/// Barriers that a site tells of, and callbacks that a barrier does. Modules of Linux have a few dozen at most.
constexpr size_t MaxShown = 200;

std::string at(const Location &L) { return L.file + ":" + std::to_string(L.line); }

bool waitsForCallbacks(const BarrierRule &B) {
  return std::find(B.waits_for.begin(), B.waits_for.end(), "call_rcu") != B.waits_for.end();
}

/// The end of a call without arguments whose name ends at `Offset`; 0 if it is anything else.
uint32_t endOfEmptyCall(StringRef Text, size_t Offset) {
  StringRef Rest = Text.substr(Offset).ltrim();
  if (!Rest.consume_front("("))
    return 0;
  Rest = Rest.ltrim();
  if (!Rest.consume_front(")"))
    return 0;
  return static_cast<uint32_t>(Text.size() - Rest.size());
}

void stay(BarrierLeftover &B, std::string Why) {
  B.may_go = false;
  if (B.why.empty())
    B.why = std::move(Why);
}

void cannotTell(BarrierLeftover &B, std::string Why) {
  B.known = false;
  stay(B, std::move(Why));
}

std::string listOf(const std::vector<std::string> &Names) {
  std::string Result;
  for (size_t N = 0; N < Names.size(); ++N)
    Result += (N == 0 ? "" : N + 1 == Names.size() ? " and " : ", ") + Names[N];
  return Result;
}

} // namespace

const ModuleScope &LeftoverSearch::scope(const std::string &File) {
  auto It = Known.find(File);
  return It != Known.end() ? It->second : Known.emplace(File, Scopes(File)).first->second;
}

bool LeftoverSearch::search(std::vector<SiteReport> &Reports) {
  Sites = &Reports;
  Pending = false;
  KnownQueues.clear();
  KnownAnswers.clear();
  Queues.refresh();
  Converted.clear();
  for (const SiteReport &R : Reports)
    if (R.cls == SiteClass::Convert)
      Converted[{R.census.where.file, R.census.where.line, R.census.where.column}] = &R;
  for (SiteReport &R : Reports) {
    R.leftovers.reset();
    if (R.cls != SiteClass::Convert || !R.site)
      continue;
    auto L = std::make_shared<Leftovers>();
    addBarriers(R, *L);
    if (R.callback_removed)
      L->fields = unreadFields(DB, R, Reports);
    R.leftovers = std::move(L);
  }
  Sites = nullptr;
  return !Pending;
}

/// The barriers in the module of the site, and in the files that destroy the cache, whoever owns them.
void LeftoverSearch::addBarriers(SiteReport &R, Leftovers &To) {
  std::set<std::string> Files(scope(R.site->where.file).files.begin(), scope(R.site->where.file).files.end());
  Files.insert(R.site->where.file);
  for (const DestructionReport &D : R.destructions)
    Files.insert(D.what.where.file);
  for (const BarrierRule &Rule : DB.rules().barriers) {
    if (!waitsForCallbacks(Rule))
      continue;
    for (uint32_t F : DB.mentioning(Rule.name)) {
      const std::string &File = DB.index().files()[F].path;
      auto Text = Files.count(File) ? DB.index().text(F) : nullptr;
      auto O = Text ? DB.outline(F) : nullptr;
      if (!O)
        continue;
      for (const OutlineToken &T : DB.tokens(File, Rule.name)) {
        if (T.function < 0 || T.after_member_access || !T.before_paren || T.in_directive)
          continue;
        if (To.barriers.size() >= MaxShown)
          return; // what is not looked at stays
        BarrierLeftover B = describe(File, *O, T, Rule.name, *Text);
        decide(R, B);
        To.barriers.push_back(std::move(B));
      }
    }
  }
}

BarrierLeftover LeftoverSearch::describe(const std::string &File, const Outline &O, const OutlineToken &T, const std::string &Barrier,
                                         const std::string &Text) {
  BarrierLeftover B;
  const OutlineFunction &F = O.functions[static_cast<size_t>(T.function)];
  B.barrier = Barrier;
  B.where = {File, T.line, T.column};
  B.function = F.is_static ? F.name + "@" + File : F.name;
  B.begin = T.offset;
  B.end = endOfEmptyCall(Text, T.offset + Barrier.size());
  return B;
}

void LeftoverSearch::decide(const SiteReport &R, BarrierLeftover &B) {
  for (const DestructionReport &D : R.destructions)
    for (const BarrierUse &U : D.barriers)
      B.before_destruction = B.before_destruction || (U.where.file == B.where.file && U.where.line == B.where.line);
  if (!B.end)
    stay(B, "it is no plain call");
  if (!B.before_destruction && !R.callback.caches.empty())
    stay(B, R.destructions.empty() ? "the cache is never destroyed, so the barrier is for something else"
                                   : "it does not stand before a destruction of this cache");
  if (!S.is("destroy_waits_kfree_rcu") && S.is("rcu_barrier_waits_kfree_rcu") && B.before_destruction)
    stay(B, "in this tree " + B.barrier + "() is what waits for the converted objects too");
  // What the text shows comes first: most barriers stay, and then no file needs to be parsed for it.
  std::set<std::string> Files{R.site->where.file, B.where.file};
  if (B.why.empty())
    collectQueued(B, Files, false);
  if (!B.why.empty() || !isEveryWayInTheEnd(B, Files))
    return;
  B.looked_at.clear(), B.modules.clear();
  collectQueued(B, Files, true);
  B.may_go = B.why.empty() && B.known && B.needed_by.empty();
  if (B.may_go)
    B.why = "no other callback of " + listOf(B.modules) + " can be queued";
}

/// Does the barrier run only at module exit, or where loading the module fails? Adds the files on the way to `Files`.
bool LeftoverSearch::isEveryWayInTheEnd(BarrierLeftover &B, std::set<std::string> &Files) {
  ReachReport Reach = reachOf(DB, B.function);
  Pending = Pending || Reach.pending;
  bool Ends = true;
  for (const ReachPath &P : Reach.paths) {
    for (const ReachStep &Step : P.steps)
      if (Step.caller)
        Files.insert(Step.caller->where.file);
    if (P.where.valid())
      Files.insert(P.where.file);
    if (P.kind != ReachKind::ModuleExit && P.kind != ReachKind::Init) {
      Ends = false;
      stay(B, plainName(B.function) + "() runs not only when the module leaves: it is " + describeReach(P));
    }
  }
  if (!Reach.complete || Reach.paths.empty()) {
    Ends = false;
    cannotTell(B, "cannot tell who calls " + plainName(B.function) + "()" + (Reach.missing.empty() ? "" : ": " + Reach.missing.front()));
  }
  return Ends;
}

/// The callbacks of all modules that the files belong to. Many sites and barriers ask about the same modules.
void LeftoverSearch::collectQueued(BarrierLeftover &B, const std::set<std::string> &Files, bool WithFields) {
  std::vector<std::string> Key;
  std::set<std::string> Seen;
  for (const std::string &File : Files) {
    const ModuleScope &M = scope(File);
    std::string Part = M.name.empty() || M.files.empty() ? "?" + File : M.files.front();
    if (Seen.insert(Part).second)
      Key.push_back(std::move(Part));
  }
  auto [It, New] = KnownAnswers.try_emplace({std::move(Key), WithFields});
  if (New)
    It->second = queuedIn(Files, WithFields);
  const BarrierLeftover &Known = It->second;
  B.modules = Known.modules;
  B.looked_at = Known.looked_at;
  B.needed_by = Known.needed_by;
  B.files = Known.files;
  B.known = B.known && Known.known;
  if (!Known.why.empty())
    stay(B, Known.why);
}

/// What holds for every barrier that waits for the callbacks of these modules.
BarrierLeftover LeftoverSearch::queuedIn(const std::set<std::string> &Files, bool WithFields) {
  BarrierLeftover B;
  std::set<std::string> Text, Seen;
  std::set<std::tuple<std::string, unsigned, std::string, std::string>> Listed;
  for (const std::string &File : Files) {
    const ModuleScope &M = scope(File);
    if (M.name.empty() || M.files.empty()) {
      cannotTell(B, "cannot tell which module " + File + " belongs to, so whose callbacks it waits for");
      continue;
    }
    if (!Seen.insert(M.files.front()).second)
      continue;
    if (std::find(B.modules.begin(), B.modules.end(), M.name) == B.modules.end())
      B.modules.push_back(M.name);
    // Not seen is not absent.
    const ModuleContents &All = DB.moduleOf(File);
    size_t Unseen = All.missing.size();
    std::string First = Unseen ? All.missing.front().text() : std::string();
    for (const std::string &Other : All.files)
      if (StringRef(Other).ends_with(".rs")) {
        ++Unseen;
        First = First.empty() ? Other + " is no C" : First;
      }
    if (Unseen)
      cannotTell(B, std::to_string(Unseen) + (Unseen == 1 ? " file of " : " files of ") + M.name + " may queue a callback and cannot be looked at: " + First);
    auto [It, New] = KnownQueues.try_emplace({M.files.front(), WithFields});
    if (New)
      It->second = Queues.of(M, WithFields);
    const ModuleQueue &Q = It->second;
    Pending = Pending || Q.pending;
    Text.insert(Q.files.begin(), Q.files.end());
    for (const QueuedCallback &C : Q.callbacks) {
      auto Gone = C.deferral ? Converted.find({C.where.file, C.where.line, C.where.column}) : Converted.end();
      Evidence E{C.where.file, C.where.line, C.function, C.text};
      EvidenceList &List = Gone == Converted.end() ? B.needed_by : B.looked_at;
      if (Listed.insert({E.file, E.line, E.function, E.text}).second)
        List.push_back(std::move(E));
    }
    for (const Evidence &E : Q.unknown)
      cannotTell(B, "cannot tell whether a callback may be queued: " + E.file + ":" + std::to_string(E.line) + " " + E.text);
  }
  // Objects of a cache that one of these modules destroys may be freed by somebody else's callback.
  for (const SiteReport &R : *Sites) {
    if (R.cls == SiteClass::Convert || Text.count(R.census.where.file))
      continue;
    for (const DestructionReport &D : R.destructions)
      if (Text.count(D.what.where.file)) {
        B.needed_by.push_back({R.census.where.file, R.census.where.line, R.census.function,
                               R.census.deferral + "() queues " + plainName(R.callback.function) + "(), which frees to a cache that " +
                                   plainName(D.what.function->function) + "() destroys"});
        break;
      }
  }
  B.files = static_cast<unsigned>(Text.size());
  if (!B.needed_by.empty()) {
    const Evidence &E = B.needed_by.front();
    size_t More = B.needed_by.size() - 1;
    std::string Others = More ? " and " + std::to_string(More) + " more" : "";
    stay(B, "another callback may still be queued: " + E.file + (E.line ? ":" + std::to_string(E.line) : "") + ", " + E.text + Others);
  }
  for (EvidenceList *List : {&B.needed_by, &B.looked_at})
    if (List->size() > MaxShown)
      List->resize(MaxShown);
  return B;
}

std::string leftoverText(const BarrierLeftover &B) {
  std::string Place = at(B.where) + " " + plainName(B.function) + "(): " + B.barrier + "() ";
  return Place + (B.may_go ? "may go: " : "stays: ") + B.why;
}

} // namespace krcu
