// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/index/token_table.h"

#include "tool/index/lex.h"
#include "tool/index/structure.h"

namespace krcu {

TokenTable::TokenTable(llvm::StringRef Text) {
  LexedText L(Text);
  const std::vector<OutlineFunction> Functions = functionsOf(L);
  for (size_t I = 0; I < L.tokens().size(); ++I)
    if (L.tokens()[I].isIdentifier())
      Words[L.tokens()[I].text].push_back(describeToken(L, Functions, I));
}

const std::vector<OutlineToken> &TokenTable::of(llvm::StringRef Word) const {
  static const std::vector<OutlineToken> None;
  auto It = Words.find(Word);
  return It == Words.end() ? None : It->second;
}

} // namespace krcu
