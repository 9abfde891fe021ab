// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The Kconfig evaluator on small trees, one rule of the language a test.
#include "tool/kbuild/kconfig.h"
#include "tool/tree/temp_tree.h"

namespace krcu {
namespace {

const char *const Modules = "config MODULES\n\tbool \"modules\"\n\tmodules\n";

/// Evaluates `Text` as the whole Kconfig.
struct Config {
  explicit Config(const std::string &Text, std::map<std::string, std::string> Force = {},
                  std::map<std::string, std::string> More = {}, bool PreferModules = false)
      : Files(with(More, Modules + Text)), T(Files.open()) {
    KconfigOptions O;
    O.src_arch = "x86";
    O.arch = "x86_64";
    O.force = std::move(Force);
    O.modules_preferred = PreferModules;
    llvm::Expected<std::unique_ptr<Kconfig>> Loaded = Kconfig::load(T, O);
    if (!Loaded)
      ADD_FAILURE() << message(Loaded.takeError());
    else
      K = std::move(*Loaded);
  }
  static std::map<std::string, std::string> with(std::map<std::string, std::string> More,
                                                 const std::string &Text) {
    More["Kconfig"] = Text;
    return More;
  }
  std::string operator[](const char *Name) { return K->value(Name); }

  TempTree Files;
  Tree T;
  std::unique_ptr<Kconfig> K;
};

TEST(Kconfig, APromptIsAnsweredYesUnlessADependencyForbidsIt) {
  Config C("config A\n\tbool \"a\"\nconfig B\n\tbool \"b\"\n\tdepends on !A\nconfig C\n\ttristate "
           "\"c\"\n\tdepends on A\n");
  EXPECT_EQ(C["A"], "y");
  EXPECT_EQ(C["B"], "n");
  EXPECT_EQ(C["C"], "y");
  EXPECT_EQ(C["ABSENT"], "n");
}

TEST(Kconfig, ModulesPreferredAnswersMWhereItCan) {
  Config C("config T\n\ttristate \"t\"\nconfig B\n\tbool \"b\"\n\tdepends on T\n", {}, {}, true);
  EXPECT_EQ(C["T"], "m");
  EXPECT_EQ(C["B"], "y"); // a bool that depends on m is y
}

TEST(Kconfig, DependsOnMCapsATristate) {
  Config C("config T\n\ttristate \"t\"\n\tdepends on m\n");
  EXPECT_EQ(C["T"], "m");
}

TEST(Kconfig, SelectWinsOverDependencies) {
  Config C("config A\n\tbool \"a\"\n\tselect S if B\nconfig B\n\tdef_bool y\nconfig S\n\tbool\n\tdepends on "
           "ABSENT\n");
  EXPECT_EQ(C["S"], "y");
}

TEST(Kconfig, ImplyIsCappedByDependencies) {
  Config C("config A\n\tbool \"a\"\n\timply S\n\timply R\nconfig S\n\tbool\n\tdepends on ABSENT\nconfig "
           "R\n\tbool\n");
  EXPECT_EQ(C["S"], "n");
  EXPECT_EQ(C["R"], "y");
}

TEST(Kconfig, TheFirstActiveDefaultCounts) {
  Config C("config N\n\tint\n\tdefault 3 if ABSENT\n\tdefault 4\n\tdefault 5\n");
  EXPECT_EQ(C["N"], "4");
}

TEST(Kconfig, EachDefinitionKeepsItsOwnDependencies) {
  Config C("config A\n\tbool\n\tdefault y\n\tdepends on ABSENT\nconfig A\n\tdefault y\nconfig "
           "B\n\tbool\n\tdefault y\n\tdepends on ABSENT\n");
  EXPECT_EQ(C["A"], "y");
  EXPECT_EQ(C["B"], "n");
}

TEST(Kconfig, BlocksPassTheirDependenciesOn) {
  Config C("if ABSENT\nconfig A\n\tbool \"a\"\nendif\nmenu \"m\"\n\tdepends on ABSENT\nconfig B\n\tbool "
           "\"b\"\nendmenu\n"
           "menu \"v\"\n\tvisible if ABSENT\nconfig V\n\tbool \"v\"\nendmenu\nconfig C\n\tbool \"c\"\n");
  EXPECT_EQ(C["A"], "n");
  EXPECT_EQ(C["B"], "n");
  EXPECT_EQ(C["V"], "n");
  EXPECT_EQ(C["C"], "y");
}

const char *const ChoiceText =
    "choice\n\tprompt \"c\"\n\tdefault TWO\nconfig ONE\n\tbool \"1\"\nconfig TWO\n\tbool \"2\"\n"
    "config THREE\n\tbool \"3\"\nendchoice\n";

TEST(Kconfig, AChoiceHasOneMember) {
  Config C(ChoiceText);
  EXPECT_EQ(C["ONE"] + C["TWO"] + C["THREE"], "nyn");
}

TEST(Kconfig, AForcedMemberWinsItsChoice) {
  Config C(ChoiceText, {{"THREE", "y"}});
  EXPECT_EQ(C["ONE"] + C["TWO"] + C["THREE"], "nny");
}

TEST(Kconfig, AMemberForcedOffLeavesTheChoiceToTheOthers) {
  Config C(ChoiceText, {{"TWO", "n"}});
  EXPECT_EQ(C["ONE"] + C["TWO"] + C["THREE"], "ynn");
}

TEST(Kconfig, ForcedValuesReachTheirDependents) {
  Config C("config A\n\tbool \"a\"\nconfig B\n\tdef_bool A\nconfig N\n\tint \"n\"\n\tdefault 1\n",
           {{"A", "n"}, {"N", "7"}});
  EXPECT_EQ(C["B"], "n");
  EXPECT_EQ(C["N"], "7");
}

TEST(Kconfig, RangesClampNumbers) {
  Config C("config N\n\tint \"n\"\n\trange 10 20\n\tdefault 5\nconfig H\n\thex \"h\"\n\trange 0x10 "
           "0x20\n\tdefault 0x30\n");
  EXPECT_EQ(C["N"], "10");
  EXPECT_EQ(C["H"], "0x20");
}

TEST(Kconfig, ComparisonsAreNumericWhereBothSidesAreNumbers) {
  Config C(
      "config N\n\tint\n\tdefault 90\nconfig A\n\tdef_bool N < 100\nconfig S\n\tstring\n\tdefault \"b\"\n"
      "config B\n\tdef_bool S = \"b\"\nconfig U\n\tdef_bool UNDEFINED = \"x\"\n");
  EXPECT_EQ(C["A"], "y");
  EXPECT_EQ(C["B"], "y");
  EXPECT_EQ(C["U"], "n");
}

TEST(Kconfig, HelpTextIsNotParsed) {
  Config C("config A\n\tbool \"a\"\n\thelp\n\t  config X\n\t    bool \"x\"\n\n\t  depends on ABSENT\nconfig "
           "B\n\tbool \"b\"\n");
  EXPECT_EQ(C["A"], "y");
  EXPECT_FALSE(C.K->symbol("X"));
  EXPECT_EQ(C["B"], "y");
}

TEST(Kconfig, ContinuationsAndCommentsAreRead) {
  Config C("config A\n\tdef_bool B && \\\n\t\tB # no \"B\n\nconfig B\n\tbool \"b # c\" if y # d\n");
  EXPECT_EQ(C["A"], "y");
  EXPECT_EQ(C.K->symbol("B")->line, 8u);
}

TEST(Kconfig, SourceFollowsVariables) {
  Config C("source \"arch/$(SRCARCH)/Kconfig\"\n", {}, {{"arch/x86/Kconfig", "config X\n\tdef_bool y\n"}});
  EXPECT_EQ(C["X"], "y");
  EXPECT_EQ(C.K->symbol("X")->file, "arch/x86/Kconfig");
}

TEST(Kconfig, ProbesAreAnsweredFromTheTable) {
  Config C("probe = $(success,$(1))\n"
           "config CLANG\n\tdef_bool $(success,test \"$(cc-name)\" = Clang)\nconfig GCC\n\tdef_bool "
           "$(success,test \"$(cc-name)\" = GCC)\n"
           "config FLAG\n\tdef_bool $(cc-option,-fstack-protector)\nconfig RUST\n\tdef_bool $(probe,rustc "
           "--version)\n"
           "config VERSION\n\tint\n\tdefault $(cc-version)\n");
  EXPECT_EQ(C["CLANG"], "y");
  EXPECT_EQ(C["GCC"], "n");
  EXPECT_EQ(C["FLAG"], "y");
  EXPECT_EQ(C["RUST"], "n");
  EXPECT_EQ(C["VERSION"].substr(0, 2), "19");
}

TEST(Kconfig, ShellIsNeverRun) {
  TempTree Witness(FileMap{}, /*Bare=*/true);
  Config C("config A\n\tstring\n\tdefault \"$(shell,touch " + Witness.path() + "/ran)\"\n");
  EXPECT_EQ(C["A"], "");
  EXPECT_FALSE(std::filesystem::exists(Witness.path() + "/ran"));
}

TEST(Kconfig, AutoconfSpellsEveryType) {
  Config C("config B\n\tbool \"b\"\nconfig T\n\ttristate \"t\"\n\tdepends on m\nconfig N\n\tint "
           "\"n\"\n\tdefault 4\nconfig H\n\thex \"h\"\n\tdefault 0x10\n"
           "config S\n\tstring \"s\"\n\tdefault \"a\\\"b\"\nconfig OFF\n\tbool\n");
  EXPECT_EQ(C.K->autoconf(),
            "#define CONFIG_B 1\n#define CONFIG_H 0x10\n#define CONFIG_MODULES 1\n#define CONFIG_N 4\n"
            "#define CONFIG_S \"a\\\"b\"\n#define CONFIG_T_MODULE 1\n");
  EXPECT_EQ(C.K->values().at("S"), "a\"b");
  EXPECT_EQ(C.K->values().count("OFF"), 0u);
}

TEST(Kconfig, ASymbolNobodyDefinesCanBeForced) {
  Config C("", {{"NEW", "y"}});
  EXPECT_EQ(C["NEW"], "y");
  EXPECT_NE(C.K->autoconf().find("#define CONFIG_NEW 1\n"), std::string::npos);
}

TEST(Kconfig, CanBeModuleAsksForSomeConfiguration) {
  Config C("config T\n\ttristate \"t\"\nconfig B\n\tbool \"b\"\nconfig NEVER\n\ttristate \"n\"\n\tdepends on "
           "DEAD\nconfig DEAD\n\tbool\n"
           "config OFF\n\ttristate \"o\"\n\tdepends on B=n\nconfig SEL\n\ttristate\nconfig T2\n\ttristate "
           "\"2\"\n\tselect SEL\n"
           "config PINNED\n\ttristate \"p\"\nconfig ALWAYS\n\tdef_bool y\n\tselect PINNED\n");
  EXPECT_TRUE(C.K->canBeModule("T"));
  EXPECT_FALSE(C.K->canBeModule("B"));
  EXPECT_FALSE(C.K->canBeModule("NEVER")); // DEAD cannot be set by anybody
  EXPECT_TRUE(C.K->canBeModule("OFF"));    // n here, but another configuration turns B off
  EXPECT_TRUE(C.K->canBeModule("SEL"));
  EXPECT_FALSE(C.K->canBeModule("PINNED")); // selected to y in every configuration
  EXPECT_FALSE(C.K->canBeModule("ABSENT"));
}

TEST(KconfigHostile, LoopsOfFilesAndSymbolsEnd) {
  Config C("source \"a\"\nsource \"absent\"\nconfig A\n\tdef_bool B\nconfig B\n\tdef_bool A\nconfig "
           "C\n\tbool \"c\"\n\tdepends on C\n",
           {}, {{"a", "source \"b\"\n"}, {"b", "source \"a\"\n"}});
  EXPECT_EQ(C["A"], "n");
  EXPECT_EQ(C["C"], "n");
  EXPECT_EQ(C.K->warnings().size(), 2u);
  EXPECT_NE(C.K->warnings()[0].find("includes itself"), std::string::npos);
}

TEST(KconfigHostile, GarbageIsAWarning) {
  Config C("config A\n\tbool \"a\"\n\tdepends on && (\n\tselect\n\trange "
           "1\n)(*&^%\nendif\nconfig\nchoice\nconfig B\n\tbool \"b\"\n");
  EXPECT_EQ(C["A"], "n");
  EXPECT_GE(C.K->warnings().size(), 6u);
}

TEST(KconfigHostile, LongChainsAndDeepExpressionsDoNotOverflow) {
  std::string Text;
  for (int I = 0; I != 20000; ++I)
    Text += "config A" + std::to_string(I) + "\n\tbool \"a\"\n\tdepends on A" + std::to_string(I + 1) + "\n";
  Text += "config P\n\tdef_bool " + std::string(5000, '(') + "y" + std::string(5000, ')') +
          "\nconfig L\n\tdef_bool y";
  for (int I = 0; I != 50000; ++I)
    Text += " && y";
  Config C(Text + "\n");
  EXPECT_EQ(C["A0"], "n");
  EXPECT_EQ(C["P"], "n");
  EXPECT_FALSE(C.K->canBeModule("A0"));
  EXPECT_FALSE(C.K->warnings().empty());
}

TEST(KconfigHostile, MacrosThatDoubleEnd) {
  std::string Text = "m0 = xxxxxxxxxx\n";
  for (int I = 1; I != 60; ++I)
    Text +=
        "m" + std::to_string(I) + " = $(m" + std::to_string(I - 1) + ")$(m" + std::to_string(I - 1) + ")\n";
  Config C(Text + "self = $(self)\nconfig A\n\tstring\n\tdefault \"$(m59)$(self)\"\n");
  EXPECT_LT(C["A"].size(), 10000000u);
}

TEST(Kconfig, ConfigurationsOfOneTreeShareTheFilesAndNothingElse) {
  TempTree Files(FileMap{{"Kconfig", "source \"arch/$(SRCARCH)/Kconfig\"\nsource \"b/Kconfig\"\n"},
                         {"arch/x86/Kconfig", "config X86\n\tdef_bool y\n"},
                         {"arch/arm/Kconfig", "config ARM\n\tdef_bool y\n"},
                         {"b/Kconfig", "config A\n\tbool \"a\"\nconfig B\n\tbool \"b\"\n\tdepends on A\n"}});
  Tree T = Files.open();
  auto Load = [&](const std::string &Arch, std::map<std::string, std::string> Force, ReadLog &) {
    KconfigOptions O;
    O.src_arch = O.arch = Arch;
    O.force = std::move(Force);
    return llvm::cantFail(Kconfig::load(T, O));
  };
  std::vector<std::string> X86{"Kconfig", "Kconfig", "arch/x86/Kconfig", "b/Kconfig"};
  ReadLog First;
  auto Plain = Load("x86", {}, First);
  ReadLog Second;
  auto Forced = Load("x86", {{"A", "n"}}, Second);
  ReadLog Third;
  auto Other = Load("arm", {}, Third);
  EXPECT_EQ(Forced->value("B"), "n");
  EXPECT_EQ(Plain->value("B"), "y");
  EXPECT_EQ(Other->value("B"), "y");
  EXPECT_EQ(Other->value("X86"), "n");
  EXPECT_EQ(First.paths, X86);
  EXPECT_EQ(Second.paths, X86); // what a result is made from does not depend on who read it first
  X86[2] = "arch/arm/Kconfig";
  EXPECT_EQ(Third.paths, X86);
}

TEST(Kconfig, AMissingTopFileIsAnError) {
  TempTree Files(FileMap{{"Kbuild", ""}});
  std::filesystem::remove(Files.path() + "/Kconfig");
  Tree T = Files.open();
  llvm::Expected<std::unique_ptr<Kconfig>> K = Kconfig::load(T, {});
  ASSERT_FALSE(bool(K));
  EXPECT_NE(message(K.takeError()).find("Kconfig: cannot be read"), std::string::npos);
}

} // namespace
} // namespace krcu
