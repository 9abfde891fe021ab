// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/index/settings.h"

#include "tool/index/lex.h"
#include <algorithm>
#include <bit>
#include <set>

namespace krcu {
namespace {

using clang::tok::TokenKind;

constexpr size_t MaxSymbols = 8; ///< 256 combinations
constexpr size_t MaxResults = 4;

enum class Truth { No, Yes, Unknown };

Truth negated(Truth T) { return T == Truth::Unknown ? T : T == Truth::Yes ? Truth::No : Truth::Yes; }

using Lookup = llvm::function_ref<std::string(const std::string &)>;

/// Recursive descent over one condition: || of && of possibly negated terms.
class Evaluator {
public:
  Evaluator(const LexedText &L, Lookup Value) : T(L.tokens()), Value(Value) {}

  Truth run() {
    Truth Result = any();
    return I == T.size() ? Result : Truth::Unknown;
  }

  std::set<std::string> symbols; ///< that it asked for

private:
  bool at(TokenKind K) const { return I < T.size() && T[I].is(K); }
  bool take(TokenKind K) {
    bool Hit = at(K);
    I += Hit;
    return Hit;
  }

  Truth any() {
    Truth Result = all();
    while (take(TokenKind::pipepipe)) {
      Truth Next = all();
      Result = Result == Truth::Yes || Next == Truth::Yes ? Truth::Yes : Result == Truth::No ? Next : Next == Truth::No ? Result : Truth::Unknown;
    }
    return Result;
  }

  Truth all() {
    Truth Result = term();
    while (take(TokenKind::ampamp)) {
      Truth Next = term();
      Result = Result == Truth::No || Next == Truth::No ? Truth::No : Result == Truth::Yes ? Next : Next == Truth::Yes ? Result : Truth::Unknown;
    }
    return Result;
  }

  Truth term() {
    size_t Begin = I;
    Truth Result = atom();
    // A comparison or arithmetic: not to be decided here.
    bool Ends = I == T.size() || at(TokenKind::pipepipe) || at(TokenKind::ampamp) || at(TokenKind::r_paren);
    if (Ends && I > Begin)
      return Result;
    int Depth = 0;
    for (; I < T.size(); ++I) {
      if (Depth == 0 && (at(TokenKind::pipepipe) || at(TokenKind::ampamp) || at(TokenKind::r_paren)))
        break;
      Depth += at(TokenKind::l_paren) ? 1 : at(TokenKind::r_paren) ? -1 : 0;
    }
    return Truth::Unknown;
  }

  Truth atom() {
    if (Nesting > 200)
      return Truth::Unknown;
    if (take(TokenKind::exclaim)) {
      ++Nesting;
      Truth Inner = atom();
      --Nesting;
      return negated(Inner);
    }
    if (take(TokenKind::l_paren)) {
      ++Nesting;
      Truth Inner = any();
      --Nesting;
      return take(TokenKind::r_paren) ? Inner : Truth::Unknown;
    }
    if (I >= T.size() || !T[I].isIdentifier())
      return Truth::Unknown;
    llvm::StringRef Word = T[I++].text;
    bool Test = Word == "defined" || Word == "IS_ENABLED" || Word == "IS_BUILTIN" || Word == "IS_MODULE" || Word == "IS_REACHABLE";
    if (!Test)
      return symbol(Word, "defined");
    bool Paren = take(TokenKind::l_paren);
    if (I >= T.size() || !T[I].isIdentifier())
      return Truth::Unknown;
    llvm::StringRef Name = T[I++].text;
    if (Paren && !take(TokenKind::r_paren))
      return Truth::Unknown;
    return symbol(Name, Word);
  }

  Truth symbol(llvm::StringRef Name, llvm::StringRef Test) {
    if (Name == "__KERNEL__")
      return Truth::Yes;
    if (Name == "__ASSEMBLY__" || Name == "__cplusplus")
      return Truth::No;
    if (!Name.consume_front("CONFIG_"))
      return Truth::Unknown;
    bool Module = Name.ends_with("_MODULE") && Name.consume_back("_MODULE");
    symbols.insert(Name.str());
    std::string Now = Value(Name.str());
    bool Holds = Module || Test == "IS_MODULE"             ? Now == "m"
                 : Test == "IS_ENABLED" || Test == "IS_REACHABLE" ? Now == "y" || Now == "m"
                                                                  : Now == "y";
    return Holds ? Truth::Yes : Truth::No;
  }

  const std::vector<LexToken> &T;
  Lookup Value;
  size_t I = 0;
  unsigned Nesting = 0;
};

/// No if one of them is known to fail. `Symbols`, if not null, receives what they ask for.
bool mayHold(const std::vector<std::string> &Conditions, Lookup Value, std::set<std::string> *Symbols = nullptr) {
  bool Result = true;
  for (const std::string &Text : Conditions) {
    LexedText Lexed(Text);
    Evaluator E(Lexed, Value);
    Result = E.run() != Truth::No && Result;
    if (Symbols)
      Symbols->insert(E.symbols.begin(), E.symbols.end());
  }
  return Result;
}

} // namespace

std::optional<bool> conditionsHold(const std::vector<std::string> &Conditions, Lookup Value) {
  bool Certain = true;
  for (const std::string &Text : Conditions) {
    LexedText Lexed(Text);
    Truth Answer = Evaluator(Lexed, Value).run();
    if (Answer == Truth::No)
      return false;
    Certain = Certain && Answer == Truth::Yes;
  }
  return Certain ? std::optional(true) : std::nullopt;
}

std::vector<Settings> settingsFor(const std::vector<std::string> &Conditions, Lookup Value) {
  std::set<std::string> Asked;
  mayHold(Conditions, Value, &Asked);
  std::vector<std::string> Symbols(Asked.begin(), Asked.end());
  if (Symbols.size() > MaxSymbols)
    return {};
  std::vector<unsigned> Masks(size_t(1) << Symbols.size());
  for (unsigned Mask = 0; Mask < Masks.size(); ++Mask)
    Masks[Mask] = Mask;
  std::sort(Masks.begin(), Masks.end(), [](unsigned A, unsigned B) {
    return std::pair(std::popcount(A), A) < std::pair(std::popcount(B), B);
  });
  std::vector<Settings> Result;
  for (unsigned Mask : Masks) {
    Settings Turned;
    for (size_t N = 0; N < Symbols.size(); ++N)
      if (Mask >> N & 1) {
        std::string Now = Value(Symbols[N]);
        Turned[Symbols[N]] = Now == "y" || Now == "m" ? "n" : "y";
      }
    auto Changed = [&](const std::string &Symbol) {
      auto It = Turned.find(Symbol);
      return It == Turned.end() ? Value(Symbol) : It->second;
    };
    if (Result.size() < MaxResults && mayHold(Conditions, Changed))
      Result.push_back(std::move(Turned));
  }
  return Result;
}

} // namespace krcu
