// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// User-facing errors. Each names the file, the line if there is one, what is wrong and the mend.
// Functions that can fail return llvm::Expected<T> or llvm::Error made by fail().
#pragma once

#include "llvm/Support/Error.h"
#include <string>

namespace krcu {

/// An error whose text is one line for the user, for example
/// "rules/x.yaml:3:5: unknown key 'heed'; did you mean 'head'?".
llvm::Error fail(const std::string &Message);

/// "FILE:LINE:COLUMN: WHAT; MEND"; line 0 and column 0 are left out, an empty mend too.
llvm::Error failAt(const std::string &File, unsigned Line, unsigned Column, const std::string &What,
                   const std::string &Mend);

/// "FILE: what errno says; MEND".
llvm::Error failErrno(const std::string &File, int Errno, const std::string &Mend);

/// The text of an error; consumes it.
std::string message(llvm::Error E);

} // namespace krcu
