// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Plans for tests, made from the text itself: a test says what a reader sees ("the call `call_rcu(&e->rcu,
// cb)`"), never a byte offset.
#pragma once

#include "tool/rewrite/rewrite.h"
#include "tool/support/error.h"
#include <gtest/gtest.h>

namespace krcu {

/// A plan for `Text`, filled by the calls below. Text must outlive it.
class PlanFor {
public:
  explicit PlanFor(const std::string &Text) : Text(Text) {}

  /// Every occurrence of `Call` becomes `Replacement`.
  PlanFor &call(const std::string &Call, const std::string &Replacement) {
    size_t At = Text.find(Call);
    EXPECT_NE(At, std::string::npos) << "the test's text has no " << Call;
    for (; At != std::string::npos; At = Text.find(Call, At + Call.size()))
      Plan.calls.push_back({static_cast<uint32_t>(At), static_cast<uint32_t>(At + Call.size()), Replacement});
    return *this;
  }

  /// The if statement `If` becomes `Replacement;`.
  PlanFor &branch(const std::string &If, const std::string &Replacement) {
    size_t At = Text.find(If);
    EXPECT_NE(At, std::string::npos) << "the test's text has no " << If;
    Plan.branches.push_back({static_cast<uint32_t>(At), static_cast<uint32_t>(At + If.size()), Replacement});
    return *this;
  }

  /// The definitions "static void NAME(...) {...}" that end with a brace at the beginning of a line.
  PlanFor &remove(const std::string &Name) {
    bool Any = false;
    for (size_t At = Text.find(" " + Name + "("); At != std::string::npos;
         At = Text.find(" " + Name + "(", At + 1)) {
      size_t Brace = Text.find_first_of(";{", At);
      size_t Begin = Text.rfind("static", At);
      if (Brace == std::string::npos || Text[Brace] == ';' || Begin == std::string::npos ||
          Text.substr(Begin, At - Begin).find_first_of(";}#") != std::string::npos)
        continue;
      size_t End = Text.find("\n}", Brace);
      if (End == std::string::npos)
        continue;
      Plan.removals.push_back({Name, static_cast<uint32_t>(Begin), static_cast<uint32_t>(End + 2)});
      Any = true;
    }
    EXPECT_TRUE(Any) << "the test's text does not define " << Name;
    return *this;
  }

  PlanFor &declaration(const std::string &Name) {
    Plan.declarations.push_back(Name);
    return *this;
  }

  /// The statement `Call;`.
  PlanFor &statement(const std::string &Call, std::vector<std::string> Words = {}) {
    size_t At = Text.rfind(Call); // a comment above may name it

    EXPECT_NE(At, std::string::npos) << "the test's text has no " << Call;
    Plan.statements.push_back({static_cast<uint32_t>(At), static_cast<uint32_t>(At + Call.size()), std::move(Words)});
    return *this;
  }

  operator const FilePlan &() const { return Plan; }

private:
  const std::string &Text;
  FilePlan Plan;
};

/// The new text, or "error: ..." so that one comparison is enough.
inline std::string applied(const std::string &Text, const FilePlan &Plan) {
  llvm::Expected<FileResult> R = applyPlan("a.c", Text, Plan);
  return R ? R->text : "error: " + message(R.takeError());
}

/// The notes, one a line.
inline std::string notes(const std::string &Text, const FilePlan &Plan) {
  llvm::Expected<FileResult> R = applyPlan("a.c", Text, Plan);
  if (!R)
    return "error: " + message(R.takeError());
  std::string Out;
  for (const std::string &Note : R->notes)
    Out += Note + "\n";
  return Out;
}

} // namespace krcu
