// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The inner loop of the index. Comments and strings are passed over by the same rules as clang's raw lexer:
// they hold 40 % of a file's distinct words, which would fill the filters for nothing. Being wrong in one
// direction only is essential: a word the lexer sees must never be missed. Where a backslash at the end of a
// line makes the rules intricate the file is marked as spliced, and its words are taken from the lexer itself.
#include "tool/index/scan.h"

#include "tool/index/splice.h"
#include "tool/index/walk.h"
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace krcu {
namespace {

constexpr bool isDigit(char C) { return C >= '0' && C <= '9'; }

constexpr bool isWord(char C) { return (C >= 'a' && C <= 'z') || (C >= 'A' && C <= 'Z') || isDigit(C) || C == '_'; }

constexpr unsigned BlockBytes = 64;

/// What stands in 64 bytes, a bit each.
struct Block {
  uint64_t word = 0; ///< letters, digits, '_'
  uint64_t digit = 0;
  uint64_t quote = 0; ///< begins a string or a character constant
  uint64_t slash = 0;
  uint64_t star = 0;
  uint64_t backslash = 0;

  /// Where a comment or a literal may begin. What follows the last byte is unknown.
  uint64_t specials() const { return quote | (slash & ((slash | star | backslash) >> 1 | UINT64_C(1) << (BlockBytes - 1))); }
};

#if defined(__SSE2__)
__m128i load(const char *P) { return _mm_loadu_si128(reinterpret_cast<const __m128i *>(P)); }
__m128i equal(__m128i Bytes, char C) { return _mm_cmpeq_epi8(Bytes, _mm_set1_epi8(C)); }
/// The last Count characters up to Last. Moved so that they end at 127: what lies above wraps to a negative number.
__m128i inRange(__m128i Bytes, char Last, char Count) {
  return _mm_cmpgt_epi8(_mm_add_epi8(Bytes, _mm_set1_epi8(static_cast<char>(127 - Last))), _mm_set1_epi8(static_cast<char>(127 - Count)));
}
unsigned bits(__m128i Mask) { return static_cast<unsigned>(_mm_movemask_epi8(Mask)); }

struct Look {
  Block operator()(const char *P) const {
    Block B;
    for (unsigned I = 0; I < BlockBytes; I += 16) {
      __m128i Bytes = load(P + I), Digit = inRange(Bytes, '9', 10);
      __m128i Letter = _mm_or_si128(inRange(_mm_or_si128(Bytes, _mm_set1_epi8(0x20)), 'z', 26), equal(Bytes, '_'));
      B.word |= uint64_t(bits(_mm_or_si128(Letter, Digit))) << I;
      B.digit |= uint64_t(bits(Digit)) << I;
      B.quote |= uint64_t(bits(_mm_or_si128(equal(Bytes, '"'), equal(Bytes, '\'')))) << I;
      B.slash |= uint64_t(bits(equal(Bytes, '/'))) << I;
      B.star |= uint64_t(bits(equal(Bytes, '*'))) << I;
      B.backslash |= uint64_t(bits(equal(Bytes, '\\'))) << I;
    }
    return B;
  }
};

// The same for processors with vectors of 32 bytes, as is every one of the last ten years: the whole index pass
// takes a twentieth less. Which one it is shows at run time only.
#define KRCU_WIDE __attribute__((target("avx2,bmi,bmi2")))

struct WideLook {
  KRCU_WIDE static __m256i equal(__m256i Bytes, char C) { return _mm256_cmpeq_epi8(Bytes, _mm256_set1_epi8(C)); }
  KRCU_WIDE static __m256i inRange(__m256i Bytes, char Last, char Count) {
    return _mm256_cmpgt_epi8(_mm256_add_epi8(Bytes, _mm256_set1_epi8(static_cast<char>(127 - Last))), _mm256_set1_epi8(static_cast<char>(127 - Count)));
  }
  KRCU_WIDE static uint64_t bits(__m256i Mask) { return static_cast<uint32_t>(_mm256_movemask_epi8(Mask)); }

  KRCU_WIDE Block operator()(const char *P) const {
    Block B;
    for (unsigned I = 0; I < BlockBytes; I += 32) {
      __m256i Bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(P + I)), Digit = inRange(Bytes, '9', 10);
      __m256i Letter = _mm256_or_si256(inRange(_mm256_or_si256(Bytes, _mm256_set1_epi8(0x20)), 'z', 26), equal(Bytes, '_'));
      B.word |= bits(_mm256_or_si256(Letter, Digit)) << I;
      B.digit |= bits(Digit) << I;
      B.quote |= bits(_mm256_or_si256(equal(Bytes, '"'), equal(Bytes, '\''))) << I;
      B.slash |= bits(equal(Bytes, '/')) << I;
      B.star |= bits(equal(Bytes, '*')) << I;
      B.backslash |= bits(equal(Bytes, '\\')) << I;
    }
    return B;
  }
};

bool hasWideVectors() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}
#else
/// A bit for each member of a Block, in order.
constexpr std::array<uint8_t, 256> Kinds = [] {
  std::array<uint8_t, 256> T{};
  for (unsigned C = 0; C < 256; ++C)
    T[C] = static_cast<uint8_t>(isWord(static_cast<char>(C)) | isDigit(static_cast<char>(C)) << 1);
  T['"'] = T['\''] = 1 << 2;
  T['/'] = 1 << 3;
  T['*'] = 1 << 4;
  T['\\'] = 1 << 5;
  return T;
}();

