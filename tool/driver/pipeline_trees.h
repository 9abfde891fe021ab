// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For the tests of the whole pipeline: small trees laid together from testdata/pipeline in a directory of their own, which goes
// away with the object. base/ is the kernel, eras/ says what its kmem_cache_destroy() waits for, cases/ what is laid over both.
#pragma once

#include "tool/driver/patch.h"
#include "tool/driver/scan.h"
#include <string>
#include <vector>

namespace krcu {

class ScratchTree {
public:
  /// base and eras/`Era`; an empty directory if `Era` is empty.
  explicit ScratchTree(const std::string &Era);
  ScratchTree(const ScratchTree &) = delete;
  ScratchTree &operator=(const ScratchTree &) = delete;
  ~ScratchTree();

  const std::string &root() const { return Root; }
  std::string path(const std::string &Relative) const { return Root + "/" + Relative; }
  /// Lays a case over it (without what the case expects).
  void lay(const std::string &Case);
  void write(const std::string &Relative, const std::string &Text) const;
  std::string read(const std::string &Relative) const;
  ScanOptions options(unsigned Jobs = 2) const;

private:
  std::string Root;
};

/// testdata/pipeline
std::string pipelineData();
std::string readText(const std::string &Path);

/// A scan with its patch, and both as text for comparison.
struct Outcome {
  std::unique_ptr<Scan> scan;
  std::vector<SiteReport> sites;
  Patch patch;
  std::string diff;
  std::string json;
  std::string error; ///< the scan failed; then nothing else is set
};
Outcome scanAndPatch(const ScanOptions &Options);

} // namespace krcu
