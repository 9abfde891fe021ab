// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/random_modules.h"
#include "tool/main/random_parts.h"
#include <cstdio>
#include <cstring>
#include <utility>

namespace krcu::random_modules {

uint64_t Dice::next() {
  uint64_t Z = (State += 0x9e3779b97f4a7c15u);
  Z = (Z ^ (Z >> 30)) * 0xbf58476d1ce4e5b9u;
  Z = (Z ^ (Z >> 27)) * 0x94d049bb133111ebu;
  return Z ^ (Z >> 31);
}

const char *eraName(Era E) {
  switch (E) {
  case Era::NoWait: return "no-wait";
  case Era::Waits: return "waits";
  case Era::NoBatching: return "no-batching";
  case Era::Slob: return "slob";
  }
  return "";
}

const char *kindName(FileKind K) {
  switch (K) {
  case FileKind::Text: return "";
  case FileKind::Missing: return "is not there; it was";
  case FileKind::LinkOut: return "is a link to a file outside the tree";
  case FileKind::Dangling: return "is a link to nothing; it was";
  case FileKind::LinkIn: return "is a link to another file of the tree";
  case FileKind::Fifo: return "is a FIFO; it was";
  case FileKind::TooLarge: return "has a comment of 68 MB behind it";
  case FileKind::Directory: return "is a directory; it was";
  }
  return "";
}

std::set<std::string> Answer::classes() const {
  std::set<std::string> All;
  if (mayConvert())
    All.insert("convert");
  for (const auto *List : {&against, &doubts})
    for (const Ground &G : *List)
      All.insert(G.classes.begin(), G.classes.end());
  return All;
}

std::string Answer::text() const {
  std::string Text = mustConvert() ? "convert: nothing speaks against it" : "one of:";
  if (!mustConvert())
    for (const std::string &C : classes())
      Text += " " + C;
  for (const Ground &G : against)
    Text += "; against it (" + G.part + "): " + G.text;
  for (const Ground &G : doubts)
    Text += "; a doubt (" + G.part + "): " + G.text;
  return Text;
}

std::string RandomModule::text() const {
  std::string Text;
  for (const ModuleFile &F : files) {
    Text += "=== " + F.path + (F.kind == FileKind::Text ? "" : std::string(" ") + kindName(F.kind)) + "\n" + F.text;
    if (!F.text.empty() && F.text.back() != '\n')
      Text += "\n";
  }
  return Text;
}

size_t RandomModule::size() const { return text().size(); }

namespace {

template <typename T> const T *draw(Dice &D, const std::vector<T> &Table) {
  unsigned Total = 0;
  for (const T &R : Table)
    Total += R.weight;
  unsigned At = D.below(Total);
  for (const T &R : Table) {
    if (At < R.weight)
      return &R;
    At -= R.weight;
  }
  return nullptr;
}

bool has(const char *Text, const char *What) { return std::strstr(Text, What) != nullptr; }
bool given(const char *Text) { return *Text != 0; }

bool unseenFile(const PlaceRow &P) { return P.end == End::Unseen && !given(P.text); }

/// Whether Kbuild or an #include names a file that nobody can read.
bool lacksFile(const Plan &P) {
  bool Named = P.lack->lack != Lack::Nothing && P.lack->lack != Lack::Declaration;
  return Named || (P.place && unseenFile(*P.place)) || (P.wait && given(P.wait->missing));
}

/// Whether the rows go together as C.
bool callbackFits(const Plan &P) {
  if (P.object->head_first && (!P.layout->first || P.wrong->other_member))
    return false;
  if (P.wrong->not_first && (P.layout->first || has(P.layout->member, ".")))
    return false;
  bool Local = P.object->expression == std::string("item");
  if ((P.wrong->local && !Local) || (given(P.guard->before) && (!Local || P.is_wrong())) || (P.guard->one_statement && !P.free->one_statement))
    return false;
  if (P.is_wrong() && (P.free != &Frees.front() || P.home->owner || P.condition->frees))
    return false;
  if (P.free->cache_only && (!P.has_cache() || P.home->owner || P.home->array))
    return false;
  if (P.home->owner && (!P.free->typed || P.free->returns || !Local))
    return false;
  // A static cache is seen only in its own file.
  bool CacheInFile = P.has_cache() && !P.home->external && !P.home->owner;
  return !CacheInFile || (P.free->where != Where::Header && P.free->where != Where::Life);
}

bool extraFits(const Plan &P) {
  const IfRow &I = *P.condition;
  bool Plain = &I == &Ifs.front();
  if (!P.says_something())
    return Plain && P.position->position == Position::Before;
  if (I.frees && (given(P.guard->before) || P.free != &Frees.front()))
    return false;
  if ((I.frees || I.two_bodies) && P.position->position != Position::Before)
    return false;
  if (I.two_bodies && P.is_wrong())
    return false;
  if (P.extra->leaves && (I.where != Where::Nowhere || has(I.place, "NOTE")))
    return false;
  if (P.wrong->local && P.position->position == Position::Helper)
    return false;
  switch (P.position->position) {
  case Position::Before: return true;
  case Position::After: return !P.extra->reads && !P.extra->leaves && !P.free->returns && !P.is_wrong();
  case Position::Helper: return has(P.free->definition, "$H") && !P.is_wrong();
  case Position::Getter: return has(P.object->definition, "$G") && !P.extra->reads && !P.extra->leaves && given(P.extra->text) && I.where != Where::Core;
  case Position::Argument:
    return Plain && given(P.extra->expression) && P.free == &Frees.front() && !P.home->owner && !P.is_wrong();
  }
  return false;
}

bool lifeFits(const Plan &P) {
  if (!P.has_cache())
    return true;
  const PlaceRow &L = *P.place;
  const SpellingRow &S = *P.spelling;
  const WaitRow &W = *P.wait;
  bool NoBody = L.end == End::Never || given(L.text);
  if ((NoBody && &S != &Spellings.front()) || ((NoBody || L.end == End::ErrorPath) && &W != &Waits.front()))
    return false;
  if (P.home->owner && L.end != End::Never && L.end != End::Runtime)
    return false;
  if (((L.external || S.external || W.external) && !P.home->external) || ((L.plain || S.plain) && !P.home->plain))
    return false;
  if ((S.pasted && !given(P.home->pasted)) || (S.no_owner && P.home->owner))
    return false;
  if (P.home->owner && (has(W.before, "_drop") || W.elsewhere))
    return false;
  // What the callback's #undef takes away must not decide about the end, too.
  if (has(P.condition->definition, "#undef CONFIG_GEN_A") && (has(L.before, "CONFIG_GEN_A") || has(S.call, "CONFIG_GEN_A")))
    return false;
  if (L.end == End::UsedErrorPath && has(W.before, "_drop"))
    return false;
  return P.lack->lack != Lack::CallbackFile || !P.home->owner;
}

bool fits(const Plan &P) {
  if (P.lack->lack == Lack::Fragment || P.lack->lack == Lack::HiddenFragment) {
    if (P.is_wrong() || P.condition->frees || P.condition->two_bodies)
      return false;
  }
  return callbackFits(P) && extraFits(P) && lifeFits(P);
}

// The answer. Each function says what one kind of part means for the conversion, and leaves the others alone.

/// The life of the cache is of no matter where kmem_cache_destroy() itself waits, and where there is no cache.
bool lifeMatters(const Plan &P) { return P.has_cache() && (P.era == Era::NoWait || P.era == Era::NoBatching); }

void judgeCallback(const Plan &P, Answer &A) {
  if (P.is_wrong())
    A.against.push_back({"free", std::string("it frees ") + P.wrong->name, P.wrong->classes});
  if (P.layout->too_far)
    A.against.push_back({"layout", "the head is further behind than kfree_rcu() reaches", {"refuse", "review"}});
  if (!P.says_something())
    return;
  Shown S = P.condition->shown;
  if (P.condition->if_module && !P.build->unloads)
    S = Shown::Never; // nobody defines MODULE for it
  std::string What = std::string(P.extra->name) + ", " + P.condition->name;
  const std::set<std::string> More = {"more_than_free", "review"};
  if (P.extra->effect == Effect::Bad && S != Shown::Never)
    A.against.push_back({S == Shown::Always ? "shown" : "hidden", What, More});
  else if (P.extra->effect != Effect::Good)
    A.doubts.push_back({"hidden", What, More});
  else if (S == Shown::Elsewhere)
    A.doubts.push_back({"hidden", What, {"review"}}); // nothing is lost, but no symbol of the tree shows it
}

Effect waits(const Plan &P) { return P.wait->rcu_barrier && P.era == Era::NoBatching ? Effect::Good : P.wait->effect; }

/// The cache is destroyed where the plan says, and what waits before is what the plan says.
void judgeDestruction(const Plan &P, Answer &A) {
  const PlaceRow &L = *P.place;
  std::string What = std::string(L.name) + ", " + P.spelling->name + ", waits: " + P.wait->name;
  bool Odd = L.odd || P.spelling->odd;
  const std::set<std::string> Careful = {"review", "unsafe"};
  switch (L.end) {
  case End::Never: return;
  case End::Unseen:
    A.against.push_back({"life", What, given(L.include) ? std::set<std::string>{"not_parsed", "review", "unsafe"} : Careful});
    return;
  case End::ErrorPath: // no object was ever allocated
    if (Odd)
      A.doubts.push_back({"life", What, Careful});
    return;
  case End::Exit:
    if (!P.build->unloads) { // it never runs
      if (Odd)
        A.doubts.push_back({"life", What, Careful});
      return;
    }
    break;
  case End::Pernet:
  case End::UsedErrorPath:
  case End::Runtime: break;
  }
  if (waits(P) == Effect::Bad)
    A.against.push_back({"life", What, Careful});
  else if (Odd || waits(P) == Effect::Doubt || L.end == End::Runtime || L.end == End::UsedErrorPath)
    A.doubts.push_back({"life", What, Careful});
}

void judgeLife(const Plan &P, Answer &A) {
  if (P.has_cache() && P.era == Era::Slob)
    A.against.push_back({"slob", "kfree_rcu() frees no object of a cache under CONFIG_SLOB", {"unsafe", "review"}});
  if (P.home->free == std::string("kvfree") && P.era == Era::NoBatching)
    A.doubts.push_back({"life", "kvfree() in an era of kfree_rcu() only", {"review", "refuse"}});
  if (!lifeMatters(P)) {
    if (P.place && P.place->end == End::Unseen && given(P.place->include))
      A.doubts.push_back({"missing", "a file is included that cannot be read", {"not_parsed", "review"}});
    return;
  }
  judgeDestruction(P, A);
  if (given(P.wait->missing) && P.home->external)
    A.against.push_back({"missing", "a source of the module is not there, and may destroy the cache", {"review", "unsafe"}});
}

void judgeLack(const Plan &P, Answer &A) {
  switch (P.lack->lack) {
  case Lack::Nothing: return;
  case Lack::RecordHeader: A.against.push_back({"missing", "the header with the record is not there", {"not_parsed"}}); return;
  case Lack::CallbackFile:
    A.against.push_back({"missing", "the file with the callback is not there", {"unknown_callback", "not_parsed", "review"}});
    return;
  case Lack::Declaration:
    A.against.push_back({"missing", "nothing declares the callback; only a namesake is there", {"unknown_callback", "not_parsed", "review"}});
    return;
  case Lack::OtherHeader:
    if (lifeMatters(P))
      A.against.push_back({"missing", "a header is not there, and may destroy the cache", {"not_parsed", "review", "unsafe"}});
    else
      A.doubts.push_back({"missing", "a header is not there", {"not_parsed", "review"}});
    return;
  case Lack::OtherSource:
    if (lifeMatters(P) && P.home->external)
      A.against.push_back({"missing", "a source of the module is not there, and may destroy the cache", {"review", "unsafe"}});
    return;
  case Lack::HiddenFragment:
    A.against.push_back({"missing", "a part of the callback behind an #ifdef is not there", {"more_than_free", "review", "not_parsed"}});
    return;
  case Lack::Fragment:
    A.against.push_back({"missing", "a part of the callback is not there", {"more_than_free", "review", "not_parsed"}});
    return;
  }
}

Answer answerOf(const Plan &P) {
  Answer A;
  if (P.lack->lack != Lack::CallbackFile)
    judgeCallback(P, A);
  if (!P.site->doubts.empty())
    A.doubts.push_back({"site", std::string("the call stands ") + P.site->name, P.site->doubts});
  judgeLife(P, A);
  judgeLack(P, A);
  // Another module's file that is not there could name the cache, if both are built in, or include the header that has the owner. One may ask.
  if (A.mayConvert() && P.torn && (P.home->external || P.home->owner) && lifeMatters(P))
    A.doubts.push_back({"life", "files of other modules are not there", {"review"}});
  return A;
}

// Drawing.

Era drawEra(Dice &D) {
  unsigned N = D.below(100);
  return N < 64 ? Era::NoWait : N < 80 ? Era::Waits : N < 94 ? Era::NoBatching : Era::Slob;
}

void drawRows(Dice &D, Plan &P) {
  P.build = draw(D, Builds), P.layout = draw(D, Layouts), P.object = draw(D, Objects), P.free = draw(D, Frees);
  P.wrong = draw(D, Wrongs), P.guard = draw(D, Guards), P.extra = draw(D, Extras), P.position = draw(D, Positions);
  P.condition = draw(D, Ifs), P.site = draw(D, Sites), P.lack = draw(D, Lacks);
  P.allocates = D.percent(60), P.says_bye = D.percent(30);
  P.place = draw(D, Places), P.spelling = draw(D, Spellings), P.wait = draw(D, Waits);
  if (P.extra == &Extras.front())
    P.condition = &Ifs.front(), P.position = &Positions.front();
  if (P.is_wrong())
    P.free = &Frees.front(), P.guard = &Guards.front();
  if (P.place->end == End::Never || given(P.place->text))
    P.spelling = &Spellings.front();
  if (P.place->end == End::Never || P.place->end == End::ErrorPath || given(P.place->text))
    P.wait = &Waits.front();
  if (!P.has_cache())
    P.place = nullptr, P.spelling = nullptr, P.wait = nullptr;
}

/// Half of the modules must convert; of the others most have one thing against them, so that a wrong answer shows what was not seen.
Plan drawPlan(Dice &D) {
  static const char *const Parts[] = {"shown", "hidden", "hidden", "hidden", "free", "life", "life", "life", "missing", "layout"};
  unsigned Target = D.below(100);
  const char *Part = Parts[D.below(std::size(Parts))];
  for (;;) {
    Plan P;
    P.era = drawEra(D), P.home = draw(D, Homes);
    bool WantsTorn = D.percent(30);
    for (unsigned Tries = 0; Tries < 3000; ++Tries) {
      drawRows(D, P);
      if (!fits(P))
        continue;
      P.torn = WantsTorn || lacksFile(P);
      Answer A = answerOf(P);
      bool Taken = Target < 50 ? A.mustConvert() : Target < 90 ? A.against.size() == 1 && A.against[0].part == Part && A.doubts.empty() : true;
      if (Taken)
        return P;
    }
  }
}

template <typename T> void choose(std::vector<Choice> &List, const char *Part, const T *R) {
  if (R)
    List.push_back({Part, R->name});
}

std::vector<Choice> choicesOf(const Plan &P) {
  std::vector<Choice> L = {{"era", eraName(P.era)}, {"tree", P.torn ? "with files that are not there" : "whole"}};
  choose(L, "build", P.build), choose(L, "head", P.layout), choose(L, "object", P.object), choose(L, "free", P.free);
  choose(L, "frees", P.wrong), choose(L, "guard", P.guard), choose(L, "beside", P.extra);
  if (P.says_something())
    choose(L, "where", P.position), choose(L, "#if", P.condition);
  choose(L, "call", P.site), choose(L, "cache", P.home), choose(L, "end", P.place);
  if (P.place && P.place->end != End::Never && !given(P.place->text))
    choose(L, "destroyed by", P.spelling);
  if (P.place && P.place->end != End::Never && P.place->end != End::ErrorPath && !given(P.place->text))
    choose(L, "waits", P.wait);
  choose(L, "missing", P.lack);
  return L;
}

template <typename T> void allOf(std::vector<Choice> &List, const char *Part, const std::vector<T> &Table) {
  for (const T &R : Table)
    List.push_back({Part, R.name});
}

} // namespace

std::vector<Choice> allChoices() {
  std::vector<Choice> L;
  for (Era E : {Era::NoWait, Era::Waits, Era::NoBatching, Era::Slob})
    L.push_back({"era", eraName(E)});
  L.push_back({"tree", "whole"}), L.push_back({"tree", "with files that are not there"});
  allOf(L, "build", Builds), allOf(L, "head", Layouts), allOf(L, "object", Objects), allOf(L, "free", Frees), allOf(L, "frees", Wrongs);
  allOf(L, "guard", Guards), allOf(L, "beside", Extras), allOf(L, "where", Positions), allOf(L, "#if", Ifs), allOf(L, "call", Sites);
  allOf(L, "cache", Homes), allOf(L, "end", Places), allOf(L, "destroyed by", Spellings), allOf(L, "waits", Waits), allOf(L, "missing", Lacks);
  return L;
}

RandomModule makeModule(uint64_t Seed, uint64_t Index) {
  Dice D(Dice(Seed ^ (Index * 0x2545f4914f6cdd1du)).next());
  Plan P = drawPlan(D);
  RandomModule M;
  char Name[32];
  std::snprintf(Name, sizeof(Name), "m%05llu", static_cast<unsigned long long>(Index));
  M.seed = Seed, M.index = Index, M.name = Name, M.directory = "drv/" + M.name;
  M.era = P.era, M.torn = P.torn, M.parts = choicesOf(P), M.answer = answerOf(P), M.files = filesOf(P, M.name);
  return M;
}

} // namespace krcu::random_modules
