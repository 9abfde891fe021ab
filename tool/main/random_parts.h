// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The parts of a random module, as tables of C text. In the text
//   $N  is the module's name         $p     the object, in the callback
//   $M  the member that is the head  $F{x}  the free of x, without its semicolon
//   $C  the cache                    $S{x}  the statement beside the free, about x
//   $B  the barrier that waits for   $FREE  the whole statement that frees
//       kfree_rcu() in this era      $H, $G room for a statement in a helper, in a getter
#pragma once

#include "tool/main/random_modules.h"
#include <set>
#include <string>
#include <vector>

namespace krcu::random_modules {

enum class Effect { Good, Doubt, Bad };

/// Can the code be a module, and so be unloaded?
struct BuildRow {
  const char *name = "";
  unsigned weight = 1;
  const char *object = ""; ///< left of += for the module's object
  const char *parts = "y"; ///< $N-...: what the callback's file is built with
  bool unloads = true;
  bool composite = false;  ///< always made of several objects
};

/// Where the head is in the object.
struct LayoutRow {
  const char *name = "";
  unsigned weight = 1;
  const char *before = "", *head = "\tstruct rcu_head rcu;\n", *after = "", *member = "rcu";
  bool first = false;
  bool too_far = false; ///< kfree_rcu() takes no such offset, here or in another configuration
};

enum class Where { Nowhere, Core, Header, Life };

/// How the callback gets from the head to the object.
struct ObjectRow {
  const char *name = "";
  unsigned weight = 1;
  const char *local = "";          ///< declares `item`; empty: the expression is written into the call
  Where where = Where::Nowhere;
  const char *definition = "";     ///< of a getter
  const char *expression = "item";
  bool head_first = false;
};

/// How the callback frees the object.
struct FreeRow {
  const char *name = "";
  unsigned weight = 1;
  const char *call = "";
  Where where = Where::Nowhere;
  const char *definition = "", *prototype = "";
  bool one_statement = true;       ///< may stand behind an if
  bool typed = true;               ///< what it gets is a struct $N_item *item
  bool cache_only = false, returns = false;
};

/// What a callback does instead that is no free of the object, and of it alone.
struct WrongRow {
  const char *name = "";
  unsigned weight = 1;
  const char *call = "";           ///< empty: nothing is wrong
  const char *definition = "";
  std::set<std::string> classes = {"more_than_free", "review"};
  bool local = false;              ///< needs `item`
  bool not_first = false;          ///< the head is first in nothing that has a name
  bool other_member = false;
};

/// A guard around the free. It tests only the object for NULL.
struct GuardRow {
  const char *name = "";
  unsigned weight = 1;
  const char *before = "", *after = "";
  bool one_statement = false;
};

/// A statement beside the free.
struct ExtraRow {
  const char *name = "";
  unsigned weight = 1;
  Effect effect = Effect::Good;
  const char *text = "";           ///< $p is the object
  const char *definition = "";     ///< goes into the header
  bool reads = false;              ///< it uses the object, so it cannot stand behind the free
  const char *expression = "";     ///< the same as an expression, if it has one
  bool leaves = false;             ///< it may return: the free does not always follow
};

/// Whether a statement behind an #if (or like one) is ever compiled.
enum class Shown {
  Always,
  Sometimes, ///< a configuration that can be had compiles it, another does not
  Never,     ///< no configuration of this tree compiles it
  Elsewhere, ///< what decides is no symbol of the tree
};

/// An #if around the statement, or a macro or an inline with one.
struct IfRow {
  const char *name = "";
  unsigned weight = 1;
  Shown shown = Shown::Sometimes;
  const char *place = "\t$S{$p}\n"; ///< what stands in the callback
  Where where = Where::Nowhere;
  const char *definition = "";
  const char *life = "";           ///< goes into the second file
  const char *flags = "";          ///< goes into the makefile
  const char *fragment = "";       ///< of a file $N_extra.inc
  bool version = false;            ///< needs <linux/version.h>
  bool frees = false;              ///< `place` has the free in it
  bool two_bodies = false;         ///< the callback is written twice, once without the statement
  bool if_module = false;          ///< compiled only for a module
};

/// The call.
struct SiteRow {
  const char *name = "";
  unsigned weight = 1;
  const char *text = "";
  std::set<std::string> doubts = {};
};

/// Where the cache lives.
struct HomeRow {
  const char *name = "";
  unsigned weight = 1;
  const char *cache = "";          ///< the expression; empty: there is no cache
  const char *free = "kmem_cache_free";
  const char *declaration = "";    ///< in the header
  const char *definition = "";
  const char *create = "";
  const char *pasted = "";         ///< `cache` behind "$N_" with one ## in it, if it can be pasted
  bool external = false;           ///< other files can name it
  bool plain = false;              ///< one variable, $N_cache
  bool array = false, owner = false, exported = false;
  const char *getter = "";
};

enum class End { Never, Exit, Pernet, ErrorPath, UsedErrorPath, Runtime, Unseen };

/// Where it ends.
struct PlaceRow {
  const char *name = "";
  unsigned weight = 1;
  End end = End::Exit;
  const char *file = "";           ///< what is destroyed where; empty: beside the creation. Behind "$N_"
  const char *include = "";        ///< how the creation's file gets it
  const char *object = "";         ///< how Kbuild gets it
  bool external = false;           ///< only a cache that other files can name
  bool plain = false;
  FileKind kind = FileKind::Text;
  const char *text = "";           ///< no C
  const char *before = "", *after = "";
  const char *flags = "";
  bool odd = false;                ///< a person would look twice, so a doubt is as good
};

/// How the destruction is written.
struct SpellingRow {
  const char *name = "";
  unsigned weight = 1;
  const char *call = "";           ///< empty: the natural one for the cache's home
  const char *definition = "", *core = "", *prototype = "";
  bool external = false, plain = false, pasted = false, no_owner = false, odd = false;
};

/// What is waited for around the destruction.
struct WaitRow {
  const char *name = "";
  unsigned weight = 1;
  Effect effect = Effect::Bad;
  const char *before = "", *after = "", *definition = "", *core = "", *prototype = "";
  bool external = false;
  bool elsewhere = false;          ///< the destruction must be in another file than the callback
  bool rcu_barrier = false;        ///< good in the era where that one waits for kfree_rcu()
  const char *missing = "";        ///< a file that Kbuild names and that is not there
};

enum class Lack { Nothing, RecordHeader, CallbackFile, Declaration, OtherHeader, OtherSource, HiddenFragment, Fragment };

struct LackRow {
  const char *name = "";
  unsigned weight = 1;
  Lack lack = Lack::Nothing;
};

/// Where the statement beside the free stands.
enum class Position { Before, After, Helper, Getter, Argument };

struct PositionRow {
  const char *name = "";
  unsigned weight = 1;
  Position position = Position::Before;
};

extern const std::vector<PositionRow> Positions;
extern const std::vector<BuildRow> Builds;
extern const std::vector<LayoutRow> Layouts;
extern const std::vector<ObjectRow> Objects;
extern const std::vector<FreeRow> Frees;
extern const std::vector<WrongRow> Wrongs;
extern const std::vector<GuardRow> Guards;
extern const std::vector<ExtraRow> Extras;
extern const std::vector<IfRow> Ifs;
extern const std::vector<SiteRow> Sites;
extern const std::vector<HomeRow> Homes;
extern const std::vector<PlaceRow> Places;
extern const std::vector<SpellingRow> Spellings;
extern const std::vector<WaitRow> Waits;
extern const std::vector<LackRow> Lacks;

/// What one module is made of. Where there is no cache, `place`, `spelling` and `wait` are null.
struct Plan {
  Era era = Era::NoWait;
  bool torn = false;
  const BuildRow *build = nullptr;
  const LayoutRow *layout = nullptr;
  const ObjectRow *object = nullptr;
  const FreeRow *free = nullptr;
  const WrongRow *wrong = nullptr;
  const GuardRow *guard = nullptr;
  const ExtraRow *extra = nullptr;
  const PositionRow *position = nullptr;
  const IfRow *condition = nullptr;
  const SiteRow *site = nullptr;
  const HomeRow *home = nullptr;
  const PlaceRow *place = nullptr;
  const SpellingRow *spelling = nullptr;
  const WaitRow *wait = nullptr;
  const LackRow *lack = nullptr;
  bool allocates = false;  ///< has a function that allocates objects
  bool says_bye = false;   ///< has a module exit that destroys nothing of it
  bool has_cache() const { return *home->cache != 0; }
  bool is_wrong() const { return *wrong->call != 0; }
  bool says_something() const { return *extra->text != 0; }
};

/// The files of a module.
std::vector<ModuleFile> filesOf(const Plan &P, const std::string &Name);

} // namespace krcu::random_modules
