// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Pure text functions of make, made transparent to marks: patterns are matched against the word without its
// marks, and the marks travel with the result.
#include "tool/kbuild/makefile_words.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include <algorithm>

namespace krcu::makefile {

bool mayBeEmpty(llvm::StringRef Text) {
  return isUnknown(Text) && Text.find_first_not_of(std::string(" \t\n") + UnknownMark) == llvm::StringRef::npos;
}

std::string valueMark(llvm::StringRef Symbol) { return std::string(1, ValueMark) + Symbol.str() + EndMark; }

std::string conditionMarks(llvm::ArrayRef<std::string> Symbols) {
  std::string Marks;
  for (const std::string &S : Symbols)
    Marks += std::string(1, ConditionMark) + S + EndMark;
  return Marks;
}

bool hasMark(llvm::StringRef Text) {
  return std::any_of(Text.begin(), Text.end(),
                     [](char C) { return C == ValueMark || C == ConditionMark || C == BitsMark; });
}

std::string stripMarks(llvm::StringRef Text, std::vector<std::string> &Symbols,
                       std::vector<std::string> *Values) {
  std::string Out;
  if (!hasMark(Text))
    return Text.str();
  while (!Text.empty()) {
    size_t At = Text.find_first_of("\1\3");
    Out += Text.take_front(At);
    if (At == llvm::StringRef::npos)
      break;
    bool IsValue = Text[At] == ValueMark;
    auto [Symbol, Rest] = Text.drop_front(At + 1).split(EndMark);
    if (std::find(Symbols.begin(), Symbols.end(), Symbol) == Symbols.end())
      Symbols.push_back(Symbol.str());
    if (IsValue && Values)
      Values->push_back(Symbol.str());
    Text = Rest;
  }
  return Out;
}

std::string asConditions(llvm::StringRef Text) {
  std::string Out = Text.str();
  std::replace(Out.begin(), Out.end(), ValueMark, ConditionMark);
  return Out;
}

std::string markWords(llvm::StringRef Text, llvm::StringRef Mark) {
  if (Mark.empty())
    return Text.str();
  std::string Out;
  for (llvm::StringRef Word : words(Text)) {
    if (!Out.empty())
      Out += ' ';
    Out += Word;
    // Marks pile up when lists are copied from one to the other in a circle; once is enough.
    if (!Word.ends_with(Mark))
      Out += Mark;
  }
  return Out;
}

llvm::SmallVector<llvm::StringRef, 16> words(llvm::StringRef Text) {
  // By hand: this is done for every list of the tree.
  auto Blank = [](char C) { return C == ' ' || C == '\t' || C == '\n' || C == '\r'; };
  llvm::SmallVector<llvm::StringRef, 16> Result;
  for (size_t At = 0; At < Text.size();) {
    size_t Begin = At;
    while (At < Text.size() && !Blank(Text[At]))
      ++At;
    if (At > Begin)
      Result.push_back(Text.slice(Begin, At));
    ++At;
  }
  return Result;
}

bool matchPattern(llvm::StringRef Pattern, llvm::StringRef Word, llvm::StringRef *Stem) {
  auto [Prefix, Suffix] = Pattern.split('%');
  if (Prefix.size() == Pattern.size())
    return Pattern == Word;
  if (Word.size() < Prefix.size() + Suffix.size() || !Word.starts_with(Prefix) || !Word.ends_with(Suffix))
    return false;
  if (Stem)
    *Stem = Word.drop_front(Prefix.size()).drop_back(Suffix.size());
  return true;
}

namespace {

/// A word and its marks, apart.
struct Marked {
  std::string text, marks;
  explicit Marked(llvm::StringRef Word) {
    std::vector<std::string> Symbols;
    text = stripMarks(Word, Symbols);
    if (text.size() != Word.size())
      marks = conditionMarks(Symbols);
  }
};

template <typename Map> std::string mapWords(llvm::StringRef Text, Map Function) {
  std::string Out;
  for (llvm::StringRef Word : words(Text)) {
    Marked M(Word);
    std::string Result = Function(M.text) + M.marks;
    if (!Out.empty() && !Result.empty())
      Out += ' ';
    Out += Result;
  }
  return Out;
}

std::string patsubst(llvm::StringRef From, llvm::StringRef To, llvm::StringRef Text) {
  From = From.trim();
  To = To.trim();
  return mapWords(Text, [&](const std::string &Word) {
    llvm::StringRef Stem;
    if (!matchPattern(From, Word, &Stem))
      return Word;
    auto [Prefix, Suffix] = To.split('%');
    return Prefix.size() == To.size() ? To.str() : (Prefix + Stem + Suffix).str();
  });
}

std::string substitute(llvm::StringRef From, llvm::StringRef To, llvm::StringRef Text) {
  std::string Out;
  if (From.empty())
    return Text.str();
  for (size_t At; (At = Text.find(From)) != llvm::StringRef::npos; Text = Text.drop_front(At + From.size())) {
    Out += Text.take_front(At);
    Out += To;
  }
  return Out + Text.str();
}

std::string filter(llvm::StringRef Patterns, llvm::StringRef Text, bool Keep) {
  std::string Out;
  llvm::StringSet<> Exact; // a list of a thousand words may be filtered by itself
  llvm::SmallVector<llvm::StringRef, 8> Wild;
  for (llvm::StringRef Pattern : words(Patterns))
    if (Pattern.contains('%'))
      Wild.push_back(Pattern);
    else
      Exact.insert(Pattern);
  for (llvm::StringRef Word : words(Text)) {
    Marked M(Word);
    bool Match = Exact.contains(M.text);
    for (size_t N = 0; N < Wild.size() && !Match; ++N)
      Match = matchPattern(Wild[N], M.text, nullptr);
    // A bare mark is the unknown value of a symbol: it may match. So may what a command would print.
    if (Match != Keep && !M.text.empty() && !isUnknown(M.text) && !isUnknown(Patterns))
      continue;
    if (!Out.empty())
      Out += ' ';
    Out += Word;
  }
  return Out;
}

std::string sorted(llvm::StringRef Text) {
  auto List = words(Text);
  std::sort(List.begin(), List.end());
  List.erase(std::unique(List.begin(), List.end()), List.end());
  return llvm::join(List, " ");
}

} // namespace

std::string wordFunction(llvm::StringRef Name, const std::vector<std::string> &Values, bool &Known) {
  auto Value = [&](size_t I) { return I < Values.size() ? llvm::StringRef(Values[I]) : llvm::StringRef(); };
  Known = true;
  if (Name == "addprefix")
    return mapWords(Value(1), [&](const std::string &W) { return Value(0).trim().str() + W; });
  if (Name == "addsuffix")
    return mapWords(Value(1), [&](const std::string &W) { return W + Value(0).trim().str(); });
  if (Name == "patsubst")
    return patsubst(Value(0), Value(1), Value(2));
  if (Name == "subst") {
    // $(subst m,y,$(CONFIG_X)): what is m becomes built-in. The names inside marks are not to be touched.
    if (hasMark(Value(2)) && Value(0).trim().size() <= 1)
      return Value(0).trim() == "m" ? asConditions(Value(2)) : Value(2).str();
    return substitute(Value(0), Value(1), Value(2));
  }
  if (Name == "strip")
    return llvm::join(words(Value(0)), " ");
  if (Name == "filter" || Name == "filter-out")
    return filter(Value(0), Value(1), Name == "filter");
  if (Name == "findstring" && !Value(1).contains(Value(0)) && (isUnknown(Value(0)) || isUnknown(Value(1))))
    return std::string(1, UnknownMark);
  if (Name == "findstring")
    return Value(1).contains(Value(0)) ? Value(0).str() : "";
  if (Name == "sort")
    return sorted(Value(0));
  if (Name == "notdir")
    return mapWords(Value(0), [](const std::string &W) { return W.substr(W.rfind('/') + 1); });
  if (Name == "dir")
    return mapWords(Value(0), [](const std::string &W) { return llvm::StringRef(W).contains('/') ? W.substr(0, W.rfind('/') + 1) : "./"; });
  if (Name == "basename")
    return mapWords(Value(0), [](const std::string &W) { return W.substr(0, W.rfind('.')); });
  if (Name == "abspath" || Name == "realpath")
    return Value(0).trim().str();
  auto List = words(Value(0));
  if ((Name == "words" && isUnknown(Value(0))) || (Name == "word" && isUnknown(Value(1))))
    return std::string(1, UnknownMark);
  if (Name == "firstword")
    return List.empty() ? "" : List.front().str();
  if (Name == "lastword")
    return List.empty() ? "" : List.back().str();
  if (Name == "words")
    return std::to_string(List.size());
  if (Name == "word") {
    unsigned Index = 0;
    auto Of = words(Value(1));
    if (Value(0).trim().getAsInteger(10, Index) || Index == 0 || Index > Of.size())
      return "";
    return Of[Index - 1].str();
  }
  Known = false;
  return "";
}

} // namespace krcu::makefile
