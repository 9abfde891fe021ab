// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Digests of content. BLAKE3, not a faster hash that somebody could steer: trees come from anybody, and a file that is made to
// collide with an older one would be judged by the older one's facts.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/BLAKE3.h"
#include <compare>
#include <cstdint>
#include <string>

namespace krcu {

struct Digest {
  uint64_t low = 0, high = 0; ///< both 0: not known
  bool known() const { return low || high; }
  friend auto operator<=>(const Digest &, const Digest &) = default;
  llvm::StringRef bytes() const { return {reinterpret_cast<const char *>(this), sizeof(*this)}; }
};

Digest digestOf(llvm::StringRef Text);

/// A digest of several parts; each with its length in front, so that no two lists of parts give the same bytes.
class Digester {
public:
  Digester &add(llvm::StringRef Part);
  Digester &add(uint64_t Number);
  Digester &add(const Digest &D) { return add(D.bytes()); }
  /// All strings of a container, and how many there are.
  template <typename Strings> Digester &addAll(const Strings &Parts) {
    add(static_cast<uint64_t>(Parts.size()));
    for (const auto &Part : Parts)
      add(llvm::StringRef(Part));
    return *this;
  }
  Digest finish();

private:
  llvm::BLAKE3 Hash;
};

} // namespace krcu
