// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler's command line as the tree's own top makefile and that of the architecture put it together, each word with
// the line it was written in. The makefiles are read as data; nothing is executed.
#pragma once

#include "tool/tree/tree.h"
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace krcu {

struct BuildQuestion {
  std::string src_arch; ///< directory under arch/
  std::string arch;     ///< $(ARCH)
  const std::map<std::string, std::string> *values = nullptr; ///< Kconfig values
  std::function<bool(llvm::StringRef Flags)> accepts;         ///< whether the compiler takes these flags
  std::string own_headers; ///< the compiler's own include directory: what it prints for -print-file-name=include
};

struct BuildWord {
  std::string text, file;
  unsigned line = 0;
};

struct BuildFlags {
  std::vector<BuildWord> words; ///< in the order of the command line; paths of the tree are relative to its root
  /// "FILE:LINE: what is wrong" if the result cannot be whole; empty: it is.
  std::string problem;
};

BuildFlags readBuildFlags(const Tree &T, const BuildQuestion &Q);

} // namespace krcu
