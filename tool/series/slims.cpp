// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/series/slims.h"

#include "tool/series/sentences.h"
#include "tool/support/error.h"
#include "llvm/ADT/STLExtras.h"

namespace krcu::series {
namespace {

constexpr size_t MaxNames = 3; ///< records in a sentence; the lines below it have them all

TemplateData listOf(const std::vector<std::string> &Texts) {
  TemplateData List(TemplateData::type::list);
  for (const std::string &Text : Texts) {
    TemplateData One;
    One.set("text", Text);
    List.push_back(One);
  }
  return List;
}

/// What the texts of several members say together, each word once.
struct Words {
  std::vector<std::string> records, members, types, new_types, options, frees, notes;
  std::vector<std::pair<std::string, std::string>> sizes; ///< with the architecture of each
  std::set<std::string> parsed, architectures;
  bool usual = false;
};

Words wordsOf(const std::vector<const SlimText *> &Mine) {
  Words W;
  for (const SlimText *T : Mine) {
    addUnique(W.records, "struct " + T->record);
    addUnique(W.members, T->member);
    addUnique(W.types, T->type);
    addUnique(W.new_types, "struct " + T->new_type);
    addUnique(W.options, T->option);
    for (const std::string &F : T->frees)
      addUnique(W.frees, F);
    for (const auto &Line : T->sizes)
      if (!llvm::is_contained(W.sizes, Line))
        W.sizes.push_back(Line);
    for (const std::string &N : T->notes)
      addUnique(W.notes, N);
    W.usual = W.usual || T->usual;
    W.parsed.insert(T->parsed.begin(), T->parsed.end());
    W.architectures.insert(T->architectures.begin(), T->architectures.end());
  }
  return W;
}

TemplateData dataOf(const Words &W, const MessageContext &C) {
  TemplateData D;
  const bool One = W.records.size() == 1;
  D.set("records", W.records.size() <= MaxNames ? enumerate(W.records) : std::to_string(W.records.size()) + " records");
  D.set("few", W.records.size() <= MaxNames);
  D.set("heads", enumerate(W.types) + (One ? "" : "s"));
  D.set("new_type", enumerate(W.new_types));
  D.set("frees", enumerate(W.frees));
  D.set("use", W.frees.size() == 1 ? "uses" : "use");
  D.set("take", W.frees.size() == 1 ? "takes" : "take");
  if (!W.options.empty())
    D.set("option", W.options.front());
  // One architecture is named once, several beside each line.
  std::set<std::string> Measured;
  for (const auto &[Line, Architecture] : W.sizes)
    Measured.insert(Architecture);
  std::vector<std::string> Lines;
  for (const auto &[Line, Architecture] : W.sizes)
    Lines.push_back(Line + (Measured.size() > 1 ? " (" + Architecture + ")" : ""));
  D.set("sizes", listOf(Lines));
  if (Measured.size() == 1 && !Measured.begin()->empty())
    D.set("measured_on", *Measured.begin());
  D.set("usual", W.usual);
  D.set("architectures", enumerate({W.architectures.begin(), W.architectures.end()}));
  D.set("version", C.version);
  D.set("tree_version", C.tree_version);
  D.set("configuration", C.configuration);
  return D;
}

} // namespace

llvm::Expected<PatchMessage> slimMessageOf(const PatchUnit &P, const std::vector<SlimText> &Slims, const MessageContext &C, std::set<std::string> &Taken) {
  std::vector<const SlimText *> Mine;
  for (const SlimText &T : Slims)
    if (llvm::is_contained(P.files, T.file))
      Mine.push_back(&T);
  if (Mine.empty())
    return fail("no head is in " + P.files.front());
  Words W = wordsOf(Mine);
  TemplateData D = dataOf(W, C);
  std::vector<std::string> Names;
  for (const std::string &File : P.files)
    addUnique(Names, llvm::StringRef(File).substr(llvm::StringRef(File).rfind('/') + 1).str());
  D.set("prefix", P.style.prefix);
  D.set("file_names", enumerate(Names));
  D.set("files_parsed", W.parsed.size() == 1 ? std::string("file that uses") : std::to_string(W.parsed.size()) + " files that use");
  D.set("notes", listOf(W.notes));
  auto Subjects = C.templates->render("slim-subject.txt", D);
  if (!Subjects)
    return Subjects.takeError();
  PatchMessage M;
  M.subject = chooseSubject(C.tree->shown(*Subjects), P.style, Taken);
  if (M.subject.empty())
    return fail("the template slim-subject.txt gives no subject for " + P.files.front() + " that no other patch has; add a line with {{file_names}}");
  Taken.insert(M.subject);
  auto Body = C.templates->render("slim.txt", D), Notes = C.templates->render("slim-notes.txt", D);
  if (!Body || !Notes)
    return llvm::joinErrors(Body.takeError(), Notes.takeError());
  M.trailers = takeTrailers(*Body);
  M.body = fillText(*Body);
  M.notes = fillText(*Notes);
  return M;
}

llvm::Expected<PatchMessage> slimCoverOf(const SeriesPlan &S, const std::vector<SlimText> &Slims, const MessageContext &C) {
  std::vector<std::string> Prefixes;
  std::vector<const SlimText *> Mine;
  for (const PatchUnit &P : S.patches) {
    addUnique(Prefixes, P.style.prefix);
    for (const SlimText &T : Slims)
      if (llvm::is_contained(P.files, T.file))
        Mine.push_back(&T);
  }
  TemplateData D = dataOf(wordsOf(Mine), C);
  D.set("subject_prefix", Prefixes.size() == 1 ? Prefixes[0] + ": " : "");
  D.set("count", std::to_string(S.patches.size()));
  D.set("members", std::to_string(Mine.size()));
  D.set("command", C.command);
  auto Text = C.templates->render("slim-cover.txt", D);
  if (!Text)
    return Text.takeError();
  auto [Subject, Body] = llvm::StringRef(*Text).split('\n');
  return PatchMessage{Subject.trim().str(), fillText(Body)};
}

} // namespace krcu::series
