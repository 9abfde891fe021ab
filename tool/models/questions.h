// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the table of eras claims, as questions to the models: one for each fact, and for each way a module goes.
#pragma once

#include "tool/models/spin.h"
#include "tool/rules/eras.h"
#include <string>
#include <vector>

namespace krcu {

/// One claim of the table about one era.
struct Question {
  std::string era;
  std::string row;   ///< the fact's name, or "exit PRIMITIVE BARRIERS": "exit kfree_rcu rcu_barrier"
  std::string shows; ///< what a counterexample shows, a clause
  std::string model; ///< the file
  ModelRun run;
  bool holds = true; ///< what the table expects of Spin
  bool told = true;  ///< a counterexample is worth a timeline: it does not only say again what another one shows
};

/// The questions about an era, in a fixed order. The same questions are asked whatever the values are; only `holds` depends on them.
std::vector<Question> questionsOf(const EraRule &E);

/// The questions about SLOB, which is a configuration and no era.
std::vector<Question> slobQuestions(const EraTable &T);

/// The races of the first sheaves, one at a time. All of them must be found.
std::vector<Question> raceQuestions();

/// Of all eras and SLOB, and the races.
std::vector<Question> allQuestions(const EraTable &T);

} // namespace krcu
