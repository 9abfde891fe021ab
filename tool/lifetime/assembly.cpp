// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A name is found too often rather than too seldom: a comment that holds an asm() costs a look at it by a person, a name that is missed a wrong answer.
#include "tool/lifetime/assembly.h"
#include "tool/lifetime/words.h"
#include "llvm/ADT/STLExtras.h"
#include <optional>

using llvm::StringRef;

namespace krcu {
namespace {

/// Behind the literal that begins at `At`, whose text goes into `Inside`; the end of the text if it does not end.
size_t behindLiteral(StringRef Text, size_t At, std::string *Inside) {
  const char Quote = Text[At++];
  for (; At < Text.size() && Text[At] != Quote; ++At) {
    if (Inside)
      *Inside += Text[At];
    if (Text[At] == '\\' && ++At < Text.size() && Inside)
      *Inside += Text[At];
  }
  return std::min(At + 1, Text.size());
}

/// Reads from behind the keyword to the closing parenthesis; nothing if no parenthesis opens there.
std::optional<InlineAssembly> readOne(StringRef Text, size_t At) {
  InlineAssembly A;
  auto Skip = [&] { At = std::min(Text.find_first_not_of(" \t\r\n\\", At), Text.size()); };
  for (Skip(); At < Text.size() && isWord(Text[At]); Skip()) { // volatile, goto, inline
    StringRef Word = Text.substr(At).take_while(isWord);
    if (!llvm::is_contained({"volatile", "__volatile__", "__volatile", "goto", "inline", "__inline__", "__inline", "const"}, Word))
      return std::nullopt;
    At += Word.size();
  }
  if (At >= Text.size() || Text[At] != '(')
    return std::nullopt;
  const size_t Begin = At + 1;
  int Depth = 0;
  while (At < Text.size()) {
    char C = Text[At];
    if (C == '"') {
      At = behindLiteral(Text, At, &A.literals.emplace_back());
      continue;
    }
    if (C == '\'') {
      At = behindLiteral(Text, At, nullptr);
      continue;
    }
    Depth += (C == '(') - (C == ')');
    if (Depth == 0) {
      A.text = Text.slice(Begin, At);
      return A;
    }
    // #parameter, a macro beside a string. What stands in an operand's parentheses is an expression of C.
    A.made = A.made || C == '#' || (Depth == 1 && isWord(C) && !llvm::isDigit(C));
    ++At;
  }
  return std::nullopt;
}

} // namespace

bool InlineAssembly::mayName(StringRef Word, bool Made) const {
  if (llvm::any_of(literals, [&](const std::string &L) { return hasWord(L, Word); }))
    return true;
  return Made && made && label && llvm::all_of(literals, [&](const std::string &L) { return Word.contains(L); });
}

std::vector<InlineAssembly> assemblyIn(StringRef Text) {
  std::vector<InlineAssembly> Result;
  size_t Counted = 0;
  unsigned Line = 1;
  for (size_t At = Text.find("asm"); At != StringRef::npos; At = Text.find("asm", At + 3)) {
    size_t Begin = At, End = At + 3;
    while (Begin && isWord(Text[Begin - 1]))
      --Begin;
    while (End < Text.size() && isWord(Text[End]))
      ++End;
    if (!llvm::is_contained(AssemblyKeywords, Text.slice(Begin, End)))
      continue;
    std::optional<InlineAssembly> A = readOne(Text, End);
    if (!A)
      continue;
    Line += static_cast<unsigned>(Text.slice(Counted, Begin).count('\n'));
    Counted = Begin;
    A->line = Line;
    StringRef Before = Text.take_front(Begin).rtrim(" \t\r\n\\");
    A->label = !Before.empty() && (isWord(Before.back()) || Before.ends_with("]") || Before.ends_with(")")) &&
               !llvm::is_contained({"else", "do"}, lastWord(Before));
    Result.push_back(std::move(*A));
  }
  return Result;
}

} // namespace krcu
