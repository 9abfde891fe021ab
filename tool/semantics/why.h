// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Why a value of the table of eras is what it is: the timelines that Spin found (rules/semantics/timelines.yaml).
#pragma once

#include "tool/rules/eras.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace krcu {

/// The timelines that `Row` asks for, in the order of the table: an era ("batching"), a row ("destroy_waits_kfree_rcu", "exit
/// kfree_rcu, rcu_barrier"), or both ("batching:destroy_waits_kfree_rcu"). Fails with the names on an unknown one.
llvm::Expected<std::vector<Timeline>> findTimelines(const EraTable &T, const std::vector<Timeline> &All, const std::string &Row);

/// The text of `krcu semantics --why ROW`: the timelines, and for each value that has none, why there is none.
llvm::Expected<std::string> printWhy(const EraTable &T, const std::vector<Timeline> &All, const std::string &Row);

} // namespace krcu
