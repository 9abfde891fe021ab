// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The edits of a single site, applied to the old files, are what krcu patch makes of them, wherever the call, the callback, its prototypes and its
// helper stand: side by side, further apart than what is compared at once, and in a header.
#include "tool/driver/pipeline_trees.h"
#include "tool/driver/site_text.h"
#include "gtest/gtest.h"

using namespace krcu;

namespace {

const std::string Head = "// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n"
                         "#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/rcupdate.h>\n#include <linux/slab.h>\n#include \"item.h\"\n\n";
const std::string Helper = "static struct item *itemOf(struct rcu_head *head)\n{\n\treturn container_of(head, struct item, rcu);\n}\n\n";
const std::string Call = "void item_drop(struct item *item)\n{\n\tcall_rcu(&item->rcu, item_free);\n}\n\n";
const std::string Record = "struct item {\n\tint key;\n\tstruct rcu_head rcu;\n};\n";

std::string callback(const std::string &Storage) {
  return "/* Frees an item. */\n" + Storage + "void item_free(struct rcu_head *head)\n{\n\tkfree(itemOf(head));\n}\n\n";
}

/// As many lines of code, all the same: a comparison may then take any of them for a line that stays.
std::string lines(unsigned Count) {
  std::string Result;
  for (unsigned N = 0; N < Count; N += 4)
    Result += "#if 0\n}\n#endif\n\n";
  return Result;
}

std::vector<std::string> split(const std::string &Text) {
  llvm::SmallVector<llvm::StringRef> Parts;
  llvm::StringRef(Text).split(Parts, '\n');
  return {Parts.begin(), Parts.end()};
}

/// The new text of each file that the edits name.
std::map<std::string, std::string> applied(const ScratchTree &Tree, const std::vector<SiteEdit> &Edits) {
  std::map<std::string, std::vector<std::string>> Files;
  for (auto E = Edits.rbegin(); E != Edits.rend(); ++E) { // from the end, so that the lines before stay where they are
    auto [It, New] = Files.try_emplace(E->file);
    if (New)
      It->second = split(Tree.read(E->file));
    auto At = It->second.begin() + E->line - 1;
    EXPECT_EQ(std::vector<std::string>(At, At + static_cast<long>(E->before.size())), E->before) << E->file << ":" << E->line;
    At = It->second.erase(At, At + static_cast<long>(E->before.size()));
    It->second.insert(At, E->after.begin(), E->after.end());
  }
  std::map<std::string, std::string> Result;
  for (const auto &[File, Lines] : Files)
    Result[File] = llvm::join(Lines, "\n");
  return Result;
}

/// How many edits the only site of the driver has; they must give the patch.
size_t editsOf(const std::string &Header, const std::string &Text) {
  ScratchTree Tree("waits");
  Tree.write("drv/item.h", Header);
  Tree.write("drv/drv.c", Head + Text);
  Outcome O = scanAndPatch(Tree.options());
  std::vector<SiteText> Texts = siteTexts(*O.scan, O.sites);
  const auto Site = std::find_if(O.sites.begin(), O.sites.end(), [](const SiteReport &R) { return R.census.where.file == "drv/drv.c"; });
  if (Site == O.sites.end()) {
    ADD_FAILURE() << "no site";
    return 0;
  }
  const SiteText &Of = Texts[static_cast<size_t>(Site - O.sites.begin())];
  std::map<std::string, std::string> Want;
  for (const auto &[File, OldAndNew] : O.patch.files)
    Want[File] = OldAndNew.second;
  EXPECT_FALSE(Want.empty());
  EXPECT_EQ(applied(Tree, Of.edits), Want);
  const std::string All = Head + Text, UpTo = All.substr(0, All.find("item_free);") + std::string("item_free)").size());
  EXPECT_EQ(Of.end_line, std::count(UpTo.begin(), UpTo.end(), '\n') + 1);
  EXPECT_EQ(Of.end_column, UpTo.size() - UpTo.rfind('\n'));
  return Of.edits.size();
}

TEST(SiteTexts, SideBySideTheyAreThePatch) { EXPECT_EQ(editsOf(Record, Helper + callback("static ") + Call), 2u); }

TEST(SiteTexts, FarApartTheyAreThePatch) {
  const std::string Far = lines(600);
  EXPECT_EQ(editsOf(Record, "static void item_free(struct rcu_head *head);\n\n" + Far + Helper + Far + callback("static ") + Far + Call + Far), 4u);
}

TEST(SiteTexts, AtTheEdgeOfWhatIsComparedAtOnceTheyAreThePatch) {
  for (unsigned Between : {96, 100, 104, 196, 200, 204, 208})
    EXPECT_EQ(editsOf(Record, Helper + callback("static ") + lines(Between) + Call), 2u) << Between;
}

TEST(SiteTexts, APrototypeInAHeaderGoesToo) {
  EXPECT_EQ(editsOf(Record + lines(400) + "void item_free(struct rcu_head *head);\n" + lines(400), Helper + callback("") + Call), 3u);
}

TEST(SiteTexts, AFileWithoutALastLineEndKeepsThat) {
  std::string Text = Helper + callback("static ") + Call;
  while (Text.back() == '\n')
    Text.pop_back();
  EXPECT_EQ(editsOf(Record, Text), 2u);
}

} // namespace
