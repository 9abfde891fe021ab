// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything that reads what a stranger may have written, each as a function of some bytes. The fuzzer feeds them what it invents
// (scripts/fuzz), a test what is in testdata/fuzz. None may crash, leave its memory, or fail to come to an end; what it answers is not looked at.
#pragma once

#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace krcu {

struct FuzzTarget {
  const char *name; ///< also of its directory in testdata/fuzz
  const char *what; ///< for people
  void (*run)(llvm::StringRef Bytes);
};

/// In the order in which scripts/fuzz takes them.
const std::vector<FuzzTarget> &fuzzTargets();

// Of the files beside this one.
void fuzzRules(llvm::StringRef Bytes);
void fuzzKconfig(llvm::StringRef Bytes);
void fuzzMakefiles(llvm::StringRef Bytes);
void fuzzMaintainers(llvm::StringRef Bytes);
void fuzzMails(llvm::StringRef Bytes);
void fuzzDiffs(llvm::StringRef Bytes);
void fuzzCompileCommands(llvm::StringRef Bytes);
void fuzzFacts(llvm::StringRef Bytes);
void fuzzCache(llvm::StringRef Bytes);
void fuzzIndexParts(llvm::StringRef Bytes);
void fuzzBaselines(llvm::StringRef Bytes);
void fuzzLexers(llvm::StringRef Bytes);
void fuzzWhole(llvm::StringRef Bytes);

/// A directory of this process, gone at its end. `Name` in it holds the text from now on; returns its path.
std::string inScratch(const std::string &Name, llvm::StringRef Text);
/// The directory itself.
const std::string &fuzzScratch();

/// The input as several files: a line "=== NAME" begins each. What stands before the first is given as `First`.
std::vector<std::pair<std::string, std::string>> filesIn(llvm::StringRef Bytes, const std::string &First);

} // namespace krcu
