// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For tests: a small kernel tree in a temporary directory, and rules with two deferrals and one free
// function.
#pragma once

#include "tool/index/index.h"
#include "tool/index/scan.h"
#include "tool/index/walk.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace krcu {

class TestTree : public testing::Test {
protected:
  void SetUp() override {
    std::string Template = (std::filesystem::temp_directory_path() / "krcu-index-XXXXXX").string();
    ASSERT_NE(mkdtemp(Template.data()), nullptr);
    Root = Template + "/linux";
    Outside = Template + "/outside";
    std::filesystem::create_directories(Outside);
    std::filesystem::create_directories(Root + "/include/linux");
    write("Makefile", "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 1\nEXTRAVERSION =\n");
    write("Kconfig", "mainmenu \"test\"\n");
    write("Kbuild", "obj-y += fs/\n");
    DeferralRule D;
    D.name = "call_rcu";
    R.deferrals.push_back(D);
    D.name = "call_srcu";
    D.head = 1;
    D.callback = 2;
    R.deferrals.push_back(D);
    FreeRule F;
    F.name = "kfree";
    R.frees.push_back(F);
  }
  void TearDown() override { std::filesystem::remove_all(std::filesystem::path(Root).parent_path()); }

  void write(const std::string &Path, const std::string &Text) {
    std::filesystem::path Full = Root + "/" + Path;
    std::filesystem::create_directories(Full.parent_path());
    std::ofstream(Full, std::ios::binary) << Text;
  }

  std::unique_ptr<Index> build(unsigned Jobs = 2, uint64_t MaxBytes = UINT64_C(64) << 20) {
    Tree T = llvm::cantFail(Tree::open(Root));
    return llvm::cantFail(Index::build(T, R, {Jobs, MaxBytes}));
  }

  static std::vector<std::string> paths(const Index &I, const std::vector<uint32_t> &Files) {
    std::vector<std::string> Out;
    for (uint32_t File : Files)
      Out.push_back(I.files()[File].path);
    return Out;
  }
  /// "path" or "path: problem" of every file.
  static std::vector<std::string> listing(const Index &I) {
    std::vector<std::string> Out;
    for (const IndexedFile &F : I.files())
      Out.push_back(F.problem.empty() ? F.path : F.path + ": " + F.problem);
    return Out;
  }

  std::string Root, Outside;
  Rules R;
};

/// A text that has been through the byte pass, without words to watch.
struct Scanned : FileScanner {
  explicit Scanned(const std::string &Text) : FileScanner(None) {
    Buffer.reserve(Text.size());
    std::copy(Text.begin(), Text.end(), Buffer.data.get());
    scan(Buffer.data.get(), Text.size());
  }
  bool has(llvm::StringRef Word) const { return llvm::is_contained(words(), hashOf(Word)); }
  static inline const WatchedWords None;
  ReadBuffer Buffer;
};

using Strings = std::vector<std::string>;

} // namespace krcu
