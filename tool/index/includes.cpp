// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Textual inclusion. "#include "../core/x.h"" may be found from the includer's directory or from any -I, so
// leading
// "../" say nothing and the rest must end the header's path. A quoted name that exists beside the includer
// means that file and no other: the compiler looks there first.
#include "tool/index/includes.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <map>

namespace krcu {
namespace {

namespace path = llvm::sys::path;

llvm::StringRef basename(llvm::StringRef Path) {
  size_t Slash = Path.rfind('/');
  return Slash == llvm::StringRef::npos ? Path : Path.drop_front(Slash + 1);
}

/// "./" and "a/../" taken out; leading "../" stay.
std::string normalised(llvm::StringRef Path) {
  llvm::SmallString<256> Out(Path);
  path::remove_dots(Out, /*remove_dot_dot=*/true, path::Style::posix);
  return Out.str().str();
}

bool endsPath(llvm::StringRef Path, llvm::StringRef Tail) {
  if (!Path.consume_back(Tail))
    return false;
  return Path.empty() || Path.back() == '/';
}

} // namespace

std::string includeTail(llvm::StringRef Written) {
  std::string Name = normalised(Written);
  llvm::StringRef Tail = Name;
  while (Tail.consume_front("../")) {
  }
  return Tail.str();
}

bool couldName(llvm::StringRef Tail, llvm::StringRef Header) {
  if (endsPath(Header, Tail))
    return true;
  // Kbuild makes asm/x.h a one-line wrapper of asm-generic/x.h for architectures that have none of their own.
  return Tail.consume_front("asm/") && endsPath(Header, ("asm-generic/" + Tail).str());
}

namespace {

/// The file a quoted name means if it exists beside the includer.
int besideIncluder(const Index &I, llvm::StringRef Includer, llvm::StringRef Written) {
  llvm::SmallString<256> Path(path::parent_path(Includer, path::Style::posix));
  if (!Path.empty())
    Path += '/';
  Path += Written;
  return I.find(normalised(Path));
}

} // namespace

void IncludeCollector::add(uint32_t File, llvm::StringRef Name) {
  auto [It, New] = Ids.try_emplace(Name, static_cast<uint32_t>(Ids.size()));
  Lines.emplace_back(It->second, File);
}

void IncludeGraph::build(std::vector<IncludeCollector> &Workers) {
  std::map<std::string, std::vector<uint32_t>> Merged;
  for (IncludeCollector &W : Workers) {
    std::vector<std::vector<uint32_t> *> Lists(W.Ids.size());
    for (auto &Entry : W.Ids)
      Lists[Entry.second] = &Merged[Entry.first().str()];
    for (auto [Id, File] : W.Lines)
      Lists[Id]->push_back(File);
    W = IncludeCollector();
  }
  for (auto &[Written, Files] : Merged)
    Names.push_back({Written, "", std::move(Files)});
}

void IncludeGraph::add(const IndexPart &Part, llvm::ArrayRef<int32_t> Number) {
  for (size_t N = 0; N < Part.include_name_ends.size(); ++N) {
    std::vector<uint32_t> Files;
    for (uint32_t Row : Part.includers(N))
      if (Number[Row] >= 0)
        Files.push_back(static_cast<uint32_t>(Number[Row]));
    if (!Files.empty() && Part.includeName(N).size() > 1)
      Names.push_back({Part.includeName(N).str(), "", std::move(Files)});
  }
}

void IncludeGraph::finish() {
  std::sort(Names.begin(), Names.end(), [](const Name &A, const Name &B) { return A.written < B.written; });
  size_t Kept = 0;
  for (size_t N = 0; N < Names.size(); ++N) {
    if (Kept && Names[Kept - 1].written == Names[N].written) {
      std::vector<uint32_t> &Into = Names[Kept - 1].files;
      Into.insert(Into.end(), Names[N].files.begin(), Names[N].files.end());
      continue;
    }
    if (Kept != N)
      Names[Kept] = std::move(Names[N]);
    ++Kept;
  }
  Names.resize(Kept);
  for (size_t N = 0; N < Names.size(); ++N) {
    std::vector<uint32_t> &Files = Names[N].files;
    std::sort(Files.begin(), Files.end());
    Files.erase(std::unique(Files.begin(), Files.end()), Files.end());
    Files.shrink_to_fit();
    Names[N].tail = includeTail(llvm::StringRef(Names[N].written).drop_front());
    ByBasename[basename(llvm::StringRef(Names[N].written).drop_front())].push_back(static_cast<uint32_t>(N));
  }
}

const std::vector<uint32_t> &IncludeGraph::knownIncluders(const Index &I, llvm::StringRef HeaderPath) const {
  std::lock_guard<std::mutex> Guard(Lock);
  auto [It, New] = Known.try_emplace(HeaderPath);
  if (New)
    It->second = findIncluders(I, HeaderPath);
  return It->second;
}

/// Who includes whom at last asks this of some thousand files, most of which nobody includes.
const std::vector<uint32_t> &IncludeGraph::knownIncluders(const Index &I, uint32_t File) const {
  {
    std::lock_guard<std::mutex> Guard(Lock);
    if (File < KnownOfFile.size() && KnownOfFile[File])
      return *KnownOfFile[File];
  }
  const std::vector<uint32_t> &Found = knownIncluders(I, I.files()[File].path);
  std::lock_guard<std::mutex> Guard(Lock);
  KnownOfFile.resize(I.files().size());
  KnownOfFile[File] = &Found;
  return Found;
}

std::vector<uint32_t> IncludeGraph::includersOf(const Index &I, llvm::StringRef HeaderPath) const {
  return knownIncluders(I, HeaderPath);
}

/// For each file with the quoted name what it means if that exists beside the file, or -1. Many headers have names such as "internal.h", and
/// who means which is asked for each of them.
std::vector<int> IncludeGraph::filesBeside(const Index &I, uint32_t N) const {
  std::vector<int> Result;
  llvm::StringRef Directory = "?"; // of the file before: they are sorted, so most stand side by side
  for (uint32_t File : Names[N].files) {
    llvm::StringRef Path = I.files()[File].path, Here = Path.take_front(Path.rfind('/') + 1);
    Result.push_back(Here == Directory ? Result.back() : besideIncluder(I, Path, llvm::StringRef(Names[N].written).drop_front()));
    Directory = Here;
  }
  return Result;
}

std::vector<uint32_t> IncludeGraph::findIncluders(const Index &I, llvm::StringRef HeaderPath) const {
  std::vector<uint32_t> Out = I.forcedIncludersOf(HeaderPath);
  auto It = ByBasename.find(basename(HeaderPath));
  if (It == ByBasename.end() && Out.empty())
    return Out;
  int Header = I.find(HeaderPath);
  for (uint32_t N : It == ByBasename.end() ? std::vector<uint32_t>() : It->second) {
    if (!couldName(Names[N].tail, HeaderPath))
      continue;
    const std::vector<uint32_t> &Files = Names[N].files;
    bool Quoted = Names[N].written[0] == '"';
    if (Quoted && Beside[N].empty())
      Beside[N] = filesBeside(I, N);
    for (size_t F = 0; F < Files.size(); ++F)
      if (int Own = Quoted ? Beside[N][F] : -1; Own < 0 || Own == Header)
        Out.push_back(Files[F]);
  }
  std::sort(Out.begin(), Out.end());
  Out.erase(std::unique(Out.begin(), Out.end()), Out.end());
  return Out;
}

std::vector<uint32_t> IncludeGraph::transitiveIncludersOf(const Index &I, llvm::StringRef HeaderPath) const {
  std::vector<uint32_t> Queue = includersOf(I, HeaderPath);
  llvm::BitVector Reached(static_cast<unsigned>(I.files().size()));
  for (uint32_t File : Queue)
    Reached.set(File);
  for (size_t At = 0; At < Queue.size(); ++At)
    for (uint32_t File : knownIncluders(I, Queue[At]))
      if (!Reached.test(File)) {
        Reached.set(File);
        Queue.push_back(File);
      }
  std::sort(Queue.begin(), Queue.end());
  return Queue;
}

uint64_t IncludeGraph::bytes() const {
  uint64_t Sum = 0;
  for (const Name &N : Names)
    Sum += sizeof(N) + N.written.capacity() + N.files.capacity() * sizeof(uint32_t);
  return Sum + ByBasename.getNumBuckets() * 16;
}

} // namespace krcu
