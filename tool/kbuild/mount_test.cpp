// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A module's directory inside a tree: names, and what must stay out of reach.
#include "tool/kbuild/kbuild.h"
#include "tool/tree/temp_tree.h"

namespace krcu {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

struct MountTest : testing::Test {
  MountTest() : Kernel(FileMap{{"lib/a.c", "in the kernel"}}), Module(FileMap{{"a.c", "in the module"}, {"inc/a.h", ""}}, /*Bare=*/true), T(Kernel.open()) {
    if (llvm::Error E = T.mount(Module.path()))
      ADD_FAILURE() << message(std::move(E));
  }
  TempTree Kernel, Module;
  Tree T;
};

TEST_F(MountTest, BothDirectoriesAreRead) {
  EXPECT_EQ(T.read("M=/a.c"), "in the module");
  EXPECT_EQ(T.read("lib/a.c"), "in the kernel");
  EXPECT_TRUE(T.has("M=/inc/a.h"));
  EXPECT_TRUE(T.has("M="));
  EXPECT_FALSE(T.has("M=/lib/a.c"));
  EXPECT_FALSE(T.read("M=x/a.c"));
}

TEST_F(MountTest, PathsGoBothWays) {
  EXPECT_EQ(T.absolute("M=/inc/a.h"), T.mounted() + "/inc/a.h");
  EXPECT_EQ(T.absolute("M="), T.mounted());
  EXPECT_EQ(T.relative(T.mounted() + "/inc/../a.c"), "M=/a.c");
  EXPECT_EQ(T.relative(T.mounted()), "M=");
  EXPECT_EQ(T.relative(T.root() + "/lib/a.c"), "lib/a.c");
  EXPECT_FALSE(T.relative(T.mounted() + "x/a.c"));
  EXPECT_EQ(T.mountedPath("M=/inc/a.h"), "inc/a.h");
  EXPECT_TRUE(T.isSubject("M=/a.c"));
  EXPECT_FALSE(T.isSubject("lib/a.c"));
}

TEST_F(MountTest, NothingOutsideIsReached) {
  fs::create_symlink("/etc/hostname", Module.path() + "/link.c");
  fs::create_directory_symlink(Kernel.path() + "/lib", Module.path() + "/lib");
  for (const char *Path : {"M=/../a.c", "M=/link.c", "M=/lib/a.c", "M=//etc/hostname", "M=/inc/../../a.c"}) {
    EXPECT_FALSE(T.read(Path)) << Path;
    EXPECT_FALSE(T.has(Path)) << Path;
  }
}

TEST_F(MountTest, TheUserSeesTheModulesOwnPaths) {
  const std::string Kernel612 = T.kernelName() + "/";
  EXPECT_EQ(T.shown("M=/a.c:3: calls f() of lib/a.c (M=/inc/a.h)"), "a.c:3: calls f() of " + Kernel612 + "lib/a.c (inc/a.h)");
  EXPECT_EQ(T.shown("\"M=/a.c\", \"lib/a.c\", lib/, lib/b.c, a.c, either/or."), "\"a.c\", \"" + Kernel612 + "lib/a.c\", lib/, lib/b.c, a.c, either/or.");
  EXPECT_EQ(T.shown("Makefile:3 and M=/Makefile:3, a Makefile."), Kernel612 + "Makefile:3 and Makefile:3, a Makefile.");
  EXPECT_EQ(T.shown("-IM=/inc"), "-Iinc");
  EXPECT_EQ(T.shown("x_M=/2 and /M=/2"), "x_M=/2 and /M=/2");
  EXPECT_EQ(Kernel.open().shown("M=/a.c"), "M=/a.c");
}

TEST_F(MountTest, NeitherDirectoryMayHoldTheOther) {
  Tree Other = Kernel.open();
  llvm::Error Inside = Other.mount(Kernel.path() + "/lib");
  EXPECT_NE(message(std::move(Inside)).find("is part of the kernel tree"), std::string::npos);
  llvm::Error Around = Other.mount(fs::path(Kernel.path()).parent_path().string());
  EXPECT_NE(message(std::move(Around)).find("holds the kernel tree"), std::string::npos);
  llvm::Error File = Other.mount(Module.path() + "/a.c");
  EXPECT_NE(message(std::move(File)).find("not a directory"), std::string::npos);
  EXPECT_EQ(Other.mounted(), "");
}

TEST_F(MountTest, ItsMakefilesAnswerForItsFiles) {
  Module.write("Kbuild", "obj-m := foo.o\nfoo-y := a.o\nccflags-y := -I$(src)/inc -I$(src)/../elsewhere -DFOO=a/b\n");
  Module.write("stray.c", "");
  auto K = Kbuild::create(T, {}, "x86");
  std::string Why;
  EXPECT_TRUE(K->isBuilt("M=/a.c", &Why));
  EXPECT_FALSE(K->isBuilt("M=/stray.c", &Why));
  EXPECT_EQ(Why, "M=/stray.c: no makefile of the module lists it");
  EXPECT_EQ(K->flags("M=/a.c"), (Strings{"-I" + T.visible("M=/inc"), "-DFOO=a/b", "-I" + T.visible("M=")}));
  ModuleInfo Info = K->moduleOf("M=/a.c");
  EXPECT_EQ(Info.name, "foo");
  EXPECT_FALSE(Info.always_built_in);
  EXPECT_EQ(Info.module_symbol, "");
  ASSERT_EQ(Info.evidence.size(), 1u);
  EXPECT_EQ(Info.evidence[0].file, "M=/Kbuild");
  EXPECT_EQ(Info.evidence[0].line, 1u);
  EXPECT_EQ(K->filesOfModule("M=/a.c"), Strings{"M=/a.c"});
}

TEST_F(MountTest, IncludePathsOutsideAreReported) {
  Module.write("Kbuild", "obj-m := a.o\nccflags-y := -I/usr/include -I$(srctree)/lib\n");
  auto Modules = externalModules(T, T.mounted(), {});
  ASSERT_TRUE(bool(Modules)) << message(Modules.takeError());
  EXPECT_EQ(Modules->front().outside, Strings{"/usr/include"});
  EXPECT_EQ(Modules->front().flags["a.c"].at(0).back, Strings{"-I" + T.root() + "/lib"});
}

} // namespace
} // namespace krcu
