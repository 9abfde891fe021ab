// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A mounted directory as the parser sees it: below the tree's root, so that every name and location that comes out
// of Clang is relative to one root. Private to the room.
#pragma once

#include "tool/tree/tree.h"
#include "llvm/Support/VirtualFileSystem.h"

namespace krcu {

/// `Below`, with T.mounted() at T.visible(Tree::MountPoint). A symlink that leads out of the mounted directory leads nowhere.
/// `Below` itself if nothing is mounted. `T` must outlive the result.
llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> withMount(const Tree &T, llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> Below);

} // namespace krcu
