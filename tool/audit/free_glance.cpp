// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/audit/free_glance.h"
#include "tool/index/lex.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {
namespace {

namespace tok = clang::tok;
using Tokens = std::vector<const LexToken *>;

bool isName(const LexToken &T, StringRef Word) { return T.isIdentifier() && T.text == Word; }

/// Behind the bracket that closes the one at `At`; the size if none does.
size_t behindBracket(const Tokens &T, size_t At) {
  int Depth = 0;
  for (; At < T.size(); ++At) {
    Depth += T[At]->isOneOf(tok::l_paren, tok::l_square, tok::l_brace);
    Depth -= T[At]->isOneOf(tok::r_paren, tok::r_square, tok::r_brace);
    if (Depth == 0)
      return At + 1;
  }
  return T.size();
}

/// The next comma or semicolon outside brackets, or the bracket that closes around.
size_t endOfPart(const Tokens &T, size_t At) {
  while (At < T.size() && !T[At]->isOneOf(tok::comma, tok::semi, tok::r_paren, tok::r_square, tok::r_brace))
    At = T[At]->isOneOf(tok::l_paren, tok::l_square, tok::l_brace) ? behindBracket(T, At) : At + 1;
  return std::min(At, T.size());
}

} // namespace

/// A function, from its parameters to its end.
struct FreeGlance::Body {
  const std::string &file;
  Tokens tokens;

  /// What the name is declared to point to: "foo" of "struct foo *x"; empty if that is not plain or stands there twice.
  std::string tagOf(StringRef Name) const {
    std::string Tag;
    for (size_t N = 0; N + 2 < tokens.size(); ++N) {
      if (!isName(*tokens[N], "struct") || !tokens[N + 1]->isIdentifier())
        continue;
      for (size_t At = N + 2; At < tokens.size();) {
        bool Star = false;
        while (At < tokens.size() && (tokens[At]->is(tok::star) || isName(*tokens[At], "const") || isName(*tokens[At], "__rcu")))
          Star = Star || tokens[At]->is(tok::star), ++At;
        if (At >= tokens.size() || !tokens[At]->isIdentifier())
          break;
        if (tokens[At]->text == Name) {
          if (!Star || !Tag.empty() || (At + 1 < tokens.size() && tokens[At + 1]->is(tok::l_square)))
            return "";
          Tag = tokens[N + 1]->text.str();
        }
        At = endOfPart(tokens, At);
        if (At >= tokens.size() || !tokens[At]->is(tok::comma) || (At + 1 < tokens.size() && !tokens[At + 1]->is(tok::star)))
          break; // the next parameter, or the end
        ++At;
      }
    }
    return Tag;
  }
};

FreeGlance::FreeGlance(TreeState &State) : State(State) {
  const Semantics &S = State.semantics();
  Usable = S.is("destroy_waits_kfree_rcu") && S.is("offset_limit_checked") && S.fact("slob").known && !S.fact("slob").value;
}

/// Does every definition of the structure that the file can see have the member: as a head of a callback with no array before it, or as a pointer?
bool FreeGlance::hasMember(const std::string &Tag, const std::string &File, StringRef Member, bool Head) const {
  const Database &DB = State.database();
  bool Any = false;
  for (uint32_t Id : DB.mentioning(Tag)) {
    const std::string &Path = State.index().files()[Id].path;
    auto Held = Path == File || StringRef(Path).ends_with(".h") ? State.index().text(Id) : nullptr;
    if (!Held)
      continue;
    StringRef Text = *Held;
    for (size_t At = Text.find(Tag); At != StringRef::npos; At = Text.find(Tag, At + 1)) {
      StringRef Before = Text.take_front(At).rtrim();
      if (!Before.consume_back("struct") || !Text.substr(At + Tag.size()).ltrim().starts_with("{"))
        continue;
      if (!Before.empty() && Before.back() != '\n')
        return false; // within something else
      size_t Close = Text.find("\n}", At);
      LexedText Lexed(Text.slice(At, Close == StringRef::npos ? Text.size() : Close + 2));
      bool Found = false, Array = false; // before the member: how far it lies behind the start is not known
      const std::vector<LexToken> &T = Lexed.tokens();
      for (size_t N = 2; N + 1 < T.size(); ++N) {
        Array = Array || T[N].is(tok::l_square);
        if (!isName(T[N], Member) || !T[N + 1].isOneOf(tok::semi, tok::comma))
          continue;
        bool IsHead = T[N - 1].isIdentifier() && llvm::is_contained(State.rules().heads, T[N - 1].text) && isName(T[N - 2], "struct");
        bool IsPointer = T[N - 1].is(tok::star) || (isName(T[N - 1], "__rcu") && T[N - 2].is(tok::star));
        Found = Found || (Head ? IsHead && !Array : IsPointer);
      }
      if (!Found)
        return false;
      Any = true;
    }
  }
  return Any;
}

/// a->b, where b is declared as a pointer.
bool FreeGlance::isLoad(const Body &B, size_t Begin, size_t End) const {
  const Tokens &T = B.tokens;
  if (End != Begin + 3 || !T[Begin]->isIdentifier() || !T[Begin + 1]->is(tok::arrow) || !T[Begin + 2]->isIdentifier())
    return false;
  std::string Tag = B.tagOf(T[Begin]->text);
  return !Tag.empty() && hasMember(Tag, B.file, T[Begin + 2]->text, false);
}

