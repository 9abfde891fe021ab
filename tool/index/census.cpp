// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The census. A token with the name of a deferral primitive is sorted by where it stands: in a #define,
// before a
// '(' in a body, at the head of a body, before a '(' at top level, or on its own. The text of the callback
// argument is cut out by counting parentheses; what it means is for the AST to say. A macro that hands its own argument on as the callback
// is one more name, which is looked for next.
#include "tool/index/census.h"

#include "tool/index/conditions.h"
#include "tool/index/outline_cache.h"
#include "tool/index/structure.h"
#include "tool/support/parallel.h"
#include "tool/support/stable_sort.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include <algorithm>
#include <set>

namespace krcu {
namespace {

using clang::tok::TokenKind;

/// A call that is longer has lost its ')'.
constexpr size_t MaxCallTokens = 10000;

/// A word that stands for a primitive.
struct Meaning {
  const DeferralRule *rule = nullptr;
  unsigned callback = 0; ///< which argument
  bool alias = false;    ///< a macro's name
  bool varies = false;   ///< of the macro's definitions some mean something else
};
using Vocabulary = llvm::StringMap<Meaning>;

class FileCensus {
public:
  FileCensus(const std::string &Path, const LexedText &L, const Vocabulary &Words)
      : Path(Path), L(L), Tokens(L.tokens()), Words(Words), Functions(functionsOf(L)), Conditions(L) {
  }

  std::vector<CensusEntry> take() {
    std::vector<CensusEntry> Out;
    for (size_t I = 0; I < Tokens.size(); ++I) {
      if (!Tokens[I].isIdentifier())
        continue;
      auto It = Words.find(Tokens[I].text);
      if (It == Words.end())
        continue;
      CensusEntry E = entry(I, It->second);
      // Of a macro's name only what stands for the primitive counts; its definition has an entry where it names that.
      if (!It->second.alias || E.kind == CensusKind::Call || E.kind == CensusKind::MacroBody)
        Out.push_back(std::move(E));
    }
    return Out;
  }

private:
  CensusEntry entry(size_t I, const Meaning &M) {
    OutlineToken T = describeToken(L, Functions, I);
    CensusEntry E;
    E.where = {Path, T.line, T.column};
    E.offset = T.offset;
    E.deferral = M.rule->name;
    E.kind = classify(I, T);
    if (T.function >= 0)
      E.function = Functions[T.function].name;
    if (E.kind == CensusKind::Call || (E.kind == CensusKind::MacroBody && T.before_paren))
      E.callback = argument(I, M.callback);
    E.conditions = Conditions.at(T.line);
    if (E.kind == CensusKind::MacroBody)
      describeMacro(I, T, M, E);
    else if (E.kind == CensusKind::Call && M.alias)
      E.alias = Tokens[I].text, E.alias_varies = M.varies;
    return E;
  }

  /// Whether the macro hands its callback on, or is only another name.
  void describeMacro(size_t I, const OutlineToken &T, const Meaning &M, CensusEntry &E) const {
    llvm::ArrayRef<LexToken> Definition = L.tokensOf(L.directives()[Tokens[I].directive]);
    if (!T.before_paren) { // #define defer call_rcu
      if (Definition.size() == 2)
        E.alias = Definition.front().text, E.alias_callback = M.callback;
      return;
    }
    if (Definition.size() < 2 || !Definition[1].is(TokenKind::l_paren) || Definition[1].leading_space)
      return;
    llvm::StringRef Last = lastWordOf(E.callback);
    unsigned Position = 0;
    for (size_t N = 2; N < Definition.size() && !Definition[N].is(TokenKind::r_paren); ++N) {
      if (Definition[N].is(TokenKind::comma))
        ++Position;
      else if (!Last.empty() && Definition[N].text == Last)
        E.alias = Definition.front().text, E.alias_callback = Position;
    }
    E.alias_more = doesMore(Definition, &Tokens[I]);
  }

  /// Whether a macro's definition has anything but the call, its parentheses and the loop that makes it a statement.
  static bool doesMore(llvm::ArrayRef<LexToken> Definition, const LexToken *Call) {
    unsigned Depth = 0;
    bool Parameters = true, Inside = false;
    for (const LexToken &T : Definition.drop_front()) {
      if (&T == Call) {
        Inside = true;
        continue;
      }
      Depth += T.is(TokenKind::l_paren);
      if (!Parameters && !Inside && !T.is(TokenKind::l_paren) && !T.is(TokenKind::r_paren) && !llvm::StringRef("{};").contains(T.text) &&
          T.text != "do" && T.text != "while" && T.text != "0")
        return true;
      if (T.is(TokenKind::r_paren) && Depth > 0 && --Depth == 0)
        Parameters = Inside = false;
    }
    return false;
  }

