// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which function bodies a parse keeps. Most of the time goes into bodies that cannot matter, so a body is parsed only if
// its text mentions a word that does, or if somebody asked for the function by name.
#pragma once

#include "tool/index/outline_cache.h"
#include <map>
#include <set>
#include <string>

namespace krcu {

struct BodyFilter {
  std::set<std::string> words; ///< bodies that mention one of these are kept (also through macros of the same file)
  std::set<std::string> names; ///< bodies of functions with these names are kept, in headers too
  std::set<std::string> headers; ///< headers whose bodies are chosen by `words` too (others only by name)
  bool all = false;            ///< every body of .c files
};

/// Names of the functions in `O` whose bodies `F` wants; functions not in the outline are always wanted.
/// One made by a macro goes by the name of the macro.
class WantedBodies {
public:
  WantedBodies(const Outline &O, const BodyFilter &F);
  bool wants(const std::string &Function) const;
  /// The same for the function whose name stands at the byte offset; `Function` is what it is called after macros are expanded.
  bool wantsAt(uint32_t Offset, const std::string &Function) const;

private:
  std::map<std::string, bool> Known;
  std::map<uint32_t, std::string> NameAt; ///< offset -> name as the text has it
};

} // namespace krcu
