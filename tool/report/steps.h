// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a step of the evidence is about, for programs and for marks on a page. Told from the facts that the step was made of, never from its words.
#pragma once

#include "tool/lifetime/verdict.h"
#include "tool/report/findings.h"

namespace krcu {

/// "call", "callback", "setter", "object", "cache", "created", "destroyed", "calls", "reached", "barrier", "queue", "module", "tree", "code".
std::string stepKind(const SiteReport &R, const Semantics &S, const Evidence &E);

/// "here", "queue", "stop", "wait", "end", "exit", "unknown", "module", "tree", "code".
std::string stepKind(const AuditFinding &F, const Semantics *S, const Evidence &E);

/// "tree", "module" or "code": what the place alone shows. For steps of a review.
std::string stepKind(const Semantics *S, const Evidence &E);

const char *eventName(FindingEvent::Kind K);

} // namespace krcu
