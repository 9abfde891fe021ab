// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// krcu held against itself on each real tree that the environment names: what `krcu patch` makes, `git apply` takes, `krcu review` calls
// right, and a second scan finds nothing more to do. The trees define kfree_rcu() differently, so each is a case of its own.
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "llvm/Support/FileSystem.h"
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <gtest/gtest.h>
#include <iostream>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace krcu {
namespace {

std::string shellWord(const std::string &Word) { return "'" + Word + "'"; }

std::string output(const std::string &Command, int &Status) {
  std::string Text;
  std::FILE *Pipe = ::popen(Command.c_str(), "r");
  std::array<char, 4096> Buffer;
  size_t Size;
  while (Pipe && (Size = std::fread(Buffer.data(), 1, Buffer.size(), Pipe)) > 0)
    Text.append(Buffer.data(), Size);
  Status = Pipe ? ::pclose(Pipe) : -1;
  return Text;
}

size_t count(const std::string &Text, const std::string &What) {
  size_t N = 0;
  for (size_t At = Text.find(What); At != std::string::npos; At = Text.find(What, At + What.size()))
    ++N;
  return N;
}

class OwnConversions : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    const char *Named = std::getenv(GetParam());
    if (!Named)
      GTEST_SKIP() << GetParam() << " is not set; set it to an unpacked kernel source tree";
    Tree = Named;
    const char *Temporary = std::getenv("TMPDIR");
    Work = std::string(Temporary ? Temporary : "/tmp") + "/krcu-own-XXXXXX";
    ASSERT_TRUE(::mkdtemp(Work.data()));
    int Status = 0;
    Said = krcu("patch --with-kept --series " + shellWord(Work + "/out") + " " + shellWord(Tree), Status);
    ASSERT_TRUE(WIFEXITED(Status) && WEXITSTATUS(Status) == 0) << Said;
  }
  void TearDown() override {
    if (!Work.empty())
      llvm::sys::fs::remove_directories(Work);
  }
  /// All runs share one cache, so each file of the tree is parsed once for each text that it has.
  std::string krcu(const std::string &Arguments, int &Status) const {
    size_t Word = Arguments.find(' ');
    return output(KRCU_BINARY " " + Arguments.substr(0, Word) + " --cache " + shellWord(Work + "/cache") + Arguments.substr(Word) + " 2>&1", Status);
  }
  /// Every mail in `out`, by the shell's own order of names.
  std::string mails() const {
    int Status = 0;
    std::string Names = output("find " + shellWord(Work + "/out") + " -name '*.patch' ! -name '0000-*' | sort | tr '\\n' ' '", Status);
    return Names;
  }

  std::string Tree, Work, Said;
};

TEST_P(OwnConversions, AreRightByReviewApplyAndLeaveNothing) {
  int Status = 0;
  std::string Mails = mails();
  size_t Count = count(Mails, ".patch");
  ASSERT_GT(Count, 0u) << Said;
  std::string Review = krcu("review " + Mails + "--tree " + shellWord(Tree), Status);
  EXPECT_EQ(Status, 0) << Review;
  EXPECT_NE(Review.find(std::to_string(Count) + " patches: " + std::to_string(Count) + " OK, 0 to wait, 0 broken, 0 n/a, 0 cannot tell"), std::string::npos) << Review;

  std::string Git = "cd " + shellWord(Tree) + " && GIT_CEILING_DIRECTORIES=/ git apply --check --whitespace=error-all ";
  output(KRCU_BINARY " patch --cache " + shellWord(Work + "/cache") + " " + shellWord(Tree) + " 2>/dev/null >" + shellWord(Work + "/all.diff"), Status);
  std::string Applied = output(Git + shellWord(Work + "/all.diff") + " 2>&1", Status);
  EXPECT_EQ(Status, 0) << Applied;

  std::string Copy = Work + "/tree";
  output("cp -al " + shellWord(Tree) + " " + shellWord(Copy) + " 2>&1", Status);
  if (Status != 0)
    GTEST_SKIP() << "the tree cannot be copied by hard links to " << Work << ", so there was no second scan; set TMPDIR to the same file system";
  std::string Files = output(KRCU_BINARY " patch --in-place --cache " + shellWord(Work + "/cache") + " " + shellWord(Copy) + " 2>/dev/null | tr '\\n' ' '", Status);
  ASSERT_FALSE(Files.empty());
  std::string Again = output(KRCU_BINARY " patch --no-cache " + shellWord(Copy) + " --paths " + Files + " 2>/dev/null", Status);
  EXPECT_EQ(Again, "") << "a second run converts more";
  std::string Untouched = output(Git + shellWord(Work + "/all.diff") + " 2>&1", Status);
  EXPECT_EQ(Status, 0) << "the original tree was written to: " << Untouched;
}

