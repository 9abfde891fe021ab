// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Why it is right. A summary lists all paths of the callback with everything that happens on them. A callback is free-only if, after
// calls into other files have been replaced by their summaries, each path holds exactly one free, of the same distance
// from the parameter; a path without a free is allowed only if it is taken just when that very object is NULL, which a head that was
// queued never makes it. Checks are set apart: they free nothing, but they would be lost.
#include "tool/lifetime/callback.h"
#include "tool/lifetime/mentions.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>

namespace krcu {
namespace {

constexpr unsigned MaxDepth = 5;
constexpr size_t MaxPaths = 256;

/// The value in the caller of what `V` is in a callee called with `Arguments`.
AbstractValue substitute(const AbstractValue &V, const std::vector<AbstractValue> &Arguments) {
  if (V.kind != AbstractValue::ParameterPlus)
    return V;
  if (V.parameter >= Arguments.size() || Arguments[V.parameter].kind != AbstractValue::ParameterPlus)
    return {};
  AbstractValue Result = Arguments[V.parameter];
  Result.offset += V.offset;
  return Result;
}

/// "P:callee#2" in the callee is what the caller passed as its third argument.
std::string cacheInCaller(const std::string &Cache, const std::vector<AbstractValue> &Arguments) {
  size_t Hash = Cache.rfind('#');
  if (Cache.compare(0, 2, "P:") != 0 || Hash == std::string::npos)
    return Cache;
  size_t Index = std::stoul(Cache.substr(Hash + 1));
  return Index < Arguments.size() && !Arguments[Index].place.empty() ? Arguments[Index].place : Cache;
}

class Linker {
public:
  explicit Linker(Database &DB) : DB(DB) {}

  /// Summaries that calls were replaced by.
  const std::vector<const FunctionSummary *> &used() const { return Used; }
  bool pending() const { return Pending; }
  /// The first error of a parse in a function that was linked in.
  const std::string &error() const { return Error; }

  /// The paths of `Path` with its calls replaced. Calls that cannot be replaced stay.
  std::vector<PathSummary> expand(const PathSummary &Path, unsigned Depth) {
    if (!worthExpanding(Path))
      return {Path};
    std::vector<PathSummary> Result{{}};
    Result[0].assumed_null = Path.assumed_null;
    Result[0].ends = Path.ends;
    for (const Effect &E : Path.effects) {
      const FunctionSummary *Callee = E.kind == Effect::Call && Depth < MaxDepth ? find(E.name) : nullptr;
      if (!Callee || Callee->opaque) {
        for (PathSummary &P : Result)
          P.effects.push_back(E);
        continue;
      }
      std::vector<PathSummary> Next;
      for (const FunctionSummary *Body : bodiesOf(*Callee)) {
        if (Error.empty())
          Error = Body->error;
        if (Body->opaque) // one of several; it may do anything
          for (PathSummary P : Result)
            P.effects.push_back(E), Next.push_back(std::move(P));
        for (const PathSummary &Inner : Body->paths)
          for (const PathSummary &Expanded : expand(Inner, Depth + 1))
            for (const PathSummary &P : Result)
              if (Next.size() < MaxPaths)
                Next.push_back(join(P, Expanded, E));
      }
      Result = std::move(Next);
    }
    return Result;
  }

private:
  /// A path that already does something else, or frees and calls, is more than a free whatever the callee does.
  static bool worthExpanding(const PathSummary &Path) {
    unsigned Calls = 0;
    for (const Effect &E : Path.effects) {
      Calls += E.kind == Effect::Call;
      if (E.kind == Effect::Other || E.kind == Effect::Free)
        return false;
    }
    return Calls == 1;
  }

  /// Whether the text of a function's body names a free function at all.
  bool mentionsFree(const FunctionPlace &Place, const std::string &Name) const {
    auto O = DB.outline(Place.file);
    if (!O)
      return false;
    const OutlineFunction *F = O->function(Name);
    return !F || std::any_of(F->identifiers.begin(), F->identifiers.end(),
                             [&](const std::string &Id) { return DB.rules().free(Id) != nullptr; });
  }

