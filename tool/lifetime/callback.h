// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Is a callback free-only, and what does it free? Links the summaries of the files: a call of a function that lives elsewhere is
// replaced by what that function does.
#pragma once

#include "tool/lifetime/database.h"
#include <optional>

namespace krcu {

enum class CallbackState {
  FreeOnly,
  MoreThanFree, ///< `offender` is the first thing that is not the one free
  Pending,      ///< more files must be parsed first (a demand was made)
  Unknown,      ///< cannot be decided: `why`
};

struct CallbackReport {
  CallbackState state = CallbackState::Unknown;
  std::string function;   ///< symbol
  Location where;         ///< its definition; invalid for a free function used as callback
  const FunctionSummary *summary = nullptr; ///< null for a free function used as callback
  std::string why;        ///< MoreThanFree, Unknown: a sentence without full stop
  Location offender;
  std::string error;      ///< Unknown because of this error of a parse: "file:line: text"
  std::vector<Effect> frees;  ///< every different free, FreeOnly
  std::vector<Effect> checks; ///< WARN_ON and its kin that would be lost
  std::vector<Effect> stubs;  ///< while the callback is judged: what may do something in another configuration
  Location null_free;         ///< on some path a helper makes the freed pointer NULL; valid only then
  std::string family;         ///< of the frees; the weaker one if they differ ("kvfree" if any path uses it)
  int64_t object_offset = 0;  ///< freed pointer minus the head, in bytes (zero or negative)
  bool typed = false;         ///< every free says what record it frees
  std::vector<std::string> records; ///< symbols of records that all of the frees agree on, the best name first; see Effect::records
  std::vector<std::string> caches; ///< places of the caches, kmem_cache families only
  std::vector<UnclearBranch> unclear; ///< FreeOnly in all that was seen; what these do was not, or they free differently
  bool frees_nothing = false; ///< MoreThanFree without any free
  std::vector<Location> unseen; ///< Unknown: definitions that no parsed configuration compiles
  EvidenceList variants;      ///< what other branches of its text do
  EvidenceList evidence;
};

/// What is true of whichever of several free-only callbacks runs. Why it is not one free: in `why`, with another state.
CallbackReport combined(const std::vector<CallbackReport> &Candidates);

/// `Own`: the body that the configuration of the call site has, if that is not the first one parsed. The other bodies must agree with it.
CallbackReport reportCallback(Database &DB, const std::string &Symbol, const FunctionSummary *Own = nullptr);

} // namespace krcu
