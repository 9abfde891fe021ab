// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The parts of the audit. Each appends its findings.
#pragma once

#include "tool/audit/audit.h"
#include "tool/driver/configured.h"
#include "tool/driver/records.h"
#include "tool/review/judge/judge.h"
#include "tool/unload/needs.h"

namespace krcu {

/// (a) and (e): the deferred frees that are in the tree. `Mine`: the user's configuration; null: none.
void auditDeferredFrees(TreeState &State, ConfiguredTree *Mine, std::vector<AuditFinding> &To);

/// Which option each finding hangs on, and with a configuration whether it holds there.
void sayWhereTheyHold(Scan &S, ConfiguredTree *Mine, std::vector<AuditFinding> &Findings);

/// A call of a barrier, in a file that can be a module.
struct BarrierCall {
  std::string name;
  Location where;
  std::string function; ///< plain name
};
/// Those that wait for one of `Flavours`, in order of file and line.
std::vector<BarrierCall> barrierCalls(TreeState &State, const std::set<std::string> &Flavours = {"call_rcu"});

/// The modules that have callbacks in flight, with what has to be asked of them; and those of the barriers.
std::vector<UnloadModule> unloadModules(TreeState &State, const UnloadRules &U, const std::vector<BarrierCall> &Barriers);

/// The subject of a finding about the module's text; that of one about a destruction is what is taken away.
std::string subjectOf(const UnloadModule &M, const ModuleQuestion &Q);

/// The question that a finding answers, and its module: they share the first place and the subject. Null: it is about no end of a module.
const ModuleQuestion *questionOf(const std::vector<UnloadModule> &Modules, const AuditFinding &F, const UnloadModule *&Module);

/// What is wrong and what happens then, as sentences for a commit's text.
std::vector<std::string> storyOf(const UnloadModule &M, const ModuleQuestion &Q, const AuditFinding &F);

/// Each event as a line of the evidence.
void addTimeline(AuditFinding &F, const UnloadAnswer &A);

/// Why a wait that is not on the way of an end may be enough: a function that comes to one of `Waiting` runs when a device, a mount or a file of the
/// module goes. Empty: nothing of the kind. `At`: that function.
std::string waitElsewhere(const Rules &R, const ModuleText &Text, const std::set<std::string> &Waiting, Evidence &At);

/// Why the core itself waits before who uses the module gives back the reference of it; empty if it does not.
std::string settledByCore(const ModuleText &Text, const UnloadRules &U);

/// (b): modules that leave, or take something away, too early.
void auditModuleExits(TreeState &State, const UnloadRules &U, const ModuleHooks &Hooks, const std::vector<UnloadModule> &Modules, std::vector<AuditFinding> &To,
                       const std::function<void(const std::string &)> &Progress);
/// (c) and (d): the barriers of modules. Returns what of them was not judged, for a module that has too many: "file: what".
std::vector<std::string> auditBarriers(TreeState &State, const UnloadRules &U, const ModuleHooks &Hooks, const std::vector<BarrierCall> &Calls,
                                       const std::vector<UnloadModule> &Modules, std::vector<AuditFinding> &To);
/// (f): destructions and barriers on paths that run often. Nothing in a tree without sheaves.
void auditCosts(TreeState &State, std::vector<AuditFinding> &To);

/// "x.c:12".
inline std::string placeText(const std::string &File, unsigned Line) { return File + (Line ? ":" + std::to_string(Line) : ""); }

} // namespace krcu
