// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// krcu explain --flags: a file's compiler flags and where each comes from, to read and for programs.
#pragma once

#include "tool/frontend/frontend.h"
#include <string>

namespace krcu {

/// One flag a row, in order; an option and its value share a row. Paths below `Root` are printed without it; empty: all are whole.
std::string flagsText(const Frontend::FlagReport &R, const std::string &Root);
std::string flagsJson(const Frontend::FlagReport &R);

} // namespace krcu
