// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kconfig expressions: from text to a tree of nodes. `||` binds weaker than `&&`, comparisons take plain
// operands only.
#include "tool/kbuild/kconfig_model.h"
#include "llvm/ADT/StringExtras.h"

namespace krcu::kconfig {

// A tree has some 20,000 symbols, counting those that are only mentioned.
Model::Model() : by_name(1 << 15) {}

ConfigSymbol *Model::symbol(llvm::StringRef Name) {
  auto [It, New] = by_name.try_emplace(Name);
  if (New) {
    ConfigSymbol &S = symbols.emplace_back();
    S.name = It->first();
    S.id = unsigned(symbols.size() - 1);
    It->second = &S;
  }
  return It->second;
}

const Expr *Model::constant(llvm::StringRef Text) {
  Expr &E = expressions.emplace_back();
  E.kind = Expr::Constant;
  E.text = Text.copy(texts);
  E.tri = Text == "y" ? Yes : Text == "m" ? Mod : No;
  return &E;
}

const Expr *Model::binary(Expr::Kind Kind, const Expr *Left, const Expr *Right) {
  Expr &E = expressions.emplace_back();
  E.kind = Kind;
  E.left = Left;
  E.right = Right;
  return &E;
}

const Expr *Model::both(const Expr *Left, const Expr *Right) {
  if (!Left || !Right)
    return Left ? Left : Right;
  return binary(Expr::And, Left, Right);
}

void addWarning(std::vector<std::string> &To, std::string Text) {
  constexpr size_t Most = 500;
  if (To.size() < Most)
    To.push_back(std::move(Text));
  else if (To.size() == Most)
    To.push_back("further Kconfig warnings are not shown");
}

bool takeQuoted(llvm::StringRef &Text, std::string &Result) {
  if (Text.empty() || (Text.front() != '"' && Text.front() != '\''))
    return false;
  const char Quote = Text.front();
  Result.clear();
  for (size_t I = 1; I < Text.size(); ++I) {
    if (Text[I] == '\\' && I + 1 < Text.size()) {
      Result += Text[++I];
    } else if (Text[I] == Quote) {
      Text = Text.drop_front(I + 1);
      return true;
    } else {
      Result += Text[I];
    }
  }
  return false;
}

namespace {

bool isWordCharacter(char C) {
  return llvm::isAlnum(C) || C == '_' || C == '.' || C == '/' || C == '-' || C == '$';
}

class ExpressionParser {
public:
  ExpressionParser(Model &M, llvm::StringRef Text) : M(M), Rest(Text) {}

  const Expr *whole() {
    const Expr *E = disjunction();
    Rest = Rest.ltrim();
    if (E && !Rest.empty())
      return bad("'" + Rest.take_front(20).str() + "' is left over");
    return E;
  }
  std::string Problem;

private:
  const Expr *bad(const std::string &Why) {
    if (Problem.empty())
      Problem = Why;
    return nullptr;
  }

  bool take(llvm::StringRef Token) {
    Rest = Rest.ltrim();
    return Rest.consume_front(Token);
  }

  const Expr *disjunction() {
    const Expr *Left = conjunction();
    while (Left && take("||")) {
      const Expr *Right = conjunction();
      Left = Right ? M.binary(Expr::Or, Left, Right) : nullptr;
    }
    return Left;
  }

  const Expr *conjunction() {
    const Expr *Left = atom();
    while (Left && take("&&")) {
      const Expr *Right = atom();
      Left = Right ? M.binary(Expr::And, Left, Right) : nullptr;
    }
    return Left;
  }

  const Expr *atom() {
    // Thousands of parentheses are an attack on the stack, not an expression.
    if (Depth > 200)
      return bad("nested too deeply");
    ++Depth;
    const Expr *E = nestedAtom();
    --Depth;
    return E;
  }

  const Expr *nestedAtom() {
    Rest = Rest.ltrim();
    if (!Rest.starts_with("!=") && take("!")) {
      const Expr *E = atom();
      return E ? M.binary(Expr::Not, E, nullptr) : nullptr;
    }
    if (take("(")) {
      const Expr *E = disjunction();
      if (E && !take(")"))
        return bad("a ')' is missing");
      return E;
    }
    const Expr *Left = operand();
    if (!Left)
      return nullptr;
    static const std::pair<const char *, Expr::Kind> Operators[] = {
        {"!=", Expr::Unequal}, {"<=", Expr::LessEqual}, {">=", Expr::GreaterEqual},
        {"=", Expr::Equal},    {"<", Expr::Less},       {">", Expr::Greater}};
    for (const auto &[Token, Kind] : Operators)
      if (take(Token)) {
        const Expr *Right = operand();
        return Right ? M.binary(Kind, Left, Right) : nullptr;
      }
    return Left;
  }

  const Expr *operand() {
    Rest = Rest.ltrim();
    std::string Text;
    if (takeQuoted(Rest, Text))
      return M.constant(Text);
    llvm::StringRef Word = Rest.take_while(isWordCharacter);
    if (Word.empty())
      return bad(Rest.empty() ? "an operand is missing"
                              : "'" + Rest.take_front(20).str() + "' is no operand");
    Rest = Rest.drop_front(Word.size());
    if (Word == "y" || Word == "m" || Word == "n")
      return M.constant(Word);
    Expr &E = M.expressions.emplace_back();
    E.kind = Expr::Symbol;
    E.symbol = M.symbol(Word);
    return &E;
  }

  Model &M;
  llvm::StringRef Rest;
  unsigned Depth = 0;
};

} // namespace

const Expr *parseExpression(Model &M, llvm::StringRef Text, std::string *Problem) {
  ExpressionParser P(M, Text);
  const Expr *E = P.whole();
  if (!E && Problem)
    *Problem = P.Problem;
  return E;
}

} // namespace krcu::kconfig
