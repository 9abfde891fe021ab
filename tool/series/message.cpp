// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/series/message.h"

#include "tool/lifetime/leftovers.h"
#include "tool/support/error.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>

namespace krcu::series {
namespace {

/// Longer subjects are folded or cut by the lists' tools.
constexpr size_t MaxSubject = 75;

void addUnique(std::vector<std::string> &To, std::string Word) {
  if (!Word.empty() && std::find(To.begin(), To.end(), Word) == To.end())
    To.push_back(std::move(Word));
}

std::string call(const std::string &Function) { return plainName(Function) + "()"; }

std::string fileName(llvm::StringRef Path) { return Path.rsplit('/').second.empty() ? Path.str() : Path.rsplit('/').second.str(); }

/// "kfree_rcu(f, rcu)" -> "kfree_rcu".
std::string primitiveOf(const SiteReport &R) { return R.replacement.substr(0, R.replacement.find('(')); }

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

std::string freesOf(const CallbackReport &C) {
  std::vector<std::string> Names;
  for (const Effect &E : C.frees)
    addUnique(Names, E.name + "()");
  if (Names.empty())
    Names.push_back(C.family + "()");
  std::string Out;
  for (size_t I = 0; I < Names.size(); ++I)
    Out += (I ? " or " : "") + Names[I];
  return Out;
}

/// The conversions of one callback.
struct Group {
  const CallbackReport *callback;
  std::vector<const SiteReport *> sites;
  bool removed = false;
};

std::vector<Group> groupsOf(const PatchUnit &P) {
  std::vector<Group> Out;
  auto Add = [&](const CallbackReport &C, const SiteReport *R) {
    auto It = std::find_if(Out.begin(), Out.end(), [&](const Group &G) { return G.callback->function == C.function; });
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

/// The callback's definition; empty if its file does not change.
std::string textOf(const CallbackReport &C, const FileTexts &Files) {
  auto It = Files.find(C.where.file);
  if (!C.summary || It == Files.end() || C.summary->end > It->second.first.size() || C.summary->begin > C.summary->end)
    return {};
  return It->second.first.substr(C.summary->begin, C.summary->end - C.summary->begin);
}

TemplateData callbackData(const Group &G, const FileTexts &Files) {
  std::vector<std::string> Functions, Records;
  for (const SiteReport *R : G.sites) {
    addUnique(Functions, R->census.function + "()");
    addUnique(Records, recordOf(*R));
  }
  TemplateData D;
  D.set("name", plainName(G.callback->function));
  D.set("functions", enumerate(Functions));
  D.set("queue", Functions.size() == 1 ? "queues" : "queue");
  bool OneRecord = Records.size() == 1 && Records[0].find("(unnamed") == std::string::npos && Records[0].find("(anonymous") == std::string::npos;
  // The callback may free the object that begins with the one the call names.
  std::string Freed = G.callback->summary ? G.callback->summary->parameter_record_note : std::string();
  auto Holds = [&](const SiteReport *R) { // or it may be the other way round
    return R->site && llvm::any_of(R->site->levels, [&](const HeadLevel &L) { return L.record == Freed; });
  };
  bool Begins = OneRecord && !Freed.empty() && Freed != Records[0] && llvm::none_of(G.sites, Holds);
  D.set("object", !OneRecord ? "an object" : Begins ? "the " + Records[0] + " at the start of a " + Freed : "a " + Records[0]);
  // The head may be in a member that begins the object, and the site names only that member.
  bool Same = OneRecord && llvm::StringRef(textOf(*G.callback, Files)).contains(llvm::StringRef(Records[0]).rsplit(' ').second);
  D.set("it", Same ? "it" : "the memory at its address");
  D.set("deferral", G.sites.front()->census.deferral);
  D.set("frees", freesOf(*G.callback));
  if (!G.callback->summary)
    D.set("is_free_function", true);
  return D;
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
      if (std::none_of(Out.begin(), Out.end(), [&](const CacheUse &U) { return U.cache->place == C.place; }))
        Out.push_back({&C, R});
  return Out;
}

/// Functions with their files, each file named once: "a() and b() in x.c and c() in y.c". Files are named where a reader would look in
/// the wrong one: where they are not the patch's own.
class Places {
public:
  void add(const std::string &Function, const std::string &File) {
    auto It = std::find_if(Files.begin(), Files.end(), [&](const auto &F) { return F.first == File; });
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

bool isOwnFile(const std::string &File, const PatchUnit &P) { return P.files.size() == 1 && P.files[0] == File; }

std::string lifeOf(const CacheUse &U, const PatchUnit &P) {
  const CacheReport &C = *U.cache;
  bool Field = C.name.find('.') != std::string::npos || C.name.find("->") != std::string::npos;
  bool KnownWhole = C.identified && C.complete;
  std::string Subject = std::string(KnownWhole ? "The" : "As far as the analysis can see, the") + " slab cache" + (Field ? " in " : " ") + C.name;
  Places Created, Destroyed;
  for (const CreateFact *N : C.creates)
    Created.add(N->function, N->where.file);
  for (const Destruction &D : C.destroys)
    Destroyed.add(D.function->function, D.where.file);
  std::string Made = Created.onlyFile(), Gone = Destroyed.onlyFile();
  bool OneFile = !Made.empty() && (Gone == Made || Destroyed.empty());
  if (OneFile && !isOwnFile(Made, P))
    Subject += " (" + Made + ")";
  std::string Out = Subject;
  if (!Created.empty())
    Out += " is created by " + Created.text(!OneFile);
  if (!Destroyed.empty())
    return Out + (Created.empty() ? " is" : " and") + " destroyed by " + Destroyed.text(!OneFile) + ".";
  if (KnownWhole)
    return Out + (Created.empty() ? " is" : " and") + " never destroyed, so it outlives every queued free.";
  if (Created.empty())
    return "The objects come from the slab cache" + std::string(Field ? " in " : " ") + C.name + ".";
  return Out + ".";
}

/// Why the life of the cache is no danger, where that is not kmem_cache_destroy()'s own waiting.
std::string safetyOf(const SiteReport &R) {
  switch (R.reason) {
  case Reason::BarrierWaits: {
    std::vector<std::string> Waits;
    for (const DestructionReport &D : R.destructions)
      for (const BarrierUse &B : D.barriers)
        if (B.waits_kfree_rcu)
          addUnique(Waits, B.barrier + "() in " + call(B.function));
    if (Waits.empty())
      return "Before that, a barrier waits for objects that are queued with kfree_rcu().";
    return "Before that, " + enumerate(Waits) + (Waits.size() == 1 ? " waits" : " wait") + " for objects that are queued with kfree_rcu().";
  }
  case Reason::NeverReached:
    return "Each destruction is in code that never runs, or directly behind the creation, when the cache holds no object.";
  case Reason::NoObjectYet:
    return "That is directly behind the creation, when the cache holds no object.";
  default:
    return {};
  }
}

/// Whether the patch takes a call of the barrier out of that file.
bool isDropped(const std::string &Barrier, const std::string &File, const MessageContext &C) {
  auto It = C.files->find(File);
  return It != C.files->end() && llvm::StringRef(It->second.second).count(Barrier + "(") < llvm::StringRef(It->second.first).count(Barrier + "(");
}

/// "g() may still be queued by f() in net/x/y.c."
std::string neededBy(const Evidence &E, const PatchUnit &P) {
  std::string Where = E.function.empty() ? std::string() : " in " + call(E.function);
  if (!isOwnFile(E.file, P))
    Where += " (" + E.file + ")";
  return E.text + Where + ".";
}

/// What becomes of the barriers before the destruction; one sentence each.
std::vector<std::string> barrierSentences(const PatchUnit &P, const MessageContext &C) {
  std::vector<std::string> Out;
  for (const SiteReport *R : P.sites) {
    if (!R->leftovers)
      continue;
    for (const BarrierLeftover &B : R->leftovers->barriers) {
      std::string The = "The " + B.barrier + "() in " + call(B.function) + (isOwnFile(B.where.file, P) ? "" : " in " + B.where.file);
      if (B.may_go && isDropped(B.barrier, B.where.file, C))
        addUnique(Out, The + " has no callback left to wait for: remove it, too.");
      else if (B.may_go)
        addUnique(Out, The + " has no callback left to wait for; whether it goes, too, is left to a patch of its own.");
      else if (B.before_destruction && B.known)
        addUnique(Out, The + (B.needed_by.empty() ? std::string(" is left alone.") : " stays: " + neededBy(B.needed_by.front(), P)));
      else if (B.before_destruction)
        addUnique(Out, The + " is left alone.");
    }
  }
  return Out;
}

TemplateData commitData(const CommitRow &Row) {
  TemplateData D;
  D.set("commit", Row.commit);
  D.set("title", Row.title);
  return D;
}

void setWaits(TemplateData &D, const MessageContext &C) {
  const SemanticFact &Waits = C.semantics->fact("destroy_waits_kfree_rcu");
  D.set("destroy_waits", Waits.known && Waits.value);
  if (const CommitRow *Row = C.settings->commitOf("destroy_waits_kfree_rcu", C.semantics->era))
    D.set("destroy_commit", commitData(*Row));
}

void setCaches(TemplateData &D, const PatchUnit &P, const MessageContext &C) {
  TemplateData List(TemplateData::type::list);
  size_t Count = 0;
  for (const CacheUse &U : cachesOf(P)) {
    std::string Text = lifeOf(U, P), Why = safetyOf(*U.site);
    TemplateData One;
    One.set("text", Why.empty() ? Text : Text + " " + Why);
    List.push_back(One);
    ++Count;
  }
  D.set("caches", List);
  D.set("one_cache", Count == 1);
  D.set("any_cache", Count != 0 && C.semantics->is("kfree_rcu_takes_slab_objects"));
  bool Waits = std::any_of(P.sites.begin(), P.sites.end(), [](const SiteReport *R) { return R->reason == Reason::DestroyWaits; });
  if (Waits)
    setWaits(D, C);
  TemplateData Barriers(TemplateData::type::list);
  for (const std::string &Text : barrierSentences(P, C)) {
    TemplateData One;
    One.set("text", Text);
    Barriers.push_back(One);
  }
  D.set("barriers", Barriers);
}

/// Callbacks that name no cache have none whose destruction could come too early.
void setGeneralPurpose(TemplateData &D, const std::vector<Group> &Groups) {
  std::vector<std::string> Names;
  for (const Group &G : Groups)
    if (G.callback->caches.empty())
      addUnique(Names, call(G.callback->function));
  if (Names.empty())
    return;
  bool All = Names.size() == Groups.size();
  D.set("no_cache", !All ? enumerate(Names) : Names.size() == 1 ? "The callback" : "The callbacks");
  D.set("no_cache_names", Names.size() == 1 ? "names" : "name");
}

TemplateData dataOf(const PatchUnit &P, const MessageContext &C) {
  std::vector<Group> Groups = groupsOf(P);
  std::vector<std::string> Primitives, Removed, Kept, Deferrals, Architectures, FileNames, Functions;
  TemplateData List(TemplateData::type::list);
  for (const Group &G : Groups) {
    List.push_back(callbackData(G, *C.files));
    if (G.removed)
      addUnique(Removed, call(G.callback->function));
    else if (G.callback->summary && !G.callback->summary->in_macro)
      addUnique(Kept, call(G.callback->function));
  }
  size_t RemovedCallbacks = Removed.size();
  for (const auto &[File, Name] : C.removed_helpers)
    if (std::binary_search(P.files.begin(), P.files.end(), File))
      addUnique(Removed, Name + "()");
  for (const SiteReport *R : P.sites) {
    addUnique(Primitives, primitiveOf(*R));
    addUnique(Deferrals, R->census.deferral);
    addUnique(FileNames, fileName(R->census.where.file));
    addUnique(Functions, R->census.function);
  }
  for (const std::string &File : P.files)
    if (auto It = C.parsed_for.find(File); It != C.parsed_for.end())
      addUnique(Architectures, It->second);
  TemplateData D;
  D.set("prefix", P.style.prefix);
  D.set("callbacks", List);
  D.set("one_callback", Groups.size() == 1);
  D.set("several_callbacks", Groups.size() > 1);
  D.set("callback", plainName(Groups.front().callback->function));
  D.set("callback_removed", Groups.front().removed);
  D.set("all_removed", RemovedCallbacks == Groups.size());
  D.set("function", Functions.front());
  D.set("deferral", enumerate(Deferrals));
  D.set("file_names", enumerate(FileNames));
  D.set("primitive", Primitives.front());
  std::vector<std::string> Calls;
  for (const std::string &Name : Primitives)
    Calls.push_back(Name + "()");
  D.set("primitives", enumerate(Calls));
  D.set("do", Calls.size() == 1 ? "does" : "do");
  D.set("need", Calls.size() == 1 ? "needs" : "need");
  D.set("them", Calls.size() == 1 ? "it" : "them");
  if (!Removed.empty())
    D.set("removed", enumerate(Removed));
  if (!Kept.empty()) {
    D.set("kept", enumerate(Kept));
    D.set("stay", Kept.size() == 1 ? "stays" : "stay");
    D.set("it", Kept.size() == 1 ? "it" : "them");
  }
  setCaches(D, P, C);
  setGeneralPurpose(D, Groups);
  D.set("version", C.version);
  D.set("tree_version", C.tree_version);
  if (Architectures.size())
    D.set("parsed_for", enumerate(Architectures));
  D.set("configuration", C.configuration);
  D.set("one_file", P.files.size() == 1);
  return D;
}

std::string capitalised(std::string Subject, const SubjectStyle &Style) {
  size_t At = Style.prefix.size() + 2;
  if (Style.capital && llvm::StringRef(Subject).starts_with(Style.prefix + ": ") && At < Subject.size() && Subject[At] >= 'a' && Subject[At] <= 'z')
    Subject[At] = static_cast<char>(Subject[At] - 'a' + 'A');
  return Subject;
}

} // namespace

llvm::Expected<PatchMessage> messageOf(const PatchUnit &P, const MessageContext &C, std::set<std::string> &Taken) {
  TemplateData D = dataOf(P, C);
  auto Subjects = C.templates->render("subject.txt", D);
  if (!Subjects)
    return Subjects.takeError();
  PatchMessage M;
  llvm::StringRef Rest = *Subjects;
  std::string Shortest;
  while (!Rest.empty()) {
    auto [Line, Tail] = Rest.split('\n');
    Rest = Tail;
    std::string Subject = capitalised(Line.trim().str(), P.style);
    if (Subject.empty() || Taken.count(Subject))
      continue;
    if (Shortest.empty() || Subject.size() < Shortest.size())
      Shortest = Subject;
    if (M.subject.empty() && Subject.size() <= MaxSubject)
      M.subject = Subject;
  }
  if (M.subject.empty())
    M.subject = Shortest;
  if (M.subject.empty())
    return fail("the template subject.txt gives no subject for " + P.files.front() + " that no other patch has; add a line with {{file_names}}");
  Taken.insert(M.subject);
  auto Body = C.templates->render("patch.txt", D);
  if (!Body)
    return Body.takeError();
  M.body = fillText(*Body);
  return M;
}

llvm::Expected<PatchMessage> coverOf(const SeriesPlan &S, const MessageContext &C) {
  TemplateData D;
  std::vector<std::string> Deferrals, Primitives, Prefixes;
  bool DestroyWaits = false, AnyCache = false;
  size_t Here = 0;
  for (const PatchUnit &P : S.patches) {
    addUnique(Prefixes, P.style.prefix);
    Here += P.sites.size();
    for (const SiteReport *R : P.sites) {
      addUnique(Deferrals, R->census.deferral);
      addUnique(Primitives, primitiveOf(*R) + "()");
      AnyCache = AnyCache || !R->caches.empty();
      DestroyWaits = DestroyWaits || R->reason == Reason::DestroyWaits;
    }
  }
  std::sort(Primitives.begin(), Primitives.end());
  D.set("subject_prefix", Prefixes.size() == 1 ? Prefixes[0] + ": " : "");
  D.set("deferral", enumerate(Deferrals));
  D.set("primitives", enumerate(Primitives));
  D.set("count", std::to_string(S.patches.size()));
  D.set("any_cache", AnyCache);
  D.set("here", std::to_string(Here));
  if (auto It = C.classes.find("convert"); It != C.classes.end() && It->second > Here)
    D.set("elsewhere", std::to_string(It->second - Here));
  D.set("calls", std::to_string(C.calls));
  D.set("version", C.version);
  D.set("tree_version", C.tree_version);
  D.set("command", C.command);
  D.set("configuration", C.configuration);
  if (DestroyWaits) {
    setWaits(D, C);
    TemplateData List(TemplateData::type::list);
    for (const Evidence &E : C.semantics->fact("destroy_waits_kfree_rcu").evidence) {
      TemplateData One;
      One.set("place", E.file + ":" + std::to_string(E.line));
      One.set("text", (E.function.empty() ? "" : E.function + "() ") + E.text);
      List.push_back(One);
    }
    D.set("destroy_evidence", List);
  }
  TemplateData Classes(TemplateData::type::list);
  const std::pair<const char *, const char *> Words[] = {
      {"review", "free-only, but something must be judged by a person"}, {"unsafe", "free-only, but unsafe"},
      {"refuse", "free-only, but kfree_rcu() cannot take their place (memory that is zeroed, another object, a macro, ...)"}, {"more_than_free", "with a callback that does more than free"},
      {"unknown_callback", "with a callback that could not be determined"}, {"definition", "definitions and wrappers of the primitive itself"},
      {"not_parsed", "in code that no parsed configuration shows"}};
  for (const auto &[Class, What] : Words)
    if (auto It = C.classes.find(Class); It != C.classes.end() && It->second) {
      TemplateData One;
      One.set("count", std::to_string(It->second));
      One.set("what", What);
      Classes.push_back(One);
    }
  D.set("classes", Classes);
  auto Text = C.templates->render("cover.txt", D);
  if (!Text)
    return Text.takeError();
  auto [Subject, Body] = llvm::StringRef(*Text).split('\n');
  return PatchMessage{Subject.trim().str(), fillText(Body)};
}

} // namespace krcu::series
