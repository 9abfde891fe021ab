// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Told what is being done, for whoever waits. Nothing depends on the answer.
#pragma once

#include <cstddef>
#include <string>

namespace krcu {

class Progress {
public:
  virtual ~Progress() = default;
  /// "index", "parse", "judge", or a sentence of the command's own.
  virtual void phase(const std::string &Name) = 0;
  /// So many more files are to be parsed; and one of them has been. Both count over the whole run. Thread-safe.
  virtual void add(size_t Files) = 0;
  virtual void done() = 0;
};

} // namespace krcu
