// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The diff is compared with git's own, and applied with git, where git is installed.
#include "tool/rewrite/rewrite_test_util.h"
#include "tool/support/io.h"

#include "llvm/ADT/StringRef.h"
#include <cstdlib>
#include <filesystem>

namespace krcu {
namespace {

using Changes = std::map<std::string, std::pair<std::string, std::string>>;

std::string diffOf(const Changes &C) {
  llvm::Expected<std::string> D = unifiedDiff(C);
  return D ? *D : "error: " + message(D.takeError());
}

/// A directory with the old files in a/, the new ones in b/; gone with the test.
class DiffInDirectory : public testing::Test {
protected:
  void SetUp() override {
    if (std::system("git --version >/dev/null 2>&1") != 0)
      GTEST_SKIP() << "git is not installed";
    std::string Pattern = testing::TempDir() + "/krcu-diff-XXXXXX";
    ASSERT_NE(mkdtemp(Pattern.data()), nullptr);
    Dir = Pattern;
  }
  void TearDown() override {
    if (!Dir.empty())
      std::filesystem::remove_all(Dir);
  }

  void write(const std::string &Name, const std::string &Text) {
    std::filesystem::create_directories((Dir / Name).parent_path());
    ASSERT_EQ(message(writeFileAtomically((Dir / Name).string(), Text)), "");
  }

  void write(const Changes &C) {
    for (const auto &[Path, Texts] : C) {
      write("a/" + Path, Texts.first);
      write("b/" + Path, Texts.second);
    }
  }

  /// Runs a shell command in the directory, away from any repository and the user's configuration.
  int run(const std::string &Command) {
    std::string Line = "cd '" + Dir.string() + "' && GIT_CEILING_DIRECTORIES='" + Dir.parent_path().string() +
                       "' GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 " + Command;
    return std::system(Line.c_str());
  }

  std::string gitDiff() {
    run("git diff --no-index --no-prefix a b > git.diff");
    llvm::Expected<std::string> Text = readFile((Dir / "git.diff").string());
    EXPECT_TRUE(bool(Text));
    std::string Out;
    for (llvm::StringRef Rest = *Text; !Rest.empty();) {
      size_t End = std::min(Rest.find('\n'), Rest.size() - 1) + 1;
      if (!Rest.starts_with("index "))
        Out += Rest.take_front(End);
      Rest = Rest.drop_front(End);
    }
    return Out;
  }

  /// Applies our diff to a/ and compares with b/.
  void expectApplies(const Changes &C) {
    write("our.diff", diffOf(C));
    ASSERT_EQ(run("git -C a apply --check --whitespace=nowarn ../our.diff"), 0);
    ASSERT_EQ(run("git -C a apply --whitespace=nowarn ../our.diff"), 0);
    EXPECT_EQ(run("diff -r a b"), 0);
  }

  std::filesystem::path Dir;
};

std::string numbered(int From, int To) {
  std::string Out;
  for (int I = From; I <= To; ++I)
    Out += "\tline_" + std::to_string(I) + "();\n";
  return Out;
}

Changes sample() {
  std::string Old = "int first(void)\n{\n" + numbered(1, 9) +
                    "}\n\nstatic void cb(struct rcu_head *h)\n{\n\tkfree(h);\n}\n\n"
                    "void last(struct x *x)\n{\n" +
                    numbered(10, 19) + "\tcall_rcu(&x->rcu, cb);\n" + numbered(20, 29) + "}\n";
  return {{"net/core/one.c",
           {Old, applied(Old, PlanFor(Old).remove("cb").call("call_rcu(&x->rcu, cb)", "kfree_rcu(x, rcu)"))}},
          {"a/two.c", {"a\nb\nc", "a\nb\nd"}}};
}

TEST(Diff, LooksLikeGits) {
  std::string Expected = R"(diff --git a/x/f.c b/x/f.c
--- a/x/f.c
+++ b/x/f.c
@@ -4,5 +4,5 @@ int f(struct x *x)
 	a();
 	b();
 	c();
-	call_rcu(&x->rcu, cb);
+	kfree_rcu(x, rcu);
 }
)";
  std::string Head = "\nint f(struct x *x)\n{\n\ta();\n\tb();\n\tc();\n";
  EXPECT_EQ(diffOf({{"x/f.c", {Head + "\tcall_rcu(&x->rcu, cb);\n}\n", Head + "\tkfree_rcu(x, rcu);\n}\n"}}}),
            Expected);
}

TEST(Diff, FilesInPathOrderWithoutIndexLines) {
  std::string D = diffOf(sample());
  EXPECT_LT(D.find("a/two.c"), D.find("net/core/one.c"));
  EXPECT_EQ(D.find("\nindex "), std::string::npos);
}

TEST(Diff, ALineOfTheFileThatBeginsWithIndexStays) {
  EXPECT_NE(diffOf({{"f.c", {"a\nindex 1\n", "b\nindex 1\n"}}}).find("\n index 1\n"), std::string::npos);
}

TEST(Diff, UnchangedFilesAreLeftOut) {
  EXPECT_EQ(diffOf({{"f.c", {"a\n", "a\n"}}}), "");
  EXPECT_EQ(diffOf({}), "");
}

TEST_F(DiffInDirectory, EqualsGitDiff) {
  write(sample());
  EXPECT_EQ(diffOf(sample()), gitDiff());
}

TEST_F(DiffInDirectory, EqualsGitDiffForOddFiles) {
  Changes C = {
      {"crlf.c",
       {"a\r\nint f(void)\r\n{\r\n1\r\n2\r\n3\r\n4\r\n", "a\r\nint f(void)\r\n{\r\n1\r\n2\r\n3\r\n5\r\n"}},
      {"latin.c", {"\xE9\n\xFF\nx\n", "\xE9\n\xFF\ny\n"}},
      {"longname.c",
       {"int " + std::string(120, 'n') + "(void)\n{\n" + numbered(1, 5) + "x\n",
        "int " + std::string(120, 'n') + "(void)\n{\n" + numbered(1, 5) + "y\n"}},
      {"nonl.c", {"a\nb", "a\nc"}}};
  write(C);
  EXPECT_EQ(diffOf(C), gitDiff());
}

TEST_F(DiffInDirectory, GitAppliesIt) {
  Changes C = sample();
  C["sp ace/\xC3\xA4.c"] = {"a\n", "b\n"};
  C["crlf.c"] = {"a\r\nb\r\n", "a\r\nc\r\n"};
  C["empty.c"] = {"only\n", ""};
  C["zero.c"] = {std::string("a\0b\nx\n", 6), std::string("a\0b\ny\n", 6)};
  write(C);
  expectApplies(C);
}

} // namespace
} // namespace krcu
