// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An index with other texts over some of its files answers as an index of the changed tree would.
#include "tool/index/overlay.h"
#include "tool/index/test_tree.h"

using namespace krcu;

namespace {

class OverlayTest : public TestTree {
protected:
  void SetUp() override {
    TestTree::SetUp();
    write("include/linux/item.h", "#ifndef ITEM_H\n#define ITEM_H\nstruct item { int a; };\n#endif\n");
    write("include/linux/list.h", "#include <linux/item.h>\n");
    write("fs/a.c", "#include <linux/list.h>\nvoid old_name(void) { }\n");
    write("fs/b.c", "void other(void) { old_name(); }\n");
    Base = build();
  }
  std::vector<std::string> mentioning(const Index &I, llvm::StringRef Word) { return paths(I, I.mentioning(Word)); }

  std::unique_ptr<Index> Base;
};

TEST_F(OverlayTest, WithoutNewFilesItHasThoseOfTheBase) {
  OverlayIndex O(*Base, {{"fs/a.c", "#include <linux/list.h>\nvoid new_name(void) { }\n"}});
  EXPECT_EQ(O.files().size(), Base->files().size());
  EXPECT_EQ(mentioning(O, "new_name"), std::vector<std::string>{"fs/a.c"});
  EXPECT_EQ(mentioning(O, "old_name"), std::vector<std::string>{"fs/b.c"});
  EXPECT_EQ(O.definitionsOf("old_name").size(), 0u);
  EXPECT_EQ(paths(O, O.transitiveIncludersOf("include/linux/item.h")), (std::vector<std::string>{"fs/a.c", "include/linux/list.h"}));
}

TEST_F(OverlayTest, ANewFileIsFoundAndIncludes) {
  OverlayIndex O(*Base, {{"fs/c.c", "#include <linux/item.h>\nvoid added(void) { }\n"}});
  EXPECT_EQ(O.files().size(), Base->files().size() + 1);
  ASSERT_GE(O.find("fs/c.c"), 0);
  EXPECT_EQ(mentioning(O, "added"), std::vector<std::string>{"fs/c.c"});
  std::vector<std::string> Includers = paths(O, O.transitiveIncludersOf("include/linux/item.h"));
  EXPECT_NE(std::find(Includers.begin(), Includers.end(), "fs/c.c"), Includers.end());
}

TEST_F(OverlayTest, ADeletedFileSaysNothing) {
  OverlayIndex O(*Base, {{"fs/b.c", std::nullopt}});
  EXPECT_EQ(mentioning(O, "old_name"), std::vector<std::string>{"fs/a.c"});
}

TEST_F(OverlayTest, TextsOfAnotherOneAreTakenOnlyIfTheyAreTheSame) {
  OverlayIndex First(*Base, {{"fs/a.c", "void new_name(void) { }\n"}});
  OverlayIndex Second(*Base, {{"fs/a.c", "void third_name(void) { }\n"}, {"fs/b.c", "void b(void) { }\n"}}, &First);
  EXPECT_EQ(mentioning(Second, "new_name"), std::vector<std::string>{});
  EXPECT_EQ(mentioning(Second, "third_name"), std::vector<std::string>{"fs/a.c"});
  OverlayIndex Same(*Base, {{"fs/a.c", "void new_name(void) { }\n"}}, &First);
  EXPECT_EQ(Same.text(static_cast<uint32_t>(Same.find("fs/a.c"))), First.text(static_cast<uint32_t>(First.find("fs/a.c"))));
  EXPECT_EQ(Same.definitionsOf("new_name").size(), 1u);
}

} // namespace
