// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The program on a real tree, its series judged by the tools that a maintainer has: the tree's own scripts and git.
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <unistd.h>
#include <vector>

namespace krcu {
namespace {

std::string shellWord(const std::string &Word) { return "'" + Word + "'"; }

std::string output(const std::string &Command, int *Status = nullptr) {
  std::string Text;
  std::FILE *Pipe = ::popen(Command.c_str(), "r");
  std::array<char, 4096> Buffer;
  size_t Size;
  while (Pipe && (Size = std::fread(Buffer.data(), 1, Buffer.size(), Pipe)) > 0)
    Text.append(Buffer.data(), Size);
  int Ended = Pipe ? ::pclose(Pipe) : -1;
  if (Status)
    *Status = Ended;
  return Text;
}

std::set<std::string> linesOf(llvm::StringRef Text, llvm::StringRef Drop = "") {
  std::set<std::string> Lines;
  while (!Text.empty()) {
    auto [Line, Rest] = Text.split('\n');
    Text = Rest;
    Line.consume_front(Drop);
    if (!Line.trim().empty())
      Lines.insert(Line.str());
  }
  return Lines;
}

/// Words of a mail's text: what becomes the commit, without subject and trailers.
size_t wordsOf(llvm::StringRef Mail) {
  llvm::StringRef Text = Mail.substr(Mail.find("\n\n")).split("\n---\n").first;
  size_t Words = 0;
  while (!Text.empty()) {
    auto [Line, Rest] = Text.split('\n');
    Text = Rest;
    if (Line.starts_with("Signed-off-by: "))
      continue;
    llvm::SmallVector<llvm::StringRef, 16> Split;
    Line.split(Split, ' ', -1, false);
    Words += Split.size();
  }
  return Words;
}

/// Prints the figures of a series' texts and holds them against what merged ones are like.
void expectShort(const std::string &Tree, const std::vector<std::string> &Mails) {
  std::vector<size_t> Words;
  for (const std::string &Mail : Mails) {
    auto Text = readFile(Mail);
    ASSERT_TRUE(static_cast<bool>(Text)) << Mail;
    Words.push_back(wordsOf(*Text));
    EXPECT_EQ(llvm::StringRef(*Text).split("\n---\n").first.find("this tree"), llvm::StringRef::npos) << Mail;
  }
  ASSERT_FALSE(Words.empty());
  std::sort(Words.begin(), Words.end());
  size_t Median = Words[Words.size() / 2];
  std::printf("%s: %zu mails, words of text: median %zu, most %zu\n", Tree.c_str(), Words.size(), Median, Words.back());
  EXPECT_LE(Median, 60u);
}

std::vector<std::string> mailsBelow(const std::string &Directory) {
  std::vector<std::string> Mails;
  for (const std::string &Line : linesOf(output("cd " + shellWord(Directory) + " && find . -name '*.patch' ! -name '0000-*'")))
    Mails.push_back(Line.substr(2));
  std::sort(Mails.begin(), Mails.end());
  return Mails;
}

/// One series of the whole tree, made once for all tests.
class RealSeries : public testing::Test {
protected:
  static void SetUpTestSuite() {
    const char *T = std::getenv("KRCU_TREE_612");
    if (!T)
      return;
    Tree = T;
    std::string Name = "/tmp/krcu-series-XXXXXX";
    Work = ::mkdtemp(Name.data());
    int Status = 0;
    Printed = output("cd " + shellWord(Work) + " && printf '[user]\\nname = Jörg Test\\nemail = j@example.org\\n' >.gitconfig && HOME=" + shellWord(Work) + " " KRCU_BINARY " patch " + shellWord(Tree) +
                         " --series out --with-kept --signoff --date 2026-01-01 2>&1",
                     &Status);
    Mails = mailsBelow(Work + "/out");
  }
  static void TearDownTestSuite() {
    if (!Work.empty())
      llvm::sys::fs::remove_directories(Work);
  }
  void SetUp() override {
    if (Tree.empty())
      GTEST_SKIP() << "KRCU_TREE_612 is not set";
    ASSERT_FALSE(Mails.empty()) << Printed;
  }
  static bool have(const char *Program) { return std::system(("command -v " + std::string(Program) + " >/dev/null 2>&1").c_str()) == 0; }

