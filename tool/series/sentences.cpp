// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/series/sentences.h"

#include "tool/lifetime/leftovers.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>

namespace krcu::series {
namespace {

/// More names than this are a list that nobody reads; the diff has them.
constexpr size_t MaxNames = 4;

/// The record that the callback frees, by the level that has its offset.
std::string recordOf(const SiteReport &R) {
  if (!R.object_record.empty())
    return R.object_record;
  if (R.site)
    for (const HeadLevel &L : R.site->levels)
      if (L.complete && L.offset == -R.callback.object_offset)
        return L.record;
  return {};
}

/// The callback's definition; empty if its file does not change.
std::string textOf(const CallbackReport &C, const FileTexts &Files) {
  auto It = Files.find(C.where.file);
  if (!C.summary || It == Files.end() || C.summary->end > It->second.first.size() || C.summary->begin > C.summary->end)
    return {};
  return It->second.first.substr(C.summary->begin, C.summary->end - C.summary->begin);
}

/// A slab cache once per patch, however many callbacks free into it.
struct CacheUse {
  const CacheReport *cache;
  const SiteReport *site;
};

std::vector<CacheUse> cachesOf(const PatchUnit &P) {
  std::vector<CacheUse> Out;
  for (const SiteReport *R : P.sites)
    for (const CacheReport &C : R->caches)
      if (llvm::none_of(Out, [&](const CacheUse &U) { return U.cache->place == C.place; }))
        Out.push_back({&C, R});
  return Out;
}

bool isForever(const CacheUse &U) { return U.site->reason == Reason::NeverDestroyed && U.cache->identified && U.cache->complete; }

std::string cacheName(const CacheReport &C) {
  bool Field = C.name.find('.') != std::string::npos || C.name.find("->") != std::string::npos;
  return (Field ? "in " : "") + C.name;
}

/// Functions with their files, each file named once: "a() and b() in x.c, and by c() in y.c". Files are named where a reader would look in
/// the wrong one: where they are not the patch's own.
class Places {
public:
  void add(const std::string &Function, const std::string &File) {
    auto It = llvm::find_if(Files, [&](const auto &F) { return F.first == File; });
    if (It == Files.end())
      It = Files.insert(Files.end(), {File, {}});
    addUnique(It->second, call(Function));
  }
  bool empty() const { return Files.empty(); }
  /// The file if there is only one.
  std::string onlyFile() const { return Files.size() == 1 ? Files[0].first : ""; }
  std::string text(bool WithFiles) const {
    std::vector<std::string> Parts;
    for (const auto &[File, Functions] : Files)
      Parts.push_back(enumerate(Functions) + (WithFiles ? " in " + File : ""));
    return WithFiles && Parts.size() > 1 ? llvm::join(Parts, ", and by ") : enumerate(Parts);
  }

private:
  std::vector<std::pair<std::string, std::vector<std::string>>> Files;
};

/// The path as the patch has it: facts of an external module know it below the tree.
std::string patchPath(llvm::StringRef File) {
  File.consume_front((Tree::MountPoint + "/").str());
  return File.str();
}

bool isOwnFile(const std::string &File, const PatchUnit &P) { return P.files.size() == 1 && P.files[0] == patchPath(File); }

std::string lifeOf(const CacheReport &C, const PatchUnit &P) {
  bool KnownWhole = C.identified && C.complete;
  std::string Subject = std::string(KnownWhole ? "the" : "as far as the analysis can see, the") + " slab cache " + cacheName(C);
  Places Created, Destroyed;
  for (const CreateFact *N : C.creates)
    Created.add(N->function, N->where.file);
  // What creates it may destroy it again where it fails; that is of interest only if nobody else does.
  auto Creates = [&](const Destruction &D) { return llvm::any_of(C.creates, [&](const CreateFact *N) { return N->function == D.function->function; }); };
  for (const Destruction &D : C.destroys)
    if (!Creates(D) || llvm::all_of(C.destroys, Creates))
      Destroyed.add(D.function->function, D.where.file);
  std::string Made = Created.onlyFile(), Gone = Destroyed.onlyFile();
  bool OneFile = !Made.empty() && (Gone == Made || Destroyed.empty());
  if (OneFile && !isOwnFile(Made, P))
    Subject += " (" + Made + ")";
  if (Created.empty() && Destroyed.empty())
    return KnownWhole ? Subject + " is never destroyed" : std::string();
  std::string Out = Subject;
  if (!Created.empty())
    Out += " is created by " + Created.text(!OneFile);
  if (!Destroyed.empty())
    return Out + (Created.empty() ? " is" : " and") + " destroyed by " + Destroyed.text(!OneFile);
  return KnownWhole ? Out + " and never destroyed" : Out;
}

/// "kvfree_rcu_barrier() in f()", where it runs before the destruction.
std::string waitsOf(const SiteReport &R) {
  std::vector<std::string> Waits;
  for (const DestructionReport &D : R.destructions)
    for (const BarrierUse &B : D.barriers)
      if (B.waits_kfree_rcu)
        addUnique(Waits, B.barrier + "() in " + call(B.function));
  return Waits.empty() ? "a barrier" : enumerate(Waits);
}

/// Whether the patch takes a call of the barrier out of that file.
bool isDropped(const std::string &Barrier, const std::string &File, const MessageContext &C) {
  auto It = C.files->find(patchPath(File));
  return It != C.files->end() && llvm::StringRef(It->second.second).count(Barrier + "(") < llvm::StringRef(It->second.first).count(Barrier + "(");
}

/// "f() still queues g()"; who reads it knows where the functions of the subsystem stand.
std::string neededBy(const Evidence &E, const PatchUnit &P) {
  auto [Deferral, Callback] = llvm::StringRef(E.text).split(" queues ");
  if (!E.function.empty() && Deferral.ends_with("()") && Callback.ends_with("()") && !Callback.contains(' '))
    return call(E.function) + " still queues " + Callback.str();
  auto [Field, Stored] = llvm::StringRef(E.text).split(" = ");
  if (auto [Function, Rest] = Stored.split(": the core uses it in an RCU callback"); Rest.data() && Rest.empty() && !Function.contains(' '))
    return "the core runs " + Function.str() + "() from an RCU callback";
  return E.text + (E.function.empty() ? "" : " in " + call(E.function)) + (isOwnFile(E.file, P) ? "" : " in " + E.file);
}

} // namespace

void addUnique(std::vector<std::string> &To, std::string Word) {
  if (!Word.empty() && !llvm::is_contained(To, Word))
    To.push_back(std::move(Word));
}

std::string call(const std::string &Function) { return plainName(Function) + "()"; }

std::string primitiveOf(const SiteReport &R) { return R.replacement.substr(0, R.replacement.find('(')); }

std::string freesOf(const CallbackReport &C) {
  std::vector<std::string> Names;
  for (const Effect &E : C.frees)
    addUnique(Names, E.name + "()");
  if (Names.empty())
    Names.push_back(C.family + "()");
  return llvm::join(Names, " or ");
}

std::vector<CallbackGroup> groupsOf(const PatchUnit &P) {
  std::vector<CallbackGroup> Out;
  auto Add = [&](const CallbackReport &C, const SiteReport *R) {
    auto It = llvm::find_if(Out, [&](const CallbackGroup &G) { return G.callback->function == C.function; });
    if (It == Out.end())
      It = Out.insert(Out.end(), {&C, {}, false});
    It->sites.push_back(R);
    It->removed = It->removed || (R->callback_removed && C.function == R->callback.function);
  };
  for (const SiteReport *R : P.sites) {
    for (const CallbackReport &C : R->candidates) // a pointer that can hold each of them
      Add(C, R);
    if (R->candidates.empty())
      Add(R->callback, R);
  }
  return Out;
}

std::string objectOf(const CallbackGroup &G, const FileTexts &Files) {
  std::vector<std::string> Records;
  for (const SiteReport *R : G.sites)
    addUnique(Records, recordOf(*R));
  if (Records.size() != 1 || Records[0].find("(unnamed") != std::string::npos || Records[0].find("(anonymous") != std::string::npos)
    return "an object";
  // The callback may free the object that begins with the one the call names.
  std::string Freed = G.callback->summary ? G.callback->summary->parameter_record_note : std::string();
  auto Holds = [&](const SiteReport *R) { // or it may be the other way round
    return R->site && llvm::any_of(R->site->levels, [&](const HeadLevel &L) { return L.record == Freed; });
  };
  if (!Freed.empty() && Freed != Records[0] && llvm::none_of(G.sites, Holds))
    return "a " + Freed + ", which begins with the " + Records[0] + ",";
  // The head may be in a member that begins the object, and the site names only that member.
  std::string Text = textOf(*G.callback, Files);
  bool Same = Text.empty() || llvm::StringRef(Text).contains(llvm::StringRef(Records[0]).rsplit(' ').second);
  return Same ? "a " + Records[0] : "the memory that begins with a " + Records[0];
}

std::vector<std::string> callbackSentences(const std::vector<CallbackGroup> &Groups, const FileTexts &Files) {
  std::vector<std::string> Out;
  std::vector<std::pair<std::string, std::vector<const CallbackGroup *>>> ByFree;
  for (const CallbackGroup &G : Groups) {
    std::string Frees = freesOf(*G.callback);
    if (!G.callback->summary) { // the free itself is the callback
      std::vector<std::string> Functions;
      for (const SiteReport *R : G.sites)
        addUnique(Functions, R->census.function + "()");
      Out.push_back((Functions.size() > MaxNames ? std::to_string(Functions.size()) + " functions" : enumerate(Functions)) +
                    (Functions.size() == 1 ? " queues " : " queue ") + objectOf(G, Files) + " with " + G.sites.front()->census.deferral + "() and " + Frees + " as the callback.");
      continue;
    }
    auto It = llvm::find_if(ByFree, [&](const auto &B) { return B.first == Frees; });
    if (It == ByFree.end())
      It = ByFree.insert(ByFree.end(), {Frees, {}});
    It->second.push_back(&G);
  }
  for (const auto &[Frees, Members] : ByFree) {
    std::vector<std::string> Names;
    for (const CallbackGroup *G : Members)
      addUnique(Names, call(G->callback->function));
    bool One = Names.size() == 1 && Members.size() == 1;
    std::string Who = Names.size() > MaxNames ? std::to_string(Names.size()) + " RCU callbacks" : enumerate(Names);
    Out.push_back(Who + (One ? " only frees " + objectOf(*Members.front(), Files) : Names.size() == 1 ? " only frees its object" : " only free their objects") + " with " + Frees + ".");
  }
  return Out;
}

std::vector<std::string> safetySentences(const PatchUnit &P, const MessageContext &C) {
  std::vector<std::string> Out, Forever, Unreached, Empty;
  bool Waits = false;
  for (const SiteReport *R : P.sites)
    Waits = Waits || R->reason == Reason::DestroyWaits;
  if (Waits) {
    const CommitRow *Row = C.settings->commitOf("destroy_waits_kfree_rcu", C.semantics->era);
    Out.push_back((Row ? "Since commit " + Row->commit + " (\"" + Row->title + "\"), " : std::string()) + "kmem_cache_destroy() waits for what kfree_rcu() has queued.");
  }
  for (const CacheUse &U : cachesOf(P)) {
    if (isForever(U))
      addUnique(Forever, cacheName(*U.cache));
    else if (U.site->reason == Reason::NeverReached)
      addUnique(Unreached, cacheName(*U.cache));
    else if (U.site->reason == Reason::NoObjectYet)
      addUnique(Empty, cacheName(*U.cache));
    else if (U.site->reason == Reason::BarrierWaits)
      addUnique(Out, "Before the slab cache " + cacheName(*U.cache) + " is destroyed, " + waitsOf(*U.site) + " waits for what kfree_rcu() has queued.");
  }
  auto Add = [&](const std::vector<std::string> &Names, const std::string &What) {
    if (!Names.empty())
      Out.push_back("The slab cache" + std::string(Names.size() == 1 ? " " : "s ") + enumerate(Names) + (Names.size() == 1 ? " is " : " are ") + What + ".");
  };
  Add(Forever, "never destroyed");
  Add(Unreached, "destroyed only in code that never runs, or directly behind the creation");
  Add(Empty, "destroyed only directly behind the creation, without an object");
  return Out;
}

std::vector<std::string> barrierSentences(const PatchUnit &P, const MessageContext &C, std::vector<std::string> &Unknown) {
  struct Fate {
    std::string barrier, one, many; // how the sentence goes on behind one place and behind several
    std::vector<std::string> places;
  };
  std::vector<Fate> Fates;
  auto Add = [&](const std::string &One, const std::string &Many, const std::string &Barrier, const std::string &Place) {
    auto It = llvm::find_if(Fates, [&](const Fate &F) { return F.one == One && F.barrier == Barrier; });
    if (It == Fates.end())
      It = Fates.insert(Fates.end(), {Barrier, One, Many, {}});
    addUnique(It->places, Place);
  };
  for (const SiteReport *R : P.sites) {
    if (!R->leftovers)
      continue;
    for (const BarrierLeftover &B : R->leftovers->barriers) {
      std::string Place = call(B.function);
      if (B.may_go && isDropped(B.barrier, B.where.file, C))
        Add("has no callback left to wait for and goes, too.", "have no callback left to wait for and go, too.", B.barrier, Place);
      else if (B.may_go)
        continue; // a commit says what it does; that another one may follow is a note for whoever reads the mail
      else if (B.before_destruction && B.known && !B.needed_by.empty())
        Add("has to stay: " + neededBy(B.needed_by.front(), P) + ".", "have to stay: " + neededBy(B.needed_by.front(), P) + ".", B.barrier, Place);
      else if (B.before_destruction)
        addUnique(Unknown, B.barrier + "() in " + Place + (isOwnFile(B.where.file, P) ? "" : " in " + B.where.file) + " stays, because it is not known what else it waits for");
    }
  }
  std::vector<std::string> Out;
  for (const Fate &F : Fates)
    Out.push_back(F.places.size() == 1 ? F.barrier + "() in " + F.places.front() + " " + F.one : "The " + F.barrier + "() calls in " + enumerate(F.places) + " " + F.many);
  return Out;
}

std::vector<std::string> lifeSentences(const PatchUnit &P) {
  std::vector<std::string> Out;
  for (const CacheUse &U : cachesOf(P))
    if (!isForever(U)) // the text says that
      addUnique(Out, lifeOf(*U.cache, P));
  return Out;
}

} // namespace krcu::series
