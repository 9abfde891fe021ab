// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A store that is damaged in every way that could be thought of: it gives nothing or what was put in, and works again afterwards.
#include "tool/store/store.h"
#include "tool/store/codec.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"
#include <filesystem>
#include <fstream>
#include <sqlite3.h>
#include <thread>
#include <unistd.h>

using namespace krcu;
namespace fs = std::filesystem;

namespace {

struct Sample {
  std::string name;
  std::vector<int64_t> numbers;
  std::map<std::string, std::set<unsigned>> table;
  std::optional<std::pair<bool, std::string>> maybe;
  friend bool operator==(const Sample &, const Sample &) = default;
};

template <typename F> void fields(Sample &V, F &&Each) {
  auto &[name, numbers, table, maybe] = V;
  Each(name, numbers, table, maybe);
}

Digest key(const char *Text) { return digestOf(llvm::StringRef(Text)); }

class StoreTest : public testing::Test {
protected:
  void SetUp() override {
    std::string Template = (fs::temp_directory_path() / "krcu-store-XXXXXX").string();
    ASSERT_NE(mkdtemp(Template.data()), nullptr);
    Dir = Template;
    File = Dir + "/" + Store::FileName;
  }
  void TearDown() override { fs::remove_all(Dir); }
  void fill() {
    auto S = Store::openCache(Dir);
    S->put({{Store::Parse, key("a"), {}, "first"}, {Store::Parse, key("b"), key("x"), std::string(300000, 'b')}});
    EXPECT_EQ(S->warning(), "");
  }
  /// Whatever was done to the file: nothing false comes out, and after at most one more run it works again.
  void expectMended() {
    {
      auto S = Store::openCache(Dir);
      auto A = S->get(Store::Parse, key("a"));
      EXPECT_TRUE(!A || *A == "first");
      auto B = S->get(Store::Parse, key("b"), key("x"));
      EXPECT_TRUE(!B || *B == std::string(300000, 'b'));
      S->put({{Store::Parse, key("a"), {}, "first"}});
    }
    fill();
    EXPECT_EQ(Store::openCache(Dir)->get(Store::Parse, key("a")), "first");
    EXPECT_EQ(Store::openCache(Dir)->get(Store::Parse, key("b"), key("x")), std::string(300000, 'b'));
  }
  std::string bytes() const {
    std::ifstream In(File, std::ios::binary);
    return {std::istreambuf_iterator<char>(In), {}};
  }
  void write(const std::string &Bytes) const { std::ofstream(File, std::ios::binary | std::ios::trunc) << Bytes; }
  void sql(const char *Text) const {
    sqlite3 *Db = nullptr;
    ASSERT_EQ(sqlite3_open(File.c_str(), &Db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(Db, Text, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(Db);
    sqlite3_close(Db);
  }
  std::string Dir, File;
};

TEST(Codec, GivesBackWhatWentIn) {
  Sample In{"x", {0, -1, 1, INT64_MIN, INT64_MAX}, {{"a", {1, 4000000000u}}, {"", {}}}, std::pair(true, std::string("x"))};
  Encoder E;
  E.value(In);
  std::string Bytes = E.finish();
  Sample Out;
  Decoder D(Bytes);
  EXPECT_TRUE(D.value(Out) && D.done());
  EXPECT_TRUE(In == Out);
}

enum class Colour { Red, Green, Blue };
constexpr Colour lastOf(Colour) { return Colour::Blue; }

TEST(Codec, RefusesWhatIsNoValueOfAnEnum) {
  for (unsigned N = 0; N < 300; ++N) {
    Encoder E;
    E.number(N);
    std::string Bytes = E.finish();
    Decoder D(Bytes);
    Colour C = Colour::Red;
    EXPECT_EQ(D.value(C), N < 3) << N;
    EXPECT_EQ(static_cast<unsigned>(C), N < 3 ? N : 0);
  }
}

TEST(Codec, RefusesEveryTruncationAndSurvivesEveryFlippedByte) {
  Encoder E;
  E.value(Sample{"name", {1, 2, 3}, {{"key", {1}}}, std::nullopt});
  std::string Bytes = E.finish();
  for (size_t Length = 0; Length < Bytes.size(); ++Length) {
    Sample Out;
    Decoder D(llvm::StringRef(Bytes).take_front(Length));
    EXPECT_FALSE(D.value(Out) && D.done()) << Length;
  }
  for (size_t At = 0; At < Bytes.size(); ++At)
    for (int Bit = 0; Bit < 8; ++Bit) {
      std::string Bad = Bytes;
      Bad[At] = static_cast<char>(Bad[At] ^ (1 << Bit));
      Sample Out;
      Decoder D(Bad);
      (void)D.value(Out); // must come back
    }
}

TEST(DigestTest, PartsDoNotRunTogether) {
  EXPECT_NE(Digester().add("ab").add("c").finish(), Digester().add("a").add("bc").finish());
  EXPECT_NE(Digester().addAll(std::vector<std::string>{"a"}).finish(), Digester().addAll(std::vector<std::string>{"a", ""}).finish());
  EXPECT_EQ(digestOf(llvm::StringRef("a")), digestOf(llvm::StringRef("a")));
}

TEST_F(StoreTest, KeepsValuesByKeyAndCondition) {
  auto S = Store::openCache(Dir + "/deep/er");
  S->put({{Store::Parse, key("a"), key("1"), "one"}, {Store::Parse, key("a"), key("2"), "two"}, {Store::Variant, key("a"), key("1"), "other"}});
  EXPECT_EQ(S->get(Store::Parse, key("a"), key("1")), "one");
  EXPECT_EQ(S->get(Store::Variant, key("a"), key("1")), "other");
  EXPECT_FALSE(S->get(Store::Parse, key("a")));
  auto All = S->all(Store::Parse, key("a"));
  ASSERT_EQ(All.size(), 2u);
  EXPECT_EQ(All[0].value, "two") << "newest first";
  S->put({{Store::Parse, key("a"), key("1"), "uno"}});
  EXPECT_EQ(S->get(Store::Parse, key("a"), key("1")), "uno");
  EXPECT_EQ(S->warning(), "");
}

TEST_F(StoreTest, ZerosAreBegunAnew) {
  write(std::string(100000, '\0'));
  expectMended();
}

TEST_F(StoreTest, NoDatabaseIsBegunAnew) {
  write("this is a text and no database, but it is long enough to have a header of one hundred bytes, as SQLite wants it to have.\n");
  expectMended();
}

TEST_F(StoreTest, EveryTruncationIsBegunAnew) {
  fill();
  std::string Whole = bytes();
  for (size_t Length : {size_t(0), size_t(1), size_t(99), size_t(100), size_t(5000), size_t(32768), size_t(65536), Whole.size() / 2, Whole.size() - 1}) {
    write(Whole.substr(0, Length));
    expectMended();
  }
}

TEST_F(StoreTest, FlippedBytesNeverGiveAFalseValue) {
  fill();
  std::string Whole = bytes();
  for (size_t At = 7; At < Whole.size(); At += Whole.size() / 61) {
    std::string Bad = Whole;
    for (size_t N = At; N < std::min(Whole.size(), At + 40); ++N)
      Bad[N] = static_cast<char>(~Bad[N]);
    write(Bad);
    expectMended();
  }
}

TEST_F(StoreTest, AnotherVersionIsBegunAnew) {
  fill();
  sql("PRAGMA user_version=99");
  EXPECT_FALSE(Store::openCache(Dir)->get(Store::Parse, key("a")));
  expectMended();
}

TEST_F(StoreTest, AValueThatSomebodyChangedIsNotGivenBack) {
  fill();
  sql("UPDATE entries SET value = x'666f6f' WHERE size = 5");
  EXPECT_FALSE(Store::openCache(Dir)->get(Store::Parse, key("a")));
  EXPECT_TRUE(Store::openCache(Dir)->all(Store::Parse, key("a")).empty());
  expectMended();
}

TEST_F(StoreTest, ARowUnderAnotherKeyIsNotGivenBack) {
  fill();
  sql("DELETE FROM entries WHERE size > 5; UPDATE entries SET key = (SELECT x'00000000000000000000000000000000')");
  EXPECT_FALSE(Store::openCache(Dir)->get(Store::Parse, Digest()));
}

TEST_F(StoreTest, MissingTablesAreMadeAgain) {
  fill();
  sql("DROP TABLE entries");
  expectMended();
}

TEST_F(StoreTest, ADirectoryInItsPlaceIsLeftAlone) {
  fs::create_directories(File + "/x");
  auto S = Store::openCache(Dir);
  EXPECT_NE(S->warning(), "");
  S->put({{Store::Parse, key("a"), {}, "first"}});
  EXPECT_FALSE(S->get(Store::Parse, key("a")));
  EXPECT_TRUE(fs::is_directory(File + "/x"));
}

TEST_F(StoreTest, ADirectoryThatCannotBeMadeIsAWarning) {
  std::ofstream(Dir + "/file") << "x";
  auto S = Store::openCache(Dir + "/file/below");
  EXPECT_NE(S->warning().find(Dir + "/file/below"), std::string::npos) << S->warning();
  S->put({{Store::Parse, key("a"), {}, "first"}});
  EXPECT_FALSE(S->get(Store::Parse, key("a")));
}

TEST_F(StoreTest, ALockedOneIsNotUsedAndNotRemoved) {
  fill();
  sqlite3 *Other = nullptr;
  ASSERT_EQ(sqlite3_open(File.c_str(), &Other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(Other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
  {
    auto S = Store::openCache(Dir);
    EXPECT_FALSE(S->get(Store::Parse, key("a")));
    S->put({{Store::Parse, key("c"), {}, "third"}});
    EXPECT_NE(S->warning(), "");
  }
  sqlite3_exec(Other, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(Other);
  EXPECT_EQ(Store::openCache(Dir)->get(Store::Parse, key("a")), "first");
}

// SQLite keeps files of its own beside a database in that mode.
TEST_F(StoreTest, AFileOfFactsIsReadAndNothingIsMadeBesideIt) {
  fill();
  sqlite3 *Other = nullptr;
  ASSERT_EQ(sqlite3_open(File.c_str(), &Other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(Other, "PRAGMA journal_mode=WAL", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(Other);
  const std::string Odd = Dir + "/facts?mode=rwc#%41";
  fs::copy_file(File, Odd);
  auto Names = [&] { return std::distance(fs::directory_iterator(Dir), fs::directory_iterator()); };
  const auto Before = Names();
  {
    auto S = Store::openFile(Odd);
    ASSERT_TRUE(bool(S)) << message(S.takeError());
    EXPECT_EQ((*S)->get(Store::Parse, key("a")), "first");
  }
  EXPECT_EQ(Names(), Before);
  std::ofstream(Odd + "-wal") << "x";
  auto S = Store::openFile(Odd);
  ASSERT_FALSE(bool(S));
  EXPECT_NE(message(S.takeError()).find("this has a part in"), std::string::npos);
}

TEST_F(StoreTest, ReadersAndWritersShareIt) {
  std::vector<std::thread> Threads;
  for (int T = 0; T < 4; ++T)
    Threads.emplace_back([&, T] {
      for (int N = 0; N < 20; ++N) {
        auto S = Store::openCache(Dir);
        std::string Name = std::to_string(T) + "/" + std::to_string(N);
        S->put({{Store::Parse, key(Name.c_str()), {}, Name}, {Store::Parse, key("shared"), {}, "the same"}});
        auto Shared = S->get(Store::Parse, key("shared"));
        EXPECT_TRUE(!Shared || *Shared == "the same");
      }
    });
  for (std::thread &T : Threads)
    T.join();
  auto S = Store::openCache(Dir);
  EXPECT_EQ(S->get(Store::Parse, key("shared")), "the same");
  for (int T = 0; T < 4; ++T) {
    std::string Name = std::to_string(T) + "/19";
    auto Own = S->get(Store::Parse, key(Name.c_str()));
    EXPECT_TRUE(!Own || *Own == Name); // a writer that waited too long has given up
  }
}

TEST_F(StoreTest, TheOldestGoWhenItIsFull) {
  constexpr uint64_t Limit = 4 << 20;
  for (int N = 0; N < 40; ++N) {
    auto S = Store::openCache(Dir, Limit);
    S->put({{Store::Parse, key(std::to_string(N).c_str()), {}, std::string(300000, static_cast<char>('a' + N % 26))}});
    EXPECT_EQ(S->warning(), "") << N;
  }
  EXPECT_LE(fs::file_size(File), Limit);
  auto S = Store::openCache(Dir, Limit);
  EXPECT_FALSE(S->get(Store::Parse, key("0")));
  EXPECT_TRUE(S->get(Store::Parse, key("39")));
  S->put({{Store::Parse, key("huge"), {}, std::string(2 * Limit, 'h')}});
  EXPECT_FALSE(S->get(Store::Parse, key("huge"))) << "what does not fit is not kept";
}

TEST_F(StoreTest, AFileOfItsOwn) {
  std::string Path = Dir + "/x.facts";
  ASSERT_EQ(message(Store::writeFile(Path, {{Store::Parse, key("a"), {}, "first"}})), "");
  auto S = Store::openFile(Path);
  ASSERT_TRUE(bool(S));
  EXPECT_EQ((*S)->get(Store::Parse, key("a")), "first");
  (*S)->put({{Store::Parse, key("b"), {}, "second"}});
  EXPECT_FALSE((*S)->get(Store::Parse, key("b"))) << "read only";
  EXPECT_EQ(std::distance(fs::directory_iterator(Dir), fs::directory_iterator()), 1) << "nothing half-written is left";
  EXPECT_NE(message(Store::writeFile(Dir + "/no/such/x", {})), "");
  EXPECT_NE(message(Store::writeFile(Dir, {})).find("is a directory"), std::string::npos);
  std::ofstream(Dir + "/text") << "no database";
  for (const char *Bad : {"/text", "/missing", ""}) {
    auto None = Store::openFile(Dir + Bad);
    ASSERT_FALSE(bool(None));
    EXPECT_NE(message(None.takeError()).find(Dir + Bad), std::string::npos);
  }
}

} // namespace
