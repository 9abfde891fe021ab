// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/fix_series.h"

#include "tool/series/series.h"
#include "tool/support/error.h"
#include "llvm/ADT/StringRef.h"

using llvm::StringRef;

namespace krcu {
namespace {

/// The line as it stands in the tree.
std::string lineAt(Scan &S, const Location &At) {
  auto Text = At.line ? S.tree().read(At.file) : std::nullopt;
  StringRef Rest = Text ? StringRef(*Text) : StringRef();
  for (unsigned N = 1; N < At.line; ++N)
    Rest = Rest.split('\n').second;
  return Rest.split('\n').first.trim().str();
}

} // namespace

llvm::Expected<std::string> makeFixSeries(Scan &S, const AuditFixes &Fixes, const SeriesOptions &O, const std::vector<std::string> &Paths, const std::string &Json) {
  const Tree &T = S.tree();
  static const std::vector<SiteReport> NoSites;
  series::SeriesInput In;
  In.tree = &T;
  In.root = T.mounted().empty() ? T.root() : T.mounted();
  In.semantics = &S.semantics();
  In.sites = &NoSites;
  for (const auto &[File, Texts] : Fixes.files)
    In.files[T.shownFile(File)] = Texts;
  for (const AuditFix &Fix : Fixes.fixes) {
    if (!Fix.mended)
      continue;
    series::FixText Text;
    Text.file = T.shownFile(Fix.where.file);
    Text.module = Fix.module;
    Text.call = Fix.call;
    Text.function = Fix.function;
    Text.moved = Fix.moved;
    Text.wrong = Fix.wrong;
    const AuditFinding &F = *Fix.finding;
    Text.notes.push_back(T.shown(F.where.file + ":" + std::to_string(F.where.line) + ": " + F.reason + " (confidence " + confidenceName(F.confidence) + ": " + F.confidence_why + ")"));
    Text.queues_file = T.shownFile(Fix.queues.file);
    Text.queues_line = lineAt(S, Fix.queues);
    In.fixes.push_back(std::move(Text));
  }
  if (In.fixes.empty())
    return fail("there is nothing that a barrier mends, so there is no series to write");
  In.rules_directory = S.options().builtin_rules;
  In.command = "krcu audit --fix --series DIR TREE";
  for (const std::string &P : Paths)
    In.command += " " + P;
  In.scan_json = Json;
  if (llvm::Error E = takeSeriesOptions(O, In))
    return E;
  auto Made = series::makeSeries(In);
  if (!Made)
    return Made.takeError();
  return writeMails(*Made, O);
}

} // namespace krcu
