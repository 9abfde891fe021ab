// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What an input has written passes one of these on its way out, one for each place where it can end. A control character may move a
// terminal's cursor, end a header of a mail, or begin a line that looks like krcu's own.
#pragma once

#include "llvm/ADT/StringRef.h"
#include <string>

namespace krcu {

/// For a part of one line, in a report or a message: every control character, line ends among them, and whatever turns the direction of
/// writing or is no UTF-8, is shown as an escape ("\n", "\x1b", "\u202e").
std::string onOneLine(llvm::StringRef Text);

/// For a whole text that has lines of its own: the same, but line ends and tabs stay.
std::string forTerminal(llvm::StringRef Text);

/// The same for a report of krcu's own, which may have colours: what sets one stays, and only that.
std::string withColours(llvm::StringRef Text);

/// For a whole text of JSON: what does something else than stand there can only be a part of a string, and is written as "\u202e".
std::string inJson(llvm::StringRef Text);

/// For the value of a mail's header, or a part of it: control characters become blanks. What is not ASCII stays: it is to be encoded.
std::string inHeader(llvm::StringRef Text);

} // namespace krcu
