// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The paths that a user types, as the paths of the tree that all rooms use.
#pragma once

#include "tool/tree/tree.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace krcu {

/// A file or directory of what is looked at (the tree, or the external module that is mounted). `Given` may be absolute, relative to the tree as
/// reports show it, or relative to the current directory if that lies in the tree; without ./, a/../ and doubled slashes. With both, the tree's
/// own wins, unless the path begins with ./ or ../ as only a path from where one stands does. "." is all of it.
/// Fails if nothing is there, or nothing that is looked at; the mend is the nearest name.
llvm::Expected<std::string> findPath(const Tree &T, const std::string &Given);

/// The same where there may be several, with commas between them; a name that has a comma of its own is one path. Fails for the first that findPath()
/// fails for.
llvm::Expected<std::vector<std::string>> findPathList(const Tree &T, const std::string &Given);

} // namespace krcu
