// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/driver/site_text.h"
#include "tool/driver/patch.h"
#include "tool/review/diff.h"
#include "tool/rewrite/rewrite.h"
#include "llvm/Support/Error.h"

namespace krcu {
namespace {

using Plans = std::map<std::string, FilePlan>;

Plans planOf(const Scan &S, const SiteReport &R) {
  Plans Result;
  FilePlan &Here = Result[R.site->where.file];
  if (R.merged)
    Here.branches.push_back({R.merged->begin, R.merged->end, R.replacement});
  else
    Here.calls.push_back({R.site->begin, R.site->end, R.replacement});
  if (!R.callback_removed || !R.callback.summary)
    return Result;
  std::string Name = plainName(R.callback.function);
  Result[R.callback.where.file].removals.push_back({Name, R.callback.summary->begin, R.callback.summary->end});
  if (!R.callback.summary->is_static)
    for (uint32_t Id : S.index().mentioning(Name))
      if (const std::string &File = S.index().files()[Id].path; File != R.callback.where.file && S.tree().isSubject(File))
        if (auto Text = S.index().text(Id); Text && hasPrototype(*Text, Name))
          Result[File].declarations.push_back(Name);
  for (const OrphanedHelper &H : orphanedHelpers(S, {R}))
    Result[H.file].removals.push_back({H.name, H.begin, H.end});
  return Result;
}

/// The lines that differ, without what stands around them.
void addEdits(const std::string &File, const std::string &Diff, std::vector<SiteEdit> &To) {
  review::Diff D = review::parseDiff(Diff);
  for (const review::FileDiff &F : D.files)
    for (const review::Hunk &H : F.hunks) {
      unsigned Line = H.old_start + (H.old_count == 0);
      SiteEdit Edit{File, 0, {}, {}};
      auto Flush = [&] {
        if (Edit.line)
          To.push_back(std::move(Edit));
        Edit = {File, 0, {}, {}};
      };
      for (const review::HunkLine &L : H.lines) {
        if (L.kind == ' ')
          Flush();
        else if (!Edit.line)
          Edit.line = Line;
        if (L.kind == '-')
          Edit.before.push_back(L.text);
        if (L.kind == '+')
          Edit.after.push_back(L.text);
        Line += L.kind != '+';
      }
      Flush();
    }
}

std::shared_ptr<const std::string> textOf(const Scan &S, const std::string &File) {
  int Id = S.index().find(File);
  return Id < 0 ? nullptr : S.index().text(static_cast<uint32_t>(Id));
}

void setEnd(const std::string &Text, uint32_t Offset, SiteText &To) {
  if (Offset == 0 || Offset > Text.size())
    return;
  llvm::StringRef Before = llvm::StringRef(Text).take_front(Offset);
  To.end_line = static_cast<unsigned>(Before.count('\n')) + 1;
  size_t Line = Before.rfind('\n');
  To.end_column = static_cast<unsigned>(Offset - (Line == llvm::StringRef::npos ? 0 : Line + 1)) + 1;
}

} // namespace

std::vector<SiteText> siteTexts(const Scan &S, const std::vector<SiteReport> &Sites) {
  std::vector<SiteText> Result(Sites.size());
  for (size_t N = 0; N < Sites.size(); ++N) {
    const SiteReport &R = Sites[N];
    if (!R.site || R.site->in_macro || R.site->where.file != R.census.where.file)
      continue;
    if (auto Text = textOf(S, R.site->where.file))
      setEnd(*Text, R.site->end, Result[N]);
    if (R.replacement.empty())
      continue;
    for (const auto &[File, Plan] : planOf(S, R)) {
      auto Text = textOf(S, File);
      if (!Text)
        continue;
      auto New = applyPlan(File, *Text, Plan);
      if (!New) {
        llvm::consumeError(New.takeError());
        continue;
      }
      auto Diff = unifiedDiff({{File, {*Text, New->text}}});
      if (Diff)
        addEdits(File, *Diff, Result[N].edits);
      else
        llvm::consumeError(Diff.takeError());
    }
  }
  return Result;
}

} // namespace krcu
