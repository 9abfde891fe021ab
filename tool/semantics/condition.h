// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Preprocessor conditions as conjunctions of literals: just enough to see that two pieces of code exclude each other,
// or that one is there whenever another one is.
#pragma once

#include "tool/semantics/source.h"

namespace krcu::semantics {

/// `Word` is "if", "ifdef" or "ifndef". A disjunction or arithmetic becomes one literal with the text as its name.
Condition parseCondition(llvm::StringRef Word, const std::vector<Tok> &Rest);

/// What holds if `C` does not. The negation of a conjunction of several is no conjunction: one literal then.
Condition negate(const Condition &C);

/// Both cannot hold at once.
bool contradicts(const Condition &A, const Condition &B);

/// Whoever satisfies `Strong` satisfies `Weak`.
bool implies(const Condition &Strong, const Condition &Weak);

Condition both(const Condition &A, const Condition &B);

/// "CONFIG_A && !CONFIG_B", for people.
std::string describe(const Condition &C);

} // namespace krcu::semantics
