// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The second half of planVariants(): from the groups that matter to the choices of their branches. Private to the room.
#pragma once

#include "tool/lifetime/database.h"

namespace krcu {

using GroupPlace = std::pair<std::string, size_t>; ///< file, and index of a group of it

/// Whether the file belongs to an external module.
bool isOfModule(llvm::StringRef File);

/// What the paths of a file's own headers and fragments begin with: its module, or in the tree its directory or the one above.
std::string surroundingsOf(llvm::StringRef File);

/// Adds the variants that the groups make, and the branches that are dead, to the plan. `Optional`: see TextVariant.
void chooseBranches(const Database &DB, const VariantQuestion &Q, const std::set<GroupPlace> &Groups, const std::set<std::string> &Optional,
                    VariantPlan &Plan);

} // namespace krcu
