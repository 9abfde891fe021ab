// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A declaration's head without types or macros known. Candidates are the identifiers before a '(' outside all
// parentheses; an attribute such as __printf(1, 2) or __releases(lock) looks just the same, and so does a
// macro invocation without a semicolon on the line before. The name is the last candidate that is no trailing
// attribute:
//
//     EXPORT_SYMBOL(g)  __printf(1, 2)  static void f(struct x *x)  __releases(&x->lock)  {
//                                                   ^ name
#include "tool/index/head.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

namespace krcu {
namespace {

/// An identifier with a parenthesised list behind it.
struct Group {
  int name;
  int close; ///< its ')'
};

bool isTypeWord(llvm::StringRef Word) {
  static const llvm::StringSet<> Words = {
      "void",  "char",   "short",      "int",      "long",     "signed", "unsigned", "float",  "double",
      "_Bool", "bool",   "const",      "volatile", "inline",   "static", "extern",   "struct", "union",
      "enum",  "typeof", "__typeof__", "auto",     "register", "asm",    "__asm__"};
  return Words.contains(Word);
}

/// Words that stand before '(' or '{' in a body; seen here only if the braces of a file do not add up.
bool isStatementWord(llvm::StringRef Word) {
  static const llvm::StringSet<> Words = {"if",   "for",  "while",  "switch", "else",    "do",
                                          "case", "goto", "return", "sizeof", "default", "break"};
  return Words.contains(Word);
}

bool isAttributeWord(llvm::StringRef Word) {
  return Word == "__attribute__" || Word == "__attribute" || Word == "__declspec" || Word == "_Alignas";
}

class Head {
public:
  explicit Head(llvm::ArrayRef<HeadToken> Tokens) : Tokens(Tokens) {}

  FunctionHead analyse() {
    FunctionHead Result;
    if (Tokens.empty() || !collect())
      return Result;
    while (!Groups.empty() && isTrailingAttribute())
      Groups.pop_back();
    if (Groups.empty() || typeFollows())
      return Result;
    Result.name = Groups.back().name;
    Result.begin = beginOfDeclaration();
    for (int I = Result.begin; I < Result.name; ++I)
      Result.is_static |= Tokens[I].text == "static";
    return Result;
  }

private:
  bool is(int I, llvm::StringRef Text) const {
    return I >= 0 && I < static_cast<int>(Tokens.size()) && Tokens[I].text == Text;
  }

  /// The index of the bracket that closes the one at `Open`, or -1.
  int closing(int Open) const {
    int Depth = 0;
    for (int I = Open, E = static_cast<int>(Tokens.size()); I < E; ++I) {
      if (is(I, "(") || is(I, "["))
        ++Depth;
      else if ((is(I, ")") || is(I, "]")) && --Depth == 0)
        return I;
    }
    return -1;
  }

  /// Finds the groups outside parentheses. False if this is no function's head.
  bool collect() {
    if (is(0, "typedef") || Tokens.back().text == ",")
      return false; // the latter: a list of initialisers
    for (int I = 0, E = static_cast<int>(Tokens.size()); I < E; ++I) {
      if (is(I, "="))
        return false; // an initialiser
      if (!is(I, "(") && !is(I, "["))
        continue;
      int Close = closing(I);
      if (Close < 0)
        return false;
      if (is(I, "("))
        addGroup(I, Close);
      I = Close;
    }
    return true;
  }

  void addGroup(int Open, int Close) {
    int Before = Open - 1;
    if (is(Close + 1, "(")) { // void (name)(args), void (*name(args))(args)
      if (addInner(Open, Close))
        return;
    }
    if (Before < 0 || !Tokens[Before].identifier)
      return;
    llvm::StringRef Name = Tokens[Before].text;
    if (isTypeWord(Name) || isAttributeWord(Name) || isStatementWord(Name))
      return;
    if (is(Before - 1, "struct") || is(Before - 1, "union") || is(Before - 1, "enum"))
      return; // struct MACRO(x) {
    Groups.push_back({Before, Close});
  }

  bool addInner(int Open, int Close) {
    if (Close == Open + 2 && Tokens[Open + 1].identifier) {
      Groups.push_back({Open + 1, Close});
      return true;
    }
    for (int I = Open + 1; I + 1 < Close; ++I)
      if (is(Open + 1, "*") && Tokens[I].identifier && is(I + 1, "(")) {
        Groups.push_back({I, Close});
        return true;
      }
    return false;
  }

  /// Only words with leading underscores stand between the last group and the ')' before it: no type, so no
  /// declaration begins there.
  bool isTrailingAttribute() const {
    if (Groups.size() < 2)
      return false;
    const Group &Last = Groups.back(), &Before = Groups[Groups.size() - 2];
    for (int I = Before.close + 1; I <= Last.name; ++I)
      if (!Tokens[I].text.starts_with("__") && !is(I, ")") && !is(I, "("))
        return false;
    return true;
  }

  /// "MACRO(x) struct s {": the body belongs to the type.
  bool typeFollows() const {
    for (int I = Groups.back().close + 1, E = static_cast<int>(Tokens.size()); I < E; ++I)
      if (is(I, "struct") || is(I, "union") || is(I, "enum"))
        return true;
    return false;
  }

  /// A macro invocation on a line of its own, no semicolon, is not part of the declaration that follows. An
  /// attribute (leading underscores) is.
  int beginOfDeclaration() const {
    int Begin = 0;
    for (const Group &G : llvm::ArrayRef(Groups).drop_back()) {
      bool Attribute = Tokens[G.name].text.starts_with("__");
      int Next = G.close + 1;
      if (!Attribute && Next <= Groups.back().name && Tokens[Next].starts_line)
        Begin = Next;
    }
    return Begin;
  }

  llvm::ArrayRef<HeadToken> Tokens;
  llvm::SmallVector<Group, 4> Groups;
};

} // namespace

bool isRecordBody(llvm::StringRef Body) {
  for (size_t I = 0; I < Body.size();) {
    llvm::StringRef Rest = Body.drop_front(I);
    if (Rest.starts_with("/*") || Rest.starts_with("//")) {
      size_t Close = Rest.find(Rest[1] == '*' ? "*/" : "\n", 2);
      if (Close == llvm::StringRef::npos)
        return false;
      I += Close + (Rest[1] == '*' ? 2 : 0);
      continue;
    }
    llvm::StringRef Word = Rest.take_while([](char C) { return llvm::isAlnum(C) || C == '_'; });
    if (Rest[0] == '=' || Rest[0] == '"' || isStatementWord(Word))
      return false;
    I += std::max<size_t>(Word.size(), 1);
  }
  return true;
}

FunctionHead analyseHead(llvm::ArrayRef<HeadToken> Tokens) { return Head(Tokens).analyse(); }

} // namespace krcu
