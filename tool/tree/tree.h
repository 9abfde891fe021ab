// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A kernel source tree as a directory: is it one, which version, and safe reading inside it.
// Nothing of the tree is executed and no path leaves it.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace krcu {

/// The text of `Relative` below the directory `Root` (absolute, symlinks resolved). Nothing if it does not
/// exist, is no regular file, cannot be read, is larger than 256 MiB, or lies outside `Root`, by ".." or by a
/// symlink.
std::optional<std::string> readInside(const std::string &Root, llvm::StringRef Relative);

/// While it lives, notes what its thread asks of trees by Tree::read(). May be nested; the innermost notes.
class ReadLog {
public:
  ReadLog();
  ReadLog(const ReadLog &) = delete;
  ReadLog &operator=(const ReadLog &) = delete;
  ~ReadLog();
  std::vector<std::string> paths; ///< as asked for, whether there is such a file or not

  /// For whoever answers from what was read before.
  static void note(llvm::StringRef Path);

private:
  ReadLog *Outer;
};

struct TreeMemory;

class Tree {
public:
  /// Opens `Path`. Fails with the reason and the mend if it does not exist, is no directory, cannot be read,
  /// or is no kernel tree (top Makefile with VERSION/PATCHLEVEL, Kbuild or Kconfig, include/linux), or only the headers of one.
  static llvm::Expected<Tree> open(const std::string &Path);

  const std::string &root() const { return Root; } ///< absolute, no trailing slash, symlinks resolved
  const std::string &version() const {
    return Version;
  } ///< "6.12.117" (VERSION.PATCHLEVEL.SUBLEVEL EXTRAVERSION as written)
  unsigned versionCode(unsigned Part) const { return Parts[Part]; } ///< 0 version, 1 patchlevel, 2 sublevel

  /// A file's text; nothing if it does not exist, is no regular file, lies outside the tree (.. or a
  /// symlink), or cannot be read.
  std::optional<std::string> read(llvm::StringRef Relative) const;
  bool has(llvm::StringRef Relative) const;
  std::string absolute(llvm::StringRef Relative) const; ///< root + "/" + relative
  /// The path relative to the root, or nothing when it is outside.
  std::optional<std::string> relative(llvm::StringRef Absolute) const;

  /// From now on read() gives these texts instead of those on disk; nothing: the file is gone. has() answers alike. For a patch in memory.
  void overlay(std::map<std::string, std::optional<std::string>> Texts);

  /// Adds the directory of an external module. From now on its files have the relative paths
  /// MountPoint + "/" + path for all methods above; its own files and no others, symlinks out are refused.
  /// Fails if it cannot be read, or if one of the two directories lies in the other.
  llvm::Error mount(const std::string &Dir);
  static constexpr llvm::StringLiteral MountPoint = "M=";
  const std::string &mounted() const { return Mounted; } ///< absolute, symlinks resolved; empty: none
  bool isMounted(llvm::StringRef Relative) const { return !mountedPath(Relative).empty(); }
  /// Whether the file belongs to what is looked at and may be changed: with a mount only its own files do.
  bool isSubject(llvm::StringRef Relative) const { return Mounted.empty() || isMounted(Relative); }
  /// The path below mounted() ("." for the directory itself), or empty for files of the tree proper.
  llvm::StringRef mountedPath(llvm::StringRef Relative) const;
  /// Where the parser sees a file: always below the root, mounted or not.
  std::string visible(llvm::StringRef Relative) const { return Root + "/" + Relative.str(); }
  /// `Text` as the user should read it: with a mount, paths of its files are relative to it, and those of the kernel's begin with kernelName().
  std::string shown(llvm::StringRef Text) const;
  /// The same for what is a path and nothing else.
  std::string shownFile(llvm::StringRef File) const;
  std::string kernelName() const { return "linux-" + Version; }
  /// Whether a directory has a C file itself.
  bool hasSourcesIn(llvm::StringRef Directory) const;
  /// What to tell a user whose tree lacks mm/ and kernel/rcu/: a package of headers is enough to build a module and not enough to judge it.
  static llvm::Error onlyHeaders(const std::string &Path, const std::string &Root, std::string Version);
  /// Names of directories under arch/ (sorted).
  std::vector<std::string> architectures() const;

  /// read() for files that every configuration reads: from the second time on out of the memory. Never null.
  std::shared_ptr<const std::optional<std::string>> readOnce(llvm::StringRef Relative) const;
  TreeMemory &memory() const { return *Memory; } ///< copies of a tree share it, until their files differ

private:
  Tree();

  std::string Root, Version, Mounted;
  std::map<std::string, std::optional<std::string>> Overlay;
  unsigned Parts[3] = {0, 0, 0};
  std::shared_ptr<TreeMemory> Memory;
};

} // namespace krcu
