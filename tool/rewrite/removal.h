// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where a function stands in the text: its definition from the first attribute to the closing brace, and its
// forward declarations in every branch of every #if.
#pragma once

#include "tool/rewrite/rewrite.h"
#include "tool/rewrite/source.h"
#include <optional>

namespace krcu {

/// The definition that `R` names, begun at its first token (attributes before `R.begin` included) and ended
/// behind
/// '}'. Fails if the text at `R` is anything else.
llvm::Expected<Span> definitionSpan(const std::string &Path, const SourceText &Source,
                                    const FunctionRemoval &R);

/// A prototype. `where` is the whole declaration with its semicolon, or, if it declares other things too,
/// this declarator with one comma.
struct Declaration {
  Span where;
  bool shared = false; ///< other declarators stand in the same declaration
};

/// All prototypes of `Name`, in file order.
std::vector<Declaration> declarationsOf(const SourceText &Source, llvm::StringRef Name);

/// Offsets of the name in every definition of a function `Name`.
std::vector<uint32_t> definitionsOf(const SourceText &Source, llvm::StringRef Name);

/// The name of the function that the first declaration at or behind `Offset` declares or defines; empty if
/// that is something else.
std::string nextFunction(const SourceText &Source, uint32_t Offset);

/// Offsets at which code (not a comment, not a member access) names `Name`.
std::vector<uint32_t> usesOf(const SourceText &Source, llvm::StringRef Name);

/// "FILE:LINE:COLUMN: WHAT; MEND" for an offset in a text.
llvm::Error failAtOffset(const std::string &Path, const SourceText &Source, uint32_t Offset,
                         const std::string &What, const std::string &Mend);

} // namespace krcu
