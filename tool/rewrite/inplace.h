// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// New contents into a tree: all files or none, as far as a file system can promise that.
#pragma once

#include "llvm/Support/Error.h"
#include <map>
#include <string>
#include <utility>

namespace krcu {

/// Replaces files below `Root`. The map goes from a path relative to Root to the bytes the plan was made from
/// and the new bytes. Each file is replaced by a rename and keeps its owner, group and permission bits (no set-id). Before the first
/// rename every file has been checked and its new contents are on disk beside it, so a full disk, a read-only
/// directory, a file that changed in between or a path that leaves the tree (absolute, "..", a symbolic link
/// on the way) changes nothing at all. Should a rename itself fail, the error lists the files that are
/// already replaced. Each of them is whole.
llvm::Error applyInPlace(const std::string &Root,
                         const std::map<std::string, std::pair<std::string, std::string>> &OldAndNew);

} // namespace krcu
