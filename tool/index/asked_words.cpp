// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/index/asked_words.h"

#include "llvm/Support/xxhash.h"

namespace krcu {
namespace {

constexpr uint64_t ManyBytes = UINT64_C(8) << 20; ///< read of one file, before its words are gathered
constexpr uint64_t MaxKept = 4'000'000;           ///< words; some 64 MB

} // namespace

bool AskedWords::has(uint32_t File, uint64_t Size, llvm::StringRef Word, llvm::function_ref<bool()> Look,
                     llvm::function_ref<std::vector<llvm::StringRef>()> Gather) {
  bool Now = false;
  {
    std::lock_guard<std::mutex> Guard(Lock);
    Asked &A = Files[File];
    if (A.gathered)
      return A.words.contains(llvm::xxh3_64bits(Word));
    Now = A.bytes > ManyBytes && Kept < MaxKept;
    A.bytes += Size + 64;
  }
  if (!Now)
    return Look();
  llvm::DenseSet<uint64_t> Words;
  for (llvm::StringRef Each : Gather())
    Words.insert(llvm::xxh3_64bits(Each));
  bool Found = Words.contains(llvm::xxh3_64bits(Word));
  std::lock_guard<std::mutex> Guard(Lock);
  Asked &A = Files[File];
  if (!A.gathered) {
    Kept += Words.size();
    A.words = std::move(Words);
    A.gathered = true;
  }
  return Found;
}

} // namespace krcu
