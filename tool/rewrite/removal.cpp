// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finding declarations with brackets and semicolons only. That is less than a parser knows, and more: it sees
// the branches that the preprocessor threw away. What it cannot place for certain it leaves alone; the caller
// then finds the name still in use and says so.
#include "tool/rewrite/removal.h"

#include "tool/support/error.h"
#include "llvm/ADT/StringSet.h"
#include <algorithm>

namespace krcu {
namespace {

using clang::tok::TokenKind;
namespace tok = clang::tok;

using Tokens = std::vector<SourceToken>;

/// How far to look for the words around a declarator. No declaration is longer, and a hostile file must not
/// make every word of it look at every other.
constexpr size_t MaxWords = 64;
constexpr size_t MaxDeclaration = 1024;

bool isStatementWord(llvm::StringRef Word) {
  static const llvm::StringSet<> Words = {"return", "else",   "goto",   "case",    "do",     "if",
                                          "while",  "for",    "switch", "default", "sizeof", "typedef",
                                          "typeof", "define", "break",  "continue"};
  return Words.contains(Word);
}

/// Words that show a declaration where a statement could stand as well.
bool isDeclarationWord(llvm::StringRef Word) {
  return Word == "extern" || Word == "static" || Word == "void" || Word == "inline";
}

/// A name whose parenthesised argument belongs to a declaration: __section("x"), __attribute__((y)).
bool isAttributeName(llvm::StringRef Word) { return Word.starts_with("__"); }

/// Tokens of one declaration stand together: no directive and no empty line between them.
bool standTogether(const SourceText &S, const SourceToken &A, const SourceToken &B) {
  return S.lineOf(B.begin) - S.lineOf(A.end - 1) <= 1 && !S.directiveBetween(A.end, B.begin);
}

/// The first token of the declaration specifiers that lead to token `From`: walks back over names, '*' and
/// attributes.
size_t specifiersBegin(const SourceText &S, size_t From) {
  const Tokens &T = S.tokens();
  size_t First = From;
  for (size_t Words = 0; Words < MaxWords && First > 0 && standTogether(S, T[First - 1], T[First]); ++Words) {
    TokenKind Kind = T[First - 1].kind;
    if (Kind == tok::raw_identifier || Kind == tok::star) {
      --First;
      continue;
    }
    if (Kind != tok::r_paren)
      break;
    std::optional<size_t> Open = S.opening(First - 1);
    if (!Open || *Open == 0 || T[*Open - 1].kind != tok::raw_identifier)
      break;
    // A macro that stands on its own, __SETUP(x), ends its line. Only the attribute syntax itself may do so
    // too.
    llvm::StringRef Word = S.spelling(T[*Open - 1]);
    bool SameLine = S.lineOf(T[First - 1].begin) == S.lineOf(T[First].begin);
    if (!(Word == "__attribute__" || Word == "__attribute" || (isAttributeName(Word) && SameLine)))
      break;
    First = *Open - 1;
  }
  return First;
}

/// Behind the attributes that may follow a parameter list.
size_t skipAttributes(const SourceText &S, size_t I) {
  const Tokens &T = S.tokens();
  for (size_t Words = 0; Words < MaxWords && I < T.size() && T[I].kind == tok::raw_identifier; ++Words) {
    ++I;
    if (I < T.size() && T[I].kind == tok::l_paren) {
      std::optional<size_t> Close = S.closing(I);
      if (!Close)
        return I;
      I = *Close + 1;
    }
  }
  return I;
}

/// A name with a parameter list that something declares: the pieces of a declarator.
struct Declarator {
  size_t name = 0;
  size_t first = 0; ///< first specifier, or the name itself behind a comma
  size_t next = 0;  ///< the token behind the parameter list and attributes
};

/// Are the tokens [First, Name) specifiers of a declaration?
bool areSpecifiers(const SourceText &S, size_t First, size_t Name) {
  bool Sure = S.tokens()[Name].brace_depth == 0;
  bool Word = false;
  for (size_t I = First; I < Name; ++I) {
    llvm::StringRef Spelling = S.spelling(S.tokens()[I]);
    if (isStatementWord(Spelling) && S.tokens()[I].paren_depth == S.tokens()[Name].paren_depth)
      return false;
    Sure = Sure || isDeclarationWord(Spelling);
    Word = Word || S.tokens()[I].kind == tok::raw_identifier;
  }
  return Sure && Word;
}

/// Is the comma at `Comma` one between declarators? Looks back to the beginning of the declaration.
bool separatesDeclarators(const SourceText &S, size_t Comma) {
  const Tokens &T = S.tokens();
  size_t First = Comma;
  while (First > 0 && Comma - First < MaxDeclaration) {
    const SourceToken &P = T[First - 1];
    bool Boundary = P.kind == tok::semi || P.kind == tok::l_brace || P.kind == tok::r_brace;
    if (Boundary || P.kind == tok::equal || S.directiveBetween(P.end, T[First].begin))
      break;
    --First;
  }
  if (First > 0 && T[First - 1].kind == tok::equal)
    return false;
  if (T[First].paren_depth != T[Comma].paren_depth || T[First].brace_depth != T[Comma].brace_depth)
    return false;
  size_t Word = First;
  while (Word < Comma && T[Word].kind == tok::raw_identifier)
    ++Word;
  return Word > First + 1 || T[Word].kind == tok::star ? areSpecifiers(S, First, Word) : false;
}

std::optional<Declarator> declaratorAt(const SourceText &S, size_t Name) {
  const Tokens &T = S.tokens();
  if (Name + 1 >= T.size() || T[Name + 1].kind != tok::l_paren)
    return std::nullopt;
  std::optional<size_t> Close = S.closing(Name + 1);
  if (!Close)
    return std::nullopt;
  Declarator D{Name, specifiersBegin(S, Name), skipAttributes(S, *Close + 1)};
  if (D.next >= T.size())
    return std::nullopt;
  if (D.first > 0 && T[D.first - 1].kind == tok::l_paren)
    return std::nullopt; // a parameter of function type
  bool AfterComma = D.first > 0 && T[D.first - 1].kind == tok::comma;
  if (AfterComma ? !separatesDeclarators(S, D.first - 1) : !areSpecifiers(S, D.first, Name))
    return std::nullopt;
  return D;
}

std::vector<Declarator> declaratorsOf(const SourceText &S, llvm::StringRef Name) {
  std::vector<Declarator> Found;
  for (uint32_t I : S.named(Name).tokens)
    if (std::optional<Declarator> D = declaratorAt(S, I))
      Found.push_back(*D);
  return Found;
}

/// True if every #if in the span is closed in it and none is closed that was not opened in it.
bool conditionalsBalanced(const SourceText &S, Span Where) {
  int Open = 0;
  const std::vector<Directive> &All = S.directives();
  auto D = std::lower_bound(All.begin(), All.end(), Where.begin, [](const Directive &A, uint32_t O) { return A.begin < O; });
  for (; D != All.end() && D->begin < Where.end; ++D) {
    if (D->kind == DirectiveKind::If)
      ++Open;
    else if (D->kind == DirectiveKind::Endif)
      --Open;
    if (Open < 0 || (Open == 0 && D->kind == DirectiveKind::Else))
      return false;
  }
  return Open == 0;
}

constexpr const char *Rescan = "the file changed since it was scanned? scan it again";

} // namespace

llvm::Error failAtOffset(const std::string &Path, const SourceText &Source, uint32_t Offset,
                         const std::string &What, const std::string &Mend) {
  unsigned Line = Source.lineOf(Offset);
  return failAt(Path, Line + 1, Offset - Source.lineBegin(Line) + 1, What, Mend);
}

llvm::Expected<Span> definitionSpan(const std::string &Path, const SourceText &Source,
                                    const FunctionRemoval &R) {
  const Tokens &T = Source.tokens();
  std::optional<size_t> First = Source.tokenAt(R.begin);
  if (!First || T[*First].kind != tok::raw_identifier)
    return failAtOffset(Path, Source, R.begin, "the definition of " + R.name + "() does not begin here",
                        Rescan);

  size_t I = *First;
  while (I < T.size() && T[I].begin < R.end && T[I].kind != tok::semi && T[I].kind != tok::l_brace &&
         Source.spelling(T[I]) != R.name)
    ++I;
  bool Named = I + 1 < T.size() && T[I].begin < R.end && Source.spelling(T[I]) == R.name &&
               T[I + 1].kind == tok::l_paren;
  std::optional<size_t> Close = Named ? Source.closing(I + 1) : std::nullopt;
  size_t Body = Close ? skipAttributes(Source, *Close + 1) : T.size();
  if (Body >= T.size() || T[Body].kind != tok::l_brace)
    return failAtOffset(Path, Source, R.begin, "here is no definition of " + R.name + "()", Rescan);
  std::optional<size_t> End = Source.closing(Body);
  if (!End || T[*End].end != R.end)
    return failAtOffset(Path, Source, R.begin,
                        "the definition of " + R.name + "() does not end where the plan says", Rescan);

  Span Where{T[specifiersBegin(Source, *First)].begin, R.end};
  if (!conditionalsBalanced(Source, Where))
    return failAtOffset(Path, Source, R.begin,
                        "an #if begins or ends within the definition of " + R.name + "()",
                        "remove the function by hand");
  return Where;
}

std::vector<Declaration> declarationsOf(const SourceText &Source, llvm::StringRef Name) {
  const Tokens &T = Source.tokens();
  std::vector<Declaration> Found;
  for (const Declarator &D : declaratorsOf(Source, Name)) {
    bool AfterComma = D.first > 0 && T[D.first - 1].kind == tok::comma;
    bool BeforeComma = T[D.next].kind == tok::comma;
    if (T[D.next].kind != tok::semi && !BeforeComma)
      continue;
    if (AfterComma)
      Found.push_back({{T[D.first - 1].begin, T[D.next - 1].end}, true});
    else if (BeforeComma && D.next + 1 < T.size())
      Found.push_back({{T[D.name].begin, T[D.next + 1].begin}, true});
    else if (!BeforeComma)
      Found.push_back({{T[D.first].begin, T[D.next].end}, false});
  }
  return Found;
}

std::vector<uint32_t> definitionsOf(const SourceText &Source, llvm::StringRef Name) {
  std::vector<uint32_t> Found;
  for (const Declarator &D : declaratorsOf(Source, Name))
    if (Source.tokens()[D.next].kind == tok::l_brace)
      Found.push_back(Source.tokens()[D.name].begin);
  return Found;
}

std::string nextFunction(const SourceText &Source, uint32_t Offset) {
  const Tokens &T = Source.tokens();
  auto It = std::lower_bound(T.begin(), T.end(), Offset,
                             [](const SourceToken &A, uint32_t O) { return A.begin < O; });
  for (size_t I = It - T.begin(); I + 1 < T.size(); ++I) {
    if (T[I].kind != tok::raw_identifier && T[I].kind != tok::star)
      return "";
    if (T[I].kind != tok::raw_identifier || T[I + 1].kind != tok::l_paren)
      continue;
    if (!isAttributeName(Source.spelling(T[I])) || I + 2 >= T.size())
      return Source.spelling(T[I]).str();
    // __attribute__((x)) before the name, or a function whose own name begins with underscores.
    std::optional<size_t> Close = Source.closing(I + 1);
    if (!Close || *Close + 1 >= T.size() || T[*Close + 1].kind != tok::raw_identifier)
      return Source.spelling(T[I]).str();
    I = *Close;
  }
  return "";
}

std::vector<uint32_t> usesOf(const SourceText &Source, llvm::StringRef Name) {
  std::vector<uint32_t> Found;
  const Tokens &T = Source.tokens();
  const SourceText::Named &Named = Source.named(Name);
  for (uint32_t I : Named.tokens)
    if (I == 0 || (T[I - 1].kind != tok::period && T[I - 1].kind != tok::arrow))
      Found.push_back(T[I].begin);
  // A macro's body uses names too.
  Found.insert(Found.end(), Named.in_directives.begin(), Named.in_directives.end());
  std::sort(Found.begin(), Found.end());
  return Found;
}

} // namespace krcu
