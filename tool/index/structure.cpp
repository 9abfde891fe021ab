// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Function bodies by counting braces, with both sides of every #if in view. Two branches often open the same
// brace:
//
//     #ifdef A
//     static int f(int x)          depth 0
//     {                            depth 1
//     #else                        back to the depth at #ifdef: 0
//     static int f(void)
//     {                            depth 1
//     #endif                       the deepest branch is carried on: 1
//             return 0;
//     }                            closes both functions
//
// So #else and #elif return to the state at their #if, and #endif carries on with the branch that ends
// deepest (branches that cannot be taken in C do not count). Where the branches of a function did not agree,
// the count may be off, and a '}' in column 1, which ends a function in kernel style, sets it right.
#include "tool/index/structure.h"

#include "tool/index/head.h"
#include <algorithm>

namespace krcu {
namespace {

using clang::tok::TokenKind;

constexpr size_t MaxNesting = 256;  ///< frames kept; a deeper #if is counted only
constexpr size_t MaxHeads = 8;      ///< different heads under #if before one '{'
constexpr size_t MaxSuspended = 64; ///< heads that may share one body
constexpr size_t MaxHead = 512;     ///< tokens of a declaration's head that are kept

/// What a branch of #if can change.
struct State {
  int depth = 0;
  int paren = 0;                           ///< at depth 0
  std::vector<size_t> head;                ///< tokens since the last declaration ended
  std::vector<std::vector<size_t>> others; ///< heads that other branches made
  std::vector<size_t> open;                ///< functions whose body is being read
};

struct Frame {
  State start;
  bool dead = false; ///< the branch being read cannot be taken
  bool has_best = false;
  bool has_else = false;
  State best;                             ///< the finished branch that ended deepest
  std::vector<std::vector<size_t>> heads; ///< of finished branches that ended at depth 0
  std::vector<size_t> suspended;          ///< functions opened and not closed in a finished branch
};

class FunctionFinder {
public:
  explicit FunctionFinder(const LexedText &L) : L(L), Tokens(L.tokens()) {}

  std::vector<OutlineFunction> find() {
    size_t Directive = 0;
    for (size_t I = 0; I < Tokens.size(); ++I) {
      while (Directive < L.directives().size() && L.directives()[Directive].offset < Tokens[I].offset)
        direct(L.directives()[Directive++]);
      if (Tokens[I].directive < 0)
        take(I);
    }
    while (Directive < L.directives().size())
      direct(L.directives()[Directive++]);
    for (OutlineFunction &F : Functions)
      if (F.body_end == 0) // the file ends in the body
        F.body_end = static_cast<uint32_t>(L.text().size());
    std::sort(Functions.begin(), Functions.end(), [](const OutlineFunction &A, const OutlineFunction &B) {
      return A.name_begin < B.name_begin; // different for each, see addFunction()
    });
    return std::move(Functions);
  }

private:
  void take(size_t I) {
    switch (Tokens[I].kind) {
    case TokenKind::l_brace:
      return openBrace(I);
    case TokenKind::r_brace:
      return closeBrace(I);
    default:
      break;
    }
    if (S.depth > 0)
      return;
    if (Tokens[I].is(TokenKind::semi))
      return endDeclaration();
    if (Tokens[I].is(TokenKind::l_paren))
      ++S.paren;
    if (Tokens[I].is(TokenKind::r_paren) && S.paren > 0)
      --S.paren;
    push(S.head, I);
    for (auto &Other : S.others)
      push(Other, I);
  }

  static void push(std::vector<size_t> &Head, size_t I) {
    if (Head.size() >= MaxHead) // a table or garbage; forget the older half so that the cost stays linear
      Head.erase(Head.begin(), Head.begin() + MaxHead / 2);
    Head.push_back(I);
  }

  void endDeclaration() {
    S.head.clear();
    S.others.clear();
    S.paren = 0;
  }

  bool inColumnOne(size_t I) const { return Tokens[I].offset == 0 || L.text()[Tokens[I].offset - 1] == '\n'; }