  static std::string Tree, Work, Printed;
  static std::vector<std::string> Mails;
};
std::string RealSeries::Tree, RealSeries::Work, RealSeries::Printed;
std::vector<std::string> RealSeries::Mails;

TEST_F(RealSeries, RecipientsAreThoseOfTheTreesOwnScript) {
  if (!have("perl"))
    GTEST_SKIP() << "perl is not installed";
  auto Text = readFile(Work + "/out/recipients.txt");
  ASSERT_TRUE(static_cast<bool>(Text));
  for (const std::string &Mail : Mails) {
    size_t Begin = Text->find("\n" + Mail + "\n");
    ASSERT_NE(Begin, std::string::npos) << Mail;
    Begin += Mail.size() + 2;
    std::set<std::string> Ours;
    for (const std::string &Line : linesOf(llvm::StringRef(*Text).slice(Begin, Text->find("\n\n", Begin))))
      Ours.insert(Line.substr(4));
    const std::set<std::string> Script = linesOf(output("cd " + shellWord(Tree) + " && perl scripts/get_maintainer.pl --no-git --no-git-fallback --norolestats " + shellWord(Work + "/out/" + Mail)));
    if (Script == std::set<std::string>{"linux-kernel@vger.kernel.org"}) { // nobody's file: it goes to the people of its users, too, or to who takes such patches
      EXPECT_TRUE(Ours.count("linux-kernel@vger.kernel.org") && Ours.size() > 1) << Mail;
      continue;
    }
    EXPECT_EQ(Ours, Script) << Mail;
  }
}

TEST_F(RealSeries, TextsAreAsShortAsMergedOnes) {
  std::vector<std::string> Paths;
  for (const std::string &Mail : Mails)
    Paths.push_back(Work + "/out/" + Mail);
  expectShort("6.12", Paths);
}

TEST(RealTexts, OfTheNewestTreeAreAsShortAndTheirTrailersParse) {
  const char *Tree = std::getenv("KRCU_TREE_73");
  if (!Tree)
    GTEST_SKIP() << "KRCU_TREE_73 is not set";
  std::string Name = "/tmp/krcu-series-XXXXXX", Work = ::mkdtemp(Name.data());
  std::string Said = output(KRCU_BINARY " patch " + shellWord(Tree) + " --series " + shellWord(Work + "/out") + " --date 2026-01-01 --trailer 'Suggested-by: A B <a@b.org>' 2>&1");
  std::vector<std::string> Paths;
  for (const std::string &Mail : mailsBelow(Work + "/out"))
    Paths.push_back(Work + "/out/" + Mail);
  EXPECT_FALSE(Paths.empty()) << Said;
  expectShort("7.3", Paths);
  for (const std::string &Mail : Paths)
    if (std::system("command -v git >/dev/null 2>&1") == 0) {
      EXPECT_EQ(output("sed '1,/^$/d;/^---$/,$d' " + shellWord(Mail) + " | sed '1i subject\\n' | git interpret-trailers --parse"), "Suggested-by: A B <a@b.org>\n") << Mail;
    }
  llvm::sys::fs::remove_directories(Work);
}

TEST_F(RealSeries, CheckpatchFindsNothingThatTheTextCouldAvoid) {
  if (!have("perl"))
    GTEST_SKIP() << "perl is not installed";
  for (const std::string &Mail : Mails)
    for (const std::string &Line : linesOf(output("cd " + shellWord(Work) + " && perl " + shellWord(Tree + "/scripts/checkpatch.pl") + " --root=" + shellWord(Tree) + " --strict --terse --show-types --no-summary " + shellWord("out/" + Mail))))
      // The tree is no git repository, so the script cannot look a commit up.
      EXPECT_NE(Line.find("UNKNOWN_COMMIT_ID"), std::string::npos) << Line;
}

TEST_F(RealSeries, GitAmTakesAllAndTheResultIsThatOfInPlace) {
  if (!have("git"))
    GTEST_SKIP() << "git is not installed";
  std::string Repository = Work + "/repo", Git = "HOME=" + shellWord(Work) + " GIT_CONFIG_NOSYSTEM=1 git -C " + shellWord(Repository) + " ";
  std::set<std::string> Files = linesOf(output("cd " + shellWord(Work) + "/out && find . -name '*.patch' -exec sed -n 's,^--- a/,,p' {} +"));
  ASSERT_FALSE(Files.empty());
  ASSERT_EQ(std::system(("git init -q " + shellWord(Repository)).c_str()), 0);
  for (const std::string &File : Files)
    ASSERT_EQ(std::system(("mkdir -p \"$(dirname " + shellWord(Repository + "/" + File) + ")\" && cp " + shellWord(Tree + "/" + File) + " " + shellWord(Repository + "/" + File)).c_str()), 0);
  int Status = 0;
  std::string Said = output("{ " + Git + "add -f . && " + Git + "commit -qm base && " + KRCU_BINARY " patch --mbox " + shellWord(Work + "/out") + " | " + Git + "am; } 2>&1", &Status);
  EXPECT_EQ(Status, 0) << Said;
  for (const std::string &Line : linesOf(Said))
    EXPECT_EQ(Line.rfind("Applying: ", 0), 0u) << Line;
  EXPECT_EQ(output(Git + "log -1 --format=%an"), "Jörg Test\n");
  // The same conversions as a diff take the same files to the same bytes.
  std::string Plain = Work + "/plain";
  Said = output("{ git init -q " + shellWord(Plain) + " && " + Git + "archive " + "$(" + Git + "rev-list --max-parents=0 HEAD) | tar -x -C " + shellWord(Plain) + " && " KRCU_BINARY " patch " + shellWord(Tree) +
                    " 2>/dev/null >" + shellWord(Work + "/all.diff") + "; cd " + shellWord(Plain) + " && git apply " + shellWord(Work + "/all.diff") + " && diff -r -x .git . " + shellWord(Repository) + "; } 2>&1",
                &Status);
  EXPECT_EQ(Status, 0) << Said;
}

} // namespace
} // namespace krcu
