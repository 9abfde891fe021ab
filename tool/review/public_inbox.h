// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Archives as lore.kernel.org has them: git repositories in which each commit is a mail. Only read; nothing of them runs.
#pragma once

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace krcu::review {

/// The repositories of the archive at `Directory`, oldest first: itself, or the epochs below git/. Empty: it is none.
std::vector<std::string> inboxRepositories(const std::string &Directory);

/// Hands over each mail of a repository, oldest first, with the beginning of its commit's id; stops at the first error that `Take` returns.
/// `Removed`: how many mails the archive has taken back, which are not handed over.
llvm::Error eachMailOf(const std::string &Repository, llvm::function_ref<llvm::Error(const std::string &Id, llvm::StringRef Text)> Take, unsigned &Removed);

} // namespace krcu::review
