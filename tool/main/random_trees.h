// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A small kernel tree with many random modules in it, on disk, and what the krcu that was built says of their calls.
#pragma once

#include "tool/main/random_modules.h"
#include <map>

namespace krcu::random_modules {

/// What krcu says of a call.
struct Said {
  std::string cls, reason;
  std::vector<std::string> evidence;
};

class ModuleTree {
public:
  /// In `Directory`, which is emptied first and stays; or, without one, in a temporary directory that goes with the object.
  ModuleTree(const std::vector<RandomModule> &Modules, const std::string &Directory);
  ModuleTree(const ModuleTree &) = delete;
  ModuleTree &operator=(const ModuleTree &) = delete;
  ~ModuleTree();

  std::string root() const { return Root + "/tree"; }
  /// By the module's directory, one for each call.
  std::map<std::string, std::vector<Said>> scan(std::string &Error) const;

private:
  void write(const ModuleFile &F) const;

  std::string Root;
  Era TheEra;
  bool Stays;
};

} // namespace krcu::random_modules
