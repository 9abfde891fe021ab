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
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace krcu {
namespace {

enum Class : uint8_t { Other, Letter, Digit, Special };

/// Special: may begin a comment, a string or a character constant.
constexpr std::array<uint8_t, 256> WordTable = [] {
  std::array<uint8_t, 256> T{};
  for (unsigned C = 0; C < 256; ++C) {
    bool Alpha = (C >= 'a' && C <= 'z') || (C >= 'A' && C <= 'Z') || C == '_';
    T[C] = Alpha ? Letter : (C >= '0' && C <= '9') ? Digit : Other;
  }
  T['/'] = T['"'] = T['\''] = Special;
  return T;
}();

uint8_t classOf(char C) { return WordTable[static_cast<uint8_t>(C)]; }

bool isWord(char C) { return classOf(C) == Letter || classOf(C) == Digit; }

#if defined(__SSE2__)
/// Sixteen bytes at once: a bit is set where a word character stands.
unsigned wordBits(__m128i Bytes) {
  // Moved so that the range ends at 127: what lies above it wraps to a negative number.
  __m128i Alpha = _mm_add_epi8(_mm_or_si128(Bytes, _mm_set1_epi8(0x20)), _mm_set1_epi8(127 - 'z'));
  __m128i Digits = _mm_add_epi8(Bytes, _mm_set1_epi8(127 - '9'));
  __m128i Hit = _mm_or_si128(_mm_cmpgt_epi8(Alpha, _mm_set1_epi8(127 - 26)), _mm_cmpgt_epi8(Digits, _mm_set1_epi8(127 - 10)));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(Hit, _mm_cmpeq_epi8(Bytes, _mm_set1_epi8('_')))));
}

unsigned equalBits(__m128i Bytes, char C) { return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(Bytes, _mm_set1_epi8(C)))); }

__m128i load(const char *P) { return _mm_loadu_si128(reinterpret_cast<const __m128i *>(P)); }
#endif

/// The first byte from P on that is no word character. There is one within the padding.
const char *wordEnd(const char *P) {
#if defined(__SSE2__)
  while (true) {
    unsigned Others = ~wordBits(load(P)) & 0xffff;
    if (Others)
      return P + std::countr_zero(Others);
    P += 16;
  }
#else
  while (isWord(*P))
    ++P;
  return P;
#endif
}

/// The first byte from P on that is of a class besides Other. There is one within the padding.
const char *gapEnd(const char *P) {
#if defined(__SSE2__)
  for (int Near = 0; Near < 2; ++Near, ++P) // most gaps are one or two bytes
    if (classOf(*P) != Other)
      return P;
  while (true) {
    __m128i Bytes = load(P);
    unsigned Hits = wordBits(Bytes) | equalBits(Bytes, '/') | equalBits(Bytes, '"') | equalBits(Bytes, '\'');
    if (Hits)
      return P + std::countr_zero(Hits);
    P += 16;
  }
#else
  while (classOf(*P) == Other)
    ++P;
  return P;
#endif
}

/// The "*/" from P on, or End.
const char *commentEnd(const char *P, const char *End) {
#if defined(__SSE2__)
  for (; P < End; P += 16) { // the padding behind End may be read
    unsigned Hits = equalBits(load(P), '*') & equalBits(load(P + 1), '/');
    if (Hits) {
      const char *At = P + std::countr_zero(Hits);
      return At + 1 < End ? At : End;
    }
  }
  return End;
#else
  auto *Close = static_cast<const char *>(::memmem(P, static_cast<size_t>(End - P), "*/", 2));
  return Close ? Close : End;
#endif
}

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

