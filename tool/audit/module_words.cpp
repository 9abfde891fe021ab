// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/audit/module_words.h"

using llvm::StringRef;

namespace krcu {
namespace {

/// The literals that stand side by side, without their quotes; nothing if there is anything else.
std::optional<std::string> literalOf(llvm::ArrayRef<LexToken> Tokens) {
  std::string Text;
  for (const LexToken &T : Tokens) {
    if (!T.text.starts_with("\"") || T.text.size() < 2)
      return std::nullopt;
    Text += T.text.drop_front().drop_back();
  }
  return Tokens.empty() ? std::nullopt : std::optional(Text);
}

bool opens(const LexToken &T) { return T.text == "(" || T.text == "{" || T.text == "["; }
bool closes(const LexToken &T) { return T.text == ")" || T.text == "}" || T.text == "]"; }

/// Behind the value that begins at `I`: at the comma or bracket that ends it.
size_t endOfValue(llvm::ArrayRef<LexToken> T, size_t I) {
  int Depth = 0;
  for (; I < T.size(); ++I) {
    if (Depth == 0 && (closes(T[I]) || T[I].text == "," || T[I].text == ";"))
      break;
    Depth += opens(T[I]) - closes(T[I]);
  }
  return I;
}

} // namespace

std::string WordCall::text() const {
  std::string All;
  for (const std::string &A : arguments)
    All += (All.empty() ? "" : ", ") + A;
  return name + "(" + All + ")";
}

ModuleWords::ModuleWords(const ModuleText &M) : M(M) {
  const Index &I = M.tree().database().index();
  for (const std::string &File : M.files()) {
    int Id = I.find(File);
    auto Text = Id < 0 ? nullptr : I.text(static_cast<uint32_t>(Id));
    if (!Text)
      continue;
    auto L = std::make_unique<LexedText>(*Text);
    for (const LexDirective &D : L->directives())
      if (auto T = L->tokensOf(D); D.keyword == "define" && T.size() > 1)
        if (auto Literal = literalOf(T.drop_front()))
          Macros.emplace(T.front().text.str(), *Literal);
    Files.emplace(File, std::move(L));
  }
}

const LexedText *ModuleWords::lexed(const std::string &File) const {
  auto It = Files.find(File);
  return It == Files.end() ? nullptr : It->second.get();
}

std::string ModuleWords::functionAt(const std::string &File, uint32_t Offset) const {
  for (const auto &[Name, F] : M.functions())
    if (F.file == File && F.text->decl_begin <= Offset && Offset < F.text->body_end)
      return F.name;
  return {};
}

std::vector<WordCall> ModuleWords::calls(llvm::function_ref<bool(StringRef)> Wanted) const {
  std::vector<WordCall> Result;
  for (const auto &[File, L] : Files) {
    Tokens T = L->tokens();
    for (size_t I = 0; I + 1 < T.size(); ++I) {
      if (T[I].directive >= 0 || !T[I].isIdentifier() || T[I + 1].text != "(" || !Wanted(T[I].text) || M.hasFunction(T[I].text))
        continue;
      WordCall C{T[I].text.str(), File, L->lineOf(T[I].offset), functionAt(File, T[I].offset), {}};
      for (size_t At = I + 2; At < T.size() && T[At - 1].text != ")";) {
        size_t End = endOfValue(T, At);
        if (End > At)
          C.arguments.push_back(foldedText(T.slice(At, End - At)));
        if (End >= T.size() || T[End].text != ",")
          break;
        At = End + 1;
      }
      Result.push_back(std::move(C));
    }
  }
  return Result;
}

std::optional<std::string> ModuleWords::literal(StringRef Expression) const {
  if (auto It = Macros.find(Expression.trim()); It != Macros.end())
    return It->second;
  LexedText L(Expression);
  return literalOf(L.tokens());
}

/// The tokens between the braces; empty if the variable has none.
std::pair<size_t, size_t> ModuleWords::initialiserOf(const LexedText &L, StringRef Name) const {
  Tokens T = L.tokens();
  for (size_t I = 0; I + 2 < T.size(); ++I) {
    if (T[I].text != Name || T[I].directive >= 0)
      continue;
    size_t At = I + 1;
    while (At < T.size() && T[At].text == "[")
      At = endOfValue(T, At + 1) + 1;
    while (At < T.size() && T[At].isIdentifier()) // an attribute
      ++At;
    if (At + 1 < T.size() && T[At].text == "=" && T[At + 1].text == "{")
      return {At + 2, endOfValue(T, At + 1)};
  }
  return {0, 0};
}

std::string ModuleWords::member(const TextVariable &V, StringRef Field) const {
  const LexedText *L = lexed(V.file);
  if (!L)
    return {};
  Tokens T = L->tokens();
  auto [Begin, End] = initialiserOf(*L, V.name);
  for (size_t I = Begin; I + 3 < End; ++I)
    if (T[I].text == "." && T[I + 1].text == Field && T[I + 2].text == "=")
      return foldedText(T.slice(I + 3, endOfValue(T, I + 3) - I - 3));
  return {};
}

unsigned ModuleWords::lineOf(const TextVariable &V, StringRef Field, StringRef Word) const {
  const LexedText *L = lexed(V.file);
  if (!L)
    return 0;
  Tokens T = L->tokens();
  auto [Begin, End] = initialiserOf(*L, V.name);
  size_t Any = Begin ? Begin - 2 : 0;
  for (size_t I = Begin; I < End; ++I) {
    if (T[I].text != Word)
      continue;
    Any = I;
    for (size_t J = I; J-- > Begin && T[J].text != ",";)
      if (T[J].text == Field)
        return L->lineOf(T[I].offset);
  }
  return Any ? L->lineOf(T[Any].offset) : 0;
}

unsigned ModuleWords::lineIn(const TextFunction &F, StringRef Word) const {
  const LexedText *L = lexed(F.file);
  if (L)
    for (const LexToken &T : L->tokens())
      if (T.offset >= F.text->body_begin && T.offset < F.text->body_end && T.text == Word)
        return L->lineOf(T.offset);
  return F.text->line;
}

} // namespace krcu
