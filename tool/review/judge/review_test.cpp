// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Mutants: patches that are right are made wrong by program, in every way that reviews have met. Each mutant must be caught, each
// unmutated patch must be OK. The counts are printed.
#include "tool/driver/pipeline_trees.h"
#include "tool/review/judge/review.h"
#include "tool/rewrite/rewrite.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"
#include <filesystem>
#include <fstream>
#include <functional>

using namespace krcu;
using review::PatchVerdict;

namespace {

/// A small module with two sites of one callback. The parts that vary decide which mutants there can be.
struct Shape {
  std::string name;
  std::string free;      ///< statement of the callback's body
  std::string other;     ///< a second callback, or empty
  std::string queue;     ///< what queues it
  std::string fields;    ///< of the object, before the heads
  bool cache = true;
};

const Shape Shapes[] = {
    {"cache", "kmem_cache_free(item_cache, item);", "", "", "int key;"},
    {"general", "kfree(item);", "", "", "int key; long more[4];", false},
    {"vmalloc", "kvfree(item);", "", "", "char name[40];", false},
    {"counting", "kmem_cache_free(item_cache, item);", "static int count;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n}\n",
     "void item_count(struct item *item)\n{\n\tcall_rcu(&item->second, counted);\n}\n", "int key;"},
    {"sharing", "kmem_cache_free(item_cache, item);",
     "static int count;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n\tkmem_cache_free(item_cache, container_of(head, struct item, second));\n}\n",
     "void item_count(struct item *item)\n{\n\tcall_rcu(&item->second, counted);\n}\n", "long a; long b;"},
};

std::string moduleText(const Shape &S) {
  std::string Cache = S.cache ? "static struct kmem_cache *item_cache;\n\n" : "";
  return "// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/rcupdate.h>\n#include <linux/slab.h>\n"
         "struct item {\n\t" + S.fields + "\n\tstruct rcu_head rcu;\n\tstruct rcu_head second;\n\tstruct item *next;\n};\n\n" + Cache +
         "static void item_free(struct rcu_head *head)\n{\n\tstruct item *item = container_of(head, struct item, rcu);\n\n\t" + S.free + "\n}\n\n" + S.other +
         "void item_drop(struct item *item)\n{\n\tcall_rcu(&item->rcu, item_free);\n}\n\n"
         "void item_swap(struct item *item, struct item *other)\n{\n\titem->next = other->next;\n\tother->next = NULL;\n\tcall_rcu(&item->rcu, item_free);\n}\n\n" + S.queue +
         "static int __init drv_init(void)\n{\n" + (S.cache ? "\titem_cache = kmem_cache_create(\"item\", sizeof(struct item), 0, 0, NULL);\n\treturn item_cache ? 0 : -1;\n" : "\treturn 0;\n") +
         "}\nmodule_init(drv_init);\n\nstatic void __exit drv_exit(void)\n{\n\trcu_barrier();\n" + (S.cache ? "\tkmem_cache_destroy(item_cache);\n" : "") + "}\nmodule_exit(drv_exit);\n";
}

bool replaceOnce(std::string &Text, const std::string &From, const std::string &To, bool Last = false) {
  size_t At = Last ? Text.rfind(From) : Text.find(From);
  if (At == std::string::npos)
    return false;
  Text.replace(At, From.size(), To);
  return true;
}

class Reviewed : public testing::Test {
protected:
  Reviewed() : Tree("waits") {}

  /// The verdict on the change of these files from what the tree has.
  review::Column review(const std::map<std::string, std::string> &New, std::vector<std::string> Assume = {}) {
    std::map<std::string, std::pair<std::string, std::string>> Files;
    for (const auto &[File, Text] : New)
      Files[File] = {Tree.read(File), Text};
    auto Diff = unifiedDiff(Files);
    EXPECT_TRUE(bool(Diff));
    Patches.assign(1, {});
    Patches[0].subject = "change";
    Patches[0].number = 1;
    Patches[0].body = *Diff;
    Patches[0].diff = review::parseDiff(*Diff);
    return reviewAll(Assume);
  }
  review::Column reviewAll(std::vector<std::string> Assume = {}) {
    ScanOptions O = Tree.options();
    O.assume = Assume;
    auto S = Scan::prepare(O);
    EXPECT_TRUE(bool(S)) << message(S.takeError());
    return llvm::cantFail(reviewPatches(**S, Patches));
  }

