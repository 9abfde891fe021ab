// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table of states is one piece of memory: rows of a fixed size, sorted by path, and the paths behind them. For 60,000 files it has
// 6 MB, is compared row by row with the walk, and costs less than the walk.
#include "tool/index/survey.h"
#include "tool/index/part.h"
#include "tool/index/walk.h"
#include "tool/support/error.h"
#include "tool/support/parallel.h"
#include "tool/tree/stored.h"
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace krcu {
namespace {

constexpr int64_t Second = 1000 * 1000 * 1000;
constexpr size_t Chunk = 512; ///< files that a thread takes at a time
/// The coarsest clock of a file system that is met in practice.
constexpr int64_t Racy = 2 * Second;

int64_t nanoseconds(const timespec &T) { return T.tv_sec * Second + T.tv_nsec; }

FileState stateOf(const std::string &Path) {
  struct stat S;
  if (::stat(Path.c_str(), &S) != 0 || !S_ISREG(S.st_mode))
    return {};
  return {static_cast<uint64_t>(S.st_size), nanoseconds(S.st_mtim), nanoseconds(S.st_ctim), S.st_ino};
}

/// Of a stored file its id: what has the same has the same content, whenever it was met.
FileState stateOf(const StoredFiles &Stored, const std::string &Path) {
  const StoredFiles::File *F = Stored.find(Path);
  FileState S;
  if (!F || F->id.size() < 20)
    return S;
  std::memcpy(&S.mtime, F->id.data(), 8);
  std::memcpy(&S.ctime, F->id.data() + 8, 8);
  std::memcpy(&S.inode, F->id.data() + 16, 4);
  S.inode |= uint64_t(1) << 32; // never nothing at all
  return S;
}

struct Row {
  FileState state;
  int64_t verified = 0;
  Digest content;
  uint64_t path_end = 0;
};

} // namespace

struct Survey::Table {
  llvm::ArrayRef<Row> rows;
  llvm::ArrayRef<char> paths;
  llvm::StringRef path(size_t N) const {
    size_t Begin = N ? rows[N - 1].path_end : 0;
    return {paths.data() + Begin, rows[N].path_end - Begin};
  }
  bool load(llvm::StringRef Bytes) {
    SectionReader In(Bytes);
    if (!In.section(rows) || !In.section(paths))
      return false;
    uint64_t Last = 0;
    for (const Row &R : rows) {
      if (R.path_end < Last || R.path_end > paths.size())
        return false;
      Last = R.path_end;
    }
    return true;
  }
};

llvm::Expected<Survey> Survey::take(const Tree &T, unsigned Jobs, llvm::StringRef Known, int64_t Now) {
  Survey S;
  timespec Clock;
  ::clock_gettime(CLOCK_REALTIME, &Clock);
  S.Begun = Now ? Now : nanoseconds(Clock);
  auto Stored = storedAt(T.root());
  if (!Stored && ::access(T.root().c_str(), R_OK | X_OK) != 0)
    return failErrno(T.root(), errno, "name the top directory of a kernel tree");
  if (!T.mounted().empty() && ::access(T.mounted().c_str(), R_OK | X_OK) != 0)
    return failErrno(T.mounted(), errno, "name the directory of the module's sources");
  std::vector<std::string> Others;
  S.files = walkTree(T, &Others);
  std::sort(Others.begin(), Others.end());
  for (std::string &Path : Others)
    S.build_files.push_back({std::move(Path), {}});
  S.States.resize(S.files.size());
  S.Verified.resize(S.files.size());
  S.BuildStates.resize(S.build_files.size());
  S.BuildVerified.resize(S.build_files.size());
  size_t All = S.files.size() + S.build_files.size();
  auto StateOf = [&](const std::string &Path) { return Stored && !T.isMounted(Path) ? stateOf(*Stored, Path) : stateOf(T.absolute(Path)); };
  parallelFor(Jobs, (All + Chunk - 1) / Chunk, [&](size_t C, unsigned) {
    for (size_t N = C * Chunk; N < std::min(All, (C + 1) * Chunk); ++N)
      if (N < S.files.size()) {
        if (S.files[N].problem.empty())
          S.States[N] = StateOf(S.files[N].path);
      } else {
        S.BuildStates[N - S.files.size()] = StateOf(S.build_files[N - S.files.size()].path);
      }
  });
  Table Last;
  if (Known.empty() || !Last.load(Known))
    Last = Table();
  S.IsStored = Stored != nullptr;
  S.recognise(Last);
  // These are few and small.
  std::vector<size_t> Unread;
  for (size_t N = 0; N < S.build_files.size(); ++N)
    if (!S.build_files[N].content.known())
      Unread.push_back(N);
  parallelFor(Jobs, Unread.size(), [&](size_t N, unsigned) {
    if (auto Text = T.read(S.build_files[Unread[N]].path))
      S.build_files[Unread[N]].content = digestOf(*Text);
  });
  return S;
}

void Survey::recognise(const Table &Known) {
  size_t Matched = 0, UnknownBuild = 0;
  // Both lists are sorted as the table is; each goes through it once.
  auto Find = [&](size_t &At, llvm::StringRef Path, const FileState &State) -> const Row * {
    while (At < Known.rows.size() && Known.path(At) < Path)
      ++At;
    if (At == Known.rows.size() || Known.path(At) != Path)
      return nullptr;
    const Row &R = Known.rows[At];
    const bool Fixed = IsStored && !Path.starts_with((Tree::MountPoint + "/").str());
    bool Settled = Fixed || std::max(State.mtime, State.ctime) < R.verified - Racy;
    if (!(R.state == State) || !Settled || State == FileState())
      return nullptr;
    ++Matched;
    return &R;
  };
  size_t At = 0;
  for (size_t N = 0; N < files.size(); ++N) {
    if (!files[N].problem.empty())
      continue;
    const Row *R = Find(At, files[N].path, States[N]);
    Verified[N] = R ? R->verified : Begun;
    files[N].content = R ? R->content : Digest();
    files[N].size = States[N].size;
    unknown += !R;
  }
  At = 0;
  for (size_t N = 0; N < build_files.size(); ++N) {
    const Row *R = Find(At, build_files[N].path, BuildStates[N]);
    BuildVerified[N] = R ? R->verified : Begun;
    build_files[N].content = R ? R->content : Digest();
    UnknownBuild += !R && !(BuildStates[N] == FileState());
  }
  News = unknown || UnknownBuild || Matched != Known.rows.size();
}

void Survey::digestUnknown(const Tree &T, unsigned Jobs) {
  std::vector<size_t> Unread;
  for (size_t N = 0; N < files.size(); ++N)
    if (files[N].problem.empty() && !files[N].content.known())
      Unread.push_back(N);
  parallelFor(Jobs, Unread.size(), [&](size_t N, unsigned) {
    if (auto Text = T.read(files[Unread[N]].path))
      files[Unread[N]].content = digestOf(*Text);
  });
}

void Survey::adopt(const std::vector<IndexedFile> &Files) {
  for (size_t N = 0; N < files.size() && N < Files.size(); ++N)
    files[N].content = Files[N].content;
}

std::string Survey::states() const {
  struct Line {
    const std::string *path;
    Row row;
  };
  std::vector<Line> Lines;
  Lines.reserve(files.size() + build_files.size());
  auto Add = [&](const std::string &Path, const FileState &State, int64_t When, const Digest &Content) {
    if (Content.known() && !(State == FileState()))
      Lines.push_back({&Path, {State, When, Content, 0}});
  };
  for (size_t N = 0; N < files.size(); ++N)
    Add(files[N].path, States[N], Verified[N], files[N].content);
  for (size_t N = 0; N < build_files.size(); ++N)
    Add(build_files[N].path, BuildStates[N], BuildVerified[N], build_files[N].content);
  std::sort(Lines.begin(), Lines.end(), [](const Line &A, const Line &B) { return *A.path < *B.path; });
  std::vector<Row> Rows;
  Rows.reserve(Lines.size());
  std::string Paths;
  for (Line &L : Lines) {
    Paths += *L.path;
    L.row.path_end = Paths.size();
    Rows.push_back(L.row);
  }
  SectionWriter Out;
  Out.section(llvm::ArrayRef<Row>(Rows));
  Out.section(llvm::ArrayRef<char>(Paths.data(), Paths.size()));
  return std::move(Out.bytes);
}

Digest Survey::digest() const {
  Digester D;
  for (const IndexedFile &F : files) {
    if (F.problem.empty() && !F.content.known())
      return {};
    D.add(F.path).add(F.content).add(F.content.known() ? llvm::StringRef() : llvm::StringRef(F.problem));
  }
  return D.add(buildDigest()).finish();
}

Digest Survey::buildDigest() const {
  Digester D;
  for (const BuildFile &F : build_files)
    D.add(F.path).add(F.content);
  llvm::StringRef Last;
  for (const IndexedFile &F : files)
    if (llvm::StringRef Directory = llvm::StringRef(F.path).rsplit('/').first; Directory != Last)
      D.add(Last = Directory);
  return D.finish();
}

bool Survey::areUnchanged(const Tree &T, unsigned Jobs) const {
  std::atomic<bool> Same{true};
  parallelFor(Jobs, (files.size() + Chunk - 1) / Chunk, [&](size_t C, unsigned) {
    for (size_t N = C * Chunk; Same && N < std::min(files.size(), (C + 1) * Chunk); ++N)
      if (files[N].problem.empty() && !isUnchanged(T, static_cast<uint32_t>(N)))
        Same = false;
  });
  return Same;
}

bool Survey::isUnchanged(const Tree &T, uint32_t File) const { return (IsStored && !T.isMounted(files[File].path)) || stateOf(T.absolute(files[File].path)) == States[File]; }

} // namespace krcu
