// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The argument. Start at the place the callback frees into. (1) Backward: every flow into that place is found, because each file that
// mentions the variable or field is parsed; so the set of creations that may be in it is complete. (2) Forward: from those
// creations, every place that may come to hold the cache, or its address, is followed the same way, so each
// kmem_cache_destroy() whose argument may be the cache has been seen. A place is finished only when the files that mention it (by
// name, or through a macro or inline function of a header: mentions.h) have been parsed without trouble, and no #if hides a
// use of it or a definition of a function that gets the cache. What is passed to the slab allocator's own functions does not go
// further. Anything else that leaves the view (a call through a pointer, a file that does not parse, too many files to look
// at) makes the search incomplete, and an incomplete search proves no absence.
#include "tool/lifetime/caches.h"
#include "tool/index/outline.h"
#include "tool/lifetime/absence.h"
#include "tool/lifetime/mentions.h"
#include "tool/lifetime/words.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {

namespace {
constexpr size_t MaxFilesPerPlace = 80;
/// Of one cache. The most in Linux are some dozens; each site of a cache tells of all of them.
constexpr size_t MaxPlaces = 1000, MaxCalls = 300;
} // namespace

std::string placeName(const std::string &Place) {
  StringRef P = Place;
  std::string Prefix;
  while (!P.empty() && (P[0] == '*' || P[0] == '&')) {
    Prefix += P[0];
    P = P.drop_front();
  }
  if (P.consume_front("V:"))
    return Prefix + P.split('@').first.str();
  if (P.consume_front("F:")) {
    StringRef Record = P.split('@').first;
    return Prefix + (Record.str() + P.substr(P.rfind('.')).str());
  }
  if (P.consume_front("L:"))
    return Prefix + P.rsplit(':').first.rsplit(':').second.str();
  if (P.consume_front("P:"))
    return Prefix + "a parameter of " + P.split('#').first.split('@').first.str() + "()";
  if (P.consume_front("R:"))
    return Prefix + "what " + P.split('@').first.str() + "() returns";
  return Place;
}

namespace {

/// "F:rec@file.field" -> field name; "V:name@file" -> name.
std::string wordOf(const std::string &Place) {
  StringRef P = Place;
  if (P.consume_front("V:"))
    return P.split('@').first.str();
  if (P.consume_front("F:"))
    return P.substr(P.rfind('.') + 1).str();
  return {};
}

/// File in which the variable or record is defined; empty for a variable with external linkage.
std::string definedIn(const std::string &Place) {
  StringRef P = Place;
  if (P.starts_with("F:")) {
    StringRef File = P.split('@').second;
    return File.substr(0, File.rfind('.')).str();
  }
  return P.contains('@') ? P.split('@').second.str() : std::string();
}

std::string base(const std::string &Value) {
  size_t Skip = Value.find_first_not_of("*&");
  return Skip == std::string::npos ? Value : Value.substr(Skip);
}

class Search {
public:
  Search(Database &DB, const PointsTo &Solution, const DestroyCalls &Destroys, const std::string &Place) : DB(DB), Solution(Solution), Destroys(Destroys) {
    R.place = Place;
    R.name = placeName(Place);
  }

  CacheReport run() {
    if (R.place.empty() || R.place == "?") {
      R.missing.push_back("the callback does not name the cache in a way that can be followed");
      return R;
    }
    if (Solution.overflowed()) {
      R.missing.push_back("the caches of this tree are copied about more than is followed");
      return R;
    }
    backward(R.place);
    if (!R.pending)
      forward();
    if (!R.pending)
      conclude();
    return std::move(R);
  }

private:
  void backward(const std::string &Start);
  void forward();
  void conclude();
  void finish(const std::string &Place);
  void finishFunction(const std::string &Symbol, bool Callers);
  void requireFile(const std::string &File, const Demand &D, bool Callers = false);
  void requirePlan(const MentionPlan &Plan, const std::string &Word, MentionKind Kind, const std::string &Name);
  void noteUnseen(const std::string &Symbol);
  void finishNamed(const std::string &Place);
  bool isQuiet(const std::string &Symbol, const std::string &Place) const;
  void note(const std::string &Text) {
    if (Noted.insert(Text).second)
      R.missing.push_back(Text);
  }
  void noteTooMany(const char *What) { note(R.name + " " + What + ", more than are looked at"); }

