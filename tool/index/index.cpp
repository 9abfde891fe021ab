// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The index: walk the tree, scan every file once in parallel, keep a filter a file and two sorted tables.
// Files are read() into one buffer a worker and never kept: for a whole tree that takes 0.3 to 0.5 s of
// processor time, mmap() 0.5 s, and a buffer can have sentinels behind the text. Whoever asks for a text
// later shares one copy as long as somebody holds it.
//
// Sizes for a tree of 55,000 files, 1.3 GB: 17 million distinct (file, identifier) pairs at 16 bits, 680,000
// functions at 16 bytes, about 52 MiB in all; 1.9 s of processor time, 1.0 s on two idle processors.
#include "tool/index/index.h"

#include "tool/index/asked_words.h"
#include "tool/index/includes.h"
#include "tool/index/lex.h"
#include "tool/index/part.h"
#include "tool/index/scan.h"
#include "tool/index/survey.h"
#include "tool/index/text_search.h"
#include "tool/index/walk.h"
#include "tool/support/error.h"
#include "tool/support/parallel.h"
#include "tool/tree/stored.h"
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <mutex>
#include <numeric>
#include <unistd.h>

namespace krcu {
namespace {

/// What the pass keeps of a file beside its IndexedFile.
struct FileRecord {
  WordFilter filter;
  uint8_t watched = 0;
  bool coarse = false;  ///< the filter knows prefixes
  bool spliced = false; ///< words may be broken over lines: searching the text for one is no use
};

constexpr size_t MaxRecentBytes = size_t(8) << 20; ///< of texts that nobody holds

/// What a worker of the pass owns.
struct PassWorker {
  explicit PassWorker(const WatchedWords &Watched) : scanner(Watched) {}
  ReadBuffer buffer;
  FileScanner scanner;
  FilterArena arena;
  IncludeCollector includes;
  std::vector<DefinitionRow> definitions;
  uint64_t bytes = 0;
};

class TreeIndex final : public Index {
public:
  /// `Stored`: the tree's files if they do not lie on the disk; `RootFd` is -1 then.
  TreeIndex(int RootFd, int MountFd, std::shared_ptr<const StoredFiles> Stored, std::vector<IndexedFile> Files, uint64_t MaxBytes)
      : RootFd(RootFd), MountFd(MountFd), Stored(std::move(Stored)), MaxBytes(MaxBytes), Files(std::move(Files)),
        Records(this->Files.size()), Texts(this->Files.size()) {}
  ~TreeIndex() override {
    if (RootFd >= 0)
      ::close(RootFd);
    if (MountFd >= 0)
      ::close(MountFd);
  }

  void scanAll(const Rules &R, unsigned Jobs, IndexMemory *Memory);

  const std::vector<IndexedFile> &files() const override { return Files; }
  uint64_t bytesRead() const override { return Bytes; }
  int find(llvm::StringRef Path) const override;
  std::shared_ptr<const std::string> text(uint32_t File) const override;
  std::vector<uint32_t> mentioningAmong(llvm::StringRef Word, const std::vector<uint32_t> *Some) const override;
  std::vector<uint32_t> definingMacro(llvm::StringRef Macro, const std::vector<uint32_t> *Some) const override;
  const std::vector<uint32_t> &deferralFiles() const override { return DeferralFiles; }
  const std::vector<uint32_t> &ruleWordFiles() const override { return RuleFiles; }
  std::vector<FunctionPlace> definitionsOf(llvm::StringRef Function) const override;
  std::vector<uint32_t> includersOf(llvm::StringRef Header) const override {
    return Includes.includersOf(*this, Header);
  }
  std::vector<uint32_t> transitiveIncludersOf(llvm::StringRef Header) const override {
    return Includes.transitiveIncludersOf(*this, Header);
  }
  uint64_t memoryUsed() const override;

private:
  void scanFile(uint32_t File, PassWorker &W, bool WithDigest);
  void gather(std::vector<PassWorker> &Workers);
  std::vector<uint32_t> recall(const IndexPart &Part, const std::vector<uint32_t> &Wanted);
  void addDefinitions(std::vector<DefinitionRow> Rows);
  std::string partOf(const std::vector<uint32_t> &Some) const;
  void remember(IndexMemory &Memory, const std::vector<uint32_t> &Changed, bool Scanned) const;
  std::vector<uint32_t> holding(llvm::StringRef Word, const std::vector<uint32_t> *Some, llvm::function_ref<bool(uint32_t)> IsSure) const;
  bool confirms(uint32_t File, llvm::StringRef Word, bool Spliced) const;
  bool isMounted(uint32_t File) const;
  std::string readText(uint32_t File, ReadBuffer &Buffer, uint64_t &Size) const;

