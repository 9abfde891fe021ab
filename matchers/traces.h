// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Makes the traces of trace_facts.h.
#pragma once

#include "matchers/names.h"
#include "matchers/trace_facts.h"

namespace krcu {

/// What the key of a store says instead of a value that differs from path to path.
inline constexpr const char *SeveralValues = "several values";

/// The trace of `F`, which must have a body. It may be complete and have a `why`: then the tests of some ways that free the same were too many to be
/// told apart, and what is left of them is what all of these ask.
FunctionTrace traceOf(const Names &N, const clang::FunctionDecl *F);
inline bool waysWereJoined(const FunctionTrace &T) { return T.complete && !T.why.empty(); }

} // namespace krcu
