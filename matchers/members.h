// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Records as layouts: which member path of a record leads to the struct rcu_head at some offset, and which objects it passes through.
#pragma once

#include "matchers/names.h"

namespace krcu {

/// Offset of a field in bytes; nothing for bit-fields and where the layout is not known.
std::optional<int64_t> fieldOffset(const Names &N, const clang::FieldDecl *F);

/// "struct foo", "foo_t"; empty if the record has no name that could be written.
std::string recordText(const clang::RecordDecl *R);

/// The record that a pointer points to, its definition if there is one; null for other types and for struct rcu_head itself, which says
/// nothing of the object.
const clang::RecordDecl *objectBehind(clang::QualType Pointer);

struct HeadPath {
  std::string member;              ///< "base.rcu"
  std::vector<InnerObject> inside; ///< records on the way, outermost first: "base"
};

/// All paths from `R` to a head at `Offset`: several only where unions overlap. In order of declaration.
std::vector<HeadPath> headsAt(const Names &N, const clang::RecordDecl *R, int64_t Offset);

} // namespace krcu
