// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// $(...) in Kconfig files. Variables and user-defined functions are expanded; what would ask the toolchain is
// answered from a table (see toolchainSucceeds); no command is ever run. Private to the room.
#pragma once

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include <functional>
#include <string>
#include <vector>

namespace krcu::kconfig {

/// Whether a probe command or compiler flag would succeed with this program's Clang, lld and the LLVM
/// binutils and without Rust, Python modules, pahole or GCC plugins.
bool toolchainSucceeds(llvm::StringRef Command);

class Macros {
public:
  /// `SrcArch` and `Arch` become $(SRCARCH) and $(ARCH).
  /// `KnowsFlags`: of the compiler, besides the table; may be null.
  Macros(const std::string &SrcArch, const std::string &Arch, const std::string &Version,
         std::function<bool(llvm::StringRef)> KnowsFlags = nullptr);

  /// `Text` with every $(...) replaced.
  std::string expand(llvm::StringRef Text);
  /// `Name = Text`, `Name := Text` or `Name += Text`. Toolchain answers of ours cannot be redefined.
  void define(llvm::StringRef Name, llvm::StringRef Operator, llvm::StringRef Text);
  /// A variable's value, for `option env=` of old trees.
  std::string variable(llvm::StringRef Name);

private:
  struct Variable {
    std::string text;
    bool recursive = false;
    bool fixed = false; ///< set by this program
  };
  using Arguments = std::vector<std::string>;

  std::string expandWith(llvm::StringRef Text, const Arguments &Parameters);
  void expandInto(llvm::StringRef Text, const Arguments &Parameters, std::string &Out);
  std::string reference(llvm::StringRef Inner, const Arguments &Parameters);
  std::string call(const std::string &Name, const Arguments &Values);

  bool takes(llvm::StringRef Flags) const;

  llvm::StringMap<Variable> Variables;
  std::function<bool(llvm::StringRef)> KnowsFlags;
  unsigned Depth = 0;
  size_t Work = 0; ///< steps in the current expand(); bounds definitions that double at every level
};

} // namespace krcu::kconfig
