// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The life of one slab cache: where it is made, where it is destroyed, and whether the search was complete.
#pragma once

#include "tool/lifetime/database.h"
#include "tool/lifetime/points_to.h"
#include <map>

namespace krcu {

struct Destruction {
  const FunctionFact *function = nullptr;
  unsigned call = 0;           ///< index of the kmem_cache_destroy() call in it
  Location where;
  std::string value;           ///< what is destroyed, as a place
};

struct CacheReport {
  bool pending = false;        ///< more files must be parsed first
  bool identified = false;     ///< at least one creation was found and nothing unknown flows in
  bool complete = false;       ///< every file that could destroy it was parsed
  std::string place;           ///< where the callback takes it from
  std::string name;            ///< what a person calls it: "foo_cache", "icq->cache"
  std::vector<std::string> missing; ///< why it is not complete or not identified
  std::vector<const CreateFact *> creates;
  std::vector<Destruction> destroys;
  std::set<std::string> aliases; ///< other places that hold it
  std::set<std::string> files;   ///< files whose parse the answer rests on
  EvidenceList evidence;
};

/// All calls that destroy a cache, found by what they destroy. Made once for all caches.
class DestroyCalls {
public:
  DestroyCalls(const Database &DB, const PointsTo &Solution);
  /// Those whose argument is one of the places, or may be one of the tokens; in the order of the files.
  std::vector<Destruction> of(const std::set<std::string> &Places, const std::set<std::string> &Tokens) const;

private:
  std::vector<Destruction> All;
  std::map<std::string, std::vector<size_t>> ByValue; ///< place or token -> which of them
};

/// Follows the cache in `Place` through the tree; makes demands until nothing is left to look at.
CacheReport reportCache(Database &DB, const PointsTo &Solution, const DestroyCalls &Destroys, const std::string &Place);

/// "V:foo@file" -> "foo", "F:rec@file.field" -> "rec.field", ...
std::string placeName(const std::string &Place);

} // namespace krcu
