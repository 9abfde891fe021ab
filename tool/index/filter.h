// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A Bloom filter over the identifiers of one file, stored in an arena. 16 bits an identifier let
// about one foreign word in 1000 through; what passes is confirmed by reading the file, some 15 us each.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace krcu {

/// Which bits of 16 bytes belong to a word of that length. A table, for a branch on the length is mispredicted.
struct TailMask {
  uint64_t first, second;
};
inline constexpr std::array<TailMask, 17> TailMasks = [] {
  std::array<TailMask, 17> Masks{};
  for (unsigned Length = 1; Length <= 16; ++Length)
    Masks[Length] = {~UINT64_C(0) >> (Length < 8 ? 64 - 8 * Length : 0), Length > 8 ? ~UINT64_C(0) >> (128 - 8 * Length) : 0};
  return Masks;
}();

/// Hash of an identifier. Reads up to 15 bytes behind the end of the word: buffers are padded.
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
  for (; Length > 16; Length -= 16, Word += 16)
    Hash = Fold(Hash ^ Load(Word), Odd ^ Load(Word + 8));
  uint64_t First = Load(Word) & TailMasks[Length].first, Second = Load(Word + 8) & TailMasks[Length].second;
  Hash = Fold(Hash ^ First, Odd ^ UINT64_C(0xd1b54a32d192ed03) ^ Second);
  return Hash | 1; // never 0, the mark of an empty slot
}

/// Hash of the first bytes of an identifier, for files whose many identifiers would make a large filter. Padded as above.
inline uint64_t hashPrefix(const char *Word, size_t Length) {
  constexpr size_t Prefix = 6;
  return hashWord(Word, Length < Prefix ? Length : Prefix);
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

/// All bits of an identifier stand in one block of four words, so that adding or asking costs one cache line.
class WordFilter {
public:
  static constexpr unsigned BitsPerWord = 16, BlockWords = 4;

  WordFilter() = default;
  WordFilter(FilterArena &Arena, llvm::ArrayRef<uint64_t> Hashes) {
    if (Hashes.empty())
      return;
    Blocks = static_cast<uint32_t>((Hashes.size() * BitsPerWord + 64 * BlockWords - 1) / (64 * BlockWords));
    uint64_t *Mine = Arena.allocate(size_t(Blocks) * BlockWords);
    for (uint64_t Hash : Hashes) {
      uint64_t *Block = Mine + block(Hash);
      for (unsigned I = 0; I < BlockWords; ++I)
        Block[I] |= mask(Hash, I);
    }
    Bits = Mine;
  }

  /// One that was made before; `Bits` must outlive it.
  WordFilter(const uint64_t *Bits, uint32_t Blocks) : Bits(Bits), Blocks(Blocks) {}
  llvm::ArrayRef<uint64_t> words() const { return {Bits, size_t(Blocks) * BlockWords}; }

  bool mayHold(uint64_t Hash) const {
    if (!Blocks)
      return false;
    const uint64_t *Block = Bits + block(Hash);
    for (unsigned I = 0; I < BlockWords; ++I)
      if (uint64_t Mask = mask(Hash, I); (Block[I] & Mask) != Mask)
        return false;
    return true;
  }

private:
  /// Two bits of each word, from the lower 49 bits of the hash (the lowest is always set); the block from all of it.
  static uint64_t mask(uint64_t Hash, unsigned I) {
    uint64_t Twelve = Hash >> (1 + 12 * I);
    return (UINT64_C(1) << (Twelve & 63)) | (UINT64_C(1) << (Twelve >> 6 & 63));
  }
  size_t block(uint64_t Hash) const {
    uint64_t Mixed = (Hash * UINT64_C(0xff51afd7ed558ccd)) >> 32;
    return static_cast<size_t>((Mixed * Blocks) >> 32) * BlockWords;
  }

  const uint64_t *Bits = nullptr;
  uint32_t Blocks = 0;
};

} // namespace krcu
