// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What kind of object a free gets, by the types that the pointer has on its way from the head to the free.
#pragma once

#include "matchers/values.h"

namespace krcu {

class FreedRecords {
public:
  explicit FreedRecords(const Names &N) : N(N) {}

  /// What the pointer points to as the free gets it, and what it did before it was cast: kmem_cache_free(cache, (struct foo *)base) frees
  /// a struct foo, and the base that container_of() had found. Symbols; empty if it points to no record.
  std::vector<std::string> of(const clang::Expr *Object, const ValueStore &S);

  /// The records of all frees of the first parameter, with what lies between them and that parameter.
  std::vector<FreedRecord> describe(const std::vector<PathSummary> &Paths) const;

private:
  const Names &N;
  std::map<std::string, const clang::RecordDecl *> Seen;
};

} // namespace krcu
