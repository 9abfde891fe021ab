// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/slim/texts.h"

#include "tool/slim/typed.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>
#include <optional>

using llvm::StringRef;
namespace tok = clang::tok;

namespace krcu::slim {
namespace {

bool isRecordWord(const LexToken &T) { return T.isIdentifier() && (T.text == "struct" || T.text == "union"); }

/// A pair of braces that is open.
struct Braces {
  bool record = false, is_union = false;
  std::string tag;
  unsigned parentheses = 0; ///< open ones inside
};

/// What a '{' opens: behind "struct TAG", with attributes in between, it is a record.
Braces opened(const std::vector<LexToken> &Tokens, size_t Open) {
  Braces B;
  size_t At = Open;
  std::vector<StringRef> Words; // backwards
  while (At > 0 && Words.size() < 6) {
    const LexToken &T = Tokens[--At];
    if (T.is(tok::r_paren)) { // __attribute__((packed)), __aligned(8)
      int Depth = 1;
      while (At > 0 && Depth)
        Depth += Tokens[--At].is(tok::r_paren) ? 1 : Tokens[At].is(tok::l_paren) ? -1 : 0;
      continue;
    }
    if (!T.isIdentifier())
      break;
    if (isRecordWord(T)) {
      B.record = true;
      B.is_union = T.text == "union";
      // "struct TAG ATTRIBUTE {": an attribute has no tag before it only if the record has none.
      if (!Words.empty() && !Words.back().starts_with("__"))
        B.tag = Words.back().str();
      break;
    }
    Words.push_back(T.text);
  }
  return B;
}

/// Walks the tokens outside directives and keeps the braces that are open.
class BraceWalk {
public:
  explicit BraceWalk(const std::vector<LexToken> &Tokens) : Tokens(Tokens) {}

