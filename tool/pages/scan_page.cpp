// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/lifetime/leftovers.h"
#include "tool/pages/pages.h"
#include "tool/report/steps.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"

namespace krcu::pages {

const Timeline *counterexample(const std::vector<Timeline> &All, const std::string &Era, const std::vector<std::string> &Rows, const std::string &Shows) {
  for (const std::string &Row : Rows)
    for (const Timeline &T : All)
      if (T.era == Era && T.row == Row && (Shows.empty() || T.shows == Shows))
        return &T;
  return nullptr;
}

void describeTree(const std::string &Version, const Semantics &S, Page &To) {
  To.about.push_back({"kernel", "Linux " + Version});
  if (!To.asked.commit.empty())
    To.about.push_back({"commit", To.asked.commit});
  if (!To.asked.root.empty())
    To.about.push_back({"tree", To.asked.root});
  if (!To.asked.module.empty())
    To.about.push_back({"module", To.asked.module});
  const EraRule *Era = S.table.era(S.era);
  To.about.push_back({"who waits for whom", "as in " + S.era + (Era ? ": " + Era->title : "")});
  for (const SemanticFact &F : S.facts) {
    std::string Value = !F.known ? "not known" : F.value ? "yes" : "no";
    FactRow Row{F.title, Value, F.assumed, {}};
    for (const Evidence &E : F.evidence)
      Row.steps.push_back({"tree", {E.file, E.line, 0}, E.function, E.text});
    To.facts.push_back(std::move(Row));
    if (F.assumed)
      To.assumed.push_back(F.title + "? " + Value);
  }
}

namespace {

const std::vector<Group> &scanGroups() {
  static const std::vector<Group> Groups = {
      {"convert", "good", "to convert", "kfree_rcu() is safe here in this tree; krcu patch makes the change.", false},
      {"review", "warn", "for a person to judge", "The callback only frees, but something decides that krcu does not know.", false},
      {"unsafe", "bad", "not safe", "The callback only frees, but with kfree_rcu() an object may outlive its cache. Leave these as they are.", false},
      {"refuse", "dim", "free-only, not replaceable", "The callback only frees, but no kfree_rcu() can take the place of the call.", false},
      {"unknown_callback", "dim", "callbacks unknown", "What is called cannot be told from the text.", true},
      {"not_parsed", "dim", "not parsed", "No configuration that was tried shows these lines, or the file does not parse.", true},
      {"more_than_free", "dim", "do more than free", "These need their callbacks.", true},
      {"definition", "dim", "wrappers and definitions", "The primitive itself, and what stands for it.", true},
  };
  return Groups;
}

const Group &groupOf(const std::string &Class) {
  return *llvm::find_if(scanGroups(), [&](const Group &G) { return G.cls == Class; });
}

Step stepOf(const SiteReport &R, const Semantics &S, const Evidence &E) { return {stepKind(R, S, E), {E.file, E.line, 0}, E.function, E.text}; }

void addChain(Item &To, const char *Title, const SiteReport &R, const Semantics &S, const EvidenceList &List) {
  if (List.empty())
    return;
  Chain C{Title, {}};
  for (const Evidence &E : List)
    C.steps.push_back(stepOf(R, S, E));
  To.chains.push_back(std::move(C));
}

void addLeftovers(Item &To, const SiteReport &R, const Semantics &S) {
  for (const BarrierLeftover &B : R.leftovers->barriers) {
    To.also.push_back({"barrier", B.where, plainName(B.function), B.barrier + "() " + (B.may_go ? "may go: " : "stays: ") + B.why});
    for (const Evidence &E : B.looked_at)
      To.also.push_back({"queue", {E.file, E.line, 0}, E.function, E.text + ", which the conversion takes away"});
    for (const Evidence &E : B.needed_by)
      To.also.push_back({"queue", {E.file, E.line, 0}, E.function, E.text + ", which may still be queued"});
  }
  for (const FieldLeftover &F : R.leftovers->fields)
    for (const Evidence &E : F.stores)
      To.also.push_back(stepOf(R, S, E));
}

/// The edits of one file under each other. `Changes` has no context; the lines around come with the evidence.
std::vector<Change> changesOf(const SiteText &T) {
  std::vector<Change> Result;
  long Shift = 0;
  for (const SiteEdit &E : T.edits) {
    if (Result.empty() || Result.back().title != E.file) {
      Result.push_back({E.file, {}});
      Shift = 0;
    } else {
      Result.back().lines.push_back({'@', 0, "..."});
    }
    unsigned Line = E.line;
    for (const std::string &L : E.before)
      Result.back().lines.push_back({'-', Line++, L});
    Line = static_cast<unsigned>(static_cast<long>(E.line) + Shift);
    for (const std::string &L : E.after)
      Result.back().lines.push_back({'+', Line++, L});
    Shift += static_cast<long>(E.after.size()) - static_cast<long>(E.before.size());
  }
  return Result;
}

Item itemOf(const ReportInput &In, const SiteReport &R, const SiteText *Text, const Semantics &S, const std::vector<Timeline> &Timelines) {
  Item I;
  I.cls = className(R.cls);
  I.tone = groupOf(I.cls).tone;
  I.where = R.census.where;
  I.title = R.site && R.site->callback_kind == CallbackKind::Function ? plainName(R.site->callback) : R.census.callback;
  I.reason = reasonText(R);
  I.replacement = R.replacement;
  I.filters = {{"class", I.cls}, {"family", R.family}};
  auto Add = [&](const char *Name, std::string Value) {
    if (!Value.empty())
      I.facts.push_back({Name, std::move(Value)});
  };
  Add("in", R.census.function.empty() ? "" : R.census.function + "()");
  Add("now", R.census.word() + "(" + (R.site ? R.site->head_text : std::string("...")) + ", " + R.census.callback + ")");
  Add("frees with", R.family);
  Add("verdict", verdictName(R.verdict));
  const ConfiguredAnswer *Configured = configuredOf(In, R);
  Add("holds", Configured ? configuredText(R, *Configured) : "");
  for (const CacheReport &C : R.caches) {
    Add("cache", C.name);
    for (const std::string &M : C.missing)
      Add("not known of the cache", M);
  }
  if (Text)
    I.changes = changesOf(*Text);
  I.change_title = R.cls == SiteClass::Convert ? "The change" : R.cls == SiteClass::Unsafe ? "What the change would be; it is not safe" : "What the change would be";
  if (R.cls == SiteClass::Convert || R.cls == SiteClass::Review || R.cls == SiteClass::Unsafe)
    I.drawings = drawingsOf(R, S);
  addChain(I, "What shows it", R, S, R.evidence);
  addChain(I, "The life of the cache", R, S, R.context);
  if (Configured && Configured->given && !Configured->because.empty())
    addChain(I, "In your configuration", R, S, Configured->evidence);
  if (R.leftovers)
    addLeftovers(I, R, S);
  if (R.reason == Reason::DestroyedWithoutWait) {
    bool Barrier = llvm::any_of(R.destructions, [](const DestructionReport &D) { return !D.barriers.empty(); });
    std::vector<std::string> Rows = {"exit kfree_rcu, no barrier", "destroy_waits_kfree_rcu"};
    if (Barrier)
      Rows.insert(Rows.begin(), "exit kfree_rcu, rcu_barrier");
    if (const Timeline *T = counterexample(Timelines, S.era, Rows))
      I.counterexamples.push_back(T);
  }
  return I;
}

} // namespace

Page scanPage(const ReportInput &In, const std::vector<Timeline> &Timelines) {
  Page P;
  P.asked = In.asked;
  P.title = "krcu " + In.asked.command + ": Linux " + In.tree_version;
  describeTree(In.tree_version, *In.semantics, P);
  if (In.config)
    P.about.push_back({"configuration", In.config->name() + (In.config->version().empty() ? "" : ", Linux " + In.config->version())});
  P.groups = scanGroups();
  P.filters = {{"class", "class"}, {"directory", "directory"}, {"family", "frees with"}};
  for (size_t N = 0; N < In.sites->size(); ++N)
    P.items.push_back(itemOf(In, (*In.sites)[N], In.texts ? &(*In.texts)[N] : nullptr, *In.semantics, Timelines));
  if (In.asked.command == "explain") // one site: no tiles of what is not there
    llvm::erase_if(P.groups, [&](const Group &G) { return llvm::none_of(P.items, [&](const Item &I) { return I.cls == G.cls; }); });
  else
    P.notes.push_back(counted(In.sites->size(), "call") + "; the classes add up to them.");
  std::string Others;
  for (const auto &[Name, Count] : In.other_flavours)
    Others += (Others.empty() ? "Calls of other flavours are left alone: " : ", ") + std::to_string(Count) + " of " + Name + "()";
  if (!Others.empty())
    P.notes.push_back(Others + ".");
  std::vector<std::string> Problems;
  for (const ReportProblem &R : In.problems)
    Problems.push_back(R.file + ": " + R.cause);
  P.lists.push_back({counted(Problems.size(), "file") + " did not parse cleanly", Problems});
  return P;
}

} // namespace krcu::pages
