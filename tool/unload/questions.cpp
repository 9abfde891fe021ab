// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/unload/questions.h"
#include "tool/index/lex.h"
#include "tool/lifetime/module_files.h"
#include "tool/support/stable_sort.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {
namespace {

bool isHeader(StringRef File) { return File.ends_with(".h"); }

std::string calledText(const TextFunction &F, const UnloadModule &M) { return F.name + "(), which is text of " + M.scope.name; }

/// struct Tag { struct foo Member; }: "foo"; "" if the text does not define the structure so.
std::string recordOfMember(StringRef Text, StringRef Tag, StringRef Member) {
  for (size_t At = Text.find(Tag); At != StringRef::npos; At = Text.find(Tag, At + 1)) {
    if (!Text.take_front(At).rtrim().ends_with("struct") || !Text.substr(At + Tag.size()).ltrim().starts_with("{"))
      continue;
    LexedText Lexed(Text.slice(At, std::min(Text.find("\n}", At), Text.size())));
    const std::vector<LexToken> &T = Lexed.tokens();
    for (size_t N = 2; N + 1 < T.size(); ++N) {
      if (T[N].text != Member || T[N + 1].text != ";")
        continue;
      size_t Type = T[N - 1].text == "*" ? N - 2 : N - 1;
      return Type > 0 && T[Type - 1].text == "struct" ? T[Type].text.str() : std::string();
    }
  }
  return {};
}

/// The member that an expression ends in: "release" of "o->release".
std::string memberIn(StringRef Expression) {
  std::string Name = lastName(Expression);
  StringRef Before = Expression.rtrim().drop_back(std::min(Name.size(), Expression.rtrim().size())).rtrim();
  return !Name.empty() && (Before.ends_with("->") || Before.ends_with(".")) ? Name : std::string();
}

} // namespace

UnloadSurvey::UnloadSurvey(const Database &DB, const Rules &R, const UnloadRules &U, const std::vector<CensusEntry> &All, ScopeOracle Scopes, std::function<bool(const std::string &)> Wanted)
    : DB(DB), R(R), U(U), All(All), Scopes(std::move(Scopes)), Wanted(std::move(Wanted)), Shared(std::make_shared<TreeText>(DB)), Tree(*Shared) {}

/// In parallel: whatever is asked of a module needs them all.
template <typename Names> void UnloadSurvey::makeOutlines(const Names &Files) const {
  std::vector<uint32_t> Ids;
  for (const std::string &File : Files)
    if (int Id = DB.index().find(File); Id >= 0)
      Ids.push_back(static_cast<uint32_t>(Id));
  DB.makeOutlines(Ids);
}

UnloadSurvey::Draft *UnloadSurvey::moduleOf(const std::string &File) {
  auto [It, New] = KeyOf.try_emplace(File);
  if (!New)
    return It->second.empty() ? nullptr : &Drafts[It->second];
  if (Wanted && !Wanted(File))
    return nullptr;
  ModuleScope Scope = Scopes(File);
  if (Scope.name.empty() || Scope.files.empty())
    return nullptr;
  It->second = Scope.name + "\n" + Scope.files.front();
  Draft &D = Drafts[It->second];
  if (!D.module.text) {
    makeOutlines(Scope.files);
    std::set<std::string> Text = filesOfText(DB, Scope);
    makeOutlines(Text);
    D.module.scope = std::move(Scope);
    D.module.text = std::make_shared<ModuleText>(Shared, std::vector<std::string>(Text.begin(), Text.end()));
  }
  return &D;
}

const FlowCall *UnloadSurvey::callAt(const ModuleText &M, const Location &Where, const std::string &Function) {
  for (auto [It, End] = M.functions().equal_range(Function); It != End; ++It)
    if (It->second.file == Where.file)
      for (const FlowNode &N : Tree.flow(It->second).nodes)
        if (N.kind == FlowNode::Call && N.line == Where.line)
          if (R.deferral(N.call.name))
            return &N.call;
  return nullptr;
}

ModuleQuestion &UnloadSurvey::question(Draft &D, UnloadQuestion::Flavour Flavour, const std::string &Object, UnloadQuestion::Until Until, const std::string &Taken) {
  for (ModuleQuestion &Q : D.module.questions)
    if (Q.question.flavour == Flavour && Q.question.object == Object && Q.question.until == Until && Q.question.taken == Taken)
      return Q;
  D.module.questions.emplace_back();
  UnloadQuestion &Q = D.module.questions.back().question;
  Q.flavour = Flavour, Q.object = Object, Q.until = Until, Q.taken = Taken;
  return D.module.questions.back();
}

