// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/index/overlay.h"
#include "tool/index/walk.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {
namespace {

/// What the index reads: C sources and headers, outside the directories that it leaves out.
bool isIndexed(StringRef Path) {
  return (Path.ends_with(".c") || Path.ends_with(".h")) && !isNoKernelCode(Path);
}

} // namespace

OverlayIndex::OverlayIndex(const Index &Base, const std::map<std::string, std::optional<std::string>> &Given, const OverlayIndex *Previous) : Base(Base) {
  for (const auto &[Path, Text] : Given) {
    int Id = Base.find(Path);
    if (Id < 0) {
      if (!Text || !isIndexed(Path))
        continue;
      if (Files.empty())
        Files = Base.files();
      Id = static_cast<int>(Files.size());
      Files.push_back({Path, Text->size(), "", {}});
      New.emplace(Path, static_cast<uint32_t>(Id));
    }
    auto File = static_cast<uint32_t>(Id);
    Changed.push_back(File);
    auto Known = Previous ? Previous->Texts.find(File) : Texts.end();
    if (Previous && Known != Previous->Texts.end() && *Known->second == Text.value_or("")) {
      Texts[File] = Known->second;
      Outlines[File] = Previous->Outlines.at(File);
      continue;
    }
    Texts[File] = std::make_shared<const std::string>(Text.value_or(""));
    Outlines[File] = std::make_shared<const Outline>(outlineOf(*Texts[File]));
  }
  std::sort(Changed.begin(), Changed.end());
  auto With = [&](const std::vector<uint32_t> &Old) {
    std::vector<uint32_t> Result = Old;
    Result.insert(Result.end(), Changed.begin(), Changed.end());
    std::sort(Result.begin(), Result.end());
    Result.erase(std::unique(Result.begin(), Result.end()), Result.end());
    return Result;
  };
  Deferrals = With(Base.deferralFiles());
  RuleWords = With(Base.ruleWordFiles());
}

void OverlayIndex::narrowDeferralFiles() { Deferrals = Changed; }

int OverlayIndex::find(StringRef Path) const {
  int Id = Base.find(Path);
  if (Id >= 0)
    return Id;
  auto It = New.find(Path.str());
  return It == New.end() ? -1 : static_cast<int>(It->second);
}

std::shared_ptr<const std::string> OverlayIndex::text(uint32_t File) const {
  auto It = Texts.find(File);
  return It != Texts.end() ? It->second : Base.text(File);
}

std::vector<uint32_t> OverlayIndex::mentioningAmong(StringRef Word, const std::vector<uint32_t> *Some) const {
  std::vector<uint32_t> Known; // by the base
  if (Some)
    std::copy_if(Some->begin(), Some->end(), std::back_inserter(Known), [&](uint32_t F) { return F < Base.files().size(); });
  std::vector<uint32_t> Result = Base.mentioningAmong(Word, Some ? &Known : nullptr);
  std::erase_if(Result, [&](uint32_t F) { return Texts.count(F) != 0; });
  for (const auto &[File, Text] : Texts)
    if ((!Some || std::binary_search(Some->begin(), Some->end(), File)) && Text->find(Word.str()) != std::string::npos && !findTokens(*Text, Word).empty())
      Result.push_back(File);
  std::sort(Result.begin(), Result.end());
  return Result;
}

std::vector<uint32_t> OverlayIndex::definingMacro(StringRef Macro, const std::vector<uint32_t> *Some) const {
  std::vector<uint32_t> Known;
  if (Some)
    std::copy_if(Some->begin(), Some->end(), std::back_inserter(Known), [&](uint32_t F) { return F < Base.files().size(); });
  std::vector<uint32_t> Result = Base.definingMacro(Macro, Some ? &Known : nullptr);
  std::erase_if(Result, [&](uint32_t F) { return Texts.count(F) != 0; });
  for (const auto &[File, O] : Outlines)
    if ((!Some || std::binary_search(Some->begin(), Some->end(), File)) &&
        std::any_of(O->macros.begin(), O->macros.end(), [&](const OutlineMacro &M) { return M.name == Macro; }))
      Result.push_back(File);
  std::sort(Result.begin(), Result.end());
  return Result;
}

std::vector<FunctionPlace> OverlayIndex::definitionsOf(StringRef Function) const {
  std::vector<FunctionPlace> Result = Base.definitionsOf(Function);
  std::erase_if(Result, [&](const FunctionPlace &P) { return Texts.count(P.file) != 0; });
  for (const auto &[File, O] : Outlines)
    for (const OutlineFunction &F : O->functions)
      if (F.name == Function)
        Result.push_back({File, F.line});
  std::sort(Result.begin(), Result.end(), [](const FunctionPlace &A, const FunctionPlace &B) { return std::pair(A.file, A.line) < std::pair(B.file, B.line); });
  return Result;
}

std::vector<uint32_t> OverlayIndex::includersOf(StringRef HeaderPath) const {
  std::vector<uint32_t> Result = Base.includersOf(HeaderPath);
  // A changed file may include more or less than before.
  std::erase_if(Result, [&](uint32_t F) { return Texts.count(F) != 0; });
  for (uint32_t File : Base.forcedIncludersOf(HeaderPath))
    if (Texts.count(File))
      Result.push_back(File);
  for (const auto &[File, O] : Outlines)
    for (const auto &[Line, Name] : O->includes) {
      StringRef Wanted = Name;
      while (Wanted.consume_front("../")) {
      }
      if (HeaderPath.ends_with(Wanted) && (HeaderPath.size() == Wanted.size() || HeaderPath[HeaderPath.size() - Wanted.size() - 1] == '/')) {
        Result.push_back(File);
        break;
      }
    }
  std::sort(Result.begin(), Result.end());
  Result.erase(std::unique(Result.begin(), Result.end()), Result.end());
  return Result;
}

std::vector<uint32_t> OverlayIndex::transitiveIncludersOf(StringRef HeaderPath) const {
  std::set<uint32_t> Seen;
  std::vector<std::string> Work{HeaderPath.str()};
  while (!Work.empty()) {
    std::string Path = std::move(Work.back());
    Work.pop_back();
    for (uint32_t F : includersOf(Path))
      if (Seen.insert(F).second)
        Work.push_back(files()[F].path);
  }
  return {Seen.begin(), Seen.end()};
}

} // namespace krcu
