// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the byte pass takes from one file: its distinct identifiers outside comments and strings as hashes,
// the places that look like function definitions, its #include lines. No lexer: 0.8 ns a byte.
#pragma once

#include "tool/index/filter.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include <array>
#include <bitset>
#include <cstdint>
#include <vector>

namespace krcu {

struct ScannedDefinition {
  uint64_t name = 0; ///< hashWord()
  unsigned line = 0;
};

/// The words a scan looks out for, with a class each (a bit mask).
class WatchedWords {
public:
  enum Class : uint8_t { Rule = 1, Deferral = 2 };
  void add(llvm::StringRef Word, uint8_t Classes);
  uint8_t classesOf(uint64_t Hash) const;
  /// Whether a word with this hashPrefix() may be one of them.
  bool mayBegin(uint64_t PrefixHash) const { return Begins[PrefixHash >> 20 & (Slots - 1)]; }

private:
  static constexpr size_t Slots = 1 << 15; ///< some 60 a word: a word that is none of them seldom needs a closer look
  std::bitset<Slots> Begins;
  std::vector<uint64_t> Maybe = std::vector<uint64_t>(Slots / 64); ///< one bit a hash; most words miss here
  std::vector<std::pair<uint64_t, uint8_t>> Words;
};

/// Hashes of a word that is not in a padded buffer.
uint64_t hashOf(llvm::StringRef Word);
uint64_t prefixHashOf(llvm::StringRef Word);

/// The distinct hashes of one file, each of them odd. Open addressing.
class HashSet {
public:
  static constexpr size_t MaxInsert = 192; ///< at once
  /// For a file of so many bytes.
  void clear(size_t Bytes);
  void insert(llvm::ArrayRef<uint64_t> Hashes);
  llvm::ArrayRef<uint64_t> hashes() const { return {Distinct.data(), Count}; }

private:
  static constexpr size_t MinSlots = 1024, MaxSlots = 4096; ///< to begin with
  static_assert(MinSlots / 2 + MaxInsert < MinSlots, "half of it may be taken before, and there must be a free slot");
  uint64_t *insertBehind(uint64_t Hash, uint64_t *Next);
  void grow();

  std::vector<uint64_t> Slots = std::vector<uint64_t>(MaxSlots); ///< 0 is free; only the first Mask + 1 are in use
  std::vector<uint64_t> Distinct = std::vector<uint64_t>(MaxSlots);
  size_t Mask = MinSlots - 1, Count = 0;
};

class FileScanner {
public:
  explicit FileScanner(const WatchedWords &Watched) : Watched(Watched) {}

  /// `Data` must have ReadBuffer::Padding writable bytes behind `Size`; they are overwritten.
  void scan(char *Data, size_t Size);

  llvm::ArrayRef<uint64_t> words() const { return Words.hashes(); } ///< hashes, unordered, unique
  /// words() holds hashes of prefixes: the file is large, most likely a list of registers, a third of a kernel's bytes.
  bool isCoarse() const { return Coarse; }
  const std::vector<ScannedDefinition> &definitions() const { return Definitions; }
  /// As written, with the opening '<' or '"'. Points into the scanned data.
  const std::vector<llvm::StringRef> &includes() const { return Includes; }
  uint8_t watched() const { return Classes; }
  bool hasNul() const { return Nul; }
  /// A row of line splices so long that clang's lexer overflows its stack.
  bool breaksParsers() const { return LongSpliceRow; }
  /// A backslash at the end of a line breaks an identifier in two or hides the edge of a comment: words() may
  /// lack some, which the caller finds with a lexer and adds.
  bool isSpliced() const { return Spliced; }
  void addWord(llvm::StringRef Word);

private:
  static constexpr size_t CoarseBytes = 256 << 10;
  static constexpr size_t MaxPlaces = HashSet::MaxInsert, Batch = MaxPlaces - 64; ///< a block has fewer words
  struct Place {
    const char *word;
    size_t length;
  };

  void scanWords();
  void scanWordsWide();
  template <typename Blocks> void scanBlocks(Blocks At);
  void checkWordSplices(const char *P, uint64_t Backslashes);
  void addWords(unsigned Found);
  const char *skipSpecial(const char *P, const char *End);
  const char *behindComment(const char *P, const char *End);
  void addInclude(const char *Word);
  void addNamesOf(llvm::StringRef Macro);

  const WatchedWords &Watched;
  llvm::StringRef Text;
  std::array<Place, MaxPlaces> Places; ///< words found and not yet added
  HashSet Words;
  std::vector<ScannedDefinition> Definitions;
  std::vector<llvm::StringRef> Includes;
  uint8_t Classes = 0;
  bool Nul = false, Spliced = false, Coarse = false, LongSpliceRow = false;
};

/// The function definitions in a text, by layout: see definitions.cpp.
void findDefinitions(llvm::StringRef Text,
                     llvm::function_ref<void(llvm::StringRef Name, unsigned Line)> Found);

} // namespace krcu
