// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/tree/stored.h"
#include "llvm/Support/FileSystem.h"
#include <algorithm>
#include <atomic>
#include <map>
#include <shared_mutex>

namespace krcu {

using llvm::StringRef;

namespace {

constexpr size_t MaxRecentBytes = size_t(64) << 20;

struct Registry {
  std::shared_mutex lock;
  std::atomic<bool> any = false; ///< seldom is there one, and everybody asks
  std::map<std::string, std::shared_ptr<const StoredFiles>, std::less<>> roots;
};

Registry &registry() {
  static Registry R;
  return R;
}

/// "a/b/" of "a/b"; "" of the top.
std::string prefixOf(StringRef Directory) { return Directory.empty() || Directory == "." ? std::string() : (Directory.rtrim('/') + "/").str(); }

auto firstFrom(const std::vector<StoredFiles::File> &Files, StringRef Path) {
  return std::lower_bound(Files.begin(), Files.end(), Path, [](const StoredFiles::File &F, StringRef P) { return StringRef(F.path) < P; });
}

template <typename Iterator> void listDisk(const std::string &Root, StringRef Directory, std::vector<std::string> &To) {
  std::error_code Error;
  for (Iterator It(Root + "/" + Directory, Error, /*follow_symlinks=*/false), End; It != End && !Error; It.increment(Error))
    if (It->type() == llvm::sys::fs::file_type::regular_file)
      To.push_back(It->path().substr(Root.size() + 1));
}

} // namespace

const StoredFiles::File *StoredFiles::find(StringRef Path) const {
  auto It = firstFrom(Files, Path);
  return It != Files.end() && It->path == Path ? &*It : nullptr;
}

bool StoredFiles::isDirectory(StringRef Path) const {
  const std::string Prefix = prefixOf(Path);
  auto It = firstFrom(Files, Prefix);
  return It != Files.end() && StringRef(It->path).starts_with(Prefix);
}

std::vector<std::string> StoredFiles::below(StringRef Directory, bool Recursive) const {
  const std::string Prefix = prefixOf(Directory);
  std::vector<std::string> Result;
  for (auto It = firstFrom(Files, Prefix); It != Files.end() && StringRef(It->path).starts_with(Prefix); ++It)
    if (Recursive || !StringRef(It->path).drop_front(Prefix.size()).contains('/'))
      Result.push_back(It->path);
  return Result;
}

std::vector<std::string> StoredFiles::directoriesIn(StringRef Directory) const {
  const std::string Prefix = prefixOf(Directory);
  std::vector<std::string> Result;
  for (auto It = firstFrom(Files, Prefix); It != Files.end() && StringRef(It->path).starts_with(Prefix);) {
    auto [Name, Rest] = StringRef(It->path).drop_front(Prefix.size()).split('/');
    if (Rest.empty()) {
      ++It;
      continue;
    }
    Result.push_back(Name.str());
    It = firstFrom(Files, Prefix + Name.str() + "0"); // behind all that begins with "NAME/"
  }
  std::sort(Result.begin(), Result.end());
  return Result;
}

StoredFiles::Text StoredFiles::read(const File &F) const {
  {
    std::lock_guard Guard(Lock);
    if (auto It = Recent.find(&F); It != Recent.end())
      return It->second;
  }
  Text Content = fetch(F);
  std::lock_guard Guard(Lock);
  if (RecentBytes > MaxRecentBytes)
    Recent.clear(), RecentBytes = 0;
  if (Content && Recent.emplace(&F, Content).second)
    RecentBytes += Content->size();
  return Content;
}

void storeUnder(const std::string &Root, std::shared_ptr<const StoredFiles> Files) {
  Registry &R = registry();
  std::unique_lock Guard(R.lock);
  if (Files)
    R.roots[Root] = std::move(Files);
  else
    R.roots.erase(Root);
  R.any = !R.roots.empty();
}

std::shared_ptr<const StoredFiles> storedAt(StringRef Root) {
  Registry &R = registry();
  if (!R.any.load(std::memory_order_relaxed))
    return nullptr;
  std::shared_lock Guard(R.lock);
  auto It = R.roots.find(std::string_view(Root));
  return It == R.roots.end() ? nullptr : It->second;
}

std::shared_ptr<const StoredFiles> storedAround(StringRef Path, StringRef &Rest) {
  Registry &R = registry();
  if (!R.any.load(std::memory_order_relaxed))
    return nullptr;
  std::shared_lock Guard(R.lock);
  for (const auto &[Root, Files] : R.roots) {
    Rest = Path;
    if (Rest.consume_front(Root) && (Rest.empty() || Rest.consume_front("/")))
      return Files;
  }
  return nullptr;
}

std::vector<std::string> regularFilesBelow(const std::string &Root, StringRef Directory, bool Recursive) {
  if (auto Stored = storedAt(Root))
    return Stored->below(Directory, Recursive);
  std::vector<std::string> Files;
  if (Recursive)
    listDisk<llvm::sys::fs::recursive_directory_iterator>(Root, Directory, Files);
  else
    listDisk<llvm::sys::fs::directory_iterator>(Root, Directory, Files);
  return Files;
}

} // namespace krcu
