// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Uses of macros that put a name together with ##: no search for the name finds them. Private to the room.
#pragma once

#include "tool/lifetime/database.h"

namespace krcu {

/// A use of a macro that pastes the name that is looked for.
struct PastingUse {
  std::string macro;
  std::string source;   ///< the .c file that is compiled with it
  std::string function; ///< of a header, in which it stands; empty: in the source
  bool operator<(const PastingUse &O) const { return std::tie(source, macro, function) < std::tie(O.source, O.macro, O.function); }
};

/// For prepareCacheMentions(): what every search reads of the headers for everybody.
void readWidePastes(const Database &DB);

/// Where the modules of `Sources` (.c files) make `Word`: in their sources, and in what these include from around them. The macro may be of any
/// header. A macro that uses such a macro with an argument of its own counts wherever it is used. `Alone`: only the sources themselves and what
/// they include, for a name that no other file knows.
std::set<PastingUse> usesThatPaste(const Database &DB, const std::set<std::string> &Sources, llvm::StringRef Word, bool Alone);

} // namespace krcu
