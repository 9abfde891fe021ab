// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Modules outside the tree (--kernel TREE DIR): the sites are theirs, the kernel supplies the rest and is never changed.
#include "tool/driver/external_pair.h"
#include "tool/rewrite/inplace.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"

namespace fs = std::filesystem;

namespace krcu {
namespace {

TEST(External, SitesComeOnlyFromTheModule) {
  Pair P("waits", "cards");
  P.kernel.lay("module-exit-safe"); // has a site of its own
  Outcome O = P.run();
  ASSERT_EQ(O.error, "");
  ASSERT_EQ(O.sites.size(), 2u);
  for (const SiteReport &R : O.sites)
    EXPECT_EQ(R.census.where.file.substr(0, 3), "M=/");
}

TEST(External, FindsWhatTheModulesOwnMakefileSays) {
  Pair P("waits", "cards"); // -I$(src)/inc and -DDECK_SIZE, without which nothing parses
  Outcome O = P.run();
  ASSERT_EQ(O.error, "");
  const SiteReport *R = siteIn(O, "deck_main.c");
  ASSERT_TRUE(R);
  EXPECT_STREQ(className(R->cls), "convert");
  EXPECT_EQ(R->replacement, "kfree_rcu(deck[at], common.rcu)");
  EXPECT_TRUE(R->callback_removed);
}

TEST(External, FollowsTheCacheThroughTheFilesOfTheModule) {
  Pair P("waits", "cards");
  Outcome O = P.run();
  const SiteReport *R = siteIn(O, "deck_main.c");
  ASSERT_TRUE(R);
  EXPECT_TRUE(shows(R->context, "M=/deck_cache.c", 12, "card_cache is created"));
  EXPECT_TRUE(shows(R->context, "M=/deck_cache.c", 19, "is destroyed here"));
  EXPECT_TRUE(shows(R->context, "M=/deck_main.c", 31, "reached at module exit"));
}

TEST(External, IsAlwaysAModuleSoItsExitCounts) {
  Pair P("no-wait", "cards");
  Outcome O = P.run();
  const SiteReport *R = siteIn(O, "deck_main.c");
  ASSERT_TRUE(R);
  EXPECT_STREQ(className(R->cls), "unsafe");
  EXPECT_STREQ(verdictName(R->verdict), "unsafe");
}

TEST(External, TwoModulesInOneDirectory) {
  Pair P("no-wait", "cards");
  Outcome O = P.run();
  const SiteReport *R = siteIn(O, "stack.c");
  ASSERT_TRUE(R);
  EXPECT_STREQ(className(R->cls), "convert"); // kfree() is safe whatever the other module does
  EXPECT_EQ(O.scan->frontend().moduleOf("M=/stack.c").name, "stack");
  EXPECT_EQ(O.scan->frontend().moduleOf("M=/deck_cache.c").name, "deck");
  EXPECT_FALSE(O.scan->frontend().moduleOf("M=/deck_cache.c").always_built_in);
  EXPECT_EQ(O.scan->frontend().filesOfModule("M=/deck_main.c"), (std::vector<std::string>{"M=/deck_cache.c", "M=/deck_main.c"}));
}

TEST(External, WithoutAMakefileAllFilesAreOneModule) {
  Pair P("no-wait", "bare");
  Outcome O = P.run();
  ASSERT_EQ(O.error, "");
  const SiteReport *R = siteIn(O, "first.c");
  ASSERT_TRUE(R);
  EXPECT_STREQ(className(R->cls), "convert");
  EXPECT_TRUE(shows(R->evidence, "M=/second.c", 17, "kvfree_rcu_barrier() runs on every path before") ||
              shows(R->context, "M=/second.c", 17, "kvfree_rcu_barrier() runs on every path before"));
}

TEST(External, ABarrierInsideTheKernelCounts) {
  for (bool Waits : {true, false}) {
    Pair P("no-wait", "calls-kernel");
    P.kernel.write("include/linux/settle.h", "void settle(void);\n");
    P.kernel.write("lib/Makefile", "obj-y += pool.o settle.o\n");
    P.kernel.write("lib/settle.c", std::string("#include <linux/module.h>\n#include <linux/rcupdate.h>\n#include <linux/settle.h>\n\n"
                                               "void settle(void)\n{\n\t") +
                                       (Waits ? "kvfree_rcu_barrier" : "synchronize_rcu") + "();\n}\nEXPORT_SYMBOL(settle);\n");
    Outcome O = P.run();
    ASSERT_EQ(O.error, "");
    const SiteReport *R = siteIn(O, "guest.c");
    ASSERT_TRUE(R);
    EXPECT_STREQ(className(R->cls), Waits ? "convert" : "unsafe");
    if (Waits) {
      EXPECT_TRUE(shows(R->evidence, "lib/settle.c", 7, "kvfree_rcu_barrier()") || shows(R->context, "lib/settle.c", 7, "kvfree_rcu_barrier()"));
    }
  }
}

TEST(External, ACopyOfADriverInTheTreeIsNotMistakenForIt) {
  Pair P("waits", "twin");
  // The same global names; only here the callback counts.
  P.kernel.write("drv/Makefile", "obj-$(CONFIG_DRV) += twin.o\n");
  P.kernel.write("drv/twin.c", "#include <linux/rcupdate.h>\n#include <linux/slab.h>\n\nint twins;\nstruct twin {\n\tint born;\n\tstruct rcu_head rcu;\n};\n\n"
                               "void twin_free(struct rcu_head *head)\n{\n\ttwins--;\n\tkfree(container_of(head, struct twin, rcu));\n}\n\n"
                               "void twin_part(struct twin *twin)\n{\n\tcall_rcu(&twin->rcu, twin_free);\n}\n");
  Outcome O = P.run();
  ASSERT_EQ(O.error, "");
  ASSERT_EQ(O.sites.size(), 1u);
  EXPECT_STREQ(className(O.sites[0].cls), "convert");
  // The kernel cannot name a function of the module, so its own twin_free() does not keep the module's alive.
  EXPECT_TRUE(O.sites[0].callback_removed);
  EXPECT_EQ(O.patch.files.size(), 1u);
  EXPECT_EQ(O.patch.files.count("twin.c"), 1u);
}

TEST(External, ThePatchCountsFromTheModulesDirectory) {
  Pair P("waits", "cards");
  Outcome O = P.run();
  EXPECT_EQ(O.patch.root, fs::canonical(P.module.root()).string());
  ASSERT_EQ(O.patch.files.count("deck_main.c"), 1u);
  ASSERT_EQ(O.patch.files.count("stack.c"), 1u);
  EXPECT_NE(O.diff.find("--- a/deck_main.c\n+++ b/deck_main.c\n"), std::string::npos);
  EXPECT_EQ(O.diff.find("M="), std::string::npos);
}

TEST(External, InPlaceWritesIntoTheModuleAndASecondScanFindsNothing) {
  Pair P("waits", "cards");
  std::string Header = P.module.read("inc/deck.h");
  Outcome O = P.run();
  llvm::Error E = applyInPlace(O.patch.root, O.patch.files);
  ASSERT_FALSE(bool(E)) << message(std::move(E));
  std::string Text = P.module.read("deck_main.c");
  EXPECT_NE(Text.find("kfree_rcu(deck[at], common.rcu);"), std::string::npos);
  EXPECT_EQ(Text.find("card_free"), std::string::npos);
  EXPECT_EQ(Text.find("Back into the box"), std::string::npos);
  EXPECT_EQ(P.module.read("inc/deck.h"), Header);
  EXPECT_FALSE(fs::exists(P.kernel.path("M=")));
  EXPECT_TRUE(P.run().sites.empty());
}

TEST(External, ReportsShowThePathsOfTheModule) {
  Pair P("waits", "cards");
  Outcome O = P.run();
  std::string Json = O.scan->tree().shown(O.json);
  EXPECT_NE(Json.find("\"file\": \"deck_main.c\""), std::string::npos);
  EXPECT_EQ(Json.find("M=/"), std::string::npos);
}

TEST(External, PathsRestrictTheSites) {
  Pair P("waits", "cards");
  ScanOptions Options = P.options();
  Options.paths = {"M=/stack.c"};
  Outcome O = scanAndPatch(Options);
  ASSERT_EQ(O.sites.size(), 1u);
  EXPECT_EQ(O.sites[0].census.where.file, "M=/stack.c");
}

TEST(External, ALinkOutOfTheDirectoryIsRefused) {
  Pair P("waits", "cards");
  ScratchTree Elsewhere("");
  Elsewhere.write("secret.h", "#define SECRET 1\n");
  Elsewhere.write("more.c", "void f(void) { call_rcu(0, 0); }\n");
  fs::create_symlink(Elsewhere.path("secret.h"), P.module.path("secret.h"));
  fs::create_symlink(Elsewhere.path("more.c"), P.module.path("more.c"));
  P.module.write("stack.c", "#include \"secret.h\"\n" + P.module.read("stack.c"));
  Outcome O = P.run();
  ASSERT_EQ(O.error, "");
  EXPECT_EQ(O.sites.size(), 2u);
  EXPECT_TRUE(warns(O, "more.c: is a symlink out of the tree"));
  ASSERT_FALSE(O.scan->problems().empty());
  EXPECT_NE(O.scan->problems()[0].cause.find("secret.h"), std::string::npos);
}

TEST(External, AnIncludePathOutsideIsNamedAndNotUsed) {
  Pair P("waits", "cards");
  P.module.write("Kbuild", P.module.read("Kbuild") + "ccflags-y += -I/usr/include -I$(src)/../other\n");
  Outcome O = P.run();
  ASSERT_EQ(O.error, "");
  EXPECT_TRUE(warns(O, "/usr/include, which lies outside"));
  EXPECT_TRUE(warns(O, "/other, which lies outside"));
  EXPECT_EQ(O.patch.files.size(), 2u);
}

TEST(External, FindsModulesInDirectoriesBelow) {
  Pair P("waits");
  fs::create_directories(P.module.path("src"));
  fs::copy(std::string(KRCU_SOURCE_DIR) + "/testdata/external/cards", P.module.path("src/cards"), fs::copy_options::recursive);
  P.module.write("Makefile", "all:\n\t$(MAKE) -C $(KDIR) M=$(CURDIR)/src/cards modules\n");
  Outcome O = P.run();
  ASSERT_EQ(O.error, "");
  EXPECT_EQ(O.patch.files.count("src/cards/deck_main.c"), 1u);
  EXPECT_EQ(O.scan->frontend().moduleOf("M=/src/cards/stack.c").name, "stack");
}

TEST(External, ADirectoryOfTheTreeIsNoExternalModule) {
  Pair P("waits");
  ScanOptions Options = P.options();
  Options.module = P.kernel.path("drv");
  Outcome O = scanAndPatch(Options);
  EXPECT_NE(O.error.find("is part of the kernel tree"), std::string::npos) << O.error;
  Options.module = fs::path(P.kernel.root()).parent_path().string();
  EXPECT_NE(scanAndPatch(Options).error.find("holds the kernel tree"), std::string::npos);
}

TEST(External, ADirectoryWithoutCodeIsAnError) {
  Pair P("waits");
  EXPECT_NE(P.run().error.find("no C file"), std::string::npos);
  ScanOptions Options = P.options();
  Options.module = P.module.path("gone");
  EXPECT_NE(scanAndPatch(Options).error.find("No such file or directory"), std::string::npos);
}

} // namespace
} // namespace krcu
