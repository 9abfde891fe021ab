// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// krcu patch --slim-heads: members of type struct rcu_head that nothing but kfree_rcu() and its kin uses become the smaller head that the tree
// itself defines. As for conversions, what is not known is never called safe: every place in the tree where the member's name stands must be
// explained by a parse, or the member stays, with the reason.
//
// A member may wait for conversions of krcu's own: then these are part of the change, and only these.
#pragma once

#include "tool/driver/patch.h"
#include "tool/driver/scan.h"
#include "tool/slim/texts.h"
#include "tool/slim/uses.h"
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace krcu::slim {

/// A record that shrinks.
struct ShrunkRecord {
  std::string record;               ///< tag
  uint64_t before = 0, after = 0;   ///< bytes
  bool flexible = false;            ///< an array of any length ends it
  uint64_t class_before = 0, class_after = 0; ///< what kmalloc() gives for one; 0: not known
  bool debugging = false;           ///< the sizes are of a configuration with debugging options, because the object is not freed without them
  std::string architecture;         ///< that the sizes are of
  Location cache;                   ///< where a slab cache is made for it; not valid: none was seen
};

/// A member that becomes smaller.
struct SlimMember {
  HeadDecl decl;
  std::string new_type;             ///< tag
  std::string option;               ///< CONFIG symbol without which that is no smaller; empty: none
  std::vector<ShrunkRecord> objects; ///< what is freed by this member, by name
  std::vector<Location> frees;      ///< the calls, as far as parses showed them
  std::vector<WholeUse> copies;     ///< of whole records: right as before
  std::set<std::string> freed_by;   ///< "kfree_rcu", as far as parses showed it
  std::set<Location> converted;     ///< calls that krcu converts for its sake
  std::map<std::string, std::string> parsed; ///< files that use it -> architecture that their new text was parsed for
  std::set<std::string> looked_at;  ///< files that say its name and were parsed
};

struct Refusal {
  HeadDecl decl;
  std::string why;                  ///< a clause
};

/// Which of the members that could become smaller do.
struct SlimChoice {
  std::function<std::string(const SlimMember &)> leave_out = nullptr; ///< why one is left out; empty: it is not. Asked before sizes are known
  bool only_gains = false;          ///< leave out what takes as much memory as before, because the allocator rounds it up
};

struct SlimResult {
  std::vector<SlimMember> members;  ///< by place
  std::vector<Refusal> refused;     ///< by place; only members that are freed by kfree_rcu() somewhere
  std::vector<Refusal> left_out;    ///< by place; nothing speaks against them but the choice
  std::map<std::string, std::pair<std::string, std::string>> files; ///< path -> old and new text
  std::map<std::string, std::string> parsed_for; ///< .c file -> architecture that its new text was parsed for
  std::vector<std::string> notes;   ///< of the conversions in it
  unsigned declared = 0;            ///< members of such a type, whatever is done with them
  unsigned asked = 0;               ///< those that kfree_rcu() frees
};

/// `Sites`: those of the scan; what is converted in the result is marked there. Fails if the tree has no smaller head.
llvm::Expected<SlimResult> slimHeads(Scan &S, std::vector<SiteReport> &Sites, const SlimChoice &Choice = {});

} // namespace krcu::slim
