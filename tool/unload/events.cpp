// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which event a call is.
#include "tool/unload/timeline.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {
namespace {

bool sameThing(StringRef A, StringRef B) {
  A.consume_front("&"), B.consume_front("&");
  if (A == B)
    return !A.empty();
  bool Members = (A.contains("->") || A.contains('.')) && (B.contains("->") || B.contains('.'));
  return Members && lastName(A) == lastName(B) && !lastName(A).empty(); // of some object of the kind
}

/// for each row of a table: kmem_cache_destroy(*row->cache). Whether a row of a table that the function names, or is handed, has what is asked about.
bool isInTable(const ModuleText &M, const TextFunction &F, const std::map<std::string, std::string> &Passed, StringRef Taken, const std::string &Wanted) {
  if (Wanted != firstName(Wanted) || !(Taken.contains('*') || Taken.contains('[') || Taken.contains("->") || Taken.contains('.')))
    return false;
  Taken = Taken.ltrim("*&(").rtrim(')');
  const std::string Field = Taken.contains("->") || Taken.contains('.') ? lastName(Taken) : std::string();
  bool Found = false;
  M.forEachVariable([&](const TextVariable &V) {
    auto Names = [&](const auto &Each) { return firstName(Each.second) == V.name; };
    if (Found || !(std::binary_search(F.text->identifiers.begin(), F.text->identifiers.end(), V.name) || llvm::any_of(Passed, Names)))
      return;
    Found = llvm::any_of(V.entries, [&](const TextVariable::Entry &E) { return E.word == Wanted && (E.field.empty() || E.field == Field); });
  });
  return Found;
}

} // namespace

std::string plainExpression(StringRef Expression) {
  Expression = Expression.trim();
  while (Expression.starts_with("(") && Expression.ends_with(")"))
    Expression = Expression.drop_front().drop_back().trim();
  std::string Result;
  for (char C : Expression)
    if (!llvm::isSpace(C))
      Result += C;
  return Result;
}

std::string callText(const FlowCall &C) {
  std::string Call = C.name + "(";
  for (size_t N = 0; N < C.arguments.size(); ++N)
    Call += (N ? ", " : "") + C.arguments[N];
  return Call + ")";
}

void UnloadTimeline::note(UnloadEvent::Kind Kind, const TextFunction &F, const FlowCall &C, std::string Text, bool Always) {
  if (Kind == UnloadEvent::Wait) {
    rememberStores();
    ++Steps;
    FirstWait = FirstWait ? FirstWait : Steps;
  }
  if (Kind == UnloadEvent::Stop || Kind == UnloadEvent::Queue)
    MayWait = 0;
  std::pair<Location, int> Key{{F.file, C.line, 0}, static_cast<int>(Kind)};
  auto [It, New] = Noted.try_emplace(Key, UnloadEvent{Kind, {F.file, C.line, 0}, F.name, std::move(Text), false, F.own});
  if (!New)
    return;
  It->second.always = Always && certain();
  Order.push_back(Key);
}

/// Whether the call at hand is made on every way, and all those around it are. Of a start that fails, on every way to one of its failures.
bool UnloadTimeline::certain() const {
  return llvm::all_of(Calls, [&](const auto &Each) { return Each.flow && (Each.flow == Failing ? leadsToFailure(*Each.flow, Each.node) : Each.flow->always(Each.node)); });
}

