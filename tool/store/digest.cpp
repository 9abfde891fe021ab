// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/store/digest.h"
#include <cstring>

namespace krcu {
namespace {

Digest fromBytes(const void *Bytes) {
  Digest D;
  std::memcpy(&D, Bytes, sizeof(D));
  if (!D.known())
    D.low = 1;
  return D;
}

} // namespace

Digest digestOf(llvm::StringRef Text) {
  auto Bytes = llvm::BLAKE3::hash<sizeof(Digest)>({reinterpret_cast<const uint8_t *>(Text.data()), Text.size()});
  return fromBytes(Bytes.data());
}

Digester &Digester::add(llvm::StringRef Part) {
  add(static_cast<uint64_t>(Part.size()));
  Hash.update(Part);
  return *this;
}

Digester &Digester::add(uint64_t Number) {
  Hash.update(llvm::StringRef(reinterpret_cast<const char *>(&Number), sizeof(Number)));
  return *this;
}

Digest Digester::finish() {
  auto Bytes = Hash.final<sizeof(Digest)>();
  return fromBytes(Bytes.data());
}

} // namespace krcu
