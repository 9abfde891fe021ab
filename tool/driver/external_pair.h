// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For the tests of external modules: a kernel and a module's directory side by side.
#pragma once

#include "tool/driver/pipeline_trees.h"
#include <filesystem>
#include <string>

namespace krcu {

/// A small kernel, and beside it a module's directory laid out from testdata/external.
struct Pair {
  explicit Pair(const std::string &Era, const std::string &Module = "") : kernel(Era), module("") {
    if (!Module.empty())
      std::filesystem::copy(std::string(KRCU_SOURCE_DIR) + "/testdata/external/" + Module, module.root(), std::filesystem::copy_options::recursive);
  }
  ScanOptions options() const {
    ScanOptions O = kernel.options();
    O.module = module.root();
    return O;
  }
  Outcome run() const { return scanAndPatch(options()); }
  ScratchTree kernel, module;
};

inline const SiteReport *siteIn(const Outcome &O, const std::string &File) {
  for (const SiteReport &R : O.sites)
    if (R.census.where.file == "M=/" + File)
      return &R;
  return nullptr;
}

inline bool shows(const EvidenceList &List, const std::string &File, unsigned Line, const std::string &Text) {
  for (const Evidence &E : List)
    if (E.file == File && E.line == Line && E.text.find(Text) != std::string::npos)
      return true;
  return false;
}

inline bool warns(const Outcome &O, const std::string &Text) {
  for (const std::string &W : O.scan->warnings())
    if (W.find(Text) != std::string::npos)
      return true;
  return false;
}

} // namespace krcu