  void step(size_t N) {
    const LexToken &T = Tokens[N];
    if (T.directive >= 0)
      return;
    if (T.is(tok::l_brace))
      Open.push_back(opened(Tokens, N));
    else if (T.is(tok::r_brace) && !Open.empty())
      Open.pop_back();
    else if (T.is(tok::l_paren) && !Open.empty())
      ++Open.back().parentheses;
    else if (T.is(tok::r_paren) && !Open.empty() && Open.back().parentheses)
      --Open.back().parentheses;
  }
  bool inRecord() const { return !Open.empty() && Open.back().record; }
  bool inArguments() const { return !Open.empty() && Open.back().parentheses; }
  /// Of the records that are open, from the inside to the first thing that is none.
  template <typename Function> void eachRecord(Function Each) const {
    for (auto It = Open.rbegin(); It != Open.rend() && It->record; ++It)
      Each(*It);
  }

private:
  const std::vector<LexToken> &Tokens;
  std::vector<Braces> Open;
};

/// The parameters of the macro that a #define defines.
std::set<StringRef> parametersOf(llvm::ArrayRef<LexToken> Define) {
  std::set<StringRef> Result;
  if (Define.size() < 2 || !Define[1].is(tok::l_paren) || Define[1].offset != Define[0].end)
    return Result;
  for (size_t N = 2; N < Define.size() && !Define[N].is(tok::r_paren); ++N)
    if (Define[N].isIdentifier())
      Result.insert(Define[N].text);
  return Result;
}

bool isDefine(const LexDirective &D) { return D.keyword == "define"; }

/// The member that a call names last: the token, or nothing. `Name`: index of the callee's token.
size_t lastArgument(const LexedText &Text, size_t Name) {
  constexpr size_t None = 0;
  const std::vector<LexToken> &T = Text.tokens();
  if (Name + 1 >= T.size() || !T[Name + 1].is(tok::l_paren) || T[Name + 1].directive != T[Name].directive)
    return None;
  int Depth = 0;
  size_t Comma = 0, N = Name + 1;
  for (; N < T.size() && T[N].directive == T[Name].directive; ++N) {
    if (T[N].is(tok::l_paren))
      ++Depth;
    else if (T[N].is(tok::r_paren) && --Depth == 0)
      break;
    else if (T[N].is(tok::comma) && Depth == 1)
      Comma = N;
    else if (T[N].isOneOf(tok::l_brace, tok::r_brace, tok::semi) && Depth <= 1)
      return None;
  }
  if (!Comma || N >= T.size() || Depth != 0 || N < Comma + 2)
    return None;
  for (size_t A = Comma + 1; A < N; ++A) // "rcu", "u.rcu"
    if ((A - Comma) % 2 ? !T[A].isIdentifier() : !T[A].is(tok::period))
      return None;
  return T[N - 1].isIdentifier() ? N - 1 : None;
}

/// Indices of the tokens that are such members.
std::vector<size_t> freedTokens(const LexedText &Text, const std::set<std::string> &Frees) {
  std::vector<size_t> Result;
  const std::vector<LexToken> &T = Text.tokens();
  for (size_t N = 0; N < T.size(); ++N) {
    if (!T[N].isIdentifier() || !Frees.count(T[N].text.str()))
      continue;
    if (T[N].directive >= 0) {
      const LexDirective &D = Text.directives()[static_cast<size_t>(T[N].directive)];
      if (!isDefine(D) || D.first_token == N) // its own definition
        continue;
    }
    if (size_t Member = lastArgument(Text, N))
      Result.push_back(Member);
  }
  return Result;
}

/// Whether a name may be a member where it stands. Without "." or "->" before it only the whole argument of a macro can be one, which begins
/// behind "(" or ",", an old designator ("rcu: value"), or the body of a macro.
bool canBeMember(const std::vector<LexToken> &T, size_t N, const LexToken *Before, bool InMacro) {
  const LexToken *Behind = N + 1 < T.size() && T[N + 1].directive == T[N].directive ? &T[N + 1] : nullptr;
  if (!Before || Before->isOneOf(tok::period, tok::arrow))
    return true;
  if (isRecordWord(*Before) || Before->text == "enum" || Before->text == "goto")
    return false; // a tag, a label
  if (InMacro) // "#define X rcu" and "a ## rcu" too
    return !(Behind && Behind->is(tok::l_paren) && !Before->isOneOf(tok::l_paren, tok::comma));
  if (Behind && Behind->is(tok::colon))
    return Before->isOneOf(tok::l_brace, tok::comma);
  return Before->isOneOf(tok::l_paren, tok::comma) && !(Behind && Behind->is(tok::l_paren));
}

/// What has the name alone as an argument: "f" of f(a, rcu). Empty: nothing.
std::string wholeArgumentOf(const std::vector<LexToken> &T, size_t N) {
  if (N < 2 || N + 1 >= T.size() || !T[N - 1].isOneOf(tok::l_paren, tok::comma) || !T[N + 1].isOneOf(tok::comma, tok::r_paren))
    return {};
  int Depth = 0;
  for (size_t At = N; At-- > 1 && N - At < 64 && T[At].directive == T[N].directive && !T[At].isOneOf(tok::semi, tok::l_brace, tok::r_brace);) {
    Depth += T[At].is(tok::r_paren) ? 1 : T[At].is(tok::l_paren) ? -1 : 0;
    if (Depth < 0)
      return T[At - 1].isIdentifier() ? T[At - 1].text.str() : std::string();
  }
  return {};
}

} // namespace

std::vector<HeadDecl> headsIn(const std::string &File, const LexedText &Text, const std::set<std::string> &Heads) {
  std::vector<HeadDecl> Result;
  const std::vector<LexToken> &T = Text.tokens();
  BraceWalk Walk(T);
  for (size_t N = 0; N < T.size(); ++N) {
    Walk.step(N);
    if (N + 3 > T.size() || T[N].text != "struct" || !T[N + 1].isIdentifier() || !Heads.count(T[N + 1].text.str()) || !T[N + 2].isIdentifier())
      continue;
    const bool InMacro = T[N].directive >= 0;
    if (!InMacro && !Walk.inRecord())
      continue;
    HeadDecl H;
    H.where = {File, Text.lineOf(T[N + 2].offset), Text.columnOf(T[N + 2].offset)};
    H.type_begin = T[N + 1].offset, H.type_end = T[N + 1].end;
    H.name_begin = T[N + 2].offset;
    H.type = T[N + 1].text.str(), H.member = T[N + 2].text.str();
    bool Union = false;
    Walk.eachRecord([&](const Braces &B) {
      Union = Union || B.is_union;
      if (H.record.empty())
        H.record = B.tag;
      if (!B.tag.empty())
        H.around.insert(B.tag);
    });
    const LexToken *Behind = N + 3 < T.size() ? &T[N + 3] : nullptr;
    if (Behind && Behind->is(tok::l_paren))
      continue; // a function
    if (InMacro)
      H.why = "it is declared by a macro";
    else if (Union)
      H.why = "it stands in a union";
    else if (Walk.inArguments())
      H.why = "it is declared in the arguments of a macro";
    else if (H.type_end - H.type_begin != H.type.size())
      H.why = "its type is written over two lines";
    else if (!Behind || !Behind->is(tok::semi))
      H.why = Behind && Behind->is(tok::comma)      ? "it is declared together with another member"
              : Behind && Behind->is(tok::l_square) ? "it is an array"
                                                    : "its declaration has more than a type and a name";
    else if (N > 0 && T[N - 1].isIdentifier() && !T[N - 1].starts_line && T[N - 1].directive < 0)
      H.why = "its declaration has more than a type and a name"; // const, volatile, an attribute
    Result.push_back(std::move(H));
  }
  return Result;
}

std::set<std::string> freedMembersIn(const LexedText &Text, const std::set<std::string> &Frees) {
  std::set<std::string> Result;
  for (size_t N : freedTokens(Text, Frees))
    Result.insert(Text.tokens()[N].text.str());
  return Result;
}

std::map<std::string, std::vector<Mention>> mentionsIn(const LexedText &Text, const std::set<std::string> &Names, const CallWords &Words) {
  std::map<std::string, std::vector<Mention>> Result;
  const std::vector<LexToken> &T = Text.tokens();
  std::vector<size_t> Freed = freedTokens(Text, Words.frees);
  std::map<int32_t, std::set<StringRef>> Parameters; // by directive
  std::optional<TypedText> Typed;
  for (size_t N = 0; N < T.size(); ++N) {
    if (!T[N].isIdentifier())
      continue;
    auto Name = Names.find(T[N].text.str());
    if (Name == Names.end())
      continue;
    Mention M{Mention::Other, T[N].offset, 0, "", "", {}};
    if (T[N].directive >= 0) {
      const LexDirective &D = Text.directives()[static_cast<size_t>(T[N].directive)];
      if (!isDefine(D)) // #include <linux/rcu.h>, #ifdef: no use of a member
        continue;
      llvm::ArrayRef<LexToken> Define = Text.tokensOf(D);
      auto [It, New] = Parameters.try_emplace(T[N].directive);
      if (New)
        It->second = parametersOf(Define);
      if (It->second.count(T[N].text))
        continue;
      M.kind = Mention::Macro;
      M.macro = Define.empty() ? "" : Define[0].text.str();
      if (Words.annotations.count(M.macro)) // #define TRACE_SYSTEM rcu
        continue;
    }
    const LexToken *Before = N > 0 && T[N - 1].directive == T[N].directive ? &T[N - 1] : nullptr;
    if (!canBeMember(T, N, Before, M.kind == Mention::Macro))
      continue;
    if (N >= 2 && T[N - 1].is(tok::l_paren) && Words.annotations.count(T[N - 2].text.str()))
      continue;
    if (std::binary_search(Freed.begin(), Freed.end(), N))
      M.kind = Mention::Freed;
    if (M.kind == Mention::Other)
      M.argument_of = wholeArgumentOf(T, N);
    if (M.kind != Mention::Macro) {
      if (!Typed)
        Typed.emplace(Text, Words.members, Words.frees);
      M.records = Typed->recordsOf(N);
    }
    M.line = Text.lineOf(M.offset);
    Result[*Name].push_back(std::move(M));
  }
  return Result;
}

std::vector<unsigned> castsIn(const LexedText &Text, const std::set<std::string> &Heads) {
  std::vector<unsigned> Result;
  const std::vector<LexToken> &T = Text.tokens();
  for (size_t N = 0; N + 5 < T.size(); ++N)
    if (T[N].is(tok::l_paren) && T[N + 1].text == "struct" && Heads.count(T[N + 2].text.str()) && T[N + 3].is(tok::star) && T[N + 4].is(tok::r_paren) &&
        !T[N + 5].isOneOf(tok::semi, tok::comma, tok::r_paren, tok::l_brace)) // else the parameters of a function
      Result.push_back(Text.lineOf(T[N].offset));
  return Result;
}

unsigned assertedIn(const LexedText &Text, const std::set<std::string> &Assertions, const std::string &Word) {
  const std::vector<LexToken> &T = Text.tokens();
  for (size_t N = 0; N + 1 < T.size(); ++N) {
    if (!T[N].isIdentifier() || !Assertions.count(T[N].text.str()) || !T[N + 1].is(tok::l_paren))
      continue;
    int Depth = 0;
    for (size_t At = N + 1; At < T.size(); ++At) {
      Depth += T[At].is(tok::l_paren) ? 1 : T[At].is(tok::r_paren) ? -1 : 0;
      if (T[At].isIdentifier() && T[At].text == Word)
        return Text.lineOf(T[At].offset);
      if (Depth <= 0)
        break;
    }
  }
  return 0;
}

Embedding embeddingsIn(const LexedText &Text, const std::string &Tag) {
  Embedding Result;
  const std::vector<LexToken> &T = Text.tokens();
  BraceWalk Walk(T);
  for (size_t N = 0; N < T.size(); ++N) {
    Walk.step(N);
    if (N + 2 < T.size() && T[N].text == "struct" && T[N + 1].text == Tag && T[N + 2].is(tok::semi) && T[N].directive < 0 && Walk.inRecord() && !Result.unnamed)
      Result.unnamed = Text.lineOf(T[N].offset);
    if (N + 3 >= T.size() || T[N].text != "struct" || T[N + 1].text != Tag || !T[N + 2].isIdentifier() || T[N + 3].is(tok::l_paren))
      continue;
    size_t Name = N + 2; // "struct foo __rcu *p" is a pointer
    while (Name + 1 < T.size() && T[Name].isIdentifier())
      ++Name;
    if (T[Name].is(tok::star))
      continue;
    if (T[N].directive < 0 && Walk.inRecord()) {
      bool First = true;
      Walk.eachRecord([&](const Braces &B) {
        if (B.is_union && !Result.in_union)
          Result.in_union = Text.lineOf(T[N].offset);
        if (First && !B.tag.empty())
          Result.records.insert(B.tag);
        First = First && B.tag.empty();
      });
      continue;
    }
    size_t At = N + 3; // a variable: what does it begin with?
    while (At < T.size() && !T[At].isOneOf(tok::equal, tok::semi, tok::comma, tok::l_brace, tok::r_paren))
      ++At;
    if (At + 2 >= T.size() || !T[At].is(tok::equal) || !T[At + 1].is(tok::l_brace))
      continue;
    for (At += 2; At < T.size() && T[At].is(tok::l_brace); ++At) { // elements of an array
    }
    const bool Zero = At + 1 < T.size() && T[At].text == "0" && T[At + 1].is(tok::r_brace);
    if (At < T.size() && !T[At].isOneOf(tok::period, tok::r_brace, tok::l_square) && !Zero && !Result.positional)
      Result.positional = Text.lineOf(T[N].offset);
  }
  return Result;
}

namespace {

/// The column behind the text, tabs counted as the kernel does; from 0.
size_t columnBehind(StringRef Line) {
  size_t Column = 0;
  for (char C : Line)
    Column = C == '\t' ? (Column / 8 + 1) * 8 : Column + 1;
  return Column;
}

/// Blanks that lead from one column to the other, of the kind that stood there; at least one.
std::string gapTo(size_t From, size_t To, StringRef Old) {
  const bool Tabs = Old.contains('\t');
  if (Old.size() == 1 && !Tabs)
    return " ";
  if (From >= To)
    return Tabs ? "\t" : " ";
  if (!Tabs)
    return std::string(To - From, ' ');
  std::string Gap;
  for (size_t At = From; At < To; At = (At / 8 + 1) * 8)
    Gap += '\t';
  return Gap;
}

} // namespace

std::string withHead(StringRef Text, const std::vector<const HeadDecl *> &Decls, const std::string &NewTag) {
  std::string Result;
  size_t Done = 0;
  for (const HeadDecl *H : Decls) {
    const size_t LineBegin = Text.take_front(H->type_begin).rfind('\n') + 1; // npos + 1 is 0
    StringRef Line = Text.substr(LineBegin).take_until([](char C) { return C == '\n'; });
    Result += Text.slice(Done, H->type_begin);
    Done = H->type_begin;
    if (H->name_begin > LineBegin + Line.size()) { // the name stands on another line
      Result += NewTag;
      Done = H->type_end;
      continue;
    }
    std::string New = (Line.take_front(H->type_begin - LineBegin) + NewTag).str();
    StringRef Gap = Text.slice(H->type_end, H->name_begin);
    New += gapTo(columnBehind(New), columnBehind(Line.take_front(H->name_begin - LineBegin)), Gap);
    size_t Semicolon = Text.find(';', H->name_begin) + 1;
    New += Text.slice(H->name_begin, Semicolon);
    StringRef Behind = Text.slice(Semicolon, LineBegin + Line.size());
    StringRef Comment = Behind.ltrim(" \t");
    if (!Comment.rtrim("\r").empty() && Comment.size() != Behind.size()) {
      StringRef Blank = Behind.drop_back(Comment.size());
      New += gapTo(columnBehind(New), columnBehind(Line.drop_back(Comment.size())), Blank);
      Semicolon += Blank.size();
    }
    Result += StringRef(New).drop_front(H->type_begin - LineBegin);
    Done = Semicolon;
  }
  return Result + Text.substr(Done).str();
}

} // namespace krcu::slim
