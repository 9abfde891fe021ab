// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/driver/site_text.h"
#include "tool/driver/patch.h"
#include "tool/review/diff.h"
#include "tool/rewrite/rewrite.h"
#include "tool/rewrite/source.h"
#include "llvm/Support/Error.h"

namespace krcu {
namespace {

using Plans = std::map<std::string, FilePlan>;

/// A file of the scan, lexed once for all its sites.
struct Lexed {
  explicit Lexed(std::shared_ptr<const std::string> T) : text(std::move(T)), source(*text) {}
  std::shared_ptr<const std::string> text;
  SourceText source;
};

/// By file; nothing for a file whose text does not allow the change.
using Edits = std::map<std::string, std::optional<std::vector<TextEdit>>>;

/// What the sites of a scan change, one by one. What a site costs does not grow with its file, nor with the sites that share its callback.
class Texts {
public:
  explicit Texts(const Scan &S) : S(S), Helpers(S), Prototypes(S) {}
  SiteText of(const SiteReport &R);

private:
  Edits editsOf(const Plans &P);
  const Edits &removalOf(const SiteReport &R);
  const Lexed *lexed(const std::string &File);

  const Scan &S;
  HelperFinder Helpers;
  PrototypeFinder Prototypes;
  std::map<std::string, std::unique_ptr<const Lexed>> Files;
  std::map<std::string, Edits> Removals; ///< by callback
};

Edits Texts::editsOf(const Plans &P) {
  Edits Result;
  for (const auto &[File, Plan] : P) {
    const Lexed *L = lexed(File);
    if (!L)
      continue;
    std::optional<std::vector<TextEdit>> &To = Result[File];
    if (auto Found = planEdits(File, L->source, Plan))
      To = std::move(*Found);
    else
      llvm::consumeError(Found.takeError());
  }
  return Result;
}

/// The edits by which the callback goes, with its declarations and what only it used.
const Edits &Texts::removalOf(const SiteReport &R) {
  auto [It, New] = Removals.try_emplace(R.callback.function);
  if (!New)
    return It->second;
  std::string Name = plainName(R.callback.function);
  Plans P;
  P[R.callback.where.file].removals.push_back({Name, R.callback.summary->begin, R.callback.summary->end});
  if (!R.callback.summary->is_static)
    for (const std::string &File : Prototypes.filesOf(Name, R.callback.where.file))
      P[File].declarations.push_back(Name);
  for (const OrphanedHelper &H : Helpers.of(R))
    P[H.file].removals.push_back({H.name, H.begin, H.end});
  return It->second = editsOf(P);
}

/// `More` into `To`; nothing if they change the same place.
void merge(std::optional<std::vector<TextEdit>> &To, const std::optional<std::vector<TextEdit>> &More) {
  if (!To || !More) {
    To.reset();
    return;
  }
  To->insert(To->end(), More->begin(), More->end());
  std::sort(To->begin(), To->end(), [](const TextEdit &A, const TextEdit &B) { return A.begin < B.begin; });
  for (size_t N = 1; N < To->size(); ++N)
    if ((*To)[N].begin < (*To)[N - 1].end)
      return To.reset();
}

const Lexed *Texts::lexed(const std::string &File) {
  auto [It, New] = Files.try_emplace(File);
  int Id = New ? S.index().find(File) : -1;
  if (auto Text = Id < 0 ? nullptr : S.index().text(static_cast<uint32_t>(Id)))
    It->second = std::make_unique<const Lexed>(std::move(Text));
  return It->second.get();
}

/// The lines that differ, without what stands around them. `Above`: lines of the file that stand before what was compared.
void addEdits(const std::string &File, const std::string &Diff, unsigned Above, std::vector<SiteEdit> &To) {
  review::Diff D = review::parseDiff(Diff);
  for (const review::FileDiff &F : D.files)
    for (const review::Hunk &H : F.hunks) {
      unsigned Line = Above + H.old_start + (H.old_count == 0);
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

/// Lines around an edit that are compared with it, so that a comparison may name one of several equal lines as the whole files' would.
constexpr unsigned LinesAround = 100;

/// Edits that stand so close together that they are compared at once: lines of the old text, and what they become.
struct Window {
  unsigned first = 0, last = 0; ///< lines, from 0; `last` inclusive
  std::string after;
};

std::vector<Window> windowsOf(const SourceText &Old, const std::vector<TextEdit> &Changes) {
  std::vector<Window> Result;
  uint32_t From = 0; // what stands before it is in a window
  auto Close = [&] {
    if (!Result.empty())
      Result.back().after += Old.slice({From, Old.lineEnd(Result.back().last)});
  };
  for (const TextEdit &E : Changes) {
    unsigned First = Old.lineOf(E.begin), Last = std::min(Old.lineOf(E.end) + LinesAround, Old.lineCount() - 1);
    First -= std::min(First, LinesAround);
    if (Result.empty() || First > Result.back().last + 1) {
      Close();
      Result.push_back({First, Last, {}});
      From = Old.lineBegin(First);
    }
    Result.back().last = Last;
    Result.back().after += Old.slice({From, E.begin});
    Result.back().after += E.text;
    From = E.end;
  }
  Close();
  return Result;
}

void setEnd(const SourceText &Source, uint32_t Offset, SiteText &To) {
  if (Offset == 0 || Offset > Source.text().size())
    return;
  // Behind the last byte, so that a line break there counts as one.
  unsigned Line = Source.lineOf(Offset - 1);
  bool Broken = Source.text()[Offset - 1] == '\n';
  To.end_line = Line + 1 + Broken;
  To.end_column = Broken ? 1 : Offset - Source.lineBegin(Line) + 1;
}

SiteText Texts::of(const SiteReport &R) {
  SiteText Result;
  if (const Lexed *L = lexed(R.site->where.file))
    setEnd(L->source, R.site->end, Result);
  if (R.replacement.empty())
    return Result;
  Plans P;
  if (R.merged)
    P[R.site->where.file].branches.push_back({R.merged->begin, R.merged->end, R.replacement});
  else
    P[R.site->where.file].calls.push_back({R.site->begin, R.site->end, R.replacement});
  Edits All = editsOf(P);
  if (R.callback_removed && R.callback.summary)
    for (const auto &[File, More] : removalOf(R))
      if (auto [It, New] = All.try_emplace(File, More); !New)
        merge(It->second, More);
  for (const auto &[File, Changes] : All) {
    if (!Changes)
      continue;
    const SourceText &Source = lexed(File)->source;
    for (const Window &W : windowsOf(Source, *Changes)) {
      std::string Before = Source.slice({Source.lineBegin(W.first), Source.lineEnd(W.last)}).str();
      auto Diff = unifiedDiff({{File, {std::move(Before), W.after}}});
      if (Diff)
        addEdits(File, *Diff, W.first, Result.edits);
      else
        llvm::consumeError(Diff.takeError());
    }
  }
  return Result;
}

} // namespace

std::vector<SiteText> siteTexts(const Scan &S, const std::vector<SiteReport> &Sites) {
  std::vector<SiteText> Result(Sites.size());
  Texts All(S);
  for (size_t N = 0; N < Sites.size(); ++N)
    if (const SiteReport &R = Sites[N]; R.site && !R.site->in_macro && R.site->where.file == R.census.where.file)
      Result[N] = All.of(R);
  return Result;
}

} // namespace krcu
