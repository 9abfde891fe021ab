// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// libgit2, begun once. Its beginning reads every certificate that the machine trusts, which takes longer than a thousand comparisons of texts.
#pragma once

#include <git2.h>

namespace krcu {

/// Hold one while any handle lives. The first one begins libgit2, which then stays until the program ends.
class GitLibrary {
public:
  GitLibrary() {
    static const Began Once;
    (void)Once;
  }

private:
  struct Began {
    Began() { git_libgit2_init(); }
    ~Began() { git_libgit2_shutdown(); }
  };
};

} // namespace krcu
