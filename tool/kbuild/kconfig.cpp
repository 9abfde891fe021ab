// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The public face of the Kconfig evaluator: load, ask, print autoconf.h.
#include "tool/kbuild/kconfig.h"
#include "tool/support/error.h"
#include "tool/kbuild/kconfig_evaluator.h"
#include "tool/kbuild/kconfig_macros.h"
#include "tool/kbuild/kconfig_parser.h"
#include "tool/kbuild/kconfig_possible.h"
#include "tool/tree/tree_memory.h"
#include "llvm/ADT/STLExtras.h"

namespace krcu {
namespace {

using namespace kconfig;

/// A string as a C literal.
std::string inQuotes(const std::string &Text) {
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
  KconfigImpl(const KconfigOptions &O, std::shared_ptr<const Parsed> P)
      : Options(O), Files(std::move(P)), M(*Files->model), Eval(M, Options) {}

  std::string value(const std::string &Name) override {
    const ConfigSymbol *S = find(Name);
    if (S)
      return Eval.isForced(*S) ? Options.force.at(Name) : Eval.text(*S);
    auto Forced = Options.force.find(Name);
    return Forced == Options.force.end() ? "n" : Forced->second;
  }

  std::optional<Symbol> symbol(const std::string &Name) const override {
    const ConfigSymbol *S = find(Name);
    if (!S || S->entries.empty())
      return std::nullopt;
    return Symbol{S->type, !S->prompts.empty(), S->file.str(), S->line};
  }

  bool canBeModule(const std::string &Name) override {
    const ConfigSymbol *S = find(Name);
    Possible.resize(M.symbols.size());
    return S && S->type == SymbolType::Tristate && (possibleValues(M, *S, Possible) & (1 << Mod));
  }

  bool canBeSet(const std::string &Name) override {
    const ConfigSymbol *S = find(Name);
    Possible.resize(M.symbols.size());
    return S && (possibleValues(M, *S, Possible) & ~(1 << No));
  }

  const std::map<std::string, std::string> &values() override {
    if (Evaluated)
      return Values;
    Evaluated = true;
    // In the order of the files: where symbols depend on themselves, the order decides.
    std::vector<const ConfigSymbol *> Written;
    for (const ConfigSymbol &S : M.symbols)
      if (!Eval.isForced(S) && Eval.isWritten(S))
        Written.push_back(&S);
    llvm::sort(Written, [](const ConfigSymbol *A, const ConfigSymbol *B) { return A->name < B->name; });
    for (const ConfigSymbol *S : Written)
      Values.emplace_hint(Values.end(), S->name.str(), Eval.text(*S));
    for (const auto &[Name, Value] : Options.force)
      if (Value != "n")
        Values[Name] = Value;
    return Values;
  }

  std::string autoconf() override {
    std::string Text;
    Text.reserve(values().size() * 40);
    for (const auto &[Name, Value] : values())
      addLine(Name, Value, Text);
    return Text;
  }

  const std::vector<std::string> &warnings() const override { return Eval.warnings; }

private:
  const ConfigSymbol *find(const std::string &Name) const { return M.by_name.lookup(Name); }

  /// A forced symbol that nobody defines gets the type its value looks like.
  void addLine(const std::string &Name, const std::string &Value, std::string &Text) const {
    const ConfigSymbol *S = find(Name);
    SymbolType Type = S ? S->type : SymbolType::Unknown;
    auto Add = [&](const char *Between, const std::string &What) {
      for (llvm::StringRef Part : {llvm::StringRef("#define CONFIG_"), llvm::StringRef(Name), llvm::StringRef(Between),
                                   llvm::StringRef(What), llvm::StringRef("\n")})
        Text += Part;
    };
    if (isTri(Type) || (Type == SymbolType::Unknown && (Value == "y" || Value == "m"))) {
      if (Value == "y" || Value == "m")
        Add(Value == "m" ? "_MODULE " : " ", "1");
      return;
    }
    if (Type == SymbolType::String)
      return Add(" ", inQuotes(Value));
    if (Value.empty())
      return;
    bool Prefix = Type == SymbolType::Hex && !llvm::StringRef(Value).starts_with_insensitive("0x");
    Add(Prefix ? " 0x" : " ", Value);
  }

  const KconfigOptions Options;
  const std::shared_ptr<const Parsed> Files;
  const Model &M;
  Evaluator Eval;
  std::vector<TriSet> Possible;
  bool Evaluated = false;
  std::map<std::string, std::string> Values;
};

std::shared_ptr<const Parsed> parsedFor(const Tree &T, const KconfigOptions &Options) {
  Shelf<Parsed> &Known = T.memory().kconfigs;
  const std::string Key = Options.src_arch + " " + Options.arch;
  std::shared_ptr<const Parsed> P = Known.find(Key);
  if (!P) {
    Macros Variables(Options.src_arch, Options.arch, T.version(), Options.knows_flags);
    P = Known.put(Key, parseKconfig(T, Variables));
  }
  for (const std::string &Path : P->reads)
    ReadLog::note(Path);
  return P;
}

} // namespace

llvm::Expected<std::unique_ptr<Kconfig>> Kconfig::load(const Tree &T, const KconfigOptions &Options) {
  if (!T.read("Kconfig"))
    return fail(T.absolute("Kconfig") + ": cannot be read; give a complete kernel source tree");
  return std::make_unique<KconfigImpl>(Options, parsedFor(T, Options));
}

} // namespace krcu
