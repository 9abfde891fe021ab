// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/series_gains.h"

#include "tool/audit/audit.h"
#include <set>

namespace krcu {

llvm::Expected<std::vector<series::MissingBarrier>> missingBarriersOf(Scan &S, const std::vector<SiteReport> &Sites, ScanOptions SO) {
  // Whole modules, or a callback of theirs that another file queues would not be seen.
  std::set<std::string> Files;
  for (const SiteReport &R : Sites)
    if (R.cls == SiteClass::Convert && R.callback_removed && S.moduleFact(R.census.where.file).mayGo())
      for (const std::string &File : S.moduleScope(R.census.where.file).files)
        Files.insert(File);
  if (Files.empty())
    return std::vector<series::MissingBarrier>();
  SO.paths.assign(Files.begin(), Files.end());
  SO.leftovers = false;
  auto Prepared = Scan::prepare(SO);
  if (!Prepared) // the tree or the rules have changed since the scan
    return Prepared.takeError();
  AuditOptions Options;
  Options.kinds = {"missing_rcu_barrier"};
  std::vector<series::MissingBarrier> Out;
  for (const AuditFinding &F : auditTree(**Prepared, Options).findings) {
    series::MissingBarrier M{F.subject, F.function + "()", F.where, F.confidence == Confidence::High, {}};
    const std::string Own = ", which is text of " + F.subject;
    for (const Evidence &E : F.evidence)
      if (E.text.find(Own) != std::string::npos)
        M.queues.push_back({E.file, E.line, 0});
    for (Location *L : {&M.where})
      L->file = S.tree().shownFile(L->file);
    for (Location &L : M.queues)
      L.file = S.tree().shownFile(L.file);
    Out.push_back(std::move(M));
  }
  return Out;
}

} // namespace krcu
