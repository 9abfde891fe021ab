// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/slim_series.h"

#include "tool/main/commands.h"
#include "tool/main/slim_patch.h"
#include "tool/report/terminal.h"
#include "tool/series/series.h"
#include "tool/support/error.h"
#include "llvm/ADT/STLExtras.h"
#include <cstdio>
#include <nlohmann/json.hpp>

using Json = nlohmann::ordered_json;

namespace krcu {
namespace {

/// Why a newer tree has no such member to change; empty: it has.
std::string doneIn(const Tree &Newer, const slim::HeadDecl &D) {
  std::optional<std::string> Text = Newer.read(D.where.file);
  if (!Text)
    return "the file is not in the newer tree";
  std::vector<slim::HeadDecl> There = slim::headsIn(D.where.file, LexedText(*Text), {D.type});
  return llvm::any_of(There, [&](const slim::HeadDecl &H) { return H.record == D.record && H.member == D.member; }) ? "" : "it is smaller or gone in the newer tree";
}

/// "kmalloc-128", "kmalloc-2k": what the allocator calls its cache for a size.
std::string cacheName(uint64_t Bytes) { return "kmalloc-" + (Bytes >= 1024 && Bytes % 1024 == 0 ? std::to_string(Bytes / 1024) + "k" : std::to_string(Bytes)); }

/// "struct foo: 104 -> 96, kmalloc-128 -> kmalloc-96".
std::string sizeLine(const slim::ShrunkRecord &O) {
  std::string Line = "struct " + O.record + ": " + std::to_string(O.before) + " -> " + std::to_string(O.after) + (O.debugging ? " with debugging options" : "");
  if (O.cache.valid())
    return Line + " in a slab cache of its own";
  if (O.flexible)
    return Line + " before the array at its end";
  if (O.class_before && O.class_after)
    Line += O.class_before == O.class_after ? ", still " + cacheName(O.class_after) : ", " + cacheName(O.class_before) + " -> " + cacheName(O.class_after);
  return Line;
}

/// \p OwnBuild: the configuration is the user's.
series::SlimText textOf(const slim::SlimMember &M, bool OwnBuild) {
  series::SlimText T;
  T.file = M.decl.where.file;
  T.record = M.decl.record, T.member = M.decl.member;
  T.type = M.decl.type, T.new_type = M.new_type;
  T.option = M.option;
  for (const std::string &F : M.freed_by)
    T.frees.push_back(F + "()");
  for (const slim::ShrunkRecord &O : M.objects) {
    T.sizes.emplace_back(sizeLine(O), O.architecture);
    if (!O.architecture.empty())
      T.architectures.insert(O.architecture);
  }
  T.usual = !OwnBuild && llvm::any_of(M.objects, [](const slim::ShrunkRecord &O) { return !O.debugging; });
  for (const slim::WholeUse &U : M.copies)
    T.notes.push_back(U.where.file + ":" + std::to_string(U.where.line) + ": the whole record is copied, which is right with either head");
  for (const Location &Free : M.frees)
    if (!llvm::is_contained(T.users, Free.file))
      T.users.push_back(Free.file);
  for (const auto &[File, Architecture] : M.parsed)
    if (!llvm::is_contained(T.users, File))
      T.users.push_back(File);
  llvm::erase_if(T.users, [](const std::string &File) { return !llvm::StringRef(File).ends_with(".c"); });
  for (const auto &[File, Architecture] : M.parsed) {
    T.parsed.insert(File);
    T.architectures.insert(Architecture);
  }
  return T;
}

} // namespace

llvm::Expected<slim::SlimChoice> slimChoice(const SeriesOptions &O) {
  slim::SlimChoice Choice;
  if (!O.wanted())
    return Choice;
  Choice.only_gains = !O.with_kept;
  std::shared_ptr<Tree> Upstream;
  if (!O.upstream.empty()) {
    auto T = Tree::open(O.upstream);
    if (!T)
      return T.takeError();
    Upstream = std::make_shared<Tree>(std::move(*T));
  }
  Choice.leave_out = [&O, Upstream](const slim::SlimMember &M) -> std::string {
    if (std::string Path = leftOutByPath(O, M.decl.where.file); !Path.empty())
      return Path;
    if (!M.converted.empty())
      return M.converted.begin()->file + ":" + std::to_string(M.converted.begin()->line) + " must be converted first (krcu patch --series)";
    return Upstream ? doneIn(*Upstream, M.decl) : "";
  };
  return Choice;
}

llvm::Expected<std::string> makeSlimSeries(Scan &S, const slim::SlimResult &R, const SeriesOptions &O, const ScanOptions &SO) {
  static const std::vector<SiteReport> NoSites;
  series::SeriesInput In;
  In.tree = &S.tree();
  In.root = S.tree().root();
  In.semantics = &S.semantics();
  In.sites = &NoSites;
  In.files = R.files;
  for (const slim::SlimMember &M : R.members)
    In.slims.push_back(textOf(M, !SO.compile_commands.empty()));
  In.rules_directory = SO.builtin_rules;
  In.configuration = SO.compile_commands.empty() ? "a configuration of krcu's own making" : "the configuration of a build";
  In.command = commandOf(SO, O, "--slim-heads");
  for (const slim::Refusal &L : R.left_out) {
    In.left_out.push_back(L.decl.where.file + ": struct " + L.decl.record + ": " + L.decl.member);
    In.left_out_why.push_back(L.why);
  }
  // What verify would find in the same files, and what is no matter of these patches.
  for (const SiteReport &Site : S.sites())
    if (Site.cls == SiteClass::Convert && Site.site && R.files.count(Site.census.where.file)) {
      In.left_out.push_back(siteText(Site.census.where.file, Site.site->deferral, Site.site->head_text, Site.site->callback_text));
      In.left_out_why.push_back("a conversion, no matter of heads");
    }
  Json Report = {{"krcu", versionText()}, {"tree", {{"version", S.tree().version()}}}};
  addMembers(Report, R);
  In.scan_json = Report.dump(2, ' ', false, Json::error_handler_t::replace);
  if (llvm::Error E = takeSeriesOptions(O, In))
    return E;
  if (!R.left_out.empty())
    tell(O.quiet, "note", counted(R.left_out.size(), "head") + " left out that could be smaller; README says why of each (--with-kept: also those that save no memory)");
  return finishSeries(In, O);
}

} // namespace krcu
