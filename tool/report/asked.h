// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a report answers: which tree, in which state, and how it was asked. Every format begins with it.
#pragma once

#include <string>
#include <vector>

namespace krcu {

struct Asked {
  std::string command;                ///< "scan"
  std::vector<std::string> arguments; ///< as typed, without those that change no result (-j, --cache, --format, ...)
  std::string root;                   ///< of the tree, absolute
  std::string module;                 ///< of the external module, absolute; empty: none
  std::string commit;                 ///< HEAD of the repository whose work tree the tree is, 40 hex digits; empty: none
};

} // namespace krcu