  ScratchTree Tree;
  std::vector<review::ReviewPatch> Patches;
};

struct Mutation {
  const char *name;
  /// Changes the good new text (and the tree, if it must); false if the shape has no such mutant.
  std::function<bool(ScratchTree &, std::map<std::string, std::string> &)> apply;
};

std::string &drv(std::map<std::string, std::string> &New) { return New["drv/drv.c"]; }

const Mutation Mutations[] = {
    {"wrong member", [](ScratchTree &, auto &New) { return replaceOnce(drv(New), "(item, rcu)", "(item, second)"); }},
    {"wrong object", [](ScratchTree &, auto &New) { return replaceOnce(drv(New), "(item, rcu)", "(other, rcu)", true); }},
    {"one of two sites", [](ScratchTree &, auto &New) {
       size_t At = drv(New).rfind("kfree_rcu(item, rcu)") == std::string::npos ? drv(New).rfind("kvfree_rcu(item, rcu)") : drv(New).rfind("kfree_rcu(item, rcu)");
       if (At != std::string::npos && At && drv(New)[At - 1] == 'v')
         --At;
       drv(New).replace(At, drv(New).find(';', At) - At, "call_rcu(&item->rcu, item_free)");
       return true;
     }},
    {"callback used in another file", [](ScratchTree &Tree, auto &) {
       std::string Old = Tree.read("drv/drv.c");
       replaceOnce(Old, "static void item_free", "void item_free");
       Tree.write("drv/drv.c", Old);
       Tree.write("drv/Makefile", "obj-$(CONFIG_DRV) += both.o\nboth-y := drv.o second.o\n");
       Tree.write("drv/second.c", "// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n#include <linux/kernel.h>\n#include <linux/rcupdate.h>\nvoid item_free(struct rcu_head *head);\n"
                                  "void item_later(struct rcu_head *head)\n{\n\tcall_rcu(head, item_free);\n}\n");
       return true;
     }},
    {"barrier dropped", [](ScratchTree &, auto &New) { return drv(New).find("counted") != std::string::npos && replaceOnce(drv(New), "\trcu_barrier();\n", ""); }},
    {"destroy before the barrier", [](ScratchTree &, auto &New) {
       if (drv(New).find("container_of(head, struct item, second)") == std::string::npos)
         return false; // nothing else frees to the cache, so the order does not matter
       return replaceOnce(drv(New), "\trcu_barrier();\n\tkmem_cache_destroy(item_cache);\n", "\tkmem_cache_destroy(item_cache);\n\trcu_barrier();\n");
     }},
    {"freed at once", [](ScratchTree &, auto &New) {
       std::string Now = drv(New).find("item_cache") != std::string::npos ? "kmem_cache_free(item_cache, item)" : "kfree(item)";
       return replaceOnce(drv(New), "kvfree_rcu(item, rcu)", Now) || replaceOnce(drv(New), "kfree_rcu(item, rcu)", Now);
     }},
    {"callback left behind", [](ScratchTree &Tree, auto &New) {
       std::string Old = Tree.read("drv/drv.c");
       size_t Begin = Old.find("static void item_free"), End = Old.find("\n}\n", Begin) + 3;
       return replaceOnce(drv(New), "void item_drop(", Old.substr(Begin, End - Begin) + "\nvoid item_drop(");
     }},
};

TEST_F(Reviewed, MutantsAreCaughtAndGoodPatchesAreOk) {
  unsigned Good = 0, GoodOk = 0, Mutants = 0, Caught = 0;
  for (const Shape &S : Shapes) {
    ScratchTree Fresh("waits");
    Fresh.write("drv/drv.c", moduleText(S));
    Outcome Made = scanAndPatch(Fresh.options());
    ASSERT_EQ(Made.error, "") << S.name;
    ASSERT_EQ(Made.patch.files.size(), 1u) << S.name;
    std::string New = Made.patch.files.begin()->second.second;
    Tree.write("drv/drv.c", moduleText(S));
    review::Column C = review({{"drv/drv.c", New}});
    ++Good;
    GoodOk += C.patches[0].verdict == PatchVerdict::Ok;
    EXPECT_EQ(C.patches[0].verdict, PatchVerdict::Ok) << S.name << ": " << C.patches[0].reason;
    EXPECT_FALSE(C.patches[0].evidence.empty()) << S.name;
    for (const Mutation &M : Mutations) {
      Tree.write("drv/drv.c", moduleText(S));
      Tree.write("drv/Makefile", "obj-$(CONFIG_DRV) += drv.o\n");
      Tree.write("drv/second.c", "");
      std::map<std::string, std::string> Changed{{"drv/drv.c", New}};
      if (!M.apply(Tree, Changed))
        continue;
      ++Mutants;
      review::Column Bad = review(Changed);
      bool Found = Bad.patches[0].verdict == PatchVerdict::Broken;
      Caught += Found;
      EXPECT_TRUE(Found) << S.name << ", " << M.name << ": " << review::verdictTitle(Bad.patches[0].verdict) << ": " << Bad.patches[0].reason;
    }
  }
  std::printf("%u good patches, %u OK; %u mutants, %u caught\n", Good, GoodOk, Mutants, Caught);
  EXPECT_GE(Mutants, 30u);
  EXPECT_EQ(Caught, Mutants);
  EXPECT_EQ(GoodOk, Good);
}

TEST_F(Reviewed, WaitNamesTheDestruction) {
  Tree.write("drv/drv.c", moduleText(Shapes[0]));
  std::string New = scanAndPatch(Tree.options()).patch.files.begin()->second.second;
  review::Column C = review({{"drv/drv.c", New}}, {"batching"});
  EXPECT_EQ(C.patches[0].verdict, PatchVerdict::Wait);
  EXPECT_NE(C.patches[0].reason.find("item_cache is destroyed in drv_exit()"), std::string::npos) << C.patches[0].reason;
  // The eras of the table are asked in order, and the gap is named.
  EXPECT_NE(C.patches[0].reason.find("safe from 6c6c47b063b5 (6.12), where kmem_cache_destroy() waits for kfree_rcu(); but not on 0f35040de593 (6.19), where "), std::string::npos) << C.patches[0].reason;
}

TEST_F(Reviewed, ALaterPatchSeesWhatTheEarlierOneMade) {
  // The second patch drops the barrier, which only the first makes superfluous.
  Tree.write("drv/drv.c", moduleText(Shapes[0]));
  std::string Old = Tree.read("drv/drv.c"), First = scanAndPatch(Tree.options()).patch.files.begin()->second.second, Second = First;
  ASSERT_TRUE(replaceOnce(Second, "\trcu_barrier();\n", ""));
  auto A = unifiedDiff({{"drv/drv.c", {Old, First}}}), B = unifiedDiff({{"drv/drv.c", {First, Second}}});
  ASSERT_TRUE(A && B);
  Patches.assign(2, {});
  Patches[0].diff = review::parseDiff(*A), Patches[1].diff = review::parseDiff(*B);
  review::Column C = reviewAll();
  EXPECT_EQ(C.patches[0].verdict, PatchVerdict::Ok) << C.patches[0].reason;
  EXPECT_EQ(C.patches[1].verdict, PatchVerdict::Ok) << C.patches[1].reason;
  EXPECT_NE(C.patches[1].reason.find("no callback of drv can be queued"), std::string::npos) << C.patches[1].reason;
  // Alone, it is wrong.
  std::string Bare = Old;
  replaceOnce(Bare, "\trcu_barrier();\n", "");
  C = review({{"drv/drv.c", Bare}});
  EXPECT_EQ(C.patches[0].verdict, PatchVerdict::Broken) << C.patches[0].reason;
}

TEST_F(Reviewed, APatchThatChangesWhatDestroyWaitsForCounts) {
  ScratchTree NoWait("no-wait");
  NoWait.write("drv/drv.c", moduleText(Shapes[0]));
  std::string Old = NoWait.read("drv/drv.c"), Slab = NoWait.read("mm/slab_common.c"), New = Old;
  Tree.write("drv/drv.c", Old);
  std::string Good = scanAndPatch(Tree.options()).patch.files.begin()->second.second;
  auto A = unifiedDiff({{"mm/slab_common.c", {Slab, Tree.read("mm/slab_common.c")}}}), B = unifiedDiff({{"drv/drv.c", {Old, Good}}});
  ASSERT_TRUE(A && B);
  Patches.assign(1, {});
  Patches[0].diff = review::parseDiff(*B);
  auto S = Scan::prepare(NoWait.options());
  ASSERT_TRUE(bool(S));
  EXPECT_EQ(llvm::cantFail(reviewPatches(**S, Patches)).patches[0].verdict, PatchVerdict::Wait);
  Patches.insert(Patches.begin(), review::ReviewPatch());
  Patches[0].diff = review::parseDiff(*A);
  auto S2 = Scan::prepare(NoWait.options());
  ASSERT_TRUE(bool(S2));
  review::Column C = llvm::cantFail(reviewPatches(**S2, Patches));
  EXPECT_EQ(C.patches[1].verdict, PatchVerdict::Ok) << C.patches[1].reason;
}

TEST_F(Reviewed, WhatDoesNotApplyIsSaidAndTheRestIsJudged) {
  Tree.write("drv/drv.c", moduleText(Shapes[0]));
  std::string New = scanAndPatch(Tree.options()).patch.files.begin()->second.second;
  auto Diff = unifiedDiff({{"drv/drv.c", {Tree.read("drv/drv.c"), New}}, {"lib/gone.c", {"int a;\nint b;\n", "int a;\nint c;\n"}}});
  ASSERT_TRUE(bool(Diff));
  Patches.assign(1, {});
  Patches[0].diff = review::parseDiff(*Diff);
  review::Column C = reviewAll();
  EXPECT_EQ(C.patches[0].verdict, PatchVerdict::NotApplicable);
  EXPECT_FALSE(C.patches[0].applies);
  ASSERT_EQ(C.patches[0].files.size(), 2u);
  EXPECT_EQ(C.patches[0].files[0].verdict, PatchVerdict::Ok) << C.patches[0].files[0].reason;
  EXPECT_NE(C.patches[0].files[1].reason.find("the tree has no such file"), std::string::npos) << C.patches[0].files[1].reason;
}

TEST_F(Reviewed, WhatAnEarlierPatchMadeIsNotSaidToBeInTheTree) {
  Tree.write("drv/drv.c", moduleText(Shapes[0]));
  std::string New = Tree.read("drv/drv.c");
  New.insert(New.find("struct"), "/* another line */ ");
  review({{"drv/drv.c", New}});
  Patches.push_back(Patches.front()); // the same once more
  review::Column C = reviewAll();
  ASSERT_EQ(C.patches.size(), 2u);
  EXPECT_NE(C.patches[1].reason.find("an earlier patch of the series has made the change already"), std::string::npos) << C.patches[1].reason;
  Tree.write("drv/drv.c", New);
  C = reviewAll();
  EXPECT_NE(C.patches[0].reason.find("the change is already in this tree"), std::string::npos) << C.patches[0].reason;
}

TEST_F(Reviewed, WhatAppliesOnlyBehindALaterPatchIsSaidToBeOutOfOrder) {
  Tree.write("drv/drv.c", moduleText(Shapes[0]));
  const std::string Old = Tree.read("drv/drv.c");
  std::string First = Old, Second;
  ASSERT_TRUE(replaceOnce(First, "\titem->next = other->next;\n", "\titem->next = other->next->next;\n"));
  Second = First;
  ASSERT_TRUE(replaceOnce(Second, "other->next->next", "other->next->next->next"));
  auto A = unifiedDiff({{"drv/drv.c", {Old, First}}}), B = unifiedDiff({{"drv/drv.c", {First, Second}}});
  ASSERT_TRUE(A && B);
  Patches.assign(2, {});
  Patches[0].diff = review::parseDiff(*B), Patches[1].diff = review::parseDiff(*A);
  review::Column C = reviewAll();
  EXPECT_EQ(C.patches[0].verdict, PatchVerdict::NotApplicable);
  EXPECT_NE(C.patches[0].reason.find("it applies behind the patches that follow"), std::string::npos) << C.patches[0].reason;
  EXPECT_TRUE(C.patches[1].applies) << C.patches[1].reason;
  // What applies nowhere is not said to.
  Patches.pop_back();
  C = reviewAll();
  EXPECT_EQ(C.patches[0].reason.find("it applies behind"), std::string::npos) << C.patches[0].reason;
}

/// In a mailbox of many people's mails, those who wrote a patch did not know the patches before it.
TEST_F(Reviewed, APatchOfAnotherThreadIsJudgedInTheTreeIfThatIsWhereItApplies) {
  Tree.write("drv/drv.c", moduleText(Shapes[0]));
  const std::string Old = Tree.read("drv/drv.c"), Line = "\titem->next = other->next;\n";
  std::string First = Old, Second = Old, Third;
  ASSERT_TRUE(replaceOnce(First, Line, "\titem->next = other->next->next;\n"));
  ASSERT_TRUE(replaceOnce(Second, Line, Line + "\titem->next = NULL;\n"));
  Third = Second;
  ASSERT_TRUE(replaceOnce(Third, "\titem->next = NULL;\n", "\titem->next = item;\n"));
  auto A = unifiedDiff({{"drv/drv.c", {Old, First}}}), B = unifiedDiff({{"drv/drv.c", {Old, Second}}}), C = unifiedDiff({{"drv/drv.c", {Second, Third}}});
  ASSERT_TRUE(A && B && C);
  auto Verdicts = [&](const std::string &References, bool Numbered, const std::string &Id = "b@x") {
    Patches.assign(3, {});
    Patches[0].diff = review::parseDiff(*A), Patches[0].message_id = "a@x";
    Patches[1].diff = review::parseDiff(*B), Patches[1].message_id = Id;
    Patches[2].diff = review::parseDiff(*C), Patches[2].message_id = "c@x", Patches[2].references = "<b@x>";
    Patches[1].references = References;
    Patches[1].numbered = Numbered, Patches[1].number = 2;
    std::string Text;
    for (const review::PatchReview &P : reviewAll().patches)
      Text += P.verdict == PatchVerdict::NotApplicable ? "n/a " : P.applies ? "applies " : "broken ";
    return Text;
  };
  EXPECT_EQ(Verdicts("", false), "applies applies applies ") << "and the third behind the second";
  EXPECT_EQ(Verdicts("<other@x>\n <more@x>", false), "applies applies applies ");
  EXPECT_EQ(Verdicts("<a@x> <more@x>", false), "applies n/a n/a ") << "an answer to the first";
  EXPECT_EQ(Verdicts("", true), "applies n/a n/a ") << "the second of a series";
  EXPECT_EQ(Verdicts("", false, ""), "applies n/a n/a ") << "no mail";
}

TEST_F(Reviewed, PathsOutOfTheTreeAreRefused) {
  for (const char *Path : {"../../etc/passwd", "/etc/passwd", "a/../../x.c", ".git/config"}) {
    Patches.assign(1, {});
    Patches[0].diff = review::parseDiff(std::string("--- a/") + Path + "\n+++ b/" + Path + "\n@@ -1 +1 @@\n-a\n+b\n");
    review::Column C = reviewAll();
    EXPECT_EQ(C.patches[0].verdict, PatchVerdict::Broken) << Path;
  }
}

TEST_F(Reviewed, WhatIsNotReadIsNotOk) {
  const std::string Binary = "index 1111111..2222222 100644\nGIT binary patch\ndelta 3\nKcmZ\n\ndelta 0\nHcmV?d00001\n\n";
  const std::string Link = "new file mode 120000\n--- /dev/null\n+++ b/drv/d\n@@ -0,0 +1 @@\n+../lib\n\\ No newline at end of file\n";
  const std::pair<std::string, PatchVerdict> Cases[] = {{"diff --git a/drv/drv.c b/drv/drv.c\n" + Binary, PatchVerdict::CannotTell},
                                                        {"diff --git a/drv/Makefile b/drv/Makefile\n" + Binary, PatchVerdict::CannotTell},
                                                        {"diff --git a/drv/d b/drv/d\n" + Link, PatchVerdict::CannotTell},
                                                        {"diff --git a/drv/logo.png b/drv/logo.png\n" + Binary, PatchVerdict::Ok}};
  for (const auto &[Text, Verdict] : Cases) {
    Patches.assign(1, {});
    Patches[0].diff = review::parseDiff(Text);
    review::Column C = reviewAll();
    EXPECT_EQ(C.patches[0].verdict, Verdict) << Text << C.patches[0].reason;
  }
}

TEST_F(Reviewed, ASymlinkOutOfTheTreeIsNotFollowed) {
  std::filesystem::path Outside = std::filesystem::path(Tree.path("drv")).parent_path().parent_path() / "krcu-review-outside";
  std::filesystem::create_directories(Outside);
  std::ofstream(Outside / "x.c") << "int a;\n";
  std::filesystem::create_directory_symlink(Outside, Tree.path("drv/out"));
  Patches.assign(1, {});
  Patches[0].diff = review::parseDiff("--- a/drv/out/x.c\n+++ b/drv/out/x.c\n@@ -1 +1 @@\n-int a;\n+int b;\n");
  review::Column C = reviewAll();
  EXPECT_EQ(C.patches[0].verdict, PatchVerdict::NotApplicable) << C.patches[0].reason;
  EXPECT_FALSE(C.patches[0].applies);
  std::ifstream Left(Outside / "x.c");
  std::string Text((std::istreambuf_iterator<char>(Left)), {});
  EXPECT_EQ(Text, "int a;\n");
  std::filesystem::remove_all(Outside);
}

TEST_F(Reviewed, TenThousandFilesHideNoMutant) {
  Tree.write("drv/drv.c", moduleText(Shapes[0]));
  std::string New = scanAndPatch(Tree.options()).patch.files.begin()->second.second;
  ASSERT_TRUE(replaceOnce(New, "(item, rcu)", "(item, second)"));
  auto Diff = unifiedDiff({{"drv/drv.c", {Tree.read("drv/drv.c"), New}}});
  ASSERT_TRUE(bool(Diff));
  std::string Text = *Diff;
  for (int N = 0; N < 10000; ++N) {
    std::string File = "lib/made/x" + std::to_string(N) + ".c";
    Text += "diff --git a/" + File + " b/" + File + "\nnew file mode 100644\n--- /dev/null\n+++ b/" + File + "\n@@ -0,0 +1 @@\n+int made" + std::to_string(N) + ";\n";
  }
  Patches.assign(1, {});
  Patches[0].diff = review::parseDiff(Text);
  ASSERT_EQ(Patches[0].diff.files.size(), 10001u);
  review::Column C = reviewAll();
  EXPECT_EQ(C.patches[0].verdict, PatchVerdict::Broken);
  EXPECT_TRUE(C.patches[0].applies);
  EXPECT_EQ(C.patches[0].files.size(), 10001u);
}

} // namespace
