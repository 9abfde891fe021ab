// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is made of a tree's files and is the same in several configurations: a run looks at a handful of them, and
// nearly all Kconfig files and makefiles say the same in each. Private to the room.
#pragma once

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringMap.h"
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace krcu {
namespace kconfig {
struct File;
struct Parsed;
} // namespace kconfig
namespace makefile {
struct Listed;
} // namespace makefile

/// Things that never change once they are here, a few per key. May be used from several threads.
template <typename T> class Shelf {
public:
  using Pointer = std::shared_ptr<const T>;

  /// One that `Fits`; null: there is none.
  Pointer find(llvm::StringRef Key, llvm::function_ref<bool(const T &)> Fits) const {
    std::lock_guard<std::mutex> Guard(Lock);
    if (auto It = Kept.find(Key); It != Kept.end())
      for (const Pointer &P : It->second)
        if (Fits(*P))
          return P;
    return nullptr;
  }
  Pointer find(llvm::StringRef Key) const {
    return find(Key, [](const T &) { return true; });
  }

  /// Two threads may make the same thing at the same time; that does no harm.
  Pointer put(llvm::StringRef Key, T Made) {
    auto P = std::make_shared<const T>(std::move(Made));
    std::lock_guard<std::mutex> Guard(Lock);
    std::vector<Pointer> &Of = Kept[Key];
    if (Of.size() < MostPerKey)
      Of.push_back(P);
    return P;
  }

private:
  static constexpr size_t MostPerKey = 32; ///< a series of forced configurations must not fill the memory

  mutable std::mutex Lock;
  llvm::StringMap<std::vector<Pointer>> Kept;
};

struct TreeMemory {
  Shelf<std::optional<std::string>> texts; ///< of makefiles, by path; nothing: there is no such file
  Shelf<kconfig::File> kconfig_files;      ///< by path
  Shelf<kconfig::Parsed> kconfigs;         ///< by architecture
  Shelf<makefile::Listed> symbolic;        ///< by directory
  Shelf<makefile::Listed> concrete;        ///< by directory; each fits some configurations
};

} // namespace krcu
