// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What other code makes of an object that a callback frees: somebody looks into its head; kfree() gives it back to a cache that is destroyed; a
// variable with a cleanup destroys the cache.
#include "tool/driver/pipeline_trees.h"
#include "tool/lifetime/verdict.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"

using namespace krcu;

namespace {

const std::string Head = "// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/rcupdate.h>\n#include <linux/slab.h>\n"
                         "#include \"item.h\"\n";
const std::string Types = "/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */\nstruct item {\n\tint key;\n\tstruct rcu_head rcu;\n};\nstruct other {\n\tstruct rcu_head rcu;\n};\nbool rcu_head_after_call_rcu(struct rcu_head *head, rcu_callback_t callback);\n";
const std::string Freed = "static void item_free(struct rcu_head *head)\n{\n\tkfree(container_of(head, struct item, rcu));\n}\nvoid item_drop(struct item *item)\n{\n\tcall_rcu(&item->rcu, item_free);\n}\n";

class ScanObject : public testing::Test {
protected:
  ScanObject() : Waits("waits"), NoWait("no-wait") {}
  /// "class: reason" of the one site.
  std::string site(ScratchTree &Tree, const std::string &Text, const std::string &Second = "") {
    Tree.write("drv/drv.c", Head + Text);
    Tree.write("drv/item.h", Types);
    if (!Second.empty()) {
      Tree.write("drv/second.c", Head + Second);
      Tree.write("drv/Makefile", "obj-$(CONFIG_DRV) += whole.o\nwhole-y := drv.o second.o\n");
    }
    auto S = Scan::run(Tree.options());
    EXPECT_TRUE(bool(S)) << message(S.takeError());
    std::string Result;
    for (const SiteReport &R : (*S)->sites())
      if (R.census.where.file == "drv/drv.c" && R.cls != SiteClass::Definition)
        Result += (Result.empty() ? "" : "; ") + std::string(className(R.cls)) + ": " + reasonText(R);
    return Result;
  }
  ScratchTree Waits, NoWait;
};

bool begins(const std::string &Text, const std::string &With) { return Text.rfind(With, 0) == 0; }

TEST_F(ScanObject, SomebodyLooksIntoTheHead) {
  EXPECT_TRUE(begins(site(Waits, Freed), "convert:"));
  const std::string Func = site(Waits, Freed + "bool item_dying(struct item *item)\n{\n\treturn item->rcu.func != NULL;\n}\n");
  EXPECT_TRUE(begins(Func, "refuse: the head is looked into")) << Func;
  EXPECT_NE(Func.find("item_dying() reads it with rcu.func"), std::string::npos) << Func;
  const std::string Asked = site(Waits, Freed + "bool item_dying(struct item *item)\n{\n\treturn rcu_head_after_call_rcu(&item->rcu, item_free);\n}\n");
  EXPECT_NE(Asked.find("item_dying() reads it with rcu_head_after_call_rcu()"), std::string::npos) << Asked;
  // Of another record of the same module.
  EXPECT_TRUE(begins(site(Waits, Freed + "bool other_dying(struct other *o)\n{\n\treturn o->rcu.func != NULL;\n}\n"), "convert:"));
}

TEST_F(ScanObject, AnotherFileOfTheModuleLooksIntoTheHead) {
  const std::string Text = site(Waits, Freed, "bool item_dying(struct item *item)\n{\n\treturn item->rcu.next != NULL;\n}\n");
  EXPECT_NE(Text.find("drv/second.c"), std::string::npos) << Text;
  EXPECT_TRUE(begins(Text, "refuse:")) << Text;
}

TEST_F(ScanObject, AnotherConfigurationPutsTheHeadOutOfReach) {
  auto With = [&](const std::string &Members) {
    return site(Waits, "struct wide {\n" + Members + "\tstruct rcu_head rcu;\n};\nstatic void wide_free(struct rcu_head *head)\n{\n\tkfree(container_of(head, struct wide, rcu));\n}\n"
                       "void wide_drop(struct wide *wide)\n{\n\tcall_rcu(&wide->rcu, wide_free);\n}\n");
  };
  EXPECT_TRUE(begins(With("\tchar text[2048];\n"), "convert:"));
  EXPECT_TRUE(begins(With("\tchar text[4096];\n"), "refuse:"));
  const std::string Hidden = With("\tint key;\n#ifdef CONFIG_DRV_TRACE\n\tchar trace[8192];\n#endif\n");
  EXPECT_TRUE(begins(Hidden, "review: in another configuration the head can lie further than 4095 bytes")) << Hidden;
  EXPECT_NE(Hidden.find("ahead of it is char trace[8192] (hidden here by an #if) of struct wide"), std::string::npos) << Hidden;
}

TEST_F(ScanObject, KfreeOfAnObjectOfACache) {
  auto Module = [](const std::string &Make, const std::string &End) {
    return Freed + "static struct kmem_cache *items;\nstruct item *item_new(void)\n{\n\tstruct item *item = " + Make + ";\n\treturn item;\n}\nstatic int __init drv_init(void)\n{\n\titems = KMEM_CACHE(item, 0);\n\treturn items ? 0 : -1;\n}\nmodule_init(drv_init);\n"
           "static void __exit drv_exit(void)\n{\n" + End + "}\nmodule_exit(drv_exit);\n";
  };
  const std::string Cache = "kmem_cache_alloc(items, GFP_KERNEL)", Destroy = "\trcu_barrier();\n\tkmem_cache_destroy(items);\n";
  EXPECT_TRUE(begins(site(NoWait, Module(Cache, Destroy)), "unsafe:")) << site(NoWait, Module(Cache, Destroy));
  EXPECT_TRUE(begins(site(NoWait, Module("kmalloc(sizeof(struct item), GFP_KERNEL)", Destroy)), "convert:"));
  EXPECT_TRUE(begins(site(NoWait, Module(Cache, "\trcu_barrier();\n")), "convert:"));
  EXPECT_TRUE(begins(site(Waits, Module(Cache, Destroy)), "convert:"));
}

TEST_F(ScanObject, ACacheThatAVariableDestroys) {
  auto Module = [](const std::string &Attribute) {
    return "static struct kmem_cache *items;\nstatic void item_free(struct rcu_head *head)\n{\n\tkmem_cache_free(items, container_of(head, struct item, rcu));\n}\nvoid item_drop(struct item *item)\n{\n\tcall_rcu(&item->rcu, item_free);\n}\n"
           "static inline void gone(struct kmem_cache **cache)\n{\n\tkmem_cache_destroy(*cache);\n}\nstatic int __init drv_init(void)\n{\n\titems = KMEM_CACHE(item, 0);\n\treturn items ? 0 : -1;\n}\nmodule_init(drv_init);\n"
           "static void __exit drv_exit(void)\n{\n\tstruct kmem_cache *last" + Attribute + " = items;\n\n\trcu_barrier();\n\t(void)last;\n}\nmodule_exit(drv_exit);\n";
  };
  EXPECT_TRUE(begins(site(NoWait, Module(" __attribute__((cleanup(gone)))")), "review:")) << site(NoWait, Module(" __attribute__((cleanup(gone)))"));
  EXPECT_TRUE(begins(site(NoWait, Module("")), "convert:")) << site(NoWait, Module(""));
}

} // namespace
