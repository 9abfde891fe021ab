// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The public face of the Kconfig evaluator: load, ask, print autoconf.h.
#include "tool/tree/kconfig.h"
#include "tool/support/error.h"
#include "tool/tree/kconfig_evaluator.h"
#include "tool/tree/kconfig_macros.h"
#include "tool/tree/kconfig_parser.h"
#include "tool/tree/kconfig_possible.h"

namespace krcu {
namespace {

using namespace kconfig;

/// A string as a C literal.
std::string quoted(const std::string &Text) {
  std::string Result = "\"";
  for (char C : Text) {
    if (C == '"' || C == '\\')
      Result += '\\';
    Result += C;
  }
  return Result + "\"";
}

class KconfigImpl : public Kconfig {
public:
  explicit KconfigImpl(const KconfigOptions &O) : Options(O), Eval(M, Options) {}

  Model &model() { return M; }

  std::string value(const std::string &Name) override {
    ConfigSymbol *S = find(Name);
    if (S)
      return Eval.isForced(*S) ? Options.force.at(Name) : Eval.text(*S);
    auto Forced = Options.force.find(Name);
    return Forced == Options.force.end() ? "n" : Forced->second;
  }

  std::optional<Symbol> symbol(const std::string &Name) const override {
    ConfigSymbol *S = find(Name);
    if (!S || S->entries.empty())
      return std::nullopt;
    return Symbol{S->type, !S->prompts.empty(), S->file, S->line};
  }

  bool canBeModule(const std::string &Name) override {
    ConfigSymbol *S = find(Name);
    return S && S->type == SymbolType::Tristate && (possibleValues(M, *S) & (1 << Mod));
  }

  const std::map<std::string, std::string> &values() override {
    if (Evaluated)
      return Values;
    Evaluated = true;
    for (ConfigSymbol &S : M.symbols)
      if (!Eval.isForced(S) && Eval.isWritten(S))
        Values[S.name] = Eval.text(S);
    for (const auto &[Name, Value] : Options.force)
      if (Value != "n")
        Values[Name] = Value;
    return Values;
  }

  std::string autoconf() override {
    std::string Text;
    for (const auto &[Name, Value] : values())
      Text += line(Name, Value);
    return Text;
  }

  const std::vector<std::string> &warnings() const override { return M.warnings; }

private:
  ConfigSymbol *find(const std::string &Name) const { return M.by_name.lookup(Name); }

  /// A forced symbol that nobody defines gets the type its value looks like.
  std::string line(const std::string &Name, const std::string &Value) const {
    const ConfigSymbol *S = find(Name);
    SymbolType Type = S ? S->type : SymbolType::Unknown;
    if (isTri(Type) || (Type == SymbolType::Unknown && (Value == "y" || Value == "m"))) {
      if (Value != "y" && Value != "m")
        return {};
      return "#define CONFIG_" + Name + (Value == "m" ? "_MODULE" : "") + " 1\n";
    }
    if (Type == SymbolType::String)
      return "#define CONFIG_" + Name + " " + quoted(Value) + "\n";
    if (Value.empty())
      return {};
    bool Prefix = Type == SymbolType::Hex && !llvm::StringRef(Value).starts_with_insensitive("0x");
    return "#define CONFIG_" + Name + (Prefix ? " 0x" : " ") + Value + "\n";
  }

  const KconfigOptions Options;
  Model M;
  Evaluator Eval;
  bool Evaluated = false;
  std::map<std::string, std::string> Values;
};

} // namespace

llvm::Expected<std::unique_ptr<Kconfig>> Kconfig::load(const Tree &T, const KconfigOptions &Options) {
  if (!T.read("Kconfig"))
    return fail(T.absolute("Kconfig") + ": cannot be read; give a complete kernel source tree");
  auto Result = std::make_unique<KconfigImpl>(Options);
  Macros Variables(Options.src_arch, Options.arch, T.version());
  parseKconfig(T, Variables, Result->model());
  return std::unique_ptr<Kconfig>(std::move(Result));
}

} // namespace krcu
