// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How far from the start of its object a head can lie in a configuration other than the one that is parsed. kfree_rcu() takes heads at offsets
// below 4096 only and does not compile with others; what lies ahead of a head may be an array whose size another architecture or another .config
// changes ("char text[PAGE_SIZE / 2]"), or an array that an #if hides here.
#pragma once

#include "matchers/names.h"
#include "llvm/ADT/StringMap.h"
#include <map>

namespace krcu {

struct Extent {
  int64_t farthest = 0; ///< bytes; Unbounded if no bound is known
  std::string moved_by; ///< source text of the member that moves the head most; empty if none does

  static constexpr int64_t Unbounded = INT64_MAX;
};

/// Of the records of one translation unit. What is read of a record or of a file is read once.
class Extents {
public:
  explicit Extents(const Names &N) : N(N) {}
  /// Of a member of `R` at `Offset` bytes here. `R` is complete.
  const Extent &of(const clang::RecordDecl *R, int64_t Offset);

private:
  /// By how many bytes something can grow.
  struct Growth {
    uint64_t bytes = 0, most = 0; ///< in all, and of one member
    std::string member;           ///< that one
    bool unknown = false;         ///< there is no bound
    void add(const Growth &G, uint64_t Times = 1);
    void widen(const Growth &G);
  };
  struct Around; ///< one question: where the head is, and what has been gone through

  const Growth &ofRecord(const clang::RecordDecl *R);
  Growth ofField(const clang::FieldDecl *F);
  Growth ahead(const clang::RecordDecl *R, int64_t Begin, Around &A);
  Growth aheadIn(clang::QualType T, int64_t Begin, Around &A);
  bool isConfigured(const clang::FieldDecl *F) const;
  Growth hidden(const clang::RecordDecl *R, const clang::FieldDecl *Before);
  Growth ofHiddenLine(llvm::StringRef Line, clang::FileID File, const std::set<llvm::StringRef> &Members);
  std::optional<uint64_t> elementsOf(llvm::StringRef Bound, clang::FileID File);
  std::optional<uint64_t> numberIn(llvm::StringRef Text) const;

  const Names &N;
  std::map<const clang::RecordDecl *, Growth> Records;
  std::map<std::pair<const clang::RecordDecl *, int64_t>, Extent> Known;
  std::map<clang::FileID, llvm::StringMap<llvm::StringRef>> Defines; ///< of macros that stand for one piece of text, by file and name
};

} // namespace krcu
