// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/series/fixes.h"

#include "tool/series/git.h"
#include "tool/series/sentences.h"
#include "tool/support/error.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>

namespace krcu::series {
namespace {

constexpr unsigned MaxSteps = 300000; ///< commits that are looked at for one line

TemplateData listOf(const std::vector<std::string> &Texts) {
  TemplateData List(TemplateData::type::list);
  for (const std::string &Text : Texts) {
    TemplateData One;
    One.set("text", Text);
    List.push_back(One);
  }
  return List;
}

/// The file in this commit; null if it has none.
GitTreeEntry entryOf(git_commit *Commit, const std::string &File) {
  git_tree *Raw = nullptr;
  git_tree_entry *Entry = nullptr;
  if (git_commit_tree(&Raw, Commit) != 0)
    return nullptr;
  GitTree Tree(Raw);
  if (git_tree_entry_bypath(&Entry, Raw, File.c_str()) != 0)
    return nullptr;
  return GitTreeEntry(Entry);
}

/// Of a blob; nothing if it cannot be read, which is no sign that the line is not there.
std::optional<bool> holdsLine(git_repository *R, const git_oid *Blob, llvm::StringRef Line) {
  git_blob *Raw = nullptr;
  if (git_blob_lookup(&Raw, R, Blob) != 0)
    return std::nullopt;
  GitBlob Held(Raw);
  llvm::StringRef Text(static_cast<const char *>(git_blob_rawcontent(Raw)), static_cast<size_t>(git_blob_rawsize(Raw)));
  while (!Text.empty()) {
    auto [One, Rest] = Text.split('\n');
    Text = Rest;
    if (One.trim() == Line)
      return true;
  }
  return false;
}

} // namespace

Introduction introductionOf(git_repository *R, const std::string &File, llvm::StringRef Line) {
  Line = Line.trim();
  git_oid Id;
  if (Line.empty() || git_reference_name_to_id(&Id, R, "HEAD") != 0)
    return {"", "", "the repository has no commit"};
  for (unsigned Step = 0; Step < MaxSteps; ++Step) {
    git_commit *Raw = nullptr;
    if (git_commit_lookup(&Raw, R, &Id) != 0)
      return {"", "", "the history is not complete"};
    GitCommit Commit(Raw);
    GitTreeEntry Here = entryOf(Raw, File);
    if (!Here)
      return {"", "", File + " is not in the repository"};
    unsigned Parents = git_commit_parentcount(Raw);
    if (Parents == 0)
      return {"", "", "the history begins with that line"};
    std::optional<git_oid> Next;
    bool Renamed = false;
    for (unsigned N = 0; N < Parents && !Next; ++N) {
      git_commit *RawParent = nullptr;
      if (git_commit_parent(&RawParent, Raw, N) != 0)
        return {"", "", "the history is shallow"};
      GitCommit Parent(RawParent);
      GitTreeEntry Before = entryOf(RawParent, File);
      Renamed = Renamed || !Before;
      if (!Before)
        continue;
      if (git_oid_equal(git_tree_entry_id(Before.get()), git_tree_entry_id(Here.get()))) {
        Next = *git_commit_id(RawParent);
        break;
      }
      std::optional<bool> Has = holdsLine(R, git_tree_entry_id(Before.get()), Line);
      if (!Has)
        return {"", "", "the history is not complete"};
      if (*Has)
        Next = *git_commit_id(RawParent);
    }
    if (Next) {
      Id = *Next;
      continue;
    }
    if (Parents > 1)
      return {"", "", "a merge brought that line"};
    // A new file may be an old one under another name: then the line is older than the commit.
    const char *Summary = git_commit_summary(Raw);
    if (Renamed)
      return {"", "", "the file came with commit " + hexOf(Id).substr(0, 12) + (Summary ? " (\"" + std::string(Summary) + "\")" : "") + ", be it new or renamed"};
    return {hexOf(Id).substr(0, 12), Summary ? Summary : "", ""};
  }
  return {"", "", "the line is older than what was looked at"};
}

namespace {

/// What the mends of one patch say, each sentence once.
struct Words {
  std::vector<std::string> calls, functions, modules, wrong, notes;
  bool moved = true;
};

Words wordsOf(const std::vector<const FixText *> &Mine) {
  Words W;
  for (const FixText *F : Mine) {
    addUnique(W.calls, F->call);
    addUnique(W.functions, F->function + "()");
    addUnique(W.modules, F->module);
    for (const std::string &S : F->wrong)
      addUnique(W.wrong, S);
    for (const std::string &S : F->notes)
      addUnique(W.notes, S);
    W.moved = W.moved && F->moved;
  }
  return W;
}

} // namespace

llvm::Expected<PatchMessage> fixMessageOf(const PatchUnit &P, const std::vector<FixText> &Fixes, const MessageContext &C, git_repository *Repository, std::set<std::string> &Taken) {
  std::vector<const FixText *> Mine;
  for (const FixText &F : Fixes)
    if (llvm::is_contained(P.files, F.file))
      Mine.push_back(&F);
  if (Mine.empty())
    return fail("no mend is about " + P.files.front());
  Words W = wordsOf(Mine);
  PatchMessage M;
  std::optional<Introduction> First;
  bool Same = true;
  for (const FixText *F : Mine) {
    Introduction I;
    if (F->queues_line.empty())
      I.why = "which commit made the order wrong is not known";
    else if (!Repository)
      I.why = "there is no history at hand";
    else
      I = introductionOf(Repository, F->queues_file, F->queues_line);
    Same = Same && (!First || First->commit == I.commit);
    if (!First || First->why.empty())
      First = std::move(I);
  }
  if (Same && !First->commit.empty()) {
    M.trailers.push_back("Fixes: " + First->commit + " (\"" + First->title + "\")");
    addUnique(W.notes, "Fixes: names the commit that brought the line which queues; whether the module was wrong from then on is for you to check");
  } else {
    addUnique(W.notes, "there is no Fixes: tag, because " + (Same ? First->why : std::string("the lines that queue came with several commits")) + "; it is for you to find");
  }
  TemplateData D;
  D.set("prefix", P.style.prefix);
  D.set("calls", enumerate(W.calls));
  D.set("functions", enumerate(W.functions));
  D.set("modules", enumerate(W.modules));
  D.set("moved", W.moved);
  D.set("added", !W.moved);
  D.set("wrong", listOf(W.wrong));
  D.set("notes", listOf(W.notes));
  D.set("version", C.version);
  D.set("tree_version", C.tree_version);
  D.set("file_names", enumerate(P.files));
  auto Subjects = C.templates->render("fix-subject.txt", D);
  if (!Subjects)
    return Subjects.takeError();
  M.subject = chooseSubject(C.tree->shown(*Subjects), P.style, Taken);
  if (M.subject.empty())
    return fail("the template fix-subject.txt gives no subject for " + P.files.front() + " that no other patch has; add a line with {{file_names}}");
  Taken.insert(M.subject);
  auto Body = C.templates->render("fix.txt", D), Notes = C.templates->render("fix-notes.txt", D);
  if (!Body || !Notes)
    return llvm::joinErrors(Body.takeError(), Notes.takeError());
  *Body = C.tree->shown(*Body);
  std::vector<std::string> OfTemplate = takeTrailers(*Body);
  M.trailers.insert(M.trailers.end(), OfTemplate.begin(), OfTemplate.end());
  M.body = fillText(*Body);
  M.notes = fillText(C.tree->shown(*Notes));
  return M;
}

llvm::Expected<PatchMessage> fixCoverOf(const SeriesPlan &S, const MessageContext &C) {
  std::vector<std::string> Prefixes;
  for (const PatchUnit &P : S.patches)
    addUnique(Prefixes, P.style.prefix);
  TemplateData D;
  D.set("subject_prefix", Prefixes.size() == 1 ? Prefixes[0] + ": " : "");
  D.set("count", std::to_string(S.patches.size()));
  D.set("version", C.version);
  D.set("tree_version", C.tree_version);
  D.set("command", C.command);
  auto Text = C.templates->render("fix-cover.txt", D);
  if (!Text)
    return Text.takeError();
  auto [Subject, Body] = llvm::StringRef(*Text).split('\n');
  return PatchMessage{Subject.trim().str(), fillText(Body)};
}

} // namespace krcu::series
