// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For the tests of this room: a snippet of C, parsed in memory beside a small header of our own that declares what kernel code
// uses, and turned into facts with the shipped rules. Expectations are one line of text each:
//
//   EXPECT_EQ(callback("kfree(head);"), "kfree(head+0)");
//
// A callback is written as its paths, in sorted order, " | " between them: what happens on each, ", " between the effects.
//   kfree(head-16)   a free, with the object (? if unknown)    kmem_cache_free(V:cache, head-16)   with its cache
//   !text            anything else that happens                call f     a call of what has no body here
//   check NAME       a check                                   nothing    no effect
//   null(head-16):   taken only if that pointer is NULL        ends       ends in a call that does not return
//
// Marked places: /*@name*/ in a snippet names a line; facts are then looked up by that name.
#pragma once

#include "matchers/extract.h"
#include <memory>
#include <set>
#include <string>

namespace clang {
class ASTUnit;
}

namespace krcu::testing {

class Snippet {
public:
  enum Expected { Sound, Broken };
  /// `Code` stands in net/a.c of a tree; an error in it fails the test, unless the test is about errors.
  explicit Snippet(const std::string &Code, std::set<std::string> Summarise = {}, Expected Errors = Sound);
  ~Snippet();

  const FileFacts &facts() const { return Facts; }
  unsigned lineOf(const std::string &Mark) const;
  /// The paths of the function, or "opaque: why".
  std::string paths(const std::string &Function) const;
  const FunctionSummary *summary(const std::string &Function) const;

  /// The only site, or the one at the mark.
  const CallSiteFact &site(const std::string &Mark = "") const;
  /// "object, member @offset" of each level, "; " between them.
  std::string levels(const std::string &Mark = "") const;

  /// The error that the function's summary (or what else is known of it) rests on; "" if it is sound.
  std::string error(const std::string &Function) const;

  /// "to <- from" of every flow of cache pointers, sorted, "; " between them. Names of this file are shortened: "@" stands for "@net/a.c".
  std::string flows() const;

  /// The calls that precede the one at the mark on every path (or on some path), sorted, with spaces between them.
  std::string before(const std::string &Mark) const;
  std::string maybeBefore(const std::string &Mark) const;
  std::string togetherBefore(const std::string &Mark) const; ///< calls of which one of each name runs before
  /// The calls that run whenever the function does.
  std::string always(const std::string &Function) const;
  const CallFact &call(const std::string &Mark) const;

  /// "function in place of object by macro to callee" of every reference to the function; parts that are empty are left out.
  std::string references(const std::string &Function) const;
  std::string uses(const std::string &Variable) const;

private:
  std::string callNames(const FunctionFact &F, const std::vector<unsigned> &Which) const;
  const FunctionFact *functionAt(const std::string &Mark, unsigned &Call) const;

  std::string Code;
  std::unique_ptr<clang::ASTUnit> Unit;
  FileFacts Facts;
};

/// The paths of `static void cb(struct rcu_head *head) { Body }`, with `Before` at file scope.
std::string callback(const std::string &Body, const std::string &Before = "");

/// The paths of a callback that got the object `struct foo *p` of the head first.
std::string withObject(const std::string &Body, const std::string &Before = "");

/// The one site of `static void f(struct foo *p, ...) { Body }`.
Snippet siteIn(const std::string &Body, const std::string &Before = "");

} // namespace krcu::testing
