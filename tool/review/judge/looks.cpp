// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/review/judge/looks.h"

#include "llvm/ADT/StringExtras.h"

using llvm::StringRef;

namespace krcu {

void eachLook(StringRef Text, llvm::function_ref<void(StringRef Variable, size_t At)> Each) {
  auto IsWord = [](char C) { return llvm::isAlnum(C) || C == '_'; };
  for (size_t At = 0; At < Text.size();) {
    const StringRef Rest = Text.substr(At);
    if (Rest.starts_with("/*") || Rest.starts_with("//")) {
      const bool Block = Rest.starts_with("/*");
      const size_t End = Text.find(Block ? "*/" : "\n", At + 2);
      At = End == StringRef::npos ? Text.size() : End + (Block ? 2 : 1);
    } else if (IsWord(Rest.front())) {
      const StringRef Word = Rest.take_while(IsWord);
      if (!Text.take_front(At).ends_with(".") && !Text.take_front(At).ends_with("->") && Rest.drop_front(Word.size()).ltrim(" \t").starts_with("->"))
        Each(Word, At);
      At += Word.size();
    } else {
      ++At;
    }
  }
}

} // namespace krcu
