// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The user's own build: what is taken from a GCC database and what is not, and which generated headers win.
#include "tool/frontend/compile_commands.h"
#include "tool/frontend/frontend.h"
#include "tool/tree/temp_tree.h"
#include "llvm/ADT/STLExtras.h"
#include "gtest/gtest.h"

namespace krcu {
namespace {

using Strings = std::vector<std::string>;

const char *const GccFlags =
    "-Wp,-MMD,drv/.a.o.d -nostdinc -I./arch/x86/include -I./include -include ./include/linux/kconfig.h -D__KERNEL__ "
    "-std=gnu11 -fshort-wchar -m64 -mpreferred-stack-boundary=3 -mcmodel=kernel -mindirect-branch=thunk-extern "
    "-fno-allow-store-data-races -fconserve-stack -O2 -Wall -Wno-maybe-uninitialized -Wa,-mx86-used-note=no -pipe -g";

/// As `make CC=clang-19 LD=ld.lld-19` of 6.12 gives them to a file of a module, warnings left out.
const char *const ClangFlags =
    "-D__KERNEL__ --target=x86_64-linux-gnu -fintegrated-as -Werror=unknown-warning-option -Werror=ignored-optimization-argument -Werror=option-ignored "
    "-Werror=unused-command-line-argument -fmacro-prefix-map=/src/linux/= -std=gnu11 -fshort-wchar -funsigned-char -fno-common -fno-PIE "
    "-fno-strict-aliasing -mno-sse -mno-mmx -mno-sse2 -mno-3dnow -mno-avx -fcf-protection=branch -fno-jump-tables -m64 -falign-loops=1 -mno-80387 "
    "-mno-fp-ret-in-387 -mstack-alignment=8 -mskip-rax-setup -mtune=generic -mno-red-zone -mcmodel=kernel -Wno-sign-compare "
    "-fno-asynchronous-unwind-tables -fno-delete-null-pointer-checks -Os -fno-stack-protector -fomit-frame-pointer -ftrivial-auto-var-init=zero "
    "-fno-stack-clash-protection -falign-functions=16 -fstrict-flex-arrays=3 -fno-strict-overflow -fno-stack-check -fno-builtin-wcslen -Wall -Wundef "
    "-Werror=implicit-function-declaration -Werror=strict-prototypes -Wframe-larger-than=1024 -Wno-gnu -DMODULE -D__KBUILD_MODNAME=kmod_a";

class CompileCommandsTest : public testing::Test {
protected:
  CompileCommandsTest()
      : Files({{"include/linux/kconfig.h", "#include <generated/autoconf.h>\n"},
               {"drv/a.c", "int a;\n"},
               {"drv/b.c", "int b;\n"}}) {}

  std::string command(const std::string &File, const std::string &Flags = GccFlags) const {
    return "{\"directory\": \"" + Files.path() + "\", \"file\": \"" + File + "\", \"command\": \"gcc " + Flags + " -c -o x.o " + File + "\"}";
  }
  std::string database(const std::string &Text) {
    Files.write("cc.json", Text);
    return Files.path() + "/cc.json";
  }
  std::shared_ptr<CompileCommands> load(const std::string &Text, const Tree *T = nullptr) {
    Tree Own = Files.open();
    auto C = CompileCommands::load(database(Text), T ? *T : Own);
    if (C)
      return *C;
    Error = message(C.takeError());
    return nullptr;
  }
  std::string errorOf(const std::string &Text) {
    EXPECT_FALSE(load(Text));
    return Error;
  }
  static bool warns(const CompileCommands &C, const std::string &Text) {
    return llvm::any_of(C.warnings(), [&](const std::string &W) { return W.find(Text) != std::string::npos; });
  }

  /// Diagnostics of one file with that database; empty: it parsed without an error.
  std::string parse(const std::string &Text, const std::string &File) {
    Tree T = Files.open();
    auto I = Index::build(T, Rules(), {});
    EXPECT_TRUE(bool(I));
    FrontendOptions O;
    if (!Text.empty())
      O.commands = load(Text, &T);
    auto F = Frontend::create(T, **I, O);
    EXPECT_TRUE(bool(F));
    ParseRequest R;
    R.file = File;
    ParseOutcome Out = (*F)->parse(R, 0, [](clang::ASTContext &, const std::vector<clang::Decl *> &, const ParseOutcome &) {});
    std::string Errors = Out.parsed ? "" : "not parsed: " + Out.cause;
    for (const ParseDiagnostic &D : Out.diagnostics)
      if (D.error)
        Errors += D.file + ": " + D.text + "\n";
    return Errors;
  }

