// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How user space comes to a module's functions: the rows of user_doors and user_steps. They stand in the same files as the other rules, but only
// krcu audit --reproducer asks for them. They are hints for a person: no finding rests on them.
#pragma once

#include "tool/rules/rules.h"
#include "llvm/ADT/StringRef.h"

namespace krcu {

/// A function or macro by which a module tells the core of a structure, or of a function, that user space can have called.
/// In the texts "{name}" is what user space calls it, "{place}" the file where it is found.
struct UserDoorRule {
  std::string name;                ///< "register_qdisc"
  std::string kind;                ///< "qdisc": what drivers go by; "parameter": of the module, which opens nothing
  unsigned argument = 0;           ///< the structure or function; of a parameter its name
  std::vector<std::string> called; ///< members of the structure that hold its name; the first that is there counts
  std::optional<unsigned> called_argument; ///< or the argument that is the name
  std::string place;               ///< "/dev/{name}"; may be empty
  std::string open, close;         ///< what user space does; close may be empty
  std::string needs;               ///< what must be there besides: "a PCI device that the driver takes"; may be empty
  Location where;
};

/// A member of a structure that the core calls for user space.
struct UserStepRule {
  enum When { Does, Open, Close } when = Does; ///< Open, Close: what opens or closes the door calls it
  std::string record, field;
  std::string does; ///< with Does: what user space does
  Location where;
};

struct UserWayRules {
  std::vector<UserDoorRule> doors; ///< in the order of the files
  std::vector<UserStepRule> steps;
  const UserDoorRule *door(llvm::StringRef Name) const;
  const UserStepRule *step(llvm::StringRef Record, llvm::StringRef Field) const;
};

/// As loadRules().
llvm::Expected<UserWayRules> loadUserWayRules(const std::string &Builtin, const std::vector<std::string> &Overrides);

} // namespace krcu
