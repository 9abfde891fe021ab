// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What to parse first, and what for: read off the text before any parse. A file with a call of a deferral is worth parsing; of its
// functions only those that queue, free, create or destroy matter, and those that reach one of these inside the file.
#pragma once

#include "tool/index/census.h"
#include "tool/lifetime/database.h"
#include <map>
#include <string>
#include <vector>

namespace krcu {

/// Callback named by a census entry: the last identifier of the argument's text; empty if it is no plain name.
std::string callbackName(const CensusEntry &E);

/// File -> what it is to be parsed for.
std::map<std::string, Demand> planFirstParse(const Index &I, const Rules &R, const std::vector<CensusEntry> &Census, unsigned Jobs);

} // namespace krcu
