// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/audit/places.h"
#include "tool/index/lex.h"

using llvm::StringRef;

namespace krcu {
namespace {

/// `x y`, `x *y =`, `struct x`: what begins here declares something.
bool declares(llvm::ArrayRef<LexToken> Tokens, size_t At) {
  if (At + 1 >= Tokens.size() || !Tokens[At].isIdentifier())
    return false;
  StringRef First = Tokens[At].text;
  if (First == "return" || First == "goto" || First == "else" || First == "do")
    return false;
  if (Tokens[At + 1].isIdentifier())
    return true;
  return At + 3 < Tokens.size() && Tokens[At + 1].is(clang::tok::star) && Tokens[At + 2].isIdentifier() &&
         Tokens[At + 3].isOneOf(clang::tok::equal, clang::tok::semi, clang::tok::comma);
}

class GapSearch {
public:
  GapSearch(StringRef Text, const OutlineFunction &F) : Text(Text), Lexed(Text) {
    for (const LexToken &T : Lexed.tokens())
      if (T.directive < 0 && T.offset >= F.body_begin && T.end <= F.body_end)
        Body.push_back(T);
  }

  std::vector<StatementGap> run() {
    if (Body.size() < 2)
      return {};
    Conditions = conditionsAround(Text, Lexed.lineOf(Body.front().offset));
    Indent = Body[1].starts_line && Body.size() > 2 ? indentAt(Body[1].offset) : "\t";
    unsigned Braces = 0, Others = 0;
    size_t Start = 1; // of the statement in hand
    for (size_t N = 0; N + 1 < Body.size(); ++N) {
      const LexToken &T = Body[N];
      Others += T.isOneOf(clang::tok::l_paren, clang::tok::l_square);
      Others -= Others && T.isOneOf(clang::tok::r_paren, clang::tok::r_square);
      Braces += T.is(clang::tok::l_brace);
      Braces -= Braces && T.is(clang::tok::r_brace);
      if (Braces != 1 || Others || !T.isOneOf(clang::tok::semi, clang::tok::r_brace, clang::tok::l_brace))
        continue;
      const LexToken &Next = Body[N + 1];
      if (T.is(clang::tok::r_brace) && Next.isOneOf(clang::tok::semi, clang::tok::comma, clang::tok::equal))
        continue; // of an initialiser
      bool Joined = Next.isIdentifier() && (Next.text == "else" || Next.text == "while");
      bool Gone = N > 0 && Body[Start].isIdentifier() && (Body[Start].text == "return" || Body[Start].text == "goto");
      if (!Joined && !Gone && !declares(Body, N + 1))
        add(N);
      Start = Joined ? Start : N + 1;
    }
    return std::move(Gaps);
  }

  std::vector<StatementGap> beforeReturns() {
    if (Body.empty())
      return {};
    Conditions = conditionsAround(Text, Lexed.lineOf(Body.front().offset));
    for (size_t N = 1; N < Body.size(); ++N) {
      if (!Body[N].isIdentifier() || Body[N].text != "return" || !Body[N].starts_line || !Body[N - 1].isOneOf(clang::tok::semi, clang::tok::l_brace, clang::tok::r_brace, clang::tok::colon))
        continue;
      unsigned Line = Lexed.lineOf(Body[N].offset);
      auto Begin = static_cast<uint32_t>(Text.rfind('\n', Body[N].offset) + 1);
      if (conditionsAround(Text, Line) == Conditions)
        Gaps.push_back({Begin, Line, indentAt(Body[N].offset), Begin > 1 && Text[Begin - 2] == '\r' ? "\r\n" : "\n"});
    }
    return std::move(Gaps);
  }

private:
  std::string indentAt(uint32_t Offset) const {
    StringRef Line = Text.substr(Text.rfind('\n', Offset) + 1);
    return Line.take_while([](char C) { return C == ' ' || C == '\t'; }).str();
  }
  void add(size_t N) {
    size_t End = Text.find('\n', Body[N].end);
    if (End == StringRef::npos || Body[N + 1].offset < End)
      return;
    StringRef Rest = Text.slice(Body[N].end, End);
    if (Rest.contains("/*") && !Rest.contains("*/"))
      return; // a comment that goes on
    unsigned Line = Lexed.lineOf(Body[N].offset);
    if (conditionsAround(Text, Line) != Conditions || conditionsAround(Text, Line + 1) != Conditions)
      return;
    Gaps.push_back({static_cast<uint32_t>(End + 1), Line + 1, Indent, Rest.ends_with("\r") ? "\r\n" : "\n"});
  }

  StringRef Text;
  LexedText Lexed;
  std::vector<LexToken> Body;
  std::vector<std::string> Conditions;
  std::string Indent;
  std::vector<StatementGap> Gaps;
};

} // namespace

std::vector<StatementGap> gapsOf(StringRef Text, const OutlineFunction &F) { return GapSearch(Text, F).run(); }

std::vector<StatementGap> gapsBeforeReturns(StringRef Text, const OutlineFunction &F) { return GapSearch(Text, F).beforeReturns(); }

std::optional<std::pair<uint32_t, uint32_t>> wholeLineCall(StringRef Text, unsigned Line, StringRef Name) {
  size_t Begin = 0;
  for (unsigned N = 1; N < Line; ++N) {
    Begin = Text.find('\n', Begin);
    if (Begin == StringRef::npos)
      return std::nullopt;
    ++Begin;
  }
  size_t End = Text.find('\n', Begin);
  if (End == StringRef::npos)
    return std::nullopt;
  StringRef Whole = Text.slice(Begin, End).trim();
  // The line before must have ended its statement: else this one belongs to an if or a loop.
  StringRef Before = Text.take_front(Begin).rtrim();
  if (!Whole.consume_front(Name) || !Whole.ltrim().starts_with("(") || !Whole.ends_with(");") || Whole.count(';') != 1 || Before.empty() || !StringRef(";{}/").contains(Before.back()))
    return std::nullopt;
  return std::pair(static_cast<uint32_t>(Begin), static_cast<uint32_t>(End + 1));
}

} // namespace krcu
