// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a function may run, read off the text: the functions that it names, and those they name, a few steps far. Sees every #if and every
// function that is only mentioned, so it says too much; what it does not find is not there within these steps.
#pragma once

#include "tool/lifetime/database.h"
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace krcu {

struct TextWay {
  bool found = false;
  std::vector<std::string> chain; ///< plain names, from the start to the function that names the target
  std::string target;
  std::string file;               ///< of the last function
  unsigned line = 0;              ///< of its name
};

class TextReach {
public:
  /// `Stop`: functions that are not looked into (the allocator's own).
  TextReach(const Database &DB, std::set<std::string> Stop) : DB(DB), Stop(std::move(Stop)) {}

  /// The shortest way from one of `Starts` (symbols) to a function that names something wanted. `Skip`: functions whose own mention does
  /// not count. At most `Depth` calls. `CountsIn`: whether a mention in that file counts; empty: in every file.
  TextWay find(const std::vector<std::string> &Starts, const std::function<bool(const std::string &)> &Wanted, unsigned Depth,
               const std::set<std::string> &Skip = {}, const std::function<bool(const std::string &File)> &CountsIn = {}) const;

private:
  const Database &DB;
  std::set<std::string> Stop;
};

} // namespace krcu