void UnloadSurvey::addOwnSite(const CensusEntry &E, Draft &D) {
  std::string Name = namedCallback(E.callback);
  UnloadModule &M = D.module;
  auto Add = [&](const TextFunction &F, bool Named) {
    D.plain.push_back({E.where, E.function, F.symbol, E.deferral + "() queues " + calledText(F, M), Named, false});
  };
  if (!Name.empty()) {
    const TextFunction *F = M.text->own(Name, E.where.file);
    if (F)
      return Add(*F, true);
    // A parameter: what the callers in the module pass.
    const TextFunction *In = M.text->own(E.function, E.where.file);
    const std::vector<std::string> *Parameters = In ? &Tree.flow(*In).parameters : nullptr;
    size_t At = Parameters ? static_cast<size_t>(llvm::find(*Parameters, Name) - Parameters->begin()) : 0;
    if (!Parameters || At == Parameters->size())
      return;
    std::set<std::string> Seen;
    for (const auto &[Caller, Function] : M.text->functions())
      if (std::binary_search(Function.text->identifiers.begin(), Function.text->identifiers.end(), E.function))
        for (const FlowNode &N : Tree.flow(Function).nodes)
          if (N.kind == FlowNode::Call && N.call.name == E.function && At < N.call.arguments.size())
            if (const TextFunction *Passed = M.text->own(namedCallback(N.call.arguments[At]), Function.file); Passed && Seen.insert(Passed->symbol).second)
              Add(*Passed, true);
    return;
  }
  if (std::string Member = memberIn(E.callback); !Member.empty())
    for (const std::string &Symbol : M.text->storedIn(Member))
      if (const TextFunction *F = M.text->bySymbol(Symbol))
        Add(*F, false);
}

void UnloadSurvey::addSrcu(const CensusEntry &E, Draft &D) {
  const FlowCall *C = callAt(*D.module.text, E.where, E.function);
  const TextFunction *F = D.module.text->own(namedCallback(E.callback), E.where.file);
  if (!C || C->arguments.empty() || !F)
    return;
  std::string Object = plainExpression(C->arguments[0]);
  for (UnloadQuestion::Until Until : {UnloadQuestion::Text, UnloadQuestion::Destruction}) {
    ModuleQuestion &Q = question(D, UnloadQuestion::Srcu, Object, Until, Until == UnloadQuestion::Text ? "" : Object);
    Q.sites.push_back({E.where, E.function, F->symbol, E.deferral + "() queues " + calledText(*F, D.module), true, false});
  }
}

/// call_rcu_tasks() and its kin: rcu_barrier() waits for none of them.
void UnloadSurvey::addTasks(const CensusEntry &E, const std::string &Flavour, Draft &D) {
  if (const TextFunction *F = D.module.text->own(namedCallback(E.callback), E.where.file))
    question(D, UnloadQuestion::Tasks, Flavour, UnloadQuestion::Text, "").sites.push_back({E.where, E.function, F->symbol, E.deferral + "() queues " + calledText(*F, D.module), true, false});
}

std::string barrierFor(const Rules &R, const UnloadQuestion &Q) {
  const std::string What = Q.asks(UnloadQuestion::Srcu) ? "srcu" : Q.asks(UnloadQuestion::Tasks) ? Q.object : "call_rcu";
  for (const BarrierRule &B : R.barriers)
    if (!B.cache_only && llvm::is_contained(B.waits_for, What))
      return B.name;
  return {};
}

/// #define drv_defer(item) call_rcu(&(item)->rcu, drv_free): the macro is a function of the module that queues.
void UnloadSurvey::addMacroSite(const CensusEntry &E) {
  const std::string Name = namedCallback(E.callback);
  const TextFunction *Macro = nullptr;
  if (Name.empty())
    return;
  for (const FunctionPlace &P : DB.definitionsOf(Name)) {
    const std::string &File = DB.index().files()[P.file].path;
    Draft *D = isHeader(File) ? nullptr : moduleOf(File);
    const TextFunction *F = D && D->module.text->owns(E.where.file) ? D->module.text->own(Name, File) : nullptr;
    for (auto It = D ? D->module.text->functions().begin() : std::multimap<std::string, TextFunction>::const_iterator(); F && It != D->module.text->functions().end(); ++It)
      if (It->second.file == E.where.file && It->second.text->body_begin <= E.offset && E.offset < It->second.text->body_end)
        Macro = &It->second;
    if (F && Macro)
      D->plain.push_back({E.where, Macro->name, F->symbol, E.deferral + "() queues " + calledText(*F, D->module), true, false});
  }
}

