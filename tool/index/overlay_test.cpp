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
  static OverlayIndex::Text text(const char *Content) { return std::make_shared<const std::string>(Content); }
  std::vector<std::string> mentioning(const Index &I, llvm::StringRef Word) { return paths(I, I.mentioning(Word)); }

  std::unique_ptr<Index> Base;
};

TEST_F(OverlayTest, WithoutNewFilesItHasThoseOfTheBase) {
  OverlayIndex O(*Base, {{"fs/a.c", text("#include <linux/list.h>\nvoid new_name(void) { }\n")}});
  EXPECT_EQ(O.files().size(), Base->files().size());
  EXPECT_EQ(mentioning(O, "new_name"), std::vector<std::string>{"fs/a.c"});
  EXPECT_EQ(mentioning(O, "old_name"), std::vector<std::string>{"fs/b.c"});
  EXPECT_EQ(O.definitionsOf("old_name").size(), 0u);
  EXPECT_EQ(paths(O, O.transitiveIncludersOf("include/linux/item.h")), (std::vector<std::string>{"fs/a.c", "include/linux/list.h"}));
}

TEST_F(OverlayTest, ANewFileIsFoundAndIncludes) {
  OverlayIndex O(*Base, {{"fs/c.c", text("#include <linux/item.h>\nvoid added(void) { }\n")}});
  EXPECT_EQ(O.files().size(), Base->files().size() + 1);
  ASSERT_GE(O.find("fs/c.c"), 0);
  EXPECT_EQ(mentioning(O, "added"), std::vector<std::string>{"fs/c.c"});
  std::vector<std::string> Includers = paths(O, O.transitiveIncludersOf("include/linux/item.h"));
  EXPECT_NE(std::find(Includers.begin(), Includers.end(), "fs/c.c"), Includers.end());
}

TEST_F(OverlayTest, ADeletedFileSaysNothing) {
  OverlayIndex O(*Base, {{"fs/b.c", nullptr}});
  EXPECT_EQ(mentioning(O, "old_name"), std::vector<std::string>{"fs/a.c"});
}

TEST_F(OverlayTest, OneOverAnotherHasTheTextsOfBoth) {
  OverlayIndex First(*Base, {{"fs/a.c", text("#include \"c.c\"\nvoid new_name(void) { }\n")}, {"fs/c.c", text("#define ONE 1\nvoid added(void) { old_name(); }\n")}});
  OverlayIndex Second(*Base, {{"fs/a.c", text("void third_name(void) { }\n")}, {"fs/b.c", text("void b(void) { }\n")}}, &First);
  EXPECT_EQ(mentioning(First, "old_name"), (std::vector<std::string>{"fs/b.c", "fs/c.c"}));
  EXPECT_EQ(paths(First, First.includersOf("fs/c.c")), std::vector<std::string>{"fs/a.c"});
  EXPECT_EQ(First.includedSources(), std::set<std::string>{"c.c"});
  // What the second has of a file hides what the first had of it, whatever either had on disk.
  EXPECT_EQ(mentioning(Second, "new_name"), std::vector<std::string>{});
  EXPECT_EQ(mentioning(Second, "third_name"), std::vector<std::string>{"fs/a.c"});
  EXPECT_EQ(mentioning(Second, "old_name"), std::vector<std::string>{"fs/c.c"});
  EXPECT_EQ(Second.definitionsOf("new_name").size(), 0u);
  EXPECT_EQ(Second.definitionsOf("third_name").size(), 1u);
  EXPECT_EQ(Second.definitionsOf("added").size(), 1u);
  EXPECT_EQ(paths(Second, Second.definingMacro("ONE", nullptr)), std::vector<std::string>{"fs/c.c"});
  EXPECT_EQ(Second.includersOf("fs/c.c").size(), 0u);
  EXPECT_EQ(Second.text(static_cast<uint32_t>(Second.find("fs/c.c"))), First.text(static_cast<uint32_t>(First.find("fs/c.c"))));
}

TEST_F(OverlayTest, SourcesOfOneNameAreToldApart) {
  OverlayIndex O(*Base, {{"fs/a.c", text("#include \"selftests/a.c\"\n#include \"./c.c\"\n")}, {"fs/selftests/a.c", text("int tested;\n")}, {"fs/c.c", text("int c;\n")}});
  EXPECT_EQ(O.includersOf("fs/a.c").size(), 0u);
  EXPECT_EQ(paths(O, O.includersOf("fs/selftests/a.c")), std::vector<std::string>{"fs/a.c"});
  EXPECT_EQ(paths(O, O.includersOf("fs/c.c")), std::vector<std::string>{"fs/a.c"});
}

TEST_F(OverlayTest, TheLowerOneMayGoAway) {
  auto First = std::make_unique<OverlayIndex>(*Base, std::map<std::string, OverlayIndex::Text>{{"fs/c.c", text("void added(void) { }\n")}});
  OverlayIndex Second(*Base, {{"fs/c.c", text("void other_one(void) { }\n")}}, First.get());
  OverlayIndex Third(*Base, {{"fs/c.c", text("void added(void) { }\n")}}, &Second);
  First.reset();
  EXPECT_EQ(Second.definitionsOf("added").size(), 0u);
  EXPECT_EQ(mentioning(Second, "added"), std::vector<std::string>{});
  EXPECT_EQ(Third.definitionsOf("added").size(), 1u);
  EXPECT_EQ(mentioning(Third, "other_one"), std::vector<std::string>{});
}

TEST_F(OverlayTest, OnlyTheLastStepIsACensusOfItsOwn) {
  OverlayIndex First(*Base, {{"fs/a.c", text("void new_name(void) { }\n")}});
  OverlayIndex Second(*Base, {{"fs/b.c", text("void b(void) { }\n")}}, &First);
  Second.narrowDeferralFiles();
  EXPECT_EQ(paths(Second, Second.deferralFiles()), std::vector<std::string>{"fs/b.c"});
}

} // namespace
