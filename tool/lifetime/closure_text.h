// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a claim about absence asks of a file's text, whatever the name it is about: read off the text once, not once a name. Private to the room.
#pragma once

#include "tool/lifetime/assembly.h"
#include <string>
#include <vector>

namespace krcu {

/// A ## in the definition of a macro.
struct PasteInText {
  std::string macro;     ///< that is defined
  std::string directive; ///< the whole #define
  size_t begin = 0;      ///< of the directive, in bytes
  unsigned line = 0;     ///< of the ##, from 1
};

struct ClosureText {
  bool torn = false;                    ///< endsInside() of the text
  std::vector<std::string> quoted;      ///< what #include "..." names, as written, in order
  std::vector<InlineAssembly> assembly; ///< without their texts, which would not outlive the file's
  std::vector<PasteInText> pastes;      ///< in order, one a ##

  /// Keeps nothing of `Text`.
  explicit ClosureText(llvm::StringRef Text);
};

} // namespace krcu
