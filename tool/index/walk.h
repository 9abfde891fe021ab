// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The list of a tree's sources, and reading one of them.
#pragma once

#include "tool/index/index.h"
#include <memory>
#include <new>

namespace krcu {

/// Whether the index has files of that name: C, headers, and fragments, for what a .c file includes is part of it.
bool isSourceName(llvm::StringRef Name);

/// Directories at the top that hold no kernel code (`Relative` is one of them or below it). Only there: drivers/gpu/drm/.../tools/ is code.
bool isNoKernelCode(llvm::StringRef Relative);

/// All sources (isSourceName()) below Root, sorted by path, sizes not yet known. Left out: tools/, Documentation/,
/// samples/ and scripts/ at the top, and names that begin with a dot. A symlink to a place that is walked
/// anyway is passed over in silence (the file is listed under its own name); one to a place inside the tree
/// that is not walked is followed; one that leads out of the tree, or nowhere, is listed with a problem (a Makefile or Kconfig, too), and
/// so is a directory that cannot be read. `LeaveOut`: false keeps the directories left out (of a module's own).
/// `BuildFiles`: receives the other regular files (unsorted) that say how a kernel is built, those of scripts/ and every
/// Kconfig and Makefile included; not what no configuration reads (device trees, assembler, texts).
std::vector<IndexedFile> walkTree(const std::string &Root, bool LeaveOut = true, std::vector<std::string> *BuildFiles = nullptr);

/// The same of a tree and of what is mounted in it, of which nothing is left out.
std::vector<IndexedFile> walkTree(const Tree &T, std::vector<std::string> *BuildFiles = nullptr);

/// A buffer that is used again for one file after the other. Holds `size` bytes and at least 16 readable
/// bytes behind.
struct ReadBuffer {
  static constexpr size_t Padding = 96; ///< a block of the scan and a word
  static constexpr size_t Alignment = 4096; ///< of a page: the kernel copies into it a tenth faster
  struct Free {
    void operator()(char *P) const { ::operator delete[](P, std::align_val_t(Alignment)); }
  };
  std::unique_ptr<char[], Free> data;
  size_t capacity = 0;
  size_t size = 0;

  void reserve(size_t Bytes);
};

/// Reads a regular file. Returns what went wrong in a few words, or an empty string. `Size` is set as soon as
/// it is known.
std::string readSource(int RootFd, const std::string &Path, uint64_t MaxBytes, ReadBuffer &Buffer,
                       uint64_t &Size);

} // namespace krcu
