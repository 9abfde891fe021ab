// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A parse that overruns costs its own file. Clang answers for what is written in C, not for what somebody wrote to bring it down: thousands of
// nested operators end its stack, an array of two thousand million elements the memory, macros that double each other never end.
//
// A worker process for each parse would be the safest wall, but what comes out of a parse is handed to the matchers as an AST, and nothing else
// knows it. So a parse runs in its thread with limits: the end of the stack and a crash come as signals on a stack of their own, memory is counted
// where the heap grows (tool/main/heap_limit.cpp), processor time by a timer of the thread. Whatever happens, the parse is left by a long jump, what
// it held is given up, and the file is said not to be parsed.
#pragma once

#include "llvm/ADT/STLFunctionalExtras.h"
#include <cstddef>
#include <cstdint>
#include <string>

namespace krcu {

struct ParseLimits {
  double seconds = 20;                        ///< of processor time
  uint64_t heap_bytes = UINT64_C(2) << 30;    ///< by which the heap may grow
};

/// How a guarded body has ended.
struct GuardedEnd {
  std::string problem;  ///< for the user: "the parser ..."; empty: it came to its end
  bool overrun = false; ///< of time or memory: it would do so again
};

/// Runs `Body` in this thread. If it does not come to its end, what it has allocated and opened stays so, and what it has changed is in no
/// state to be used. May be nested; each level counts for itself.
GuardedEnd runGuarded(const ParseLimits &Limits, llvm::function_ref<void()> Body);

/// A place where a body can be left without harm, for one that has used up its time. Costs next to nothing.
void guardedPoint();

/// While it lives a guarded body is not left: it holds a lock that others wait for.
class Uninterrupted {
public:
  Uninterrupted();
  Uninterrupted(const Uninterrupted &) = delete;
  Uninterrupted &operator=(const Uninterrupted &) = delete;
  ~Uninterrupted();
};

/// Ends the program with one message and status 2. Calls no allocator.
[[noreturn]] void outOfMemory();

/// From now on memory that is not given, to anybody or to LLVM, costs a guarded parse its file and ends the process with outOfMemory() elsewhere. The
/// first runGuarded() does it, too.
void watchMemory();

/// For whoever gives out memory: whether the heap may grow by so much for the sake of this thread. Counts it if so. Calls no allocator.
bool heapMayGrow(size_t Bytes);

} // namespace krcu
