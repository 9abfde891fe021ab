// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/index/text_search.h"

#include "tool/index/index.h"
#include "llvm/ADT/STLExtras.h"
#include <cstring>

namespace krcu {
namespace {

bool isWordChar(char C) {
  return (C >= 'a' && C <= 'z') || (C >= 'A' && C <= 'Z') || (C >= '0' && C <= '9') || C == '_';
}

/// From `At` back over blanks and continued lines.
size_t skipBack(llvm::StringRef Text, size_t At) {
  while (At && (Text[At - 1] == ' ' || Text[At - 1] == '\t' || (Text[At - 1] == '\n' && Text.take_front(At - 1).rtrim('\r').ends_with("\\"))))
    At = Text[At - 1] == '\n' ? Text.take_front(At - 1).rtrim('\r').size() - 1 : At - 1;
  return At;
}

} // namespace

bool isPlainWord(llvm::StringRef Word) {
  return !Word.empty() && !(Word[0] >= '0' && Word[0] <= '9') && llvm::all_of(Word, isWordChar);
}

bool hasBorderedWord(llvm::StringRef Text, llvm::StringRef Word) {
  const char *At = Text.begin(), *const End = Text.end();
  while (At < End) {
    auto *Hit =
        static_cast<const char *>(::memmem(At, static_cast<size_t>(End - At), Word.data(), Word.size()));
    if (!Hit)
      return false;
    bool Left = Hit == Text.begin() || !isWordChar(Hit[-1]);
    bool Right = Hit + Word.size() == End || !isWordChar(Hit[Word.size()]);
    if (Left && Right)
      return true;
    At = Hit + 1;
  }
  return false;
}

bool hasPasteOperator(llvm::StringRef Text) {
  // Few lines have one #.
  for (size_t At = Text.find('#'); At != llvm::StringRef::npos; At = Text.find('#', At + 1))
    if (Text.substr(At).starts_with(Index::PasteOperator))
      return true;
  return false;
}

bool hasDefinitionOf(llvm::StringRef Text, llvm::StringRef Macro) {
  for (size_t At = Text.find(Macro); At != llvm::StringRef::npos; At = Text.find(Macro, At + 1)) {
    if ((At && isWordChar(Text[At - 1])) || (At + Macro.size() < Text.size() && isWordChar(Text[At + Macro.size()])))
      continue;
    llvm::StringRef Before = Text.take_front(skipBack(Text, At));
    if (Before.size() < At && Before.consume_back("define") && Text.take_front(skipBack(Text, Before.size())).ends_with("#"))
      return true;
  }
  return false;
}

std::vector<llvm::StringRef> definedWords(llvm::StringRef Text) {
  const llvm::StringRef Define = "define";
  std::vector<llvm::StringRef> Words;
  for (size_t At = Text.find(Define); At != llvm::StringRef::npos; At = Text.find(Define, At + 1)) {
    if (!Text.take_front(skipBack(Text, At)).ends_with("#"))
      continue;
    llvm::StringRef Behind = Text.substr(At + Define.size()), Rest = Behind;
    for (size_t Before = 0; Before != Rest.size();) {
      Before = Rest.size();
      Rest = Rest.ltrim(" \t");
      if (llvm::StringRef Next = Rest; Next.consume_front("\\") && (Next = Next.ltrim('\r')).consume_front("\n"))
        Rest = Next;
    }
    if (llvm::StringRef Word = Rest.take_while(isWordChar); Rest.size() < Behind.size() && !Word.empty())
      Words.push_back(Word);
  }
  return Words;
}

bool isDeclaredStatic(llvm::StringRef Text, unsigned At) {
  std::vector<llvm::StringRef> Lines;
  for (unsigned Line = 1; Line <= At && !Text.empty(); ++Line) {
    auto [One, Others] = Text.split('\n');
    Lines.push_back(One.trim());
    Text = Others;
  }
  for (size_t N = Lines.size(); N-- > 0;) {
    bool First = N + 1 == Lines.size();
    if (!First && (Lines[N].empty() || Lines[N].starts_with("#") || Lines[N].ends_with(";") || Lines[N].ends_with("}") || Lines[N].ends_with("*/")))
      break;
    if (hasBorderedWord(Lines[N], "static"))
      return true;
  }
  return false;
}

} // namespace krcu
