// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a scan takes from earlier runs, and leaves for later ones. Three levels: what the byte pass found in each file; the facts of each
// parse; the finished output. With none of them the same bytes come out, only later. docs/cache.md says when each one holds.
#pragma once

#include "tool/facts/facts_cache.h"
#include "tool/index/part.h"
#include "tool/index/survey.h"
#include "tool/store/store.h"
#include "tool/tree/tree.h"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace krcu {

struct ScanOptions;

/// One run as its user saw it.
struct PastOutput {
  int status = 0;
  std::string out, err;
};

/// Which part of the files somebody extracts.
struct Shard {
  unsigned number = 1, of = 1; ///< number counts from 1
  bool has(const std::string &File) const;
};
/// "2/8". Fails with the mend.
llvm::Expected<Shard> parseShard(llvm::StringRef Text);

class ScanCache {
public:
  /// `Dir`: directory of the cache, empty: none. `Facts`: files written by krcu extract; fails if one is no such file, or of another version of
  /// krcu or other rules.
  static llvm::Expected<std::shared_ptr<ScanCache>> open(const ScanOptions &O, const std::string &Dir, const std::vector<std::string> &Facts);

  /// Finds out which files have changed. A cache serves one scan of one tree.
  llvm::Error look(const Tree &T, unsigned Jobs);
  bool isUsed() const { return Looked; }
  bool isFor(const Tree &T) const { return Looked && Root == T.root() && Mounted == T.mounted(); }

  /// What a run with the same arguments gave when the tree was exactly as it is now.
  std::optional<PastOutput> recallOutput(const Digest &Arguments);
  void keepOutput(const Digest &Arguments, const PastOutput &Output, const Tree &T, unsigned Jobs);

  IndexMemory *memory();
  /// From here on facts() has an answer, unless the parses depend on files outside the tree.
  /// \p Foreign: what a module's own names are, which parses of the kernel's files depend on.
  void begin(const Tree &T, const Index &I, Frontend &F, const Digest &Foreign);
  FactsCache *facts() { return Facts.get(); }
  /// Writes what is new into the cache.
  void save();
  /// Writes the facts of this run into a file of their own.
  llvm::Error writeFacts(const std::string &Path, const Shard &S, const std::string &TreeVersion);

  /// One line each; for standard error.
  std::vector<std::string> notes() const;

private:
  ScanCache() = default;
  llvm::Error openFacts(const std::string &Path);
  Digest key(llvm::StringRef What) const;
  Digest environment() const;

  std::unique_ptr<Store> Main;
  struct FactsFile {
    std::string path;
    std::unique_ptr<Store> store;
    Shard shard;
    std::string tree;
  };
  std::vector<FactsFile> Files;
  Digest Program, TheRules, Flags;
  bool Unread = false; ///< a source could not be read: next time it may be there
  bool InTree = true; ///< parses read nothing but the tree and Clang's own headers
  bool Looked = false;
  std::string Root, Mounted;
  Survey TheSurvey;
  IndexMemory Memory;
  std::unique_ptr<FactsCache> Facts;
};

} // namespace krcu
