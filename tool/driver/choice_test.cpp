// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which conversions a patch is made of: those with a gain, those that are asked for, those that a newer tree does not have.
#include "tool/driver/patch.h"
#include "tool/driver/pipeline_trees.h"
#include "tool/driver/upstream.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"

using namespace krcu;

namespace {

const char Head[] = "// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n"
                    "#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/rcupdate.h>\n#include <linux/slab.h>\n"
                    "struct item {\n\tint key;\n\tstruct rcu_head rcu;\n};\n";

std::string callbackText(const std::string &Name) {
  return "static void " + Name + "(struct rcu_head *head)\n{\n\tkfree(container_of(head, struct item, rcu));\n}\n";
}
std::string dropText(const std::string &Function, const std::string &Callback) {
  return "void " + Function + "(struct item *item)\n{\n\tcall_rcu(&item->rcu, " + Callback + ");\n}\n";
}

class Choosing : public testing::Test {
protected:
  Choosing() : Tree("waits") {}
  void make(const PatchChoice &Choice) {
    auto S = Scan::run(Tree.options());
    ASSERT_TRUE(bool(S)) << message(S.takeError());
    Result = std::move(*S);
    Sites = Result->sites();
    auto P = makePatch(*Result, Sites, 1, Choice);
    ASSERT_TRUE(bool(P)) << message(P.takeError());
    Patched = std::move(*P);
  }
  unsigned converts() const {
    unsigned N = 0;
    for (const SiteReport &R : Sites)
      N += R.cls == SiteClass::Convert;
    return N;
  }
  ScratchTree Tree;
  std::unique_ptr<Scan> Result;
  std::vector<SiteReport> Sites;
  Patch Patched;
};

TEST_F(Choosing, CallbackThatSomethingElseUsesIsNoGain) {
  Tree.write("drv/drv.c", std::string(Head) + callbackText("a_free") + callbackText("b_free") + dropText("a_drop", "a_free") + dropText("b_drop", "b_free") +
                              "void now(struct item *item)\n{\n\tb_free(&item->rcu);\n}\n");
  PatchChoice Gains;
  Gains.only_gains = true;
  make(Gains);
  ASSERT_EQ(Patched.files.size(), 1u);
  const std::string &Text = Patched.files.at("drv/drv.c").second;
  EXPECT_EQ(Text.find("a_free"), std::string::npos) << Text;
  EXPECT_NE(Text.find("call_rcu(&item->rcu, b_free);"), std::string::npos) << Text;
  ASSERT_EQ(Patched.left_out.size(), 1u);
  EXPECT_EQ(Patched.left_out[0].callback, "b_free");
  EXPECT_EQ(converts(), 2u) << "the verdict is not changed";
  make({});
  EXPECT_EQ(Patched.files.at("drv/drv.c").second.find("call_rcu"), std::string::npos);
}

TEST_F(Choosing, WhatIsLeftOutKeepsTheCallbackAlive) {
  Tree.write("drv/drv.c", std::string(Head) + callbackText("a_free") + dropText("a_drop", "a_free") + dropText("a_lose", "a_free"));
  PatchChoice Some;
  Some.leave_out = [](const SiteReport &R) { return R.census.function == "a_lose" ? "not wanted" : ""; };
  make(Some);
  const std::string &Text = Patched.files.at("drv/drv.c").second;
  EXPECT_NE(Text.find("static void a_free"), std::string::npos) << Text;
  EXPECT_NE(Text.find("kfree_rcu(item, rcu);"), std::string::npos) << Text;
  Some.only_gains = true; // now the other one has no gain either
  make(Some);
  EXPECT_TRUE(Patched.files.empty());
  EXPECT_EQ(Patched.left_out.size(), 2u);
}

TEST_F(Choosing, WhatANewerTreeHasIsSaid) {
  Tree.write("drv/drv.c", std::string(Head) + callbackText("a_free") + dropText("a_drop", "a_free"));
  make({});
  ASSERT_EQ(converts(), 1u);
  const SiteReport *R = nullptr;
  for (const SiteReport &Each : Sites)
    if (Each.cls == SiteClass::Convert)
      R = &Each;
  ScratchTree Newer("waits");
  auto Ask = [&] {
    auto T = krcu::Tree::open(Newer.options().tree);
    EXPECT_TRUE(bool(T));
    return doneUpstream(*T, *R);
  };
  EXPECT_NE(Ask().find("the file is not in Linux"), std::string::npos) << Ask();
  Newer.write("drv/drv.c", std::string(Head) + "/* call_rcu(&item->rcu, a_free) */\nvoid a_drop(struct item *item)\n{\n\tkfree_rcu(item, rcu);\n}\n");
  EXPECT_NE(Ask().find("has kfree_rcu() there already"), std::string::npos) << Ask();
  Newer.write("drv/drv.c", std::string(Head) + "void a_drop(struct item *item)\n{\n}\n");
  EXPECT_NE(Ask().find("no longer queues a_free()"), std::string::npos) << Ask();
  Newer.write("drv/drv.c", std::string(Head) + callbackText("a_free") + "\n\n" + dropText("a_drop", "a_free"));
  EXPECT_EQ(Ask(), "");
  auto Rows = loadRules(std::string(KRCU_SOURCE_DIR) + "/rules", {});
  ASSERT_TRUE(bool(Rows));
  auto Waits = [&](const std::string &Exit) {
    Newer.write("drv/drv.c", std::string(Head) + Exit);
    return mayWaitUpstream(llvm::cantFail(krcu::Tree::open(Newer.root())), *Rows, "drv/drv.c", "drv_exit");
  };
  EXPECT_FALSE(Waits("static void drv_exit(void)\n{\n}\n"));
  EXPECT_TRUE(Waits("static void drv_exit(void)\n{\n\trcu_barrier();\n}\n"));
  EXPECT_TRUE(Waits("")) << "it is not there to be asked";
}

} // namespace
