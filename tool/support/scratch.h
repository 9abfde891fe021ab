// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Temporary directories that do not stay: not after SIGINT, SIGTERM or SIGHUP, and what a run left that was killed outright (SIGKILL, power) is removed
// by the next. Each holds a file that its process has locked for as long as it lives; that, and no process number, says whether somebody is
// still there, so containers that share a directory for temporary files do each other no harm.
#pragma once

#include "llvm/Support/Error.h"
#include <string>

namespace krcu {

/// A new directory in TMPDIR (or where the system has it), for this user only. The first call of a process removes the abandoned ones of the same
/// user there. Fails with the mend. Thread-safe.
llvm::Expected<std::string> makeScratchDirectory();

/// With all that is in it. Does nothing for an empty path. Thread-safe.
void removeScratchDirectory(const std::string &Path);

/// From now on those signals remove all directories that are there, before they end the process as they would have. For main(), once.
void removeScratchOnSignals();

} // namespace krcu
