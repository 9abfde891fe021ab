// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which function bodies a parse keeps. Most of the time goes into bodies that cannot matter, so a body is parsed only if
// its text mentions a word that does, or if somebody asked for the function by name.
#pragma once

#include "tool/index/index.h"
#include "tool/index/outline.h"
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace krcu {

struct BodyFilter {
  std::set<std::string> words; ///< bodies that mention one of these are kept (also through macros of the same file)
  std::set<std::string> names; ///< bodies of functions with these names are kept, in headers too
  std::set<std::string> headers; ///< headers whose bodies are chosen by `words` too (others only by name)
  bool all = false;            ///< every body of .c files
};

/// Outlines of files, made once. Thread-safe.
class OutlineCache {
public:
  explicit OutlineCache(const Index &I) : I(I) {}
  /// Null if the file is not in the index or unreadable. `Override`: text that stands in for it (not cached).
  std::shared_ptr<const Outline> get(const std::string &File);

private:
  const Index &I;
  std::mutex Lock;
  std::map<std::string, std::shared_ptr<const Outline>> Cache;
};

/// Names of the functions in `O` whose bodies `F` wants; functions not in the outline (made by macros) are always wanted.
class WantedBodies {
public:
  WantedBodies(const Outline &O, const BodyFilter &F);
  bool wants(const std::string &Function) const;

private:
  std::map<std::string, bool> Known;
};

} // namespace krcu
