// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which slab caches objects of a type come from, as far as the files that have been parsed show.
#pragma once

#include "tool/lifetime/database.h"
#include <set>
#include <string>
#include <vector>

namespace krcu {

/// Sources that name the record of that tag and something that takes an object from a cache or gives one back; relative paths. None if there are more
/// than are looked at (60), with their number in `TooMany`.
std::set<std::string> allocatingFiles(const Database &DB, const std::string &Tag, size_t *TooMany = nullptr);

struct RecordCaches {
  std::vector<std::string> places; ///< of the caches, sorted
  EvidenceList evidence;           ///< an allocation or free for each
};

/// By symbol ("tag@file"), for each of `Records`; from the facts at hand.
std::map<std::string, RecordCaches> cachesOf(const Database &DB, const std::set<std::string> &Records);

} // namespace krcu
