// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/tree/stored.h"
#include "tool/tree/tree.h"
#include "gtest/gtest.h"
#include <algorithm>

using namespace krcu;

namespace {

class InMemory : public StoredFiles {
public:
  explicit InMemory(std::vector<std::pair<std::string, std::string>> Given) : StoredFiles("memory"), Given(std::move(Given)) {
    for (const auto &[Path, Text] : this->Given)
      Files.push_back({Path, Text});
    std::sort(Files.begin(), Files.end(), [](const File &A, const File &B) { return A.path < B.path; });
  }
  Text fetch(const File &F) const override {
    ++Fetched;
    for (const auto &[Path, Content] : Given)
      if (Path == F.path)
        return Content == "broken" ? nullptr : std::make_shared<const std::string>(Content);
    return nullptr;
  }
  mutable unsigned Fetched = 0;

private:
  std::vector<std::pair<std::string, std::string>> Given;
};

const char Root[] = "/no/such/place@0123";

class Stored : public testing::Test {
protected:
  void SetUp() override {
    Files = std::make_shared<InMemory>(std::vector<std::pair<std::string, std::string>>{
        {"Makefile", "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 3\n"}, {"Kbuild", ""}, {"mm/slub.c", "int a;\n"}, {"mm/kasan/x.c", "int x;\n"}, {"mm-x/y.c", "int y;\n"},
        {"include/linux/a.h", "int b;\n"}, {"arch/x86/Makefile", ""}, {"arch/arm/Kconfig", ""}, {"arch/Kconfig", ""}, {"bad.c", "broken"}});
    storeUnder(Root, Files);
  }
  void TearDown() override { storeUnder(Root, nullptr); }
  std::shared_ptr<InMemory> Files;
};

TEST_F(Stored, IsATreeLikeAnyOther) {
  auto T = Tree::open(Root);
  ASSERT_TRUE(bool(T)) << llvm::toString(T.takeError());
  EXPECT_EQ(T->root(), Root);
  EXPECT_EQ(T->version(), "6.12.3");
  EXPECT_EQ(T->read("mm/slub.c"), "int a;\n");
  EXPECT_EQ(T->read("mm/../mm/slub.c"), "int a;\n");
  EXPECT_EQ(T->read("mm/none.c"), std::nullopt);
  EXPECT_EQ(T->read("bad.c"), std::nullopt);
  EXPECT_EQ(T->read("../../../etc/passwd"), std::nullopt);
  EXPECT_EQ(T->read("/etc/passwd"), std::nullopt);
  EXPECT_TRUE(T->has("include/linux"));
  EXPECT_TRUE(T->has("mm/slub.c"));
  EXPECT_FALSE(T->has("m"));
  EXPECT_TRUE(T->hasSourcesIn("mm"));
  EXPECT_FALSE(T->hasSourcesIn("include"));
  EXPECT_EQ(T->architectures(), (std::vector<std::string>{"arm", "x86"}));
}

TEST_F(Stored, DirectoriesAreWhatPathsSay) {
  EXPECT_EQ(Files->below("mm", false), std::vector<std::string>{"mm/slub.c"});
  EXPECT_EQ(Files->below("mm/", true), (std::vector<std::string>{"mm/kasan/x.c", "mm/slub.c"}));
  EXPECT_EQ(Files->below("", false), (std::vector<std::string>{"Kbuild", "Makefile", "bad.c"}));
  EXPECT_EQ(regularFilesBelow(Root, "mm", false), std::vector<std::string>{"mm/slub.c"});
  EXPECT_TRUE(Files->isDirectory("mm/kasan"));
  EXPECT_TRUE(Files->isDirectory("."));
  EXPECT_FALSE(Files->isDirectory("mm/slub.c"));
  EXPECT_EQ(Files->directoriesIn(""), (std::vector<std::string>{"arch", "include", "mm", "mm-x"}));
}

TEST_F(Stored, ItIsFoundFromBelow) {
  llvm::StringRef Rest;
  EXPECT_EQ(storedAround("/no/such/place@0123/mm/slub.c", Rest), Files);
  EXPECT_EQ(Rest, "mm/slub.c");
  EXPECT_EQ(storedAround("/no/such/place@01234/mm/slub.c", Rest), nullptr);
  EXPECT_EQ(storedAround("/no/such", Rest), nullptr);
  storeUnder(Root, nullptr);
  EXPECT_EQ(storedAround("/no/such/place@0123/mm/slub.c", Rest), nullptr);
  EXPECT_EQ(storedAt(Root), nullptr);
}

TEST_F(Stored, AFileIsFetchedOnce) {
  const StoredFiles::File *F = Files->find("mm/slub.c");
  ASSERT_TRUE(F);
  EXPECT_EQ(*Files->read(*F), "int a;\n");
  EXPECT_EQ(*Files->read(*F), "int a;\n");
  EXPECT_EQ(Files->Fetched, 1u);
}

} // namespace
