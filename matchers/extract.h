// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The entry to this room: the AST of one translation unit -> FileFacts.
#pragma once

#include "matchers/damage.h"
#include "matchers/facts.h"
#include "tool/rules/rules.h"
#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclBase.h"
#include <set>
#include <string>
#include <vector>

namespace krcu {

struct ExtractOptions {
  std::string root;                ///< the tree's root, absolute; names and locations are relative to it
  const Rules *rules = nullptr;
  std::set<std::string> bodies;    ///< functions of a precompiled header whose bodies count as seen: those this parse asked for. Others may be
                                   ///< there for another file's sake, and facts must not depend on which files share a header.
  std::set<std::string> summarise; ///< names of functions to summarise besides the callbacks of the sites found
  std::set<std::string> trace;     ///< names of functions to trace path by path
  std::vector<SourceError> errors; ///< of the parse: facts that rest on them say so
  const std::set<std::string> *foreign = nullptr; ///< see Names::setForeign(); null: none
};

/// `Decls`: the top-level declarations to look at (those that do not come from a precompiled header).
FileFacts extractFacts(clang::ASTContext &Context, const std::string &MainFile, const std::vector<clang::Decl *> &Decls,
                       const ExtractOptions &Options);

} // namespace krcu
