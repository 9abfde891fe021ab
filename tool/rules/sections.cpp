// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One reader for each section of a rule file: which keys its rows have and which struct they fill.

#include "tool/rules/row_tables.h"
#include "tool/support/error.h"
#include <set>

namespace krcu {

const char AnyWord[] = "any";

/// In the order of ReviewRule::Event.
static const llvm::StringRef ReviewEventNames[] = {"lock", "unlock", "sleeps", "ordered_store", "plain_store", "locked_read", "rcu_work", "allocation", "reader_flag"};

/// In the order of UnloadRule::Event.
static const llvm::StringRef EventNames[] = {"wait", "end", "pinned", "holds", "teardown", "conditional_wait", "of_objects", "takes_module", "drops_module", "stop", "of_mounts", "of_devices",
                                              "last_reference", "takes_off", "settled"};

std::string rowKey(const CallbackFieldRule &R) { return R.record + "." + R.field; }
std::string rowKey(const RcuCalledFieldRule &R) { return R.record + "." + R.field; }
std::string rowKey(const LateFieldRule &R) { return R.record + "." + R.field; }
std::string rowKey(const UnloadRule &R) { return R.name + "+" + EventNames[R.event].str(); }
std::string rowKey(const UserDoorRule &R) { return R.name + "+door"; }
std::string rowKey(const UserStepRule &R) { return R.record + "." + R.field + "+step"; }
std::string rowKey(const ReviewRule &R) { return R.name + "+" + ReviewEventNames[R.event].str(); }
std::string rowKey(const ConversionRule &R) { return R.deferral + "+" + R.family; }

namespace {

const llvm::StringRef Flavours[] = {"rcu",        "srcu",   "tasks",    "tasks_trace",
                                    "tasks_rude", "rcu_bh", "rcu_sched"};

/// Where the rows of the file at hand go.
struct Target {
  RowTables &tables;
  const std::string &file;
  unsigned layer;
};

/// Adds a row, or notes that its name is taken by the same file or directory.
template <class T> void put(Target &To, RowTable<T> &Table, RowReader &Row, T Rule) {
  const Location Where = Rule.where;
  const std::string Key = rowKey(Rule);
  if (const T *Earlier = Table.add(std::move(Rule), To.layer)) {
    const Location &W = Earlier->where;
    Row.problem(Where, "'" + Key + "' stands twice in " + Table.section(),
                "the first is at " + W.file + ":" + std::to_string(W.line) + ", keep one of them");
  }
}

llvm::Error readDeferral(Target &To, const YamlNode &Node) {
  RowReader Row(To.file, Node, "deferrals", {"name", "names", "head", "callback", "flavour", "hurry"});
  DeferralRule R;
  R.head = Row.argument("head");
  R.callback = Row.argument("callback");
  R.flavour = Row.choice("flavour", Flavours);
  R.hurry = Row.flag("hurry");
  if (R.head == R.callback)
    Row.problem(Row.where(), "'head' and 'callback' are both argument " + std::to_string(R.head),
                "give each its own position, counted from 0");
  for (const PlacedWord &W : Row.names()) {
    if (W.text == AnyWord)
      Row.problem(W.where, "'any' cannot be the name of a deferral",
                  "it stands for every deferral in conversions");
    R.name = W.text;
    R.where = W.where;
    R.user = To.layer != 0;
    put(To, To.tables.deferrals, Row, R);
  }
  return Row.take();
}

llvm::Error readFree(Target &To, const YamlNode &Node) {
  RowReader Row(To.file, Node, "frees", {"name", "names", "object", "cache", "family"});
  FreeRule R;
  R.object = Row.argument("object");
  R.cache = Row.optionalArgument("cache");
  R.family = Row.name("family");
  if (R.cache && *R.cache == R.object)
    Row.problem(Row.where(), "'object' and 'cache' are both argument " + std::to_string(R.object),
                "give each its own position, counted from 0");
  if (R.family == AnyWord)
    Row.problem(Row.where(), "'any' cannot be a family", "it stands for every family in conversions");
  for (const PlacedWord &W : Row.names()) {
    R.name = W.text;
    R.where = W.where;
    R.user = To.layer != 0;
    put(To, To.tables.frees, Row, R);
  }
  return Row.take();
}

llvm::Error readCacheCreate(Target &To, const YamlNode &Node) {
  RowReader Row(To.file, Node, "cache_create", {"name", "names"});
  for (const PlacedWord &W : Row.names())
    put(To, To.tables.cache_create, Row, CacheRule{W.text, 0, W.where});
  return Row.take();
}

llvm::Error readCacheDestroy(Target &To, const YamlNode &Node) {
  RowReader Row(To.file, Node, "cache_destroy", {"name", "names", "cache"});
  const unsigned Cache = Row.argument("cache");
  for (const PlacedWord &W : Row.names())
    put(To, To.tables.cache_destroy, Row, CacheRule{W.text, Cache, W.where});
  return Row.take();
}

llvm::Error readBarrier(Target &To, const YamlNode &Node) {
  RowReader Row(To.file, Node, "barriers", {"name", "names", "waits_for", "cache_only"});
  BarrierRule R;
  R.waits_for = Row.list("waits_for");
  R.cache_only = Row.flag("cache_only");
  for (const PlacedWord &W : Row.names()) {
    R.name = W.text;
    R.where = W.where;
    put(To, To.tables.barriers, Row, R);
  }
  return Row.take();
}

llvm::Error readModuleHook(Target &To, const YamlNode &Node) {
  RowReader Row(To.file, Node, "module_hooks", {"name", "names", "kind", "argument"});
  ModuleHookRule R;
  R.kind = Row.choice("kind", {"init", "exit", "driver"});
  R.argument = Row.argument("argument", 0);
  for (const PlacedWord &W : Row.names()) {
    R.name = W.text;
    R.where = W.where;
    put(To, To.tables.module_hooks, Row, R);
  }
  return Row.take();
}

llvm::Error readCallbackField(Target &To, const YamlNode &Node) {
  RowReader Row(To.file, Node, "callback_fields", {"record", "field", "fields", "reached"});
  CallbackFieldRule R;
  R.record = Row.name("record");
  R.reached = Row.choice("reached", {"module_exit", "runtime"});
  for (const PlacedWord &W : Row.names("field", "fields")) {
    R.field = W.text;
    R.where = W.where;
    put(To, To.tables.callback_fields, Row, R);
  }
  return Row.take();
}

llvm::Error readRcuCalledField(Target &To, const YamlNode &Node) {
  RowReader Row(To.file, Node, "rcu_called_fields", {"record", "field", "fields"});
  RcuCalledFieldRule R;
  R.record = Row.name("record");
  for (const PlacedWord &W : Row.names("field", "fields")) {
    R.field = W.text;
    R.where = W.where;
    put(To, To.tables.rcu_called_fields, Row, R);
  }
  return Row.take();
}

llvm::Error readRcuCalledArgument(Target &To, const YamlNode &Node) {
  RowReader Row(To.file, Node, "rcu_called_arguments", {"name", "names", "argument"});
  RcuCalledArgumentRule R;
  R.argument = Row.optionalArgument("argument");
  for (const PlacedWord &W : Row.names()) {
    R.name = W.text;
    R.where = W.where;
    put(To, To.tables.rcu_called_arguments, Row, R);
  }
  return Row.take();
}

llvm::Error readLateField(Target &To, const YamlNode &Node) {
  RowReader Row(To.file, Node, "late_fields", {"record", "field", "fields", "barrier"});
  LateFieldRule R;
  R.record = Row.name("record");
  R.barrier = Row.name("barrier");
  for (const PlacedWord &W : Row.names("field", "fields")) {
    R.field = W.text;
    R.where = W.where;
    put(To, To.tables.late_fields, Row, R);
  }
  return Row.take();
}

llvm::Error readUnloadEvent(Target &To, const YamlNode &Node) {
  RowReader Row(To.file, Node, "unload_events", {"name", "names", "event", "of", "argument", "needs", "then", "drops"});
  UnloadRule R;
  const std::string Event = Row.choice("event", EventNames);
  for (size_t N = 0; N < std::size(EventNames); ++N)
    if (EventNames[N] == Event)
      R.event = static_cast<UnloadRule::Event>(N);
  if (R.event == UnloadRule::Wait || R.event == UnloadRule::End)
    if (R.of = Row.text("of"); !llvm::StringRef(R.of).contains('.'))
      R.of = Row.choice("of", {"srcu", "rcu_work"});
  if (R.event == UnloadRule::Stop && !Row.has("needs"))
    R.of = Row.name("of");
  else if (R.event == UnloadRule::Stop || R.event == UnloadRule::Settled)
    R.needs = Row.list("needs");
  if (R.event == UnloadRule::ConditionalWait)
    R.of = Row.text("of"), R.needs = Row.list("needs"), R.then = Row.list("then"), R.drops = Row.list("drops");
  R.argument = Row.argument("argument", 0);
  for (const PlacedWord &W : Row.names()) {
    R.name = W.text;
    R.where = W.where;
    put(To, To.tables.unload_events, Row, R);
  }
  return Row.take();
}

llvm::Error readUserDoor(Target &To, const YamlNode &Node) {
  RowReader Row(To.file, Node, "user_doors", {"name", "names", "kind", "argument", "called", "called_argument", "place", "open", "close", "needs"});
  UserDoorRule R;
  R.kind = Row.name("kind");
  R.argument = Row.argument("argument", 0);
  if (Row.has("called"))
    R.called = Row.list("called");
  R.called_argument = Row.optionalArgument("called_argument");
  R.place = Row.text("place");
  R.open = Row.text("open");
  R.close = Row.text("close");
  R.needs = Row.text("needs");
  if (R.open.empty() != (R.kind == "parameter"))
    Row.problem(Row.where(), R.open.empty() ? "a row of user_doors without 'open'" : "a parameter is not opened", R.open.empty() ? "add 'open: ...', what user space does" : "leave 'open' out");
  if (!R.called.empty() && R.called_argument)
    Row.problem(Row.where(), "both 'called' and 'called_argument' in one row of user_doors", "keep one of them");
  for (const PlacedWord &W : Row.names()) {
    R.name = W.text;
    R.where = W.where;
    put(To, To.tables.user_doors, Row, R);
  }
  return Row.take();
}

llvm::Error readUserStep(Target &To, const YamlNode &Node) {
  RowReader Row(To.file, Node, "user_steps", {"record", "field", "fields", "do", "by"});
  UserStepRule R;
  R.record = Row.name("record");
  R.does = Row.text("do");
  if (R.does.empty())
    R.when = Row.choice("by", {"open", "close"}) == "open" ? UserStepRule::Open : UserStepRule::Close;
  else if (Row.has("by"))
    Row.problem(Row.where(), "both 'do' and 'by' in one row of user_steps", "keep one of them");
  for (const PlacedWord &W : Row.names("field", "fields")) {
    R.field = W.text;
    R.where = W.where;
    put(To, To.tables.user_steps, Row, R);
  }
  return Row.take();
}

llvm::Error readReviewEvent(Target &To, const YamlNode &Node) {
  RowReader Row(To.file, Node, "review_events", {"name", "names", "event"});
  ReviewRule R;
  const std::string Event = Row.choice("event", ReviewEventNames);
  for (size_t N = 0; N < std::size(ReviewEventNames); ++N)
    if (ReviewEventNames[N] == Event)
      R.event = static_cast<ReviewRule::Event>(N);
  for (const PlacedWord &W : Row.names()) {
    R.name = W.text;
    R.where = W.where;
    put(To, To.tables.review_events, Row, R);
  }
  return Row.take();
}

llvm::Error readConversion(Target &To, const YamlNode &Node) {
  RowReader Row(To.file, Node, "conversions",
                {"deferral", "deferrals", "family", "families", "replacement", "refusal"});
  ConversionRule R;
  R.replacement = Row.text("replacement");
  R.refusal = Row.text("refusal");
  if (R.replacement.empty() == R.refusal.empty())
    Row.problem(Row.where(),
                R.refusal.empty() ? "a conversion with neither 'replacement' nor 'refusal'"
                                  : "a conversion with both 'replacement' and 'refusal'",
                "give the name of the replacement, or the reason why there is none");
  const std::vector<PlacedWord> Families = Row.names("family", "families");
  for (const PlacedWord &D : Row.names("deferral", "deferrals"))
    for (const PlacedWord &F : Families) {
      R.deferral = D.text;
      R.family = F.text;
      R.where = F.where;
      put(To, To.tables.conversions, Row, R);
    }
  return Row.take();
}

/// A section of names: each row is a name, or a mapping with 'name' or 'names' and remarks.
llvm::Error readNames(Target &To, const YamlNode &Node, RowTable<NameRule> &Table) {
  YamlNode Wrapped;
  if (Node.kind == YamlNode::Scalar) { // "- WARN_ON" means "- name: WARN_ON"
    Wrapped = Node;
    Wrapped.kind = YamlNode::Map;
    Wrapped.entries.push_back({Node, Node});
    Wrapped.entries.front().key.text = "name";
  }
  RowReader Row(To.file, Node.kind == YamlNode::Scalar ? Wrapped : Node, Table.section(), {"name", "names"});
  for (const PlacedWord &W : Row.names())
    put(To, Table, Row, NameRule{W.text, W.where});
  return Row.take();
}

using RowFunction = llvm::Error (*)(Target &, const YamlNode &);

template <RowTable<NameRule> RowTables::*Member> llvm::Error readNamesOf(Target &To, const YamlNode &Node) {
  return readNames(To, Node, To.tables.*Member);
}

struct Section {
  const char *name;
  RowFunction read;
};

const Section Sections[] = {
    {"deferrals", readDeferral},
    {"frees", readFree},
    {"cache_create", readCacheCreate},
    {"cache_destroy", readCacheDestroy},
    {"barriers", readBarrier},
    {"module_hooks", readModuleHook},
    {"callback_fields", readCallbackField},
    {"rcu_called_fields", readRcuCalledField},
    {"rcu_called_arguments", readRcuCalledArgument},
    {"late_fields", readLateField},
    {"unload_events", readUnloadEvent},
    {"user_doors", readUserDoor},
    {"user_steps", readUserStep},
    {"conversions", readConversion},
    {"checks", readNamesOf<&RowTables::checks>},
    {"container_macros", readNamesOf<&RowTables::container_macros>},
    {"replacements", readNamesOf<&RowTables::replacements>},
    {"deferred_frees_no_head", readNamesOf<&RowTables::deferred_frees_no_head>},
    {"heads", readNamesOf<&RowTables::heads>},
    {"head_readers", readNamesOf<&RowTables::head_readers>},
    {"cache_alloc", readNamesOf<&RowTables::cache_alloc>},
    {"pool_destroy", readNamesOf<&RowTables::pool_destroy>},
    {"signals", readNamesOf<&RowTables::signals>},
    {"work_ends", readNamesOf<&RowTables::work_ends>},
    {"unlinks", readNamesOf<&RowTables::unlinks>},
    {"atomic_begins", readNamesOf<&RowTables::atomic_begins>},
    {"atomic_ends", readNamesOf<&RowTables::atomic_ends>},
    {"reader_begins", readNamesOf<&RowTables::reader_begins>},
    {"reader_ends", readNamesOf<&RowTables::reader_ends>},
    {"sleeping_waits", readNamesOf<&RowTables::sleeping_waits>},
    {"printing_calls", readNamesOf<&RowTables::printing_calls>},
    {"review_events", readReviewEvent},
    {"version_macros", readNamesOf<&RowTables::version_macros>},
    {"quiet_calls", readNamesOf<&RowTables::quiet_calls>},
    {"effect_calls", readNamesOf<&RowTables::effect_calls>},
};

const char RemoveKey[] = "remove";

const Section *sectionOf(llvm::StringRef Name) {
  for (const Section &S : Sections)
    if (Name == S.name)
      return &S;
  return nullptr;
}

/// The items of a section or of 'remove'.
llvm::Error checkList(const Target &To, const YamlNode &Key, const YamlNode &Value) {
  if (Value.kind == YamlNode::List && !Value.items.empty())
    return llvm::Error::success();
  const YamlNode &Place = Value.kind == YamlNode::Null ? Key : Value;
  return failAt(To.file, Place.line, Place.column, "'" + Key.text + "' must be a list with at least one row",
                "write one '- ...' a row, or leave '" + Key.text + "' out");
}

/// Every conversion of a deferral or family that is gone would speak of nothing.
void dropOrphans(RowTables &Tables) {
  std::set<std::string> Families{AnyWord};
  for (const FreeRule &F : Tables.frees.rows())
    Families.insert(F.family);
  Tables.conversions.removeIf([&](const ConversionRule &C) {
    return !Families.count(C.family) || (C.deferral != AnyWord && !Tables.deferrals.find(C.deferral));
  });
}

llvm::Error removeRow(Target &To, const YamlNode &Item) {
  if (Item.kind != YamlNode::Scalar)
    return failAt(To.file, Item.line, Item.column, "an item of 'remove' must be a word",
                  "write 'remove: [name, record.field, deferral+family]'");
  bool Found = false;
  std::vector<std::string> Known;
  To.tables.forEach([&](auto &Table) {
    for (const auto &Row : Table.rows())
      Known.push_back(rowKey(Row));
    Found |= Table.removeIf([&](const auto &Row) { return rowKey(Row) == Item.text; });
  });
  if (Found) {
    dropOrphans(To.tables);
    return llvm::Error::success();
  }
  // The list of all names is too long for a mend, so without a near one the mend says what would do.
  std::string Mend = mendUnknown(Item.text, std::move(Known), "");
  if (!llvm::StringRef(Mend).starts_with("did you mean"))
    Mend = "name a row of an earlier file, as 'name', 'record.field' or 'deferral+family'";
  return failAt(To.file, Item.line, Item.column, "no earlier file has a row '" + Item.text + "' to remove",
                Mend);
}

llvm::Error checkSectionNames(const Target &To, const YamlNode &Root) {
  for (const auto &[Key, Value] : Root.entries) {
    if (Key.text != RemoveKey && !sectionOf(Key.text)) {
      std::vector<std::string> Known{RemoveKey};
      for (const Section &S : Sections)
        Known.push_back(S.name);
      return failAt(To.file, Key.line, Key.column, "unknown section '" + Key.text + "'",
                    mendUnknown(Key.text, std::move(Known), "sections"));
    }
    if (llvm::Error E = checkList(To, Key, Value))
      return E;
  }
  return llvm::Error::success();
}

} // namespace

llvm::Error addRuleFile(RowTables &Tables, const std::string &File, const YamlNode &Root, unsigned Layer) {
  Target To{Tables, File, Layer};
  if (Root.kind == YamlNode::Null)
    return fail(File + ": no rules in the file; give it a section such as 'deferrals:' or leave it out");
  if (Root.kind != YamlNode::Map)
    return failAt(File, Root.line, Root.column, "a rule file must be a mapping of sections",
                  "begin with a section such as 'deferrals:'");
  if (llvm::Error E = checkSectionNames(To, Root))
    return E;
  // Removals come first wherever they stand, so that a file can take a row away and give its own instead.
  for (const auto &[Key, Value] : Root.entries)
    if (Key.text == RemoveKey)
      for (const YamlNode &Item : Value.items)
        if (llvm::Error E = removeRow(To, Item))
          return E;
  for (const auto &[Key, Value] : Root.entries)
    if (const Section *S = sectionOf(Key.text))
      for (const YamlNode &Row : Value.items)
        if (llvm::Error E = S->read(To, Row))
          return E;
  return llvm::Error::success();
}

} // namespace krcu
