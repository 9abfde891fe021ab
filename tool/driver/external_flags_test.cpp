// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The ways in which makefiles of external modules say where their headers are: each is a module whose only callback frees, so it converts if
// the header is found, and is not parsed if it is not. What nobody can know is given by hand.
#include "tool/driver/external_pair.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"

namespace krcu {
namespace {

const std::string Header = "#ifndef DUCK_H\n#define DUCK_H\n#include <linux/types.h>\nstruct duck {\n\tint weight;\n\tstruct rcu_head rcu;\n};\n#endif\n";

std::string pond(const std::string &Include = "#include \"duck.h\"\n") {
  return "#include <linux/module.h>\n#include <linux/slab.h>\n#include <linux/rcupdate.h>\n" + Include +
         "\nstatic void duck_free(struct rcu_head *head)\n{\n\tkfree(container_of(head, struct duck, rcu));\n}\n\n"
         "void duck_drop(struct duck *d)\n{\n\tcall_rcu(&d->rcu, duck_free);\n}\n";
}

using Files = std::vector<std::pair<std::string, std::string>>;

struct Shape {
  const char *name;
  Files files;              ///< besides src/pond.c and include/duck.h
  const char *expected;     ///< class of the site
};

const std::string Lists = "obj-m += pond.o\npond-y := src/pond.o\n";

const Shape Shapes[] = {
    {"PwdFromTheShell", {{"Makefile", "PWD := $(shell pwd)\nKDIR ?= /lib/modules/$(shell uname -r)/build\n" + Lists + "ccflags-y += -I$(PWD)/include\nall:\n\t$(MAKE) -C $(KDIR) M=$(PWD) modules\n"}}, "convert"},
    {"PwdFromTheEnvironment", {{"Makefile", Lists + "ccflags-y += -I$(PWD)/include\n"}}, "convert"},
    {"CurdirAndExtmod", {{"Makefile", Lists + "ccflags-y += -I$(CURDIR)/nothing -I$(KBUILD_EXTMOD)/include\n"}}, "convert"},
    {"DirnameOfTheLastMakefile", {{"Makefile", "HERE := $(shell dirname $(abspath $(lastword $(MAKEFILE_LIST))))\n" + Lists + "ccflags-y += -I $(HERE)/include\n"}}, "convert"},
    {"RealpathOfTheLastMakefile", {{"Makefile", "HERE := $(realpath $(dir $(lastword $(MAKEFILE_LIST))))\n" + Lists + "ccflags-y += -I $(HERE)/include\n"}}, "convert"},
    {"LastMakefileBehindAnInclude", {{"Makefile", "include $(src)/mk/common.mk\n" + Lists + "ccflags-y += -I$(TOP)/include\n"}, {"mk/common.mk", "TOP := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/..)\n"}}, "convert"},
    {"CdAndPwd", {{"Makefile", Lists + "ccflags-y += -I$(shell cd $(src)/include && pwd)\n"}}, "convert"},
    {"Nostdinc", {{"Makefile", Lists + "NOSTDINC_FLAGS += -I$(src)/include\n"}}, "convert"},
    {"LinuxincludeBehind", {{"Makefile", Lists + "LINUXINCLUDE += -I$(src)/include\n"}}, "convert"},
    {"LinuxincludeBefore", {{"Makefile", Lists + "LINUXINCLUDE := -I$(src)/include $(LINUXINCLUDE)\n"}}, "convert"},
    {"KbuildCppflags", {{"Makefile", Lists + "KBUILD_CPPFLAGS += -I$(obj)/include\n"}}, "convert"},
    {"PerObject", {{"Makefile", Lists + "CFLAGS_src/pond.o := -iquote $(src)/include\n"}}, "convert"},
    {"RelativeToTheModule", {{"Makefile", Lists + "ccflags-y += -Iinclude\n"}}, "convert"},
    {"ExportedToKbuildBelow", {{"Makefile", "export POND_CFLAGS := -I$(src)/include\nobj-m += src/\n"}, {"src/Makefile", "obj-m += pond.o\nccflags-y += $(POND_CFLAGS)\n"}}, "convert"},
    {"ExportedTwoLevelsDown", {{"Makefile", "TOP = $(src)\nINC := -I$(TOP)/include\nexport INC\nobj-m += a/\n"}, {"a/Makefile", "obj-m += ../src/\n"}, {"src/Makefile", "obj-m += pond.o\nccflags-y += $(INC)\n"}}, "convert"},
    {"NotExported", {{"Makefile", "POND_CFLAGS := -I$(src)/include\nobj-m += src/\n"}, {"src/Makefile", "obj-m += pond.o\nccflags-y += $(POND_CFLAGS)\n"}}, "not_parsed"},
    {"SubdirFlags", {{"Makefile", "subdir-ccflags-y := -I$(src)/include\nobj-m += src/\n"}, {"src/Makefile", "obj-m += pond.o\n"}}, "convert"},
    {"MakeInTheDirectoryBelow", {{"Makefile", "export DUCKS := $(CURDIR)/include\nall:\n\t$(MAKE) -C src\n"}, {"src/Makefile", "obj-m += pond.o\nccflags-y += -I$(DUCKS)\nall:\n\tmake -C /lib/modules/x/build M=$(CURDIR) modules\n"}}, "convert"},
    {"OnTheCommandLine", {{"Makefile", Lists + "all:\n\t$(MAKE) -C $(KDIR) M=$(PWD) EXTRA_CFLAGS=\"-I$(PWD)/include -DX\" modules\n"}}, "convert"},
    {"OnTheCommandLineOfClean", {{"Makefile", Lists + "clean:\n\t$(MAKE) -C $(KDIR) M=$(PWD) EXTRA_CFLAGS=-I$(PWD)/include clean\n"}}, "not_parsed"},
    {"OutsideOfKbuild", {{"Makefile", "ifneq ($(KERNELRELEASE),)\n" + Lists + "ccflags-y += -I$(DUCKS)\nelse\nexport DUCKS := $(CURDIR)/include\nall:\n\tmake -C $(KDIR) M=$(CURDIR)\nendif\n"}}, "convert"},
    {"VersionOfTheKernel", {{"Makefile", Lists + "ifeq ($(shell [ $(VERSION) -ge 6 ] && echo y),y)\nccflags-y += -I$(src)/include\nendif\n"}}, "convert"},
    {"AnotherVersion", {{"Makefile", Lists + "ifeq ($(shell test $(VERSION) -lt 6 && echo y),y)\nccflags-y += -I$(src)/include\nendif\n"}}, "not_parsed"},
    {"ACommandThatFindsSomething", {{"Makefile", Lists + "ifneq ($(shell grep -s duck /usr/include/pond.h),)\nccflags-y += -I$(src)/include\nendif\n"}}, "convert"},
    {"ACommandThatFindsNothing", {{"Makefile", Lists + "ifeq ($(shell grep -s duck /usr/include/pond.h),)\nccflags-y += -I$(src)/include\nendif\n"}}, "convert"},
    {"ACommandInAFunction", {{"Makefile", Lists + "ccflags-y += $(if $(shell which ducks),-DDUCKS,-I$(src)/include)\n"}}, "convert"},
    {"AForcedHeaderThatDoesNotFit", {{"Makefile", Lists + "ifeq ($(shell grep -F kfree_rcu $(srctree)/include/linux/rcupdate.h),)\nccflags-y += -DOLD -include $(src)/old.h\nendif\nccflags-y += -I$(src)/include\n"}, {"old.h", "void kfree(int old);\n"}}, "convert"},
    {"AForcedHeaderThatDoesNotFitAndIsLikely", {{"Makefile", Lists + "ifneq ($(shell grep -L kfree_rcu $(srctree)/include/linux/rcupdate.h),)\nccflags-y += -DOLD -include $(src)/old.h\nendif\nccflags-y += -I$(src)/include\n"}, {"old.h", "void kfree(int old);\n"}}, "convert"},
    {"OnlyACommandTells", {{"Makefile", Lists + "ccflags-y += -I$(shell pkg-config --variable=includedir ducks)\n"}}, "not_parsed"},
    {"OutOfReach", {{"Makefile", Lists + "ccflags-y += -I$(src)/../elsewhere\n"}}, "not_parsed"},
    {"PartsFromAWildcard", {{"Makefile", "obj-m += pond.o\npond-objs := $(patsubst $(src)/%.c,%.o,$(wildcard $(src)/*/*.c))\nccflags-y := -I$(src)/include\n"}}, "convert"},
    {"PartsFromACommand", {{"Makefile", "obj-m += pond.o\npond-objs := $(patsubst %.c,%.o,$(shell cd $(src); find . -name '*.c'))\nccflags-y := -I$(src)/include\n"}}, "convert"},
};

class ExternalFlags : public testing::TestWithParam<Shape> {};

TEST_P(ExternalFlags, AreFound) {
  Pair P("waits");
  P.module.write("src/pond.c", pond());
  P.module.write("include/duck.h", Header);
  for (const auto &[File, Text] : GetParam().files)
    P.module.write(File, Text);
  Outcome O = P.run();
  ASSERT_EQ(O.error, "");
  ASSERT_EQ(O.sites.size(), 1u);
  EXPECT_STREQ(className(O.sites[0].cls), GetParam().expected) << reasonText(O.sites[0]);
  EXPECT_EQ(O.scan->frontend().moduleOf("M=/src/pond.c").name, "pond");
}

INSTANTIATE_TEST_SUITE_P(Shapes, ExternalFlags, testing::ValuesIn(Shapes), [](const auto &I) { return std::string(I.param.name); });

/// A module whose makefile says nothing of its headers.
struct Poor : testing::Test {
  Poor() : P("waits") {
    P.module.write("Makefile", Lists);
    P.module.write("src/pond.c", pond());
    Options = P.options();
  }
  std::string cls() {
    Outcome O = scanAndPatch(Options);
    Error = O.error;
    Warnings = O.scan ? O.scan->warnings() : std::vector<std::string>();
    Parses = O.scan ? O.scan->frontend().stats.parses.load() : 0;
    return O.sites.size() == 1 ? className(O.sites[0].cls) : "";
  }
  Pair P;
  ScanOptions Options;
  std::string Error;
  std::vector<std::string> Warnings;
  unsigned Parses = 0;
};

TEST_F(Poor, TheUserNamesTheDirectory) {
  P.module.write("elsewhere/duck.h", Header);
  Options.user_flags.include_dirs = {P.module.path("elsewhere")};
  EXPECT_EQ(cls(), "convert") << Error;
}

TEST_F(Poor, TheDirectoryMayStandOutside) {
  ScratchTree Other("");
  Other.write("duck.h", Header);
  Options.user_flags.include_dirs = {Other.root()};
  EXPECT_EQ(cls(), "convert") << Error;
}

TEST_F(Poor, TheUserNamesAFileThatAConfigureScriptMakes) {
  P.module.write("src/pond.c", pond("#ifndef HAVE_DUCKS\n#error run configure first\n#endif\n"));
  P.module.write("config.h", "#define HAVE_DUCKS 1\n" + Header);
  EXPECT_EQ(cls(), "not_parsed");
  Options.user_flags.includes = {P.module.path("config.h")};
  EXPECT_EQ(cls(), "convert") << Error;
}

TEST_F(Poor, TheUserDefinesAMacro) {
  P.module.write("include/duck.h", Header);
  P.module.write("src/pond.c", pond("#include DUCKS\n"));
  Options.user_flags.defines = {"DUCKS=\"../include/duck.h\""};
  EXPECT_EQ(cls(), "convert") << Error;
}

TEST_F(Poor, TheUserGivesFlags) {
  P.module.write("include/duck.h", Header);
  Options.user_flags.cflags = {"-Wall -O2 -std=gnu17 -I " + P.module.path("include")};
  EXPECT_EQ(cls(), "convert") << Error;
}

TEST_F(Poor, TheUsersFlagsAreNotForTheKernel) {
  P.kernel.write("lib/pool.c", "#ifdef DUCKS\n#error ducks in the kernel\n#endif\n" + P.kernel.read("lib/pool.c"));
  P.module.write("include/duck.h", Header);
  Options.user_flags.defines = {"DUCKS"};
  Options.user_flags.include_dirs = {P.module.path("include")};
  EXPECT_EQ(cls(), "convert") << Error;
}

TEST_F(Poor, FlagsOfAWholeTreeReachEveryFile) {
  P.kernel.lay("module-exit-safe");
  ScanOptions Whole = P.kernel.options();
  size_t Sites = scanAndPatch(Whole).sites.size();
  Whole.user_flags.cflags = {"-DNOT_A_THING"};
  Outcome O = scanAndPatch(Whole);
  EXPECT_EQ(O.error, "");
  EXPECT_EQ(O.sites.size(), Sites);
  std::string Rows;
  for (const Frontend::FlagRow &Row : O.scan->frontend().flagsOf("lib/pool.c").rows)
    Rows += Row.flag + " (" + Row.origin + ")\n";
  EXPECT_NE(Rows.find("-D (the command line)\nNOT_A_THING (the command line)\n"), std::string::npos) << Rows;
}

TEST_F(Poor, UnsafeAndEmptyFlagsAreRefused) {
  auto Refused = [&](UserFlags F, const std::string &Why) {
    Options.user_flags = std::move(F);
    EXPECT_EQ(cls(), "");
    EXPECT_NE(Error.find(Why), std::string::npos) << Error;
  };
  for (const char *Flag : {"-fplugin=/tmp/x.so", "-Xclang -load", "-fpass-plugin=x", "-mllvm -x", "@/etc/passwd", "--config=x", "-fno-such-thing"})
    Refused({{Flag}, {}, {}, {}}, "is not taken: it loads code");
  for (const char *Flag : {"-o x", "-MD", "-MF x", "-save-temps", "-E", "x.c"})
    Refused({{Flag}, {}, {}, {}}, "is not taken: it says nothing");
  Refused({{}, {P.module.path("nowhere")}, {}, {}}, "--include-dir: no such directory");
  Refused({{}, {}, {"-DX"}, {}}, "names no macro");
  Refused({{}, {}, {}, {P.module.path("nowhere.h")}}, "--include: no such file");
  Refused({{"-include " + P.module.path("nowhere.h")}, {}, {}, {}}, "--cflags: no such file");
}

TEST_F(Poor, AllMissingHeadersOfAModuleAreNamedInOneLine) {
  P.module.write("Makefile", "obj-m += pond.o lake.o\npond-y := src/pond.o src/reed.o\nccflags-y += -I$(shell ducks --where)\n");
  P.module.write("src/pond.c", pond("#include \"duck.h\"\n#include <weather.h>\n"));
  P.module.write("src/reed.c", pond("#include <reed/reed.h>\n#include \"duck.h\"\n"));
  P.module.write("lake.c", pond("#include \"lake.h\"\n"));
  cls();
  unsigned Lines = 0;
  for (const std::string &W : Warnings)
    Lines += W.find("not found:") != std::string::npos;
  EXPECT_EQ(Lines, 2u);
  EXPECT_TRUE(std::any_of(Warnings.begin(), Warnings.end(), [](const std::string &W) {
    return W.find("module pond: not found: duck.h, reed/reed.h, weather.h (included by M=/src/pond.c and 1 more)") == 0 && W.find("--include-dir") != std::string::npos &&
           W.find("-I?") != std::string::npos;
  })) << Warnings.front();
  EXPECT_EQ(Parses, 3u); // a header that is nowhere is not looked for again
}

TEST_F(Poor, AForcedHeaderHasAnIncluder) {
  P.module.write("Makefile", Lists + "ccflags-y += -include $(src)/glue.h -I$(src)\n");
  P.module.write("duck.h", Header);
  P.module.write("glue.h", "#include <linux/rcupdate.h>\nstatic inline void later(struct rcu_head *head, rcu_callback_t fn)\n{\n\tcall_rcu(head, fn);\n}\n");
  std::string Text = pond();
  Text.replace(Text.find("call_rcu("), 8, "later");
  P.module.write("src/pond.c", Text);
  EXPECT_EQ(cls(), "unknown_callback"); // the wrapper's own call; nothing is left unparsed
}

TEST_F(Poor, AHeaderOfTheModuleWinsWhereItsMakefileSaysSo) {
  // The module brings a newer <linux/slab.h> along, as backports do.
  P.module.write("compat/linux/slab.h", "#include_next <linux/slab.h>\n" + Header);
  P.module.write("src/pond.c", pond(""));
  P.module.write("Makefile", Lists + "NOSTDINC_FLAGS := -I$(src)/compat\n");
  EXPECT_EQ(cls(), "convert") << Error;
  P.module.write("Makefile", Lists + "ccflags-y := -I$(src)/compat\n"); // behind the kernel's own
  EXPECT_EQ(cls(), "not_parsed");
}

} // namespace
} // namespace krcu
