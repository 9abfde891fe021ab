// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What krcu patch --slim-heads needs to know of the kernel, as rows of rules/slim/slim.yaml.
#pragma once

#include "tool/support/evidence.h"
#include "llvm/Support/Error.h"
#include <set>
#include <string>
#include <vector>

namespace krcu::slim {

/// A head that is smaller than those it may stand for.
struct SlimHead {
  std::string name;                    ///< tag of its record
  std::set<std::string> instead_of;    ///< tags of the heads that become it
  std::string option;                  ///< CONFIG symbol without which it is no smaller; empty: none
  Location where;                      ///< of the row
};

struct Rows {
  std::vector<SlimHead> heads;
  std::set<std::string> size_classes;  ///< macros whose first argument is a size that kmalloc() hands out
  std::set<std::string> assertions;    ///< what breaks the build when a layout changes
  std::set<std::string> copies;        ///< calls that copy memory
  std::set<std::string> annotations;   ///< macros whose argument is a lock, a class or part of a longer name, and no member
  std::set<std::string> debugging;     ///< names of Kconfig files, without directories, whose options make records bigger than they are in a kernel in use
  std::set<std::string> unusual;       ///< CONFIG symbols that do so elsewhere
  std::set<std::string> compile_tests; ///< CONFIG symbols with which an architecture compiles what never runs on it
  std::set<std::string> members;       ///< macros that take a type and the name of a member of it
};

/// Reads slim.yaml below `RulesDirectory`/slim.
llvm::Expected<Rows> loadRows(const std::string &RulesDirectory);

} // namespace krcu::slim
