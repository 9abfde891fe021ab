// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Who waits for whom under one configuration. Without one a fact is true only if every configuration shows it; the user's own decides which
// function stands behind kfree_rcu() and which allocator there is.
#pragma once

#include "tool/kbuild/config_file.h"
#include "tool/semantics/semantics.h"

namespace krcu {

struct ConfiguredSemantics {
  Semantics semantics;
  std::vector<std::string> symbols; ///< that choose what stands behind kfree_rcu(), without CONFIG_; sorted
};

llvm::Expected<ConfiguredSemantics> probeConfigured(const Tree &T, const Rules &R, const ConfigFile &C);

} // namespace krcu