/// What a call returns, or a macro that gives a pointer as it is stored: no address of something within.
bool FreeGlance::isStoredPointer(const Body &B, size_t Begin, size_t End) const {
  const Tokens &T = B.tokens;
  if (End == Begin + 1 && (isName(*T[Begin], "NULL") || T[Begin]->is(tok::numeric_constant)))
    return true;
  if (isLoad(B, Begin, End))
    return true;
  if (End < Begin + 3 || !T[Begin]->isIdentifier() || !T[Begin + 1]->is(tok::l_paren) || behindBracket(T, Begin + 1) != End)
    return false;
  std::string Name = T[Begin]->text.str();
  return llvm::is_contained(State.rules().container_macros, Name) || llvm::is_contained(State.rules().unlinks, Name) || !State.database().definitionsOf(Name).empty();
}

/// A plain name that is set once to such a pointer, or not here, or several times: then no one value is meant.
bool FreeGlance::settlesObject(const Body &B, size_t Begin, size_t End) const {
  const Tokens &T = B.tokens;
  if (isLoad(B, Begin, End))
    return true;
  if (End != Begin + 1 || !T[Begin]->isIdentifier() || B.tagOf(T[Begin]->text).empty())
    return false;
  StringRef Name = T[Begin]->text;
  std::vector<std::pair<size_t, size_t>> Values;
  for (size_t N = 1; N + 1 < T.size(); ++N) {
    if (!isName(*T[N], Name) || T[N - 1]->isOneOf(tok::arrow, tok::period))
      continue;
    if (T[N + 1]->isOneOf(tok::plusplus, tok::minusminus, tok::plusequal, tok::minusequal) || T[N - 1]->isOneOf(tok::plusplus, tok::minusminus))
      return false;
    if (T[N + 1]->is(tok::equal))
      Values.emplace_back(N + 2, endOfPart(T, N + 2));
  }
  return Values.size() != 1 || isStoredPointer(B, Values.front().first, Values.front().second);
}

bool FreeGlance::settlesCall(const Body &B, StringRef Name, size_t At) const {
  const Tokens &T = B.tokens;
  size_t Begin = At + 2, End = endOfPart(T, Begin);
  if (At + 2 >= T.size() || !T[At + 1]->is(tok::l_paren) || End >= T.size() || !settlesObject(B, Begin, End))
    return false;
  if (llvm::is_contained(State.rules().deferred_frees_no_head, Name) || T[End]->is(tok::r_paren))
    return true;
  size_t Member = End + 1;
  if (Member + 1 >= T.size() || !T[Member]->isIdentifier() || !T[Member + 1]->is(tok::r_paren) || End != Begin + 1)
    return false;
  return hasMember(B.tagOf(T[Begin]->text), B.file, T[Member]->text, true);
}

bool FreeGlance::settles(const std::string &File) const {
  const Rules &R = State.rules();
  int Id = State.index().find(File);
  auto Text = Usable && Id >= 0 ? State.index().text(static_cast<uint32_t>(Id)) : nullptr;
  auto O = Text ? State.database().outline(static_cast<uint32_t>(Id)) : nullptr;
  if (!O)
    return false;
  auto IsFree = [&](StringRef Word) { return llvm::is_contained(R.replacements, Word) || llvm::is_contained(R.deferred_frees_no_head, Word); };
  LexedText Lexed(*Text);
  size_t Seen = 0, Settled = 0;
  const std::vector<LexToken> &All = Lexed.tokens();
  for (const LexToken &T : All)
    Seen += T.isIdentifier() && IsFree(T.text);
  for (const OutlineFunction &F : O->functions) {
    if (llvm::none_of(F.identifiers, [&](const std::string &Word) { return IsFree(Word); }))
      continue;
    Body B{File, {}};
    auto First = std::lower_bound(All.begin(), All.end(), F.name_begin, [](const LexToken &T, uint32_t Offset) { return T.offset < Offset; });
    for (auto It = First; It != All.end() && It->end <= F.body_end; ++It)
      if (It->directive < 0)
        B.tokens.push_back(&*It);
    for (size_t N = 0; N < B.tokens.size(); ++N)
      if (B.tokens[N]->isIdentifier() && IsFree(B.tokens[N]->text)) {
        if (!settlesCall(B, B.tokens[N]->text, N))
          return false;
        ++Settled;
      }
  }
  return Seen == Settled; // one in a macro, or in what is no function, is for the parser
}

std::vector<std::string> FreeGlance::openFunctions(const std::string &File) const {
  const Rules &R = State.rules();
  std::vector<std::string> Result;
  int Id = State.index().find(File);
  auto O = Id < 0 || settles(File) ? nullptr : State.database().outline(static_cast<uint32_t>(Id));
  if (O)
    for (const OutlineFunction &F : O->functions)
      if (llvm::any_of(F.identifiers, [&](const std::string &Word) { return llvm::is_contained(R.replacements, Word) || llvm::is_contained(R.deferred_frees_no_head, Word); }))
        Result.push_back(F.name);
  return Result;
}

} // namespace krcu
