// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Function definitions by their layout alone, fast enough for every byte of a tree. Two layouts count:
//
//     static int f(int a,                 a '{' in column 1: the lines above it, up to the end of
//                  int b)                 the declaration before, are the head
//     {
//
//     static inline int g(void) { ... }   a '{' behind ')': the line of the matching '(' begins in column 1
//
// Bodies are indented, so statements do not qualify. The head is read by the same rules as in the outline.
#include "tool/index/scan.h"

#include "tool/index/head.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>
#include <array>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace krcu {
namespace {

constexpr unsigned MaxHeadLines = 200;
constexpr size_t MaxParameterBytes = 4096; ///< between '(' and ')' of a definition on one line
constexpr size_t MaxHeadBytes = 1 << 16;   ///< longer heads are garbage, and would make the pass quadratic

enum Trait : uint8_t {
  Word = 1,
  Blank = 2,
  Intricate = 4, ///< makes a head more than words and one list of parameters
  Bracing = 8,   ///< what headOnLine() looks for
};

constexpr std::array<uint8_t, 256> Traits = [] {
  std::array<uint8_t, 256> T{};
  for (unsigned C = 0; C < 256; ++C)
    if ((C >= 'a' && C <= 'z') || (C >= 'A' && C <= 'Z') || (C >= '0' && C <= '9') || C == '_')
      T[C] = Word;
  for (unsigned char C : {' ', '\t', '\n', '\v', '\f', '\r'})
    T[C] = Blank;
  for (unsigned char C : {'(', ')', '[', ']', '=', '/', '"', '#'})
    T[C] |= Intricate;
  for (unsigned char C : {'(', ')', ';', '{', '}'})
    T[C] |= Bracing;
  return T;
}();

bool has(char C, Trait T) { return Traits[static_cast<unsigned char>(C)] & T; }
bool isWordChar(char C) { return has(C, Word); }
bool isBlank(char C) { return has(C, Blank); }

/// As StringRef::trim(), which is slower by the table that it sets up.
llvm::StringRef trim(llvm::StringRef Line) {
  const char *Begin = Line.begin(), *End = Line.end();
  while (Begin != End && isBlank(*Begin))
    ++Begin;
  while (End != Begin && isBlank(End[-1]))
    --End;
  return {Begin, static_cast<size_t>(End - Begin)};
}

/// std::count() takes several times as long, half the time of the whole search.
size_t countNewlines(const char *P, const char *End) {
  size_t Count = 0;
#if defined(__SSE2__)
  while (End - P >= 16) {
    __m128i Counters = _mm_setzero_si128(); // sixteen of one byte, each good for 255 rows
    for (unsigned Row = 0; Row < 255 && End - P >= 16; ++Row, P += 16)
      Counters = _mm_sub_epi8(Counters, _mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i *>(P)), _mm_set1_epi8('\n')));
    __m128i Sums = _mm_sad_epu8(Counters, _mm_setzero_si128());
    Count += static_cast<size_t>(_mm_cvtsi128_si32(Sums) + _mm_extract_epi16(Sums, 4));
  }
#endif
  for (; P != End; ++P)
    Count += *P == '\n';
  return Count;
}

/// The line that ends at the newline before `Begin`.
llvm::StringRef lineBefore(llvm::StringRef Text, size_t Begin) {
  size_t End = Begin - 1; // its newline
  size_t Start = End == 0 ? 0 : Text.rfind('\n', End);
  Start = End == 0 || Start == llvm::StringRef::npos ? 0 : Start + 1;
  return Text.slice(Start, End);
}

/// A line inside or at an end of a longer comment. "*name)" is the rest of a parameter, and a comment that
/// begins and ends on the line is no reason to stop.
bool isCommentLine(llvm::StringRef Trimmed) {
  bool Closes = Trimmed.ends_with("*/");
  return (Trimmed.starts_with("/*") && !Closes) || Trimmed.starts_with("* ") || Trimmed.starts_with("*\t") ||
         Trimmed == "*" || Trimmed.starts_with("*/") || (Closes && !Trimmed.contains("/*"));
}

