// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What comes out of a parse.
#pragma once

#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclBase.h"
#include <functional>
#include <string>
#include <vector>

namespace krcu {

/// One diagnostic. `file` is relative to the tree where possible.
struct ParseDiagnostic {
  std::string file;
  unsigned line = 0;
  bool error = false;
  std::string text;
  unsigned main_line = 0; ///< line of the main file that includes what it is about; 0: it comes in by a flag
  bool of_tree = false;   ///< the header has it whoever includes it: nothing that krcu does cures it
};

struct ParseOutcome {
  bool parsed = false;              ///< an AST was seen (perhaps with errors)
  std::string main_file;            ///< file that was really parsed (the includer of a fragment or header)
  std::string variant;              ///< architecture it was parsed for
  bool built = false;               ///< that architecture's Kbuild can build it
  std::string cause;                ///< why it did not parse cleanly or is not built, for the user; may be set with parsed
  std::vector<ParseDiagnostic> diagnostics;
  unsigned errors = 0;
  std::vector<std::string> missing_includes; ///< names of headers that were not found
  /// All that the result depends on, over every attempt, sorted: files (relative to the tree where possible), "?name" for a header of
  /// that name that was looked for in vain or asked about, "=variant" for what is synthesised for an architecture.
  std::vector<std::string> inputs;
  bool broken = false;              ///< the parser crashed or was stopped: nothing but `cause` is known
  bool overrun = false;             ///< it was stopped, and would be again
  bool inputs_known = true;         ///< false: the parser crashed before it could say
};

/// Sees the AST of one file; `Decls` are the top-level declarations that stand in files (not in the precompiled header).
using AstConsumer = std::function<void(clang::ASTContext &, const std::vector<clang::Decl *> &Decls, const ParseOutcome &)>;

} // namespace krcu
