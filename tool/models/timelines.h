// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Spin's trails as timelines: who did what on which CPU.
#pragma once

#include "tool/models/answers.h"
#include "tool/rules/eras.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace krcu {

/// One line of a timeline from one line that the model printed ("@0;thread 1;kfree_rcu() collects object;0"). Objects are
/// called A, B, C.
std::string timelineStep(const std::string &Said);

/// A shortest counterexample to every question that is worth one and whose answer is no, in the order of the questions; a
/// run that answers two questions is told for both.
llvm::Expected<std::vector<Timeline>> makeTimelines(const std::string &Directory, const std::vector<Question> &Questions,
                                                    const Answers &A, unsigned Jobs);

} // namespace krcu
