// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Makes the traces of trace_facts.h.
#pragma once

#include "matchers/names.h"
#include "matchers/trace_facts.h"

namespace krcu {

/// The trace of `F`, which must have a body.
FunctionTrace traceOf(const Names &N, const clang::FunctionDecl *F);

} // namespace krcu
