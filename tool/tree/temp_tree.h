// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For tests only: a small source tree in a temporary directory that goes away with the object.
#pragma once

#include "tool/support/error.h"
#include "tool/tree/tree.h"
#include "gtest/gtest.h"
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

namespace krcu {

/// Path -> text; also used for CONFIG values.
using FileMap = std::map<std::string, std::string>;

class TempTree {
public:
  /// `Files`: path -> text. What makes a directory a kernel tree is added unless `Bare`.
  explicit TempTree(const FileMap &Files, bool Bare = false) {
    std::string Name = (std::filesystem::temp_directory_path() / "krcu-tree-XXXXXX").string();
    if (!::mkdtemp(Name.data()))
      ADD_FAILURE() << "cannot create " << Name;
    Root = Name;
    if (!Bare) {
      write("Makefile", "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 3\nEXTRAVERSION = -rc1\n");
      write("Kconfig", "");
      std::filesystem::create_directories(Root / "include/linux");
      std::filesystem::create_directories(Root / "arch/x86");
    }
    for (const auto &[Path, Text] : Files)
      write(Path, Text);
  }
  TempTree(const TempTree &) = delete;
  TempTree &operator=(const TempTree &) = delete;
  ~TempTree() {
    std::error_code Ignored;
    std::filesystem::remove_all(Root, Ignored);
  }

  void write(const std::string &Path, const std::string &Text) {
    std::filesystem::create_directories((Root / Path).parent_path());
    std::ofstream(Root / Path) << Text;
  }
  std::string path() const { return Root.string(); }
  Tree open() const {
    llvm::Expected<Tree> T = Tree::open(path());
    if (!T) {
      ADD_FAILURE() << message(T.takeError());
      std::abort();
    }
    return *T;
  }

private:
  std::filesystem::path Root;
};

} // namespace krcu
