// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A look at a repository before libgit2 opens it: libgit2 opens what stands there by name, and waits for ever at a pipe.
#pragma once

#include <string>

namespace krcu::series {

/// Why the repository of `Directory` is not to be opened, as a sentence: something in it is neither file nor directory, or its configuration includes a
/// file that belongs neither to it nor to its work tree. Empty: nothing speaks against it, or there is no repository. With `Upwards` the repository may
/// be that of a directory above. Worktrees, alternates and included files are looked at, too.
std::string oddFileOfRepository(const std::string &Directory, bool Upwards);

/// Why a commit is not to be made there, as a sentence: a link stands where it would be written, so the objects, the branch `Branch` or its log would come
/// into being elsewhere; or the work tree's `.git` is a file that leads to a repository that does not know it. Empty: nothing does. `Git` and `Common`: the
/// directories as libgit2 names them, different ones for a worktree.
std::string linkInTheWay(const std::string &WorkTree, const std::string &Git, const std::string &Common, const std::string &Branch);

/// The same as oddFileOfRepository() for the .gitattributes of a work tree that matter for the file `Relative`.
std::string oddAttributesFor(const std::string &WorkTree, const std::string &Relative);

} // namespace krcu::series
