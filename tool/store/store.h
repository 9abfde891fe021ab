// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A file of values that can be made again: one SQLite database. Whatever is wrong with it costs time, never a run and never a wrong answer:
// a value is given back only if its checksum, which covers its key too, is right; a database that SQLite does not like is
// removed and begun anew; one that is locked or cannot be written is not used, with one warning. Thread-safe; any number of
// processes may use one file at once.
#pragma once

#include "tool/store/digest.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace krcu {

class Store {
public:
  enum Kind { Meta = 1, TreeStates, IndexBody, IndexDelta, Parse, Variant, Output, Header };
  struct Entry {
    Kind kind;
    Digest key;   ///< what is asked
    Digest under; ///< on which condition the answer holds; several may be kept for one key
    std::string value;
  };

  /// The cache in the directory `Dir`, made if need be. Never fails: what cannot be used is an empty store that keeps nothing, and says so in
  /// warning(). `Limit`: bytes that the file may have.
  static std::unique_ptr<Store> openCache(const std::string &Dir, uint64_t Limit = UINT64_C(512) << 20);
  /// A file that somebody handed over, read only. Fails if it is not there or no such file.
  static llvm::Expected<std::unique_ptr<Store>> openFile(const std::string &Path);
  /// Writes a whole new file, or leaves what was there.
  static llvm::Error writeFile(const std::string &Path, const std::vector<Entry> &Entries);
  ~Store();

  /// The value, or nothing.
  std::optional<std::string> get(Kind K, const Digest &Key, const Digest &Under = {});
  /// All that are kept for the key, newest first.
  std::vector<Entry> all(Kind K, const Digest &Key);
  /// Keeps them, all or none; replaces those with the same kind, key and condition. Makes room by dropping those not used for longest.
  void put(const std::vector<Entry> &Entries);
  /// What went wrong, one line, or empty.
  std::string warning() const;

  static constexpr const char *FileName = "facts.sqlite";

private:
  struct Statement;
  Store() = default;
  bool open(const std::string &Path, bool ReadOnly, bool Unchanging = false);
  bool prepare(bool ReadOnly);
  void close();
  void drop(const std::string &Why);
  bool run(const char *Sql);
  int check(int Code);
  bool insert(const Entry &E, int64_t Now);
  void makeRoom(uint64_t Bytes);
  void markUsed(const std::vector<int64_t> &Rows);

  sqlite3 *Db = nullptr;
  std::string Path, Warning;
  uint64_t Limit = 0;
  bool Writable = false;
  mutable std::mutex Lock;
};

/// ${XDG_CACHE_HOME:-~/.cache}/krcu, or empty if neither is known.
std::string defaultCacheDir();

} // namespace krcu