/// An inline function of a header queues what a module defines.
void UnloadSurvey::addHeaderSite(const CensusEntry &E) {
  std::string Name = namedCallback(E.callback);
  if (Name.empty())
    return;
  std::set<Draft *> Seen;
  for (const FunctionPlace &P : DB.definitionsOf(Name)) {
    const std::string &File = DB.index().files()[P.file].path;
    Draft *D = isHeader(File) ? nullptr : moduleOf(File);
    const TextFunction *F = D && Seen.insert(D).second ? D->module.text->own(Name, File) : nullptr;
    if (F && D->module.text->owns(E.where.file))
      D->plain.push_back({E.where, E.function, F->symbol, E.deferral + "() queues " + calledText(*F, D->module), true, false});
  }
}

void UnloadSurvey::addSites() {
  for (const CensusEntry &E : All) {
    const DeferralRule *Rule = R.deferral(E.deferral);
    if (E.kind == CensusKind::MacroBody && Rule && Rule->flavour == "rcu" && E.alias.empty())
      addMacroSite(E);
    if (E.kind != CensusKind::Call || !Rule)
      continue;
    if (isHeader(E.where.file)) {
      if (Rule->flavour == "rcu")
        addHeaderSite(E);
      continue;
    }
    Draft *D = moduleOf(E.where.file);
    if (!D)
      continue;
    if (Rule->flavour == "rcu")
      addOwnSite(E, *D);
    else if (Rule->flavour == "srcu")
      addSrcu(E, *D);
    else if (StringRef(Rule->flavour).starts_with("tasks"))
      addTasks(E, Rule->flavour, *D);
  }
}

/// Members through which a callback calls, with the record: conn->release(conn).
std::vector<std::pair<std::string, std::string>> UnloadSurvey::fieldsCalledBy(const TextFunction &F, unsigned Depth) {
  std::vector<std::pair<std::string, std::string>> Result;
  const Flow &G = Tree.flow(F);
  for (const FlowNode &N : G.nodes) {
    if (N.kind != FlowNode::Call)
      continue;
    if (N.call.pointer) {
      StringRef Object = N.call.object;
      if (!Object.consume_back("->") && !Object.consume_back("."))
        continue;
      auto It = G.records.find(Object.str()); // one step only: of a longer way the last record is not known
      if (It != G.records.end())
        Result.emplace_back(It->second, N.call.name);
    } else if (Depth) {
      for (const TextFunction &Callee : Tree.visible(N.call.name, F.file))
        if (Callee.file == F.file && Callee.symbol != F.symbol)
          for (auto &Each : fieldsCalledBy(Callee, Depth - 1))
            Result.push_back(std::move(Each));
    }
  }
  return Result;
}

/// Whether the callback, or a helper of it, gives back a reference of a module: then the module's functions have run by the time it may go.
bool UnloadSurvey::dropsModule(const TextFunction &F, unsigned Depth) {
  if (llvm::any_of(F.text->identifiers, [&](const std::string &Id) { return U.find(Id, UnloadRule::DropsModule) != nullptr; }))
    return true;
  for (const FlowNode &N : Tree.flow(F).nodes)
    if (Depth && N.kind == FlowNode::Call && !N.call.pointer)
      for (const TextFunction &Callee : Tree.visible(N.call.name, F.file))
        if (Callee.file == F.file && Callee.symbol != F.symbol && dropsModule(Callee, Depth - 1))
          return true;
  return false;
}

