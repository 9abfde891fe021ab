// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reasons -> sentences, and the evidence in the order in which a reviewer would read it.
#include "tool/lifetime/naming.h"
#include "tool/lifetime/verdict.h"
#include <algorithm>

namespace krcu {

namespace {

std::string freeName(const SiteReport &R) { return R.callback.frees.empty() ? R.family : R.callback.frees.front().name; }

} // namespace

std::string reasonText(const SiteReport &R) {
  std::string Text = reasonText(R, R.reason, R.detail);
  if (R.reason == Reason::Slob && R.without_slob.verdict != Verdict::None)
    Text += std::string("; under SLAB and SLUB ") + (R.without_slob.verdict == Verdict::Review ? "for review" : verdictName(R.without_slob.verdict)) + ": " +
            reasonText(R, R.without_slob.reason, R.without_slob.detail);
  if (R.other_kernels.valid())
    Text += "; for this kernel only: the module is compiled for others, too (" + R.other_kernels.file + ":" + std::to_string(R.other_kernels.line) + ")";
  return Text;
}

std::string reasonText(const SiteReport &R, Reason Why, const std::string &D) {
  std::string Callback = plainName(R.callback.function) + "()";
  for (size_t I = 1; I < R.candidates.size(); ++I)
    Callback += (I + 1 < R.candidates.size() ? ", " : " or ") + plainName(R.candidates[I].function) + "()";
  switch (Why) {
  case Reason::GeneralPurposeCache:
    return Callback + " only frees the object with " + freeName(R) + "(); general-purpose memory has no cache that could be destroyed";
  case Reason::DestroyWaits:
    return "kmem_cache_destroy() waits for kfree_rcu() in this tree, whatever destroys " + (D.empty() ? std::string("the cache") : D);
  case Reason::NeverDestroyed:
    return D + " is never destroyed";
  case Reason::NeverReached:
    return "no destruction of " + D + " can meet an object: each is in code that never runs or stands right behind the creation";
  case Reason::NoObjectYet:
    return D + " is destroyed only right behind its creation, when it holds no object";
  case Reason::BarrierWaits:
    return "every destruction of " + D + " comes after a barrier that waits for kfree_rcu() in this tree";
  case Reason::Slob:
    return "this tree offers CONFIG_SLOB, whose kfree() cannot free kmem_cache objects";
  case Reason::AllocatorUnread:
    return "whether this tree's kfree() can free kmem_cache objects was not read" + (D.empty() ? std::string() : ": there is " + D);
  case Reason::DestroyedWithoutWait:
    return D + "; nothing before it waits for kfree_rcu() in this tree";
  case Reason::CacheUnknown:
    return "the cache could not be identified: " + D;
  case Reason::SearchIncomplete:
    return "the search for destructions is incomplete: " + D;
  case Reason::WaitNotLookedAt:
    return D + "; what waits before that was not looked at here (krcu explain does)";
  case Reason::InitErrorPathOnly:
    return D + " is destroyed only while unwinding a failed initialisation, and nothing there waits for kfree_rcu(); can an object be in flight by then?";
  case Reason::ChecksLost:
    return Callback + " also checks with " + D + "(), and the check would be lost";
  case Reason::VmallocUnknown:
    return "this tree's kfree_rcu() is not known to free vmalloc() memory";
  case Reason::Spoiled:
    return "what was seen of it rests on text that does not parse: " + D;
  case Reason::FreesNull:
    return Callback + " frees NULL instead of the object under some condition; the replacement would free the object always";
  case Reason::WrongObject:
    return "the callback frees another object than the one that holds the head: " + D;
  case Reason::HeadInVariable:
    return "the head is held in a variable, " + D + ": the object cannot be named here";
  case Reason::HeadCast:
    return "the head is made by a cast of the object, " + D + ": no member names it";
  case Reason::HeadOther:
    return "the head is the expression " + D + ": the object cannot be named";
  case Reason::ObjectUnnamed:
    return "the object cannot be named here by its type: " + D;
  case Reason::SameInBothBranches:
    return "both ways of the if at line " + D + " would become the same call";
  case Reason::InMacro:
    return "the call is made by the macro " + D + "()";
  case Reason::NotAStatement:
    return "the call is part of an expression, and the replacement is a statement";
  case Reason::HoldsDirective:
    return "an #if stands inside of the call";
  case Reason::HiddenBranch:
    return "what another branch of the text does is not known: " + D;
  case Reason::OffsetTooLarge:
    return "the head is at offset " + D + " of the object; kfree_rcu() takes at most " + std::to_string(HeadReach - 1);
  case Reason::OffsetVaries:
    return D;
  case Reason::IncompleteType:
    return "the layout of the object is not known here: " + D;
  case Reason::Hurry:
    return D + "() asks for a prompt grace period and kfree_rcu() does not; convert with --allow-hurry if that does not matter";
  case Reason::Flavour:
    return "the deferral waits for a grace period of another flavour (" + D + ")";
  case Reason::NoReplacement:
    return Callback + " only frees with " + freeName(R) + "(), but " + D;
  case Reason::CannotName:
    return "the object cannot be named from the text " + D;
  case Reason::NotAHead:
    return D + " is not a struct rcu_head; a cast hides it";
  case Reason::HeadRead:
    return "the head is looked into, and kfree_rcu() keeps something else there: " + D;
  case Reason::NotVerified:
    return "the rewritten file did not pass verification: " + D;
  case Reason::MoreThanFree:
    return D;
  case Reason::CallbackUnknown:
    return "the callback cannot be followed: " + D;
  case Reason::CallbackParameter:
    return "the callback is the parameter " + D;
  case Reason::CallbackPlace:
    return "the callback is taken from " + D;
  case Reason::IsDefinition:
    return "declares or defines the primitive itself";
  case Reason::IsWrapper:
    return "inside " + D + "(), which stands for the primitive";
  case Reason::PassesOffset:
    return "hands " + D + " to RCU, an offset and no function: the tree's own deferred free";
  case Reason::IsReference:
    return "names the primitive without calling it";
  case Reason::NotParsed:
    return D;
  case Reason::Hidden:
    return D.empty() ? "the configurations that were parsed do not compile this line" : "hidden by #if " + D;
  case Reason::ChoosesBetween:
    return "the same function frees the same object with " + D + ": it chooses between the two, and converting would leave nothing to choose";
  case Reason::Differs:
    return "another configuration makes something else of this call: the object, the member or the callback differs";
  case Reason::NotLookedAt:
    return "not looked at: " + D + ", a family that was not asked for";
  case Reason::NotAsked:
    return "callbacks of the family " + D + " were not asked for";
  }
  return {};
}

namespace {

void describeDestruction(const DestructionReport &D, EvidenceList &To) {
  const Location &At = D.what.where;
  std::string Function = plainName(D.what.function->function);
  To.push_back({At.file, At.line, Function, placeName(D.what.value) + " is destroyed here"});
  for (const ReachPath &P : D.reach.paths) {
    for (const ReachStep &S : P.steps)
      if (S.caller) {
        const Location &W = S.caller->calls[S.call].where;
        To.push_back({W.file, W.line, plainName(S.caller->function), plainName(S.caller->function) + "() calls " + plainName(S.function) + "()"});
      }
    if (P.where.valid())
      To.push_back({P.where.file, P.where.line, "", describeReach(P)});
  }
  if (D.harmless) {
    To.push_back({At.file, At.line, Function, D.harmless_why});
    To.insert(To.end(), D.harmless_evidence.begin(), D.harmless_evidence.end());
  }
  for (const BarrierUse &B : D.barriers) {
    for (const Evidence &E : B.through)
      To.push_back(E);
    To.push_back({B.where.file, B.where.line, plainName(B.function),
                  B.barrier + "() runs on every path before" + (D.way.empty() ? std::string() : " on the way from " + D.way) + "; it waits for " +
                      (B.waits_kfree_rcu ? (B.waits_call_rcu ? "call_rcu() and kfree_rcu()" : "kfree_rcu()")
                                         : "call_rcu() callbacks, not for kfree_rcu()")});
    if (!B.overtaken.text.empty())
      To.push_back(B.overtaken);
  }
  for (const BarrierUse &B : D.conditional)
    To.push_back({B.where.file, B.where.line, plainName(B.function), B.barrier + "() runs before only on some paths"});
  To.insert(To.end(), D.module.begin(), D.module.end());
  if (D.barriers.empty() && !D.harmless)
    To.push_back({At.file, At.line, Function,
                  D.callees ? "no barrier runs on every path before it"
                            : "no barrier stands on every path before it; no verdict needs one here, so callees were not followed (krcu explain follows them)"});
}

void unique(EvidenceList &List) {
  EvidenceList Result;
  for (Evidence &E : List)
    if (std::find(Result.begin(), Result.end(), E) == Result.end())
      Result.push_back(std::move(E));
  List = std::move(Result);
}

} // namespace

void Judge::finishEvidence(SiteReport &R) {
  EvidenceList Own = std::move(R.evidence);
  R.evidence.clear();
  const Location &W = R.census.where;
  std::string Queued = !R.target.empty() || !R.site || R.site->callback_kind != CallbackKind::Function ? R.target : R.site->callback;
  if (R.candidates.size() > 1)
    R.evidence.push_back({W.file, W.line, R.census.function, R.census.deferral + "() queues what " + R.site->callback_text + " holds, one of " +
                                                                 std::to_string(R.candidates.size()) + " functions"});
  else if (!Queued.empty())
    R.evidence.push_back({W.file, W.line, R.census.function, R.census.deferral + "() queues " + plainName(Queued) + "()"});
  else
    R.evidence.push_back({W.file, W.line, R.census.function, reasonText(R)});
  R.evidence.insert(R.evidence.end(), R.callback.evidence.begin(), R.callback.evidence.end());
  R.evidence.insert(R.evidence.end(), Own.begin(), Own.end());
  // Where kmem_cache_destroy() itself waits the verdict does not rest on the life of this cache; it is told all the same.
  bool Needed = R.reason != Reason::DestroyWaits && R.reason != Reason::Slob && R.verdict != Verdict::None;
  EvidenceList &Life = Needed ? R.evidence : R.context;
  for (const CacheReport &C : R.caches)
    Life.insert(Life.end(), C.evidence.begin(), C.evidence.end());
  for (const DestructionReport &D : R.destructions)
    describeDestruction(D, Life);
  auto AddFact = [&](const char *Name) {
    const SemanticFact &F = S.fact(Name);
    for (const Evidence &E : F.evidence)
      R.evidence.push_back(E);
  };
  if (R.reason == Reason::DestroyWaits || R.reason == Reason::DestroyedWithoutWait || R.reason == Reason::InitErrorPathOnly)
    AddFact("destroy_waits_kfree_rcu");
  if (R.reason == Reason::DestroyedWithoutWait || R.reason == Reason::BarrierWaits)
    AddFact("rcu_barrier_waits_kfree_rcu");
  if (R.reason == Reason::AllocatorUnread)
    AddFact("kfree_rcu_takes_slab_objects");
  if (R.reason == Reason::Slob)
    AddFact("slob");
  unique(R.evidence);
  unique(R.context);
}

} // namespace krcu
