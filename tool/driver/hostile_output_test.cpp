// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names that do something to whoever sees them, at each place where krcu prints one; and standard streams that are closed or have no end.
#include "tool/driver/pipeline_trees.h"
#include "tool/driver/run_binary.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include "gtest/gtest.h"
#include <filesystem>
#include <fcntl.h>

using namespace krcu;
namespace fs = std::filesystem;

namespace {

const std::string Text = "#include <linux/rcupdate.h>\n#include <linux/slab.h>\nstruct it { int key; struct rcu_head rcu; };\n"
                         "static void it_free(struct rcu_head *head) { kfree(container_of(head, struct it, rcu)); }\n"
                         "void it_drop(struct it *i)\n{\n\tcall_rcu(&i->rcu, it_free);\n}\n";
/// A C1 control, a mark of direction, no UTF-8, what is not seen; and what a page must not take for its own.
const std::vector<std::string> Names{"\xc2\x9b" "31m.c", "\xe2\x80\xae" "x.c", "\xff\xfe.c", "\xe2\x80\x8b.c", "<script>alert(1)<.c", "\" onload='x'.c", "&amp;.c", "a:1:2: convert: b.c"};

bool hasActive(llvm::StringRef Out) {
  for (const char *Bytes : {"\xc2\x9b", "\xe2\x80\xae", "\xe2\x80\x8b", "\xff", "\x1b", "\r"})
    if (Out.contains(Bytes))
      return true;
  return false;
}

class HostileOutput : public testing::Test {
protected:
  ScratchTree T{"waits"};
  void SetUp() override {
    T.lay("trap-null-guard");
    for (const std::string &Name : Names)
      T.write("drv/" + Name, Text);
  }
  Ran run(std::vector<std::string> Arguments, const std::function<bool()> &Before = nullptr) {
    Arguments.insert(Arguments.begin() + 1, {"-j1", "--no-cache"});
    return runKrcu(T, Arguments, Before);
  }
};

TEST_F(HostileOutput, NoNameDoesAnything) {
  const std::vector<std::vector<std::string>> Commands{
      {"scan", T.root()}, {"scan", "--format", "json", T.root()}, {"scan", "--format", "sarif", T.root()}, {"scan", "--format", "html", T.root()},
      {"scan", "--all", "--stats", T.root()}, {"explain", T.root(), "it_drop"}, {"explain", "--format", "json", T.root(), "it_drop"}, {"explain", "--format", "html", T.root(), "it_drop"},
      {"patch", T.root()}, {"patch", "--format", "json", T.root()}, {"audit", "--all", T.root()}, {"audit", "--format", "json", T.root()}, {"audit", "--format", "html", T.root()}};
  for (const std::vector<std::string> &Each : Commands) {
    Ran R = run(Each);
    EXPECT_LT(R.status, 2) << Each[0] << R.err;
    EXPECT_FALSE(R.out.empty());
    EXPECT_FALSE(hasActive(R.out)) << Each[0] << " " << Each[2] << testing::PrintToString(R.out);
    EXPECT_FALSE(hasActive(R.err)) << Each[0] << testing::PrintToString(R.err);
    if (llvm::is_contained(Each, "html")) {
      for (const char *Markup : {"<script>alert", "\" onload=", "&amp;.c"})
        EXPECT_EQ(R.out.find(Markup), std::string::npos) << Markup;
    }
  }
}

TEST_F(HostileOutput, AFileThatIsWrittenIsAsCleanAsATerminal) {
  Ran R = run({"scan", "-o", T.root() + ".report", T.root()});
  EXPECT_EQ(R.status, 1) << R.err;
  EXPECT_FALSE(hasActive(readText(T.root() + ".report")));
  fs::remove(T.root() + ".report");
}

TEST_F(HostileOutput, AnAnswerQuotesNothingActive) {
  T.write("mail", "From: a <a@x.org>\nSubject: [PATCH] drv: x\nMessage-Id: <1@x>\n\n---\n--- a/drv/drv.c\n+++ b/drv/drv.c\n@@ -22,2 +22,2 @@\n-\tcall_rcu(&item->rcu, item_free);\n"
                  "+\tkfree_rcu(\ritem, rcu); /* \x1b[31m \xe2\x80\xae \xff */\n }\n");
  Ran R = run({"review", "--tree", T.root(), "--reply", T.root() + "/answers", T.path("mail")});
  EXPECT_EQ(R.status, 1) << R.err;
  unsigned Answers = 0;
  for (const auto &Entry : fs::directory_iterator(T.path("answers"))) {
    ++Answers;
    std::string Answer = readText(Entry.path());
    EXPECT_NE(Answer.find("> +\tkfree_rcu("), std::string::npos) << Answer;
    EXPECT_FALSE(hasActive(Answer)) << testing::PrintToString(Answer);
  }
  EXPECT_EQ(Answers, 1u);
}

TEST_F(HostileOutput, AClosedStreamIsAnErrorAndNobodyElsesFile) {
  Ran Out = run({"scan", T.root()}, [] { return ::close(1) == 0; });
  EXPECT_EQ(Out.status, 2);
  EXPECT_NE(Out.err.find("standard output"), std::string::npos) << Out.err;
  Ran In = run({"review", "--tree", T.root(), "-"}, [] { return ::close(0) == 0; });
  EXPECT_EQ(In.status, 2);
  EXPECT_NE(In.err.find("standard input"), std::string::npos) << In.err;
  EXPECT_EQ(run({"scan", T.root()}, [] { return ::close(2) == 0; }).status, 1);
}

TEST_F(HostileOutput, AnInputWithoutAnEndIsRefused) {
  Ran R = run({"review", "--tree", T.root(), "-"}, [] { return ::dup2(::open("/dev/zero", O_RDONLY), 0) == 0; });
  EXPECT_EQ(R.status, 2);
  EXPECT_NE(R.err.find("standard input: this has more than"), std::string::npos) << R.err;
}

} // namespace