  /// The last word of a callback argument that has nothing but words and parentheses: (rcu_callback_t)(f).
  static llvm::StringRef lastWordOf(llvm::StringRef Callback) {
    llvm::StringRef Text = Callback.rtrim(") ");
    size_t At = Text.find_last_of("() ");
    bool Plain = llvm::all_of(Callback, [](char C) { return llvm::isAlnum(C) || llvm::StringRef("_() ").contains(C); });
    return Plain ? Text.substr(At == llvm::StringRef::npos ? 0 : At + 1) : llvm::StringRef();
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
  const Vocabulary &Words;
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

namespace {

std::vector<CensusEntry> censusOf(const Index &I, const std::vector<uint32_t> &Files, const Vocabulary &Words, unsigned Jobs) {
  std::vector<std::vector<CensusEntry>> Slots(Files.size());
  parallelFor(Jobs, Files.size(), [&](size_t Slot, unsigned) {
    if (auto Text = I.text(Files[Slot])) {
      LexedText L(*Text);
      const std::string &Path = I.files()[Files[Slot]].path;
      Slots[Slot] = FileCensus(Path, L, Words).take();
      if (!Slots[Slot].empty() && !I.outlines().has(Path)) // whoever judges the calls asks for it next
        I.outlines().keep(Path, outlineOf(L));
    }
  });
  std::vector<CensusEntry> Out;
  for (std::vector<CensusEntry> &Slot : Slots)
    std::move(Slot.begin(), Slot.end(), std::back_inserter(Out));
  return Out;
}

/// How often each macro is defined in a file; a file is read once, however many macros are asked for.
class MacroCounts {
public:
  explicit MacroCounts(const Index &I) : I(I) {}
  unsigned of(uint32_t File, llvm::StringRef Macro) {
    auto [It, New] = ByFile.try_emplace(File);
    if (auto Text = New ? I.text(File) : nullptr)
      for (const OutlineMacro &M : outlineOf(*Text).macros)
        ++It->second[M.name];
    return It->second.lookup(Macro);
  }

private:
  const Index &I;
  std::map<uint32_t, llvm::StringMap<unsigned>> ByFile;
};

/// Which macros of these entries are names of a primitive, besides those in `Known`.
Vocabulary aliasesIn(const std::vector<CensusEntry> &Entries, const Rules &R, const Vocabulary &Known) {
  Vocabulary Found;
  for (const CensusEntry &E : Entries) {
    if (E.kind != CensusKind::MacroBody || E.alias.empty() || Known.count(E.alias) || passesOffset(E))
      continue;
    Meaning M{R.deferral(E.deferral), E.alias_callback, true, false};
    auto [It, New] = Found.try_emplace(E.alias, M);
    It->second.varies = It->second.varies || It->second.rule->flavour != M.rule->flavour || It->second.callback != M.callback;
  }
  return Found;
}

} // namespace

std::vector<CensusEntry> takeCensus(const Index &I, const Rules &R, unsigned Jobs, const std::vector<CensusEntry> *Others) {
  Vocabulary Known;
  for (const DeferralRule &D : R.deferrals)
    Known[D.name] = {&D, D.callback, false, false};
  const std::vector<uint32_t> &Files = I.deferralFiles();
  std::vector<CensusEntry> Out = censusOf(I, Files, Known, Jobs);
  std::vector<CensusEntry> News = Out;
  if (Others)
    News.insert(News.end(), Others->begin(), Others->end());
  constexpr unsigned MaxRounds = 4; // names of names
  MacroCounts Counts(I);
  for (unsigned Round = 0; Round < MaxRounds; ++Round) {
    Vocabulary Next = aliasesIn(News, R, Known);
    std::set<uint32_t> Using;
    llvm::StringMap<std::pair<unsigned, bool>> Bodies; // by alias: how many there are, and whether one does more
    for (const CensusEntry &E : News)
      if (E.kind == CensusKind::MacroBody) {
        auto &[Number, DoesMore] = Bodies[E.alias];
        ++Number, DoesMore = DoesMore || E.alias_more;
      }
    for (auto &Each : Next) {
      const auto [Meant, More] = Bodies.lookup(Each.first());
      unsigned All = 0;
      std::set<uint32_t> Seeing; // the files that define it, and whoever includes one of them
      std::vector<uint32_t> Mentioning = I.mentioning(Each.first());
      for (uint32_t File : Mentioning)
        if (unsigned Here = Counts.of(File, Each.first())) {
          All += Here;
          Seeing.insert(File);
          for (uint32_t Includer : I.transitiveIncludersOf(I.files()[File].path))
            Seeing.insert(Includer);
        }
      for (uint32_t File : Mentioning)
        if (Seeing.count(File) && (!Others || std::binary_search(Files.begin(), Files.end(), File)))
          Using.insert(File);
      Each.second.varies = Each.second.varies || All > Meant || (More && All > 1); // one definition is judged by its AST
    }
    if (Next.empty())
      break;
    News = censusOf(I, {Using.begin(), Using.end()}, Next, Jobs);
    Out.insert(Out.end(), News.begin(), News.end());
    for (const auto &Each : Next)
      Known[Each.first()] = Each.second;
  }
  stableSort(Out, [](const CensusEntry &A, const CensusEntry &B) { return A.where < B.where; });
  return Out;
}

} // namespace krcu
