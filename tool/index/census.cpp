// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The census. A token with the name of a deferral primitive is sorted by where it stands: in a #define,
// before a
// '(' in a body, at the head of a body, before a '(' at top level, or on its own. The text of the callback
// argument is cut out by counting parentheses; what it means is for the AST to say.
#include "tool/index/census.h"

#include "tool/index/conditions.h"
#include "tool/index/structure.h"
#include "tool/support/parallel.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include <algorithm>

namespace krcu {
namespace {

using clang::tok::TokenKind;

/// A call that is longer has lost its ')'.
constexpr size_t MaxCallTokens = 10000;

class FileCensus {
public:
  FileCensus(const std::string &Path, const LexedText &L,
             const llvm::StringMap<const DeferralRule *> &Deferrals)
      : Path(Path), L(L), Tokens(L.tokens()), Deferrals(Deferrals), Functions(functionsOf(L)), Conditions(L) {
  }

  std::vector<CensusEntry> take() {
    std::vector<CensusEntry> Out;
    for (size_t I = 0; I < Tokens.size(); ++I) {
      if (!Tokens[I].isIdentifier())
        continue;
      auto It = Deferrals.find(Tokens[I].text);
      if (It != Deferrals.end())
        Out.push_back(entry(I, *It->second));
    }
    return Out;
  }

private:
  CensusEntry entry(size_t I, const DeferralRule &Rule) {
    OutlineToken T = describeToken(L, Functions, I);
    CensusEntry E;
    E.where = {Path, T.line, T.column};
    E.offset = T.offset;
    E.deferral = Rule.name;
    E.kind = classify(I, T);
    if (T.function >= 0)
      E.function = Functions[T.function].name;
    if (E.kind == CensusKind::Call || (E.kind == CensusKind::MacroBody && T.before_paren))
      E.callback = argument(I, Rule.callback);
    E.conditions = Conditions.at(T.line);
    return E;
  }

  CensusKind classify(size_t I, const OutlineToken &T) const {
    if (T.in_directive)
      return inDirective(I);
    if (!T.before_paren || T.after_member_access)
      return CensusKind::Reference;
    if (T.function >= 0)
      return afterTypeWord(I) ? CensusKind::Declaration : CensusKind::Call;
    auto It = std::lower_bound(Functions.begin(), Functions.end(), T.offset,
                               [](const OutlineFunction &F, uint32_t O) { return F.name_begin < O; });
    bool Defines = It != Functions.end() && It->name_begin == T.offset;
    return Defines ? CensusKind::Definition : CensusKind::Declaration;
  }

  CensusKind inDirective(size_t I) const {
    const LexDirective &D = L.directives()[Tokens[I].directive];
    if (D.keyword != "define")
      return CensusKind::Reference; // #ifdef name, #undef name
    return I == D.first_token ? CensusKind::Definition : CensusKind::MacroBody;
  }

  /// "void call_rcu(" and "extern void call_rcu(" inside a body declare; after "else", "do", ';', ... it is a
  /// call.
  bool afterTypeWord(size_t I) const {
    static const llvm::StringSet<> Types = {"void", "int", "long", "unsigned", "bool", "extern"};
    return I > 0 && Tokens[I - 1].directive < 0 && Types.contains(Tokens[I - 1].text);
  }

  /// The text of argument `Position` of the call whose name is token `Name`; empty if the parentheses do not
  /// close or there are fewer arguments.
  std::string argument(size_t Name, unsigned Position) const {
    int Directive = Tokens[Name].directive, Depth = 0;
    unsigned Argument = 0;
    std::vector<LexToken> Text;
    size_t End = std::min(Tokens.size(), Name + MaxCallTokens);
    for (size_t I = Name + 1; I < End; ++I) {
      const LexToken &T = Tokens[I];
      if (T.directive != Directive) {
        if (Directive >= 0)
          return {}; // the #define ends before the call does
        continue;    // an #if between the arguments
      }
      bool Open = T.is(TokenKind::l_paren) || T.is(TokenKind::l_square) || T.is(TokenKind::l_brace);
      bool Close = T.is(TokenKind::r_paren) || T.is(TokenKind::r_square) || T.is(TokenKind::r_brace);
      if (Close && --Depth == 0)
        return Argument >= Position ? foldedText(Text) : std::string();
      if (Depth == 1 && T.is(TokenKind::comma))
        ++Argument;
      else if (Depth > 0 && Argument == Position)
        Text.push_back(T);
      Depth += Open;
    }
    return {};
  }

  const std::string &Path;
  const LexedText &L;
  const std::vector<LexToken> &Tokens;
  const llvm::StringMap<const DeferralRule *> &Deferrals;
  std::vector<OutlineFunction> Functions;
  ConditionCursor Conditions;
};

} // namespace

bool passesOffset(const CensusEntry &E) {
  LexedText L(E.callback);
  const std::vector<LexToken> &T = L.tokens();
  // (type) (... - ...), with nothing behind it.
  if (T.size() < 7 || !T[0].is(TokenKind::l_paren) || !T[1].isIdentifier() || !T[2].is(TokenKind::r_paren) || !T[3].is(TokenKind::l_paren))
    return false;
  int Depth = 0;
  bool Minus = false;
  for (size_t I = 3; I < T.size(); ++I) {
    Depth += (T[I].is(TokenKind::l_paren) || T[I].is(TokenKind::l_square)) - (T[I].is(TokenKind::r_paren) || T[I].is(TokenKind::r_square));
    if (Depth == 0 && I + 1 < T.size())
      return false;
    Minus = Minus || (Depth == 1 && T[I].is(TokenKind::minus) && I > 4);
  }
  return Minus && Depth == 0;
}

std::vector<CensusEntry> takeCensus(const Index &I, const Rules &R, unsigned Jobs) {
  llvm::StringMap<const DeferralRule *> Deferrals;
  for (const DeferralRule &D : R.deferrals)
    Deferrals[D.name] = &D;

  const std::vector<uint32_t> &Files = I.deferralFiles();
  std::vector<std::vector<CensusEntry>> Slots(Files.size());
  parallelFor(Jobs, Files.size(), [&](size_t Slot, unsigned) {
    if (auto Text = I.text(Files[Slot])) {
      LexedText L(*Text);
      Slots[Slot] = FileCensus(I.files()[Files[Slot]].path, L, Deferrals).take();
    }
  });

  std::vector<CensusEntry> Out;
  for (std::vector<CensusEntry> &Slot : Slots)
    std::move(Slot.begin(), Slot.end(), std::back_inserter(Out));
  return Out;
}

} // namespace krcu
