// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A finding about the end of a module, told to somebody who reads the mend as a commit.
#include "tool/audit/parts.h"
#include "llvm/ADT/StringRef.h"

using llvm::StringRef;

namespace krcu {
namespace {

/// "counted()", "counted() and 2 other callbacks".
std::string callbacksOf(const ModuleQuestion &Q) {
  size_t More = Q.question.callbacks.size() - 1;
  return plainName(Q.sites.front().callback) + "()" + (More ? " and " + std::to_string(More) + (More == 1 ? " other callback" : " other callbacks") : "");
}

/// Who queues: "item_put() queues counted()", "the core runs counted() after a grace period".
std::string queueing(const ModuleQuestion &Q) {
  const UnloadSite &S = Q.sites.front();
  if (S.core)
    return "the core runs " + callbacksOf(Q) + " after a grace period";
  return (S.function.empty() ? "the module" : S.function + "()") + " queues " + callbacksOf(Q) + (Q.question.asks(UnloadQuestion::Srcu) ? " with call_srcu()" : "");
}

std::string capital(std::string Sentence) {
  if (StringRef(Sentence).starts_with("the "))
    Sentence[0] = 'T';
  return Sentence;
}

/// The last thing on the way that may still queue.
const FindingEvent *lastProducer(const AuditFinding &F) {
  const FindingEvent *Last = nullptr;
  for (const FindingEvent &E : F.timeline)
    if (E.kind == FindingEvent::Queue || E.kind == FindingEvent::Stop)
      Last = &E;
  return Last;
}

} // namespace

std::vector<std::string> storyOf(const UnloadModule &M, const ModuleQuestion &Q, const AuditFinding &F) {
  std::vector<std::string> Story{capital(queueing(Q)) + "."};
  std::string Callback = plainName(Q.sites.front().callback) + "()", In = F.function + "()";
  if (Q.question.until == UnloadQuestion::Destruction) {
    Story.push_back(In + " takes " + Q.question.taken + " away without having waited for that, so " + Callback + " may still run and use it.");
    Story.push_back("Unloading " + M.scope.name + " right after something was queued uses memory that is gone.");
    return Story;
  }
  const FindingEvent *Last = lastProducer(F);
  if (F.kind == "early_rcu_barrier" && Last)
    Story.push_back("The barrier in " + In + " comes too early: " + Last->text + ".");
  else
    Story.push_back(In + " does not wait for that" + (Last ? " behind the last that queues: " + Last->text + "." : "."));
  Story.push_back("If a callback is still queued when " + M.scope.name + " is unloaded, " + Callback + " is called when its text is gone.");
  return Story;
}

} // namespace krcu
