// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For random_modules_test: small modules with one call of call_rcu() each, put together at random from parts (random_parts.h), and
// what may be said of that call. The answer follows from how a module was made: from C, from what Kbuild and Kconfig can build, and from what
// RCU and the slab allocator wait for in the tree's era. Nothing here knows how krcu judges.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace krcu::random_modules {

/// Random numbers that are the same on every machine and with every standard library (splitmix64).
class Dice {
public:
  explicit Dice(uint64_t Seed) : State(Seed) {}
  uint64_t next();
  /// 0 to N - 1.
  unsigned below(unsigned N) { return static_cast<unsigned>(next() % N); }
  bool percent(unsigned P) { return below(100) < P; }

private:
  uint64_t State;
};

/// What the tree's primitives wait for.
enum class Era {
  NoWait,     ///< only kvfree_rcu_barrier() waits for kfree_rcu()
  Waits,      ///< kmem_cache_destroy() does, too
  NoBatching, ///< rcu_barrier() does
  Slob,       ///< NoWait, and under CONFIG_SLOB kfree_rcu() frees no object of a cache
};
const char *eraName(Era E);

enum class FileKind { Text, Missing, LinkOut, Dangling, LinkIn, Fifo, TooLarge, Directory };
const char *kindName(FileKind K);

struct ModuleFile {
  std::string path; ///< relative to the tree
  std::string text; ///< of LinkOut, LinkIn: what the link leads to; of Missing: what was there once
  FileKind kind = FileKind::Text;
};

/// A row of a part's table that a module is made from.
struct Choice {
  std::string part, row;
};

/// Something that forbids the conversion, or leaves room for doubt: the classes that may then be reported.
struct Ground {
  std::string part; ///< "shown", "hidden", "free", "life", "missing", "layout", ...
  std::string text;
  std::set<std::string> classes;
};

struct Answer {
  std::vector<Ground> against; ///< any: `convert` is wrong
  std::vector<Ground> doubts;  ///< any, and nothing against: `convert` is right, but so is something more careful
  /// Every class that may be reported.
  std::set<std::string> classes() const;
  bool mayConvert() const { return against.empty(); }
  bool mustConvert() const { return against.empty() && doubts.empty(); }
  /// One line.
  std::string text() const;
};

struct RandomModule {
  uint64_t seed = 0, index = 0;
  std::string name;       ///< "m00017", a prefix of all its names
  std::string directory;  ///< "drv/m00017"
  Era era = Era::NoWait;
  bool torn = false;      ///< it belongs into a tree with files that are not there
  std::vector<ModuleFile> files;
  std::vector<Choice> parts;
  Answer answer;
  /// All files, with headlines; for a person.
  std::string text() const;
  size_t size() const;
};

/// The module with this number of the run with this seed.
RandomModule makeModule(uint64_t Seed, uint64_t Index);

/// Files that every such tree has besides those of its base and era, for modules of these names.
std::vector<ModuleFile> commonFiles(const std::vector<RandomModule> &Modules);

/// "part: row" for everything that a module can be made from.
std::vector<Choice> allChoices();

} // namespace krcu::random_modules
