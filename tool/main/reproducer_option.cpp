// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/reproducer_option.h"
#include "tool/audit/reproducer.h"
#include "tool/main/paths.h"
#include "tool/main/places.h"
#include "tool/report/terminal.h"
#include "tool/support/error.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Path.h"

namespace krcu {

llvm::Expected<ReproducerPlace> reproducerPlace(const std::string &Given, const Tree &T) {
  auto P = parsePlace(Given);
  const bool Bad = !P;
  llvm::consumeError(P.takeError());
  if (Bad || P->file.empty() || P->line == 0)
    return fail("audit: --reproducer '" + Given + "' is no place; write FILE:LINE, as krcu audit prints it");
  auto File = findPath(T, P->file);
  if (!File)
    return File.takeError();
  return ReproducerPlace{*File, P->line};
}

llvm::Expected<std::unique_ptr<Scan>> prepareAround(const ReproducerPlace &At, ScanOptions &Options) {
  const std::string Directory = llvm::sys::path::parent_path(At.file).str();
  if (!Options.paths.empty() || Directory.empty() || Directory == Tree::MountPoint)
    return Scan::prepare(Options);
  Options.paths = {Directory};
  auto S = Scan::prepare(Options);
  if (!S)
    return S;
  // A module may have files elsewhere, and its callbacks be queued there.
  bool Elsewhere = false;
  for (const std::string &File : (*S)->moduleScope(At.file).files)
    if (!(*S)->wantsPath(File)) {
      Options.paths.push_back(File);
      Elsewhere = true;
    }
  return Elsewhere ? Scan::prepare(Options) : std::move(S);
}

llvm::Expected<std::string> reproducerReport(Scan &S, const AuditReport &R, const ReproducerPlace &At, const std::string &Format, const PrintOptions &Print) {
  std::vector<const AuditFinding *> Here;
  std::string Others;
  for (const AuditFinding &F : R.findings) {
    if (F.where.file != At.file)
      continue;
    if (F.where.line == At.line)
      Here.push_back(&F);
    Others += (Others.empty() ? "" : ", ") + std::to_string(F.where.line) + " (" + F.kind + ")";
  }
  if (Here.empty()) {
    const std::string Unread = R.not_looked_at.empty() ? "" : "; " + counted(R.not_looked_at.size(), "file") + " did not parse cleanly or could not be judged to the end, so some may be missing";
    return fail(S.tree().shown(At.file) + ":" + std::to_string(At.line) + ": krcu audit has no finding there; " +
                (!S.wantsPath(At.file)  ? "the paths of the command leave this file out"
                 : Others.empty() ? "it has none in this file"
                                  : "those of this file are at line " + Others) + Unread);
  }
  std::vector<Reproducer> All = reproducersOf(S, Here);
  return S.tree().shown(Format == "json" ? reproducerJson(R, All) : reproducerText(All, widthOf(Print), isColoured(Print)));
}

} // namespace krcu
