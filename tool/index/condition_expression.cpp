// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/index/condition_expression.h"

#include "tool/index/lex.h"
#include "llvm/ADT/StringSwitch.h"
#include <algorithm>
#include <optional>

namespace krcu {
namespace {

using clang::tok::TokenKind;
using Tokens = llvm::ArrayRef<LexToken>;

std::string joined(Tokens T) {
  std::string Text;
  for (const LexToken &Each : T)
    Text += (Text.empty() ? "" : " ") + Each.text.str();
  return Text;
}

/// What no kernel changes: these are for other languages, other tools, or for user space.
std::optional<bool> known(llvm::StringRef Macro) {
  return llvm::StringSwitch<std::optional<bool>>(Macro)
      .Case("__KERNEL__", true)
      .Cases("__cplusplus", "__ASSEMBLY__", "__ASSEMBLER__", "__CHECKER__", "__GENKSYMS__", "__DOXYGEN__", "__KCONFIG__", false)
      .Default(std::nullopt);
}

std::optional<unsigned> numberOf(Tokens T) {
  unsigned N = 0;
  if (T.size() != 1 || T[0].text.rtrim("uUlL").getAsInteger(0, N))
    return std::nullopt;
  return N;
}

/// KERNEL_VERSION(6, 1, 0), or its value.
std::optional<unsigned> versionOf(Tokens T) {
  while (T.size() > 2 && T.front().is(TokenKind::l_paren) && T.back().is(TokenKind::r_paren))
    T = T.drop_front().drop_back();
  if (T.size() != 8 || T[0].text != "KERNEL_VERSION")
    return numberOf(T);
  std::optional<unsigned> A = numberOf(T.slice(2, 1)), B = numberOf(T.slice(4, 1)), C = numberOf(T.slice(6, 1));
  if (!A || !B || !C)
    return std::nullopt;
  return (*A << 16) + (*B << 8) + std::min(*C, 255u);
}

bool isVersion(Tokens T) {
  while (T.size() > 2 && T.front().is(TokenKind::l_paren) && T.back().is(TokenKind::r_paren))
    T = T.drop_front().drop_back();
  return T.size() == 1 && T[0].text == "LINUX_VERSION_CODE";
}

} // namespace

/// || of && of terms; a term is a test, a comparison, or text.
class ConditionExpression::Parser {
public:
  Parser(ConditionExpression &E, Tokens T) : E(E), T(T) {}

  size_t whole() {
    if (std::any_of(T.begin(), T.end(), [](const LexToken &Each) { return Each.is(TokenKind::question); }))
      return other(T);
    size_t Result = any();
    return I == T.size() ? Result : other(T);
  }

private:
  size_t add(Node N) {
    E.Nodes.push_back(std::move(N));
    return E.Nodes.size() - 1;
  }
  size_t constant(bool Value) { return add({Node::Constant, {}, Value, 0, 0}); }
  size_t opposite(size_t Of) { return add({Node::Not, {}, 0, Of, 0}); }
  size_t other(Tokens Term) {
    std::string Text = joined(Term);
    E.others.insert(Text);
    return add({Node::Other, Text, 0, 0, 0});
  }

  bool at(TokenKind K) const { return I < T.size() && T[I].is(K); }

  size_t any() {
    size_t Left = all();
    while (at(TokenKind::pipepipe)) {
      ++I;
      size_t Right = all();
      Left = add({Node::Or, {}, 0, Left, Right});
    }
    return Left;
  }

  size_t all() {
    size_t Left = term();
    while (at(TokenKind::ampamp)) {
      ++I;
      size_t Right = term();
      Left = add({Node::And, {}, 0, Left, Right});
    }
    return Left;
  }

  /// Behind the term that begins at I: the next operator or closing parenthesis of this level.
  size_t endOfTerm() const {
    int Depth = 0;
    for (size_t N = I; N < T.size(); ++N) {
      if (Depth == 0 && (T[N].is(TokenKind::pipepipe) || T[N].is(TokenKind::ampamp) || T[N].is(TokenKind::r_paren)))
        return N;
      Depth += T[N].is(TokenKind::l_paren) ? 1 : T[N].is(TokenKind::r_paren) ? -1 : 0;
    }
    return T.size();
  }

  size_t closing(size_t Open) const {
    int Depth = 0;
    for (size_t N = Open; N < T.size(); ++N)
      if ((Depth += T[N].is(TokenKind::l_paren) ? 1 : T[N].is(TokenKind::r_paren) ? -1 : 0) == 0)
        return N;
    return T.size();
  }

  size_t term() {
    size_t End = endOfTerm();
    if (End == I)
      return other(T); // not to be understood; whole() sees that something is left
    if (Depth > 200) {
      size_t Begin = I;
      I = End;
      return other(T.slice(Begin, End - Begin));
    }
    if (at(TokenKind::exclaim)) { // binds stronger than a comparison: !A == B is text
      if (comparison(T.slice(I, End - I)) == ~size_t(0)) {
        ++I;
        ++Depth;
        size_t Inner = term();
        --Depth;
        return opposite(Inner);
      }
    } else if (at(TokenKind::l_paren) && closing(I) + 1 == End) {
      ++I;
      ++Depth;
      size_t Inner = any();
      --Depth;
      if (I + 1 == End) {
        I = End;
        return Inner;
      }
    }
    size_t Begin = I;
    I = End;
    return leaf(T.slice(Begin, End - Begin));
  }

