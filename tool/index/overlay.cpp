// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/index/overlay.h"
#include "tool/index/includes.h"
#include "tool/index/lex.h"
#include "tool/index/text_search.h"
#include "tool/index/walk.h"
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

using llvm::StringRef;

namespace krcu {
namespace {

/// What the index reads: C sources and headers, outside the directories that it leaves out.
bool isIndexed(StringRef Path) {
  return (Path.ends_with(".c") || Path.ends_with(".h")) && !isNoKernelCode(Path);
}

StringRef lastPart(StringRef Path) { return Path.substr(Path.rfind('/') + 1); }

std::unordered_set<std::string> identifiersIn(StringRef Text) {
  std::unordered_set<std::string> Words;
  LexedText Lexed(Text);
  for (const LexToken &T : Lexed.tokens())
    if (T.isIdentifier())
      Words.insert(T.text.str());
  return Words;
}

bool isAmong(uint32_t File, const std::vector<uint32_t> *Some) { return !Some || std::binary_search(Some->begin(), Some->end(), File); }

void sortOnce(std::vector<uint32_t> &Files) {
  std::sort(Files.begin(), Files.end());
  Files.erase(std::unique(Files.begin(), Files.end()), Files.end());
}

} // namespace

/// What the texts of one step have. Of words only those that the file on disk has not: for the others the base is asked. A file may have got another
/// text since; then its entries are stale.
struct OverlayIndex::Layer {
  struct Inclusion {
    uint32_t file;
    std::string name; ///< as written
  };
  unsigned number = 0; ///< from 1 on
  std::unordered_map<std::string, std::vector<uint32_t>> words, macros;
  std::unordered_map<std::string, std::vector<FunctionPlace>> functions;
  std::unordered_map<std::string, std::vector<Inclusion>> includes; ///< by the name without its directories
  std::shared_ptr<const Layer> below;
};

namespace {
uint32_t fileOf(uint32_t File) { return File; }
template <class Entry> uint32_t fileOf(const Entry &E) { return E.file; }
} // namespace

OverlayIndex::OverlayIndex(const Index &Base, const std::map<std::string, Text> &Given, const OverlayIndex *Previous) : Base(Base) {
  static const Text Empty = std::make_shared<const std::string>();
  auto Own = std::make_shared<Layer>();
  if (Previous) {
    Files = Previous->Files, Texts = Previous->Texts, New = Previous->New, Sources = Previous->Sources;
    Own->below = Previous->Top;
  }
  Own->number = Own->below ? Own->below->number + 1 : 1;
  std::shared_ptr<std::vector<IndexedFile>> More;
  for (const auto &[Path, Text] : Given) {
    int Id = find(Path);
    if (Id < 0) {
      if (!Text || !isIndexed(Path))
        continue;
      if (!More)
        Files = More = std::make_shared<std::vector<IndexedFile>>(files());
      Id = static_cast<int>(More->size());
      More->push_back({Path, Text->size(), "", {}});
      New.emplace(Path, static_cast<uint32_t>(Id));
    }
    auto File = static_cast<uint32_t>(Id);
    Latest.push_back(File);
    Texts[File] = {Text ? Text : Empty, Own->number};
    describe(File, *Texts[File].text, *Own);
  }
  Top = std::move(Own);
  sortOnce(Latest);
  auto With = [&](std::vector<uint32_t> Result) {
    for (const auto &[File, Text] : Texts)
      Result.push_back(File);
    sortOnce(Result);
    return Result;
  };
  Deferrals = With(Base.deferralFiles());
  RuleWords = With(Base.ruleWordFiles());
}

void OverlayIndex::describe(uint32_t File, const std::string &New, Layer &To) {
  const Outline O = outlineOf(New);
  for (const OutlineFunction &F : O.functions)
    To.functions[F.name].push_back({File, F.line});
  for (const OutlineMacro &M : O.macros)
    if (std::vector<uint32_t> &In = To.macros[M.name]; In.empty() || In.back() != File)
      In.push_back(File);
  for (const auto &[Line, Name] : O.includes) {
    const std::string Last = lastPart(Name).str();
    To.includes[Last].push_back({File, Name});
    if (!StringRef(Last).ends_with(".h"))
      Sources.insert(Last);
  }
  auto OnDisk = File < Base.files().size() ? Base.text(File) : nullptr;
  const std::unordered_set<std::string> Had = OnDisk ? identifiersIn(*OnDisk) : std::unordered_set<std::string>();
  for (const std::string &Word : identifiersIn(New))
    if (!Had.count(Word))
      To.words[Word].push_back(File);
  if (hasPasteOperator(New) && !(OnDisk && hasPasteOperator(*OnDisk)))
    To.words[PasteOperator].push_back(File);
}

template <class Table, class F> void OverlayIndex::eachOf(Table Layer::*Of, const std::string &Name, F Visit) const {
  for (const Layer *L = Top.get(); L; L = L->below.get()) {
    const Table &Named = L->*Of;
    auto It = Named.find(Name);
    if (It == Named.end())
      continue;
    for (const auto &Entry : It->second)
      if (Texts.at(fileOf(Entry)).layer == L->number)
        Visit(Entry);
  }
}

int OverlayIndex::find(StringRef Path) const {
  int Id = Base.find(Path);
  if (Id >= 0)
    return Id;
  auto It = New.find(Path.str());
  return It == New.end() ? -1 : static_cast<int>(It->second);
}

std::shared_ptr<const std::string> OverlayIndex::text(uint32_t File) const {
  auto It = Texts.find(File);
  return It != Texts.end() ? It->second.text : Base.text(File);
}

std::vector<uint32_t> OverlayIndex::knownTo(const std::vector<uint32_t> *Some) const {
  std::vector<uint32_t> Known;
  if (Some)
    std::copy_if(Some->begin(), Some->end(), std::back_inserter(Known), [&](uint32_t F) { return F < Base.files().size(); });
  return Known;
}

std::vector<uint32_t> OverlayIndex::mentioningAmong(StringRef Word, const std::vector<uint32_t> *Some) const {
  const std::vector<uint32_t> Known = knownTo(Some);
  std::vector<uint32_t> Result = Base.mentioningAmong(Word, Some ? &Known : nullptr);
  // What a file has on disk it may have lost since.
  std::erase_if(Result, [&](uint32_t File) {
    auto It = Texts.find(File);
    return It != Texts.end() && !(Word == PasteOperator ? hasPasteOperator(*It->second.text) : containsToken(*It->second.text, Word));
  });
  eachOf(&Layer::words, Word.str(), [&](uint32_t File) {
    if (isAmong(File, Some))
      Result.push_back(File);
  });
  sortOnce(Result);
  return Result;
}

std::vector<uint32_t> OverlayIndex::definingMacro(StringRef Macro, const std::vector<uint32_t> *Some) const {
  const std::vector<uint32_t> Known = knownTo(Some);
  std::vector<uint32_t> Result = Base.definingMacro(Macro, Some ? &Known : nullptr);
  std::erase_if(Result, [&](uint32_t F) { return Texts.count(F) != 0; });
  eachOf(&Layer::macros, Macro.str(), [&](uint32_t File) {
    if (isAmong(File, Some))
      Result.push_back(File);
  });
  sortOnce(Result);
  return Result;
}

std::vector<FunctionPlace> OverlayIndex::definitionsOf(StringRef Function) const {
  std::vector<FunctionPlace> Result = Base.definitionsOf(Function);
  std::erase_if(Result, [&](const FunctionPlace &P) { return Texts.count(P.file) != 0; });
  eachOf(&Layer::functions, Function.str(), [&](const FunctionPlace &P) { Result.push_back(P); });
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
  eachOf(&Layer::includes, lastPart(HeaderPath).str(), [&](const Layer::Inclusion &I) {
    if (couldName(includeTail(I.name), HeaderPath))
      Result.push_back(I.file);
  });
  sortOnce(Result);
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
