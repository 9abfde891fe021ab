// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names that a macro puts together with ##. Text decides: an operand of ## is a parameter or a word, and an argument that is pasted is not
// expanded before.
#include "tool/lifetime/words.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>

using llvm::StringRef;

namespace krcu {
namespace {

bool isBlank(char C) { return C == ' ' || C == '\t' || C == '\\' || C == '\n' || C == '\r'; }

StringRef dropBlanksBehind(StringRef Text) {
  while (!Text.empty() && isBlank(Text.back()))
    Text = Text.drop_back();
  return Text;
}

/// The parameters of "#define NAME(a, b) ...".
llvm::SmallVector<StringRef, 8> parametersOf(StringRef Directive) {
  llvm::SmallVector<StringRef, 8> Names;
  Directive.take_until([](char C) { return C == ')'; }).split('(').second.split(Names, ',');
  for (StringRef &Name : Names)
    Name = Name.trim(" \t\r\n\\");
  return Names;
}

/// Words that ## joins, as the macro has them: {"n", "_cache"} of n##_cache. Other operands end a chain: what they make is no name.
llvm::SmallVector<llvm::SmallVector<StringRef, 4>, 4> chainsOf(StringRef Directive) {
  llvm::SmallVector<llvm::SmallVector<StringRef, 4>, 4> Chains;
  size_t End = 0; // of the last chain
  for (size_t At = Directive.find("##"); At != StringRef::npos; At = Directive.find("##", At + 2)) {
    StringRef Left = lastWord(dropBlanksBehind(Directive.take_front(At)));
    StringRef Right = Directive.substr(At + 2).drop_while(isBlank).take_while(isWord);
    if (Left.empty() || Right.empty())
      continue; // , ##__VA_ARGS__ makes no name
    bool GoesOn = !Chains.empty() && static_cast<size_t>(Left.end() - Directive.begin()) == End;
    if (GoesOn)
      Chains.back().push_back(Right);
    else
      Chains.push_back({Left, Right});
    End = static_cast<size_t>(Right.end() - Directive.begin());
  }
  return Chains;
}

/// What stands between the commas of (a, b); nothing if the parentheses do not close.
std::optional<llvm::SmallVector<StringRef, 8>> argumentsBehind(StringRef Behind) {
  Behind = Behind.ltrim();
  if (!Behind.consume_front("("))
    return std::nullopt;
  llvm::SmallVector<StringRef, 8> Result;
  int Depth = 0;
  size_t Begin = 0;
  for (size_t At = 0; At < Behind.size(); ++At) {
    char C = Behind[At];
    if (Depth == 0 && (C == ',' || C == ')')) {
      Result.push_back(Behind.slice(Begin, At).trim());
      Begin = At + 1;
      if (C == ')')
        return Result;
    }
    Depth += (C == '(') - (C == ')');
  }
  return std::nullopt;
}

} // namespace

bool canPaste(StringRef Directive, StringRef Word) {
  llvm::SmallVector<StringRef, 8> Parameters = parametersOf(Directive);
  for (const auto &Chain : chainsOf(Directive))
    for (size_t N = 0; N + 1 < Chain.size(); ++N)
      if ((llvm::is_contained(Parameters, Chain[N]) || Word.contains(Chain[N])) &&
          (llvm::is_contained(Parameters, Chain[N + 1]) || Word.contains(Chain[N + 1])))
        return true;
  return false;
}

bool canPaste(StringRef Directive, StringRef Behind, StringRef Word) {
  llvm::SmallVector<StringRef, 8> Parameters = parametersOf(Directive);
  auto Arguments = argumentsBehind(Behind);
  if (!Arguments || Arguments->size() != Parameters.size())
    return canPaste(Directive, Word);
  for (const auto &Chain : chainsOf(Directive)) {
    std::string Made;
    for (StringRef Part : Chain) {
      auto *It = llvm::find(Parameters, Part);
      StringRef Text = It == Parameters.end() ? Part : (*Arguments)[static_cast<size_t>(It - Parameters.begin())];
      if (!llvm::all_of(Text, isWord))
        return canPaste(Directive, Word);
      Made += Text;
    }
    if (Made == Word)
      return true;
  }
  return false;
}

} // namespace krcu
