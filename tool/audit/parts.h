// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The parts of the audit. Each appends its findings.
#pragma once

#include "tool/audit/audit.h"
#include "tool/driver/records.h"
#include "tool/driver/text_reach.h"
#include "tool/lifetime/queued.h"

namespace krcu {

/// (a) and (e): the deferred frees that are in the tree.
void auditDeferredFrees(TreeState &State, std::vector<AuditFinding> &To);

/// A module that queues callbacks of its own.
struct QueueingModule {
  ModuleScope scope;
  std::vector<const CensusEntry *> sites;   ///< with a callback that is defined in the module
  std::set<std::string> callbacks;          ///< symbols of these
  std::set<std::string> queueing;           ///< plain names of the functions that queue them
  std::vector<ModuleExit> exits;
};
std::vector<QueueingModule> queueingModules(TreeState &State);

/// What the initialisers of a text's file-scope variables name: variable -> identifiers between the braces.
std::map<std::string, std::set<std::string>> initialisersIn(llvm::StringRef Text);

/// (b): modules that may leave too early.
void auditModuleExits(TreeState &State, const std::vector<QueueingModule> &Modules, std::vector<AuditFinding> &To);
/// (c) and (d): the barriers of modules.
void auditBarriers(TreeState &State, std::vector<AuditFinding> &To);
/// (f): destructions and barriers on paths that run often. Nothing in a tree without sheaves.
void auditCosts(TreeState &State, std::vector<AuditFinding> &To);

/// "x.c:12".
inline std::string placeText(const std::string &File, unsigned Line) { return File + (Line ? ":" + std::to_string(Line) : ""); }

} // namespace krcu
