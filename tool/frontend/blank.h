// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A body that is skipped still costs: Clang looks for its closing brace with the full preprocessor, macros expanded, which was a
// third of all parsing. So the parser is shown files in which the bodies that nobody wants are blank already.
//
// What keeps that honest: a blanked body holds an '@', which no C parser accepts. Should Clang parse such a body after all (a function
// made by a macro in a way the text does not show), that is an error, and the file is parsed again as it is on disk. Sizes
// and line numbers stay, and so do the directives in a body, which may define what later code uses. Private to the room.
#pragma once

#include "tool/frontend/bodies.h"
#include "tool/tree/tree.h"
#include "llvm/Support/VirtualFileSystem.h"
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace krcu {

/// `Text` with the bodies that `F` does not want blanked; the same length. `O`: its outline. A body whose ends are not certain stays.
std::string blankUnwanted(llvm::StringRef Text, const Outline &O, const BodyFilter &F);

/// The headers of a tree with all bodies blanked, made once for all threads and architectures.
class BlankHeaders {
public:
  /// Null if nothing in `Text` can be blanked. `Path`: key; the text must be the same for every call with it.
  std::shared_ptr<const std::string> get(const std::string &Path, llvm::StringRef Text);

private:
  std::mutex Lock;
  std::map<std::string, std::shared_ptr<const std::string>> Known;
};

/// What one parse wants of the files it reads.
struct BlankPlan {
  const BodyFilter *bodies = nullptr;               ///< of .c files; null: everything, and nothing is blanked
  const OutlineCache *outlines = nullptr;           ///< of .c files
  const std::set<std::string> *whole = nullptr;     ///< headers (relative to the tree) that are shown as they are
};

/// The file system below, with bodies blanked in the files of the tree. Set `plan` before each parse; one per thread.
class BlankingFileSystem : public llvm::vfs::ProxyFileSystem {
public:
  BlankingFileSystem(const Tree &T, BlankHeaders &Headers, llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> Below)
      : ProxyFileSystem(std::move(Below)), T(T), Headers(Headers) {}
  llvm::ErrorOr<std::unique_ptr<llvm::vfs::File>> openFileForRead(const llvm::Twine &Path) override;

  BlankPlan plan;

private:
  std::shared_ptr<const std::string> shown(const std::string &File, llvm::StringRef Text);

  const Tree &T;
  BlankHeaders &Headers;
};

} // namespace krcu
