// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The makefile reader, concrete and symbolic.
#include "tool/kbuild/makefile.h"
#include "gtest/gtest.h"

namespace krcu::makefile {
namespace {

std::string words(Makefile &M, const std::string &List, Item::How How) {
  std::string Out;
  for (const Item &I : M.items())
    if (I.list == List && I.how == How)
      Out += (Out.empty() ? "" : " ") + I.word;
  return Out;
}

struct Reader {
  explicit Reader(const std::string &Text, const std::map<std::string, std::string> *Values = nullptr,
                  std::map<std::string, std::string> Files = {})
      : M(options(Values, std::move(Files))) {
    M.evaluate(Text, "dir/Makefile");
  }
  static Options options(const std::map<std::string, std::string> *Values,
                         std::map<std::string, std::string> Files) {
    Options O;
    O.values = Values ? std::make_shared<ValueTable>(*Values) : nullptr;
    O.preset = {{"src", "dir"}, {"srctree", "."}};
    O.read = [Files](const std::string &Path) -> std::optional<std::string> {
      auto It = Files.find(Path);
      return It == Files.end() ? std::nullopt : std::optional(It->second);
    };
    return O;
  }
  Makefile M;
};

const std::map<std::string, std::string> Some{{"A", "y"}, {"M", "m"}, {"64BIT", "y"}};

TEST(Makefile, ConcreteListsFollowTheValues) {
  Reader R("obj-$(CONFIG_A) += a.o\nobj-$(CONFIG_M) += m.o\nobj-$(CONFIG_OFF) += off.o sub/\n", &Some);
  EXPECT_EQ(words(R.M, "obj", Item::BuiltIn), "a.o");
  EXPECT_EQ(words(R.M, "obj", Item::Module), "m.o");
  EXPECT_EQ(words(R.M, "obj", Item::Disabled), "off.o sub/");
}

TEST(Makefile, ConditionalsNestAndElse) {
  Reader R("ifdef CONFIG_OFF\nobj-y += 1.o\nelse ifeq ($(CONFIG_M),m)\nobj-y += 2.o\nifneq "
           "(\"a\",\"a\")\nobj-y += 3.o\nendif\nelse\n"
           "obj-y += 4.o\nendif\nobj-y += 5.o\n",
           &Some);
  EXPECT_EQ(words(R.M, "obj", Item::BuiltIn), "2.o 5.o");
}

TEST(Makefile, FunctionsOnWords) {
  Reader R("L := a.c b.c x.h\nP = $(addprefix sub/,$(patsubst %.c,%.o,$(filter %.c,$(L))))\nobj-y += $(P) "
           "$(L:.h=.o)\n",
           &Some);
  EXPECT_EQ(words(R.M, "obj", Item::BuiltIn), "sub/a.o sub/b.o x.o");
}

TEST(Makefile, ForeachAndEvalDefineVariables) {
  Reader R("$(foreach f, one.o two.o, $(eval CFLAGS_$(f) = -I$(src)/inc))\n", &Some);
  EXPECT_EQ(R.M.value("CFLAGS_two.o"), "-Idir/inc");
}

TEST(Makefile, RulesRecipesAndDefinesAreNoAssignments) {
  Reader R(
      "$(obj)/x.o: ccflags-y := -DX\n\tobj-y += y.o\ndefine cmd\nobj-y += z.o\nendef\nobj-y += a.o # b.o\n",
      &Some);
  EXPECT_EQ(words(R.M, "obj", Item::BuiltIn), "a.o");
  EXPECT_EQ(R.M.value("ccflags-y"), "");
}

TEST(Makefile, IncludesStayWithTheReader) {
  Reader R("include $(srctree)/dir/more.mk\n-include ../../etc/passwd\n", &Some,
           {{"dir/more.mk", "obj-y += more.o\n"}});
  EXPECT_EQ(words(R.M, "obj", Item::BuiltIn), "more.o");
  EXPECT_EQ(R.M.items()[0].file, "dir/more.mk");
}

TEST(Makefile, EveryLineOfAContinuationHasItsNumber) {
  Reader R("\nobj-y := a.o \\\n\tb.o \\\n\tc.o\n", &Some);
  std::vector<Item> I = R.M.items();
  ASSERT_EQ(I.size(), 3u);
  EXPECT_EQ(I[0].line, 2u);
  EXPECT_EQ(I[1].line, 3u);
  EXPECT_EQ(I[2].line, 4u);
}

TEST(MakefileSymbolic, TheNameOfTheListSaysWhoChooses) {
  Reader R("obj-$(CONFIG_NET) += net.o\n");
  Item I = R.M.items().at(0);
  EXPECT_EQ(I.how, Item::BySymbol);
  EXPECT_EQ(I.chooser, "NET");
  EXPECT_EQ(I.variable, "obj-$(CONFIG_NET)");
}

TEST(MakefileSymbolic, SubstMakesAModuleBuiltIn) {
  for (const char *Name : {"$(subst m,y,$(CONFIG_X))", "$(CONFIG_X:m=y)", "$(if $(CONFIG_X),y)"}) {
    Reader R(std::string("obj-") + Name + " += x.o\n");
    Item I = R.M.items().at(0);
    EXPECT_EQ(I.how, Item::BuiltIn) << Name;
    EXPECT_EQ(I.symbols, std::vector<std::string>{"X"}) << Name;
  }
}

TEST(MakefileSymbolic, BothBranchesCountAndNameTheirSymbols) {
  Reader R("ifeq ($(CONFIG_X),y)\nobj-y += a.o\nelse\nobj-y += b.o\nendif\nobj-y += c.o\n");
  std::vector<Item> I = R.M.items();
  ASSERT_EQ(I.size(), 3u);
  EXPECT_EQ(I[0].symbols, std::vector<std::string>{"X"});
  EXPECT_EQ(I[1].symbols, std::vector<std::string>{"X"});
  EXPECT_TRUE(I[2].symbols.empty());
}

TEST(MakefileSymbolic, WordsKeepTheirSymbolsThroughOtherVariables) {
  Reader R("part-$(CONFIG_P) := p.o\npart-y += q.o\nfoo-objs := $(addprefix sub/,$(part-y))\n");
  std::map<std::string, std::vector<std::string>> Found;
  for (const Item &I : R.M.items())
    if (I.list == "foo")
      Found[I.word] = I.symbols;
  EXPECT_EQ(Found["sub/p.o"], std::vector<std::string>{"P"});
  EXPECT_EQ(Found["sub/q.o"], std::vector<std::string>{});
}

TEST(MakefileSymbolic, BitsMeansBothWidths) {
  Reader R("obj-y += head_$(BITS).o\n");
  EXPECT_EQ(words(R.M, "obj", Item::BuiltIn), "head_64.o head_32.o");
}

/// The top makefile's reading: words can be traced, and somebody answers for the tools.
struct WholeReader {
  explicit WholeReader(const std::string &Text, std::map<std::string, std::string> Files = {}) : M(options(std::move(Files))) {
    M.evaluate(Text, "Makefile");
  }
  static Options options(std::map<std::string, std::string> Files) {
    Options O = Reader::options(&Some, std::move(Files));
    O.whole = true;
    O.call = [](llvm::StringRef Name, const std::vector<std::string> &A) -> std::optional<std::string> {
      if (Name != "cc-option" || A.size() < 2)
        return std::nullopt;
      return A[1] == "-fknown" ? A[1] : A.size() > 2 ? A[2] : "";
    };
    O.shell = [](llvm::StringRef Command) { return std::string(Command == "clang --where" ? "/there" : ""); };
    return O;
  }
  std::string traced(const std::string &Name) {
    std::string Out;
    for (const Traced &T : M.trace(Name))
      Out += (Out.empty() ? "" : " ") + T.word + "@" + T.file + ":" + std::to_string(T.line);
    return Out;
  }
  Makefile M;
};

TEST(MakefileWhole, WordsAreTracedToTheLineThatHasThem) {
  WholeReader R("D := -std=gnu11\nD += $(CONFIG_M)\nF := -funsigned-char\nF += $(D) -fplain\ninclude scripts/more\nexport F\n",
                {{"scripts/more", "override F += -fmore \\\n\t-flast\n"}});
  EXPECT_EQ(R.traced("F"), "-funsigned-char@Makefile:3 -std=gnu11@Makefile:1 m@Makefile:2 -fplain@Makefile:4 "
                           "-fmore@scripts/more:1 -flast@scripts/more:2");
}

TEST(MakefileWhole, AVariableThatMentionsItselfKeepsItsOwnLines) {
  WholeReader R("A := -fone\nA := $(A) -ftwo\nB = $(B) $(C)\nC = $(B) -fthree\n");
  EXPECT_EQ(R.traced("A"), "-fone@Makefile:2 -ftwo@Makefile:2");
  EXPECT_EQ(R.traced("B"), "-fthree@Makefile:4");
}

TEST(MakefileWhole, ToolsAreAnsweredForAndNothingIsRun) {
  WholeReader R("A := $(call cc-option,-fknown) $(call cc-option,-fnew,-fold)\nB := $(shell clang --where)$(shell touch x)\n"
                "C := $(call mine,1)\nmine = got$(1)\nD = $(call mine,2)\n");
  EXPECT_EQ(R.M.value("A"), "-fknown -fold");
  EXPECT_EQ(R.M.value("B"), "/there");
  EXPECT_EQ(R.M.value("D"), "got2");
}

TEST(MakefileWhole, WhatABuildLeftBehindIsNotRead) {
  WholeReader R("include include/config/auto.conf\nA := $(CONFIG_STALE)\n", {{"include/config/auto.conf", "CONFIG_STALE=y\n"}});
  EXPECT_EQ(R.M.value("A"), "");
}

TEST(MakefileWhole, ACutTextIsNamedWithTheLineWhereItHurts) {
  auto Flaw = [](const std::string &Text) {
    WholeReader R(Text, {{"sub", "ifdef X\nendif\nendif\n"}});
    return R.M.flaws().empty() ? std::string() : R.M.flaws()[0].file + ":" + std::to_string(R.M.flaws()[0].line);
  };
  EXPECT_EQ(Flaw("A := 1\nifdef CONFIG_A\nelse\nB := 2\n"), "Makefile:2");
  EXPECT_EQ(Flaw("ifdef CONFIG_A\nendif\ndefine x\nifdef Y\n"), "Makefile:3");
  EXPECT_EQ(Flaw("else\n"), "Makefile:1");
  EXPECT_EQ(Flaw("ifdef CONFIG_A\ninclude sub\nendif\n"), "sub:3"); // an endif does not close the includer's conditional
  EXPECT_EQ(Flaw("ifdef CONFIG_A\nifeq (a,b)\nendif\nelse ifdef Y\nendif\n"), "");
}

// Each line costs what it stands in, and each else what stands before it.
TEST(MakefileHostile, NestingHasAnEnd) {
  auto Of = [](const std::string &Text) {
    Reader R(Text);
    return R.M.flaws().empty() ? std::string() : R.M.flaws()[0].text;
  };
  std::string Deep, Ends, Chain = "ifeq ($(CONFIG_A),y)\n";
  for (int N = 0; N < 50000; ++N)
    Deep += "ifeq ($(CONFIG_A),y)\n", Ends += "endif\n";
  for (int N = 0; N < 2000; ++N)
    Chain += "else ifeq ($(CONFIG_A" + std::to_string(N) + "),y)\nobj-y += x.o\n";
  EXPECT_EQ(Of(Deep + Ends), "there are more than 200 conditionals in each other");
  EXPECT_EQ(Of(Chain + "endif\n"), "an else has more than 200 conditions before it");
}

// What comes behind it is not known, and that must be said.
TEST(MakefileHostile, WorkThatIsUsedUpIsAFlaw) {
  Reader R("W := a b c d e f g h i j\nX := $(foreach a,$(W),$(foreach b,$(W),$(foreach c,$(W),$(foreach d,$(W),$(foreach e,$(W),$(foreach f,$(W),$(foreach g,$(W),x.o)))))))\nobj-$(CONFIG_DRV) += drv.o\n");
  ASSERT_EQ(R.M.flaws().size(), 1u);
  EXPECT_EQ(R.M.flaws()[0].line, 2u);
  EXPECT_NE(R.M.flaws()[0].text.find("the rest of it is not expanded"), std::string::npos);
}

TEST(MakefileHostile, SelfReferenceAndDoublingEnd) {
  std::string Text = "a = $(a) x.o\nv0 = xxxx.o\n";
  for (int I = 1; I != 50; ++I)
    Text +=
        "v" + std::to_string(I) + " = $(v" + std::to_string(I - 1) + ") $(v" + std::to_string(I - 1) + ")\n";
  Reader R(Text + "obj-y += $(v49) $(a)\ninclude dir/self.mk\nendif\nelse\n", &Some,
           {{"dir/self.mk", "include dir/self.mk\n"}});
  EXPECT_LT(R.M.items().size(), 20000000u);
}

} // namespace
} // namespace krcu::makefile