  int RootFd, MountFd; ///< MountFd: directory of the tree's mount, -1 if it has none
  std::shared_ptr<const StoredFiles> Stored;
  uint64_t MaxBytes;
  unsigned Jobs = 1;
  std::vector<IndexedFile> Files;
  std::vector<FileRecord> Records;
  std::vector<FilterArena> Arenas;
  KeptPart Body, Delta; ///< of earlier runs; filters point into them
  std::vector<DefinitionRow> Definitions;
  std::vector<uint32_t> DeferralFiles, RuleFiles;
  IncludeGraph Includes;
  uint64_t Bytes = 0;
  mutable std::mutex TextsLock;
  mutable std::vector<std::weak_ptr<const std::string>> Texts;
  mutable std::deque<std::shared_ptr<const std::string>> Recent; ///< held for whoever asks next: many questions in a row are about few files
  mutable AskedWords Identifiers, DefinedMacros;
};

void TreeIndex::scanAll(const Rules &R, unsigned Threads, IndexMemory *Memory) {
  Jobs = Threads;
  WatchedWords Watched;
  for (const std::string &Word : R.words())
    Watched.add(Word, WatchedWords::Rule);
  for (const DeferralRule &D : R.deferrals)
    Watched.add(D.name, WatchedWords::Rule | WatchedWords::Deferral);

  std::vector<uint32_t> Unread(Files.size()), Changed;
  std::iota(Unread.begin(), Unread.end(), 0);
  if (Memory) {
    if (Body.set(std::move(Memory->body)))
      Unread = recall(Body.part, Unread);
    Changed = Unread;
    if (!Body.bytes.empty() && Delta.set(std::move(Memory->delta)))
      Unread = recall(Delta.part, Unread);
  }
  std::vector<PassWorker> Workers;
  for (unsigned I = 0; I < std::max(Jobs, 1u); ++I)
    Workers.emplace_back(Watched);
  parallelFor(Jobs, Unread.size(), [&](size_t I, unsigned Worker) { scanFile(Unread[I], Workers[Worker], Memory != nullptr); });
  gather(Workers);
  if (Memory)
    remember(*Memory, Changed, std::any_of(Unread.begin(), Unread.end(), [&](uint32_t F) { return Files[F].content.known(); }));
}

/// Adds sorted rows.
void TreeIndex::addDefinitions(std::vector<DefinitionRow> Rows) {
  if (Definitions.empty()) {
    Definitions = std::move(Rows);
    return;
  }
  std::vector<DefinitionRow> Both;
  Both.reserve(Definitions.size() + Rows.size());
  std::merge(Definitions.begin(), Definitions.end(), Rows.begin(), Rows.end(), std::back_inserter(Both));
  Definitions = std::move(Both);
}

/// Takes over what the part knows of files whose content is the same. Returns the files of `Wanted` that it does not know.
std::vector<uint32_t> TreeIndex::recall(const IndexPart &Part, const std::vector<uint32_t> &Wanted) {
  std::vector<uint32_t> Left;
  std::vector<int32_t> Number(Part.files.size(), -1);
  size_t Row = 0;
  for (uint32_t File : Wanted) {
    IndexedFile &F = Files[File];
    while (Row < Part.files.size() && Part.path(Row) < F.path)
      ++Row;
    if (Row == Part.files.size() || Part.path(Row) != F.path || !F.content.known() || Part.files[Row].content != F.content) {
      Left.push_back(File);
      continue;
    }
    const PartRow &P = Part.files[Row];
    Number[Row] = static_cast<int32_t>(File);
    if (P.problem)
      F.problem = Part.problem(P);
    Records[File] = {WordFilter(Part.words.data() + P.filter_at, P.blocks), P.watched, P.coarse != 0, P.spliced != 0};
  }
  // Rows and files are sorted alike, so the order stays.
  std::vector<DefinitionRow> Rows;
  Rows.reserve(Part.definitions.size());
  for (const DefinitionRow &D : Part.definitions)
    if (Number[D.file] >= 0)
      Rows.push_back({D.name, static_cast<uint32_t>(Number[D.file]), D.line});
  addDefinitions(std::move(Rows));
  Includes.add(Part, Number);
  return Left;
}

/// What the index knows of some files (in order), to be kept.
std::string TreeIndex::partOf(const std::vector<uint32_t> &Some) const {
  std::vector<int32_t> RowOf(Files.size(), -1);
  std::vector<PartRow> Rows;
  std::vector<uint64_t> Words;
  std::vector<DefinitionRow> Defined;
  std::vector<uint32_t> NameEnds, ListEnds, Lists;
  std::string Paths, Names, Problems;
  std::vector<std::string> Known;
  for (uint32_t File : Some) {
    const IndexedFile &F = Files[File];
    const bool OfItsText = F.problem == "NUL bytes" || llvm::StringRef(F.problem).ends_with("in a row");
    if (!F.content.known() || (!F.problem.empty() && !OfItsText)) // what could not be read is tried again
      continue;
    const FileRecord &Record = Records[File];
    auto Filter = Record.filter.words();
    Paths += F.path;
    RowOf[File] = static_cast<int32_t>(Rows.size());
    PartRow P{F.content, static_cast<uint32_t>(Paths.size()), static_cast<uint32_t>(Words.size()), static_cast<uint32_t>(Filter.size() / WordFilter::BlockWords),
              Record.watched, Record.coarse, Record.spliced, 0};
    if (!F.problem.empty()) {
      auto It = std::find(Known.begin(), Known.end(), F.problem);
      P.problem = static_cast<uint8_t>(It - Known.begin() + 1);
      if (It == Known.end()) {
        Known.push_back(F.problem);
        Problems += (Problems.empty() ? "" : "\n") + F.problem;
      }
    }
    Words.insert(Words.end(), Filter.begin(), Filter.end());
    Rows.push_back(P);
  }
  for (const DefinitionRow &D : Definitions)
    if (RowOf[D.file] >= 0)
      Defined.push_back({D.name, static_cast<uint32_t>(RowOf[D.file]), D.line});
  Includes.forEach([&](llvm::StringRef Written, llvm::ArrayRef<uint32_t> In) {
    size_t Before = Lists.size();
    for (uint32_t File : In)
      if (RowOf[File] >= 0)
        Lists.push_back(static_cast<uint32_t>(RowOf[File]));
    if (Lists.size() == Before)
      return;
    Names += Written;
    NameEnds.push_back(static_cast<uint32_t>(Names.size()));
    ListEnds.push_back(static_cast<uint32_t>(Lists.size()));
  });
  auto Text = [](const std::string &S) { return llvm::ArrayRef<char>(S.data(), S.size()); };
  IndexPart Part{Rows, Text(Paths), Words, Defined, NameEnds, Text(Names), ListEnds, Lists, Text(Problems)};
  return Part.bytes();
}

/// `Changed`: what the body does not know. Few changes go into a small part of their own, so that a run after a change does not write everything again.
void TreeIndex::remember(IndexMemory &Memory, const std::vector<uint32_t> &Changed, bool Scanned) const {
  if (!Scanned)
    return;
  constexpr size_t Many = 2000;
  if (!Body.bytes.empty() && Changed.size() <= Many) {
    Memory.new_delta = partOf(Changed);
    return;
  }
  std::vector<uint32_t> All(Files.size());
  std::iota(All.begin(), All.end(), 0);
  Memory.new_body = partOf(All);
}

bool TreeIndex::isMounted(uint32_t File) const {
  llvm::StringRef Path = Files[File].path;
  return MountFd >= 0 && Path.consume_front(Tree::MountPoint) && Path.starts_with("/");
}

std::string TreeIndex::readText(uint32_t File, ReadBuffer &Buffer, uint64_t &Size) const {
  const std::string &Path = Files[File].path;
  if (isMounted(File))
    return readSource(MountFd, Path.substr(Tree::MountPoint.size() + 1), MaxBytes, Buffer, Size);
  if (!Stored)
    return readSource(RootFd, Path, MaxBytes, Buffer, Size);
  Buffer.size = 0;
  const StoredFiles::File *F = Stored->find(Path);
  const StoredFiles::Text Text = F ? Stored->fetch(*F) : nullptr;
  if (!Text)
    return "cannot be read out of the repository";
  if ((Size = Text->size()) > MaxBytes)
    return "has more than " + std::to_string(MaxBytes) + " bytes";
  Buffer.reserve(Text->size() + 1);
  std::memcpy(Buffer.data.get(), Text->data(), Text->size());
  Buffer.size = Text->size();
  return "";
}

void TreeIndex::scanFile(uint32_t File, PassWorker &W, bool WithDigest) {
  IndexedFile &F = Files[File];
  if (!F.problem.empty())
    return;
  F.problem = readText(File, W.buffer, F.size);
  if (!F.problem.empty())
    return;
  F.size = W.buffer.size;
  W.bytes += F.size;
  if (WithDigest) // also of one that was known: it may have changed since
    F.content = digestOf({W.buffer.data.get(), W.buffer.size});
  W.scanner.scan(W.buffer.data.get(), W.buffer.size);
  if (W.scanner.isSpliced()) { // a few dozen files in a tree
    LexedText L({W.buffer.data.get(), W.buffer.size});
    for (const LexToken &T : L.tokens())
      if (T.isIdentifier())
        W.scanner.addWord(T.text);
  }
  // Large files are lists of registers, and are asked when somebody wants to know.
  if (W.scanner.isCoarse() || hasPasteOperator({W.buffer.data.get(), W.buffer.size}))
    W.scanner.addWord(PasteOperator);
  // The words before, between and behind the zeros are indexed all the same.
  if (W.scanner.hasNul())
    F.problem = "NUL bytes";
  else if (W.scanner.breaksParsers())
    F.problem = "more than 1000 escaped newlines in a row";
  Records[File] = {WordFilter(W.arena, W.scanner.words()), W.scanner.watched(), W.scanner.isCoarse(), W.scanner.isSpliced()};
  for (const ScannedDefinition &D : W.scanner.definitions())
    W.definitions.push_back({D.name, File, D.line});
  for (llvm::StringRef Name : W.scanner.includes())
    W.includes.add(File, Name);
}

/// Everything the workers hold is put in an order that does not depend on which worker had which file.
void TreeIndex::gather(std::vector<PassWorker> &Workers) {
  std::vector<std::vector<DefinitionRow>> Rows;
  std::vector<IncludeCollector> Collectors;
  for (PassWorker &W : Workers) {
    Rows.push_back(std::move(W.definitions));
    Collectors.push_back(std::move(W.includes));
    Arenas.push_back(std::move(W.arena));
    Bytes += W.bytes;
  }
  addDefinitions(sortedRows(std::move(Rows)));
  Includes.build(Collectors);
  Includes.finish();
  for (uint32_t I = 0; I < Files.size(); ++I) {
    if (Records[I].watched & WatchedWords::Rule)
      RuleFiles.push_back(I);
    if (Records[I].watched & WatchedWords::Deferral)
      DeferralFiles.push_back(I);
  }
}

int TreeIndex::find(llvm::StringRef Path) const {
  auto It = std::lower_bound(Files.begin(), Files.end(), Path,
                             [](const IndexedFile &F, llvm::StringRef P) { return F.path < P; });
  return It != Files.end() && It->path == Path ? static_cast<int>(It - Files.begin()) : -1;
}

std::shared_ptr<const std::string> TreeIndex::text(uint32_t File) const {
  {
    std::lock_guard Guard(TextsLock);
    if (auto Held = Texts[File].lock())
      return Held;
  }
  ReadBuffer Buffer;
  uint64_t Size = 0;
  if (!readText(File, Buffer, Size).empty())
    return nullptr;
  auto Text = std::make_shared<const std::string>(Buffer.data.get(), Buffer.size);
  std::lock_guard Guard(TextsLock);
  if (auto Held = Texts[File].lock())
    return Held; // somebody was faster
  Texts[File] = Text;
  Recent.push_back(Text);
  size_t Sum = 0;
  for (const auto &Each : Recent)
    Sum += Each->size();
  for (; Recent.size() > 1 && (Sum > MaxRecentBytes || Recent.size() > 64); Recent.pop_front())
    Sum -= Recent.front()->size();
  return Text;
}

bool TreeIndex::confirms(uint32_t File, llvm::StringRef Word, bool Spliced) const {
  if (Word == PasteOperator) {
    auto Text = text(File);
    return Text && hasPasteOperator(*Text);
  }
  std::unique_ptr<LexedText> Lexed; // holds the words that are gathered
  return Identifiers.has(
      File, Files[File].size, Word,
      [&] {
        auto Text = text(File);
        return Text && (Spliced || hasBorderedWord(*Text, Word)) && containsToken(*Text, Word);
      },
      [&] {
        std::vector<llvm::StringRef> Words;
        auto Text = text(File);
        Lexed = std::make_unique<LexedText>(Text ? llvm::StringRef(*Text) : llvm::StringRef());
        for (const LexToken &T : Lexed->tokens())
          if (T.isIdentifier())
            Words.push_back(T.text);
        return Words;
      });
}

std::vector<uint32_t> TreeIndex::mentioningAmong(llvm::StringRef Word, const std::vector<uint32_t> *Some) const {
  return holding(Word, Some, [&](uint32_t File) { return confirms(File, Word, Records[File].spliced || !isPlainWord(Word)); });
}

std::vector<uint32_t> TreeIndex::definingMacro(llvm::StringRef Macro, const std::vector<uint32_t> *Some) const {
  return holding(Macro, Some, [&](uint32_t File) {
    std::shared_ptr<const std::string> Text;
    auto Read = [&] { return (Text = text(File)) != nullptr; };
    return DefinedMacros.has(
        File, Files[File].size, Macro, [&] { return Read() && hasDefinitionOf(*Text, Macro); },
        [&] { return Read() ? definedWords(*Text) : std::vector<llvm::StringRef>(); });
  });
}

/// A loop on several threads; without any if one is enough, because a search is asked thousands of times and a thread costs what a small one does.
void atOnce(unsigned Jobs, size_t Count, llvm::function_ref<void(size_t)> Body) {
  if (Jobs > 1)
    return parallelFor(Jobs, Count, [&](size_t N, unsigned) { Body(N); });
  for (size_t N = 0; N < Count; ++N)
    Body(N);
}

/// Files whose filter lets the word through and that `IsSure` confirms.
std::vector<uint32_t> TreeIndex::holding(llvm::StringRef Word, const std::vector<uint32_t> *Some, llvm::function_ref<bool(uint32_t)> IsSure) const {
  std::vector<uint32_t> Out;
  // A word with other characters ('$', UTF-8) is in no filter; every file is asked.
  bool Filtered = isPlainWord(Word) || Word == PasteOperator;
  uint64_t Hash = hashOf(Word), Prefix = prefixHashOf(Word);
  std::vector<uint32_t> Maybe;
  size_t Count = Some ? Some->size() : Files.size();
  constexpr size_t Many = 20000; // more than the headers for everybody are: for fewer, threads cost more than they do
  constexpr size_t ManyTexts = 16;
  const unsigned Parts = Count < Many ? 1 : std::max(Jobs, 1u);
  std::vector<std::vector<uint32_t>> Found(Parts);
  atOnce(Parts, Parts, [&](size_t Part) {
    for (size_t N = Count * Part / Parts, End = Count * (Part + 1) / Parts; N < End; ++N) {
      uint32_t File = Some ? (*Some)[N] : static_cast<uint32_t>(N);
      const FileRecord &Record = Records[File];
      if (!Filtered || Record.filter.mayHold(Record.coarse ? Prefix : Hash))
        Found[Part].push_back(File);
    }
  });
  for (const std::vector<uint32_t> &Each : Found)
    Maybe.insert(Maybe.end(), Each.begin(), Each.end());
  std::vector<char> Sure(Maybe.size());
  atOnce(Maybe.size() < ManyTexts ? 1 : Jobs, Maybe.size(), [&](size_t N) { Sure[N] = IsSure(Maybe[N]); });
  for (size_t N = 0; N < Maybe.size(); ++N)
    if (Sure[N])
      Out.push_back(Maybe[N]);
  return Out;
}

std::vector<FunctionPlace> TreeIndex::definitionsOf(llvm::StringRef Function) const {
  std::vector<FunctionPlace> Out;
  uint64_t Hash = hashOf(Function);
  auto It = std::lower_bound(Definitions.begin(), Definitions.end(), DefinitionRow{Hash, 0, 0});
  for (; It != Definitions.end() && It->name == Hash; ++It)
    Out.push_back({It->file, It->line});
  // A module's own function hides one of the kernel: the module may be a newer copy of a driver in the tree. But one that is static hides it in
  // its own file only, and the others may mean the kernel's.
  bool All = Hiding.count(Function.str());
  auto IsStatic = [&](const FunctionPlace &P) {
    auto Text = text(P.file);
    return Text && isDeclaredStatic(*Text, P.line);
  };
  if (std::any_of(Out.begin(), Out.end(), [&](const FunctionPlace &P) { return isMounted(P.file); }))
    std::erase_if(Out, [&](const FunctionPlace &P) { return !isMounted(P.file) && (All || (llvm::StringRef(Files[P.file].path).ends_with(".c") && IsStatic(P))); });
  return Out;
}

uint64_t TreeIndex::memoryUsed() const {
  uint64_t Sum = Body.bytes.capacity() + Delta.bytes.capacity() + Includes.bytes() + Definitions.capacity() * sizeof(DefinitionRow) +
                 Records.capacity() * sizeof(FileRecord) + Texts.capacity() * sizeof(Texts[0]) +
                 Files.capacity() * sizeof(IndexedFile);
  for (const FilterArena &Arena : Arenas)
    Sum += Arena.bytes();
  for (const IndexedFile &F : Files)
    Sum += F.path.capacity();
  return Sum;
}

} // namespace

llvm::Expected<std::unique_ptr<Index>> Index::build(const Tree &T, const Rules &R,
                                                    const IndexOptions &Options) {
  auto Stored = storedAt(T.root());
  int RootFd = Stored ? -1 : ::open(T.root().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (RootFd < 0 && !Stored)
    return failErrno(T.root(), errno, "name the top directory of a kernel tree");
  int MountFd = -1;
  if (!T.mounted().empty()) {
    MountFd = ::open(T.mounted().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (MountFd < 0) {
      if (RootFd >= 0)
        ::close(RootFd);
      return failErrno(T.mounted(), errno, "name the directory of the module's sources");
    }
  }
  std::vector<IndexedFile> Files = Options.memory ? Options.memory->survey->files : walkTree(T);
  auto Result = std::make_unique<TreeIndex>(RootFd, MountFd, Stored, std::move(Files), Options.max_file_bytes);
  Result->scanAll(R, Options.jobs, Options.memory);
  if (Options.memory)
    Options.memory->survey->adopt(Result->files());
  return std::unique_ptr<Index>(std::move(Result));
}

} // namespace krcu