/// The tokens of a head: words and single characters; comments, strings and directives left out.
void tokenizeHead(llvm::StringRef Head, llvm::SmallVectorImpl<HeadToken> &Out) {
  bool StartsLine = true;
  for (size_t I = 0; I < Head.size();) {
    char C = Head[I];
    size_t End = I + 1;
    if (C == '\n') {
      StartsLine = true;
    } else if (StartsLine && C == '#') {
      End = std::min(Head.find('\n', I), Head.size());
    } else if (C == '/' && Head.substr(I).starts_with("/*")) {
      size_t Close = Head.find("*/", I + 2);
      End = Close == llvm::StringRef::npos ? Head.size() : Close + 2;
    } else if (C == '/' && Head.substr(I).starts_with("//")) {
      End = std::min(Head.find('\n', I), Head.size());
    } else if (C == '"') {
      End = std::min(Head.find('"', I + 1), Head.size() - 1) + 1;
    } else if (!llvm::isSpace(C)) {
      if (isWordChar(C))
        while (End < Head.size() && isWordChar(Head[End]))
          ++End;
      Out.push_back({Head.slice(I, End), isWordChar(C) && !llvm::isDigit(C), StartsLine});
      StartsLine = false;
    }
    I = End;
  }
}

/// The name in a head like most: words, the name, one pair of parentheses at the end. What analyseHead() would find at
/// several times the cost; empty where only it can tell.
llvm::StringRef nameInPlainHead(llvm::StringRef Head) {
  const char *Begin = Head.begin(), *P = Head.end();
  int Depth = 0;
  do { // back to the '(' that belongs to the last ')'
    if (P == Begin)
      return {};
    --P;
    if (*P == ')')
      ++Depth;
    else if (*P == '(')
      --Depth;
    else if (has(*P, Intricate) || (Depth == 0 && !isBlank(*P)))
      return {};
  } while (Depth > 0 || isBlank(*P));
  if (Depth < 0)
    return {};
  while (P != Begin && isBlank(P[-1]))
    --P;
  const char *NameEnd = P;
  bool Underscore = false;
  for (; P != Begin && isWordChar(P[-1]); --P)
    Underscore |= P[-1] == '_';
  llvm::StringRef Name(P, static_cast<size_t>(NameEnd - P));
  // No keyword has an underscore in its middle.
  if (!Underscore || Name[0] == '_' || llvm::isDigit(Name[0]))
    return {};
  llvm::StringRef Before(Begin, static_cast<size_t>(P - Begin));
  if (std::any_of(Before.begin(), Before.end(), [](char C) { return has(C, Intricate); }))
    return {};
  Before = trim(Before);
  if (Before.ends_with("struct") || Before.ends_with("union") || Before.ends_with("enum") || Before.starts_with("typedef"))
    return {};
  return Name;
}

class DefinitionFinder {
public:
  DefinitionFinder(llvm::StringRef Text, llvm::function_ref<void(llvm::StringRef, unsigned)> Found)
      : Text(Text), Found(Found) {}

  void find() {
    for (size_t At = Text.find('{'); At != llvm::StringRef::npos; At = Text.find('{', At + 1)) {
      if (At == 0)
        continue;
      if (Text[At - 1] == '\n')
        report(headAbove(At), At);
      else
        report(headOnLine(At), At);
    }
  }

private:
  /// The lines above a '{' in column 1.
  llvm::StringRef headAbove(size_t Brace) const {
    size_t Begin = Brace;
    unsigned Conditionals = 0; // #endif passed while nothing but directives stood between them and the '{'
    size_t Second = Brace;     // where the line below the first one of the head begins
    bool Code = false;
    for (unsigned Lines = 0; Begin > 0 && Lines < MaxHeadLines; ++Lines) {
      llvm::StringRef Line = lineBefore(Text, Begin), Trimmed = trim(Line);
      if (Trimmed.ends_with("\\")) { // the line below it is the end of a directive
        if (Begin == Brace)
          return {};
        Begin = Second;
        break;
      }
      if (Trimmed.empty() && Code && !Conditionals)
        break;
      if (Trimmed.starts_with("#")) {
        llvm::StringRef Keyword = Trimmed.drop_front().ltrim();
        if (Keyword.starts_with("endif") && (!Code || Conditionals))
          ++Conditionals;
        else if (!Conditionals)
          break;
        else if (Keyword.starts_with("if") && --Conditionals == 0) {
          Begin = Line.begin() - Text.begin();
          break;
        }
      } else if (Trimmed.ends_with(";") || Trimmed.ends_with("}") || Trimmed.ends_with("{") ||
                 Trimmed.starts_with("{") || isCommentLine(Trimmed)) {
        break;
      } else if (!Trimmed.empty()) {
        Code = true;
      }
      Second = Begin;
      Begin = Line.begin() - Text.begin();
    }
    return Text.slice(Begin, Brace);
  }

