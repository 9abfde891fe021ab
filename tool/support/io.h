// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading and writing files without surprises: sizes are bounded, writes are atomic.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>

namespace krcu {

/// The whole file. Fails with one clear line if it cannot be read or has more than `MaxBytes` bytes.
llvm::Expected<std::string> readFile(const std::string &Path, uint64_t MaxBytes = UINT64_C(1) << 30);

/// The same of a file that an input names or brings along: a pipe or a device is not waited for, but is an error, and so is a symbolic link.
llvm::Expected<std::string> readRegularFile(const std::string &Path, uint64_t MaxBytes = UINT64_C(1) << 30);

/// Replaces `Path` with `Content` or leaves it as it was: writes a temporary file in the same directory,
/// fsyncs it, keeps the old file's permission bits (no set-id) and renames; a symbolic link is an error. On any error the temporary file is gone.
llvm::Error writeFileAtomically(const std::string &Path, llvm::StringRef Content);

/// Writes to standard output and flushes; a full disk or a closed pipe is an error, not a silent loss.
llvm::Error writeStdout(llvm::StringRef Content);

} // namespace krcu
