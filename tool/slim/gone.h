// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The text that goes when krcu converts: the calls, and the callbacks and helpers that nothing uses any more.
#pragma once

#include "tool/driver/scan.h"
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace krcu::slim {

struct GoneText {
  uint32_t begin = 0, end = 0;
  std::vector<Location> sites; ///< the calls that must be converted for it
};

class GoneTexts {
public:
  /// Marks in the sites which callbacks go.
  void find(const Scan &S, std::vector<SiteReport> &Sites);
  /// Null: the byte stays.
  const GoneText *at(const std::string &File, uint32_t Offset) const;

private:
  std::map<std::string, std::vector<GoneText>> Files;
};

} // namespace krcu::slim
