// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Who includes what, as text: the #include lines of all files, without the search paths that would make them
// exact.
#pragma once

#include "tool/index/index.h"
#include "tool/index/part.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include <mutex>

namespace krcu {

/// What the path of a file must end with that `Written` names: without dots and leading "../".
std::string includeTail(llvm::StringRef Written);
/// Could a written name with this tail stand for the file, by its spelling alone?
bool couldName(llvm::StringRef Tail, llvm::StringRef Path);

/// What one worker of the byte pass collects.
class IncludeCollector {
public:
  /// `Name` as written, with the opening '<' or '"'.
  void add(uint32_t File, llvm::StringRef Name);

private:
  friend class IncludeGraph;
  llvm::StringMap<uint32_t> Ids;                    ///< numbers count from 0 in each worker
  std::vector<std::pair<uint32_t, uint32_t>> Lines; ///< (number, file)
};

class IncludeGraph {
public:
  /// Does not depend on how the files were spread over the workers. Before finish().
  void build(std::vector<IncludeCollector> &Workers);

  /// Adds the lines of a part that was kept: Number[row] is the file that a row stands for now, or -1. Before finish().
  void add(const IndexPart &Part, llvm::ArrayRef<int32_t> Number);
  /// Once, when all is added.
  void finish();
  /// Calls `Each` for every name, in order, with the files that have it.
  void forEach(llvm::function_ref<void(llvm::StringRef Written, llvm::ArrayRef<uint32_t> Files)> Each) const {
    for (const Name &N : Names)
      Each(N.written, N.files);
  }

  /// Thread-safe, as the one below; remembered.
  std::vector<uint32_t> includersOf(const Index &I, llvm::StringRef HeaderPath) const;
  std::vector<uint32_t> transitiveIncludersOf(const Index &I, llvm::StringRef HeaderPath) const;
  uint64_t bytes() const;

private:
  std::vector<int> filesBeside(const Index &I, uint32_t N) const;
  std::vector<uint32_t> findIncluders(const Index &I, llvm::StringRef HeaderPath) const;
  const std::vector<uint32_t> &knownIncluders(const Index &I, llvm::StringRef HeaderPath) const;
  const std::vector<uint32_t> &knownIncluders(const Index &I, uint32_t File) const;

  struct Name {
    std::string written;         ///< with the opening '<' or '"'
    std::string tail;            ///< without dots and leading "../"
    std::vector<uint32_t> files; ///< sorted, unique
  };
  std::vector<Name> Names;                           ///< sorted by `written`
  llvm::StringMap<std::vector<uint32_t>> ByBasename; ///< last component -> indices into Names
  mutable std::mutex Lock;
  mutable llvm::DenseMap<uint32_t, std::vector<int>> Beside; ///< index into Names -> filesBeside()
  mutable llvm::StringMap<std::vector<uint32_t>> Known; ///< header -> includers; entries never move
  mutable std::vector<const std::vector<uint32_t> *> KnownOfFile; ///< the same by the file's number; null: not asked yet
};

} // namespace krcu
