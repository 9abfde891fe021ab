// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which changed lines nobody has judged. A text is cut into statements, each with the conditions and loops around it; what differs
// must be something that was judged, or something that cannot matter. Works on text, so it sees every branch of every #if.
#pragma once

#include "tool/review/verdict.h"
#include "llvm/ADT/StringRef.h"
#include <set>
#include <string>
#include <vector>

namespace krcu::review {

/// One statement, condition, declaration or directive.
struct Piece {
  std::string text;    ///< its tokens, one blank between them
  std::string around;  ///< the conditions and loops around it, outermost first
  std::string function; ///< that it stands in; empty at file scope
  unsigned from = 0, to = 0; ///< lines
  bool head = false;   ///< of an if, a loop, a switch, a function
};

/// Never fails: of a broken text there are fewer pieces.
std::vector<Piece> piecesOf(llvm::StringRef Text);

/// What is known of a changed file.
struct Judged {
  std::set<unsigned> old_lines, new_lines;     ///< of frees, barriers and the like that were judged
  std::set<std::string> walked;                ///< helpers whose frees were judged with the paths of their callers
  std::set<std::string> gone;                  ///< functions whose removal was judged
  std::set<std::string> harmless;              ///< calls that only print
  std::set<std::string> computing;             ///< macros that only compute: container_of(), sizeof
  std::set<std::string> heads;                 ///< tags of records that are heads
  std::set<std::string> watched;               ///< names that must not stand in a line that nobody has judged: what frees, defers, waits, destroys
  std::set<std::string> freeing;               ///< functions in which something of the kind was judged: an #if in them decides about it
};

/// Stretches of `After` (or of `Before`, for what goes) that are neither judged nor harmless.
std::vector<NotJudged> notJudged(const std::string &File, const std::string &Before, const std::string &After, const Judged &J);

} // namespace krcu::review