bool UnloadTimeline::waits(const std::string &Name, const std::vector<std::string> &Arguments) const {
  if (Q.asks(UnloadQuestion::RcuWork) && U.find(Name, UnloadRule::Wait, "rcu_work"))
    return true;
  if (Q.member)
    return U.find(Name, UnloadRule::Wait, Q.object) != nullptr;
  const BarrierRule *B = R.barrier(Name);
  if (!B)
    return !Q.asks(UnloadQuestion::Srcu) && !Q.asks(UnloadQuestion::Tasks) && R.cacheDestroy(Name) && S.is("destroy_waits_call_rcu");
  if (B->cache_only)
    return false;
  if (Q.asks(UnloadQuestion::Tasks))
    return llvm::is_contained(B->waits_for, Q.object);
  if (Q.asks(UnloadQuestion::Srcu))
    return llvm::is_contained(B->waits_for, "srcu") && (Q.object.empty() || Arguments.empty() || Arguments[0].empty() || sameThing(plainExpression(Arguments[0]), Q.object));
  return llvm::is_contained(B->waits_for, "call_rcu");
}

bool UnloadTimeline::isWithout(const TextFunction &F, const FlowCall &C) const { return O.without.count({F.file, C.line}) != 0; }

bool UnloadTimeline::flagged(const std::string &Condition) const {
  return llvm::any_of(wordsOf(Condition), [&](const std::string &Word) { return Word.size() > 1 && Flags.count(Word) != 0; });
}

UnloadTimeline::State UnloadTimeline::primitive(const TextFunction &F, const FlowCall &C, const Arguments &A, State In, bool &Known) {
  auto PassedAt = [&](unsigned N) { return N < C.arguments.size() ? plainExpression(substituted(C.arguments[N], A)) : std::string(); };
  State Out = In;
  if (Q.until == UnloadQuestion::Destruction) {
    const CacheRule *Cache = R.cacheDestroy(C.name);
    const UnloadRule *End = U.find(C.name, UnloadRule::End);
    std::string Taken = Cache ? PassedAt(Cache->cache) : llvm::is_contained(R.pool_destroy, C.name) ? PassedAt(0) : End ? PassedAt(End->argument) : std::string();
    if (!Taken.empty() && (sameThing(Taken, Q.taken) || isInTable(M, F, A, Taken, Q.taken))) {
      if (waits(C.name, {}) && !isWithout(F, C))
        Out = Clean;
      Out = atEnd(F, C, Taken, Out);
      Known = true;
      return Out;
    }
  }
  if (waits(C.name, {PassedAt(0)})) {
    Known = true;
    if (isWithout(F, C))
      return In;
    return waited(F, C, In);
  }
  if (const DeferralRule *D = R.deferral(C.name)) {
    Known = true;
    std::string Flavour = Q.asks(UnloadQuestion::Srcu) ? "srcu" : Q.asks(UnloadQuestion::Tasks) ? Q.object : "rcu";
    if (D->flavour != Flavour || D->callback >= C.arguments.size() || !O.queues)
      return In;
    std::string Name = namedCallback(PassedAt(D->callback));
    const TextFunction *Own = Name.empty() ? nullptr : M.own(Name, F.file);
    if (Own ? !Q.callbacks.count(Own->symbol) : !Q.queueing.count(F.name))
      return In;
    note(UnloadEvent::Queue, F, C, C.name + "() queues " + (Own ? Own->name + "()" : C.arguments[D->callback]));
    return Dirty;
  }
  if (O.queues && Q.queueing.count(F.name) && llvm::any_of(R.rcu_called_arguments, [&](const RcuCalledArgumentRule &Rule) { return Rule.name == C.name && !Rule.argument; })) {
    Known = true;
    note(UnloadEvent::Queue, F, C, C.name + "() queues");
    return Dirty;
  }
  return In;
}

/// Whether a wait is there in every configuration in which something is queued.
bool UnloadTimeline::configured(const FlowCall &C) const {
  return C.config.empty() || Configs.empty() || llvm::all_of(Configs, [&](const std::string &Each) { return Each == C.config; });
}

UnloadTimeline::State UnloadTimeline::waited(const TextFunction &F, const FlowCall &C, State In) {
  bool Always = configured(C);
  note(UnloadEvent::Wait, F, C, C.name + "() waits for what was queued so far" + (Always ? "" : ", under " + C.config), Always);
  if (Always)
    return Clean;
  if (!O.generous)
    return In | Clean;
  doubts(C.name + "() is there only under " + C.config, F, C);
  return Clean;
}