struct Look {
  Block operator()(const char *P) const {
    Block B;
    for (unsigned I = 0; I < BlockBytes; I += 8) {
      uint64_t Eight = 0;
      for (unsigned J = 0; J < 8; ++J)
        Eight |= uint64_t(Kinds[static_cast<uint8_t>(P[I + J])]) << (8 * J);
      // The product moves the lowest bits of all bytes into the highest byte.
      auto Bits = [&](unsigned Kind) { return ((Eight >> Kind & UINT64_C(0x0101010101010101)) * UINT64_C(0x0102040810204080) >> 56) << I; };
      B.word |= Bits(0);
      B.digit |= Bits(1);
      B.quote |= Bits(2);
      B.slash |= Bits(3);
      B.star |= Bits(4);
      B.backslash |= Bits(5);
    }
    return B;
  }
};
#endif

/// Behind the newline that ends a line comment; a newline behind a backslash does not.
const char *behindLineComment(const char *P, const char *End) {
  for (; P < End; ++P) {
    if (*P == '\\') {
      if (const char *Next = behindSplice(P, End))
        P = Next - 1;
    } else if (*P == '\n' || *P == '\r') {
      break;
    }
  }
  return P;
}

/// The first byte from P on that may matter in a literal, or End or later.
const char *literalByte(const char *P, const char *End, char Quote) {
#if defined(__SSE2__)
  for (; P < End; P += 16) {
    __m128i Bytes = load(P);
    unsigned Hits = bits(_mm_or_si128(_mm_or_si128(equal(Bytes, Quote), equal(Bytes, '\\')), _mm_or_si128(equal(Bytes, '\n'), equal(Bytes, '\r'))));
    if (Hits)
      return P + std::countr_zero(Hits);
  }
#else
  while (P < End && *P != Quote && *P != '\\' && *P != '\n' && *P != '\r')
    ++P;
#endif
  return P;
}

/// Behind the closing quote, or at the newline that cuts the literal off.
const char *behindLiteral(const char *P, const char *End) {
  const char Quote = *P++;
  for (; (P = literalByte(P, End, Quote)) < End; ++P) {
    if (*P == Quote)
      return P + 1;
    if (*P == '\n' || *P == '\r')
      return P;
    if (const char *Next = behindSplice(P, End)) {
      P = Next - 1;
      continue;
    }
    ++P; // what is escaped may come behind a splice only
    while (const char *Next = P < End && *P == '\\' ? behindSplice(P, End) : nullptr)
      P = Next;
    if (P < End && (*P == '\n' || *P == '\r'))
      return P;
  }
  return End;
}

} // namespace