  static PathSummary join(PathSummary P, const PathSummary &Inner, const Effect &Call) {
    const std::vector<AbstractValue> &Arguments = Call.arguments;
    for (Effect E : Inner.effects) {
      if (E.kind == Effect::Other || E.kind == Effect::Call)
        E.text = Call.text + ", which " + E.text;
      E.object = substitute(E.object, Arguments);
      E.cache = cacheInCaller(E.cache, Arguments);
      for (AbstractValue &A : E.arguments)
        A = substitute(A, Arguments);
      P.effects.push_back(std::move(E));
    }
    for (const AbstractValue &A : Inner.assumed_null)
      P.assumed_null.push_back(substitute(A, Arguments));
    P.ends = P.ends || Inner.ends;
    return P;
  }

  /// The summary of a function of another file; demands the file that defines it.
  const FunctionSummary *find(const std::string &Symbol) {
    if (const FunctionSummary *S = DB.summary(Symbol); S && !(S->opaque && S->paths.empty() && homeOf(Symbol).empty()))
      return S;
    if (!homeOf(Symbol).empty())
      return nullptr; // static: the parse that saw the call has seen it, or never will
    std::vector<FunctionPlace> Places = DB.definitionsOf(Symbol);
    if (Places.empty() || Places.size() > 3)
      return nullptr;
    Demand D;
    D.names.insert(Symbol);
    D.summarise.insert(Symbol);
    for (const FunctionPlace &P : Places) {
      if (!mentionsFree(P, Symbol))
        return nullptr;
      if (!DB.require(DB.index().files()[P.file].path, D))
        Pending = true;
    }
    return DB.summary(Symbol);
  }

  /// The summary, and those of the function's other bodies and variants.
  std::vector<const FunctionSummary *> bodiesOf(const FunctionSummary &S) {
    std::vector<const FunctionSummary *> Result{&S};
    for (const FunctionSummary *Other : DB.otherSummaries(S))
      if (Other->begin)
        Result.push_back(Other);
    for (const FunctionSummary *Each : Result)
      if (std::find(Used.begin(), Used.end(), Each) == Used.end())
        Used.push_back(Each);
    for (const FunctionSummary *Variant : DB.variantsOf(S.function))
      Result.push_back(Variant);
    return Result;
  }

