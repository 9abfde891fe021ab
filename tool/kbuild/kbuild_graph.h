// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which makefile line lists which object or directory, for the tree or for an external module's directory.
// Makefiles are read when they are first needed. Private to the room.
#pragma once

#include "tool/kbuild/makefile.h"
#include "tool/tree/tree_memory.h"
#include "llvm/ADT/CachedHashString.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include <memory>
#include <set>

namespace krcu::makefile {

/// What the graph is about. Paths of makefiles and targets are relative to `base`.
struct GraphOptions {
  std::string base;    ///< absolute directory
  std::string src;     ///< $(src) is this + "/" + directory; empty: relative to the base
  std::string srctree; ///< $(srctree)
  std::string src_arch;
  std::string release;                                                     ///< $(KERNELRELEASE)
  std::vector<std::string> architectures;                                  ///< directories under arch/
  const std::map<std::string, std::string> *values = nullptr;              ///< null: symbolic
  std::function<std::optional<std::string>(const std::string &Path)> read; ///< of a makefile
  std::function<std::vector<std::string>(const std::string &Pattern)> glob;
  std::function<std::string(llvm::StringRef Command, const std::string &Where)> shell; ///< as Options::shell; may be empty
  Doubt doubt = Doubt::Likely;
  /// Of an external module: the directory that `make M=` is given, for one that is built from there; and what that make finds in its
  /// environment. Empty for the tree.
  std::function<std::string(const std::string &Dir)> entry;
  std::function<Presets(const std::string &Entry)> environment;
  Shelf<Listed> *memory = nullptr; ///< shared with graphs that differ in `src_arch` and `values` only; null: none
};

/// One line that lists a target.
struct Listing {
  llvm::StringRef dir;        ///< whose makefile; stays valid as long as the graph
  const Item *item = nullptr; ///< stays valid as long as the graph

  /// The composite object that the target is a part of; empty if the list is obj-y and its kin.
  std::string composite() const;
};

/// What the makefiles of one directory list.
struct Listed {
  unsigned files = 0; ///< how many makefiles there are
  std::vector<Item> items;
  std::vector<llvm::CachedHashString> targets; ///< of the items, as paths; "" for one that leaves the base
  std::vector<std::string> flags; ///< the first makefile's variables of compiler flags: the others are empty for sure
  bool closed = true;             ///< no other variable can come into being
  bool doubted = false;           ///< something depended on what nobody knows
  Answers asked;                  ///< it is the same wherever these answers are given
  std::vector<std::string> reads; ///< paths as asked for
  std::vector<std::string> flaws; ///< "drv/Makefile:2: ...": why it may list more
};

class Graph {
public:
  explicit Graph(GraphOptions O);

  /// From an object ("drivers/foo/foo.o") up to the top: one listing a step. False: *Why says where the way
  /// ends.
  bool climb(const std::string &Object, std::vector<Listing> &Chain, std::string *Why);
  /// All ways: the chains from each line that lists the object.
  std::vector<std::vector<Listing>> climbAll(const std::string &Object);
  /// Lines that list `Target` (a directory ends with '/'): the nearest makefiles that do.
  std::vector<Listing> nearest(const std::string &Target);
  /// Items of one directory; null if it has no makefile.
  const std::vector<Item> *items(const std::string &Dir);
  /// Whether what its makefiles have said so far depended on what nobody knows.
  bool inDoubt(const std::string &Dir);
  /// A variable in that directory's makefile.
  std::string value(const std::string &Dir, const std::string &Name);
  /// Its words and their lines (Makefile::trace()).
  std::vector<Traced> trace(const std::string &Dir, const std::string &Name);
  /// Objects that are linked into the composite `Object`, as paths.
  std::vector<std::string> parts(const std::string &Object);
  /// Whether there are more that nobody knows.
  bool isOpen(const std::string &Object);
  /// What is wrong with the makefiles of one directory, or of all that were read.
  std::vector<std::string> flaws(const std::string &Dir) { return load(Dir).listed->flaws; }
  std::vector<std::string> flaws() const;

private:
  using Files = std::vector<std::unique_ptr<Makefile>>;
  struct Directory {
    std::shared_ptr<const Listed> listed;
    Files files; ///< made when a variable is asked for
    std::optional<llvm::StringMap<std::vector<const Item *>>> linked; ///< by composite, its lines; made when one is asked for
  };
  /// An entry of a list of all that list a target.
  struct Link {
    Listing listing;
    int next;
  };

  Directory &load(const std::string &Dir);
  const std::vector<const Item *> &linkedInto(const std::string &Object, llvm::StringRef Dir);
  std::shared_ptr<const Listed> listed(const std::string &Dir) const;
  Listed evaluate(const std::string &Dir) const;
  Files filesOf(const std::string &Dir, Listed &L) const;
  std::shared_ptr<const Options> optionsFor(const std::string &Dir) const;
  void addOutside(const std::string &Dir, Options &To) const;
  std::shared_ptr<const Presets> environmentOf(const std::string &Dir) const;
  bool readsBoth(llvm::StringRef Dir) const;
  /// As given() for a CONFIG symbol, in any directory.
  const std::string *givenEverywhere(llvm::StringRef Name) const;
  std::vector<Listing> listingsOf(const std::string &Target) const;
  std::string targetOf(llvm::StringRef Dir, const std::string &Word) const;
  void loadAll();
  std::vector<Listing> listingsIn(const std::string &Target, const std::string &Dir);
  bool isTop(const std::string &Target) const;
  bool climbFrom(const Listing &L, std::vector<Listing> &Chain, std::set<std::string> &Seen,
                 std::string *Why);
  bool climbTo(const std::string &Target, std::vector<Listing> &Chain, std::set<std::string> &Seen,
               std::string *Why);

  const GraphOptions O;
  std::shared_ptr<const ValueTable> Values;
  std::shared_ptr<const Presets> Defaults; ///< what is preset in all directories
  mutable std::map<std::string, std::shared_ptr<const Presets>> Environments; ///< by directory; only of an external module
  llvm::StringMap<Directory> Directories;
  llvm::DenseMap<llvm::CachedHashStringRef, int> ByTarget; ///< first of its Links; filled as directories are loaded
  std::vector<Link> Links;
  bool AllLoaded = false;
};

/// "a/b/../c.o" -> "a/c.o"; empty if it leaves the base. A trailing slash is kept.
std::string normalPath(const std::string &Path);
/// "a/b/c.o" -> "a/b", "a/b/" -> "a".
std::string parentOf(const std::string &Target);

} // namespace krcu::makefile
