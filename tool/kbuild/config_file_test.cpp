// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A .config: what it says, what it does not, and what is none.
#include "tool/kbuild/config_file.h"
#include "tool/support/error.h"
#include "tool/tree/temp_tree.h"
#include "gtest/gtest.h"

namespace krcu {
namespace {

const char *const Head = "#\n# Automatically generated file; DO NOT EDIT.\n# Linux/x86 6.12.1 Kernel Configuration\n#\n";

ConfigFile config(const std::string &Text) {
  auto C = ConfigFile::parse("my.config", Text);
  EXPECT_TRUE(bool(C)) << message(C.takeError());
  return std::move(*C);
}

std::string errorOf(const std::string &Text) {
  auto C = ConfigFile::parse("my.config", Text);
  EXPECT_FALSE(bool(C)) << Text;
  return C ? "" : message(C.takeError());
}

TEST(ConfigFile, ValuesOfAWholeOne) {
  ConfigFile C = config(std::string(Head) + "CONFIG_NET=y\nCONFIG_DRV=m\n# CONFIG_SLOB is not set\nCONFIG_NAME=\"a \\\"b\\\"\"\nCONFIG_BITS=0x10\nCONFIG_EMPTY=\"\"\n");
  EXPECT_TRUE(C.isWhole());
  EXPECT_EQ(C.version(), "6.12.1");
  EXPECT_EQ(C.architecture(), "x86");
  EXPECT_EQ(C.value("NET"), "y");
  EXPECT_EQ(C.value("DRV"), "m");
  EXPECT_EQ(C.value("SLOB"), "n");
  EXPECT_EQ(C.value("NAME"), "a \"b\"");
  EXPECT_EQ(C.value("BITS"), "0x10");
  EXPECT_EQ(C.value("EMPTY"), "");
  EXPECT_EQ(C.value("NOT_THERE"), "n") << "what a whole one does not name is not set";
  EXPECT_EQ(C.said("DRV"), "CONFIG_DRV=m");
  EXPECT_EQ(C.said("SLOB"), "CONFIG_SLOB is not set");
  EXPECT_EQ(C.evidence("DRV"), (Evidence{"my.config", 6, "", "CONFIG_DRV=m"}));
  EXPECT_EQ(C.values().count("SLOB"), 0u);
}

TEST(ConfigFile, WhatAFragmentDoesNotNameIsNotKnown) {
  ConfigFile C = config("CONFIG_NET=y\n# CONFIG_SLOB is not set\n");
  EXPECT_FALSE(C.isWhole());
  EXPECT_EQ(C.value("NET"), "y");
  EXPECT_EQ(C.value("SLOB"), "n");
  EXPECT_EQ(C.value("DRV"), std::nullopt);
}

TEST(ConfigFile, TheLastLineCounts) {
  EXPECT_EQ(config("CONFIG_X=y\n# CONFIG_X is not set\n").value("X"), "n");
  EXPECT_EQ(config("CONFIG_X=m\r\nCONFIG_X=y\r\n").value("X"), "y");
}

TEST(ConfigFile, WhatIsNoneIsOneErrorWithTheLine) {
  for (const char *Line : {"NET=y", "CONFIG_NET", "CONFIG_NET=", "CONFIG_=y", "CONFIG_NET=y y", "CONFIG_NAME=\"a", "CONFIG_NAME=\"a\"b\"", "<html>", "#include", "\x01\x02"}) {
    if (Line[0] == '#')
      continue; // a comment
    std::string E = errorOf(std::string("CONFIG_A=y\n\n") + Line + "\n");
    EXPECT_EQ(E.find("my.config:3: this is no line of a .config"), 0u) << Line << ": " << E;
    EXPECT_NE(E.find("; give the .config"), std::string::npos) << E;
  }
  EXPECT_NE(errorOf("").find("my.config: this has no CONFIG_ line"), std::string::npos);
  EXPECT_NE(errorOf("# only a comment\n").find("has no CONFIG_ line"), std::string::npos);
}

TEST(ConfigFile, ADirectoryStandsForItsConfig) {
  TempTree T({{".config", "CONFIG_X=y\n"}}, /*Bare=*/true);
  for (const std::string &Path : {T.path(), T.path() + "/", T.path() + "/.config"}) {
    auto C = ConfigFile::load(Path);
    ASSERT_TRUE(bool(C)) << message(C.takeError());
    EXPECT_EQ(C->value("X"), "y");
  }
  auto None = ConfigFile::load(T.path() + "/none");
  ASSERT_FALSE(bool(None));
  EXPECT_NE(message(None.takeError()).find("/none"), std::string::npos);
}

class BuiltInConfig : public testing::Test {
protected:
  BuiltInConfig()
      : Files({{"Kbuild", "obj-y += drv/\nobj-$(CONFIG_NET) += net/\n"},
               {"drv/Makefile", "obj-$(CONFIG_DRV) += drv.o\ndrv-y := a.o\ndrv-$(CONFIG_DRV_MORE) += more.o\nobj-y += core.o\nobj-$(CONFIG_ONE) += both.o\nobj-$(CONFIG_TWO) += both.o\n"},
               {"net/Makefile", "obj-y += n.o\n"},
               {"drv/a.c", ""}, {"drv/more.c", ""}, {"drv/core.c", ""}, {"drv/both.c", ""}, {"drv/h.h", ""}, {"net/n.c", ""}, {"arch/arm64/Makefile", "obj-y += k.o\n"}, {"arch/arm64/k.c", ""}}) {}
  /// "m CONFIG_DRV=m".
  std::string built(const std::string &Text, const std::string &File) {
    ConfigFile C = config(Text);
    Tree T = Files.open();
    auto K = Kbuild::create(T, C.values(), "x86");
    FileInConfig F = builtIn(C, *K, File);
    return std::string(builtName(F.as)) + (F.why.empty() ? "" : " " + F.why);
  }
  TempTree Files;
};

TEST_F(BuiltInConfig, YesNoModule) {
  EXPECT_EQ(built(std::string(Head) + "CONFIG_DRV=m\n", "drv/a.c"), "m CONFIG_DRV=m");
  EXPECT_EQ(built(std::string(Head) + "CONFIG_DRV=y\n", "drv/a.c"), "y CONFIG_DRV=y");
  EXPECT_EQ(built(std::string(Head) + "CONFIG_A=y\n", "drv/a.c"), "n CONFIG_DRV is not set");
  EXPECT_EQ(built(std::string(Head) + "CONFIG_DRV=m\n", "drv/more.c"), "n CONFIG_DRV_MORE is not set");
  EXPECT_EQ(built(std::string(Head) + "CONFIG_DRV=m\nCONFIG_DRV_MORE=y\n", "drv/more.c"), "m CONFIG_DRV=m");
  EXPECT_EQ(built(std::string(Head) + "CONFIG_DRV=m\n", "drv/core.c"), "y");
  EXPECT_EQ(built(std::string(Head) + "CONFIG_DRV=m\n", "net/n.c"), "n CONFIG_NET is not set");
  EXPECT_EQ(built(std::string(Head) + "CONFIG_DRV=m\n", "arch/arm64/k.c"), "n it is for x86");
}

TEST_F(BuiltInConfig, WhatIsNotKnownIsSaidByNobody) {
  EXPECT_EQ(built("CONFIG_A=y\n", "drv/a.c"), "") << "a fragment that does not name it";
  EXPECT_EQ(built("# CONFIG_DRV is not set\n", "drv/a.c"), "") << "something else may build it";
  EXPECT_EQ(built("CONFIG_DRV=m\n", "drv/a.c"), "m CONFIG_DRV=m");
  EXPECT_EQ(built(std::string(Head) + "CONFIG_DRV=m\n", "drv/h.h"), "");
  // Listed twice: one of the two is enough, and which of them made it is not asked.
  EXPECT_NE(built(std::string(Head) + "CONFIG_TWO=y\n", "drv/both.c").substr(0, 1), "n");
}

} // namespace
} // namespace krcu
