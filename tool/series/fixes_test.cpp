// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The texts of mends, and the commit that a line came with.
#include "tool/series/series_test_util.h"

namespace krcu::series {
namespace {

const char Before[] = "void put(struct item *i)\n{\n\tkfree(i);\n}\n\nvoid x_exit(void)\n{\n}\n";
const char Wrong[] = "void put(struct item *i)\n{\n\tcall_rcu(&i->rcu, x_free);\n}\n\nvoid x_exit(void)\n{\n}\n";
const char Mended[] = "void put(struct item *i)\n{\n\tcall_rcu(&i->rcu, x_free);\n}\n\nvoid x_exit(void)\n{\n\trcu_barrier();\n}\n";

class Mends : public testing::Test {
protected:
  Mends() : C(FileMap{{"MAINTAINERS", "NET A\nM:\tA <a@example.org>\nF:\tnet/a/\n\nTHE REST\nL:\tall@example.org\nF:\t*\nF:\t*/\n"}}) { C.T.write("net/a/x.c", Wrong); }
  SeriesResult make(bool Moved = false) {
    C.Files["net/a/x.c"] = {Wrong, Mended};
    SeriesInput In = C.input();
    In.fixes.push_back({"net/a/x.c", "rcu_barrier()", "x_exit", Moved, "x", {"put() queues x_free().", "x_exit() does not wait for that."}, {}, "net/a/x.c", "call_rcu(&i->rcu, x_free);"});
    auto R = makeSeries(In);
    if (!R) {
      ADD_FAILURE() << message(R.takeError());
      return {};
    }
    return std::move(*R);
  }
  void commit(const std::string &Subject) {
    Ran R = run(gitIn(C.T.path()) + "add -A && " + gitIn(C.T.path()) + "commit -q -m '" + Subject + "'");
    EXPECT_EQ(R.status, 0) << R.text;
  }
  Converted C;
};

TEST_F(Mends, WithoutHistoryThereIsNoFixes) {
  MadePatch P = make().series[0].patches[0];
  EXPECT_EQ(P.subject, "a: add rcu_barrier() to x_exit()");
  EXPECT_EQ(P.mail.find("\nFixes:"), std::string::npos) << P.mail;
  EXPECT_NE(P.message.notes.find("there is no Fixes: tag, because there is no history at hand"), std::string::npos) << P.message.notes;
  EXPECT_EQ(make(true).series[0].patches[0].subject, "a: call rcu_barrier() later in x_exit()");
}

TEST_F(Mends, TheCommitThatBroughtTheLine) {
  C.T.write("net/a/x.c", Before);
  C.commitAll("x: begin");
  C.T.write("net/a/x.c", Wrong);
  commit("x: free behind a grace period");
  C.T.write("net/a/y.c", "int y;\n");
  commit("y: begin");
  std::string Id = run(gitIn(C.T.path()) + "rev-parse HEAD~1").text.substr(0, 12);
  MadePatch P = make().series[0].patches[0];
  EXPECT_NE(P.mail.find("\nFixes: " + Id + " (\"x: free behind a grace period\")\n"), std::string::npos) << P.mail;
}

TEST_F(Mends, WhatTheHistoryDoesNotShowIsNotGuessed) {
  C.commitAll("x: begin"); // the line was always there
  MadePatch P = make().series[0].patches[0];
  EXPECT_EQ(P.mail.find("\nFixes:"), std::string::npos) << P.mail;
  EXPECT_NE(P.message.notes.find("the history begins with that line"), std::string::npos) << P.message.notes;
  // Renamed: the line may be older than the commit.
  run(gitIn(C.T.path()) + "mv net/a/x.c net/a/old.c");
  commit("move");
  run(gitIn(C.T.path()) + "mv net/a/old.c net/a/x.c");
  commit("move it back");
  EXPECT_EQ(make().series[0].patches[0].mail.find("\nFixes:"), std::string::npos);
}

TEST_F(Mends, EachFileIsAPatch) {
  C.T.write("net/a/y.c", Wrong);
  C.Files["net/a/x.c"] = C.Files["net/a/y.c"] = {Wrong, Mended};
  SeriesInput In = C.input();
  for (const char *File : {"net/a/x.c", "net/a/y.c"})
    In.fixes.push_back({File, "rcu_barrier()", "x_exit", false, "x", {"put() queues x_free()."}, {}, "", ""});
  auto R = makeSeries(In);
  ASSERT_TRUE(static_cast<bool>(R)) << message(R.takeError());
  ASSERT_EQ(R->series[0].patches.size(), 2u);
  EXPECT_NE(R->series[0].patches[0].subject, R->series[0].patches[1].subject);
  EXPECT_NE(R->series[0].cover.find("wait for RCU callbacks before modules are unloaded"), std::string::npos) << R->series[0].cover;
}

} // namespace
} // namespace krcu::series
