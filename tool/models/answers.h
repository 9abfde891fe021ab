// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Asking the models, and comparing what they say with what the table expects.
#pragma once

#include "tool/models/questions.h"
#include "llvm/Support/Error.h"
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace krcu {

/// What Spin said, by model and run. Knows nothing of what was expected.
class Answers {
public:
  void add(const std::string &Model, const ModelRun &Run, ModelAnswer A);
  const ModelAnswer *find(const std::string &Model, const ModelRun &Run) const; ///< null: never asked
  unsigned long states() const { return States; }
  unsigned runs() const { return Runs; }

private:
  using Key = std::tuple<std::string, unsigned, unsigned, unsigned, unsigned, unsigned>;
  static Key key(const std::string &Model, const ModelRun &R);
  std::map<Key, ModelAnswer> Said;
  unsigned long States = 0;
  unsigned Runs = 0;
};

/// Asks every question of the models in `Directory`, `Jobs` at a time. Questions that differ in the property alone are first asked
/// as one; only if that fails is each asked by itself.
llvm::Expected<Answers> askAll(const std::string &Directory, const std::vector<Question> &Questions, unsigned Jobs);

/// One line for each question whose answer is not the expected one.
std::vector<std::string> mismatches(const std::vector<Question> &Questions, const Answers &A);

} // namespace krcu