  Database &DB;
  bool Pending = false;
  std::string Error;
  std::vector<const FunctionSummary *> Used;
};

bool sameObject(const AbstractValue &A, const AbstractValue &B) {
  return A.kind == AbstractValue::ParameterPlus && B.kind == A.kind && A.parameter == B.parameter && A.offset == B.offset;
}

void offend(CallbackReport &R, const Effect &E, const std::string &Text) {
  R.state = CallbackState::MoreThanFree;
  // What stands behind a call is not to be found in the callback's own text.
  bool Behind = llvm::StringRef(Text).starts_with("calls ") && llvm::StringRef(Text).contains("(), which ") && E.where.valid();
  R.why = Text + (Behind ? " (" + E.where.file + ":" + std::to_string(E.where.line) + ")" : "");
  R.offender = E.where;
}

/// Judges one path; false if it settles that the callback is more than a free.
/// `Lost`: because a pointer could not be followed.
bool judgePath(const PathSummary &P, CallbackReport &R, const Effect *&Freed, bool &Lost) {
  const Effect *Own = nullptr, *Read = nullptr;
  for (const Effect &E : P.effects) {
    if (E.kind == Effect::Other && llvm::StringRef(E.text).ends_with("reads volatile memory")) {
      Read = Read ? Read : &E; // on its own it counts; beside anything else that is the better thing to name
      continue;
    }
    switch (E.kind) {
    case Effect::Check:
      if (std::none_of(R.checks.begin(), R.checks.end(), [&](const Effect &C) { return C.where == E.where; }))
        R.checks.push_back(E);
      continue;
    case Effect::Stub:
      R.stubs.push_back(E);
      continue;
    case Effect::Call:
    case Effect::Other:
      offend(R, E, E.text);
      return false;
    case Effect::Free:
      break;
    }
    if (Own) {
      offend(R, E, "frees a second time, with " + E.name + "()");
      return false;
    }
    if (E.object.kind == AbstractValue::Constant && E.object.offset == 0) {
      Own = &E; // a helper gave NULL under some condition
      R.null_free = E.where;
      continue;
    }
    if (E.object.kind != AbstractValue::ParameterPlus || E.object.parameter != 0) {
      Lost = E.object.kind == AbstractValue::Unknown;
      offend(R, E, E.text + ", which is not the callback's own object");
      return false;
    }
    if (Freed && !sameObject(Freed->object, E.object)) {
      offend(R, E, "frees different objects on different paths");
      return false;
    }
    Own = Freed = &E;
    if (std::none_of(R.frees.begin(), R.frees.end(), [&](const Effect &F) { return F.where == E.where && F.name == E.name; }))
      R.frees.push_back(E);
  }
  if (Read)
    offend(R, *Read, Read->text);
  return !Read;
}

bool hasFree(const PathSummary &P) {
  return std::any_of(P.effects.begin(), P.effects.end(), [](const Effect &E) { return E.kind == Effect::Free; });
}

/// Paths that free nothing must be the NULL guard of the object that the others free.
bool guardsOnly(const std::vector<PathSummary> &Paths, CallbackReport &R, const Effect *Freed) {
  for (const PathSummary &P : Paths) {
    if (hasFree(P) || P.ends) // a BUG() that fires does not come back
      continue;
    bool Guard = std::any_of(P.assumed_null.begin(), P.assumed_null.end(),
                             [&](const AbstractValue &A) { return sameObject(A, Freed->object); });
    if (!Guard) {
      offend(R, *Freed, "frees only under a condition");
      return false;
    }
  }
  return true;
}

/// The weakest replacement that fits all the frees: kvfree() where any path may free vmalloc memory.
std::string familyOf(const Rules &R, const std::vector<Effect> &Frees) {
  std::set<std::string> Families;
  for (const Effect &E : Frees)
    if (const FreeRule *F = R.free(E.name))
      Families.insert(F->family);
  if (Families.size() == 1)
    return *Families.begin();
  for (const std::string &F : Families) // one that zeroes or counts cannot be hidden behind another
    if (F != "kmem_cache_free" && F != "kfree" && F != "kvfree" && F != "vfree")
      return F;
  return Families.count("vfree") || Families.count("kvfree") ? "kvfree" : "kmem_cache_free";
}

void describe(CallbackReport &R) {
  std::string Name = plainName(R.function);
  if (R.where.valid())
    R.evidence.push_back({R.where.file, R.where.line, Name, "the callback " + Name + "() is defined here"});
  if (R.state == CallbackState::FreeOnly)
    for (const Effect &E : R.frees)
      R.evidence.push_back({E.where.file, E.where.line, Name, "all that " + Name + "() does is to free the object with " + E.name + "()"});
  else if (R.offender.valid())
    R.evidence.push_back({R.offender.file, R.offender.line, Name, Name + "() " + R.why});
  for (const Effect &E : R.checks)
    R.evidence.push_back({E.where.file, E.where.line, Name, Name + "() " + E.text + ", which would be lost"});
  R.evidence.insert(R.evidence.end(), R.variants.begin(), R.variants.end());
  for (const UnclearBranch &B : R.unclear)
    R.evidence.push_back({B.where.file, B.where.line, "", B.text});
}

CallbackReport freeFunctionAsCallback(const FreeRule &Rule) {
  CallbackReport R;
  R.function = Rule.name;
  R.family = Rule.family;
  if (Rule.object != 0 || Rule.cache) {
    R.why = "it is " + Rule.name + "() itself, which does not take the object first";
    return R;
  }
  R.state = CallbackState::FreeOnly;
  Effect E;
  E.kind = Effect::Free;
  E.name = Rule.name;
  E.object.kind = AbstractValue::ParameterPlus;
  R.frees.push_back(E);
  return R;
}

/// Definitions of the callback that no parse has shown; the driver may try other configurations.
void noteUnseen(CallbackReport &R, const std::vector<std::string> &Unseen) {
  for (const std::string &Where : Unseen) {
    auto [File, Line] = llvm::StringRef(Where).rsplit(':');
    unsigned Number = 0;
    if (!Line.getAsInteger(10, Number))
      R.unseen.push_back({File.str(), Number, 1});
  }
}

/// Adds what one more free, or one more body, says of the object's type.
void agreeOn(CallbackReport &R, bool First, bool Typed, const std::vector<std::string> &Records) {
  R.typed = Typed && (First || R.typed);
  if (First)
    R.records = Records;
  else
    std::erase_if(R.records, [&](const std::string &Record) { return std::find(Records.begin(), Records.end(), Record) == Records.end(); });
}

/// What one body of the callback does.
CallbackReport judgeBody(Database &DB, const FunctionSummary &S, std::vector<const FunctionSummary *> *Used = nullptr) {
  CallbackReport R;
  R.function = S.function;
  R.summary = &S;
  R.where = S.where;
  if (!S.error.empty()) {
    R.error = S.error;
    R.why = "does not parse cleanly: " + R.error;
    return R;
  }
  if (S.opaque) {
    R.state = CallbackState::MoreThanFree;
    R.why = "is too complex to follow: " + S.why;
    R.offender = S.where;
    return R;
  }
  Linker L(DB);
  std::vector<PathSummary> Paths;
  for (const PathSummary &P : S.paths)
    for (PathSummary &E : L.expand(P, 0))
      Paths.push_back(std::move(E));
  if (Used)
    Used->insert(Used->end(), L.used().begin(), L.used().end());
  if (L.pending()) {
    R.state = CallbackState::Pending;
    return R;
  }
  if (!L.error().empty()) {
    R.error = L.error();
    R.why = "calls what does not parse cleanly: " + R.error;
    return R;
  }
  R.state = CallbackState::FreeOnly;
  const Effect *Freed = nullptr;
  bool Lost = false;
  for (const PathSummary &P : Paths)
    if (!judgePath(P, R, Freed, Lost))
      break;
  // Without a header a type is not known, and so a pointer may not be: that says nothing of the callback.
  if (std::string Problem = Lost ? DB.problem(DB.parseOf(S).main) : std::string(); llvm::StringRef(Problem).ends_with("file not found")) {
    R.state = CallbackState::Unknown;
    R.error = Problem;
    R.why = "does not parse cleanly: " + Problem;
    return R;
  }
  if (R.state == CallbackState::FreeOnly && !Freed) {
    R.state = CallbackState::MoreThanFree;
    R.frees_nothing = true;
    R.why = "frees nothing";
    R.offender = S.where;
  }
  if (R.state == CallbackState::FreeOnly)
    guardsOnly(Paths, R, Freed);
  if (Freed) {
    R.object_offset = Freed->object.offset;
    R.family = familyOf(DB.rules(), R.frees);
  }
  for (const Effect &E : R.frees)
    agreeOn(R, &E == &R.frees.front(), !E.records.empty(), E.records);
  for (const Effect &E : R.frees)
    if (!E.cache.empty() && std::find(R.caches.begin(), R.caches.end(), E.cache) == R.caches.end())
      R.caches.push_back(E.cache);
  return R;
}

/// What another body or variant adds to what they all do.
void addSame(CallbackReport &R, const CallbackReport &O) {
  for (const Effect &Check : O.checks)
    if (std::none_of(R.checks.begin(), R.checks.end(), [&](const Effect &C) { return C.where == Check.where && C.name == Check.name; }))
      R.checks.push_back(Check);
  R.stubs.insert(R.stubs.end(), O.stubs.begin(), O.stubs.end());
  if (O.null_free.valid())
    R.null_free = O.null_free;
  agreeOn(R, false, O.typed, O.records);
}

bool freesAlike(const CallbackReport &A, const CallbackReport &B) {
  return A.family == B.family && A.object_offset == B.object_offset && A.caches == B.caches;
}

/// All bodies that #if chooses between must be the same free.
void compareBodies(Database &DB, CallbackReport &R, std::vector<const FunctionSummary *> &Used) {
  for (const FunctionSummary *Other : DB.otherSummaries(*R.summary)) {
    Used.push_back(Other);
    CallbackReport O = judgeBody(DB, *Other, &Used);
    if (O.state == CallbackState::Pending) {
      R.state = CallbackState::Pending;
      return;
    }
    if (O.state != CallbackState::FreeOnly) {
      R.state = O.state;
      R.why = O.why + " in another configuration";
      R.error = O.error;
      R.offender = O.offender;
      return;
    }
    if (!freesAlike(O, R)) {
      R.state = CallbackState::Unknown;
      R.why = "its body at " + Other->where.file + ":" + std::to_string(Other->where.line) + ", for another configuration, frees differently";
      return;
    }
    addSame(R, O);
  }
}

/// The variants of one body. Those of a function that was linked in have their effect there; of the callback's own the paths are judged here.
void compareVariantsOf(Database &DB, CallbackReport &R, const FunctionSummary &S, std::set<std::string> &Read) {
  VariantQuestion Q = DB.parseOf(S);
  if (Q.main.empty() || Q.bodies.empty())
    return;
  // A branch may lead into functions that the usual text does not call; these have branches of their own.
  for (size_t Before = 0; Before != Q.bodies.size();) {
    Before = Q.bodies.size();
    const VariantPlan &Plan = DB.planOf(Q);
    for (const TextVariant &V : Plan.wanted)
      if (VariantAnswer A = DB.variant(V); A.state == VariantAnswer::Shown)
        for (const BodyPlace &B : A.facts->summaries.front().bodies)
          if (std::find(Q.bodies.begin(), Q.bodies.end(), B) == Q.bodies.end())
            Q.bodies.push_back(B);
  }
  const VariantPlan &Plan = DB.planOf(Q);
  Read.insert(Plan.read.begin(), Plan.read.end());
  R.unclear.insert(R.unclear.end(), Plan.unclear.begin(), Plan.unclear.end());
  R.variants.insert(R.variants.end(), Plan.dead.begin(), Plan.dead.end());
  for (const TextVariant &V : Plan.wanted) {
    VariantAnswer A = DB.variant(V);
    if (A.state == VariantAnswer::Open)
      R.state = CallbackState::Pending;
    if (A.state == VariantAnswer::NotShown)
      R.unclear.push_back({V.where, V.spelled + ": " + A.why});
    if (A.state != VariantAnswer::Shown || S.function != R.function)
      continue;
    CallbackReport O = judgeBody(DB, A.facts->summaries.front());
    if (O.state == CallbackState::FreeOnly && !freesAlike(O, R)) {
      R.unclear.push_back({V.where, V.spelled + ": it frees differently, with " + O.frees.front().name + "()"});
    } else if (O.state == CallbackState::FreeOnly) {
      addSame(R, O);
      R.variants.push_back({V.where.file, V.where.line, plainName(S.function), "with " + V.spelled + " it is the same free"});
    } else if (O.state == CallbackState::MoreThanFree) {
      R.state = O.state;
      R.why = O.why + ", with " + V.spelled + " (" + V.where.file + ":" + std::to_string(V.where.line) + ")";
      R.offender = O.offender;
      return;
    } else if (O.state == CallbackState::Pending) {
      R.state = O.state;
    } else {
      R.unclear.push_back({V.where, V.spelled + ": it " + O.why});
    }
  }
}

/// What does nothing in any of its definitions is no loss. Of the others a person must look what another configuration makes of them.
void settleStubs(CallbackReport &R, const std::set<std::string> &Read) {
  for (Effect &E : R.stubs)
    if (!Read.count(E.name) && std::none_of(R.checks.begin(), R.checks.end(), [&](const Effect &C) { return C.where == E.where; }))
      R.checks.push_back(std::move(E));
  R.stubs.clear();
}

/// Each body that the report rests on, with other branches of its text.
void compareVariants(Database &DB, CallbackReport &R, std::vector<const FunctionSummary *> Used) {
  Used.push_back(R.summary);
  std::set<std::string> Read;
  for (const FunctionSummary *S : Used)
    if (R.state == CallbackState::FreeOnly || R.state == CallbackState::Pending)
      compareVariantsOf(DB, R, *S, Read);
  settleStubs(R, Read);
}

} // namespace

CallbackReport combined(const std::vector<CallbackReport> &Candidates) {
  CallbackReport R = Candidates.front();
  for (size_t I = 1; I < Candidates.size(); ++I) {
    const CallbackReport &C = Candidates[I];
    if (C.family != R.family || C.object_offset != R.object_offset) {
      R.state = CallbackState::Unknown;
      R.why = plainName(R.function) + "() and " + plainName(C.function) + "() free differently";
      return R;
    }
    R.frees.insert(R.frees.end(), C.frees.begin(), C.frees.end());
    R.checks.insert(R.checks.end(), C.checks.begin(), C.checks.end());
    R.evidence.insert(R.evidence.end(), C.evidence.begin(), C.evidence.end());
    R.unclear.insert(R.unclear.end(), C.unclear.begin(), C.unclear.end());
    if (C.null_free.valid())
      R.null_free = C.null_free;
    for (const std::string &Cache : C.caches)
      if (std::find(R.caches.begin(), R.caches.end(), Cache) == R.caches.end())
        R.caches.push_back(Cache);
    agreeOn(R, false, C.typed, C.records);
  }
  return R;
}

CallbackReport reportCallback(Database &DB, const std::string &Symbol, const FunctionSummary *Own) {
  if (const FreeRule *Rule = DB.rules().free(Symbol))
    return freeFunctionAsCallback(*Rule);
  const FunctionSummary *S = Own ? Own : DB.summary(Symbol);
  if (!S || (S->opaque && !S->begin)) { // called by another name than its own, its body was not asked for
    CallbackReport R;
    R.function = Symbol;
    std::vector<FunctionPlace> Places = DB.definitionsOf(plainName(Symbol));
    Demand D;
    D.names.insert(plainName(Symbol));
    D.summarise.insert(plainName(Symbol));
    bool Pending = false;
    if (std::string Home = homeOf(Symbol); !Home.empty())
      Pending = !DB.require(Home, D);
    else if (Places.size() <= 4)
      for (const FunctionPlace &P : Places)
        Pending = !DB.require(DB.index().files()[P.file].path, D) || Pending;
    S = DB.summary(Symbol);
    for (const OtherConfiguration &C : DB.otherConfigurations())
      for (const FunctionSummary &O : C.facts.summaries)
        if ((!S || (S->opaque && !S->begin)) && O.function == Symbol && O.begin)
          S = &O;
    if (Pending) {
      R.state = CallbackState::Pending;
      return R;
    }
    if (!S || (S->opaque && !S->begin)) {
      R.why = Places.empty() ? "no definition of " + plainName(Symbol) + "() was found in the tree"
                             : "the definition of " + plainName(Symbol) + "() was not seen";
      noteUnseen(R, unseenDefinitions(DB, Symbol));
      return R;
    }
  }
  std::vector<const FunctionSummary *> Used;
  CallbackReport R = judgeBody(DB, *S, &Used);
  if (R.state == CallbackState::FreeOnly)
    compareBodies(DB, R, Used);
  if (R.state == CallbackState::FreeOnly)
    compareVariants(DB, R, std::move(Used));
  if (R.state == CallbackState::Pending)
    return R;
  // A body that no parse has shown is not known to be free-only.
  if (R.state == CallbackState::FreeOnly && DB.function(Symbol))
    if (std::vector<std::string> Unseen = unseenDefinitions(DB, Symbol); !Unseen.empty()) {
      R.state = CallbackState::Unknown;
      R.why = "another definition of " + plainName(Symbol) + "(), at " + Unseen.front() + ", is left out of the parsed configuration";
      noteUnseen(R, Unseen);
    }
  describe(R);
  return R;
}

} // namespace krcu