UnloadTimeline::State UnloadTimeline::atEnd(const TextFunction &F, const FlowCall &C, const std::string &What, State In) {
  std::string Text = C.name + "(" + What + ") takes it away";
  note(UnloadEvent::End, F, C, Text);
  if (In & Dirty && llvm::none_of(Broken, [&](const UnloadEvent &E) { return E.where.file == F.file && E.where.line == C.line; }))
    Broken.push_back({UnloadEvent::End, {F.file, C.line, 0}, F.name, Text, certain(), F.own});
  return In;
}

/// A work item, timer, thread or queue of these ends.
std::string UnloadTimeline::stoppedWork(const TextFunction &F, const FlowCall &C, const Arguments &A) {
  if (C.arguments.empty()) { // flush_scheduled_work()
    Ends.push_back({"", "", callText(C), false, ++Steps});
    return {};
  }
  std::string Asks; // those that would queue, but for what the end has set
  auto Queues = [&](const std::set<std::string> &Symbols) -> std::string {
    for (const std::string &Symbol : Symbols) {
      if (!Coming.count(plainName(Symbol)))
        continue;
      const TextFunction *Own = O.generous ? M.bySymbol(Symbol) : nullptr;
      std::string Why = Own ? turnedAway(*Own) : std::string();
      if (Why.empty())
        return plainName(Symbol);
      Asks = std::move(Why);
    }
    return {};
  };
  std::string Object = C.arguments[0];
  const Flow &G = M.tree().flow(F);
  if (auto Value = G.values.find(firstName(Object)); Value != G.values.end() && Object == Value->first)
    Object = Value->second;
  std::string Word = lastName(Object);
  if (auto It = A.find(Word); It != A.end())
    Word = lastName(Object = It->second);
  OwnWork = StringRef(plainExpression(Object)).ltrim('&') == Word && !G.locals.count(Word) && !llvm::is_contained(G.parameters, Word);
  if (G.ambiguous.count(Word) && Object == Word)
    return {}; // a local that is one thing here and another there
  Ends.push_back({Word, "", callText(C), false, ++Steps}); // a queue, say, with what is on it
  for (const std::string &Symbol : M.togetherWith(Word))
    Ends.push_back({Word, plainName(Symbol), callText(C), Coming.count(plainName(Symbol)) != 0, Steps});
  std::string By = Queues(M.togetherWith(Word));
  bool Direct = !By.empty();
  OwnWork = OwnWork && Direct;
  std::string Through; // the work, where this is its queue
  if (!Direct)
    for (const std::string &Partner : M.partnersOf(Word))
      if (By.empty() && !(By = Queues(M.togetherWith(Partner))).empty())
        Through = Partner;
  if (By.empty()) {
    if (!Asks.empty())
      doubts(Asks, F, C);
    return By;
  }
  auto [Before, First] = Stopped.try_emplace(plainExpression(Object), F.file, C.line);
  bool Again = !First && Before->second != std::pair(F.file, C.line);
  // What was queued for a mount is over with it; and so is a work that is part of what a device has, when all devices are gone.
  // An end that only flushes the queue does so because something may be left on it.
  bool OfMounts = (Mounts && U.find(C.name, UnloadRule::OfMounts)) || (!Direct && (Mounts || (O.generous && DevicesGone && M.isMember(Through) && !StringRef(C.name).starts_with("flush_"))));
  const std::set<std::string> &Named = M.togetherWith(Word);
  bool OneOfMany = Direct && Word != Object && llvm::any_of(Named, [&](const std::string &S) { return !Coming.count(plainName(S)); });
  if (O.generous && (Again || OfMounts || OneOfMany)) {
    doubts(OneOfMany && !Again ? "members named " + Word + " run " + std::to_string(Named.size()) + " functions, and whether this one is " + By + "() is not known" : Again ? By + "() was waited for before, at " + Before->second.first + ":" + std::to_string(Before->second.second)
                 : "whether " + By + "() can still run when nothing uses the module any more is not known", F, C);
    return {};
  }
  return "until " + callText(C) + " returns " + By + "() may run, which queues";
}

