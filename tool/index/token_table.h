// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every identifier of a text at once: findTokens() for a text that many words are looked for in. One walk then does for all of them.
#pragma once

#include "tool/index/outline.h"
#include "llvm/ADT/StringMap.h"

namespace krcu {

class TokenTable {
public:
  explicit TokenTable(llvm::StringRef Text);
  /// As findTokens() of the text; lives as long as the table.
  const std::vector<OutlineToken> &of(llvm::StringRef Word) const;

private:
  llvm::StringMap<std::vector<OutlineToken>> Words;
};

} // namespace krcu
