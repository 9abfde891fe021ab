// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A finding about the end of a module, told to somebody who reads the mend as a commit.
#include "tool/audit/parts.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"

using llvm::StringRef;

namespace krcu {
namespace {

/// "counted()", "counted() and 2 other callbacks".
std::string callbacksOf(const ModuleQuestion &Q) {
  size_t More = Q.question.callbacks.size() - 1;
  return plainName(Q.sites.front().callback) + "()" + (More ? " and " + std::to_string(More) + (More == 1 ? " other callback" : " other callbacks") : "");
}

/// Who queues: "item_put() passes counted() to call_rcu()", "the core runs counted() after a grace period".
std::string queueing(const ModuleQuestion &Q) {
  const UnloadSite &S = Q.sites.front();
  if (S.core)
    return "The core runs " + callbacksOf(Q) + " after a grace period";
  std::string By = StringRef(S.text).split("()").first.str(); // "call_rcu() queues counted(), ..."
  return (S.function.empty() ? "The module" : S.function + "()") + (S.named ? " passes " : " hands ") + callbacksOf(Q) + " to " + (S.named ? By + "()" : "be run after a grace period");
}

/// The last thing on the way that may still queue.
const FindingEvent *lastProducer(const AuditFinding &F) {
  const FindingEvent *Last = nullptr;
  for (const FindingEvent &E : F.timeline)
    if (E.kind == FindingEvent::Queue || E.kind == FindingEvent::Stop)
      Last = &E;
  return Last;
}

/// "until cancel_work_sync(&work) returns, drv_work() may queue more"
std::string untilWhen(const FindingEvent &E) {
  StringRef Text = E.text;
  if (E.kind == FindingEvent::Queue || !Text.starts_with("until "))
    return E.function + "() queues it behind that";
  auto [Call, Who] = Text.rsplit(" returns ");
  return (Call + ", " + (Who.starts_with("the core") ? "the core" : Who.split(' ').first) + " may queue more").str();
}

} // namespace

std::vector<std::string> storyOf(const UnloadModule &M, const ModuleQuestion &Q, const AuditFinding &F) {
  std::vector<std::string> Story{queueing(Q) + "."};
  std::string Callback = plainName(Q.sites.front().callback) + "()", In = F.function + "()";
  bool Several = Q.question.callbacks.size() > 1;
  if (Q.question.until == UnloadQuestion::Destruction) {
    Story.push_back(In + " takes " + Q.question.taken + " away without having waited for " + (Several ? "them" : "it") + ", and " + Callback + " still uses it.");
    Story.push_back("If " + M.scope.name + " is unloaded right after something was queued, memory is used that is gone.");
    return Story;
  }
  bool Waits = llvm::any_of(F.timeline, [](const FindingEvent &E) { return E.kind == FindingEvent::Wait; });
  const FindingEvent *Last = Waits ? lastProducer(F) : nullptr;
  if (F.kind == "early_rcu_barrier" && Last)
    Story.push_back("The barrier in " + In + " comes too early: " + untilWhen(*Last) + ".");
  else if (Last)
    Story.push_back("What " + In + " waits for comes too early or may not be reached: " + untilWhen(*Last) + ".");
  else
    Story.push_back(In + " does not wait for " + (Several ? "them." : "it."));
  Story.push_back("If it is still pending when " + M.scope.name + " is unloaded, " + Callback + " is called after its code is gone.");
  return Story;
}

} // namespace krcu