uint64_t hashOf(llvm::StringRef Word) {
  char Small[128 + 16] = {};
  if (Word.size() <= 128) {
    std::memcpy(Small, Word.data(), Word.size());
    return hashWord(Small, Word.size());
  }
  std::string Copy = Word.str();
  Copy.append(16, '\0');
  return hashWord(Copy.data(), Word.size());
}

uint64_t prefixHashOf(llvm::StringRef Word) {
  char Small[32] = {};
  size_t Length = std::min<size_t>(Word.size(), 8);
  std::memcpy(Small, Word.data(), Length);
  return hashPrefix(Small, Length);
}

void WatchedWords::add(llvm::StringRef Word, uint8_t Classes) {
  uint64_t Hash = hashOf(Word);
  size_t Bit = (Hash >> 20) % Slots;
  Maybe[Bit / 64] |= UINT64_C(1) << (Bit % 64);
  Begins.set(prefixHashOf(Word) >> 20 & (Slots - 1));
  auto It = std::lower_bound(Words.begin(), Words.end(), std::pair<uint64_t, uint8_t>(Hash, 0));
  if (It != Words.end() && It->first == Hash)
    It->second |= Classes;
  else
    Words.insert(It, {Hash, Classes});
}

uint8_t WatchedWords::classesOf(uint64_t Hash) const {
  size_t Bit = (Hash >> 20) % Slots;
  if (!(Maybe[Bit / 64] >> (Bit % 64) & 1))
    return 0;
  auto It = std::lower_bound(Words.begin(), Words.end(), std::pair<uint64_t, uint8_t>(Hash, 0));
  return It != Words.end() && It->first == Hash ? It->second : 0;
}

void HashSet::clear(size_t Bytes) {
  // As small as the file allows, for it competes with the text for the processor's first cache.
  Mask = std::clamp<size_t>(std::bit_ceil(Bytes / 16), MinSlots, MaxSlots) - 1;
  if (Slots.size() > MaxSlots * 16) { // one huge file has blown it up
    Slots = std::vector<uint64_t>(MaxSlots);
    Distinct = std::vector<uint64_t>(MaxSlots);
  }
  std::fill_n(Slots.begin(), Mask + 1, 0);
  Count = 0;
}

void HashSet::insert(llvm::ArrayRef<uint64_t> Hashes) {
  uint64_t *const Set = Slots.data(), *Next = Distinct.data() + Count;
  const size_t Last = Mask;
  for (uint64_t Hash : Hashes) {
    uint64_t &Slot = Set[(Hash >> 8) & Last];
    // Whether a word is new cannot be predicted, so there is no branch for it. All hashes are odd.
    uint64_t Held = Slot, Taken = Held & 1;
    if ((Held ^ Hash) & (0 - Taken)) [[unlikely]] {
      Next = insertBehind(Hash, Next);
      continue;
    }
    Slot = Hash;
    *Next = Hash;
    Next += 1 - Taken;
  }
  Count = static_cast<size_t>(Next - Distinct.data());
  if (Count * 2 > Mask)
    grow();
}

/// Where another hash has its place.
uint64_t *HashSet::insertBehind(uint64_t Hash, uint64_t *Next) {
  size_t I = (Hash >> 8) & Mask;
  while (Slots[I] && Slots[I] != Hash)
    I = (I + 1) & Mask;
  if (!Slots[I])
    *Next++ = Slots[I] = Hash;
  return Next;
}

void HashSet::grow() {
  size_t Larger = (Mask + 1) * 4;
  Mask = Larger - 1;
  Slots.assign(std::max(Slots.size(), Larger), 0);
  Distinct.resize(Slots.size());
  for (uint64_t Hash : hashes()) {
    size_t I = (Hash >> 8) & Mask;
    while (Slots[I])
      I = (I + 1) & Mask;
    Slots[I] = Hash;
  }
}

