// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For tests only: a tree, conversions in it as a scan would report them, and the programs of git.
#pragma once

#include "tool/series/commit.h"
#include "tool/series/series.h"
#include "tool/series/verify.h"
#include "tool/tree/temp_tree.h"
#include <array>
#include <cstdio>
#include <deque>

namespace krcu::series {

struct Ran {
  int status = -1;
  std::string text; ///< standard output and standard error
};

inline Ran run(const std::string &Command) {
  Ran R;
  std::FILE *Pipe = ::popen(("{ " + Command + "; } 2>&1").c_str(), "r");
  std::array<char, 4096> Buffer;
  size_t Size;
  while (Pipe && (Size = std::fread(Buffer.data(), 1, Buffer.size(), Pipe)) > 0)
    R.text.append(Buffer.data(), Size);
  if (Pipe)
    R.status = ::pclose(Pipe);
  return R;
}

inline bool haveProgram(const std::string &Name) { return run("command -v " + Name).status == 0; }

/// git that reads nobody's configuration, in a directory.
inline std::string gitIn(const std::string &Directory) {
  return "HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 git -c user.name='Test Er' -c user.email=t@example.org -c init.defaultBranch=main -C '" + Directory + "' ";
}

/// A tree with one conversion per added file, described as a scan would.
class Converted {
public:
  explicit Converted(FileMap Extra = {}) : T(Extra) {
    T.write("include/linux/kernel.h", ""); // git knows no empty directories
    for (const std::string &Name : factNames(llvm::cantFail(loadEraTable(KRCU_SOURCE_DIR "/rules/semantics/eras.yaml"))))
      S.facts.push_back({Name, Name + " holds", false, true, false, {}});
    for (SemanticFact &F : S.facts)
      if (F.name == "destroy_waits_kfree_rcu") {
        F.value = true;
        F.evidence.push_back({"mm/slab_common.c", 500, "kmem_cache_destroy", "calls kvfree_rcu_barrier()"});
      }
    S.era = "6.12";
  }

  /// `Head` stands before the code, for bytes that must survive; `End` replaces each line end.
  void add(const std::string &File, const std::string &Callback, const std::string &Head = "", const std::string &End = "\n", bool Final = true) {
    std::string Definition = "static void " + Callback + "(struct rcu_head *head)\n{\n\tstruct foo *f = container_of(head, struct foo, rcu);\n\n\tkmem_cache_free(foo_cache, f);\n}\n";
    std::string Old = Head + "int above;\n\n" + Definition + "\nvoid drop(struct foo *f)\n{\n\tcall_rcu(&f->rcu, " + Callback + ");\n}\n";
    std::string New = Head + "int above;\n\nvoid drop(struct foo *f)\n{\n\tkfree_rcu(f, rcu);\n}\n";
    Summaries.push_back({});
    FunctionSummary &Summary = Summaries.back();
    Summary.begin = static_cast<uint32_t>(Old.find("static void"));
    Summary.end = Summary.begin + static_cast<uint32_t>(Definition.size()) - 1;
    for (std::string *Text : {&Old, &New}) {
      if (!Final)
        Text->pop_back();
      for (size_t At = 0; End != "\n" && (At = Text->find('\n', At)) != std::string::npos; At += End.size())
        Text->replace(At, 1, End);
    }
    T.write(File, Old);
    Files[File] = {Old, New};
    CallSites.push_back({});
    CallSites.back().levels.push_back({"f", "rcu", "struct foo", 8, true});
    SiteReport R;
    R.census.where = {File, 12, 2};
    R.census.deferral = "call_rcu";
    R.census.function = "drop";
    R.site = &CallSites.back();
    R.cls = SiteClass::Convert;
    R.verdict = Verdict::Safe;
    R.reason = Reason::DestroyWaits;
    R.replacement = "kfree_rcu(f, rcu)";
    R.callback_removed = true;
    R.family = "kmem_cache_free";
    R.callback.function = Callback + "@" + File;
    R.callback.where = {File, 3, 13};
    R.callback.summary = &Summary;
    R.callback.object_offset = -8;
    Effect Free;
    Free.kind = Effect::Free;
    Free.name = "kmem_cache_free";
    R.callback.frees.push_back(Free);
    R.callback.caches.push_back("V:foo_cache@" + File);
    CacheReport C;
    C.name = "foo_cache";
    C.place = "V:foo_cache@" + File;
    C.identified = C.complete = true;
    R.caches.push_back(C);
    Sites.push_back(R);
  }

  SeriesInput input() {
    Opened.emplace(T.open());
    SeriesInput In;
    In.tree = &*Opened;
    In.root = Opened->root();
    In.semantics = &S;
    In.sites = &Sites;
    In.files = Files;
    In.rules_directory = KRCU_SOURCE_DIR "/rules";
    In.configuration = "a made up configuration";
    In.command = "krcu patch --series DIR TREE";
    In.date = 1700000000;
    return In;
  }
  SeriesResult make() {
    auto R = makeSeries(input());
    if (!R) {
      ADD_FAILURE() << message(R.takeError());
      return {};
    }
    return std::move(*R);
  }
  /// Makes the tree a git repository of one commit.
  void commitAll(const std::string &Subject = "base") {
    Ran R = run(gitIn(T.path()) + "init -q && " + gitIn(T.path()) + "config core.autocrlf false && " + gitIn(T.path()) + "config user.name 'Test Er' && " + gitIn(T.path()) +
                "config user.email t@example.org && " + gitIn(T.path()) + "add -A && " + gitIn(T.path()) + "commit -q -m '" + Subject + "'");
    EXPECT_EQ(R.status, 0) << R.text;
  }

  TempTree T;
  Semantics S;
  std::vector<SiteReport> Sites;
  FileTexts Files;

private:
  std::deque<CallSiteFact> CallSites; // their addresses are in Sites
  std::deque<FunctionSummary> Summaries;
  std::optional<Tree> Opened;
};

inline std::string contentOf(const std::string &Path) {
  std::ifstream In(Path, std::ios::binary);
  return {std::istreambuf_iterator<char>(In), {}};
}

} // namespace krcu::series
