// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which files a tree has and what the file system says of them: enough to know that a file has not changed since it was last
// read. As in git's index, a file counts as unchanged if size, times and inode are those of a reading that began well after
// its last change; one that changed about when it was read (or has a time in the future) is read again.
#pragma once

#include "tool/index/index.h"
#include "tool/store/digest.h"
#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace krcu {

struct FileState {
  uint64_t size = 0;
  int64_t mtime = 0, ctime = 0; ///< nanoseconds
  uint64_t inode = 0;
  friend bool operator==(const FileState &, const FileState &) = default;
};

/// A file of the tree that is no .c or .h file but that a build may read: Makefile, Kconfig, *.tbl, ...
struct BuildFile {
  std::string path;
  Digest content; ///< not known: it cannot be read
};

class Survey {
public:
  /// Walks the tree and what is mounted in it, and asks for the state of every file. `Known`: what states() gave the last time, or
  /// anything else; files in the same state get their digests from it. Fails as Index::build(). `Now`: nanoseconds since
  /// 1970; 0: ask the clock.
  static llvm::Expected<Survey> take(const Tree &T, unsigned Jobs, llvm::StringRef Known, int64_t Now = 0);

  std::vector<IndexedFile> files;      ///< sources, sorted by path; `content` is set where it is known
  std::vector<BuildFile> build_files;  ///< sorted by path
  size_t unknown = 0;                  ///< sources of unknown content

  /// Reads and digests the sources of unknown content. What cannot be read stays unknown.
  void digestUnknown(const Tree &T, unsigned Jobs);
  /// Takes over what somebody else has read in the meantime: `Files` are the same files.
  void adopt(const std::vector<IndexedFile> &Files);
  /// Whether states() would say something new.
  bool isNews() const { return News; }
  std::string states() const;
  /// Of all paths and contents; not known if the content of a file is not.
  Digest digest() const;
  /// Of the paths and contents of the build files and of the names of the directories with sources.
  Digest buildDigest() const;
  /// Whether the file is still in the state in which it was met. Thread-safe.
  bool isUnchanged(const Tree &T, uint32_t File) const;
  /// Whether all sources are.
  bool areUnchanged(const Tree &T, unsigned Jobs) const;

private:
  struct Table;
  void recognise(const Table &Known);

  std::vector<FileState> States, BuildStates;
  std::vector<int64_t> Verified, BuildVerified; ///< when the run began whose reading gave the digest
  int64_t Begun = 0;
  bool News = true;
  bool IsStored = false; ///< out of a repository: states are ids, and no file can change
};

} // namespace krcu
