// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a user types: paths in all their spellings, places and names, misspelt words.
#include "tool/driver/pipeline_trees.h"
#include "tool/main/paths.h"
#include "tool/main/places.h"
#include "tool/main/program_runs.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"
#include <filesystem>
#include <nlohmann/json.hpp>

namespace krcu {
namespace {

const char *const Module = "#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/rcupdate.h>\n#include <linux/slab.h>\n"
                           "struct item {\n\tint key;\n\tstruct rcu_head rcu;\n};\n"
                           "static void item_free(struct rcu_head *head)\n{\n\tkfree(container_of(head, struct item, rcu));\n}\n"
                           "void item_drop(struct item *item)\n{\n\tcall_rcu(&item->rcu, item_free);\n}\n";

class Typed : public testing::Test {
protected:
  Typed() : Tree("waits") { Tree.write("drv/drv.c", Module); }

  /// In the directory `From` of the tree.
  Ran krcu(const std::string &Arguments, const std::string &From = "", const char *Streams = "2>&1") const {
    return runShell("cd " + Tree.path(From) + " && " + KRCU_BINARY + " " + Arguments + " " + Streams);
  }
  std::string scanned(const std::string &Path, const std::string &From = "") const {
    Ran R = krcu("scan --no-cache " + Tree.root() + " " + Path, From, "2>/dev/null");
    return R.has("drv/drv.c") && R.has("item_free") ? "found" : R.out;
  }
  ScratchTree Tree;
};

TEST_F(Typed, APathInAllItsSpellings) {
  for (const char *Path : {"drv", "./drv", "drv/", "drv//", "lib/../drv", "./lib/.././drv/drv.c", ".", "./", "drv/.."})
    EXPECT_EQ(scanned(Path), "found") << Path;
  EXPECT_EQ(scanned(Tree.root() + "/drv//drv.c"), "found");
}

TEST_F(Typed, APathFromWhereOneStands) {
  EXPECT_EQ(scanned("drv.c", "drv"), "found");
  EXPECT_EQ(scanned("./drv.c", "drv"), "found");
  EXPECT_EQ(scanned("../drv", "lib"), "found");
  EXPECT_EQ(scanned("drv/drv.c", "drv"), "found") << "what the report shows holds everywhere";
  EXPECT_EQ(scanned(".", "lib"), "found") << "the tree, not the directory";
  // Both are there: what only can be meant from here is from here.
  Tree.write("lib/drv/empty.c", "int empty;\n");
  EXPECT_EQ(scanned("drv", "lib"), "found");
  EXPECT_NE(scanned("./drv", "lib"), "found");
}

TEST_F(Typed, APathThatFitsNothingIsAnErrorWithTheNearest) {
  for (const char *Command : {"scan", "patch", "audit"}) {
    Ran R = krcu(std::string(Command) + " --no-cache " + Tree.root() + " drv/drw.c");
    EXPECT_EQ(R.status, 2) << R.out;
    EXPECT_TRUE(R.has("did you mean 'drv/drv.c'?")) << R.out;
    EXPECT_FALSE(R.has("0 calls")) << R.out;
  }
  Ran R = krcu("explain --no-cache " + Tree.root() + " drw/drv.c:12");
  EXPECT_EQ(R.status, 2);
  EXPECT_TRUE(R.has("did you mean 'drv'?")) << R.out;
  // What is not there counts from where one stands, too.
  for (const char *Path : {"./drw.c", "drw.c", "../drv/drw.c"}) {
    Ran Here = krcu("scan " + Tree.root() + " " + Path, "drv");
    EXPECT_TRUE(Here.has("did you mean 'drv/drv.c'?")) << Path << "\n" << Here.out;
  }
  EXPECT_TRUE(krcu("scan " + Tree.root() + " ../outside").has("leads out of"));
  EXPECT_TRUE(krcu("scan " + Tree.root() + " /etc/hostname").has("is not in"));
  EXPECT_EQ(krcu("scan " + Tree.root() + " ''").status, 2);
}

TEST_F(Typed, ListsOfPathsTakeCommas) {
  Ran Both = krcu("scan --no-cache " + Tree.root() + " drv lib"), List = krcu("scan --no-cache " + Tree.root() + " drv,lib");
  EXPECT_EQ(List.status, Both.status);
  EXPECT_TRUE(List.has("drv/drv.c:"));
  Ran R = krcu("scan --no-cache " + Tree.root() + " drv,libb");
  EXPECT_EQ(R.status, 2);
  EXPECT_TRUE(R.has("libb: no such file or directory") && R.has("did you mean 'lib'?")) << R.out;
  EXPECT_EQ(krcu("scan --no-cache " + Tree.root() + " drv,").status, 2);
  EXPECT_EQ(krcu("audit --no-cache " + Tree.root() + " drv,lib").status, krcu("audit --no-cache " + Tree.root() + " drv lib").status);
}

TEST_F(Typed, AFamilyThatNoCallbackFreesWithIsNoError) {
  for (const char *Command : {"scan", "scan --format json", "patch"}) {
    Ran R = krcu(std::string(Command) + " --no-cache --family kvfree " + Tree.root() + " drv");
    EXPECT_EQ(R.status, 0) << Command << "\n" << R.out;
  }
  EXPECT_TRUE(krcu("scan --no-cache --family kvfree " + Tree.root() + " drv").has("1 not parsed"));
}

TEST_F(Typed, ExplainTakesPlacesAndNames) {
  for (const char *Place : {"drv/drv.c:15", "drv/drv.c:15:2", "./drv//drv.c:15", "drv/drv.c", "item_free", "item_drop"}) {
    Ran R = krcu("explain --no-cache " + Tree.root() + " " + Place);
    EXPECT_EQ(R.status, 0) << Place << "\n" << R.out;
    EXPECT_TRUE(R.has("kfree_rcu(item, rcu)")) << Place << "\n" << R.out;
  }
  Ran R = krcu("explain --no-cache " + Tree.root() + " item_fre");
  EXPECT_EQ(R.status, 2);
  EXPECT_TRUE(R.has("no source has the name item_fre")) << R.out;
  EXPECT_TRUE(krcu("explain --no-cache " + Tree.root() + " container_of").has("neither the callback")) ;
  EXPECT_TRUE(krcu("explain --no-cache " + Tree.root() + " drv/drv.c:3").has("at line 15"));
  EXPECT_TRUE(krcu("explain --no-cache " + Tree.root() + " drv/drv.c:0").has("is no place"));
}

TEST_F(Typed, EveryNameIsCheckedBeforeTheTreeIsRead) {
  const std::pair<const char *, const char *> Rows[] = {
      {"scan --family kfre,kvfree /nowhere", "did you mean 'kfree'?"},
      {"scan --assume batchin /nowhere", "did you mean 'batching'?"},
      {"patch --assume no-batching,batchin /nowhere", "did you mean 'batching'?"},
      {"audit --assume batchin /nowhere", "did you mean 'batching'?"},
      {"audit --kind missing_rcu_barier /nowhere", "did you mean 'missing_rcu_barrier'?"},
      {"audit --severity eror /nowhere", "did you mean 'error'?"},
      {"scan --fail-on convert,unsaf /nowhere", "did you mean 'unsafe'?"},
      {"scna /nowhere", "did you mean 'scan'?"},
      {"scan --famly kfree /nowhere", "did you mean '--family'?"},
      {"scan --formt=json /nowhere", "did you mean '--format'?"}};
  for (const auto &[Line, Mend] : Rows) {
    Ran R = krcu(Line);
    EXPECT_EQ(R.status, 2) << Line;
    EXPECT_TRUE(R.has(Mend)) << Line << "\n" << R.out;
    EXPECT_FALSE(R.has("nowhere:")) << "the tree is not looked at: " << R.out;
  }
}

TEST_F(Typed, ListsWithCommas) {
  Ran R = krcu("scan --no-cache --family kfree,kvfree " + Tree.root() + " drv");
  EXPECT_TRUE(R.has("kfree_rcu(item, rcu)")) << R.out;
  EXPECT_FALSE(krcu("scan --no-cache --family kvfree,vfree " + Tree.root() + " drv").has("kfree_rcu(item, rcu)"));
}

TEST_F(Typed, ThePatchAsEditsIsThePatch) {
  Ran R = krcu("patch --no-cache --format json " + Tree.root(), "", "2>/dev/null");
  nlohmann::json J = nlohmann::json::parse(R.out, nullptr, false);
  ASSERT_TRUE(J.is_object()) << R.out;
  ASSERT_EQ(J["files"].size(), 1u);
  EXPECT_EQ(J["files"][0]["file"], "drv/drv.c");
  // Applied from the end, they give what --in-place writes.
  std::vector<std::string> Lines;
  std::string Text = Module, Line;
  for (char C : Text)
    if (Line += C; C == '\n')
      Lines.push_back(std::exchange(Line, ""));
  auto Edits = J["files"][0]["edits"];
  for (size_t N = Edits.size(); N-- > 0;) {
    size_t At = Edits[N]["line"].get<size_t>() - 1, Count = Edits[N]["count"];
    std::string Before;
    for (size_t L = At; L < At + Count; ++L)
      Before += Lines.at(L);
    EXPECT_EQ(Edits[N]["before"], Before);
    Lines.erase(Lines.begin() + long(At), Lines.begin() + long(At + Count));
    Lines.insert(Lines.begin() + long(At), Edits[N]["after"].get<std::string>());
  }
  std::string New;
  for (const std::string &L : Lines)
    New += L;
  krcu("patch --no-cache --in-place " + Tree.root());
  EXPECT_EQ(New, Tree.read("drv/drv.c"));
  EXPECT_NE(New, Module);
}

TEST(Places, WhatIsNone) {
  for (const char *Text : {"", ":", ":3", "a.c:", "a.c:x", "a.c:0", "a.c:1:2:3x"}) {
    auto P = parsePlace(Text);
    EXPECT_FALSE(bool(P)) << Text;
    if (!P)
      llvm::consumeError(P.takeError());
  }
  auto P = parsePlace("dir/a.c:12:5");
  ASSERT_TRUE(bool(P));
  EXPECT_EQ(P->file, "dir/a.c");
  EXPECT_EQ(P->line, 12u);
}

} // namespace
} // namespace krcu
