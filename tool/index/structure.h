// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where functions begin and end in a text already lexed: the part of the outline that the census and token
// searches need too, without the lists of identifiers.
#pragma once

#include "tool/index/lex.h"
#include "tool/index/outline.h"

namespace krcu {

/// The functions in file order, `identifiers` left empty.
std::vector<OutlineFunction> functionsOf(const LexedText &L);

/// The function whose body holds the offset, -1 at top level.
int functionAt(const std::vector<OutlineFunction> &Functions, uint32_t Offset);

/// An occurrence in the terms of findTokens().
OutlineToken describeToken(const LexedText &L, const std::vector<OutlineFunction> &Functions, size_t Token);

} // namespace krcu