  TempTree Files;
  std::string Error;
};

TEST_F(CompileCommandsTest, KeepsWhatChangesTheMeaningOfTheText) {
  auto C = load("[" + command("drv/a.c") + "]");
  ASSERT_TRUE(C) << Error;
  const CompileCommands::Entry *E = C->find("drv/a.c");
  ASSERT_TRUE(E);
  EXPECT_EQ(E->flags, (Strings{"-nostdinc", "-I" + Files.path() + "/arch/x86/include", "-I" + Files.path() + "/include", "-include",
                               Files.path() + "/include/linux/kconfig.h", "-D", "__KERNEL__", "-std=gnu11", "-fshort-wchar", "-m64",
                               "-mcmodel=kernel", "-O2", "-Wno-everything", "-Werror=implicit-function-declaration"}));
  EXPECT_EQ(E->src_arch, "x86");
  EXPECT_FALSE(E->has_target);
}

TEST_F(CompileCommandsTest, ADatabaseOfClangsIsTakenWithoutAWord) {
  Files.write("mm/slub.c", "");
  Files.write("kernel/rcu/tree.c", "");
  Files.write("include/generated/autoconf.h", "");
  auto C = load("[" + command("drv/a.c", "-nostdinc -I./arch/x86/include -I./include -include ./include/linux/kconfig.h " + std::string(ClangFlags)) + "]");
  ASSERT_TRUE(C) << Error;
  EXPECT_TRUE(C->warnings().empty()) << C->warnings().front();
  const CompileCommands::Entry *E = C->find("drv/a.c");
  ASSERT_TRUE(E);
  EXPECT_TRUE(E->has_target);
  EXPECT_EQ(E->src_arch, "x86");
  for (const char *Flag : {"--target=x86_64-linux-gnu", "-funsigned-char", "-fshort-wchar", "-m64", "-mcmodel=kernel", "-fcf-protection=branch", "-fstrict-flex-arrays=3", "-Os"})
    EXPECT_TRUE(llvm::is_contained(E->flags, Flag)) << Flag;
  for (const std::string &Flag : E->flags)
    EXPECT_FALSE(Flag == "-Wall" || Flag == "-Werror=option-ignored") << Flag;
}

TEST_F(CompileCommandsTest, NamesEachUnknownFlagOnceInOneLine) {
  auto C = load("[" + command("drv/a.c") + "," + command("drv/b.c", std::string(GccFlags) + " -fconserve-stack -fno-ipa-sra-of-nobody") + "]");
  ASSERT_TRUE(C) << Error;
  std::vector<std::string> Notes;
  llvm::copy_if(C->warnings(), std::back_inserter(Notes), [](const std::string &W) { return W.find("no use for") != std::string::npos; });
  ASSERT_EQ(Notes.size(), 1u);
  for (const char *Flag : {"-mpreferred-stack-boundary=3", "-mindirect-branch=thunk-extern", "-fno-allow-store-data-races", "-fconserve-stack", "-fno-ipa-sra-of-nobody (1 command)"})
    EXPECT_NE(Notes[0].find(Flag), std::string::npos) << Flag << " in " << Notes[0];
}

TEST_F(CompileCommandsTest, ArgumentsAreAsGoodAsACommand) {
  auto C = load("[" + command("drv/a.c", "-Iinclude '-DNAME=\\\"a b\\\"'") +
                ", {\"directory\": \"" + Files.path() + "\", \"file\": \"drv/b.c\", \"arguments\": [\"/usr/bin/x86_64-linux-gnu-gcc-12\", "
                "\"-I\", \"include\", \"-DNAME=\\\"a b\\\"\", \"-c\", \"drv/b.c\"]}]");
  ASSERT_TRUE(C) << Error;
  ASSERT_TRUE(C->find("drv/a.c") && C->find("drv/b.c"));
  EXPECT_EQ(C->find("drv/a.c")->flags, C->find("drv/b.c")->flags);
  EXPECT_TRUE(llvm::is_contained(C->find("drv/a.c")->flags, "NAME=\"a b\""));
}

TEST_F(CompileCommandsTest, NothingLoadsCodeOrReadsFurtherOptions) {
  auto C = load("[" + command("drv/a.c", "-fplugin=./x.so -Xclang -load -Xclang ./x.so -mllvm -x --config x.cfg -fmodules @more.rsp -DKEPT") + "]");
  ASSERT_TRUE(C) << Error;
  EXPECT_EQ(C->find("drv/a.c")->flags, (Strings{"-D", "KEPT", "-Wno-everything", "-Werror=implicit-function-declaration"}));
  EXPECT_TRUE(warns(*C, "-fplugin=./x.so"));
  EXPECT_TRUE(warns(*C, "the response file @more.rsp is not followed"));
}

TEST_F(CompileCommandsTest, NamesMissingFilesAndThoseOfOtherTrees) {
  TempTree Other({{"o.c", ""}}, /*Bare=*/true);
  auto C = load("[" + command("drv/a.c") + "," + command("drv/gone.c") + "," + command(Other.path() + "/o.c") + "]");
  ASSERT_TRUE(C) << Error;
  EXPECT_EQ(C->size(), 1u);
  EXPECT_TRUE(warns(*C, "a file that it names is not there: " + Files.path() + "/drv/gone.c"));
  EXPECT_TRUE(warns(*C, "a file that it names is not in the tree: " + Other.path() + "/o.c"));
  C = load("[" + command("drv/a.c") + "," + command("drv/3.c") + "," + command("drv/1.c") + "," + command("drv/4.c") + "," + command("drv/2.c") + "]");
  ASSERT_TRUE(C) << Error;
  const std::string Gone = Files.path() + "/drv/";
  EXPECT_TRUE(warns(*C, "files that it names are not there: " + Gone + "1.c, " + Gone + "2.c, " + Gone + "3.c and 1 more"));
}

TEST_F(CompileCommandsTest, NothingIsSaidOfWhatABuildHasMadeForItself) {
  TempTree Build({{"include/generated/autoconf.h", ""}, {"drv/a.mod.c", ""}}, /*Bare=*/true);
  auto At = [&](const std::string &File) { return "{\"directory\": \"" + Build.path() + "\", \"file\": \"" + File + "\", \"arguments\": [\"gcc\", \"-c\", \"" + File + "\"]}"; };
  auto C = load("[" + At(Files.path() + "/drv/a.c") + "," + At(Build.path() + "/drv/a.mod.c") + "]");
  ASSERT_TRUE(C) << Error;
  EXPECT_EQ(C->size(), 1u);
  EXPECT_TRUE(C->warnings().empty()) << C->warnings().front();
}

TEST_F(CompileCommandsTest, ABrokenDatabaseIsOneErrorThatNamesIt) {
  for (const char *Text : {"", "{", "{\"a\": 1}", "[1]", "[{\"file\": \"drv/a.c\", \"directory\": \"/\"}]", "[", "\x01\x02"}) {
    std::string E = errorOf(Text);
    EXPECT_EQ(E.find(Files.path() + "/cc.json: "), 0u) << E;
    EXPECT_NE(E.find("; give the compile_commands.json"), std::string::npos) << E;
    EXPECT_EQ(E.find('\n'), std::string::npos) << E;
  }
  auto Gone = CompileCommands::load(Files.path() + "/none.json", Files.open());
  ASSERT_FALSE(bool(Gone));
  EXPECT_NE(message(Gone.takeError()).find("none.json: "), std::string::npos);
}

TEST_F(CompileCommandsTest, ADatabaseOfAnotherTreeIsAnError) {
  EXPECT_NE(errorOf("[]").find("names no existing file"), std::string::npos);
  EXPECT_NE(errorOf("[" + command("/etc/hostname") + "]").find("names no existing file"), std::string::npos);
}

TEST_F(CompileCommandsTest, SaysThatNothingWasBuilt) {
  std::string Text = "[" + command("drv/a.c") + "]";
  auto C = load(Text);
  ASSERT_TRUE(C) << Error;
  EXPECT_TRUE(warns(*C, "the tree has no include/generated/autoconf.h"));
  Files.write("mm/slub.c", ""); // a tree with sources that was built, no package of headers
  Files.write("kernel/rcu/tree.c", "");
  Files.write("include/generated/autoconf.h", "");
  EXPECT_FALSE(warns(*load(Text), "autoconf.h"));
}

TEST_F(CompileCommandsTest, ABuildInAnotherDirectoryCounts) {
  TempTree Build({{"include/generated/autoconf.h", "#define CONFIG_ELSEWHERE 1\n"}}, /*Bare=*/true);
  Files.write("drv/a.c", "#ifndef CONFIG_ELSEWHERE\n#error synthesised\n#endif\nint a;\n");
  std::string Text = "[{\"directory\": \"" + Build.path() + "\", \"file\": \"" + Files.path() + "/drv/a.c\", \"command\": \"gcc -nostdinc -I./include -I" +
                     Files.path() + "/include -include " + Files.path() + "/include/linux/kconfig.h -c " + Files.path() + "/drv/a.c\"}]";
  auto C = load(Text);
  ASSERT_TRUE(C) << Error;
  EXPECT_FALSE(warns(*C, "autoconf.h"));
  EXPECT_EQ(parse(Text, "drv/a.c"), "");
}

/// A build with O=: its own headers stand behind those of the source tree in the search, as Kbuild has it.
class ObjectTreeTest : public CompileCommandsTest {
protected:
  ObjectTreeTest() : Build({{"include/generated/autoconf.h", "#define CONFIG_MINE 1\n"}}, /*Bare=*/true) {
    Files.write("arch/x86/Kconfig", "");
    Files.write("arch/x86/include/asm/Kbuild", "generic-y += made.h\n");
    Files.write("include/asm-generic/made.h", "#define FROM_GENERIC 1\n");
    Files.write("include/asm-generic/Kbuild", "");
  }
  std::string objectCommand(const std::string &File, const std::string &More = "", const char *Own = "-D__KERNEL__ -fconserve-stack") const {
    const std::string S = Files.path();
    return "{\"directory\": \"" + Build.path() + "\", \"file\": \"" + S + "/" + File + "\", \"command\": \"gcc -nostdinc -I" + S + "/arch/x86/include -I./arch/x86/include/generated -I" + S +
           "/include -I./include -include " + S + "/include/linux/kconfig.h " + Own + " " + More + " -DKBUILD_MODNAME='\\\"" + File.substr(File.rfind('/') + 1, 1) + "\\\"' -c -o x.o " + S + "/" + File + "\"}";
  }
  TempTree Build;
};

TEST_F(ObjectTreeTest, TheConfigurationIsTheBuilds) {
  Files.write("drv/a.c", "#ifndef CONFIG_MINE\n#error synthesised\n#endif\n#include <generated/autoconf.h>\nint a;\n");
  EXPECT_EQ(parse("[" + objectCommand("drv/a.c") + "]", "drv/a.c"), "");
}

TEST_F(ObjectTreeTest, AHeaderThatTheBuildHasHidesTheMadeOne) {
  Build.write("arch/x86/include/generated/asm/made.h", "#define FROM_BUILD 1\n");
  Files.write("drv/a.c", "#include <asm/made.h>\n#if !defined(FROM_BUILD) || defined(FROM_GENERIC)\n#error made up\n#endif\nint a;\n");
  EXPECT_EQ(parse("[" + objectCommand("drv/a.c") + "]", "drv/a.c"), "");
}

TEST_F(ObjectTreeTest, AHeaderThatTheBuildLacksIsMadeUp) {
  Files.write("drv/a.c", "#include <asm/made.h>\n#ifndef FROM_GENERIC\n#error missing\n#endif\n#ifndef CONFIG_MINE\n#error synthesised\n#endif\nint a;\n");
  EXPECT_EQ(parse("[" + objectCommand("drv/a.c") + "]", "drv/a.c"), "");
}

TEST_F(ObjectTreeTest, ABuildOfClangsToo) {
  Build.write("arch/x86/include/generated/asm/made.h", "#define FROM_BUILD 1\n");
  Files.write("drv/a.c", "#include <asm/made.h>\n#if !defined(FROM_BUILD) || defined(FROM_GENERIC)\n#error made up\n#endif\n#ifndef CONFIG_MINE\n#error synthesised\n#endif\n"
                         "#if !defined(MODULE) || !defined(__x86_64__) || !defined(__CHAR_UNSIGNED__)\n#error flags of krcu\n#endif\nint a;\n");
  EXPECT_EQ(parse("[" + objectCommand("drv/a.c", "", ClangFlags) + "]", "drv/a.c"), "");
}

TEST_F(ObjectTreeTest, AFileThatTheBuildDoesNotCompileHasKrcusConfiguration) {
  Files.write("drv/b.c", "#ifdef CONFIG_MINE\n#error of the build\n#endif\n#include <asm/made.h>\nint b;\n");
  EXPECT_EQ(parse("[" + objectCommand("drv/a.c") + "]", "drv/b.c"), "");
}

TEST_F(ObjectTreeTest, FilesThatShareFlagsShareAPrecompiledHeader) {
  Files.write("include/linux/big.h", "#ifndef CONFIG_MINE\n#error synthesised\n#endif\nstruct big {\n\tint n;\n};\n");
  std::string Text;
  std::vector<std::string> Names;
  for (char C = 'a'; C < 'i'; ++C) {
    Names.push_back(std::string("drv/") + C + ".c");
    Files.write(Names.back(), std::string("#include <linux/big.h>\nstatic const char *name = KBUILD_MODNAME;\nint ") + C + "(struct big *b)\n{\n\treturn b->n + name[0];\n}\n");
    Text += (Text.empty() ? "[" : ",") + objectCommand(Names.back());
  }
  Files.write("drv/own.c", "#include <linux/big.h>\n#ifndef OTHER\n#error flags of another file\n#endif\nint own;\n");
  Tree T = Files.open();
  auto I = Index::build(T, Rules(), {});
  ASSERT_TRUE(bool(I));
  FrontendOptions O;
  O.commands = load(Text + "," + objectCommand("drv/own.c", "-DOTHER=1") + "]", &T);
  ASSERT_TRUE(O.commands) << Error;
  auto F = Frontend::create(T, **I, O);
  ASSERT_TRUE(bool(F));
  Names.push_back("drv/own.c");
  (*F)->preparePch(Names, {});
  EXPECT_EQ((*F)->stats.pch_files.load(), 1u);
  for (const std::string &File : Names) {
    ParseRequest R;
    R.file = File;
    ParseOutcome Out = (*F)->parse(R, 0, [](clang::ASTContext &, const std::vector<clang::Decl *> &, const ParseOutcome &) {});
    EXPECT_TRUE(Out.parsed) << File << ": " << Out.cause;
    EXPECT_EQ(Out.errors, 0u) << File << ": " << (Out.diagnostics.empty() ? "" : Out.diagnostics.front().text);
  }
  EXPECT_EQ((*F)->stats.retries.load(), 0u) << "the header serves at the first try";
}

TEST_F(CompileCommandsTest, TheFlagsOfTheCommandAreUsed) {
  Files.write("drv/a.c", "#ifndef FROM_COMMAND\n#error flags of krcu\n#endif\n#if !defined(__KERNEL__) || !defined(__OPTIMIZE__)\n#error lost\n#endif\nint a;\n");
  EXPECT_EQ(parse("[" + command("drv/a.c", std::string(GccFlags) + " -DFROM_COMMAND") + "]", "drv/a.c"), "");
  EXPECT_NE(parse("", "drv/a.c").find("flags of krcu"), std::string::npos);
}

TEST_F(CompileCommandsTest, GeneratedHeadersOnDiskWinForTheUsersBuildOnly) {
  Files.write("mm/slub.c", "");
  Files.write("kernel/rcu/tree.c", "");
  Files.write("include/generated/autoconf.h", "#define CONFIG_MINE 1\n");
  Files.write("drv/a.c", "#ifndef CONFIG_MINE\n#error synthesised\n#endif\nint a;\n");
  EXPECT_EQ(parse("[" + command("drv/a.c") + "]", "drv/a.c"), "");
  // Without the build's flags a stale header must not mix with a configuration of our own.
  EXPECT_NE(parse("", "drv/a.c").find("synthesised"), std::string::npos);
}

TEST_F(CompileCommandsTest, GeneratedHeadersThatAreMissingAreMadeUp) {
  EXPECT_EQ(parse("[" + command("drv/a.c") + "]", "drv/a.c"), "");
}

TEST_F(CompileCommandsTest, TheMachineIsThatOfTheIncludePaths) {
  Files.write("arch/arm64/Kconfig", "");
  Files.write("drv/a.c", "#ifndef __aarch64__\n#error another machine\n#endif\nint a;\n");
  Files.write("drv/b.c", "_Static_assert(sizeof(long) == 4, \"not -m32\");\n");
  std::string Text = "[" + command("drv/a.c", "-nostdinc -I./arch/arm64/include -mlittle-endian -mgeneral-regs-only") + "," +
                     command("drv/b.c", "-nostdinc -I./arch/x86/include -m32") + "]";
  EXPECT_EQ(parse(Text, "drv/a.c"), "");
  EXPECT_EQ(parse(Text, "drv/b.c"), "");
}

TEST_F(CompileCommandsTest, HeadersOfAMountedModuleKeepOneName) {
  TempTree Module({{"m.c", "int m;\n"}, {"inc/m.h", ""}}, /*Bare=*/true);
  Tree T = Files.open();
  ASSERT_FALSE(bool(T.mount(Module.path())));
  auto C = load("[" + command(Module.path() + "/m.c", "-I" + Module.path() + "/inc -include " + Module.path() + "/inc/m.h") + "]", &T);
  ASSERT_TRUE(C) << Error;
  const CompileCommands::Entry *E = C->find("M=/m.c");
  ASSERT_TRUE(E);
  EXPECT_EQ(E->flags, (Strings{"-I" + T.visible("M=/inc"), "-include", T.visible("M=/inc/m.h"), "-Wno-everything", "-Werror=implicit-function-declaration"}));
}

} // namespace
} // namespace krcu
