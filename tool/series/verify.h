// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A directory of patches, looked at as a maintainer's machine would: read, applied in order in memory, and handed on after each step.
// Nothing is written; the tree stays as it is.
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

/// What a patch makes of the files that it changes, given what the ones before it made of them.
struct AppliedPatch {
  const ReadPatch *patch;
  std::vector<std::string> files;                ///< that it changes, sorted
  std::map<std::string, std::string> contents;   ///< of every file changed so far
  std::string problem;                           ///< it does not apply, and why; then `files` is empty
};

/// Applies the patches in order to the files of `T`. A patch that does not apply is reported and left out. `Below`: what stands before the
/// patches' paths in `T`, "M=/" of a mounted directory; it stands before those of the result, too.
llvm::Expected<std::vector<AppliedPatch>> applyInMemory(const Tree &T, const std::vector<ReadPatch> &Patches, const std::string &Below = "");

/// Runs the tree's scripts/checkpatch.pl --strict on a mail; its lines, without the summary. Executes code of the tree.
llvm::Expected<std::vector<std::string>> runCheckpatch(const Tree &T, const std::string &Mail);

} // namespace krcu::series
