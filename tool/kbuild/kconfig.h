// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kconfig, evaluated once and exactly (each symbol memoised, as the kernel's own conf does), with every
// prompt answered yes: the configuration under which most code of an unconfigured tree is visible.
// Toolchain probes ($(cc-option,...)) are answered by the compiler and from a table; $(shell) is never run.
#pragma once

#include "tool/tree/tree.h"
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace krcu {

enum class SymbolType { Unknown, Bool, Tristate, Int, Hex, String };

struct KconfigOptions {
  std::string src_arch;                     ///< directory under arch/: "x86"
  std::string arch;                         ///< $(ARCH): "x86_64", "sparc64", "powerpc", ...
  bool modules_preferred = false;           ///< answer m instead of y where a prompt allows it
  std::map<std::string, std::string> force; ///< symbol (without CONFIG_) -> "y", "n", "m" or a value
  /// Whether the compiler has these flags; null: the table alone answers. Always the same function in one process.
  std::function<bool(llvm::StringRef Flags)> knows_flags;
};

class Kconfig {
public:
  struct Symbol {
    SymbolType type = SymbolType::Unknown;
    bool prompt = false;
    std::string file; ///< where it is first defined
    unsigned line = 0;
  };

  /// Reads Kconfig from the tree's root. Fails if there is none; broken parts are skipped and listed in warnings().
  static llvm::Expected<std::unique_ptr<Kconfig>> load(const Tree &T, const KconfigOptions &Options);
  virtual ~Kconfig() = default;

  /// "y", "m", "n" for bool and tristate; the text otherwise; "n" for an unknown symbol.
  virtual std::string value(const std::string &Name) = 0;
  virtual std::optional<Symbol> symbol(const std::string &Name) const = 0;
  /// Whether a user may choose m: tristate, with a prompt or selected, and its dependencies allow it.
  virtual bool canBeModule(const std::string &Name) = 0;
  /// Whether some configuration gives it another value than n.
  virtual bool canBeSet(const std::string &Name) = 0;
  /// Text of include/generated/autoconf.h.
  virtual std::string autoconf() = 0;
  /// Every symbol that is set, without CONFIG_: value as Kbuild sees it ("y", "m", number, unquoted string).
  virtual const std::map<std::string, std::string> &values() = 0;
  virtual const std::vector<std::string> &warnings() const = 0;
};

} // namespace krcu
