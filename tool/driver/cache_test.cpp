// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The cache and the files of facts may cost or save time and nothing else: whatever is done to the tree between two runs, and whatever is
// done to the cache, the bytes are those of a run without one. Runs the real binary.
#include "tool/driver/run_binary.h"
#include "tool/store/store.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>
#include <unistd.h>

using namespace krcu;
namespace fs = std::filesystem;

namespace {

using Words = std::vector<std::string>;

/// A tree with candidates in several files and in a header, and a cache of its own.
class CacheTest : public testing::Test {
protected:
  CacheTest() : Tree("waits"), Cache(Tree.root() + ".cache") {
    Tree.lay("trap-null-guard");
    Text = Tree.read("drv/drv.c");
    std::string Makefile = "obj-$(CONFIG_DRV) += drv.o";
    for (const char *Name : {"one", "two", "three", "four", "five", "six", "seven"}) {
      Tree.write(std::string("drv/") + Name + ".c", named(Name));
      Makefile += std::string(" ") + Name + ".o";
    }
    Tree.write("drv/Makefile", Makefile + "\n");
  }
  ~CacheTest() override {
    std::error_code EC;
    for (const char *Suffix : {".cache", ".facts"})
      fs::remove_all(Tree.root() + Suffix, EC);
  }
  /// The good file with other names.
  std::string named(const std::string &Name) const {
    std::string Result;
    for (size_t At = 0; At < Text.size();) {
      size_t Hit = Text.find("item_", At);
      Result += Text.substr(At, Hit - At);
      if (Hit == std::string::npos)
        break;
      Result += Name + "_";
      At = Hit + 5;
    }
    return Result;
  }
  Ran run(Words Arguments) const { return runKrcu(Tree, std::move(Arguments)); }
  Ran scan(Words More) const {
    Words A{"scan", "--format", "json", Tree.root()};
    A.insert(A.end(), More.begin(), More.end());
    return run(A);
  }
  Ran plain() const {
    Ran R = scan({"--no-cache"});
    EXPECT_LT(R.status, 2) << R;
    EXPECT_NE(R.out, "");
    return R;
  }
  Ran cached(Words More = {}) const {
    More.insert(More.end(), {"--cache", Cache});
    return scan(More);
  }
  /// "parses      3" of --stats.
  static unsigned number(const Ran &R, const std::string &Row) {
    size_t At = R.err.find("\n" + Row + " ");
    return At == std::string::npos ? ~0u : static_cast<unsigned>(std::stoul(R.err.substr(At + Row.size() + 1)));
  }
  /// After whatever was done: cached runs of every kind agree with one that has no cache.
  void expectSame(const std::string &What) {
    Ran Plain = plain();
    EXPECT_EQ(cached({"--stats"}), Plain) << What << ", facts";
    EXPECT_EQ(cached({"-j1"}), Plain) << What << ", output stored";
    EXPECT_EQ(cached({"-j8"}), Plain) << What << ", output given again";
  }
  std::string facts(const std::string &Name) const {
    fs::create_directories(Tree.root() + ".facts");
    return Tree.root() + ".facts/" + Name;
  }
  void extract(unsigned Number, unsigned Of) const {
    Ran R = run({"extract", "--no-cache", "--shard", std::to_string(Number) + "/" + std::to_string(Of), Tree.root(), "-o", facts(std::to_string(Number))});
    EXPECT_EQ(R.status, 0) << R;
    EXPECT_EQ(R.out, "");
  }

