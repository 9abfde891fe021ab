// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loading: built-in files first, then the user's in order, then the checks that need all of them. From then
// on the rules are plain vectors that nobody changes.

#include "tool/rules/rules.h"
#include "tool/rules/review_rules.h"

#include "tool/rules/row_tables.h"
#include "tool/rules/yaml_tree.h"
#include "tool/support/error.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include <algorithm>

namespace krcu {
namespace {

namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

template <class T> const T *findByName(const std::vector<T> &Rows, const std::string &Name) {
  auto It = std::find_if(Rows.begin(), Rows.end(), [&](const T &R) { return R.name == Name; });
  return It == Rows.end() ? nullptr : &*It;
}

/// The *.yaml files of a directory, sorted so that the order does not depend on the file system.
llvm::Expected<std::vector<std::string>> yamlFilesIn(const std::string &Directory) {
  std::vector<std::string> Files;
  std::error_code EC;
  for (fs::directory_iterator It(Directory, EC), End; !EC && It != End; It.increment(EC)) {
    llvm::StringRef Name = path::filename(It->path());
    if (Name.ends_with(".yaml") && !Name.starts_with("."))
      Files.push_back(It->path());
  }
  if (EC)
    return failErrno(Directory, EC.value(), "give a directory of rule files that can be read");
  if (Files.empty())
    return fail(Directory + ": no *.yaml in this directory; give a rule file or a directory that has some");
  std::sort(Files.begin(), Files.end());
  return Files;
}

llvm::Error addLayer(RowTables &Tables, const std::string &FileOrDirectory, unsigned Layer) {
  std::vector<std::string> Files{FileOrDirectory};
  if (fs::is_directory(FileOrDirectory)) {
    auto Found = yamlFilesIn(FileOrDirectory);
    if (!Found)
      return Found.takeError();
    Files = std::move(*Found);
  }
  for (const std::string &File : Files) {
    llvm::Expected<YamlNode> Root = readYaml(File);
    if (!Root)
      return Root.takeError();
    if (llvm::Error E = addRuleFile(Tables, File, *Root, Layer))
      return E;
  }
  return llvm::Error::success();
}

std::vector<std::string> namesOf(const RowTable<NameRule> &Table) {
  std::vector<std::string> Names;
  for (const NameRule &R : Table.rows())
    Names.push_back(R.name);
  return Names;
}

Rules freeze(const RowTables &T) {
  Rules R;
  R.deferrals = T.deferrals.rows();
  R.frees = T.frees.rows();
  R.cache_create = T.cache_create.rows();
  R.cache_destroy = T.cache_destroy.rows();
  R.barriers = T.barriers.rows();
  R.module_hooks = T.module_hooks.rows();
  R.callback_fields = T.callback_fields.rows();
  R.rcu_called_fields = T.rcu_called_fields.rows();
  R.rcu_called_arguments = T.rcu_called_arguments.rows();
  R.late_fields = T.late_fields.rows();
  R.conversions = expandConversions(T);
  R.checks = namesOf(T.checks);
  R.container_macros = namesOf(T.container_macros);
  R.replacements = namesOf(T.replacements);
  R.deferred_frees_no_head = namesOf(T.deferred_frees_no_head);
  R.heads = namesOf(T.heads);
  R.head_readers = namesOf(T.head_readers);
  R.cache_alloc = namesOf(T.cache_alloc);
  R.pool_destroy = namesOf(T.pool_destroy);
  R.signals = namesOf(T.signals);
  R.work_ends = namesOf(T.work_ends);
  R.unlinks = namesOf(T.unlinks);
  R.atomic_begins = namesOf(T.atomic_begins);
  R.atomic_ends = namesOf(T.atomic_ends);
  R.reader_begins = namesOf(T.reader_begins);
  R.reader_ends = namesOf(T.reader_ends);
  R.sleeping_waits = namesOf(T.sleeping_waits);
  R.version_macros = namesOf(T.version_macros);
  R.quiet_calls = namesOf(T.quiet_calls);
  R.effect_calls = namesOf(T.effect_calls);
  return R;
}

/// The running program with links resolved: a link in ~/bin must still find the installed rules.
std::string resolveExecutable(const std::string &Executable) {
  std::string Path = Executable;
  if (llvm::StringRef(Executable).find('/') == llvm::StringRef::npos)
    if (auto Found = llvm::sys::findProgramByName(Executable))
      Path = *Found;
  llvm::SmallString<256> Real;
  return fs::real_path(Path, Real) ? Path : Real.str().str();
}

} // namespace

const DeferralRule *Rules::deferral(const std::string &Name) const { return findByName(deferrals, Name); }
const FreeRule *Rules::free(const std::string &Name) const { return findByName(frees, Name); }
const CacheRule *Rules::cacheDestroy(const std::string &Name) const {
  return findByName(cache_destroy, Name);
}
const CacheRule *Rules::cacheCreate(const std::string &Name) const { return findByName(cache_create, Name); }
const BarrierRule *Rules::barrier(const std::string &Name) const { return findByName(barriers, Name); }

const ConversionRule *Rules::conversion(const std::string &Deferral, const std::string &Family) const {
  for (const ConversionRule &C : conversions)
    if (C.deferral == Deferral && C.family == Family)
      return &C;
  return nullptr;
}

std::set<std::string> Rules::words() const {
  std::set<std::string> Words;
  auto AddRows = [&](const auto &Rows) {
    for (const auto &Row : Rows)
      Words.insert(Row.name);
  };
  AddRows(deferrals);
  AddRows(frees);
  AddRows(cache_create);
  AddRows(cache_destroy);
  AddRows(barriers);
  AddRows(module_hooks);
  for (const auto *Names : {&checks, &replacements, &deferred_frees_no_head, &quiet_calls, &effect_calls})
    Words.insert(Names->begin(), Names->end());
  return Words;
}

static llvm::Error readTables(RowTables &Tables, const std::string &Builtin, const std::vector<std::string> &Overrides) {
  unsigned Layer = 0;
  if (llvm::Error E = addLayer(Tables, Builtin, Layer))
    return E;
  for (const std::string &Override : Overrides)
    if (llvm::Error E = addLayer(Tables, Override, ++Layer))
      return E;
  return checkTables(Tables);
}

const UnloadRule *UnloadRules::find(const std::string &Name, UnloadRule::Event Event) const {
  for (const UnloadRule &R : events)
    if (R.event == Event && R.name == Name)
      return &R;
  return nullptr;
}

const UnloadRule *UnloadRules::find(const std::string &Name, UnloadRule::Event Event, const std::string &Of) const {
  const UnloadRule *R = find(Name, Event);
  return R && R->of == Of ? R : nullptr;
}

const UnloadRule *UnloadRules::waitOf(const std::string &Member) const {
  for (const UnloadRule &R : events)
    if (R.event == UnloadRule::Wait && R.of == Member)
      return &R;
  return nullptr;
}

llvm::Expected<UnloadRules> loadUnloadRules(const std::string &Builtin, const std::vector<std::string> &Overrides) {
  RowTables Tables;
  if (llvm::Error E = readTables(Tables, Builtin, Overrides))
    return E;
  return UnloadRules{Tables.unload_events.rows()};
}

const UserDoorRule *UserWayRules::door(llvm::StringRef Name) const {
  auto It = std::find_if(doors.begin(), doors.end(), [&](const UserDoorRule &R) { return R.name == Name; });
  return It == doors.end() ? nullptr : &*It;
}

const UserStepRule *UserWayRules::step(llvm::StringRef Record, llvm::StringRef Field) const {
  auto It = std::find_if(steps.begin(), steps.end(), [&](const UserStepRule &R) { return R.record == Record && R.field == Field; });
  return It == steps.end() ? nullptr : &*It;
}

llvm::Expected<UserWayRules> loadUserWayRules(const std::string &Builtin, const std::vector<std::string> &Overrides) {
  RowTables Tables;
  if (llvm::Error E = readTables(Tables, Builtin, Overrides))
    return E;
  return UserWayRules{Tables.user_doors.rows(), Tables.user_steps.rows()};
}

bool ReviewRules::is(llvm::StringRef Name, ReviewRule::Event Event) const {
  return llvm::any_of(events, [&](const ReviewRule &R) { return R.event == Event && R.name == Name; });
}

llvm::Expected<ReviewRules> loadReviewRules(const std::string &Builtin, const std::vector<std::string> &Overrides) {
  RowTables Tables;
  if (llvm::Error E = readTables(Tables, Builtin, Overrides))
    return E;
  return ReviewRules{namesOf(Tables.printing_calls), Tables.review_events.rows()};
}

llvm::Expected<Rules> loadRules(const std::string &Builtin, const std::vector<std::string> &Overrides) {
  RowTables Tables;
  if (llvm::Error E = readTables(Tables, Builtin, Overrides))
    return E;
  Rules R = freeze(Tables);
  llvm::SmallString<256> Eras = llvm::StringRef(Builtin);
  path::append(Eras, "semantics", "eras.yaml");
  if (fs::is_directory(Builtin) && fs::exists(Eras)) {
    auto Table = loadEraTable(Eras.str().str());
    if (!Table)
      return Table.takeError();
    R.eras = std::move(*Table);
  }
  return R;
}

llvm::Expected<std::string> findBuiltinRules(const std::string &Executable) {
  llvm::SmallString<256> Installed = path::parent_path(resolveExecutable(Executable));
  path::append(Installed, "..", "share", "krcu", "rules");
  path::remove_dots(Installed, /*remove_dot_dot=*/true);
  if (fs::is_directory(Installed))
    return Installed.str().str();
#ifdef KRCU_RULES_SOURCE_DIR
  if (fs::is_directory(KRCU_RULES_SOURCE_DIR))
    return std::string(KRCU_RULES_SOURCE_DIR);
#endif
  return fail(Installed.str().str() +
              ": the built-in rules are not there, nor in a source tree krcu was built from; "
              "install krcu again");
}

} // namespace krcu
