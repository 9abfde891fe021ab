// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a claim about absence asks of a file's text, whatever the name it is about: read off the text once, not once a name. Private to the room.
#pragma once

#include "tool/lifetime/assembly.h"
#include "tool/lifetime/macro_text.h"
#include <string>
#include <vector>

namespace krcu {

/// A ## in the definition of a macro.
struct PasteInText {
  MacroText macro;   ///< the whole definition
  size_t begin = 0;  ///< of its directive, in bytes
  unsigned line = 0; ///< of the ##, from 1
};

/// Every ## of the text that stands in a definition, in order.
std::vector<PasteInText> pastesIn(llvm::StringRef Text);

struct ClosureText {
  bool torn = false;                    ///< endsInside() of the text
  std::vector<std::string> quoted;      ///< what #include "..." names, as written, in order
  std::vector<InlineAssembly> assembly; ///< without their texts, which would not outlive the file's
  std::vector<PasteInText> pastes;

  /// Keeps nothing of `Text`.
  explicit ClosureText(llvm::StringRef Text);
};

} // namespace krcu
