// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/series/message.h"

#include "tool/series/sentences.h"
#include "tool/support/error.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>

namespace krcu::series {
namespace {

/// Longer subjects are folded or cut by the lists' tools.
constexpr size_t MaxSubject = 75;

std::string fileName(llvm::StringRef Path) { return Path.rsplit('/').second.empty() ? Path.str() : Path.rsplit('/').second.str(); }

TemplateData listOf(const std::vector<std::string> &Texts) {
  TemplateData List(TemplateData::type::list);
  for (const std::string &Text : Texts) {
    TemplateData One;
    One.set("text", Text);
    List.push_back(One);
  }
  return List;
}

TemplateData commitData(const CommitRow &Row) {
  TemplateData D;
  D.set("commit", Row.commit);
  D.set("title", Row.title);
  return D;
}

void setPrimitives(TemplateData &D, const std::vector<std::string> &Primitives, const MessageContext &C) {
  D.set("primitives", enumerate(Primitives));
  D.set("free", Primitives.size() == 1 ? "frees" : "free");
  D.set("need", Primitives.size() == 1 ? "needs" : "need");
  D.set("batches", C.semantics->is("kfree_rcu_batches"));
}

/// The modules whose exit needs no barrier any more: each callback of theirs that was queued goes with this patch.
void setMended(TemplateData &D, const PatchUnit &P, const MessageContext &C, std::vector<std::string> &Notes, std::vector<std::string> &Advice) {
  std::vector<std::string> Sure;
  for (const MissingBarrier &M : C.missing_barriers) {
    auto Gone = [&](const Location &L) {
      return llvm::any_of(P.sites, [&](const SiteReport *R) {
        return R->callback_removed && R->census.where.file == L.file && R->census.where.line == L.line;
      });
    };
    if (M.queues.empty() || !llvm::all_of(M.queues, Gone))
      continue;
    std::vector<std::string> Names, Now;
    for (const SiteReport *R : P.sites)
      if (llvm::any_of(M.queues, [&](const Location &L) { return R->census.where.file == L.file && R->census.where.line == L.line; })) {
        addUnique(Names, call(R->callback.function));
        addUnique(Now, primitiveOf(*R) + "()");
      }
    std::string Place = M.where.file + ":" + std::to_string(M.where.line);
    if (M.certain) {
      Sure.push_back(M.exit + " has no rcu_barrier(), so " + enumerate(Names) + " could run after " + M.module +
                     " is unloaded; " + enumerate(Now) + (Now.size() == 1 ? " does" : " do") + " not need the module.");
      addUnique(Notes, M.module + " is left by " + M.exit + " at " + Place);
      addUnique(Advice, "says that " + M.exit + " lacks a barrier: decide whether it is a fix, with a Fixes: tag and for the tree of fixes");
    } else {
      addUnique(Advice, "may mend " + M.module + ", which seems to have no rcu_barrier() on unload (" + Place + "): the mail does not say so; see whether it should");
    }
  }
  D.set("mended", listOf(Sure));
}

/// Notes of the run that are about a file of this patch; what it converts is in the mail already.
void addNotes(std::vector<std::string> &To, const PatchUnit &P, const MessageContext &C) {
  for (const std::string &Note : C.notes)
    for (const std::string &File : P.files)
      if (llvm::StringRef Rest = Note; Rest.consume_front(File) && (Rest.starts_with(":") || Rest.starts_with(" ")))
        addUnique(To, Note.substr(0, Note.find(", converted: ")));
}

TemplateData dataOf(const PatchUnit &P, const MessageContext &C, std::vector<std::string> &Advice) {
  std::vector<CallbackGroup> Groups = groupsOf(P);
  std::vector<std::string> Primitives, Calls, Removed, Kept, Deferrals, Architectures, FileNames, Functions, Helpers, Notes;
  for (const CallbackGroup &G : Groups) {
    if (G.removed)
      addUnique(Removed, call(G.callback->function));
    else if (G.callback->summary && !G.callback->summary->in_macro)
      addUnique(Kept, call(G.callback->function));
  }
  for (const auto &[File, Name] : C.removed_helpers)
    if (std::binary_search(P.files.begin(), P.files.end(), File))
      addUnique(Helpers, Name + "()");
  for (const SiteReport *R : P.sites) {
    addUnique(Primitives, primitiveOf(*R));
    addUnique(Calls, primitiveOf(*R) + "()");
    addUnique(Deferrals, R->census.deferral);
    addUnique(FileNames, fileName(R->census.where.file));
    addUnique(Functions, R->census.function);
  }
  for (const std::string &File : P.files)
    if (auto It = C.parsed_for.find(File); It != C.parsed_for.end())
      addUnique(Architectures, It->second);
  TemplateData D, List(TemplateData::type::list);
  for (const std::string &Did : callbackSentences(Groups, *C.files)) {
    TemplateData One;
    One.set("did", Did);
    List.push_back(One);
  }
  D.set("callbacks", List);
  D.set("prefix", P.style.prefix);
  D.set("one_callback", Groups.size() == 1);
  D.set("several_callbacks", Groups.size() > 1);
  D.set("callback", plainName(Groups.front().callback->function));
  D.set("callback_removed", Groups.front().removed);
  D.set("all_removed", Removed.size() == Groups.size());
  D.set("function", Functions.front());
  D.set("functions", enumerate(Functions));
  D.set("deferral", enumerate(Deferrals));
  D.set("file_names", enumerate(FileNames));
  D.set("primitive", Primitives.front());
  setPrimitives(D, Calls, C);
  if (!Removed.empty())
    D.set("removed", enumerate(Removed));
  if (!Helpers.empty()) {
    D.set("helpers", enumerate(Helpers));
    D.set("lose", Helpers.size() == 1 ? "loses" : "lose");
    D.set("their", Helpers.size() == 1 ? "its" : "their");
    D.set("go", Helpers.size() == 1 ? "goes" : "go");
  }
  if (!Kept.empty()) {
    D.set("kept", enumerate(Kept));
    D.set("stay", Kept.size() == 1 ? "stays" : "stay");
    D.set("it", Kept.size() == 1 ? "it" : "them");
  }
  setMended(D, P, C, Notes, Advice);
  D.set("safe", listOf(safetySentences(P, C)));
  D.set("barriers", listOf(barrierSentences(P, C, Notes)));
  for (std::string &Life : lifeSentences(P))
    addUnique(Notes, std::move(Life));
  addNotes(Notes, P, C);
  D.set("notes", listOf(Notes));
  D.set("version", C.version);
  D.set("tree_version", C.tree_version);
  if (!Architectures.empty())
    D.set("parsed_for", enumerate(Architectures));
  D.set("configuration", C.configuration);
  return D;
}

std::string capitalised(std::string Subject, const SubjectStyle &Style) {
  size_t At = Style.prefix.size() + 2;
  if (Style.capital && llvm::StringRef(Subject).starts_with(Style.prefix + ": ") && At < Subject.size() && Subject[At] >= 'a' && Subject[At] <= 'z')
    Subject[At] = static_cast<char>(Subject[At] - 'a' + 'A');
  return Subject;
}

} // namespace

std::string chooseSubject(llvm::StringRef Proposals, const SubjectStyle &Style, const std::set<std::string> &Taken) {
  std::string Shortest;
  while (!Proposals.empty()) {
    auto [Line, Tail] = Proposals.split('\n');
    Proposals = Tail;
    std::string Subject = capitalised(Line.trim().str(), Style);
    if (Subject.empty() || Taken.count(Subject))
      continue;
    if (Subject.size() <= MaxSubject)
      return Subject;
    if (Shortest.empty() || Subject.size() < Shortest.size())
      Shortest = Subject;
  }
  return Shortest;
}

namespace {

/// "335 have callbacks that do more and 15 cannot be replaced".
std::string classesText(const std::map<std::string, unsigned> &Classes) {
  const std::pair<const char *, const char *> Words[] = {
      {"more_than_free", "have callbacks that do more"}, {"review", "need a person to judge them"}, {"unsafe", "are unsafe to convert"},
      {"refuse", "have no replacement"}, {"unknown_callback", "have an unknown callback"}, {"not_parsed", "could not be parsed"}};
  std::vector<std::string> Parts;
  for (const auto &[Class, What] : Words)
    if (auto It = Classes.find(Class); It != Classes.end() && It->second)
      Parts.push_back(std::to_string(It->second) + " " + What);
  return Parts.empty() ? "none is left" : enumerate(Parts);
}

} // namespace

llvm::Expected<PatchMessage> messageOf(const PatchUnit &P, const MessageContext &C, std::set<std::string> &Taken) {
  PatchMessage M;
  TemplateData D = dataOf(P, C, M.advice);
  auto Subjects = C.templates->render("subject.txt", D);
  if (!Subjects)
    return Subjects.takeError();
  M.subject = chooseSubject(C.tree->shown(*Subjects), P.style, Taken);
  if (M.subject.empty())
    return fail("the template subject.txt gives no subject for " + P.files.front() + " that no other patch has; add a line with {{file_names}}");
  Taken.insert(M.subject);
  auto Body = C.templates->render("patch.txt", D);
  if (!Body)
    return Body.takeError();
  *Body = C.tree->shown(*Body); // facts have the paths that krcu gives an external module
  M.trailers = takeTrailers(*Body);
  M.body = fillText(*Body);
  auto Notes = C.templates->render("notes.txt", D);
  if (!Notes)
    return Notes.takeError();
  M.notes = fillText(C.tree->shown(*Notes));
  return M;
}

llvm::Expected<PatchMessage> coverOf(const SeriesPlan &S, const MessageContext &C, bool TreeWide) {
  TemplateData D;
  std::vector<std::string> Deferrals, Primitives, Prefixes;
  bool DestroyWaits = false;
  for (const PatchUnit &P : S.patches) {
    addUnique(Prefixes, P.style.prefix);
    for (const SiteReport *R : P.sites) {
      addUnique(Deferrals, R->census.deferral);
      addUnique(Primitives, primitiveOf(*R) + "()");
      DestroyWaits = DestroyWaits || R->reason == Reason::DestroyWaits;
    }
  }
  std::sort(Primitives.begin(), Primitives.end());
  D.set("subject_prefix", Prefixes.size() == 1 ? Prefixes[0] + ": " : "");
  D.set("deferral", enumerate(Deferrals));
  setPrimitives(D, Primitives, C);
  D.set("count", std::to_string(S.patches.size()));
  D.set("version", C.version);
  D.set("tree_version", C.tree_version);
  D.set("command", C.command);
  D.set("configuration", C.configuration);
  D.set("destroy_waits", DestroyWaits);
  if (const CommitRow *Row = C.settings->commitOf("destroy_waits_kfree_rcu", C.semantics->era))
    D.set("destroy_commit", commitData(*Row));
  D.set("tree_wide", TreeWide);
  D.set("calls", std::to_string(C.calls));
  D.set("classes", classesText(C.classes));
  auto Text = C.templates->render("cover.txt", D);
  if (!Text)
    return Text.takeError();
  auto [Subject, Body] = llvm::StringRef(*Text).split('\n');
  return PatchMessage{Subject.trim().str(), fillText(Body)};
}

} // namespace krcu::series