/// The module stores a function where the core calls it from an RCU callback.
void UnloadSurvey::addField(const std::string &Record, const std::string &Field, const std::string &Why, const std::string &ButNot) {
  if (U.find(Record, UnloadRule::Holds))
    return;
  const std::vector<uint32_t> &Naming = DB.mentioning(Record); // a file that stores there names the structure, too
  for (uint32_t Id : DB.index().mentioningAmong(Field, &Naming)) {
    const std::string &File = DB.index().files()[Id].path;
    auto Text = isHeader(File) || (Wanted && !Wanted(File)) ? nullptr : DB.index().text(Id);
    auto O = Text ? DB.outline(Id) : nullptr;
    if (!O)
      continue;
    for (const OutlineToken &T : DB.tokens(File, Field)) {
      std::string Value;
      if (!isStored(*Text, T, Field, Value))
        continue;
      bool Fits = false;
      std::string In;
      if (T.function < 0) {
        for (const TextVariable &V : Tree.variables(File))
          Fits = Fits || (V.record == Record && llvm::any_of(V.entries, [&](const TextVariable::Entry &E) { return E.field == Field && E.word == Value; }));
      } else {
        const OutlineFunction &Around = O->functions[static_cast<size_t>(T.function)];
        In = Around.name;
        StringRef Before = StringRef(*Text).take_front(T.offset).rtrim();
        if (!Before.consume_back("->"))
          Before.consume_back(".");
        std::string Object = lastName(Before);
        StringRef Outer = Before.drop_back(std::min(Object.size(), Before.size())).rtrim();
        bool Chain = Outer.consume_back("->") || Outer.consume_back(".");
        const Flow &G = Tree.flow({Around.name, File, Around.name, Id, &Around, true});
        auto It = G.records.find(Chain ? lastName(Outer) : Object);
        Fits = It != G.records.end() && (Chain ? recordOfMember(*Text, It->second, Object) : It->second) == Record;
      }
      Draft *D = Fits ? moduleOf(File) : nullptr;
      const TextFunction *F = D ? D->module.text->own(Value, File) : nullptr;
      if (!F || (!ButNot.empty() && D->module.text->owns(ButNot)))
        continue;
      UnloadSite Site{{File, T.line, T.column}, In, F->symbol, Record + "." + Field + " is " + calledText(*F, D->module) + "; " + Why, false, true, Record};
      if (U.waitOf(Record + "." + Field)) {
        ModuleQuestion &Own = question(*D, UnloadQuestion::Srcu, Record + "." + Field, UnloadQuestion::Text, "");
        Own.question.member = true;
        Own.sites.push_back(std::move(Site));
      } else {
        D->plain.push_back(std::move(Site));
      }
    }
  }
}

void UnloadSurvey::addFields() {
  for (const RcuCalledFieldRule &Rule : R.rcu_called_fields)
    addField(Rule.record, Rule.field, "the core calls it from an RCU callback", "");
  // What the callbacks of the rest of the tree show themselves.
  std::map<std::pair<std::string, std::string>, std::pair<std::string, std::string>> Shown; // record and field -> file and why
  for (const CensusEntry &E : All) {
    const DeferralRule *Rule = R.deferral(E.deferral);
    std::string Name = E.kind == CensusKind::Call && Rule && Rule->flavour == "rcu" ? namedCallback(E.callback) : std::string();
    if (Name.empty())
      continue;
    for (const TextFunction &F : Tree.visible(Name, E.where.file))
      for (const auto &[Record, Field] : fieldsCalledBy(F, 1))
        if (!dropsModule(F, 1))
          Shown.try_emplace({Record, Field}, E.where.file, Name + "() of " + F.file + " calls it from an RCU callback");
  }
  for (const auto &[Key, Why] : Shown) {
    bool Row = llvm::any_of(R.rcu_called_fields, [&](const RcuCalledFieldRule &Rule) { return Rule.record == Key.first && Rule.field == Key.second; });
    if (!Row)
      addField(Key.first, Key.second, Why.second, Why.first);
  }
}

