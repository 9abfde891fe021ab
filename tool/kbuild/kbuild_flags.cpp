// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiler flags in makefiles: only what changes the meaning of the text matters, not warnings and code
// generation.
#include "tool/kbuild/kbuild_flags.h"
#include <algorithm>
#include <optional>

namespace krcu::makefile {

std::vector<std::string> shellWords(llvm::StringRef Text) {
  std::vector<std::string> Words;
  std::optional<std::string> Word;
  char Quote = 0;
  for (size_t I = 0; I < Text.size(); ++I) {
    char C = Text[I];
    bool Blank = C == ' ' || C == '\t' || C == '\n';
    if (!Quote && Blank) {
      if (Word)
        Words.push_back(*Word);
      Word.reset();
      continue;
    }
    if (!Word)
      Word.emplace();
    if (C == '\\' && Quote != '\'' && I + 1 < Text.size())
      *Word += Text[++I];
    else if (!Quote && (C == '"' || C == '\''))
      Quote = C;
    else if (C == Quote)
      Quote = 0;
    else
      *Word += C;
  }
  if (Word)
    Words.push_back(*Word);
  return Words;
}

namespace {
constexpr llvm::StringRef ParserOptions[] = {"-include", "-imacros", "-isystem", "-iquote", "-idirafter", "-I", "-D", "-U"};
} // namespace

std::string shellQuoted(llvm::StringRef Word) {
  std::string Out;
  for (char C : Word) {
    if (llvm::StringRef(" \t\n\\\"'").contains(C))
      Out += '\\';
    Out += C;
  }
  return Out;
}

bool takesNextWord(llvm::StringRef Word) {
  return std::find(std::begin(ParserOptions), std::end(ParserOptions), Word) != std::end(ParserOptions);
}

void appendParserFlags(llvm::StringRef Text, const std::function<std::string(llvm::StringRef)> &Absolute,
                       std::vector<std::string> &Flags) {
  auto Add = [&](const std::string &Flag) {
    if (std::find(Flags.begin(), Flags.end(), Flag) == Flags.end())
      Flags.push_back(Flag);
  };
  std::vector<std::string> Words = shellWords(Text);
  for (size_t I = 0; I < Words.size(); ++I) {
    llvm::StringRef Word = Words[I];
    for (llvm::StringRef Option : ParserOptions) {
      if (!Word.starts_with(Option))
        continue;
      llvm::StringRef Argument = Word.drop_front(Option.size());
      if (Argument.empty() && I + 1 < Words.size())
        Argument = Words[++I];
      if (Argument.empty())
        break;
      const bool Macro = Option == "-D" || Option == "-U";
      std::string Value = Macro ? Argument.str() : Absolute(Argument);
      if (Value.empty())
        break;
      // -include and its kin are two arguments for the compiler; a repeated pair does no harm.
      if (Option == "-I" || Macro) {
        Add(Option.str() + Value);
      } else {
        Flags.push_back(Option.str());
        Flags.push_back(Value);
      }
      break;
    }
  }
}

} // namespace krcu::makefile
