// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kbuild's questions on a small tree: built or not, flags, modules; and modules outside the tree.
#include "tool/kbuild/kbuild.h"
#include "tool/tree/temp_tree.h"

namespace krcu {
namespace {

using Strings = std::vector<std::string>;

std::map<std::string, std::string> smallTree() {
  return {{"Kbuild", "obj-y += kernel/ drivers/\nobj-$(CONFIG_NET) += net/\nobj-y += arch/$(SRCARCH)/\n"},
          {"kernel/Makefile",
           "obj-y = fork.o\nobj-$(CONFIG_AUDIT) += audit.o\nsubdir-ccflags-y := -I$(src)/deep\n"},
          {"kernel/fork.c", ""},
          {"kernel/audit.c", ""},
          {"drivers/Makefile", "obj-$(CONFIG_UNI) += uni/\nobj-y += gpu/a/ gpu/b/\n"},
          {"drivers/uni/Makefile", "obj-y += core.o\nobj-$(CONFIG_UNI_TEST) += test.o\n"},
          {"drivers/uni/core.c", ""},
          {"drivers/gpu/a/Makefile",
           "obj-$(CONFIG_GPU) += gpu.o\ngpu-y := main.o\nB = ../b\ngpu-$(CONFIG_GPU_B) += $(addprefix "
           "$(B)/,part.o)\n"
           "ccflags-y := -I$(srctree)/$(src)/inc -DGPU=1 -Wall -I $(src)/../b\nCFLAGS_main.o := -include "
           "$(src)/pre.h -DNAME=\\\"x\\\"\n"},
          {"drivers/gpu/a/main.c", ""},
          {"drivers/gpu/b/part.c", ""},
          {"net/Makefile", "obj-$(CONFIG_NET) += core/\nobj-$(CONFIG_BRIDGE) += bridge/\nobj-$(subst "
                           "m,y,$(CONFIG_VLAN)) += vlan.o\n"},
          {"net/core/Makefile", "obj-y := sock.o\nobj-m += always.o\n"},
          {"net/core/sock.c", ""},
          {"net/core/always.c", ""},
          {"net/vlan.c", ""},
          {"net/bridge/Makefile",
           "obj-$(CONFIG_BRIDGE) += bridge.o\nbridge-y := br.o fdb.o\nbridge-$(CONFIG_BRIDGE_MDB) += "
           "mdb.o\nhostprogs := gen\ngen-objs := gen_main.o\n"},
          {"net/bridge/br.c", ""},
          {"net/bridge/fdb.c", ""},
          {"net/bridge/mdb.c", ""},
          {"net/bridge/gen_main.c", ""},
          {"arch/x86/Makefile", "core-y += arch/x86/mm/\n"},
          {"arch/x86/mm/Makefile", "obj-y += init_$(BITS).o\n"},
          {"arch/x86/mm/init_64.c", ""},
          {"arch/x86/mm/init_32.c", ""},
          {"arch/arm/Makefile", "core-y += arch/arm/mm/\n"},
          {"arch/arm/mm/Makefile", "obj-y += init.o\n"},
          {"arch/arm/mm/init.c", ""}};
}

struct Built {
  explicit Built(std::map<std::string, std::string> Values)
      : Files(smallTree()), T(Files.open()), K(Kbuild::create(T, std::move(Values), "x86")) {}
  std::string why(const std::string &File) {
    std::string Why;
    return K->isBuilt(File, &Why) ? "built" : Why;
  }
  TempTree Files;
  Tree T;
  std::unique_ptr<Kbuild> K;
};

const std::map<std::string, std::string> Values{{"NET", "y"}, {"BRIDGE", "m"}, {"UNI", "m"},
                                                {"GPU", "y"}, {"GPU_B", "y"},  {"64BIT", "y"}};

TEST(KbuildFlaws, AMakefileThatIsCutIsNamedAndLeavesItsModuleOpen) {
  Built B({{"BRIDGE", "m"}, {"NET", "y"}});
  EXPECT_EQ(B.K->flawsOfModule("net/bridge/br.c"), Strings{});
  TempTree Files(smallTree());
  Files.write("net/bridge/Makefile", "obj-$(CONFIG_BRIDGE) += bridge.o\nbridge-y := br.o\nifdef CONFIG_BRIDGE_MDB\nbridge-y += mdb.o\n");
  Tree T = Files.open();
  auto K = Kbuild::create(T, {{"BRIDGE", "m"}, {"NET", "y"}}, "x86");
  EXPECT_EQ(K->flawsOfModule("net/bridge/br.c"), Strings{"net/bridge/Makefile:3: the conditional that begins here has no endif"});
  EXPECT_EQ(K->flaws(), Strings{"net/bridge/Makefile:3: the conditional that begins here has no endif"});
  EXPECT_EQ(K->flawsOfModule("net/core/sock.c"), Strings{});
}

TEST(Kbuild, BuiltMeansReachedFromTheTop) {
  Built B(Values);
  EXPECT_EQ(B.why("kernel/fork.c"), "built");
  EXPECT_EQ(B.why("net/bridge/fdb.c"), "built");
  EXPECT_EQ(B.why("drivers/uni/core.c"), "built");
  EXPECT_EQ(B.why("arch/x86/mm/init_64.c"), "built");
}

TEST(Kbuild, ConfigurationsOfOneTreeDoNotMixTheirAnswers) {
  TempTree Files(FileMap{{"Kbuild", "obj-y += a/\n"},
                         {"a/Makefile", "ifdef CONFIG_A\nobj-y += a.o\nccflags-y := -DA=$(CONFIG_A)\nelse\nobj-y += b.o\n"
                                        "endif\nobj-y += $(SRCARCH).o\n"}});
  Tree T = Files.open();
  auto With = Kbuild::create(T, {{"A", "y"}}, "x86");
  EXPECT_TRUE(With->isBuilt("a/a.c", nullptr));
  auto Without = Kbuild::create(T, {}, "x86");
  EXPECT_FALSE(Without->isBuilt("a/a.c", nullptr));
  EXPECT_TRUE(Without->isBuilt("a/b.c", nullptr));
  EXPECT_TRUE(Without->flags("a/b.c").empty());
  auto Again = Kbuild::create(T, {{"A", "y"}, {"B", "y"}}, "x86");
  EXPECT_TRUE(Again->isBuilt("a/a.c", nullptr));
  EXPECT_FALSE(Again->isBuilt("a/b.c", nullptr));
  EXPECT_EQ(Again->flags("a/a.c"), std::vector<std::string>{"-DA=y"});
  auto Arm = Kbuild::create(T, {{"A", "y"}}, "arm");
  EXPECT_TRUE(Arm->isBuilt("a/arm.c", nullptr));
  EXPECT_FALSE(Arm->isBuilt("a/x86.c", nullptr));
}

TEST(Kbuild, ASiblingsMakefileMayBuildAFile) {
  Built B(Values);
  EXPECT_EQ(B.why("drivers/gpu/b/part.c"), "built");
}

TEST(Kbuild, TheReasonNamesTheLine) {
  Built B(Values);
  EXPECT_EQ(B.why("net/bridge/mdb.c"), "net/bridge/Makefile:3: bridge-$(CONFIG_BRIDGE_MDB) is off for mdb.o");
  EXPECT_EQ(B.why("kernel/audit.c"), "kernel/Makefile:2: obj-$(CONFIG_AUDIT) is off for audit.o");
  EXPECT_EQ(B.why("kernel/nowhere.c"), "kernel/nowhere.o: in no obj- list");
  EXPECT_EQ(B.why("arch/arm/mm/init.c"), "arch/arm/: no obj- list descends into this directory");
  EXPECT_EQ(B.why("arch/x86/mm/init_32.c"), "arch/x86/mm/init_32.o: in no obj- list");
  EXPECT_NE(B.why("net/bridge/gen_main.c"), "built");
  EXPECT_NE(B.why("include/linux/x.h"), "built");
}

TEST(Kbuild, AnAbsentDirectorySymbolTurnsEverythingBelowOff) {
  Built B(FileMap{{"BRIDGE", "m"}});
  EXPECT_EQ(B.why("net/bridge/br.c"), "Kbuild:2: obj-$(CONFIG_NET) is off for net/");
}

TEST(Kbuild, FlagsKeepWhatTheParserSees) {
  Built B(Values);
  const std::string A = B.T.root() + "/drivers/gpu/a";
  EXPECT_EQ(B.K->flags("drivers/gpu/a/main.c"),
            (Strings{"-I" + A + "/inc", "-DGPU=1", "-I" + B.T.root() + "/drivers/gpu/b", "-include",
                     A + "/pre.h", "-DNAME=\"x\""}));
  EXPECT_EQ(B.K->flags("drivers/gpu/b/part.c"),
            (Strings{"-I" + A + "/inc", "-DGPU=1", "-I" + B.T.root() + "/drivers/gpu/b"}));
  EXPECT_EQ(B.K->flags("kernel/fork.c"), Strings{"-I" + B.T.root() + "/kernel/deep"});
  EXPECT_EQ(B.K->flags("net/vlan.c"), Strings{});
}

TEST(Kbuild, ACompositesPartsBelongToItsModule) {
  Built B(FileMap{});
  ModuleInfo M = B.K->moduleOf("net/bridge/mdb.c");
  EXPECT_EQ(M.name, "bridge");
  EXPECT_EQ(M.module_symbol, "BRIDGE");
  EXPECT_EQ(M.symbols, (Strings{"NET", "BRIDGE_MDB", "BRIDGE"}));
  EXPECT_FALSE(M.always_built_in);
  ASSERT_EQ(M.evidence.size(), 4u);
  EXPECT_EQ(M.evidence[0], (Evidence{"net/bridge/Makefile", 3, "", "bridge-$(CONFIG_BRIDGE_MDB) += mdb.o"}));
  EXPECT_EQ(M.evidence[1], (Evidence{"net/bridge/Makefile", 1, "", "obj-$(CONFIG_BRIDGE) += bridge.o"}));
  EXPECT_EQ(B.K->filesOfModule("net/bridge/br.c"),
            (Strings{"net/bridge/br.c", "net/bridge/fdb.c", "net/bridge/mdb.c"}));
}

TEST(Kbuild, ObjYInADirectoryThatATristateEntersIsBuiltIn) {
  Built B(FileMap{});
  ModuleInfo M = B.K->moduleOf("drivers/uni/core.c");
  EXPECT_TRUE(M.always_built_in);
  EXPECT_EQ(M.module_symbol, "");
  EXPECT_EQ(M.symbols, Strings{"UNI"});
}

TEST(Kbuild, SubstitutedSymbolsAreBuiltInAndObjMIsNot) {
  Built B(FileMap{});
  EXPECT_TRUE(B.K->moduleOf("net/vlan.c").always_built_in);
  ModuleInfo M = B.K->moduleOf("net/core/always.c");
  EXPECT_FALSE(M.always_built_in);
  EXPECT_EQ(M.module_symbol, "");
}

TEST(Kbuild, AModuleMayReachIntoAnotherDirectory) {
  Built B(FileMap{});
  ModuleInfo M = B.K->moduleOf("drivers/gpu/b/part.c");
  EXPECT_EQ(M.name, "gpu");
  EXPECT_EQ(M.symbols, (Strings{"GPU_B", "GPU"}));
  EXPECT_EQ(B.K->filesOfModule("drivers/gpu/a/main.c"),
            (Strings{"drivers/gpu/a/main.c", "drivers/gpu/b/part.c"}));
}

TEST(Kbuild, OtherArchitecturesHaveModulesToo) {
  Built B(FileMap{});
  EXPECT_EQ(B.K->moduleOf("arch/arm/mm/init.c").name, "init");
  EXPECT_TRUE(B.K->moduleOf("arch/arm/mm/init.c").always_built_in);
}

TEST(Kbuild, AFileInNoListHasNoModule) {
  Built B(FileMap{});
  EXPECT_EQ(B.K->moduleOf("kernel/nowhere.c").name, "");
  EXPECT_EQ(B.K->filesOfModule("kernel/nowhere.c"), Strings{"kernel/nowhere.c"});
}

TEST(KbuildExternal, ObjMNamesTheModules) {
  TempTree Kernel(FileMap{});
  TempTree Module(
      {{"Makefile", "ifneq ($(KERNELRELEASE),)\nobj-m := foo.o\nfoo-objs := $(patsubst "
                    "$(src)/%.c,%.o,$(wildcard $(src)/f_*.c))\nccflags-y := -I$(src)/inc -DFOO\n"
                    "obj-$(CONFIG_BAR) += sub/\nelse\nall:\n\tmake -C /lib/modules M=$(PWD)\nendif\n"},
       {"f_a.c", ""},
       {"f_b.c", ""},
       {"other.c", ""},
       {"sub/Makefile", "obj-m += bar.o\n"},
       {"sub/bar.c", ""}},
      /*Bare=*/true);
  Tree T = Kernel.open();
  auto Modules = externalModules(T, Module.path(), {});
  ASSERT_TRUE(bool(Modules)) << message(Modules.takeError());
  ASSERT_EQ(Modules->size(), 2u);
  EXPECT_EQ((*Modules)[0].name, "bar");
  EXPECT_EQ((*Modules)[0].files, Strings{"sub/bar.c"});
  EXPECT_EQ((*Modules)[1].name, "foo");
  EXPECT_EQ((*Modules)[1].files, (Strings{"f_a.c", "f_b.c"}));
  EXPECT_EQ((*Modules)[1].flags["f_a.c"].at(0).back, (Strings{"-I" + Module.path() + "/inc", "-DFOO"}));
  EXPECT_FALSE((*Modules)[1].guessed);
}

TEST(KbuildExternal, WithoutAMakefileAllFilesAreOneModule) {
  TempTree Kernel(FileMap{});
  TempTree Module(FileMap{{"a.c", ""}, {"b.c", ""}, {"b.mod.c", ""}, {"c.h", ""}}, /*Bare=*/true);
  Tree T = Kernel.open();
  auto Modules = externalModules(T, Module.path(), {});
  ASSERT_TRUE(bool(Modules)) << message(Modules.takeError());
  ASSERT_EQ(Modules->size(), 1u);
  EXPECT_TRUE(Modules->front().guessed);
  EXPECT_EQ(Modules->front().files, (Strings{"a.c", "b.c"}));
}

TEST(KbuildExternal, NothingToBuildIsAnError) {
  TempTree Kernel(FileMap{});
  TempTree Empty(FileMap{}, /*Bare=*/true);
  Tree T = Kernel.open();
  auto Modules = externalModules(T, Empty.path(), {});
  ASSERT_FALSE(bool(Modules));
  EXPECT_NE(message(Modules.takeError()).find("no C file"), std::string::npos);
  auto Absent = externalModules(T, Empty.path() + "/absent", {});
  ASSERT_FALSE(bool(Absent));
  EXPECT_NE(message(Absent.takeError()).find("absent"), std::string::npos);
}

} // namespace
} // namespace krcu
