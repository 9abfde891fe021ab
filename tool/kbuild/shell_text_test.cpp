// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Commands whose output is in their text, and those whose output is not; what a makefile then makes of what nobody knows.
#include "tool/kbuild/makefile.h"
#include "tool/kbuild/makefile_words.h"
#include "tool/kbuild/shell_text.h"
#include "gtest/gtest.h"

namespace krcu::makefile {
namespace {

std::string printed(const std::string &Command) { return printedBy(Command, {"/m/pond", "6.12.3", "x86_64"}).value_or("?"); }

TEST(ShellText, PathsAreKnown) {
  EXPECT_EQ(printed("pwd"), "/m/pond");
  EXPECT_EQ(printed(" cd src && pwd -P "), "/m/pond/src");
  EXPECT_EQ(printed("cd ..; pwd"), "/m");
  EXPECT_EQ(printed("dirname /a/b/Makefile"), "/a/b");
  EXPECT_EQ(printed("dirname Makefile"), ".");
  EXPECT_EQ(printed("basename '/a/b/x.c' .c"), "x");
  EXPECT_EQ(printed("realpath ../lake 2>/dev/null"), "/m/lake");
  EXPECT_EQ(printed("readlink -f \"/a/./b\""), "/a/b");
}

TEST(ShellText, VersionsAreCompared) {
  EXPECT_EQ(printed("uname -r"), "6.12.3");
  EXPECT_EQ(printed("test 6 -ge 5 && echo y"), "y");
  EXPECT_EQ(printed("[ 6 -lt 5 ] && echo y"), "");
  EXPECT_EQ(printed("[ 6 -ne 5 ] && echo y"), "y");
  EXPECT_EQ(printed("[ -ge 5 ] && echo y"), "?");
  EXPECT_EQ(printed("echo a  'b c'"), "a b c");
}

TEST(ShellText, WhatHasToBeRunIsNotKnown) {
  for (const char *Command : {"ls", "grep -c x y", "cat /etc/passwd", "pwd | sed s/a/b/", "echo $(id)", "echo *", "echo `id`", "pwd > /tmp/x", "readlink x", "cd a && make", "pwd; pwd", "touch x & pwd", "uname", ""})
    EXPECT_EQ(printed(Command), "?") << Command;
}

/// A makefile of an external module, under which nothing is known of `$(shell ask)`.
struct Reader {
  explicit Reader(const std::string &Text, Doubt D = Doubt::Likely, bool Symbolic = false) : M(options(D, Symbolic)) { M.evaluate(Text, "sub/Makefile"); }
  static Options options(Doubt D, bool Symbolic) {
    static const std::map<std::string, std::string> None;
    Options O;
    if (!Symbolic)
      O.values = std::make_shared<ValueTable>(None);
    O.shell = [](llvm::StringRef) { return std::string(1, UnknownMark); };
    O.read = [](const std::string &Path) { return Path == "more.mk" ? std::optional<std::string>("MORE := $(MAKEFILE_LIST)\n") : std::nullopt; };
    O.doubt = D;
    O.base = "/m", O.where = "/m/sub";
    O.environment = std::make_shared<const Presets>(Presets{{"FROM", "above"}, {"KEPT", "1"}});
    return O;
  }
  Makefile M;
};

std::string three(const std::string &Text) {
  std::string Out;
  for (Doubt D : {Doubt::Likely, Doubt::Unlikely, Doubt::Both}) {
    Reader R(Text, D);
    Out += (Out.empty() ? "" : " / ") + R.M.value("A");
    EXPECT_TRUE(R.M.inDoubt());
  }
  return Out;
}

TEST(MakefileDoubt, AConditionMayGoBothWays) {
  EXPECT_EQ(three("ifeq ($(shell ask),)\nA += no\nelse\nA += yes\nendif\n"), "yes / no / no yes");
  EXPECT_EQ(three("ifneq ($(shell ask),)\nA += yes\nendif\n"), "yes /  / yes");
  EXPECT_EQ(three("ifeq ($(shell ask),y)\nA += yes\nendif\n"), "yes /  / yes");
  EXPECT_EQ(three("X := $(shell ask)\nifdef X\nA += yes\nelse\nA += no\nendif\n"), "yes / no / yes no");
  EXPECT_EQ(three("A := $(if $(shell ask),yes,no)\n"), "yes / no / yes no");
  EXPECT_EQ(three("ifneq ($(findstring y,$(shell ask)),)\nA := yes\nendif\n"), "yes /  / yes");
}

TEST(MakefileDoubt, TheSymbolicReadingTakesBoth) {
  Reader R("ifeq ($(shell ask),)\nobj-m += a.o\nelse\nobj-m += b.o\nendif\nc-y := $(patsubst %.c,%.o,$(shell ask))\n", Doubt::Likely, /*Symbolic=*/true);
  std::string Words;
  for (const Item &I : R.M.items())
    Words += I.list + ":" + I.word + " ";
  EXPECT_EQ(Words, "c:* obj:a.o obj:b.o ");
}

TEST(MakefileDoubt, WhatIsKnownLeavesNone) {
  Reader R("X := a$(shell ask)\nifneq ($(X),)\nA := yes\nendif\n"); // not empty, whatever the command prints
  EXPECT_EQ(R.M.value("A"), "yes");
  EXPECT_FALSE(R.M.inDoubt());
}

TEST(MakefileOutside, KnowsWhereItStands) {
  Reader R("HERE := $(dir $(lastword $(MAKEFILE_LIST)))\ninclude more.mk\nA := $(abspath x/../y /z/./w)\nB := $(dir plain a/b)\n");
  EXPECT_EQ(R.M.value("HERE"), "/m/sub/");
  EXPECT_EQ(R.M.value("MORE"), " /m/sub/Makefile /m/more.mk");
  EXPECT_EQ(R.M.value("A"), "/m/sub/y /z/w");
  EXPECT_EQ(R.M.value("B"), "./ a/");
}

TEST(MakefileOutside, ExportsWhatMakeWould) {
  Reader R("export ONE := 1\nTWO = 2$(ONE)\nexport TWO THREE\nFOUR := 4\nKEPT += more\nFROM := here\nunexport FROM\nX ?= $(origin NOPE) $(origin ONE)\nFROM2 ?= set\n");
  Presets E = R.M.exported();
  EXPECT_EQ(E["ONE"], "1");
  EXPECT_EQ(E["TWO"], "21");
  EXPECT_EQ(E["KEPT"], "1 more"); // what came out of the environment goes on
  EXPECT_FALSE(E.count("FOUR"));
  EXPECT_FALSE(E.count("FROM"));
  EXPECT_EQ(R.M.value("X"), "undefined file");
  Reader All("export\nA := 1\nb-y := c.o\n");
  EXPECT_TRUE(All.M.exported().count("A"));
  EXPECT_FALSE(All.M.exported().count("b-y"));
}

TEST(MakefileOutside, ShowsItsRecipes) {
  Reader R("D := /m\nifdef NOPE\nx:\n\tmake a\nelse\nall:\n\t@make M=$(D) \\\n\t  A=1\nendif\n");
  ASSERT_EQ(R.M.recipes().size(), 1u);
  EXPECT_NE(R.M.recipes()[0].find("make M=/m"), std::string::npos);
}

} // namespace
} // namespace krcu::makefile