  ScratchTree Tree;
  std::string Text, Cache;
};

TEST_F(CacheTest, APrecompiledHeaderServesTheNextRuns) {
  Ran First = cached({"--stats"});
  EXPECT_EQ(number(First, "headers precompiled"), 1u) << First;
  EXPECT_EQ(number(First, "headers of earlier runs"), 0u) << First;
  Tree.write("drv/one.c", named("one") + "/* changed */\n");
  Ran Next = cached({"--stats"});
  EXPECT_EQ(Next, plain());
  EXPECT_EQ(number(Next, "headers precompiled"), 0u) << Next;
  EXPECT_EQ(number(Next, "headers of earlier runs"), 1u) << Next;
  EXPECT_EQ(number(Next, "second tries"), 0u) << Next;
  // The same header written anew, with another time.
  std::string Slab = Tree.read("include/linux/slab.h");
  Tree.write("include/linux/slab.h", Slab);
  fs::last_write_time(Tree.root() + "/include/linux/slab.h", fs::file_time_type::clock::now() - std::chrono::hours(1));
  Tree.write("drv/one.c", named("one") + "/* changed again */\n");
  Next = cached({"--stats"});
  EXPECT_EQ(Next, plain());
  EXPECT_EQ(number(Next, "headers of earlier runs"), 1u) << Next;
  EXPECT_EQ(number(Next, "second tries"), 0u) << Next;
  // And one with another content.
  Tree.write("include/linux/slab.h", Slab + "/* changed */\n");
  Next = cached({"--stats"});
  EXPECT_EQ(Next, plain());
  EXPECT_EQ(number(Next, "headers of earlier runs"), 0u) << Next;
  EXPECT_EQ(number(Next, "headers precompiled"), 1u) << Next;
}

TEST_F(CacheTest, NothingChangedNothingParsed) {
  Ran Plain = plain();
  EXPECT_NE(Plain.out.find("drv/seven.c"), std::string::npos) << Plain;
  Ran Cold = cached({"--stats", "-j1"});
  EXPECT_EQ(Cold, Plain);
  EXPECT_GT(number(Cold, "parses"), 0u) << Cold.err;
  Ran Warm = cached({"--stats"});
  EXPECT_EQ(Warm, Plain);
  EXPECT_EQ(number(Warm, "parses"), 0u) << Warm.err;
  EXPECT_GT(number(Warm, "facts from the cache"), 7u) << Warm.err;
  expectSame("nothing");
}

TEST_F(CacheTest, OneChangedFileIsParsedAlone) {
  cached();
  Tree.write("drv/three.c", named("third"));
  Ran R = cached({"--stats"});
  EXPECT_EQ(R, plain());
  EXPECT_EQ(number(R, "parses"), 1u) << R.err;
  Tree.write("drv/three.c", named("three")); // back again: both are known
  R = cached({"--stats"});
  EXPECT_EQ(R, plain());
  EXPECT_EQ(number(R, "parses"), 0u) << R.err;
}

TEST_F(CacheTest, EveryKindOfChangeIsSeen) {
  expectSame("at first");
  Tree.write("drv/one.c", "int nothing;\n");
  expectSame("a file without its call");
  Tree.write("drv/eight.c", named("eight"));
  expectSame("a file more");
  fs::remove(Tree.path("drv/two.c"));
  expectSame("a file less");
  Tree.write("include/linux/slab.h", Tree.read("include/linux/slab.h") + "\n#define kfree(p) other_free(p)\nvoid other_free(const void *);\n");
  expectSame("a header that changes what the files mean");
  Tree.write("drv/linux/slab.h", "#error not this one\n");
  expectSame("a header of a name that is included");
  fs::remove_all(Tree.path("drv/linux"));
  Tree.write("drv/four.c", "#include \"gone.h\"\n" + named("four"));
  expectSame("a header that is missing");
  Tree.write("drv/gone.h", "struct gone { int x; };\n");
  expectSame("a header that was missing");
  Tree.write("drv/Makefile", "obj-$(CONFIG_NEVER) += five.o\n");
  expectSame("a makefile");
  Tree.write("mm/slub.c", Tree.read("mm/slub.c") + "\n/* a comment */\n");
  expectSame("a file that the semantics are read from");
}

TEST_F(CacheTest, ArgumentsAreToldApart) {
  for (Words More : {Words{}, Words{"--all"}, Words{"--assume", "batching"}, Words{"--family", "kmem_cache_free"}, Words{"--parse-all"}, Words{"--paths", "drv/one.c"}}) {
    Words Without = More;
    Without.push_back("--no-cache");
    Ran Plain = scan(Without);
    EXPECT_EQ(cached(More), Plain);
    EXPECT_EQ(cached(More), Plain);
  }
  for (const char *Command : {"scan", "patch"}) {
    Ran Plain = run({Command, "--no-cache", Tree.root()});
    EXPECT_EQ(run({Command, "--cache", Cache, Tree.root()}), Plain);
    EXPECT_EQ(run({Command, "--cache", Cache, Tree.root()}), Plain);
  }
}

TEST_F(CacheTest, WritingIsDoneEachTime) {
  Ran First = run({"patch", "--in-place", "--cache", Cache, Tree.root()});
  EXPECT_NE(First.out.find("drv/one.c\n"), std::string::npos) << First;
  std::string Changed = Tree.read("drv/one.c");
  EXPECT_NE(Changed, named("one"));
  Tree.write("drv/one.c", named("one"));
  EXPECT_NE(run({"patch", "--in-place", "--cache", Cache, Tree.root()}).out.find("drv/one.c\n"), std::string::npos);
  EXPECT_EQ(Tree.read("drv/one.c"), Changed);
}

TEST_F(CacheTest, ADamagedCacheIsNoHarm) {
  Ran Plain = plain();
  cached();
  std::string File = Cache + "/" + Store::FileName, Whole = readText(File);
  auto Write = [&](const std::string &Bytes) { std::ofstream(File, std::ios::binary | std::ios::trunc) << Bytes; };
  auto Expect = [&](const char *What) {
    for (int Run = 0; Run < 2; ++Run) {
      Ran R = cached();
      EXPECT_EQ(R, Plain) << What;
      EXPECT_LE(std::count(R.err.begin(), R.err.end(), '\n'), 1) << What << R.err;
    }
  };
  Write(std::string(Whole.size(), '\0')), Expect("zeros");
  Write(Whole.substr(0, Whole.size() / 2)), Expect("half of it");
  Write(Whole.substr(0, 50)), Expect("the beginning");
  Write("no database"), Expect("a text");
  for (size_t At = 0; At < 8; ++At) {
    std::string Bad = Whole;
    size_t From = Bad.size() * At / 8;
    std::fill_n(Bad.begin() + static_cast<long>(From), std::min<size_t>(5000, Bad.size() - From), 'x');
    Write(Bad), Expect("overwritten");
  }
  fs::remove(File);
  fs::create_directories(File + "/directory");
  Expect("a directory in its place");
  EXPECT_TRUE(fs::is_directory(File + "/directory"));
  fs::remove_all(Cache);
  std::ofstream(Cache) << "a file where the directory should be";
  Expect("a file");
}

TEST_F(CacheTest, RunsSideBySide) {
  Ran Plain = plain();
  std::vector<Ran> Runs(6);
  std::vector<std::thread> Threads;
  for (Ran &R : Runs)
    Threads.emplace_back([&] { R = cached({"-j1"}); });
  for (std::thread &T : Threads)
    T.join();
  for (const Ran &R : Runs)
    EXPECT_EQ(R, Plain);
  EXPECT_EQ(cached(), Plain);
}

TEST_F(CacheTest, ShardsGiveTheSameBytes) {
  Ran Plain = plain();
  for (unsigned N = 1; N <= 3; ++N)
    extract(N, 3);
  for (const char *Jobs : {"-j1", "-j2", "-j8"}) {
    Ran R = scan({"--no-cache", Jobs, "--stats", "--facts", facts("1"), "--facts", facts("2"), "--facts", facts("3")});
    EXPECT_EQ(R, Plain);
    EXPECT_EQ(number(R, "parses"), 0u) << R.err;
    EXPECT_EQ(R.err.find("note"), std::string::npos) << R.err;
  }
  Ran Two = scan({"--no-cache", "--facts", facts("3"), "--facts", facts("1")});
  EXPECT_EQ(Two, Plain);
  EXPECT_NE(Two.err.find("no facts of shard 2/3"), std::string::npos) << Two.err;
  Tree.write("drv/six.c", named("sixth"));
  Ran Changed = scan({"--no-cache", "--stats", "--facts", facts("1"), "--facts", facts("2"), "--facts", facts("3")});
  EXPECT_EQ(Changed, plain());
  EXPECT_EQ(number(Changed, "parses"), 1u) << Changed.err;
  EXPECT_NE(Changed.err.find("another state of the tree"), std::string::npos) << Changed.err;
}

TEST_F(CacheTest, FactsOfACopyElsewhereServe) {
  for (unsigned N = 1; N <= 2; ++N)
    extract(N, 2);
  ScratchTree Copy("");
  fs::copy(Tree.root(), Copy.root(), fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  Ran Plain = run({"scan", "--no-cache", Copy.root()});
  Ran R = run({"scan", "--no-cache", "--stats", "--facts", facts("1"), "--facts", facts("2"), Copy.root()});
  EXPECT_EQ(R, Plain);
  EXPECT_EQ(number(R, "parses"), 0u) << R.err;
}

TEST_F(CacheTest, FilesOfFactsThatAreNone) {
  std::ofstream(facts("text")) << "no facts";
  std::ofstream(facts("zeros")) << std::string(70000, '\0');
  extract(1, 1);
  std::string Whole = readText(facts("1"));
  std::ofstream(facts("half"), std::ios::binary) << Whole.substr(0, 100);
  fs::create_directories(facts("directory"));
  for (const char *Name : {"text", "zeros", "half", "directory", "missing"}) {
    Ran R = scan({"--no-cache", "--facts", facts(Name)});
    EXPECT_EQ(R.status, 2) << Name << R;
    EXPECT_EQ(R.out, "");
    EXPECT_NE(R.err.find(facts(Name)), std::string::npos) << R.err;
    EXPECT_EQ(std::count(R.err.begin(), R.err.end(), '\n'), 1) << R.err;
  }
  std::ofstream(Tree.root() + ".facts/rules.yaml") << "free:\n  - name: my_free\n    object: 0\n    family: kfree\n";
  Ran Other = scan({"--no-cache", "--rules", Tree.root() + ".facts/rules.yaml", "--facts", facts("1")});
  EXPECT_EQ(Other.status, 2) << Other;
  EXPECT_NE(Other.err.find("other rules"), std::string::npos) << Other.err;
  for (const char *Bad : {"0/3", "4/3", "1", "a/b", "1/0", "/", "-1/3", "1/2/3"}) {
    Ran R = run({"extract", "--no-cache", "--shard", Bad, Tree.root(), "-o", facts("x")});
    EXPECT_EQ(R.status, 2) << Bad << R;
    EXPECT_FALSE(fs::exists(facts("x")));
  }
  Ran R = run({"extract", "--no-cache", Tree.root(), "-o", facts("no/such/x")});
  EXPECT_EQ(R.status, 2) << R;
}

TEST_F(CacheTest, UnderGnuParallel) {
  if (std::system("parallel --version > /dev/null 2>&1") != 0)
    GTEST_SKIP() << "GNU parallel is not installed (package parallel)";
  Ran Plain = plain();
  std::string Command = "seq 3 | parallel --will-cite -j2 '" KRCU_BINARY "' extract --no-cache -j1 --shard {}/3 '" + Tree.root() + "' -o '" + facts("{}") + "'";
  ASSERT_EQ(std::system(Command.c_str()), 0) << Command;
  Ran R = scan({"--no-cache", "--stats", "--facts", facts("1"), "--facts", facts("2"), "--facts", facts("3")});
  EXPECT_EQ(R, Plain);
  EXPECT_EQ(number(R, "parses"), 0u) << R.err;
}

} // namespace
