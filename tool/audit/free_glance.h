// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A look at the deferred frees of a file before it is parsed. Most hand over a pointer as it was passed or stored, to a structure whose head stands
// in its definition: of those a parse could say nothing. The glance can only say "nothing is wrong here", never that something is.
#pragma once

#include "tool/driver/state.h"

namespace krcu {

class FreeGlance {
public:
  /// Only where kmem_cache_destroy() waits for kfree_rcu() and the compiler measures the head's offset: else caches and layouts must be known.
  explicit FreeGlance(TreeState &State);
  bool usable() const { return Usable; }
  /// Whether the text of each deferred free in the file settles it.
  bool settles(const std::string &File) const;
  /// The functions of the file whose deferred frees are not settled, or that cannot be told apart from such.
  std::vector<std::string> openFunctions(const std::string &File) const;

private:
  struct Body;
  bool settlesCall(const Body &B, llvm::StringRef Name, size_t At) const;
  bool settlesObject(const Body &B, size_t Begin, size_t End) const;
  bool isStoredPointer(const Body &B, size_t Begin, size_t End) const;
  bool isLoad(const Body &B, size_t Begin, size_t End) const;
  bool hasMember(const std::string &Tag, const std::string &File, llvm::StringRef Member, bool Head) const;

  TreeState &State;
  bool Usable = false;
};

} // namespace krcu