  void openBrace(size_t I) {
    if (S.depth == 0) {
      if (S.head.size() >= 2 && Tokens[S.head.back()].is(TokenKind::string_literal) &&
          Tokens[S.head[S.head.size() - 2]].text == "extern")
        return endDeclaration(); // extern "C" { : not a body, its '}' is ignored at depth 0
      if (inColumnOne(I))
        S.paren = 0;
      if (S.paren == 0) {
        addFunction(S.head, I);
        for (auto &Other : S.others)
          addFunction(Other, I);
      }
    }
    ++S.depth;
  }

  void addFunction(const std::vector<size_t> &Head, size_t Brace) {
    std::vector<HeadToken> Spelled;
    Spelled.reserve(Head.size());
    for (size_t I : Head)
      Spelled.push_back({Tokens[I].text, Tokens[I].isIdentifier(), Tokens[I].starts_line});
    FunctionHead H = analyseHead(Spelled);
    if (!H.isFunction())
      return;
    const LexToken &Name = Tokens[Head[H.name]];
    for (size_t Open : S.open) // heads that differ before the name only
      if (Functions[Open].name_begin == Name.offset)
        return;
    OutlineFunction F;
    F.name = Name.text.str();
    F.line = L.lineOf(Name.offset);
    F.name_begin = Name.offset;
    F.decl_begin = Tokens[Head[H.begin]].offset;
    F.body_begin = Tokens[Brace].offset;
    F.is_static = H.is_static;
    S.open.push_back(Functions.size());
    Functions.push_back(std::move(F));
    Uneven = false;
  }

  void closeBrace(size_t I) {
    bool Resync = Uneven && inColumnOne(I);
    if (S.depth == 0) {
      // The count ran out inside an uneven function: this is its real end.
      if (Resync && !LastClosed.empty())
        for (size_t F : LastClosed)
          Functions[F].body_end = Tokens[I].end;
      return endDeclaration();
    }
    S.depth = Resync && !S.open.empty() ? 0 : S.depth - 1;
    if (S.depth > 0)
      return;
    if (S.open.empty() || isTypeOfMacro(I))
      return; // a structure or an initialiser: the declaration goes on
    for (size_t F : S.open)
      Functions[F].body_end = Tokens[I].end;
    LastClosed = std::move(S.open);
    S.open.clear();
    endDeclaration();
  }

  /// Whether the function that ends here is a type that a macro call makes, "MACRO(name) { int member; };"; it is forgotten then.
  bool isTypeOfMacro(size_t Close) {
    if (S.open.size() != 1 || S.open.front() + 1 != Functions.size())
      return false;
    const OutlineFunction &F = Functions.back();
    size_t Next = Close + 1;
    while (Next < Tokens.size() && Tokens[Next].directive >= 0)
      ++Next;
    if (F.decl_begin != F.name_begin || Next == Tokens.size() || !Tokens[Next].is(TokenKind::semi) ||
        !isRecordBody(L.text().slice(F.body_begin + 1, Tokens[Close].offset)))
      return false;
    for (const Frame &Open : Frames)
      if (llvm::is_contained(Open.suspended, S.open.front()))
        return false; // another branch has a share in it
    Functions.pop_back();
    S.open.clear();
    return true;
  }

  void direct(const LexDirective &D) {
    bool Opens = D.keyword == "if" || D.keyword == "ifdef" || D.keyword == "ifndef";
    bool Turns = D.keyword == "else" || D.keyword.starts_with("elif");
    if (Opens && (TooDeep || Frames.size() >= MaxNesting)) {
      ++TooDeep;
    } else if (Opens) {
      Frames.emplace_back();
      Frames.back().start = S;
      Frames.back().dead = opensDeadBranch(L, D);
    } else if (TooDeep) {
      TooDeep -= D.keyword == "endif";
    } else if (Turns && !Frames.empty()) {
      finishBranch(D.offset);
      Frames.back().has_else |= D.keyword == "else";
      Frames.back().dead = opensDeadBranch(L, D);
      S = Frames.back().start;
    } else if (D.keyword == "endif" && !Frames.empty()) {
      finishBranch(D.offset);
      closeFrame(D.offset);
    }
  }