/// What a call outside the module ends: a producer of callbacks of the question, in words; empty if none is known. \p Waits: what it calls back
/// meanwhile may wait.
std::string UnloadTimeline::stoppedBy(const TextFunction &F, const FlowCall &C, const Arguments &A, bool &Waits) {
  auto Queues = [&](const std::set<std::string> &Symbols) -> std::string {
    for (const std::string &Symbol : Symbols)
      if (Coming.count(plainName(Symbol)))
        return plainName(Symbol);
    return {};
  };
  std::string Call = callText(C);
  if (llvm::is_contained(R.work_ends, C.name))
    return stoppedWork(F, C, A);
  if (std::string Stops = stoppedByRow(C); !Stops.empty())
    return Stops;
  StringRef Name = C.name;
  if (Name.contains("register") && !Name.contains("unregister") && !Name.contains("deregister"))
    return {};
  if (!llvm::any_of(Name, [](char Each) { return llvm::isLower(Each); }))
    return {}; // ARRAY_SIZE(table) and its kin end nothing
  std::string Result;
  for (const std::string &Argument : C.arguments) {
    StringRef T = Argument;
    T.consume_front("&");
    T = T.split('[').first;
    std::string Variable = T.str();
    if (auto It = A.find(Variable); It != A.end()) {
      StringRef Value = It->second;
      Value.consume_front("&");
      Variable = Value.str();
    }
    if (Variable.empty() || Variable != firstName(Variable))
      continue;
    // kthread_stop_all(thread), for_each(set, fn): until then it may run.
    if (const TextFunction *Own = Coming.count(Variable) && Result.empty() ? M.own(Variable, F.file) : nullptr)
      Result = "until " + Call + " returns " + Own->name + "() may run, which queues";
    if (M.variables(Variable).empty())
      continue;
    const Held &H = heldBy(Variable);
    for (const TextVariable *V : M.variables(Variable)) // its own functions; what they set up ends elsewhere
      for (const TextVariable::Entry &E : V->entries)
        if (const TextFunction *Own = M.own(E.word, V->file); Own && !U.find(C.name, UnloadRule::TakesOff) && (O.generous ? H.sure : H.all).count(Own->symbol))
          Ends.push_back({Variable, Own->name, Call, false, ++Steps});
    std::string By = Queues(H.all);
    if (!By.empty() && O.generous && Queues(H.sure).empty()) {
      doubts("whether " + By + "() can still run when " + Variable + " is taken away is not known", F, C);
      By.clear();
    }
    if (!By.empty() && O.generous && !LinksGone.empty() && U.find(C.name, UnloadRule::OfDevices)) {
      doubts(By + "() looks for devices of the module, which " + LinksGone + " has taken away", F, C);
      By.clear();
    }
    if (!By.empty() && Result.empty())
      Result = "until " + Call + " returns " + By + "() may run, which queues";
    for (const std::string &Symbol : H.teardown) {
      const TextFunction *Own = Waits || !O.generous ? nullptr : M.bySymbol(Symbol);
      if (!Own)
        continue;
      auto [Known, New] = Teardowns.try_emplace(Symbol);
      if (std::set<std::string> Seen; New)
        Known->second.first = mayWait(*Own, 6, Seen, Known->second.second);
      if (!Known->second.first)
        continue;
      Waits = true;
      Doubt = Known->second.second.text + " when " + Variable + " is taken away, in " + Own->name + "()";
      DoubtAt = Known->second.second;
    }
  }
  return Result;
}

} // namespace krcu
