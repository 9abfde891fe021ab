// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Fault injection: a file that is not there, or cannot be read, must never make a verdict better. Modules made at random that must not be
// converted are judged again and again, each time with one file of each of them broken in one way. The answer is known by
// construction: whatever forbade the conversion still does, seen or not.
//
//   KRCU_LONG_TESTS=1         600 modules instead of 20
//   KRCU_RANDOM_COUNT=N       N modules
//   KRCU_RANDOM_SEED=N        other modules
#include "tool/main/random_modules.h"
#include "tool/main/random_trees.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>

namespace krcu::random_modules {
namespace {

uint64_t number(const char *Variable, uint64_t Otherwise) {
  const char *Text = std::getenv(Variable);
  return Text && *Text ? std::strtoull(Text, nullptr, 10) : Otherwise;
}

/// One way to break a file. Cut: its text ends in the middle of a block.
struct FaultKind {
  const char *name;
  FileKind kind;
  bool cut = false;
};

const FaultKind Faults[] = {{"removed", FileKind::Missing},       {"link out of the tree", FileKind::LinkOut}, {"link to nothing", FileKind::Dangling},
                            {"FIFO", FileKind::Fifo},             {"too large", FileKind::TooLarge},           {"directory", FileKind::Directory},
                            {"cut in a block", FileKind::Text, true}};

/// The text up to the middle of its last block; empty if it has none.
std::string cutText(const std::string &Text) {
  size_t Close = Text.rfind("\n}"), Open = Close == std::string::npos ? Close : Text.rfind("\n{", Close);
  return Open == std::string::npos ? std::string() : Text.substr(0, Open + 3 + (Close - Open) / 2);
}

/// The module with its file number `File` broken; nothing if that cannot be done to it.
std::optional<RandomModule> broken(const RandomModule &M, size_t File, const FaultKind &F) {
  if (File >= M.files.size() || M.files[File].kind != FileKind::Text)
    return std::nullopt;
  RandomModule Result = M;
  ModuleFile &Victim = Result.files[File];
  const bool Source = Victim.path.size() > 2 && (Victim.path.ends_with(".c") || Victim.path.ends_with(".h") || Victim.path.ends_with(".inc"));
  if (F.cut) {
    Victim.text = Source ? cutText(Victim.text) : std::string();
    return Victim.text.empty() ? std::nullopt : std::optional(std::move(Result));
  }
  Victim.kind = F.kind;
  return Result;
}

struct Counts {
  unsigned broken = 0, listed = 0, same = 0, better = 0;
};

/// Modules of this run that must not be converted, by era.
std::map<int, std::vector<RandomModule>> modulesByEra(size_t Count) {
  std::map<int, std::vector<RandomModule>> Result;
  uint64_t Seed = number("KRCU_RANDOM_SEED", 7);
  size_t Found = 0;
  for (uint64_t N = 0; Found < Count; ++N) {
    RandomModule M = makeModule(Seed, N);
    if (M.torn || M.answer.mayConvert())
      continue;
    Result[static_cast<int>(M.era)].push_back(std::move(M));
    ++Found;
  }
  return Result;
}

TEST(RandomFaults, NoVerdictGetsBetter) {
  std::map<std::string, Counts> Table;
  std::string Wrong;
  for (auto &[Era, Modules] : modulesByEra(number("KRCU_RANDOM_COUNT", std::getenv("KRCU_LONG_TESTS") ? 600 : 20))) {
    size_t Most = 0;
    std::map<std::string, std::string> Whole;
    std::string Error;
    for (auto &[Directory, Said] : ModuleTree(Modules, "").scan(Error))
      Whole[Directory] = Said.front().cls;
    ASSERT_EQ(Error, "");
    for (const RandomModule &M : Modules) {
      Most = std::max(Most, M.files.size());
      ASSERT_NE(Whole[M.directory], "convert") << M.text();
    }
    for (const FaultKind &F : Faults)
      for (size_t Round = 0; Round < Most; ++Round) {
        std::vector<RandomModule> Some;
        std::vector<std::string> Victims;
        // Another one of each, so that a tree has whole sources, too.
        for (size_t N = 0; N < Modules.size(); ++N)
          if (const RandomModule &M = Modules[N]; Round < M.files.size())
            if (size_t File = (Round + N) % M.files.size(); auto B = broken(M, File, F)) {
              Some.push_back(std::move(*B));
              Victims.push_back(M.files[File].path);
            }
        if (Some.empty())
          continue;
        std::map<std::string, std::vector<Said>> Answers = ModuleTree(Some, "").scan(Error);
        if (Error.find("nothing could be parsed") != std::string::npos)
          Error.clear(); // and so nothing is said
        ASSERT_EQ(Error, "") << F.name;
        for (size_t N = 0; N < Some.size(); ++N) {
          const RandomModule &M = Some[N];
          Counts &C = Table[F.name];
          ++C.broken;
          auto It = Answers.find(M.directory);
          if (It == Answers.end())
            continue; // the file had the call
          ++C.listed;
          C.same += It->second.front().cls == Whole[M.directory];
          if (It->second.front().cls != "convert")
            continue;
          ++C.better;
          Wrong += Victims[N] + " " + F.name + ": convert, " + It->second.front().reason + "\n  right: " + M.answer.text() + "\n" + M.text() + "\n";
        }
      }
  }
  std::printf("broken  listed    same  better  how\n");
  for (const auto &[Name, C] : Table)
    std::printf("%6u  %6u  %6u  %6u  %s\n", C.broken, C.listed, C.same, C.better, Name.c_str());
  EXPECT_EQ(Wrong, "");
  EXPECT_EQ(Table.size(), std::size(Faults));
}

} // namespace
} // namespace krcu::random_modules
