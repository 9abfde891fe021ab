// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A Bloom filter over the identifiers of one file, stored in an arena. 16 bits an identifier and 6 probes let
// about one foreign word in 1000 through; what passes is confirmed by reading the file, some 15 us each.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace krcu {

/// Hash of an identifier. Reads up to 7 bytes behind the end of the word: buffers are padded.
inline uint64_t hashWord(const char *Word, size_t Length) {
  constexpr uint64_t Odd = UINT64_C(0x9e3779b97f4a7c15);
  auto Fold = [](uint64_t A, uint64_t B) {
    __extension__ typedef unsigned __int128 Wide;
    Wide Product = static_cast<Wide>(A) * B;
    return static_cast<uint64_t>(Product) ^ static_cast<uint64_t>(Product >> 64);
  };
  auto Load = [](const char *P) {
    uint64_t V;
    std::memcpy(&V, P, sizeof(V));
    return V;
  };
  uint64_t Hash = Odd ^ Length;
  for (; Length > 8; Length -= 8, Word += 8)
    Hash = Fold(Hash ^ Load(Word), Odd);
  uint64_t Tail = Length ? Load(Word) & (~UINT64_C(0) >> (64 - 8 * Length)) : 0;
  Hash = Fold(Hash ^ Tail, Odd ^ UINT64_C(0xd1b54a32d192ed03));
  return Hash | 1; // never 0, the mark of an empty slot
}

/// Words that live as long as the arena, handed out from chunks of 1 MiB.
class FilterArena {
public:
  uint64_t *allocate(size_t Words) {
    if (Words > Left) {
      size_t Size = Words > ChunkWords / 4 ? Words : ChunkWords;
      Chunks.push_back(std::make_unique<uint64_t[]>(Size));
      Total += Size;
      if (Size == Words)
        return Chunks.back().get(); // a chunk of its own; the current one stays in use
      Next = Chunks.back().get();
      Left = Size;
    }
    uint64_t *Result = Next;
    Next += Words;
    Left -= Words;
    return Result;
  }
  size_t bytes() const { return Total * sizeof(uint64_t); }

private:
  static constexpr size_t ChunkWords = (size_t(1) << 20) / sizeof(uint64_t);
  std::vector<std::unique_ptr<uint64_t[]>> Chunks;
  uint64_t *Next = nullptr;
  size_t Left = 0, Total = 0;
};

class WordFilter {
public:
  static constexpr unsigned BitsPerWord = 16, Probes = 6;

  WordFilter() = default;
  WordFilter(FilterArena &Arena, llvm::ArrayRef<uint64_t> Hashes) {
    if (Hashes.empty())
      return;
    Size = static_cast<uint32_t>((Hashes.size() * BitsPerWord + 63) / 64);
    uint64_t *Mine = Arena.allocate(Size);
    for (uint64_t Hash : Hashes)
      for (unsigned I = 0; I < Probes; ++I) {
        uint64_t At = bit(Hash, I);
        Mine[At / 64] |= UINT64_C(1) << (At % 64);
      }
    Bits = Mine;
  }

  bool mayHold(uint64_t Hash) const {
    if (!Size)
      return false;
    for (unsigned I = 0; I < Probes; ++I) {
      uint64_t At = bit(Hash, I);
      if (!(Bits[At / 64] >> (At % 64) & 1))
        return false;
    }
    return true;
  }

private:
  uint64_t bit(uint64_t Hash, unsigned Probe) const {
    auto Low = static_cast<uint32_t>(Hash >> 1), High = static_cast<uint32_t>(Hash >> 32) | 1;
    return (static_cast<uint64_t>(Low + Probe * High) * (static_cast<uint64_t>(Size) * 64)) >> 32;
  }

  const uint64_t *Bits = nullptr;
  uint32_t Size = 0; ///< in 64-bit words
};

} // namespace krcu
