// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kbuild's questions about the files of a mounted directory. Private to the room.
#pragma once

#include "tool/kbuild/kbuild.h"

namespace krcu {

/// Answers for mounted files from the makefiles of T.mounted(), for all others as `OfTree` does.
std::unique_ptr<Kbuild> withMount(const Tree &T, const std::map<std::string, std::string> &Values,
                                  std::unique_ptr<Kbuild> OfTree);

} // namespace krcu
