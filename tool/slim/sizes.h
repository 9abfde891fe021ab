// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the slab allocator makes of a size: the sizes that kmalloc() hands out, as the tree's own table has them.
#pragma once

#include "tool/index/index.h"
#include <cstdint>
#include <set>
#include <string>

namespace krcu::slim {

/// The first arguments of the macros in `Macros`, wherever the tree uses them. Empty: the tree has no such table.
std::set<uint64_t> sizeClasses(const Index &I, const std::set<std::string> &Macros);

/// The smallest class that holds `Bytes`; 0: none does, or none is known.
uint64_t classOf(const std::set<uint64_t> &Classes, uint64_t Bytes);

} // namespace krcu::slim