  void finishBranch(uint32_t Offset) {
    Frame &F = Frames.back();
    for (size_t Open : S.open)
      if (std::find(F.start.open.begin(), F.start.open.end(), Open) != F.start.open.end())
        continue;
      else if (F.suspended.size() < MaxSuspended)
        F.suspended.push_back(Open);
      else
        Functions[Open].body_end = Offset;
    if (F.dead) {
      for (size_t Open : F.suspended)
        if (Functions[Open].body_end == 0)
          Functions[Open].body_end = Offset;
      F.suspended.clear();
      return;
    }
    if (S.depth == 0 && !S.head.empty() && F.heads.size() < MaxHeads)
      F.heads.push_back(S.head);
    if (F.has_best && F.best.depth != S.depth)
      Uneven = true;
    if (!F.has_best || S.depth > F.best.depth)
      F.best = S;
    F.has_best = true;
  }

  void closeFrame(uint32_t Offset) {
    Frame F = std::move(Frames.back());
    Frames.pop_back();
    if (!F.has_best)
      F.best = std::move(F.start); // only branches that cannot be taken
    else if (!F.has_else && F.best.depth != F.start.depth)
      Uneven = true;
    S = std::move(F.best);
    if (S.depth == 0)
      for (auto &Head : F.heads)
        if (Head != S.head && S.others.size() < MaxHeads)
          S.others.push_back(std::move(Head));
    for (size_t Open : F.suspended) {
      bool Carried = std::find(S.open.begin(), S.open.end(), Open) != S.open.end();
      if (Carried || Functions[Open].body_end != 0)
        continue;
      if (S.open.empty())
        Functions[Open].body_end = Offset; // the other branch has no body to share
      else
        S.open.push_back(Open);
    }
  }

  const LexedText &L;
  const std::vector<LexToken> &Tokens;
  std::vector<OutlineFunction> Functions;
  State S;
  std::vector<Frame> Frames;
  size_t TooDeep = 0;
  bool Uneven = false; ///< the branches of an #if in the current function ended at different depths
  std::vector<size_t> LastClosed;
};

} // namespace

std::vector<OutlineFunction> functionsOf(const LexedText &L) { return FunctionFinder(L).find(); }

int functionAt(const std::vector<OutlineFunction> &Functions, uint32_t Offset) {
  // Bodies may share a tail (see above), so the nearest one that begins before the offset is the answer. They
  // are sorted by name, which orders them by body as well, save for heads that share one body.
  auto After = std::upper_bound(Functions.begin(), Functions.end(), Offset,
                                [](uint32_t O, const OutlineFunction &F) { return O < F.name_begin; });
  for (int Tries = 0; After != Functions.begin() && Tries < 8; ++Tries) {
    --After;
    if (After->body_begin <= Offset && Offset < After->body_end)
      return static_cast<int>(After - Functions.begin());
  }
  return -1;
}

OutlineToken describeToken(const LexedText &L, const std::vector<OutlineFunction> &Functions, size_t Token) {
  const std::vector<LexToken> &All = L.tokens();
  const LexToken &T = All[Token];
  OutlineToken Out;
  Out.offset = T.offset;
  Out.line = L.lineOf(T.offset);
  Out.column = L.columnOf(T.offset);
  Out.in_directive = T.directive >= 0;
  Out.function = functionAt(Functions, T.offset);
  // A neighbour counts only if it belongs to the same directive, or to none as the token itself.
  if (Token > 0 && All[Token - 1].directive == T.directive)
    Out.after_member_access = All[Token - 1].is(TokenKind::period) || All[Token - 1].is(TokenKind::arrow);
  size_t Next = Token + 1;
  if (T.directive < 0)
    while (Next < All.size() && All[Next].directive >= 0)
      ++Next;
  Out.before_paren =
      Next < All.size() && All[Next].directive == T.directive && All[Next].is(TokenKind::l_paren);
  return Out;
}

} // namespace krcu
