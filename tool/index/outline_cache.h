// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Outlines made once and shared: several rooms ask for the same files.
#pragma once

#include "tool/index/index.h"
#include "tool/index/outline.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace krcu {

/// Outlines of files, made once. Thread-safe.
class OutlineCache {
public:
  explicit OutlineCache(const Index &I) : I(I) {}
  /// Null if the file is not in the index or unreadable.
  std::shared_ptr<const Outline> get(const std::string &File) const;
  bool has(const std::string &File) const; ///< it has been made
  /// For somebody who has the text in tokens anyway.
  void keep(const std::string &File, Outline O) const;
  /// Gives up those that `Wanted` says no to; who asks for one of them later waits for it again.
  void forgetOthers(llvm::function_ref<bool(const std::string &File)> Wanted) const;

private:
  const Index &I;
  mutable std::mutex Lock;
  mutable std::map<std::string, std::shared_ptr<const Outline>> Cache;
};

} // namespace krcu
