// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Questions about what a function may do, on any path: the counterpart of the effects, used where "perhaps" is already
// reason enough to be careful.
#pragma once

#include "tool/support/evidence.h"
#include "tool/semantics/body.h"
#include "tool/semantics/corpus.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <optional>

namespace krcu::semantics {

bool isCallRcu(llvm::StringRef Name);
/// Puts work, or a timer that puts work, into a queue.
bool isQueueing(llvm::StringRef Name);

/// The first call that `Wanted` accepts, in `D` or up to `Depth` calls away. With `SameFile` only functions of D's own
/// file are followed, else everything in the corpus.
std::optional<Evidence> findCall(Corpus &C, const Definition &D, unsigned Depth, bool SameFile,
                                 llvm::function_ref<bool(llvm::StringRef)> Wanted);

Evidence evidenceAt(const Definition &D, unsigned Line, std::string Text);

} // namespace krcu::semantics
