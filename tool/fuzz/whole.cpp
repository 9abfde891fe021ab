// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A file of a driver, and perhaps its header, makefile, Kconfig and a patch, through everything. Clang itself is not instrumented, and a crash
// inside of a parse is caught as it is for a user; what the sanitizers find in krcu's own code is not.
#include "tool/audit/audit.h"
#include "tool/driver/patch.h"
#include "tool/review/judge/review.h"
#include "tool/driver/scan.h"
#include "tool/fuzz/targets.h"
#include "tool/report/report.h"
#include "tool/review/mail.h"
#include "tool/review/verdict.h"
#include "tool/rewrite/rewrite.h"
#include "tool/support/error.h"
#include <filesystem>

using llvm::StringRef;
namespace fs = std::filesystem;

namespace krcu {
namespace {

ScanOptions optionsFor(const std::string &Tree) {
  ScanOptions O;
  O.tree = Tree;
  O.builtin_rules = std::string(KRCU_SOURCE_DIR) + "/rules";
  O.jobs = 1;
  O.use_pch = false;
  return O;
}

template <class T> bool got(llvm::Expected<T> &E) {
  if (!E)
    static_cast<void>(message(E.takeError()));
  return static_cast<bool>(E);
}

void scanIt(const std::string &Tree) {
  ScanOptions O = optionsFor(Tree);
  O.leftovers = true;
  auto S = Scan::run(O);
  if (!got(S))
    return;
  std::vector<SiteReport> Sites = (*S)->sites();
  markRemovals(**S, Sites);
  ReportInput In;
  In.tree_version = (*S)->tree().version();
  In.semantics = &(*S)->semantics();
  In.sites = &Sites;
  static_cast<void>(scanJson(In));
  auto P = makePatch(**S, Sites, 1);
  if (!got(P))
    return;
  auto D = unifiedDiff(P->files);
  got(D);
}

void auditIt(const std::string &Tree) {
  auto S = Scan::prepare(optionsFor(Tree));
  if (got(S))
    static_cast<void>(auditJson(auditTree(**S, {})));
}

void reviewIt(const std::string &Tree, const std::string &Mail) {
  auto Box = review::readInbox({Mail});
  if (!got(Box) || Box->patches.empty())
    return;
  auto S = Scan::prepare(optionsFor(Tree), /*SemanticsLater=*/true);
  if (!got(S))
    return;
  auto C = reviewPatches(**S, Box->patches);
  if (!got(C))
    return;
  review::ReviewReport R;
  R.columns.push_back(std::move(*C));
  static_cast<void>(review::scorecard(R));
}

} // namespace

void fuzzWhole(StringRef Bytes) {
  if (Bytes.size() > 20000) // the parser's time, not ours
    return;
  const std::string Tree = fuzzScratch() + "/whole", Data = std::string(KRCU_SOURCE_DIR) + "/testdata/pipeline";
  std::error_code Ignored;
  fs::remove_all(Tree, Ignored);
  fs::copy(Data + "/base", Tree, fs::copy_options::recursive);
  fs::copy(Data + "/eras/no-wait", Tree, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  inScratch("whole/drv/Makefile", "obj-$(CONFIG_DRV) += drv.o\n");
  bool Mailed = false;
  for (const auto &[Name, Text] : filesIn(Bytes, "drv/drv.c")) {
    for (const char *Known : {"drv/drv.c", "drv/drv.h", "drv/two.c", "drv/Makefile", "Kconfig"})
      if (Name == Known)
        inScratch("whole/" + Name, Text);
    if (Name == "mail")
      inScratch("whole.mail", Text), Mailed = true;
  }
  scanIt(Tree);
  auditIt(Tree);
  if (Mailed)
    reviewIt(Tree, fuzzScratch() + "/whole.mail");
}

} // namespace krcu
