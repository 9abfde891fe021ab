// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The architectures krcu can parse, as data: the value of $(ARCH), Clang's target, and the few flags without
// which the architecture's own headers stop with an error. A row is a variant; several rows may share a
// directory.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <vector>

namespace krcu {

struct ArchForce {
  const char *symbol; ///< CONFIG symbol without CONFIG_
  const char *value;
};

struct ArchVariant {
  const char *name;     ///< "x86", "i386", "ppc32", ...
  const char *src_arch; ///< directory under arch/
  const char *arch;     ///< $(ARCH) as Kconfig sees it
  const char *triple;   ///< Clang target
  bool
      substituted; ///< Clang has no (complete) backend for it: diagnostics about inline assembly do not count
  std::vector<const char *>
      flags; ///< what the makefiles cannot say; an -I whose path does not start with '/' is relative to the tree's root
  std::vector<const char *> fallback; ///< what arch/X/Makefile says: used where that cannot be read
  std::vector<ArchForce> force; ///< Kconfig symbols that tell the variant from its siblings
};

/// All rows, in the order in which generic code tries them.
llvm::ArrayRef<ArchVariant> archTable();
/// The row of that name; null if there is none.
const ArchVariant *findVariant(llvm::StringRef Name);

} // namespace krcu
