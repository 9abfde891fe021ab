// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Objects at file scope, read off the text. What a macro makes has a name that only the macro knows; the word that the macro is handed first is part of
// it, and so is it of the functions that it names by ##, which then nothing else names.
#include "tool/unload/module_text.h"
#include "tool/index/lex.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {
namespace {

class VariableReader {
public:
  VariableReader(StringRef Text, const std::string &File) : File(File), Lexed(Text) {
    for (const LexToken &Token : Lexed.tokens())
      if (Token.directive < 0)
        T.push_back(&Token);
  }

  std::vector<TextVariable> run() {
    int Depth = 0;
    for (size_t I = 0; I < T.size(); ++I) {
      if (Depth == 0 && is(I, "=") && (is(I + 1, "{") || (word(I + 1) && is(I + 2, "(")))) {
        I = initialised(I);
        continue;
      }
      if (Depth == 0 && word(I) && is(I + 1, "(") && (I == Begin || (I == Begin + 1 && is(Begin, "static"))))
        made(I);
      Depth = std::max(0, Depth + opens(I) - closes(I));
      if (Depth == 0 && (is(I, ";") || (is(I, "}") && !is(I + 1, ";")))) {
        if (is(I, ";"))
          declared(I);
        Begin = I + 1;
      }
    }
    return std::move(Result);
  }

private:
  bool is(size_t I, StringRef W) const { return I < T.size() && T[I]->text == W; }
  bool word(size_t I) const { return I < T.size() && T[I]->isIdentifier(); }
  bool opens(size_t I) const { return is(I, "{") || is(I, "(") || is(I, "["); }
  bool closes(size_t I) const { return is(I, "}") || is(I, ")") || is(I, "]"); }
  size_t closing(size_t I) const {
    int Level = 0;
    for (; I < T.size(); ++I)
      if (Level += opens(I) - closes(I); Level == 0)
        break;
    return I;
  }

  /// The name and the structure of what is declared between `Begin` and `End`.
  void head(size_t End, TextVariable &V) const {
    while (End > Begin + 1 && is(End - 1, "]")) { // name[2]
      int Level = 0;
      for (--End; End > Begin; --End) {
        Level += is(End, "]");
        Level -= is(End, "[");
        if (Level == 0)
          break;
      }
    }
    for (size_t J = Begin; J < End; ++J) {
      if (is(J, "(")) { // the name of an array of functions, or an attribute
        for (size_t K = J + 2; is(J + 1, "*") && K < End && !is(K, ")"); ++K)
          if (word(K) && !is(K, "const")) {
            V.name = T[K]->text.str();
            break;
          }
        break;
      }
      if (is(J, "struct") && J + 1 < End)
        V.record = T[++J]->text.str();
      else if (word(J) && !T[J]->text.starts_with("__"))
        V.name = T[J]->text.str();
    }
  }

  /// `I`: at the '=' of `struct foo x = {...}` or `struct foo x = MACRO(...)`; returns the last token of it.
  size_t initialised(size_t I) {
    TextVariable V;
    V.file = File;
    head(I, V);
    std::string Field;
    int Level = 0;
    const bool Braces = is(I + 1, "{");
    size_t K = Braces ? I + 1 : I + 2;
    for (; K < T.size(); ++K) {
      Level += is(K, Braces ? "{" : "(");
      Level -= is(K, Braces ? "}" : ")");
      if (Level == 0)
        break;
      if (is(K, ".") && K + 1 < T.size() && (is(K - 1, "{") || is(K - 1, ","))) {
        Field = T[++K]->text.str();
        while (is(K + 1, ".") && K + 2 < T.size())
          K += 2, Field = T[K]->text.str();
      } else if (is(K, ",") && Level == 1) {
        Field.clear();
      } else if (word(K)) {
        V.entries.push_back({Field, T[K]->text.str()});
      }
    }
    if (!V.name.empty() && (Braces || !V.record.empty()))
      Result.push_back(std::move(V));
    return K;
  }

  /// `I`: at the macro of a whole statement at file scope, MACRO(name, f);
  void made(size_t I) {
    size_t Close = closing(I + 1);
    if (!is(Close + 1, ";") || !word(I + 2) || !(is(I + 3, ",") || I + 3 == Close))
      return;
    TextVariable V;
    V.file = File;
    V.made = true;
    V.name = T[I + 2]->text.str();
    for (size_t K = I + 3; K < Close; ++K)
      if (word(K))
        V.entries.push_back({"", T[K]->text.str()});
    Result.push_back(std::move(V));
  }

  /// struct foo x; without an initialiser. `I`: at the semicolon.
  void declared(size_t I) {
    if (I <= Begin + 1 || !word(I - 1))
      return;
    for (size_t J = Begin; J + 2 < I; ++J)
      if (is(J, "struct") && word(J + 1) && J + 3 >= I - 1) {
        Result.push_back({T[I - 1]->text.str(), File, T[J + 1]->text.str(), {}});
        return;
      }
  }

  const std::string &File;
  LexedText Lexed;
  std::vector<const LexToken *> T;
  size_t Begin = 0; ///< of the declaration
  std::vector<TextVariable> Result;
};

} // namespace

std::vector<TextVariable> variablesIn(StringRef Text, const std::string &File) { return VariableReader(Text, File).run(); }

std::vector<const TextVariable *> ModuleText::madeFor(const std::string &Word, const std::string &File) const {
  std::vector<const TextVariable *> Result;
  auto Fits = [W = StringRef(Word)](StringRef Name) {
    return W == Name || (Name.size() > 1 && ((W.starts_with(Name) && W[Name.size()] == '_') || (W.ends_with(Name) && W[W.size() - Name.size() - 1] == '_')));
  };
  for (const TextVariable &V : Tree.variables(File))
    if (V.made && Fits(V.name))
      Result.push_back(&V);
  return Result;
}

std::vector<const TextFunction *> ModuleText::pastedFrom(const std::string &Word, const std::string &File) const {
  if (InInitialisers.empty()) {
    InInitialisers.insert(""); // asked
    for (const std::string &Each : Files)
      for (const TextVariable &V : Tree.variables(Each))
        for (const TextVariable::Entry &E : V.entries)
          InInitialisers.insert(E.word);
  }
  std::vector<const TextFunction *> Result;
  const std::string Prefix = Word + "_";
  for (auto It = Functions.lower_bound(Prefix); It != Functions.end() && StringRef(It->first).starts_with(Prefix); ++It)
    if (const TextFunction &F = It->second; F.file == File && F.text->is_static && !anyNames(F.name) && !InInitialisers.contains(F.name))
      Result.push_back(&F);
  return Result;
}

} // namespace krcu