/// queue_rcu_work(wq, &x->rwork): the work goes to the queue from an RCU callback.
void UnloadSurvey::addRcuWork() {
  for (const RcuCalledArgumentRule &Rule : R.rcu_called_arguments) {
    if (Rule.argument)
      continue;
    for (uint32_t Id : DB.mentioning(Rule.name)) {
      const std::string &File = DB.index().files()[Id].path;
      auto O = isHeader(File) ? nullptr : DB.outline(Id);
      Draft *D = O ? moduleOf(File) : nullptr;
      if (!D)
        continue;
      for (const OutlineFunction &F : O->functions) {
        if (!std::binary_search(F.identifiers.begin(), F.identifiers.end(), Rule.name))
          continue;
        for (const FlowNode &N : Tree.flow({F.name, File, F.name, Id, &F, true}).nodes) {
          if (N.kind != FlowNode::Call || N.call.name != Rule.name || N.call.arguments.size() < 2)
            continue;
          std::string Queue = plainExpression(N.call.arguments[0]), Work = lastName(N.call.arguments[1]);
          for (const std::string &Symbol : D->module.text->togetherWith(Work))
            if (llvm::any_of(D->plain, [&](const UnloadSite &S) { return S.callback == Symbol; }))
              continue; // call_rcu(&x->rcu, f) is another member of that name
            else if (const TextFunction *Run = D->module.text->bySymbol(Symbol))
              question(*D, UnloadQuestion::RcuWork, "", UnloadQuestion::Destruction, Queue)
                  .sites.push_back({{File, N.line, 0}, F.name, Symbol, Rule.name + "() queues " + calledText(*Run, D->module) + ", on " + Queue, true, false});
        }
      }
    }
  }
}

/// What the callbacks of the text free to, and the module may destroy.
void UnloadSurvey::addCaches(Draft &D) {
  const ModuleText &M = *D.module.text;
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> Freed; // callback -> cache and the file that spells it
  for (const UnloadSite &S : D.plain) {
    auto [It, New] = Freed.try_emplace(S.callback);
    if (New) {
      std::set<std::string> Seen;
      std::vector<std::pair<const TextFunction *, unsigned>> Work;
      if (const TextFunction *F = M.bySymbol(S.callback))
        Work.push_back({F, 0});
      while (!Work.empty()) {
        auto [F, Depth] = Work.back();
        Work.pop_back();
        if (!Seen.insert(F->symbol).second)
          continue;
        for (const FlowNode &N : Tree.flow(*F).nodes) {
          if (N.kind != FlowNode::Call || N.call.pointer)
            continue;
          const FreeRule *Free = R.free(N.call.name);
          if (Free && Free->cache && *Free->cache < N.call.arguments.size()) {
            std::string Cache = plainExpression(N.call.arguments[*Free->cache]);
            const Flow &G = Tree.flow(*F);
            if (auto Value = G.values.find(Cache); Value != G.values.end())
              Cache = plainExpression(Value->second);
            if (!llvm::is_contained(G.parameters, Cache))
              It->second.emplace_back(Cache, F->file);
          } else if (const TextFunction *Next = Depth < 3 ? M.own(N.call.name, F->file) : nullptr) {
            Work.push_back({Next, Depth + 1});
          }
        }
      }
    }
    for (const auto &[Cache, File] : It->second) {
      ModuleQuestion &Q = question(D, UnloadQuestion::Rcu, "", UnloadQuestion::Destruction, Cache);
      if (llvm::none_of(Q.sites, [&](const UnloadSite &Known) { return Known.where == S.where && Known.callback == S.callback; }))
        Q.sites.push_back(S);
    }
  }
}

std::vector<UnloadModule> UnloadSurvey::modules(const std::set<std::string> &Also) {
  std::set<std::string> Asked;
  for (const std::string &File : Also)
    if (moduleOf(File))
      Asked.insert(KeyOf[File]);
  addSites();
  addFields();
  addRcuWork();
  std::vector<UnloadModule> Result;
  for (auto &[Key, D] : Drafts) {
    stableSort(D.plain, [](const UnloadSite &A, const UnloadSite &B) { return std::tie(A.core, A.where) < std::tie(B.core, B.where); });
    if (!D.plain.empty()) {
      ModuleQuestion Text;
      Text.sites = D.plain;
      D.module.questions.insert(D.module.questions.begin(), std::move(Text));
      addCaches(D);
    }
    if (D.module.questions.empty() && !Asked.count(Key))
      continue;
    for (ModuleQuestion &Q : D.module.questions)
      for (const UnloadSite &S : Q.sites) {
        Q.question.callbacks.insert(S.callback);
        if (!S.record.empty())
          Q.question.core.insert(S.record);
        if (!S.core && !S.function.empty())
          Q.question.queueing.insert(S.function);
      }
    Result.push_back(std::move(D.module));
  }
  return Result;
}

} // namespace krcu
