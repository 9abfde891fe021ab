// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Modules made at random from parts (random_parts.h), with the right answer known from how each was made, and what `krcu scan` says of them.
// No module may be converted that must not be; of those that must be, at most 2 % may be lost (2.2 % of many). The counts are printed: for each part how many
// modules have it, how many of them must convert and were lost, how many must not and were converted, of how many something definite was said
// although a file was not seen, and how many got another class than may be reported. Where several answers are right (a dead #if, say) a
// module counts as neither. A failure prints the smallest module of each kind with the line that makes it again.
//
//   KRCU_LONG_TESTS=1          20,000 modules instead of 500
//   KRCU_RANDOM_COUNT=N        N modules
//   KRCU_RANDOM_SEED=N         another run; module 17 of it is another one, too
//   KRCU_RANDOM_ONLY=17,23     only these modules of the run; their text and krcu's answer are printed
//   KRCU_RANDOM_KEEP=DIR       the trees are written there, and stay
//   KRCU_RANDOM_SHOW=N         examples that are printed of each kind of fault (default: 12), also where the numbers are in order
#include "tool/main/random_modules.h"
#include "tool/main/random_trees.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>

namespace krcu::random_modules {
namespace {

enum class Fault {
  None,
  Wrong,   ///< converted, and must not be
  Lost,    ///< not converted, and must be
  Rash,    ///< something definite is said although a file was not seen
  Other,   ///< another class than may be reported
};

uint64_t number(const char *Variable, uint64_t Otherwise) {
  const char *Text = std::getenv(Variable);
  return Text && *Text ? std::strtoull(Text, nullptr, 10) : Otherwise;
}

uint64_t seed() { return number("KRCU_RANDOM_SEED", 1); }

std::vector<uint64_t> wantedModules() {
  std::vector<uint64_t> Wanted;
  if (const char *Only = std::getenv("KRCU_RANDOM_ONLY")) {
    std::stringstream List(Only);
    for (std::string Word; std::getline(List, Word, ',');)
      Wanted.push_back(std::strtoull(Word.c_str(), nullptr, 10));
    return Wanted;
  }
  uint64_t Count = number("KRCU_RANDOM_COUNT", std::getenv("KRCU_LONG_TESTS") ? 20000 : 500);
  for (uint64_t N = 0; N < Count; ++N)
    Wanted.push_back(N);
  return Wanted;
}

struct Judged {
  RandomModule module;
  Said said;
  Fault fault = Fault::None;
};

Fault faultOf(const RandomModule &M, const Said &S) {
  if (S.cls == "convert")
    return M.answer.mayConvert() ? Fault::None : Fault::Wrong;
  if (M.answer.mustConvert())
    return Fault::Lost;
  if (M.answer.classes().count(S.cls))
    return Fault::None;
  for (const Ground &G : M.answer.against)
    if (G.part == "missing")
      return Fault::Rash;
  return Fault::Other;
}

/// Which parts a ground is about.
bool concerns(const Ground &G, const std::string &Part) {
  if (G.part == "shown" || G.part == "hidden")
    return Part == "#if" || Part == "beside" || Part == "where";
  if (G.part == "life")
    return Part == "end" || Part == "destroyed by" || Part == "waits";
  if (G.part == "missing")
    return Part == "missing" || Part == "end" || Part == "waits";
  return Part == (G.part == "free" ? "frees" : G.part == "layout" ? "head" : "era");
}

struct Counts {
  unsigned modules = 0, must = 0, lost = 0, must_not = 0, wrong = 0, rash = 0, other = 0;
};

using Table = std::map<std::pair<std::string, std::string>, Counts>;

void count(Counts &C, const Judged &J) {
  ++C.modules;
  C.must += J.module.answer.mustConvert();
  C.must_not += !J.module.answer.mayConvert();
  C.lost += J.fault == Fault::Lost;
  C.wrong += J.fault == Fault::Wrong;
  C.rash += J.fault == Fault::Rash;
  C.other += J.fault == Fault::Other;
}

std::string tableText(const Table &Rows) {
  std::string Text = "modules    must    lost  must not  wrong    rash   other  part\n";
  std::string Part;
  for (const Choice &Row : allChoices()) {
    auto Found = Rows.find({Row.part, Row.row});
    if (Found == Rows.end())
      continue;
    if (Part != Row.part)
      Text += "-- " + Row.part + "\n";
    Part = Row.part;
    const Counts &C = Found->second;
    char Line[96];
    std::snprintf(Line, sizeof(Line), "%7u %7u %7u %9u %6u %7u %7u  ", C.modules, C.must, C.lost, C.must_not, C.wrong, C.rash, C.other);
    Text += Line + Row.row + "\n";
  }
  return Text;
}

/// The row that is most to blame: of the module's rows the one whose modules are at fault most often; if something speaks against the
/// conversion, of those that it is about.
std::pair<std::string, std::string> blamed(const Table &Rows, const Judged &J) {
  std::pair<std::string, std::string> Best;
  double Most = -1;
  for (const Choice &C : J.module.parts) {
    const std::vector<Ground> &Against = J.module.answer.against;
    if (J.fault == Fault::Wrong && std::none_of(Against.begin(), Against.end(), [&](const Ground &G) { return concerns(G, C.part); }))
      continue;
    const Counts &N = Rows.at({C.part, C.row});
    double Share = (N.rash + N.other) / (N.modules + 5.0);
    if (J.fault == Fault::Wrong)
      Share = N.wrong / (N.must_not + 2.0);
    else if (J.fault == Fault::Lost)
      Share = N.lost / (N.must + 5.0);
    if (Share > Most)
      Most = Share, Best = {C.part, C.row};
  }
  return Best;
}

std::string example(const Judged &J) {
  const RandomModule &M = J.module;
  std::string Parts;
  for (const Choice &C : M.parts)
    Parts += (Parts.empty() ? "" : " | ") + C.part + ": " + C.row;
  std::string Text = M.directory + ", era " + eraName(M.era) + "\n  right:  " + M.answer.text() + "\n  krcu:   " + J.said.cls + ": " + J.said.reason + "\n";
  for (size_t N = 0; N < J.said.evidence.size() && N < 8; ++N)
    Text += "          " + J.said.evidence[N] + "\n";
  Text += "  parts:  " + Parts + "\n  again:  KRCU_RANDOM_SEED=" + std::to_string(M.seed) + " KRCU_RANDOM_ONLY=" + std::to_string(M.index) +
          " KRCU_RANDOM_KEEP=/tmp/random krcu_random_modules_test\n" + M.text();
  return Text;
}

/// All modules with this fault, by the row to blame, with the smallest of each.
std::string faultsText(const std::vector<Judged> &All, const Table &Rows, Fault F) {
  std::map<std::pair<std::string, std::string>, std::vector<const Judged *>> Groups;
  for (const Judged &J : All)
    if (J.fault == F)
      Groups[blamed(Rows, J)].push_back(&J);
  std::vector<std::pair<std::pair<std::string, std::string>, std::vector<const Judged *>>> Sorted(Groups.begin(), Groups.end());
  std::sort(Sorted.begin(), Sorted.end(), [](const auto &A, const auto &B) {
    return A.second.size() != B.second.size() ? A.second.size() > B.second.size() : A.first < B.first;
  });
  std::string List, Examples;
  uint64_t Shown = 0, Most = number("KRCU_RANDOM_SHOW", 12);
  for (auto &[Row, Group] : Sorted) {
    List += "  " + std::to_string(Group.size()) + "  " + Row.first + ": " + Row.second + "\n";
    auto Smaller = [](const Judged *A, const Judged *B) { return A->module.size() < B->module.size(); };
    const Judged *Smallest = *std::min_element(Group.begin(), Group.end(), Smaller);
    if (Shown++ < Most)
      Examples += "\n##### " + Row.first + ": " + Row.second + " (" + std::to_string(Group.size()) + ")\n" + example(*Smallest);
  }
  return List + Examples;
}

/// One scan for each era, with whole trees and torn ones apart; at most 500 modules in a tree.
std::vector<std::vector<RandomModule>> batches(const std::vector<uint64_t> &Wanted) {
  std::map<std::pair<int, bool>, std::vector<RandomModule>> Kinds;
  std::vector<std::vector<RandomModule>> Result;
  for (uint64_t N : Wanted) {
    RandomModule M = makeModule(seed(), N);
    auto &Kind = Kinds[{static_cast<int>(M.era), M.torn}];
    Kind.push_back(std::move(M));
    if (Kind.size() == 500)
      Result.push_back(std::move(Kind)), Kind.clear();
  }
  for (auto &[Key, Kind] : Kinds)
    if (!Kind.empty())
      Result.push_back(std::move(Kind));
  return Result;
}

TEST(RandomModules, TheDiceAreTheSameEverywhere) {
  Dice D(0);
  EXPECT_EQ(D.next(), 0xe220a8397b1dcdafu);
  EXPECT_EQ(D.next(), 0x6e789e6aa1b965f4u);
  EXPECT_EQ(makeModule(1, 7).text(), makeModule(1, 7).text());
  EXPECT_NE(makeModule(1, 7).text(), makeModule(2, 7).text());
}

TEST(RandomModules, EveryPartIsUsed) {
  Table Rows;
  unsigned Must = 0, MustNot = 0, Count = 4000;
  for (unsigned N = 0; N < Count; ++N) {
    RandomModule M = makeModule(seed(), N);
    Must += M.answer.mustConvert(), MustNot += !M.answer.mayConvert();
    EXPECT_EQ(M.text().find('$' + std::string("N")), std::string::npos) << M.text();
    for (const Choice &C : M.parts)
      ++Rows[{C.part, C.row}].modules;
  }
  for (const Choice &C : allChoices())
    EXPECT_TRUE(Rows.count({C.part, C.row})) << C.part << ": " << C.row << " is in none of " << Count << " modules";
  EXPECT_GT(Must, Count / 3);
  EXPECT_GT(MustNot, Count / 3);
}

TEST(RandomModules, NoneIsConvertedThatMustNotBe) {
  std::vector<Judged> All;
  Table Rows;
  Counts Total;
  std::string Keep = std::getenv("KRCU_RANDOM_KEEP") ? std::getenv("KRCU_RANDOM_KEEP") : "";
  unsigned Number = 0;
  for (std::vector<RandomModule> &Batch : batches(wantedModules())) {
    std::string Directory;
    if (!Keep.empty())
      Directory = Keep + "/" + std::to_string(Number++) + "-" + eraName(Batch.front().era) + (Batch.front().torn ? "-torn" : "");
    ModuleTree Tree(Batch, Directory);
    std::string Error;
    std::map<std::string, std::vector<Said>> Answers = Tree.scan(Error);
    ASSERT_EQ(Error, "") << "for the tree of " << Batch.size() << " modules in " << Tree.root();
    for (RandomModule &M : Batch) {
      const std::vector<Said> &Here = Answers[M.directory];
      EXPECT_EQ(Here.size(), 1u) << "calls listed of " << M.directory << "\n" << M.text();
      Said S = Here.empty() ? Said{"not listed", "", {}} : Here.front();
      Fault F = faultOf(M, S);
      All.push_back({std::move(M), std::move(S), F});
    }
  }
  for (const Judged &J : All) {
    count(Total, J);
    for (const Choice &C : J.module.parts)
      count(Rows[{C.part, C.row}], J);
    if (std::getenv("KRCU_RANDOM_ONLY"))
      std::printf("%s\n", example(J).c_str());
  }
  std::printf("%s", tableText(Rows).c_str());
  std::printf("%u modules (seed %llu): %u must convert, %u of them lost (%.2f %%); %u must not, %u of them converted; %u rash, %u in another class\n",
              Total.modules, static_cast<unsigned long long>(seed()), Total.must, Total.lost, Total.must ? 100.0 * Total.lost / Total.must : 0.0,
              Total.must_not, Total.wrong, Total.rash, Total.other);
  if (std::getenv("KRCU_RANDOM_SHOW"))
    for (Fault F : {Fault::Wrong, Fault::Lost})
      std::printf("%s\n", faultsText(All, Rows, F).c_str());
  const bool Usual = All.size() <= 500 && seed() == 1; // what every run of the tests judges
  const unsigned LostOf1000 = Usual ? 20 : 22, RashOf1000 = Usual ? 0 : 1;
  EXPECT_EQ(Total.wrong, 0u) << "converted, and must not be:\n" << faultsText(All, Rows, Fault::Wrong);
  EXPECT_LE(Total.lost * 1000, Total.must * LostOf1000) << "not converted, and must be:\n" << faultsText(All, Rows, Fault::Lost);
  EXPECT_LE(Total.rash * 1000, Total.modules * RashOf1000) << "something definite is said although a file was not seen:\n" << faultsText(All, Rows, Fault::Rash);
  EXPECT_LE(Total.other * 50, Total.modules) << "in a class that says what is not so; more than 2 %:\n" << faultsText(All, Rows, Fault::Other);
}

} // namespace
} // namespace krcu::random_modules
