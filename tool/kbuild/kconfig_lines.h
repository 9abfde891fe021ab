// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A Kconfig file cut into lines: continuations joined, help texts skipped by their indentation. Private to
// the room.
#pragma once

#include "llvm/ADT/StringRef.h"
#include <string>

namespace krcu::kconfig {

class Lines {
public:
  explicit Lines(llvm::StringRef Text) : Rest(Text) {}

  /// The next logical line, trimmed, comments still in it. False at the end.
  bool next(llvm::StringRef &Line);
  /// Where that line starts; from 1.
  unsigned number() const { return Start; }
  /// Whether it was put together and is there only until the next one is asked for.
  bool isJoined() const { return WasJoined; }
  /// To be called after a `help` line: passes over its text.
  void skipHelp();

private:
  llvm::StringRef rawLine();

  llvm::StringRef Rest;
  std::string Joined;
  bool WasJoined = false;
  unsigned Start = 0, Next = 1;
};

/// `Text` up to a `#` that is neither quoted nor inside parentheses.
llvm::StringRef withoutComment(llvm::StringRef Text);

/// Splits "X if CONDITION" at the ` if ` that is not inside quotes; `Condition` is empty if there is none.
void splitCondition(llvm::StringRef Text, llvm::StringRef &Head, llvm::StringRef &Condition);

} // namespace krcu::kconfig
