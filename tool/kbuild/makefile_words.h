// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Words of makefile lists and the marks that CONFIG symbols leave in them. Private to the room.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace krcu::makefile {

// Marks are control characters, which no makefile contains: \1NAME\2 stands where the value of CONFIG_NAME
// would stand,
// \3NAME\2 follows a word that is there only if CONFIG_NAME has the right value, \4 is "32" or "64".
// \5 stands for text that nobody knows: what a command would print.
constexpr char ValueMark = '\1', EndMark = '\2', ConditionMark = '\3', BitsMark = '\4', UnknownMark = '\5';

std::string valueMark(llvm::StringRef Symbol);
std::string conditionMarks(llvm::ArrayRef<std::string> Symbols);
bool hasMark(llvm::StringRef Text);
inline bool isUnknown(llvm::StringRef Text) { return Text.contains(UnknownMark); }
/// Whether nothing but such text is in it, and some is: then it may be nothing at all.
bool mayBeEmpty(llvm::StringRef Text);
/// `Text` without marks; the symbols are appended to `Symbols`, those of value marks to `Values` too if
/// given.
std::string stripMarks(llvm::StringRef Text, std::vector<std::string> &Symbols,
                       std::vector<std::string> *Values = nullptr);
/// Value marks become condition marks: what is left is "y" whenever the symbol is set.
std::string asConditions(llvm::StringRef Text);
/// Appends `Mark` to every word.
std::string markWords(llvm::StringRef Text, llvm::StringRef Mark);

llvm::SmallVector<llvm::StringRef, 16> words(llvm::StringRef Text);
/// make's pattern with one %: the stem is stored if it matches.
bool matchPattern(llvm::StringRef Pattern, llvm::StringRef Word, llvm::StringRef *Stem);
/// The functions that map words to words; `Known` is false if there is no such function.
std::string wordFunction(llvm::StringRef Name, const std::vector<std::string> &Values, bool &Known);

} // namespace krcu::makefile
