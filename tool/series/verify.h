// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A directory of patches, read as a maintainer's machine would. Nothing is written.
#pragma once

#include "tool/series/split.h"
#include "tool/tree/tree.h"
#include <functional>
#include <string>
#include <vector>

namespace krcu::series {

struct ReadPatch {
  std::string file;      ///< the mail's path below the directory
  std::string subject;
  std::string diff;      ///< from the first "diff --git"
  std::string problem = {}; ///< it is no patch that could be sent: no subject, nothing in it
};

/// The *.patch files of a directory and of those below it, in order, without cover letters (0000-*). Fails if there is none.
llvm::Expected<std::vector<ReadPatch>> readPatches(const std::string &Directory);

/// Runs the tree's scripts/checkpatch.pl --strict on a mail; its lines, without the summary. Executes code of the tree.
llvm::Expected<std::vector<std::string>> runCheckpatch(const Tree &T, const std::string &Mail);

} // namespace krcu::series