INSTANTIATE_TEST_SUITE_P(Trees, OwnConversions, testing::Values("KRCU_TREE_510", "KRCU_TREE_61", "KRCU_TREE_612", "KRCU_TREE_72", "KRCU_TREE_73"),
                         [](const auto &Info) { return std::string(Info.param); });

// --- what the kernel's own people converted later -----------------------------------------------------------------

std::string withoutBlanks(std::string Text) {
  Text.erase(std::remove_if(Text.begin(), Text.end(), [](unsigned char C) { return std::isspace(C); }), Text.end());
  return Text;
}

/// The arguments of every kfree_rcu() and kvfree_rcu() of a text, without blanks, in its order.
std::vector<std::string> deferredFrees(const std::string &Text) {
  static const std::regex Call(R"(\bkv?free_rcu\(([^;]*)\);)");
  std::vector<std::string> Result;
  for (std::sregex_iterator It(Text.begin(), Text.end(), Call), End; It != End; ++It)
    Result.push_back(withoutBlanks((*It)[1]));
  return Result;
}

/// Whether the text still gives `Callback` to call_rcu().
bool queues(const std::string &Text, const std::string &Callback) {
  return std::regex_search(Text, std::regex("\\bcall_rcu\\([^;]*\\b" + Callback + "\\b"));
}

/// Whether a function is no longer than to declare the object, to find it and to free it. What did more was rewritten, not converted.
bool onlyFrees(const std::string &Text, const std::string &Function) {
  std::smatch Head;
  if (Function.empty() || !std::regex_search(Text, Head, std::regex("(^|\\n)[^\\n;#]*\\b" + Function + "\\([^;{]*\\)\\s*\\{")))
    return false;
  std::string Body = Head.suffix().str();
  Body.resize(std::min(Body.find("\n}"), Body.size()));
  static const std::regex Free(R"(\b(kmem_cache_free|kfree|kvfree)\()");
  return count(Body, ";") <= 3 && std::regex_search(Body, Free);
}

/// What a newer tree frees by kfree_rcu() and the older one did not, in one file.
std::vector<std::string> moreDeferredFrees(const std::string &Old, const std::string &New) {
  std::vector<std::string> More = deferredFrees(New);
  for (const std::string &Had : deferredFrees(Old))
    if (auto It = std::find(More.begin(), More.end(), Had); It != More.end())
      More.erase(It);
  return More;
}

// Both sides are computed: what the newer tree has converted is read off its text, what krcu does with the older one is krcu's answer.
TEST(LaterConversions, OfTheKernelsOwnAreMadeByKrcuWithTheSameArguments) {
  const char *Old = std::getenv("KRCU_TREE_612"), *New = std::getenv("KRCU_TREE_73");
  if (!Old || !New)
    GTEST_SKIP() << "KRCU_TREE_612 and KRCU_TREE_73 are not both set; set them to unpacked kernel source trees";
  int Status = 0;
  std::string Json = output(KRCU_BINARY " scan --no-cache --format json " + shellWord(Old) + " 2>/dev/null", Status);
  nlohmann::json Report = nlohmann::json::parse(Json, nullptr, false);
  ASSERT_TRUE(Report.contains("sites"));
  size_t Theirs = 0, Ours = 0;
  for (const nlohmann::json &Site : Report["sites"]) {
    std::string File = Site["file"], Callback = Site["callback"].is_string() ? Site["callback"] : "";
    auto Before = readFile(std::string(Old) + "/" + File), After = readFile(std::string(New) + "/" + File);
    if (!Before || !After) {
      llvm::consumeError(Before.takeError());
      llvm::consumeError(After.takeError());
      continue;
    }
    std::vector<std::string> More = moreDeferredFrees(*Before, *After);
    if (!onlyFrees(*Before, Callback) || queues(*After, Callback) || More.empty())
      continue;
    ++Theirs;
    std::string Replacement = Site.value("replacement", "");
    bool Same = Site["class"] == "convert" && !deferredFrees(Replacement + ";").empty() &&
                std::find(More.begin(), More.end(), deferredFrees(Replacement + ";").front()) != More.end();
    Ours += Same;
    EXPECT_TRUE(Same) << File << ":" << Site["line"] << ": " << Callback << "(): " << Site["class"] << " " << Replacement << "; the newer tree has "
                      << testing::PrintToString(More);
  }
  std::cout << "sites that the newer tree has converted: " << Theirs << ", by krcu with the same arguments: " << Ours << "\n";
  EXPECT_GE(Theirs, 17u) << "fewer than a person counted in these trees";
}

} // namespace
} // namespace krcu
