// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a call inside the expansion of kfree_rcu() or one of its kin frees, and where the head is, by value. Each tree spells the
// macro in its own way: the head goes through a local or a cast, the object is a pointer or an offset from the head. So the
// text is not looked at: the macro's own locals stand for what they were set to, and what the user wrote as the argument
// is an unknown pointer. Head and object are then that pointer plus so many bytes.
#pragma once

#include "matchers/values.h"
#include <functional>
#include <map>
#include <vector>

namespace krcu {

/// How the local variables of a function get their values.
class LocalDefinitions {
public:
  explicit LocalDefinitions(const clang::FunctionDecl *F);
  /// What `V` holds wherever it is used: it is set only once, and its address is not taken. Null if that is not so.
  const clang::Expr *onlyValue(const clang::VarDecl *V) const;
  /// Whether `V` is set at most once and then only moved on, with ++ or +=.
  bool onlySteps(const clang::VarDecl *V) const;

private:
  struct Uses {
    const clang::Expr *value = nullptr;
    unsigned times = 0, steps = 0;
    bool escapes = false;
  };
  std::map<const clang::VarDecl *, Uses> Seen;
  friend class DefinitionVisitor;
};

/// What one call passes on.
struct DeferredCall {
  const clang::Expr *object = nullptr; ///< as the user wrote it, null if it is not such a pointer; what is freed starts there
  const clang::RecordDecl *record = nullptr; ///< what is freed, if its type says so
  clang::QualType record_type;
  int64_t offset = -1;      ///< of the head in what is freed; -1: unknown, or no head
  bool has_head = false;    ///< a head is passed that is not NULL
  bool is_head = false;     ///< it is of a type that the callee or the macro takes
  unsigned known() const { return (object || record ? 1u : 0u) + (offset >= 0 ? 2u : 0u); }
};

/// `Own`: stands this expression in the macro's own text (not in an argument that the user wrote)?
DeferredCall describeDeferredCall(const Names &N, const LocalDefinitions &Locals, const std::function<bool(const clang::Expr *)> &Own,
                                  const clang::CallExpr *Call);

} // namespace krcu
