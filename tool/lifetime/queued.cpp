// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whatever cannot be excluded counts: a callback too many keeps a barrier that could have gone, one too few lets a
// callback run in memory that is no longer there.
#include "tool/lifetime/queued.h"
#include "tool/lifetime/module_files.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

using llvm::StringRef;

namespace krcu {
namespace {

constexpr unsigned WrapperDepth = 3;

bool isWordChar(char C) { return llvm::isAlnum(C) || C == '_'; }

bool isHeader(const std::string &File) { return StringRef(File).ends_with(".h"); }

/// The arguments of the call whose name ends at `Begin`, as written; empty if the parentheses do not match.
std::vector<std::string> argumentsAt(StringRef Text, size_t Begin) {
  std::vector<std::string> Result;
  size_t At = Text.find('(', Begin);
  if (At == StringRef::npos)
    return Result;
  int Depth = 0;
  size_t From = At + 1;
  for (; At < Text.size(); ++At) {
    char C = Text[At];
    if (C == '(' || C == '[' || C == '{')
      ++Depth;
    else if (C == ')' || C == ']' || C == '}')
      --Depth;
    if ((C == ',' && Depth == 1) || Depth == 0) {
      Result.push_back(Text.slice(From, At).trim().str());
      From = At + 1;
    }
    if (Depth == 0)
      return Result;
  }
  return {};
}

/// What is assigned to the member whose name ends at `End`: the text up to the next ',' ';' '}' outside brackets. Nothing if
/// it is no plain assignment.
std::optional<std::string> assignedAt(StringRef Text, size_t End) {
  StringRef Rest = Text.substr(End).ltrim();
  if (!Rest.consume_front("=") || Rest.starts_with("="))
    return std::nullopt;
  int Depth = 0;
  size_t N = 0;
  for (; N < Rest.size(); ++N) {
    char C = Rest[N];
    if (Depth == 0 && (C == ',' || C == ';' || C == '}'))
      break;
    Depth += C == '(' || C == '{' || C == '[';
    Depth -= C == ')' || C == '}' || C == ']';
  }
  return Rest.take_front(N).trim().str();
}

bool isNothing(StringRef Value) {
  Value = Value.trim();
  return Value == "NULL" || Value == "true" || Value == "false" || (!Value.empty() && llvm::isDigit(Value[0]));
}

/// "F:rec@file.field" of that field -> "rec".
std::optional<std::string> recordOfField(StringRef Place, StringRef Field) {
  if (!Place.consume_front("F:") || Place.substr(Place.rfind('.') + 1) != Field)
    return std::nullopt;
  return Place.split('@').first.str();
}

/// The macro whose replacement list holds `Line`.
std::string macroAt(const Outline &O, unsigned Line, const std::string &Word) {
  std::string Name;
  for (const OutlineMacro &M : O.macros)
    if (M.line <= Line && std::binary_search(M.identifiers.begin(), M.identifiers.end(), Word))
      Name = M.name;
  return Name;
}

Evidence shown(const Location &Where, std::string Function, std::string Text) {
  return {Where.file, Where.line, std::move(Function), std::move(Text)};
}

} // namespace

std::string namedCallback(const std::string &Argument) {
  StringRef T = StringRef(Argument).trim();
  if (T.ends_with(")") && !T.starts_with("("))
    return {}; // a call
  while (T.ends_with(")"))
    T = T.drop_back().rtrim();
  size_t Begin = T.size();
  while (Begin && isWordChar(T[Begin - 1]))
    --Begin;
  StringRef Before = T.take_front(Begin).rtrim();
  if (Before.ends_with(".") || Before.ends_with("->") || Begin == T.size() || llvm::isDigit(T[Begin]))
    return {}; // a member, or no word at all
  return T.substr(Begin).str();
}

QueueSurvey::QueueSurvey(Database &DB, const std::vector<CensusEntry> &All) : DB(DB), All(All) {
  findWrappers();
  for (const CensusEntry &E : All) {
    ByFile[E.where.file].push_back(&E);
    if (isHeader(E.where.file) && E.kind == CensusKind::Call)
      HeaderCalls.push_back(&E);
  }
  for (const auto &[Name, W] : Wrappers)
    for (uint32_t File : DB.mentioning(Name))
      WrappersIn[DB.index().files()[File].path].push_back(Name);
}

/// Functions and macros that queue a callback of their caller's choice. What they queue is not named where they stand.
void QueueSurvey::findWrappers() {
  for (const CensusEntry &E : All) {
    int File = DB.index().find(E.where.file);
    if (File < 0)
      continue;
    if (E.kind == CensusKind::MacroBody) {
      if (!E.alias.empty())
        continue; // its uses have entries of their own
      if (auto O = DB.outline(static_cast<uint32_t>(File)))
        addWrapper(macroAt(*O, E.where.line, E.deferral), E.where, static_cast<uint32_t>(File), WrapperDepth);
    } else if (E.kind == CensusKind::Call) {
      std::string Callback = namedCallback(E.callback);
      if (Callback.empty() || DB.definitionsOf(Callback).empty())
        addWrapper(E.function, E.where, static_cast<uint32_t>(File), WrapperDepth);
    }
  }
}

/// And the inline functions and macros of headers around a wrapper.
void QueueSurvey::addWrapper(const std::string &Name, const Location &Where, uint32_t File, unsigned Depth) {
  if (Name.empty() || DB.rules().deferral(Name) || DB.rules().barrier(Name) || llvm::is_contained(DB.rules().replacements, Name))
    return;
  auto [It, New] = Wrappers.try_emplace(Name);
  It->second.files.insert(File);
  if (!New)
    return;
  It->second.where = Where;
  if (Depth == 0)
    return;
  std::string Path = DB.index().files()[File].path;
  if (auto O = DB.outline(File); O && !isHeader(Path))
    if (const OutlineFunction *F = O->function(Name); F && F->is_static)
      return; // nobody else can name it
  for (uint32_t H : DB.mentioning(Name)) {
    if (!isHeader(DB.index().files()[H].path))
      continue;
    auto O = DB.outline(H);
    if (!O)
      continue;
    auto Names = [&](const auto &Item) { return std::binary_search(Item.identifiers.begin(), Item.identifiers.end(), Name); };
    for (const OutlineFunction &F : O->functions)
      if (F.name != Name && Names(F))
        addWrapper(F.name, Where, H, Depth - 1);
    for (const OutlineMacro &M : O->macros)
      if (M.name != Name && Names(M))
        addWrapper(M.name, Where, H, Depth - 1);
  }
}

QueueSurvey::Files QueueSurvey::textOf(const ModuleScope &Scope) const { return filesOfText(DB, Scope); }

std::set<std::string> filesOfText(const Database &DB, const ModuleScope &Scope) {
  std::set<std::string> Result(Scope.files.begin(), Scope.files.end());
  std::vector<std::string> Todo(Scope.files);
  while (!Todo.empty()) {
    std::string File = std::move(Todo.back());
    Todo.pop_back();
    int Id = DB.index().find(File);
    auto O = Id < 0 ? nullptr : DB.outline(static_cast<uint32_t>(Id));
    if (!O)
      continue;
    StringRef Directory = StringRef(File).contains('/') ? StringRef(File).rsplit('/').first : StringRef();
    for (const auto &[Line, Name] : O->includes) {
      StringRef Rest = Name, Up = Directory;
      while (Rest.consume_front("../"))
        Up = Up.contains('/') ? Up.rsplit('/').first : StringRef();
      std::string Path = (Up.empty() ? "" : Up.str() + "/") + Rest.str();
      if (DB.index().find(Path) >= 0 && Result.insert(Path).second)
        Todo.push_back(Path);
    }
  }
  return Result;
}

std::vector<uint32_t> QueueSurvey::mentionedIn(const Files &Text, const std::string &Word) const {
  std::vector<uint32_t> Result;
  for (uint32_t F : DB.mentioning(Word))
    if (Text.count(DB.index().files()[F].path))
      Result.push_back(F);
  return Result;
}

namespace {

bool isOtherFlavour(const Rules &R, const CensusEntry &E) {
  const DeferralRule *D = E.kind == CensusKind::Call ? R.deferral(E.deferral) : nullptr;
  return D && D->flavour != "rcu";
}

} // namespace

void QueueSurvey::addOwnCalls(const Files &Text, ModuleQueue &Q) const {
  std::vector<const CensusEntry *> Own;
  for (const std::string &File : Text)
    if (auto It = ByFile.find(File); It != ByFile.end())
      Own.insert(Own.end(), It->second.begin(), It->second.end());
  for (const CensusEntry *Each : Own) {
    const CensusEntry &E = *Each;
    if (E.kind == CensusKind::Definition || E.kind == CensusKind::Declaration)
      continue;
    std::string Callback = namedCallback(E.callback), What = Callback.empty() ? E.callback : Callback + "()";
    Q.callbacks.push_back({E.where, E.function,
                           E.kind == CensusKind::Call ? E.deferral + "() queues " + (What.empty() ? "something" : What)
                                                      : "names " + E.deferral + "()",
                           Callback.empty() ? E.callback : Callback, E.kind == CensusKind::Call, isOtherFlavour(DB.rules(), E)});
  }
}

/// Inline functions of headers that other modules use too: they count if the callback may be the module's own.
void QueueSurvey::addHeaderCalls(const Files &Text, ModuleQueue &Q) const {
  for (const CensusEntry *Each : HeaderCalls) {
    const CensusEntry &E = *Each;
    if (Text.count(E.where.file))
      continue;
    std::string Callback = namedCallback(E.callback);
    if (Callback.empty() || E.function.empty() || Wrappers.count(E.function))
      continue; // a wrapper: addNamed() sees to it
    // A callback that is defined elsewhere is not in the module's text.
    const std::vector<FunctionPlace> &Defined = DB.definitionsOf(Callback);
    if (std::none_of(Defined.begin(), Defined.end(), [&](const FunctionPlace &P) {
          const std::string &File = DB.index().files()[P.file].path;
          return Text.count(File) || isHeader(File);
        }))
      continue;
    for (uint32_t F : mentionedIn(Text, E.function)) {
      Q.callbacks.push_back({{DB.index().files()[F].path, 0, 0}, "",
                             "uses " + E.function + "() of " + E.where.file + ", which queues " + Callback + "()", Callback, false,
                             isOtherFlavour(DB.rules(), E)});
      break;
    }
  }
}

/// Wrappers, and functions and macros that the rules know to be handed a function for later.
void QueueSurvey::addNamed(const Files &Text, ModuleQueue &Q) const {
  auto Look = [&](const std::string &Name, const std::set<uint32_t> *Except, auto Describe) {
    for (uint32_t F : mentionedIn(Text, Name)) {
      if (Except && Except->count(F))
        continue; // its own calls of the deferral have been counted
      auto Body = DB.index().text(F);
      auto O = DB.outline(F);
      if (!Body || !O)
        continue;
      for (const OutlineToken &T : DB.tokens(DB.index().files()[F].path, Name)) {
        if (T.after_member_access || (T.function < 0 && !T.in_directive))
          continue; // a member of that name; a prototype
        std::string Function = T.function < 0 ? std::string() : O->functions[static_cast<size_t>(T.function)].name;
        Describe(Location{DB.index().files()[F].path, T.line, T.column}, Function, argumentsAt(*Body, T.offset + Name.size()));
      }
    }
  };
  std::set<std::string> Named;
  for (const std::string &File : Text)
    if (auto It = WrappersIn.find(File); It != WrappersIn.end())
      Named.insert(It->second.begin(), It->second.end());
  for (const std::string &Name : Named) {
    const Wrapper &W = Wrappers.at(Name);
    Look(Name, &W.files, [&](const Location &Where, const std::string &Function, const std::vector<std::string> &) {
      Q.callbacks.push_back({Where, Function,
                             Name + "() queues a callback of its caller's at " + W.where.file + ":" + std::to_string(W.where.line), "", false});
    });
  }
  for (const RcuCalledArgumentRule &Rule : DB.rules().rcu_called_arguments)
    Look(Rule.name, nullptr, [&](const Location &Where, const std::string &Function, const std::vector<std::string> &Arguments) {
      bool Known = Rule.argument && *Rule.argument < Arguments.size();
      std::string Callback = Known ? namedCallback(Arguments[*Rule.argument]) : std::string();
      if (Known && isNothing(Arguments[*Rule.argument]))
        return;
      Q.callbacks.push_back({Where, Function,
                             Callback.empty() ? Rule.name + "(): RCU runs a function of the module later"
                                              : Rule.name + "(): RCU runs " + Callback + "() later",
                             Callback, false});
    });
}

/// Members that the core calls from an RCU callback. The field's name is common (destroy, release), so the record decides.
void QueueSurvey::addFields(const Files &Text, ModuleQueue &Q) {
  std::map<std::string, std::set<std::string>> Records;
  for (const RcuCalledFieldRule &R : DB.rules().rcu_called_fields)
    Records[R.field].insert(R.record);
  for (const auto &[Field, Of] : Records)
    for (uint32_t F : mentionedIn(Text, Field)) {
      auto Body = DB.index().text(F);
      auto O = DB.outline(F);
      if (!Body || !O)
        continue;
      for (const OutlineToken &T : DB.tokens(DB.index().files()[F].path, Field)) {
        std::optional<std::string> Value;
        if (T.after_member_access)
          Value = assignedAt(*Body, T.offset + Field.size());
        if (Value && !isNothing(*Value))
          decideField(DB.index().files()[F].path, T, T.function < 0 ? "" : O->functions[static_cast<size_t>(T.function)].name, *Value,
                      Field, Of, Q);
      }
    }
}

void QueueSurvey::decideField(const std::string &File, const OutlineToken &T, const std::string &Function, const std::string &Value,
                              const std::string &Field, const std::set<std::string> &Records, ModuleQueue &Q) {
  Location Where{File, T.line, T.column};
  if (!isHeader(File)) {
    Demand D;
    D.words.insert(Field);
    if (!DB.require(File, D)) {
      Q.pending = true;
      return;
    }
  }
  // The value's first line is not always the member's.
  unsigned Last = T.line + 1 + static_cast<unsigned>(std::count(Value.begin(), Value.end(), '\n'));
  bool Other = false;
  indexAssignments();
  auto [From, To] = std::pair(Assigned.lower_bound({File, T.line}), Assigned.upper_bound({File, Last}));
  for (auto It = From; It != To; ++It) {
    std::optional<std::string> Record = recordOfField(It->second, Field);
    if (!Record)
      continue;
    if (!Records.count(*Record)) {
      Other = true;
      continue;
    }
    std::string Callback = namedCallback(Value);
    Q.callbacks.push_back({Where, Function, *Record + "." + Field + " = " + Value + ": the core uses it in an RCU callback",
                           Callback.empty() ? Value : Callback, false});
    return;
  }
  if (!Other)
    Q.unknown.push_back(shown(Where, Function, "sets ." + Field + ", and no parse shows of which structure"));
}

void QueueSurvey::indexAssignments() {
  if (std::exchange(Indexed, true))
    return;
  auto Add = [&](const Location &Where, const std::string &Place) {
    if (StringRef(Place).starts_with("F:"))
      Assigned.emplace(std::pair(Where.file, Where.line), Place);
  };
  for (const auto &[File, Facts] : DB.files()) {
    if (DB.problem(File).find("left out") != std::string::npos)
      continue;
    for (const FunctionRefFact &R : Facts.references)
      Add(R.where, R.place);
    for (const FlowFact &F : Facts.flows)
      Add(F.where, F.to);
  }
}

ModuleQueue QueueSurvey::of(const ModuleScope &Scope, bool WithFields) {
  ModuleQueue Q;
  Files Text = textOf(Scope);
  Q.files.assign(Text.begin(), Text.end());
  addOwnCalls(Text, Q);
  addHeaderCalls(Text, Q);
  addNamed(Text, Q);
  if (WithFields)
    addFields(Text, Q);
  std::sort(Q.callbacks.begin(), Q.callbacks.end(), [](const QueuedCallback &A, const QueuedCallback &B) {
    return std::tie(A.where, A.text) < std::tie(B.where, B.text);
  });
  return Q;
}

} // namespace krcu
