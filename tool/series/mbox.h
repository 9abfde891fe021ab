// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The mails of a directory as one mailbox, made when it is asked for: a file beside the mails would be stale after the first edit.
#pragma once

#include "llvm/Support/Error.h"
#include <string>

namespace krcu::series {

/// The patches below `Directory` in order, without cover letters. Fails if there is none.
llvm::Expected<std::string> mailboxOf(const std::string &Directory);

} // namespace krcu::series
