// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The allocator asks the guard of a parse (tool/frontend/guarded.h) before it takes more memory from the system. That is seldom, so it costs nothing.
#pragma once

namespace krcu {

/// From now on the heap grows only by what the guard of the thread allows. Nothing happens with another allocator than gperftools'.
void limitHeap();

} // namespace krcu
