// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Line and word scanning for the header generators; see text.h.
#include "tool/frontend/synth/text.h"
#include "llvm/ADT/StringExtras.h"

namespace krcu::text {

using llvm::StringRef;

void forEachLine(StringRef Text, llvm::function_ref<void(StringRef)> Body) {
  while (!Text.empty()) {
    auto [Line, Rest] = Text.split('\n');
    Body(Line.rtrim('\r'));
    Text = Rest;
  }
}

bool isWord(char C) { return llvm::isAlnum(C) || C == '_'; }

StringRef leadingIdentifier(StringRef Text) {
  if (Text.empty() || llvm::isDigit(Text.front()))
    return {};
  return Text.take_while(isWord);
}

void forEachIdentifier(StringRef Text, llvm::function_ref<void(StringRef, StringRef)> Body) {
  while (!Text.empty()) {
    if (!isWord(Text.front())) {
      Text = Text.drop_until(isWord);
      continue;
    }
    StringRef Word = Text.take_while(isWord);
    Text = Text.drop_front(Word.size());
    if (!llvm::isDigit(Word.front()))
      Body(Word, Text);
  }
}

Words words(StringRef Line) {
  Words Out;
  auto Blank = [](char C) { return llvm::isSpace(C); };
  for (Line = Line.drop_while(Blank); !Line.empty(); Line = Line.drop_while(Blank)) {
    StringRef Word = Line.take_until(Blank);
    Out.push_back(Word);
    Line = Line.drop_front(Word.size());
  }
  return Out;
}

std::vector<StringRef> arguments(StringRef List) {
  std::vector<StringRef> Out;
  size_t Start = 0;
  int Depth = 0;
  bool Quoted = false;
  for (size_t I = 0; I < List.size(); ++I) {
    char C = List[I];
    if (C == '"' && (I == 0 || List[I - 1] != '\\'))
      Quoted = !Quoted;
    if (Quoted)
      continue;
    Depth += (C == '(' || C == '[' || C == '{') - (C == ')' || C == ']' || C == '}');
    if (C == ',' && Depth == 0) {
      Out.push_back(List.slice(Start, I).trim());
      Start = I + 1;
    }
  }
  Out.push_back(List.substr(Start).trim());
  return Out;
}

StringRef bracketed(StringRef Text) {
  int Depth = 0;
  bool Quoted = false;
  for (size_t I = 0; I < Text.size(); ++I) {
    char C = Text[I];
    if (C == '"' && Text[I - (I > 0)] != '\\')
      Quoted = !Quoted;
    if (Quoted)
      continue;
    Depth += (C == '(' || C == '[' || C == '{') - (C == ')' || C == ']' || C == '}');
    if (Depth == 0)
      return I == 0 ? StringRef() : Text.slice(1, I);
  }
  return {};
}

bool isIdentifier(StringRef Name) { return !Name.empty() && leadingIdentifier(Name).size() == Name.size(); }

bool allDigits(StringRef Text) {
  return !Text.empty() && llvm::all_of(Text, [](char C) { return llvm::isDigit(C); });
}

bool isUpperName(StringRef Name) {
  return !Name.empty() && llvm::all_of(Name, [](char C) { return isWord(C) && !(C >= 'a' && C <= 'z'); });
}

std::string withoutComments(StringRef Text) {
  std::string Out;
  Out.reserve(Text.size());
  while (!Text.empty()) {
    size_t Begin = Text.find("/*");
    Out += Text.take_front(Begin);
    if (Begin == StringRef::npos)
      break;
    size_t End = Text.find("*/", Begin + 2);
    StringRef Comment = Text.slice(Begin, End);
    Out += ' ';
    Out.append(Comment.count('\n'), '\n');
    Text = End == StringRef::npos ? StringRef() : Text.drop_front(End + 2);
  }
  return Out;
}

std::string joined(StringRef Text) {
  std::string Out;
  Out.reserve(Text.size());
  for (size_t I = 0; I < Text.size(); ++I) {
    if (Text[I] == '\\' && I + 1 < Text.size() && Text[I + 1] == '\n') {
      Out += ' ';
      ++I;
    } else {
      Out += Text[I];
    }
  }
  return Out;
}

bool parseDefine(StringRef Line, StringRef &Name, StringRef &Rest) {
  Line = Line.ltrim();
  if (!Line.consume_front("#"))
    return false;
  Line = Line.ltrim();
  if (!Line.consume_front("define") || Line.empty() || !llvm::isSpace(Line.front()))
    return false;
  Line = Line.ltrim();
  Name = leadingIdentifier(Line);
  Rest = Line.drop_front(Name.size());
  return !Name.empty();
}

std::string guarded(StringRef Path, const std::string &Body) {
  std::string Guard = "KRCU_GENERATED_";
  for (char C : Path)
    Guard += isWord(C) ? llvm::toUpper(C) : '_';
  return "#ifndef " + Guard + "\n#define " + Guard + "\n" + Body + "#endif\n";
}

} // namespace krcu::text
