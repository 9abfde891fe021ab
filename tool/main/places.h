// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What krcu explain is asked about: a place, or a name.
#pragma once

#include "tool/lifetime/verdict.h"
#include "tool/tree/tree.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace krcu {

struct Place {
  std::string file;    ///< as the user wrote it
  unsigned line = 0;   ///< 0: the whole file
  unsigned column = 0; ///< of the deferral's name; 0: any
  std::string name;    ///< instead of a file: a callback, or a function that calls a deferral
};

/// FILE, FILE:LINE, FILE:LINE:COLUMN, or a NAME. Fails for what is none of them.
llvm::Expected<Place> parsePlace(const std::string &Text);

/// The sources of what is looked at whose text has the word `Name`: where its sites can be.
std::vector<std::string> filesWithWord(const Tree &T, llvm::StringRef Name, unsigned Jobs);

/// Whether the site is what was asked about.
bool isAt(const SiteReport &R, const Place &P);

} // namespace krcu
