// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/driver/patch.h"
#include "matchers/extract.h"
#include "tool/driver/plan.h"
#include "tool/index/outline.h"
#include "tool/rewrite/rewrite.h"
#include "tool/support/error.h"
#include "tool/support/parallel.h"
#include <algorithm>

namespace krcu {
namespace {

struct Planned {
  std::map<std::string, FilePlan> files;
};

Planned planOf(const Scan &S, const std::vector<SiteReport> &Sites, const std::set<std::string> &Excluded) {
  Planned P;
  std::set<std::string> Removed;
  for (const SiteReport &R : Sites) {
    if (R.cls != SiteClass::Convert || Excluded.count(R.site->where.file))
      continue;
    P.files[R.site->where.file].calls.push_back({R.site->begin, R.site->end, R.replacement});
    if (!R.callback_removed || Excluded.count(R.callback.where.file) || !Removed.insert(R.callback.function).second)
      continue;
    std::string Name = plainName(R.callback.function);
    P.files[R.callback.where.file].removals.push_back({Name, R.callback.summary->begin, R.callback.summary->end});
    if (!R.callback.summary->is_static)
      for (uint32_t Id : S.index().mentioning(Name)) // prototypes in headers and in other files
        if (S.index().files()[Id].path != R.callback.where.file)
          P.files[S.index().files()[Id].path].declarations.push_back(Name);
  }
  return P;
}

/// Diagnostics as a multiset that does not care for line numbers, which the edit moves.
std::multiset<std::string> fingerprint(const ParseOutcome &O) {
  std::multiset<std::string> Result;
  for (const ParseDiagnostic &D : O.diagnostics)
    Result.insert(D.file + ": " + D.text);
  return Result;
}

/// Why the new contents must not be written, or empty. Parses old and new with all bodies and -Wunused-*.
std::string verify(Scan &S, const std::string &File, const std::map<std::string, std::string> &Contents, unsigned Worker) {
  ParseRequest Old;
  Old.file = File;
  Old.warn_unused = true;
  Old.no_pch = true;
  ParseRequest New = Old;
  New.overrides = &Contents;
  auto Ignore = [](clang::ASTContext &, const std::vector<clang::Decl *> &, const ParseOutcome &) {};
  ParseOutcome Before = S.frontend().parse(Old, Worker, Ignore);
  New.variant = Before.variant; // the same architecture, or the comparison means nothing
  FileFacts Facts;
  ExtractOptions EO;
  EO.root = S.tree().root();
  EO.rules = &S.rules();
  ParseOutcome After = S.frontend().parse(New, Worker, [&](clang::ASTContext &C, const std::vector<clang::Decl *> &Decls, const ParseOutcome &) {
    Facts = extractFacts(C, File, Decls, EO);
  });
  if (!After.parsed)
    return "the new text could not be parsed";
  std::multiset<std::string> Had = fingerprint(Before);
  for (const ParseDiagnostic &D : After.diagnostics) {
    auto It = Had.find(D.file + ": " + D.text);
    if (It == Had.end())
      return "the new text would give " + std::string(D.error ? "an error" : "a warning") + " at line " + std::to_string(D.line) + ": " + D.text;
    Had.erase(It);
  }
  return {};
}

} // namespace

llvm::Expected<Patch> makePatch(Scan &S, std::vector<SiteReport> &Sites, unsigned Jobs) {
  Patch Result;
  std::set<std::string> Excluded;
  // A file that fails is left out and everything is planned again: a callback may have to stay now.
  for (int Round = 0; Round < 8; ++Round) {
    Result.files.clear();
    Result.notes.clear();
    markRemovals(S, Sites);
    Planned P = planOf(S, Sites, Excluded);
    std::map<std::string, std::string> Contents;
    std::map<std::string, std::string> Failed;
    for (const auto &[File, Plan] : P.files) {
      int Id = S.index().find(File);
      auto Text = Id < 0 ? nullptr : S.index().text(static_cast<uint32_t>(Id));
      if (!Text) {
        Failed[File] = "it could not be read again";
        continue;
      }
      auto New = applyPlan(File, *Text, Plan);
      if (!New) {
        Failed[File] = message(New.takeError());
        continue;
      }
      Result.notes.insert(Result.notes.end(), New->notes.begin(), New->notes.end());
      if (New->text != *Text) {
        Result.files[File] = {*Text, New->text};
        Contents[File] = std::move(New->text);
      }
    }
    std::vector<std::string> Files;
    for (const auto &[File, Texts] : Result.files)
      if (llvm::StringRef(File).ends_with(".c"))
        Files.push_back(File);
    std::vector<std::string> Why(Files.size());
    if (Failed.empty())
      parallelFor(Jobs, Files.size(), [&](size_t N, unsigned Worker) { Why[N] = verify(S, Files[N], Contents, Worker); });
    for (size_t N = 0; N < Files.size(); ++N)
      if (!Why[N].empty())
        Failed[Files[N]] = Why[N];
    if (Failed.empty())
      return Result;
    for (const auto &[File, Because] : Failed) {
      Excluded.insert(File);
      Result.refused.push_back(File + ": not rewritten: " + Because);
      for (SiteReport &R : Sites)
        if (R.cls == SiteClass::Convert && (R.site->where.file == File || R.callback.where.file == File)) {
          R.cls = SiteClass::Refuse;
          R.reason = Reason::NotVerified;
          R.detail = Because;
          R.replacement.clear();
        }
    }
  }
  return Result;
}

} // namespace krcu