  /// From the beginning of the line with the '(' that belongs to the ')' before the '{'.
  llvm::StringRef headOnLine(size_t Brace) const {
    size_t At = Brace;
    for (unsigned Words = 0; Words < 3; ++Words) { // "f(void) __attribute {"
      while (At > 0 && (Text[At - 1] == ' ' || Text[At - 1] == '\t'))
        --At;
      if (At == 0 || !isWordChar(Text[At - 1]))
        break;
      while (At > 0 && isWordChar(Text[At - 1]))
        --At;
    }
    if (At > 0 && Text[At - 1] == '\n' && Text.slice(At, Brace).trim(" \t").empty()) {
      // "int f(void)", newline, "\t\t{ return 0; }". Before a nested block the line above is indented.
      llvm::StringRef Above = lineBefore(Text, At);
      return !Above.empty() && isWordChar(Above[0]) ? headAbove(At) : llvm::StringRef();
    }
    if (At == 0 || Text[At - 1] != ')')
      return {};
    size_t Limit = At > MaxParameterBytes ? At - MaxParameterBytes : 0;
    int Depth = 0;
    for (--At; At > Limit; --At) {
      char C = Text[At];
      if (!has(C, Bracing))
        continue;
      if (C == ')')
        ++Depth;
      else if (C == '(' && --Depth == 0)
        break;
      else if (C != '(')
        return {};
    }
    if (Depth != 0)
      return {};
    size_t Window = At > MaxParameterBytes ? At - MaxParameterBytes : 0;
    size_t Newline = Text.slice(Window, At).rfind('\n');
    if (Newline == llvm::StringRef::npos && Window > 0)
      return {};
    size_t Begin = Newline == llvm::StringRef::npos ? 0 : Window + Newline + 1;
    // In column 1 a declaration begins with a word; a blank is a statement's indentation, '#' a macro.
    if (!isWordChar(Text[Begin]) || (Begin >= 2 && Text[Begin - 2] == '\\'))
      return {};
    return Text.slice(Begin, Brace);
  }

  /// "MACRO(name) {" and, at the beginning of a line, "};".
  bool isTypeOfMacro(llvm::StringRef Name, llvm::StringRef Head, size_t Brace) const {
    if (Name.begin() != trim(Head).begin())
      return false;
    size_t Close = Text.find('}', Brace);
    if (Close == llvm::StringRef::npos || !Text.drop_front(Close + 1).ltrim(" \t").starts_with(";"))
      return false;
    return isRecordBody(Text.slice(Brace + 1, Close));
  }

  void report(llvm::StringRef Head, size_t Brace) {
    if (Head.empty() || Head.size() > MaxHeadBytes)
      return;
    if (llvm::StringRef Name = nameInPlainHead(Head); !Name.empty())
      return isTypeOfMacro(Name, Head, Brace) ? void() : emit(Name);
    if (!Head.contains('('))
      return;
    Tokens.clear();
    tokenizeHead(Head, Tokens);
    // Heads of two branches of #if and one body: each branch on its own names a function. The rules for one
    // head see both as one and answer with the last, so the earlier ones are found by cutting behind each
    // name.
    FunctionHead H = analyseHead(Tokens);
    if (!H.isFunction())
      return;
    emit(Tokens[H.name].text);
    if (Head.contains("\n#"))
      for (int I = 1; I < H.name; ++I)
        if (Tokens[I].text == "(" && Tokens[I - 1].identifier && I - 1 != H.name)
          emitEarlier(I);
  }

  void emitEarlier(int Open) {
    int Depth = 0;
    for (size_t I = Open; I < Tokens.size(); ++I) {
      if (Tokens[I].text == "(")
        ++Depth;
      if (Tokens[I].text == ")" && --Depth == 0) {
        FunctionHead H = analyseHead(llvm::ArrayRef(Tokens).take_front(I + 1));
        if (H.name == Open - 1)
          emit(Tokens[H.name].text);
        return;
      }
    }
  }

  void emit(llvm::StringRef Name) {
    size_t At = static_cast<size_t>(Name.data() - Text.data());
    if (At >= Counted)
      Line += newlines(Counted, At);
    else // the other head of a body
      Line -= newlines(At, Counted);
    Counted = At;
    Found(Name, Line);
  }

  unsigned newlines(size_t From, size_t To) const {
    return static_cast<unsigned>(countNewlines(Text.begin() + From, Text.begin() + To));
  }

  llvm::StringRef Text;
  llvm::function_ref<void(llvm::StringRef, unsigned)> Found;
  llvm::SmallVector<HeadToken, 64> Tokens;
  size_t Counted = 0;
  unsigned Line = 1;
};

} // namespace

void findDefinitions(llvm::StringRef Text,
                     llvm::function_ref<void(llvm::StringRef Name, unsigned Line)> Found) {
  DefinitionFinder(Text, Found).find();
}

} // namespace krcu
