// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is asked of a text without a lexer: by the index, to confirm what its filters let through, and by whoever reads macros as texts.
#pragma once

#include "llvm/ADT/StringRef.h"
#include <vector>

namespace krcu {

/// An identifier of ASCII letters, digits and _; others ('$', UTF-8) are in no filter.
bool isPlainWord(llvm::StringRef Word);
/// Whether the word stands in the text with no identifier character on either side, wherever.
bool hasBorderedWord(llvm::StringRef Text, llvm::StringRef Word);
/// Whether Index::PasteOperator stands in the text, wherever.
bool hasPasteOperator(llvm::StringRef Text);
/// Whether "#define Macro" stands in the text; blanks and continued lines may stand between.
bool hasDefinitionOf(llvm::StringRef Text, llvm::StringRef Macro);
/// Every word for which hasDefinitionOf() says yes. They point into the text.
std::vector<llvm::StringRef> definedWords(llvm::StringRef Text);
/// Whether the declaration whose name stands in line `At` says "static", up to that line.
bool isDeclaredStatic(llvm::StringRef Text, unsigned At);

} // namespace krcu
