// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The one door through which the parser sees the disk. Texts of strangers name files (#include, #embed, flags of makefiles, a database of
// commands); here it is decided, once and for all of them, which of these exist: regular files below a few directories that the user has named
// or that belong to a compiler, wherever symlinks lead. Anything else is not there: no text of it can come into an error, no pipe or device is
// read, and nobody learns whether it exists.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/VirtualFileSystem.h"
#include <cstdint>
#include <string>
#include <vector>

namespace krcu {

/// Which directories may be read. Made before the first parse; afterwards only read, from any thread.
class Door {
public:
  /// Adds a directory (or one file) by both its names, as given and with symlinks resolved. Nothing happens if it does not exist.
  void allow(const std::string &Path);
  /// Adds the headers that compilers bring with them: Clang's own, and those of a GCC under /usr/lib.
  void allowCompilers();
  /// Adds a directory of krcu's own, in which larger files may lie.
  void allowOwn(const std::string &Path);

  /// Opens a file or directory that may be seen, without following a symlink that leads out; a negative number and errno otherwise. `Flags`:
  /// as for open(2). Never hangs.
  int open(llvm::StringRef Path, int Flags) const;
  /// The largest file that is shown from there.
  uint64_t limitFor(llvm::StringRef Path) const;

  static constexpr uint64_t MaxBytes = uint64_t(64) << 20; ///< as the index reads

private:
  bool isInside(llvm::StringRef Path) const;

  std::vector<std::string> Roots; ///< absolute
  std::string Own;
};

/// The disk as `D` lets it be seen. `D` must outlive the result.
llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> behindDoor(const Door &D);

} // namespace krcu
