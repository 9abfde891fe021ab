// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/slim/typed.h"

#include "llvm/ADT/STLExtras.h"
#include <algorithm>

using llvm::StringRef;
namespace tok = clang::tok;

namespace krcu::slim {
namespace {

bool isCode(const LexToken &T) { return T.directive < 0; }
bool endsStatement(const LexToken &T) { return T.isOneOf(tok::semi, tok::l_brace, tok::r_brace); }
bool isRecordWord(const LexToken &T) { return T.isIdentifier() && (T.text == "struct" || T.text == "union"); }

/// Words that a statement may begin with and that name no type.
bool isStatementWord(StringRef Word) {
  return llvm::is_contained(std::initializer_list<StringRef>{"return", "goto", "case", "else", "do", "if", "while", "for", "switch", "sizeof", "break", "continue", "default"}, Word);
}

/// The first of the stars and qualifiers before a name.
size_t declaratorBegin(const std::vector<LexToken> &T, size_t Start, size_t Name) {
  size_t At = Name;
  while (At > Start && (T[At - 1].is(tok::star) || T[At - 1].text.starts_with("__") || T[At - 1].text == "const" || T[At - 1].text == "volatile" || T[At - 1].text == "restrict"))
    --At;
  return At;
}

/// Whether a statement begins with something that may be a type, and no record's: "foo_t *", "int x".
bool beginsWithOtherType(const std::vector<LexToken> &T, size_t Start, size_t End) {
  if (Start + 1 >= End || !T[Start].isIdentifier() || isStatementWord(T[Start].text) || !T[Start + 1].isOneOf(tok::star, tok::raw_identifier))
    return false;
  for (size_t N = Start; N < End && (T[N].isIdentifier() || T[N].is(tok::star)); ++N)
    if (isRecordWord(T[N]))
      return false;
  return true;
}

/// Whether a name of a statement may be one that it declares: behind nothing but words and stars, or behind a comma outside of parentheses.
bool isDeclarator(const std::vector<LexToken> &T, size_t Start, size_t Name) {
  const size_t Before = declaratorBegin(T, Start, Name);
  if (llvm::all_of(llvm::ArrayRef(T).slice(Start, Before - Start), [](const LexToken &Token) { return Token.isIdentifier() || Token.is(tok::star); }))
    return true;
  int Depth = 0;
  for (size_t N = Start; N < Before; ++N)
    Depth += T[N].is(tok::l_paren) ? 1 : T[N].is(tok::r_paren) ? -1 : 0;
  return Before > Start && T[Before - 1].is(tok::comma) && Depth == 0;
}

/// Whether it is declared with a record's type: "struct foo *p", or "*p" further on in such a declaration.
bool isRecordDeclarator(const std::vector<LexToken> &T, size_t Start, size_t Name) {
  const size_t Before = declaratorBegin(T, Start, Name);
  if (Before >= Start + 2 && T[Before - 1].isIdentifier() && isRecordWord(T[Before - 2]))
    return true;
  size_t Type = Start;
  while (Type < Before && (T[Type].text == "static" || T[Type].text == "const" || T[Type].text == "volatile" || T[Type].text == "register"))
    ++Type;
  return isRecordWord(T[Type]) && Before > Type + 2 && T[Before - 1].is(tok::comma) && isDeclarator(T, Start, Name);
}

/// Where the block that a token of code stands in ends.
size_t blockEnd(const std::vector<LexToken> &T, size_t Token, size_t End) {
  int Depth = 0;
  for (size_t N = Token; N < End; ++N) {
    if (!isCode(T[N]))
      continue;
    Depth += T[N].is(tok::l_brace) ? 1 : T[N].is(tok::r_brace) ? -1 : 0;
    if (Depth < 0)
      return N;
  }
  return End;
}

} // namespace

TypedText::TypedText(const LexedText &Text, const std::set<std::string> &Members, const std::set<std::string> &Frees)
    : T(Text.tokens()), Members(Members), Frees(Frees) {
  for (const LexDirective &D : Text.directives())
    if (llvm::ArrayRef<LexToken> Define = Text.tokensOf(D); D.keyword == "define" && !Define.empty())
      Macros.insert(Define[0].text.str());
  // Kernel style: the braces of a function stand in the first column, so an #if that opens one twice confuses nobody.
  size_t Behind = 0; // where the declaration of the next function may begin
  for (size_t N = 0; N < T.size(); ++N) {
    const bool First = isCode(T[N]) && T[N].isOneOf(tok::l_brace, tok::r_brace) && T[N].starts_line && Text.columnOf(T[N].offset) == 1;
    if (First && T[N].is(tok::l_brace)) {
      Functions.push_back({Behind, T.size()});
    } else if (First) {
      if (!Functions.empty() && Functions.back().end == T.size())
        Functions.back().end = N;
      Behind = N + 1;
    } else if (isCode(T[N]) && T[N].is(tok::semi) && (Functions.empty() || Functions.back().end != T.size())) {
      Behind = N + 1;
    }
  }
}

const TypedText::Function *TypedText::functionAt(size_t Token) const {
  auto It = std::upper_bound(Functions.begin(), Functions.end(), Token, [](size_t At, const Function &F) { return At < F.begin; });
  return It == Functions.begin() || std::prev(It)->end <= Token ? nullptr : &*std::prev(It);
}

const TypedText::Variable &TypedText::variable(const Function &F, StringRef Name) {
  auto [It, New] = Known.try_emplace({F.begin, Name.str()});
  Variable &V = It->second;
  if (!New || Macros.count(Name.str()))
    return V;
  bool Odd = false;
  for (size_t Begin = F.begin, End; Begin < F.end; Begin = End + 1) {
    for (End = Begin; End < F.end && !(isCode(T[End]) && endsStatement(T[End])); ++End) {
    }
    auto IsName = [&](const LexToken &Token) { return Token.isIdentifier() && Token.text == Name && isCode(Token); };
    if (llvm::none_of(llvm::ArrayRef(T).slice(Begin, End - Begin), IsName))
      continue;
    size_t Start = Begin; // the first token of code, and behind the parenthesis of a for
    while (Start < End && !isCode(T[Start]))
      ++Start;
    if (Start + 2 < End && T[Start].text == "for" && T[Start + 1].is(tok::l_paren))
      Start += 2;
    const bool OtherType = Begin != F.begin && beginsWithOtherType(T, Start, End);
    bool Assigned = false; // what stands behind "=" declares nothing: container_of(h, typeof(*p), m)
    for (size_t N = Start; N < End; ++N) {
      if (!isCode(T[N]))
        continue;
      Assigned = Assigned || T[N].is(tok::equal);
      // A statement that has both the type and the name may declare the one with the other.
      if (isRecordWord(T[N]) && N + 1 < End && T[N + 1].isIdentifier())
        V.tags.insert(T[N + 1].text.str());
      Odd = Odd || (!Assigned && T[N].isIdentifier() && (T[N].text.contains("typeof") || T[N].text == "__auto_type" || T[N].text == "CLASS" || T[N].text == "auto"));
      if (!IsName(T[N]) || N == Start)
        continue;
      if (isRecordDeclarator(T, Start, N))
        V.blocks.emplace_back(N, Begin == F.begin ? F.end : blockEnd(T, N, F.end));
      Odd = Odd || (OtherType && isDeclarator(T, Start, N)); // "foo_t *p;", "foo_t *a, *p = x;"
    }
  }
  if (Odd)
    V = {};
  return V;
}

/// A name that is the last argument of container_of() or its kin, or the first.
std::set<std::string> TypedText::recordsOfMember(size_t N) const {
  // container_of(rcu, struct foo, head)
  if (T[N - 1].is(tok::l_paren))
    return Members.count(T[N - 2].text.str()) && N + 2 < T.size() && T[N + 1].is(tok::comma) && isRecordWord(T[N + 2]) ? std::set<std::string>{""} : std::set<std::string>();
  // container_of(head, struct foo, rcu)
  if (!T[N - 1].is(tok::comma) || !T[N - 2].isIdentifier() || !isRecordWord(T[N - 3]))
    return {};
  int Depth = 0;
  for (size_t At = N - 1; At > 0 && N - At < 64 && !T[At].isOneOf(tok::semi, tok::l_brace, tok::r_brace); --At) {
    Depth += T[At].is(tok::r_paren) ? 1 : T[At].is(tok::l_paren) ? -1 : 0;
    if (Depth < 0)
      return Members.count(T[At - 1].text.str()) ? std::set<std::string>{T[N - 2].text.str()} : std::set<std::string>();
  }
  return {};
}

/// A name behind a variable and an arrow, or behind a variable in the arguments of a free.
std::set<std::string> TypedText::recordsOfVariable(size_t N) {
  if (!T[N - 2].isIdentifier() || !isCode(T[N - 2]))
    return {};
  const bool MayBeNested = T[N - 1].is(tok::period) && T[N - 3].is(tok::comma); // kfree_rcu(p, u.rcu): the variable's name is a member's here
  const bool Accessed = T[N - 1].isOneOf(tok::arrow, tok::period) && !T[N - 3].isOneOf(tok::arrow, tok::period) && !MayBeNested; // p->rcu
  const bool Freed = T[N - 1].is(tok::comma) && N >= 4 && T[N - 3].is(tok::l_paren) && Frees.count(T[N - 4].text.str()) && !Macros.count(T[N - 4].text.str()) && N + 1 < T.size() &&
                     T[N + 1].is(tok::r_paren); // kfree_rcu(p, rcu)
  const Function *F = Accessed || Freed ? functionAt(N) : nullptr;
  if (!F)
    return {};
  const Variable &V = variable(*F, T[N - 2].text);
  // A variable of another block has ended, and the name is somebody else's.
  return llvm::any_of(V.blocks, [&](const auto &Block) { return Block.first < N && N < Block.second; }) ? V.tags : std::set<std::string>();
}

std::set<std::string> TypedText::recordsOf(size_t N) {
  if (N < 3 || !isCode(T[N]))
    return {};
  std::set<std::string> Known = recordsOfMember(N);
  return Known.empty() ? recordsOfVariable(N) : Known;
}

} // namespace krcu::slim
