// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where a text looks into what a variable points to. Private to the room.
#pragma once

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"

namespace krcu {

/// Calls `Each` with "p" and its place for each "p->" outside of comments, in order; of "p->q->" only with "p".
void eachLook(llvm::StringRef Text, llvm::function_ref<void(llvm::StringRef Variable, size_t At)> Each);

} // namespace krcu