void FileScanner::scan(char *Data, size_t Size) {
  Text = {Data, Size};
  Words.clear(Size);
  Definitions.clear();
  Includes.clear();
  Classes = 0;
  Spliced = false;
  Coarse = Size > CoarseBytes;
  Nul = std::memchr(Data, 0, Size) != nullptr;
  LongSpliceRow = findLongSpliceRow(Text) != llvm::StringRef::npos;
  // Zeros end a word and begin nothing: a block may reach behind the text.
  std::memset(Data + Size, 0, ReadBuffer::Padding);
  scanWords();
  if (!Coarse)
    for (uint64_t Hash : words())
      Classes |= Watched.classesOf(Hash);
  findDefinitions(Text, [this](llvm::StringRef Name, unsigned Line) {
    Definitions.push_back({hashOf(Name), Line});
  });
}

void FileScanner::scanWords() {
#if defined(__SSE2__)
  static const bool Wide = hasWideVectors();
  if (Wide)
    return scanWordsWide();
#endif
  scanBlocks(Look());
}

#if defined(__SSE2__)
KRCU_WIDE void FileScanner::scanWordsWide() { scanBlocks(WideLook()); }
#endif

/// Always inlined, for it must be compiled for the same processor as Blocks. As long as nothing special comes the next
/// block is the next 64 bytes, whatever this one holds, so that the processor can begin with it at once.
template <typename Blocks> __attribute__((always_inline)) inline void FileScanner::scanBlocks(Blocks At) {
  const char *P = Text.begin(), *const End = Text.end();
  const char *Open = P; // where the word began that reached the end of the block before
  uint64_t Reached = 0, Pending = 0; // bit 0: there was such a word; it is no number
  unsigned Found = 0;
  while (P < End) {
    const Block B = At(P);
    const uint64_t Specials = B.specials(), Before = (Specials & (0 - Specials)) - 1;
    const uint64_t Word = B.word & Before, Last = Word >> 63;
    uint64_t Starts = Word & ~(Word << 1 | Reached) & ~B.digit;
    if (Word == ~UINT64_C(0)) [[unlikely]] {
      if (!Reached) {
        Open = P;
        Pending = Starts;
        Reached = 1;
      }
      P += BlockBytes;
      continue;
    }
    // Written in any case, counted if there is one: a branch would be mispredicted.
    Places[Found] = {Open, static_cast<size_t>(P + std::countr_one(Word) - Open)};
    Found += static_cast<unsigned>(Pending);
    if (uint64_t Behind = B.backslash & (Word << 1 | Reached) & Before) [[unlikely]]
      checkWordSplices(P, Behind);
    const unsigned Tail = (64 - static_cast<unsigned>(std::countl_one(Word))) & 63;
    Open = P + Tail;
    Reached = Last;
    Pending = Starts >> Tail & Last;
    for (Starts &= ~(Last << Tail); Starts; Starts &= Starts - 1) {
      const int Start = std::countr_zero(Starts);
      Places[Found++] = {P + Start, static_cast<size_t>(std::countr_one(Word >> Start))};
    }
    if (Found > Batch)
      addWords(std::exchange(Found, 0));
    P = Specials ? skipSpecial(P + std::countr_zero(Specials), End) : P + BlockBytes;
  }
  Places[Found] = {Open, static_cast<size_t>(P - Open)};
  addWords(Found + static_cast<unsigned>(Pending));
}

/// At backslashes behind words: bits of the 64 bytes from P on.
void FileScanner::checkWordSplices(const char *P, uint64_t Backslashes) {
  for (; Backslashes; Backslashes &= Backslashes - 1) {
    const char *Word = P + std::countr_zero(Backslashes), *Next = behindSplice(Word, Text.end());
    while (Word > Text.begin() && isWord(Word[-1]))
      --Word;
    if (Next && Next < Text.end() && !isDigit(*Word))
      Spliced |= isWord(*Next) || *Next == '\\';
  }
}

