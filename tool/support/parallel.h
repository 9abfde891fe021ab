// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parallel loops whose results do not depend on timing: work item I writes slot I.
#pragma once

#include <cstddef>
#include <functional>

namespace krcu {

/// Calls `Body(Index, Worker)` for every Index in [0, Count), on `Jobs` threads (at least 1). Worker is in
/// [0, Jobs). Indices are handed out in increasing order. Body must not throw. Threads have 64 MiB stacks (Clang recurses), or less where that is not to be had.
void parallelFor(unsigned Jobs, size_t Count, const std::function<void(size_t Index, unsigned Worker)> &Body);

/// The number of processors this process may use, at least 1.
unsigned defaultJobs();

} // namespace krcu
