// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// SQLite keeps a rollback journal, so a run that is killed leaves the old state. It is not told to wait for the disk: what a power cut
// breaks is found by SQLite or by the checksums, and made again. No write-ahead log: it needs memory shared between processes,
// which a home directory on a network file system does not give.
#include "tool/store/store.h"
#include "tool/support/error.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/xxhash.h"
#include <cstdlib>
#include <ctime>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

namespace krcu {
namespace {

constexpr int ApplicationId = 0x6b726375; // "krcu"
constexpr int SchemaVersion = 1;
constexpr int PageBytes = 32768;
constexpr int64_t Day = 24 * 3600;

constexpr const char *Schema =
    "CREATE TABLE entries (kind INTEGER NOT NULL, key BLOB NOT NULL, under BLOB NOT NULL, sum INTEGER NOT NULL,"
    " used INTEGER NOT NULL, size INTEGER NOT NULL, value BLOB NOT NULL);"
    "CREATE UNIQUE INDEX by_key ON entries (kind, key, under);"
    "CREATE INDEX by_use ON entries (used, size);";

int64_t sumOf(int Kind, const Digest &Key, const Digest &Under, llvm::StringRef Value) {
  uint64_t Parts[] = {static_cast<uint64_t>(Kind), Key.low, Key.high, Under.low, Under.high, llvm::xxh3_64bits(Value)};
  return static_cast<int64_t>(llvm::xxh3_64bits(llvm::ArrayRef<uint8_t>(reinterpret_cast<const uint8_t *>(Parts), sizeof(Parts))));
}

/// What is in the cache is believed. Nobody else may have written it.
std::string whyNotTrusted(const std::string &Path) {
  struct stat Status;
  if (::lstat(Path.c_str(), &Status) != 0)
    return {};
  if (S_ISLNK(Status.st_mode) && ::stat(Path.c_str(), &Status) != 0)
    return "leads nowhere";
  if (Status.st_uid != ::geteuid())
    return "belongs to another user";
  if (Status.st_mode & (S_IWGRP | S_IWOTH))
    return "others may write to it";
  return S_ISDIR(Status.st_mode) || S_ISREG(Status.st_mode) ? "" : "is no regular file";
}

bool isDamage(int Code) {
  int Primary = Code & 0xff;
  return Primary == SQLITE_CORRUPT || Primary == SQLITE_NOTADB || Primary == SQLITE_FORMAT || Primary == SQLITE_SCHEMA || Primary == SQLITE_ERROR;
}

} // namespace

/// A prepared statement that is finalised in the end.
struct Store::Statement {
  Statement(sqlite3 *Db, const char *Sql) { code = sqlite3_prepare_v2(Db, Sql, -1, &s, nullptr); }
  Statement(const Statement &) = delete;
  Statement &operator=(const Statement &) = delete;
  ~Statement() { sqlite3_finalize(s); }
  int step() { return code == SQLITE_OK ? sqlite3_step(s) : code; }
  void blob(int At, llvm::StringRef Bytes) { sqlite3_bind_blob64(s, At, Bytes.data(), Bytes.size(), SQLITE_STATIC); }
  void number(int At, int64_t N) { sqlite3_bind_int64(s, At, N); }
  std::string text(int Column) {
    auto *Data = static_cast<const char *>(sqlite3_column_blob(s, Column));
    auto Size = static_cast<size_t>(sqlite3_column_bytes(s, Column));
    return Data ? std::string(Data, Size) : std::string();
  }
  sqlite3_stmt *s = nullptr;
  int code;
};

std::string defaultCacheDir() {
  if (const char *Xdg = std::getenv("XDG_CACHE_HOME"); Xdg && Xdg[0] == '/') // a relative one is to be ignored, says the specification
    return std::string(Xdg) + "/krcu";
  const char *Home = std::getenv("HOME");
  return Home && Home[0] == '/' ? std::string(Home) + "/.cache/krcu" : std::string();
}

Store::~Store() { close(); }

void Store::close() {
  sqlite3_close(Db);
  Db = nullptr;
  Writable = false;
}

std::string Store::warning() const {
  std::lock_guard<std::mutex> Guard(Lock);
  return Warning;
}

bool Store::run(const char *Sql) { return check(sqlite3_exec(Db, Sql, nullptr, nullptr, nullptr)) == SQLITE_OK; }

/// Notes the first thing that goes wrong; hands the code on.
int Store::check(int Code) {
  if (Code != SQLITE_OK && Code != SQLITE_ROW && Code != SQLITE_DONE && Warning.empty())
    Warning = "the cache " + Path + ": " + (Db ? sqlite3_errmsg(Db) : sqlite3_errstr(Code)) + "; going on without it";
  return Code;
}

namespace {

/// A name by which SQLite reads a file that nobody changes: it neither locks it nor makes files beside it.
std::string unchanging(llvm::StringRef Path) {
  std::string Out = "file:";
  for (char C : Path) // nothing but a name: '?' and '#' would end it
    Out += llvm::isAlnum(C) || llvm::StringRef("/._-").contains(C) ? std::string(1, C) : "%" + llvm::utohexstr(static_cast<unsigned char>(C), /*LowerCase=*/false, 2);
  return Out + "?immutable=1";
}

} // namespace

bool Store::open(const std::string &File, bool ReadOnly, bool Unchanging) {
  Path = File;
  int Flags = ReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  if (Unchanging)
    Flags |= SQLITE_OPEN_URI;
  if (check(sqlite3_open_v2((Unchanging ? unchanging(Path) : Path).c_str(), &Db, Flags | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_EXRESCODE, nullptr)) != SQLITE_OK) {
    close();
    return false;
  }
  sqlite3_busy_timeout(Db, 1000);
  return true;
}

/// True if the database is one of ours, of this version; an empty one becomes it.
bool Store::prepare(bool ReadOnly) {
  auto Pragma = [this](const char *Sql, int &Into) {
    Statement S(Db, Sql);
    int Code = check(S.step());
    Into = Code == SQLITE_ROW ? sqlite3_column_int(S.s, 0) : 0;
    return Code == SQLITE_ROW;
  };
  int Application = 0, Version = 0, Pages = 0;
  // Foreign triggers and views in a file that was handed over must not run.
  sqlite3_db_config(Db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(Db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_db_config(Db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  if (!Pragma("PRAGMA application_id", Application) || !Pragma("PRAGMA user_version", Version) || !Pragma("PRAGMA page_count", Pages))
    return false;
  if (Application == ApplicationId && Version == SchemaVersion)
    return ReadOnly || run("PRAGMA synchronous=OFF");
  if (Pages != 0 || ReadOnly)
    return false;
  std::string Make = "PRAGMA page_size=" + std::to_string(PageBytes) + "; PRAGMA synchronous=OFF; BEGIN IMMEDIATE; PRAGMA application_id=" +
                     std::to_string(ApplicationId) + "; PRAGMA user_version=" + std::to_string(SchemaVersion) + "; " + Schema + "COMMIT;";
  if (run(Make.c_str()))
    return true;
  sqlite3_exec(Db, "ROLLBACK", nullptr, nullptr, nullptr);
  // Another process may just have made it.
  return Pragma("PRAGMA application_id", Application) && Application == ApplicationId && Pragma("PRAGMA user_version", Version) && Version == SchemaVersion;
}

std::unique_ptr<Store> Store::openCache(const std::string &Dir, uint64_t Limit) {
  std::unique_ptr<Store> S(new Store);
  S->Limit = Limit;
  if (std::error_code EC = llvm::sys::fs::create_directories(Dir, true, llvm::sys::fs::owner_all)) {
    S->Warning = "the cache " + Dir + ": " + EC.message() + "; going on without it";
    return S;
  }
  std::string File = Dir + "/" + FileName;
  for (const std::string &Part : {Dir, File})
    if (std::string Why = whyNotTrusted(Part); !Why.empty()) {
      S->Warning = "the cache " + Part + ": " + Why + ", so what it says could be anybody's; going on without it";
      return S;
    }
  for (int Try = 0; Try < 2; ++Try) {
    S->Warning.clear();
    if (!S->open(File, false)) {
      std::string Why = S->Warning;
      if (S->open(File, true) && S->prepare(true)) // may be read, not written
        S->Warning.clear();
      else
        S->close(), S->Warning = Why;
      return S;
    }
    if (S->prepare(false)) {
      S->Writable = !sqlite3_db_readonly(S->Db, "main");
      std::string Pages = "PRAGMA max_page_count=" + std::to_string(std::max<uint64_t>(Limit / PageBytes, 16));
      S->run(Pages.c_str());
      S->Warning.clear();
      return S;
    }
    int Code = sqlite3_errcode(S->Db);
    S->close();
    if (!isDamage(Code) && Code != SQLITE_OK && Code != SQLITE_DONE && Code != SQLITE_ROW)
      return S; // locked, say: somebody else's, and none of our business
    // Damaged, or of another version: begin anew.
    if (Try == 0)
      for (const char *Suffix : {"", "-journal", "-wal", "-shm"})
        ::unlink((File + Suffix).c_str());
  }
  if (S->Warning.empty())
    S->Warning = "the cache " + File + " cannot be used; going on without it";
  return S;
}

llvm::Expected<std::unique_ptr<Store>> Store::openFile(const std::string &Path) {
  const char *Mend = "give a file that krcu extract of this version has written";
  if (!llvm::sys::fs::is_regular_file(Path))
    return failAt(Path, 0, 0, llvm::sys::fs::exists(Path) ? "this is no regular file" : "no such file", Mend);
  for (const char *Suffix : {"-wal", "-journal"})
    if (llvm::sys::fs::exists(Path + Suffix))
      return failAt(Path, 0, 0, "this has a part in " + Path + Suffix + ", so another program writes it or was killed while it did", Mend);
  std::unique_ptr<Store> S(new Store);
  if (!S->open(Path, true, /*Unchanging=*/true) || !S->prepare(true))
    return failAt(Path, 0, 0, "this is no file of facts", Mend);
  return S;
}

llvm::Error Store::writeFile(const std::string &Path, const std::vector<Entry> &Entries) {
  llvm::SmallString<256> Temporary;
  const char *Mend = "name a file in a directory that can be written";
  if (llvm::sys::fs::is_directory(Path))
    return failAt(Path, 0, 0, "this is a directory", Mend);
  // A link, a pipe or a device would be gone, and a file in its place.
  if (struct stat Status; ::lstat(Path.c_str(), &Status) == 0 && !S_ISREG(Status.st_mode))
    return failAt(Path, 0, 0, "this is there and no regular file, so it is not replaced", Mend);
  int Fd = -1;
  if (std::error_code EC = llvm::sys::fs::createUniqueFile(Path + ".%%%%%%", Fd, Temporary))
    return failAt(Path, 0, 0, EC.message(), Mend);
  ::close(Fd);
  std::string Why;
  {
    Store S;
    S.Limit = ~UINT64_C(0);
    if (S.open(std::string(Temporary), false) && S.prepare(false)) {
      S.Writable = true;
      S.put(Entries);
    }
    if (!S.Warning.empty() && S.Db)
      Why = sqlite3_errmsg(S.Db);
    else
      Why = S.Warning;
  }
  ::unlink((Temporary + "-journal").str().c_str());
  if (Why.empty())
    if (std::error_code EC = llvm::sys::fs::rename(Temporary, Path))
      Why = EC.message();
  if (Why.empty())
    return llvm::Error::success();
  ::unlink(Temporary.c_str());
  return failAt(Path, 0, 0, Why, Mend);
}

/// The database is damaged: it goes, and this run does without. The next one begins anew.
void Store::drop(const std::string &Why) {
  bool Mine = Writable;
  close();
  if (Mine)
    for (const char *Suffix : {"", "-journal"})
      ::unlink((Path + Suffix).c_str());
  Warning = "the cache " + Path + ": " + Why + "; it is " + (Mine ? "begun anew" : "not used");
}

std::vector<Store::Entry> Store::all(Kind K, const Digest &Key) {
  std::lock_guard<std::mutex> Guard(Lock);
  std::vector<Entry> Result;
  std::vector<int64_t> Old;
  if (!Db)
    return Result;
  int Code;
  {
    Statement S(Db, "SELECT under, sum, value, rowid, used FROM entries WHERE kind=?1 AND key=?2 ORDER BY rowid DESC");
    S.number(1, K);
    S.blob(2, Key.bytes());
    while ((Code = S.step()) == SQLITE_ROW) {
      Entry E{K, Key, {}, S.text(2)};
      std::string Under = S.text(0);
      if (Under.size() != sizeof(Digest))
        continue;
      std::memcpy(&E.under, Under.data(), sizeof(Digest));
      if (sumOf(K, E.key, E.under, E.value) != sqlite3_column_int64(S.s, 1))
        continue; // not what was written
      if (sqlite3_column_int64(S.s, 4) < std::time(nullptr) - Day)
        Old.push_back(sqlite3_column_int64(S.s, 3));
      Result.push_back(std::move(E));
    }
  }
  if (isDamage(Code)) {
    drop(sqlite3_errmsg(Db));
    Result.clear();
  }
  markUsed(Old);
  return Result;
}

std::optional<std::string> Store::get(Kind K, const Digest &Key, const Digest &Under) {
  std::lock_guard<std::mutex> Guard(Lock);
  if (!Db)
    return std::nullopt;
  std::optional<std::string> Result;
  std::vector<int64_t> Old;
  int Code;
  {
    Statement S(Db, "SELECT sum, value, rowid, used FROM entries WHERE kind=?1 AND key=?2 AND under=?3");
    S.number(1, K);
    S.blob(2, Key.bytes());
    S.blob(3, Under.bytes());
    Code = S.step();
    if (Code == SQLITE_ROW) {
      Result = S.text(1);
      if (sumOf(K, Key, Under, *Result) != sqlite3_column_int64(S.s, 0))
        Result.reset();
      else if (sqlite3_column_int64(S.s, 3) < std::time(nullptr) - Day)
        Old.push_back(sqlite3_column_int64(S.s, 2));
    }
  }
  if (isDamage(Code))
    drop(sqlite3_errmsg(Db));
  markUsed(Old);
  return Result;
}

/// Once a day is enough to know what is not used any more; a run that finds everything then writes nothing.
void Store::markUsed(const std::vector<int64_t> &Rows) {
  if (!Writable)
    return;
  for (int64_t Row : Rows) {
    Statement S(Db, "UPDATE entries SET used=?1 WHERE rowid=?2");
    S.number(1, std::time(nullptr));
    S.number(2, Row);
    if (S.step() != SQLITE_DONE)
      return; // no harm done
  }
}

/// Drops the entries that were not used for longest until `Bytes` more fit.
void Store::makeRoom(uint64_t Bytes) {
  auto Number = [this](const char *Sql) {
    Statement S(Db, Sql);
    return S.step() == SQLITE_ROW ? sqlite3_column_int64(S.s, 0) : 0;
  };
  auto Held = static_cast<uint64_t>(Number("SELECT total(size) FROM entries"));
  uint64_t Room = Limit - Limit / 8; // pages are not filled to the brim
  while (Held && Held + Bytes > Room) {
    if (!run("DELETE FROM entries WHERE rowid IN (SELECT rowid FROM entries ORDER BY used, rowid LIMIT 32)"))
      return;
    Held = static_cast<uint64_t>(Number("SELECT total(size) FROM entries"));
  }
}

bool Store::insert(const Entry &E, int64_t Now) {
  Statement S(Db, "INSERT OR REPLACE INTO entries (kind, key, under, sum, used, size, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  S.number(1, E.kind);
  S.blob(2, E.key.bytes());
  S.blob(3, E.under.bytes());
  S.number(4, sumOf(E.kind, E.key, E.under, E.value));
  S.number(5, Now);
  S.number(6, static_cast<int64_t>(E.value.size()));
  S.blob(7, E.value);
  return check(S.step()) == SQLITE_DONE;
}

void Store::put(const std::vector<Entry> &Entries) {
  std::lock_guard<std::mutex> Guard(Lock);
  if (!Db || !Writable || Entries.empty())
    return;
  uint64_t Bytes = 0;
  for (const Entry &E : Entries)
    Bytes += E.value.size() + 128;
  if (Bytes > Limit - Limit / 8)
    return;
  bool Good = run("BEGIN IMMEDIATE");
  if (Good) {
    makeRoom(Bytes);
    for (const Entry &E : Entries)
      Good = Good && insert(E, std::time(nullptr));
    Good = Good && run("COMMIT");
  }
  if (Good)
    return;
  int Code = sqlite3_errcode(Db);
  std::string Why = sqlite3_errmsg(Db);
  if (!sqlite3_get_autocommit(Db))
    sqlite3_exec(Db, "ROLLBACK", nullptr, nullptr, nullptr);
  if (isDamage(Code))
    drop(Why);
}

} // namespace krcu