  Database &DB;
  const PointsTo &Solution;
  const DestroyCalls &Destroys;
  CacheReport R;
  std::set<std::string> Finished, Creations, Sources, Noted;
};

void Search::requireFile(const std::string &File, const Demand &D, bool Callers) {
  R.files.insert(File);
  if (!DB.require(File, D, Callers)) {
    R.pending = true;
    return;
  }
  std::string Problem = DB.problem(File);
  if (!Problem.empty())
    note(File + " could not be relied on: " + Problem);
}

/// A definition that an #if hides may do anything with the cache.
void Search::noteUnseen(const std::string &Symbol) {
  if (R.pending)
    return;
  for (const std::string &Where : unseenDefinitions(DB, Symbol))
    note("the definition of " + plainName(Symbol) + "() at " + Where + " was not seen");
}

/// The body of a function that gets or returns the cache, and for a return value everybody who calls it.
void Search::finishFunction(const std::string &Symbol, bool Callers) {
  std::string Name = plainName(Symbol), Home = homeOf(Symbol);
  Demand D;
  D.names.insert(Name);
  if (!Home.empty() && !StringRef(Home).ends_with(".h")) {
    D.words.insert(Name);
    requireFile(Home, D);
    noteUnseen(Symbol);
    return;
  }
  if (!DB.function(Symbol)) {
    std::vector<FunctionPlace> Places = DB.definitionsOf(Name);
    if (Places.empty())
      note("no definition of " + Name + "(), which gets the cache, was found");
    for (const FunctionPlace &P : Places) {
      const std::string &File = DB.index().files()[P.file].path;
      if (StringRef(File).ends_with(".c"))
        requireFile(File, D);
      else if (!DB.function(Symbol))
        note(Name + "() is an inline function of " + File + " whose body was not seen");
    }
    if (StringRef(Home).ends_with(".h") && !R.pending && !DB.function(Symbol)) // another one of that name may be all that the index has
      note(Name + "() is an inline function of " + Home + " whose body was not seen");
  }
  noteUnseen(Symbol);
  if (!Callers)
    return;
  requirePlan(planMentions(DB, Name, MentionKind::Function, Home), Name, MentionKind::Function, Name + "()");
}

/// Printing a cache's address, say, takes the cache nowhere; but the copy of a pointer to the variable might.
bool Search::isQuiet(const std::string &Symbol, const std::string &Place) const {
  const std::vector<std::string> &Quiet = DB.rules().quiet_calls;
  if (std::find(Quiet.begin(), Quiet.end(), plainName(Symbol)) == Quiet.end())
    return false;
  std::set<std::string> Tokens = Solution.tokens(Place);
  return std::none_of(Tokens.begin(), Tokens.end(), [](const std::string &T) { return T[0] == '&'; });
}

/// Asks for the files of a plan, and notes what of them was not seen.
void Search::requirePlan(const MentionPlan &Plan, const std::string &Word, MentionKind Kind, const std::string &Name) {
  if (Plan.files.size() > MaxFilesPerPlace) {
    note(Name + " may be used in " + std::to_string(Plan.files.size()) + " files, more than are looked at");
    return;
  }
  for (const std::string &File : Plan.files)
    requireFile(File, Plan.demand, /*Callers=*/Kind != MentionKind::Function); // of the destruction, should it stand there
  if (R.pending)
    return;
  for (const std::string &Where : hiddenMentions(DB, Plan, Word, Kind))
    note(Name + " is also used at " + Where + ", which the parsed configuration leaves out");
  for (const std::string &Inline : unseenInlines(DB, Plan))
    note(Inline + " uses " + Name + " and was not seen");
}

/// A variable or field: every file that spells its name where it is in scope, directly or by a macro or inline function of a header.
void Search::finishNamed(const std::string &Place) {
  std::string Word = wordOf(Place), Home = definedIn(Place);
  MentionKind Kind = Place[0] == 'F' ? MentionKind::Field : MentionKind::Variable;
  const MentionPlan &Plan = planMentions(DB, Word, Kind, Home);
  if (Plan.files.empty() || (Kind == MentionKind::Variable && StringRef(Home).ends_with(".c") && !Plan.files.count(Home)))
    note("the name " + Word + " is made by a macro, so a search for it does not find every use");
  requirePlan(Plan, Word, Kind, placeName(Place));
  if (!R.pending && Sources.count(Place)) // the callback's own place, and where that gets the cache from
    for (const OpenClaim &What : notSearched(DB, Plan, Word, Kind, Home))
      note(What.text);
}

/// Parses what must be parsed before the flows of `Place` are all known.
void Search::finish(const std::string &Place) {
  if (!Finished.insert(Place).second)
    return;
  switch (Place[0]) {
  case 'V':
  case 'F':
    if (!isExportNote(Place))
      finishNamed(Place);
    return;
  case 'P': {
    std::string Symbol = StringRef(Place).drop_front(2).split('#').first.str();
    if (!isAllocatorFunction(DB, Symbol) && !isQuiet(Symbol, Place))
      finishFunction(Symbol, false);
    return;
  }
  case 'R': {
    finishFunction(Place.substr(2), true);
    return;
  }
  case '?':
    note("the cache's address goes somewhere that cannot be followed");
    return;
  default: // locals: their function has been parsed, or the flow would not be known
    return;
  }
}

void Search::backward(const std::string &Start) {
  std::vector<std::string> Work{base(Start)};
  while (!Work.empty() && !R.pending) {
    std::string Place = Work.back();
    Work.pop_back();
    if (!Sources.insert(Place).second)
      continue;
    finish(Place);
    if (Place[0] == 'P') // whoever calls decides which cache it is
      finishFunction(StringRef(Place).drop_front(2).split('#').first.str(), true);
    for (const FlowFact *F : Solution.into(Place)) {
      std::string From = base(F->from);
      if (StringRef(From).starts_with("N:")) {
        Creations.insert(From);
      } else if (From == "?") {
        note(placeName(Place) + " is set from something that cannot be followed at " + F->where.file + ":" +
             std::to_string(F->where.line));
      } else if (From[0] == 'P' || From[0] == 'R' || From[0] == 'V' || From[0] == 'F' || From[0] == 'L') {
        Work.push_back(From);
      }
    }
  }
  for (const std::string &T : Solution.tokens(R.place))
    if (StringRef(T).starts_with("N:"))
      Creations.insert(T);
}

/// In the order of the places' names, again and again, until a round finds nothing.
void Search::forward() {
  std::set<std::string> Related = Sources, Next;
  auto Add = [&](const std::string &Token) {
    for (std::string &Place : Solution.holding(Token))
      if (!Related.count(Place))
        Next.insert(std::move(Place));
  };
  for (const std::string &Token : Creations)
    Add(Token);
  for (const std::string &Place : Sources)
    Add("&" + Place);
  for (std::string Last; !Next.empty();) {
    auto It = Next.upper_bound(Last);
    if (It == Next.end()) { // a round is over
      if (R.pending)
        return;
      It = Next.begin();
    }
    if (R.aliases.size() >= MaxPlaces)
      return noteTooMany("is copied to a thousand places and more");
    Last = *It;
    Next.erase(It);
    Related.insert(Last);
    R.aliases.insert(Last);
    finish(Last);
    Add("&" + Last);
  }
}

void Search::conclude() {
  for (const std::string &N : Creations)
    if (const CreateFact *C = DB.create(N))
      R.creates.push_back(C);
  std::sort(R.creates.begin(), R.creates.end(),
            [](const CreateFact *A, const CreateFact *B) { return A->where < B->where; });
  R.destroys = Destroys.of(Sources, Creations);
  std::sort(R.destroys.begin(), R.destroys.end(), [](const Destruction &A, const Destruction &B) { return A.where < B.where; });
  if (R.creates.size() > MaxCalls)
    noteTooMany("is created by hundreds of calls"), R.creates.resize(MaxCalls);
  if (R.destroys.size() > MaxCalls)
    noteTooMany("is destroyed by hundreds of calls"), R.destroys.resize(MaxCalls);
  for (const Destruction &D : R.destroys)
    R.files.insert(D.where.file);
  if (R.creates.empty())
    note("no creation of " + R.name + " was found");
  R.identified = !R.creates.empty();
  R.complete = R.missing.empty();
  for (const CreateFact *C : R.creates)
    R.evidence.push_back({C->where.file, C->where.line, plainName(C->function), R.name + " is created with " + C->api + "()"});
}

} // namespace

