// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What Frontend keeps to itself.
#pragma once

#include "tool/frontend/frontend.h"
#include "tool/frontend/session.h"
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace krcu {

/// "x86" of "arch/x86/kernel/cpu.c"; empty elsewhere.
inline llvm::StringRef archOf(llvm::StringRef File) {
  if (!File.consume_front("arch/"))
    return {};
  return File.take_until([](char C) { return C == '/'; });
}

struct Frontend::Variant {
  std::once_flag made;
  std::unique_ptr<Synth> synth;
  std::unique_ptr<Kbuild> kbuild;
  std::unique_ptr<ParseSession> session;
  std::map<std::string, PrecompiledHeader> pch; ///< by family of directories
  std::string problem;         ///< why this architecture cannot be used
  std::vector<std::string> made_from; ///< files of the tree that were read for it
};

/// What differs between two tries at the same file.
struct Frontend::Attempt {
  bool pch = true;
  bool blank = true;
  bool trace_overlay = true;
  unsigned number = 1;                      ///< of the attempts under its architecture
  unsigned way = 0;                         ///< which of Kbuild::ways()
  std::function<bool(const ParseOutcome &)> accept; ///< as ParseJob::accept
  std::vector<std::string> extra_dirs;
};

/// What came nearest so far.
struct Frontend::Best {
  ParseOutcome outcome;
  Variant *variant = nullptr;
  Attempt attempt;
};

/// The errors of one header, taken as it is and by itself.
struct Frontend::HeaderErrors {
  std::once_flag made;
  std::set<std::string> found;  ///< "file:line: text"
  std::set<std::string> inputs; ///< as ParseOutcome::inputs
};

/// In memory only: includes headers.
inline const std::string HeadersMain = "krcu-headers.c";

/// How a file that never parses without an error came nearest to it.
struct Frontend::Hopeless {
  Variant *variant;
  Attempt attempt;
  std::string cause;
  bool built;
  std::set<std::string> inputs; ///< of all attempts
};

struct Frontend::Worker {
  /// One FileManager for each view of the tree: variant (its configuration included), trace overlay, directory of the user's own build.
  std::map<std::tuple<const Variant *, bool, std::string>, std::unique_ptr<FileCache>> caches;
  std::set<std::string> inputs; ///< of all attempts at the request in hand
  bool inputs_known = true;
};

} // namespace krcu
