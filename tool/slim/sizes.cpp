// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/slim/sizes.h"

#include "tool/index/lex.h"

namespace krcu::slim {

std::set<uint64_t> sizeClasses(const Index &I, const std::set<std::string> &Macros) {
  std::set<uint64_t> Result;
  for (const std::string &Macro : Macros)
    for (uint32_t File : I.mentioning(Macro)) {
      auto Text = I.text(File);
      if (!Text)
        continue;
      LexedText Lexed(*Text);
      const std::vector<LexToken> &T = Lexed.tokens();
      for (size_t N = 0; N + 3 < T.size(); ++N) {
        uint64_t Size = 0;
        if (T[N].directive < 0 && T[N].isIdentifier() && T[N].text == Macro && T[N + 1].is(clang::tok::l_paren) && T[N + 3].is(clang::tok::comma) &&
            !T[N + 2].text.getAsInteger(0, Size) && Size)
          Result.insert(Size);
      }
    }
  return Result;
}

uint64_t classOf(const std::set<uint64_t> &Classes, uint64_t Bytes) {
  auto It = Classes.lower_bound(Bytes);
  return It == Classes.end() ? 0 : *It;
}

} // namespace krcu::slim
