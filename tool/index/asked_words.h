// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whether a file has a word. A search of the text is quick, and most files are asked about few words; a file that is asked about thousands would be
// read thousands of times. So after some reading all words of a file are gathered, as hashes, and later questions do not read it again.
#pragma once

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include <map>
#include <mutex>
#include <vector>

namespace krcu {

/// Thread-safe.
class AskedWords {
public:
  /// `Look` searches a text of `Size` bytes for the word, `Gather` gives all words for which it would say yes.
  bool has(uint32_t File, uint64_t Size, llvm::StringRef Word, llvm::function_ref<bool()> Look, llvm::function_ref<std::vector<llvm::StringRef>()> Gather);

private:
  struct Asked {
    uint64_t bytes = 0; ///< read so far
    bool gathered = false;
    llvm::DenseSet<uint64_t> words;
  };
  std::mutex Lock;
  std::map<uint32_t, Asked> Files;
  uint64_t Kept = 0; ///< words of all files
};

} // namespace krcu