/// The words at the first places.
void FileScanner::addWords(unsigned Found) {
  static const uint64_t Include = hashOf("include"), IncludeNext = hashOf("include_next"), IncludePrefix = prefixHashOf("include");
  std::array<uint64_t, MaxPlaces> Hashes;
  if (Coarse)
    for (unsigned I = 0; I < Found; ++I)
      Hashes[I] = hashPrefix(Places[I].word, Places[I].length);
  else
    for (unsigned I = 0; I < Found; ++I)
      Hashes[I] = hashWord(Places[I].word, Places[I].length);
  Words.insert({Hashes.data(), Found});
  for (unsigned I = 0; I < Found; ++I) {
    uint64_t Hash = Hashes[I];
    if (Coarse && (Hash == IncludePrefix || Watched.mayBegin(Hash)))
      Classes |= Watched.classesOf(Hash = hashWord(Places[I].word, Places[I].length));
    if (Hash == Include || Hash == IncludeNext)
      addInclude(Places[I].word);
  }
}

/// At '/', '"' or an apostrophe: behind what it begins.
const char *FileScanner::skipSpecial(const char *P, const char *End) {
  if (*P != '/')
    return behindLiteral(P, End);
  if (P + 1 >= End)
    return P + 1;
  if (P[1] == '/')
    return behindLineComment(P + 2, End);
  if (P[1] == '*')
    return behindComment(P + 2, End);
  if (P[1] == '\\' && behindSplice(P + 1, End))
    Spliced = true; // "/\", newline, "*" opens one
  return P + 1;
}

/// Behind the "*/" from P on, or End.
const char *FileScanner::behindComment(const char *P, const char *End) {
#if defined(__SSE2__)
  constexpr unsigned Step = 16;
#else
  constexpr unsigned Step = 1;
#endif
  for (; P < End; P += Step) { // the padding behind End may be read
#if defined(__SSE2__)
    __m128i Next = load(P + 1);
    unsigned Hits = bits(_mm_and_si128(equal(load(P), '*'), _mm_or_si128(equal(Next, '/'), equal(Next, '\\'))));
#else
    unsigned Hits = *P == '*' && (P[1] == '/' || P[1] == '\\');
#endif
    for (; Hits; Hits &= Hits - 1) {
      const char *Behind = P + std::countr_zero(Hits) + 1;
      if (*Behind == '/')
        return Behind + 1;
      Spliced |= behindSplice(Behind, End) != nullptr; // "*\", newline, "/" closes a comment too
    }
  }
  return End;
}

void FileScanner::addWord(llvm::StringRef Word) {
  uint64_t Hash = hashOf(Word);
  Classes |= Watched.classesOf(Hash);
  Words.insert(Coarse ? prefixHashOf(Word) : Hash);
}

void FileScanner::addInclude(const char *Word) {
  size_t At = static_cast<size_t>(Word - Text.data());
  llvm::StringRef Before = Text.take_front(At).rtrim(" \t");
  if (!Before.consume_back("#"))
    return;
  Before = Before.rtrim(" \t");
  if (!Before.empty() && Before.back() != '\n')
    return;
  llvm::StringRef Line = Text.drop_front(At).split('\n').first;
  size_t Open = Line.find_first_of("<\"");
  if (Open == llvm::StringRef::npos)
    return addNamesOf(Line.drop_while(isWord).ltrim(" \t").take_while(isWord));
  size_t Close = Line.find(Line[Open] == '<' ? '>' : '"', Open + 1);
  if (Close != llvm::StringRef::npos)
    Includes.push_back(Line.slice(Open, Close));
}

/// #include MACRO: the names that the file itself gives the macro, in whatever branch.
void FileScanner::addNamesOf(llvm::StringRef Macro) {
  for (size_t At = Macro.empty() ? llvm::StringRef::npos : Text.find(Macro); At != llvm::StringRef::npos; At = Text.find(Macro, At + Macro.size())) {
    llvm::StringRef Before = Text.take_front(At), Value = Text.drop_front(At + Macro.size());
    bool Defines = Before.rtrim(" \t").ends_with("define") && !Before.ends_with("define");
    llvm::StringRef Name = Value.ltrim(" \t");
    if (!Defines || Name.size() == Value.size() || !(Name.starts_with("\"") || Name.starts_with("<")))
      continue;
    size_t Close = Name.find_first_of(Name[0] == '<' ? ">\n" : "\"\n", 1);
    if (Close != llvm::StringRef::npos && Name[Close] != '\n')
      Includes.push_back(Name.take_front(Close));
  }
}

} // namespace krcu
