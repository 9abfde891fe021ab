// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table of facts and the table of eras: what there is to know, and what mainline's answers were when.
#pragma once

#include "tool/semantics/semantics.h"

namespace krcu::semantics {

/// All facts in their order, unknown and with the value that is safe to rely on.
std::vector<SemanticFact> unknownFacts(const EraTable &T);

/// The era whose decisive facts are those of `S`; "mixed" if mainline never stood there.
std::string eraOf(const Semantics &S);

} // namespace krcu::semantics
