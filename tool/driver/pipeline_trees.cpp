// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/driver/pipeline_trees.h"
#include "tool/report/report.h"
#include "tool/rewrite/rewrite.h"
#include "tool/support/error.h"
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace fs = std::filesystem;

namespace krcu {

std::string pipelineData() { return std::string(KRCU_SOURCE_DIR) + "/testdata/pipeline"; }

std::string readText(const std::string &Path) {
  std::ifstream In(Path, std::ios::binary);
  std::ostringstream Text;
  Text << In.rdbuf();
  return Text.str();
}

ScratchTree::ScratchTree(const std::string &Era) {
  std::string Pattern = (fs::temp_directory_path() / "krcu-tree-XXXXXX").string();
  if (!::mkdtemp(Pattern.data()))
    throw std::runtime_error("no temporary directory could be made");
  Root = Pattern;
  if (Era.empty())
    return;
  fs::copy(pipelineData() + "/base", Root, fs::copy_options::recursive);
  fs::copy(pipelineData() + "/eras/" + Era, Root, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
}

ScratchTree::~ScratchTree() {
  std::error_code Ignored;
  fs::remove_all(Root, Ignored);
}

void ScratchTree::lay(const std::string &Case) {
  std::string From = pipelineData() + "/cases/" + Case;
  fs::copy(From, Root, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  for (const char *Name : {"expected.json", "expected.diff"})
    fs::remove(Root + "/" + Name);
}

void ScratchTree::write(const std::string &Relative, const std::string &Text) const {
  fs::create_directories(fs::path(path(Relative)).parent_path());
  std::ofstream(path(Relative), std::ios::binary) << Text;
}

std::string ScratchTree::read(const std::string &Relative) const { return readText(path(Relative)); }

ScanOptions ScratchTree::options(unsigned Jobs) const {
  ScanOptions O;
  O.tree = Root;
  O.builtin_rules = std::string(KRCU_SOURCE_DIR) + "/rules";
  O.jobs = Jobs;
  return O;
}

Outcome scanAndPatch(const ScanOptions &Options) {
  Outcome Result;
  auto S = Scan::run(Options);
  if (!S) {
    Result.error = message(S.takeError());
    return Result;
  }
  Result.scan = std::move(*S);
  Result.sites = Result.scan->sites();
  markRemovals(*Result.scan, Result.sites);
  ReportInput In;
  In.tree_version = Result.scan->tree().version();
  In.semantics = &Result.scan->semantics();
  In.sites = &Result.sites;
  Result.json = scanJson(In);
  auto P = makePatch(*Result.scan, Result.sites, Options.jobs);
  if (!P) {
    Result.error = message(P.takeError());
    return Result;
  }
  Result.patch = std::move(*P);
  auto D = unifiedDiff(Result.patch.files);
  if (!D)
    Result.error = message(D.takeError());
  else
    Result.diff = std::move(*D);
  return Result;
}

} // namespace krcu
