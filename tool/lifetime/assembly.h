// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Assembly in C: the one place where a string names a symbol of the linker. Private to the room.
#pragma once

#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace krcu {

/// How assembly begins.
inline constexpr const char *AssemblyKeywords[] = {"asm", "__asm__", "__asm"};

/// An asm statement, or the asm() label of a declaration.
struct InlineAssembly {
  unsigned line = 0;                  ///< of the keyword, from 1
  llvm::StringRef text;               ///< between the outer parentheses; points into the file's text
  std::vector<std::string> literals;  ///< its strings without their quotes, as written
  bool label = false;                 ///< it stands where a declaration has its label; also behind "if (x)"
  bool made = false;                  ///< a piece of a string comes from a macro or its parameter

  /// Whether it can use the symbol `Word`: a string says it, or a label puts parts of it
  /// together with what a macro gives. `Made`: the latter counts.
  bool mayName(llvm::StringRef Word, bool Made = true) const;
};

/// All of a text, in order; those in comments count, too. Text that ends in the middle of one is passed over.
std::vector<InlineAssembly> assemblyIn(llvm::StringRef Text);

} // namespace krcu