  /// Index of the only comparison on this level; ~0: there is none.
  size_t comparison(Tokens Term) const {
    int Depth = 0;
    size_t Found = ~size_t(0);
    for (size_t N = 0; N < Term.size(); ++N) {
      Depth += Term[N].is(TokenKind::l_paren) ? 1 : Term[N].is(TokenKind::r_paren) ? -1 : 0;
      if (Depth == 0 && Term[N].isOneOf(TokenKind::less, TokenKind::lessequal, TokenKind::greater, TokenKind::greaterequal, TokenKind::equalequal,
                                        TokenKind::exclaimequal))
        Found = N;
    }
    return Found;
  }

  size_t leaf(Tokens Term) {
    if (std::optional<unsigned> N = numberOf(Term))
      return constant(*N != 0);
    if (size_t At = comparison(Term); At != ~size_t(0) && At > 0 && At + 1 < Term.size())
      return compared(Term.take_front(At), Term[At].kind, Term.drop_front(At + 1));
    bool Call = Term.size() == 4 && Term[1].is(TokenKind::l_paren) && Term[2].isIdentifier() && Term[3].is(TokenKind::r_paren);
    bool Defined = Term[0].text == "defined" && (Call || (Term.size() == 2 && Term[1].isIdentifier()));
    llvm::StringRef Name = Term.size() == 1 ? Term[0].text : Call ? Term[2].text : Defined ? Term[1].text : llvm::StringRef();
    if (Term.size() == 1 || Defined) {
      if (std::optional<bool> Always = known(Name))
        return constant(*Always);
      if (!Name.starts_with("CONFIG_")) {
        std::string Text = Defined ? "defined " + Name.str() : Name.str();
        E.others.insert(Text);
        return add({Node::Other, Text, 0, 0, 0});
      }
      return symbol(Name, Node::BuiltIn);
    }
    if (Call && Name.starts_with("CONFIG_")) {
      if (Term[0].text == "IS_ENABLED")
        return symbol(Name, Node::Enabled);
      if (Term[0].text == "IS_BUILTIN")
        return symbol(Name, Node::BuiltIn);
      if (Term[0].text == "IS_MODULE")
        return symbol(Name, Node::Module);
    }
    return other(Term);
  }

  size_t symbol(llvm::StringRef Name, Node::Kind Kind) {
    Name.consume_front("CONFIG_");
    if (Kind == Node::BuiltIn && Name.consume_back("_MODULE"))
      Kind = Node::Module;
    E.symbols.insert(Name.str());
    if (Kind == Node::Module)
      E.modular.insert(Name.str());
    return add({Kind, Name.str(), 0, 0, 0});
  }

  size_t compared(Tokens Left, TokenKind How, Tokens Right) {
    if (isVersion(Right) && versionOf(Left)) {
      std::swap(Left, Right);
      How = How == TokenKind::less           ? TokenKind::greater
            : How == TokenKind::lessequal    ? TokenKind::greaterequal
            : How == TokenKind::greater      ? TokenKind::less
            : How == TokenKind::greaterequal ? TokenKind::lessequal
                                             : How;
    }
    bool Turned = How == TokenKind::less || How == TokenKind::lessequal || How == TokenKind::exclaimequal;
    if (How == TokenKind::less)
      How = TokenKind::greaterequal;
    else if (How == TokenKind::lessequal)
      How = TokenKind::greater;
    else if (How == TokenKind::exclaimequal)
      How = TokenKind::equalequal;
    size_t Result;
    if (std::optional<unsigned> Version = isVersion(Left) ? versionOf(Right) : std::nullopt) {
      E.versions.insert(*Version);
      Node::Kind Kind = How == TokenKind::greaterequal ? Node::AtLeast : How == TokenKind::greater ? Node::Above : Node::Exactly;
      Result = add({Kind, {}, *Version, 0, 0});
    } else {
      std::string Text = joined(Left) + (How == TokenKind::greaterequal ? " >= " : How == TokenKind::greater ? " > " : " == ") + joined(Right);
      E.others.insert(Text);
      Result = add({Node::Other, Text, 0, 0, 0});
    }
    return Turned ? opposite(Result) : Result;
  }

  ConditionExpression &E;
  Tokens T;
  size_t I = 0;
  unsigned Depth = 0;
};

ConditionExpression::ConditionExpression(llvm::StringRef Text) {
  LexedText L(Text);
  if (L.tokens().empty()) {
    Nodes.push_back({});
    return;
  }
  Root = Parser(*this, L.tokens()).whole();
}

bool ConditionExpression::holds(const ConditionValues &V) const { return holds(Root, V); }

bool ConditionExpression::holds(size_t At, const ConditionValues &V) const {
  const Node &N = Nodes[At];
  auto Symbol = [&] {
    auto It = V.symbols.find(N.name);
    return It == V.symbols.end() ? 'n' : It->second;
  };
  switch (N.kind) {
  case Node::Constant: return N.number != 0;
  case Node::BuiltIn: return Symbol() == 'y';
  case Node::Module: return Symbol() == 'm';
  case Node::Enabled: return Symbol() != 'n';
  case Node::AtLeast: return V.version >= N.number;
  case Node::Above: return V.version > N.number;
  case Node::Exactly: return V.version == N.number;
  case Node::Other: {
    auto It = V.others.find(N.name);
    return It != V.others.end() && It->second;
  }
  case Node::Not: return !holds(N.left, V);
  case Node::And: return holds(N.left, V) && holds(N.right, V);
  case Node::Or: return holds(N.left, V) || holds(N.right, V);
  }
  return false;
}

} // namespace krcu
