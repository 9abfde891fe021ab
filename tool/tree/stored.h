// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Trees whose files do not lie on the disk: those of a commit, read out of a repository as they are asked for. Such a tree has a root like any other,
// a path at which nothing need exist; whoever reads below a root asks here first.
#pragma once

#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace krcu {

class StoredFiles {
public:
  struct File {
    std::string path; ///< relative to the root
    std::string id;   ///< bytes; the same for the same content
  };
  using Text = std::shared_ptr<const std::string>;

  /// `Origin`: what other trees out of the same place share.
  explicit StoredFiles(std::string Origin) : Origin(std::move(Origin)) {}
  virtual ~StoredFiles() = default;

  const std::string &origin() const { return Origin; }
  const std::vector<File> &files() const { return Files; } ///< sorted by path
  /// Null if there is no such file.
  const File *find(llvm::StringRef Path) const;
  /// The top is "" or ".".
  bool isDirectory(llvm::StringRef Path) const;
  /// Paths of the files in a directory, those further down included if `Recursive`.
  std::vector<std::string> below(llvm::StringRef Directory, bool Recursive) const;
  /// Names of the directories in a directory.
  std::vector<std::string> directoriesIn(llvm::StringRef Directory) const;
  /// The content; null if it cannot be read. Thread-safe.
  virtual Text fetch(const File &F) const = 0;
  /// fetch(), remembered for a while: the parser asks for a file's size before it asks for the file.
  Text read(const File &F) const;

protected:
  std::vector<File> Files; ///< to be sorted by whoever fills it

private:
  std::string Origin;
  mutable std::mutex Lock;
  mutable std::unordered_map<const File *, Text> Recent;
  mutable size_t RecentBytes = 0;
};

/// From now on the files below `Root` (absolute) are these; null: as on the disk again. Not while somebody reads there.
void storeUnder(const std::string &Root, std::shared_ptr<const StoredFiles> Files);
/// The files that are stored under that root; null: it is one of the disk.
std::shared_ptr<const StoredFiles> storedAt(llvm::StringRef Root);
/// Those that the absolute path lies below, and `Rest`, the path relative to them ("" for the root itself).
std::shared_ptr<const StoredFiles> storedAround(llvm::StringRef Path, llvm::StringRef &Rest);

/// Relative paths of the regular files in a directory of a tree, on the disk or stored, in no order. Symbolic links are left alone.
std::vector<std::string> regularFilesBelow(const std::string &Root, llvm::StringRef Directory, bool Recursive);

} // namespace krcu
