// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Small text tools for reading the inputs of the kernel's header generators: line by line, word by word. The
// inputs are simple formats (tables, #define lists, makefile lists), so a scan is enough and fast; no regular
// expressions.
#pragma once

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace krcu::text {

using Words = llvm::SmallVector<llvm::StringRef, 8>;

void forEachLine(llvm::StringRef Text, llvm::function_ref<void(llvm::StringRef)> Body);
/// Calls `Body(Identifier, RestAfterIt)` for each identifier. Strings and comments are not told apart.
void forEachIdentifier(llvm::StringRef Text, llvm::function_ref<void(llvm::StringRef, llvm::StringRef)> Body);

/// Splits at blanks; no empty words.
Words words(llvm::StringRef Line);
/// "a,b" -> {a, b}: splits at commas outside brackets and quotes, each part trimmed.
std::vector<llvm::StringRef> arguments(llvm::StringRef List);
/// The text between the bracket at `Text[0]` and its partner; npos-safe: empty if there is none.
llvm::StringRef bracketed(llvm::StringRef Text);

bool isWord(char C); ///< letter, digit or underscore
bool isIdentifier(llvm::StringRef Name);
bool allDigits(llvm::StringRef Text);
bool isUpperName(llvm::StringRef Name); ///< capitals, digits and underscores only

/// Without /* */ comments (// is left alone: none of the inputs uses it where it matters); newlines are kept.
std::string withoutComments(llvm::StringRef Text);
/// Backslash-newline becomes a blank.
std::string joined(llvm::StringRef Text);

/// `#define NAME VALUE` -> true with name and the raw rest; also `# define`.
bool parseDefine(llvm::StringRef Line, llvm::StringRef &Name, llvm::StringRef &Rest);
/// The leading identifier of `Text`.
llvm::StringRef leadingIdentifier(llvm::StringRef Text);

/// `Body` between include guards made from `Path`.
std::string guarded(llvm::StringRef Path, const std::string &Body);

} // namespace krcu::text