DestroyCalls::DestroyCalls(const Database &DB, const PointsTo &Solution) {
  for (const auto &[File, Facts] : DB.files())
    for (const FunctionFact &F : Facts.functions) {
      if (DB.function(F.function) != &F)
        continue;
      for (unsigned C = 0; C < F.calls.size(); ++C) {
        const CacheRule *Rule = DB.rules().cacheDestroy(plainName(F.calls[C].callee));
        if (!Rule || Rule->cache >= F.calls[C].arguments.size())
          continue;
        const std::string &Argument = F.calls[C].arguments[Rule->cache];
        std::set<std::string> Meant;
        llvm::SmallVector<StringRef, 4> Values;
        StringRef(Argument).split(Values, '|');
        for (StringRef V : Values) {
          Meant.insert(V.str());
          Meant.merge(Solution.tokens(V.str()));
        }
        for (const std::string &Each : Meant)
          ByValue[Each].push_back(All.size());
        All.push_back({&F, C, F.calls[C].where, Argument});
      }
    }
}

std::vector<Destruction> DestroyCalls::of(const std::set<std::string> &Places, const std::set<std::string> &Tokens) const {
  std::set<size_t> Found;
  for (const std::set<std::string> *Some : {&Places, &Tokens})
    for (const std::string &Each : *Some)
      if (auto It = ByValue.find(Each); It != ByValue.end())
        Found.insert(It->second.begin(), It->second.end());
  std::vector<Destruction> Result;
  for (size_t N : Found)
    Result.push_back(All[N]);
  return Result;
}

CacheReport reportCache(Database &DB, const PointsTo &Solution, const DestroyCalls &Destroys, const std::string &Place) {
  return Search(DB, Solution, Destroys, Place).run();
}

} // namespace krcu