/// Behind the closing quote, or at the newline that cuts the literal off.
const char *behindLiteral(const char *P, const char *End) {
  const char Quote = *P++;
  for (; P < End; ++P) {
    if (*P == Quote)
      return P + 1;
    if (*P == '\n' || *P == '\r')
      return P;
    if (*P != '\\')
      continue;
    const char *Next = behindSplice(P, End);
    P = Next ? Next - 1 : P + 1;
    if (!Next && P < End && (*P == '\n' || *P == '\r'))
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

void FileScanner::scan(char *Data, size_t Size) {
  clearSet();
  Definitions.clear();
  Includes.clear();
  Classes = 0;
  Spliced = false;
  Coarse = Size > CoarseBytes;
  Nul = std::memchr(Data, 0, Size) != nullptr;
  LongSpliceRow = findLongSpliceRow({Data, Size}) != llvm::StringRef::npos;
  scanWords(Data, Size);
  findDefinitions({Data, Size}, [this](llvm::StringRef Name, unsigned Line) {
    Definitions.push_back({hashOf(Name), Line});
  });
}

void FileScanner::scanWords(char *Data, size_t Size) {
  static const uint64_t Include = hashOf("include"), IncludeNext = hashOf("include_next"), IncludePrefix = prefixHashOf("include");
  const char *P = Data, *const End = Data + Size;
  // Sentinels: a blank ends the last word, the letter behind it ends the last gap. No bounds checks in the
  // loops.
  std::memset(Data + Size, 0, ReadBuffer::Padding);
  Data[Size] = ' ';
  Data[Size + 1] = 'a';
  while (true) {
    P = gapEnd(P);
    if (P >= End)
      break;
    uint8_t C = classOf(*P);
    if (C == Special) {
      P = skipSpecial(P, End);
      continue;
    }
    const char *Word = P;
    P = wordEnd(P + 1);
    if (C == Digit)
      continue; // a number
    auto Length = static_cast<size_t>(P - Word);
    uint64_t Hash = 0;
    if (Coarse) {
      uint64_t Prefix = hashPrefix(Word, Length);
      addHash(Prefix);
      if (Prefix == IncludePrefix || Watched.mayBegin(Prefix))
        Classes |= Watched.classesOf(Hash = hashWord(Word, Length));
    } else {
      addHash(Hash = hashWord(Word, Length));
    }
    if (Hash == Include || Hash == IncludeNext)
      addInclude({Data, Size}, Word);
    if (*P == '\\')
      if (const char *Next = behindSplice(P, End))
        Spliced |= Next < End && (isWord(*Next) || *Next == '\\');
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
  if (P[1] == '*') {
    const char *Body = P + 2;
    const char *Stop = commentEnd(Body, End);
    // "*\", newline, "/" closes a comment too.
    for (const char *B = Body;
         (B = static_cast<const char *>(std::memchr(B, '\\', static_cast<size_t>(Stop - B)))); ++B)
      Spliced |= B > Body && B[-1] == '*' && behindSplice(B, End);
    return Stop < End ? Stop + 2 : End;
  }
  if (P[1] == '\\' && behindSplice(P + 1, End))
    Spliced = true; // "/\", newline, "*" opens one
  return P + 1;
}

void FileScanner::addWord(llvm::StringRef Word) {
  uint64_t Hash = hashOf(Word);
  Classes |= Watched.classesOf(Hash);
  addHash(Coarse ? prefixHashOf(Word) : Hash);
}

void FileScanner::addHash(uint64_t Hash) {
  size_t Mask = Set.size() - 1;
  for (size_t I = (Hash >> 8) & Mask;; I = (I + 1) & Mask) {
    if (Set[I] == Hash)
      return;
    if (Set[I] == 0) {
      Set[I] = Hash;
      Used.push_back(static_cast<uint32_t>(I));
      break;
    }
  }
  Distinct.push_back(Hash);
  if (!Coarse)
    Classes |= Watched.classesOf(Hash);
  if (Distinct.size() * 2 > Set.size())
    growSet();
}

void FileScanner::growSet() {
  Set.assign(Set.size() * 2, 0);
  Used.clear();
  size_t Mask = Set.size() - 1;
  for (uint64_t Hash : Distinct) {
    size_t I = (Hash >> 8) & Mask;
    while (Set[I])
      I = (I + 1) & Mask;
    Set[I] = Hash;
    Used.push_back(static_cast<uint32_t>(I));
  }
}

void FileScanner::clearSet() {
  // A set that one huge file has blown up would fall out of the processor's cache in all small ones after it.
  if (Set.size() > (1 << 14))
    Set = std::vector<uint64_t>(1 << 12);
  else
    for (uint32_t Slot : Used)
      Set[Slot] = 0;
  Used.clear();
  Distinct.clear();
}

void FileScanner::addInclude(llvm::StringRef Text, const char *Word) {
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
    return; // the name is a macro
  size_t Close = Line.find(Line[Open] == '<' ? '>' : '"', Open + 1);
  if (Close != llvm::StringRef::npos)
    Includes.push_back(Line.slice(Open, Close));
}

} // namespace krcu
