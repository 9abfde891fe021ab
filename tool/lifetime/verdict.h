// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One site, one class, one reason, and the evidence for it. The classes of all sites add up to the census.
#pragma once

#include "tool/index/census.h"
#include "tool/index/glance.h"
#include "tool/lifetime/barriers.h"
#include "tool/lifetime/caches.h"
#include "tool/lifetime/callback.h"
#include "tool/lifetime/reach.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <functional>

namespace krcu {

enum class SiteClass { Convert, Review, Unsafe, Refuse, MoreThanFree, UnknownCallback, Definition, NotParsed };
enum class Verdict { None, Safe, Unsafe, Review };

/// Why a site is in its class; reasonText() turns it into a sentence.
enum class Reason {
  // safe
  GeneralPurposeCache, DestroyWaits, NeverDestroyed, NeverReached, BarrierWaits, NoObjectYet,
  // unsafe
  Slob, DestroyedWithoutWait,
  // review
  AllocatorUnread, CacheUnknown, SearchIncomplete, WaitNotLookedAt, InitErrorPathOnly, ChecksLost, FreesNull, Spoiled, VmallocUnknown, Differs, HiddenBranch,
  ChoosesBetween, ObjectUnnamed, SameInBothBranches, OffsetVaries,
  // refuse
  WrongObject, HeadInVariable, HeadCast, HeadOther, InMacro, NotAStatement, HoldsDirective, OffsetTooLarge, IncompleteType, Hurry, Flavour,
  NoReplacement, CannotName, NotAHead, HeadRead, NotVerified,
  // other classes
  MoreThanFree, CallbackUnknown, CallbackParameter, CallbackPlace, IsDefinition, IsWrapper, PassesOffset, IsReference, NotParsed, Hidden, NotAsked, NotLookedAt,
};

struct DestructionReport {
  Destruction what;
  ReachReport reach;
  std::vector<BarrierUse> barriers;   ///< on every path before it, on the first way in that runs (module exit before others)
  std::string way;                    ///< that way: "module_exit()"; empty if there is only one
  std::vector<BarrierUse> conditional; ///< only on some path
  EvidenceList module;                ///< whether the code can be unloaded, and which symbol decides
  bool harmless = false;              ///< no object can exist, or the code never runs
  std::string harmless_why;
  EvidenceList harmless_evidence;     ///< makefile and Kconfig lines that say so
  std::string unknown;                ///< why not every way in is known; then neither waited nor init_only hold
  bool waited = false;                ///< a barrier that waits for kfree_rcu() in this tree runs before, on every way in
  bool init_only = false;
  bool pending = false;               ///< more files must be parsed first
  bool callees = true;                ///< barriers were also looked for in the functions that are called before
};

struct Leftovers; // leftovers.h

/// What the life of the caches comes to.
struct LifeAnswer {
  Verdict verdict = Verdict::None;
  Reason reason = Reason::CacheUnknown;
  std::string detail;
};

struct SiteReport {
  CensusEntry census;
  const CallSiteFact *site = nullptr;
  const OtherConfiguration *elsewhere = nullptr; ///< the configuration that shows the call, if the usual one hides it
  SiteClass cls = SiteClass::NotParsed;
  Verdict verdict = Verdict::None;
  Reason reason = Reason::NotParsed;
  std::string detail;          ///< what the sentence is about: a name, a place
  std::string target;          ///< symbol of the function that is queued, once it is known; the first of several
  std::vector<CallbackReport> candidates; ///< if the pointer can hold several functions: each of them; `callback` then says what all of them do
  EvidenceList setters;        ///< where the pointer that the callback is taken from gets its functions
  std::string family;
  std::string replacement;     ///< "kfree_rcu(p, rcu)"
  std::string object_record;   ///< of the object that the replacement names, "struct foo"
  std::optional<BranchFact> merged; ///< the replacement takes the place of this whole if
  bool callback_removed = false;
  bool differs = false;        ///< another configuration makes something else of the call
  LifeAnswer without_slob;     ///< the reason is SLOB: what holds under SLAB and SLUB
  Location other_kernels;      ///< a conversion in a module that asks here which kernel it is compiled for: it holds for this one only
  bool tied = false;           ///< the replacement names the object by what the code before the call says, not by the head's own text
  CallbackReport callback;
  std::vector<CacheReport> caches;
  std::vector<DestructionReport> destructions;
  EvidenceList evidence;       ///< what the verdict rests on, in order; without any one of these it would not stand
  std::shared_ptr<const Leftovers> leftovers; ///< what else changes, if it was asked for and the site converts
  EvidenceList context;        ///< what else belongs to the chain: the life of the cache where the verdict does not need it
};

struct VerdictOptions {
  bool allow_hurry = false;
  bool whole_life = true; ///< follow every cache, also where kmem_cache_destroy() itself waits and the verdict does not need it
  /// Where no verdict rests on the way to a destruction: parse all callers on it nevertheless, and look for barriers in callees, too.
  bool callee_barriers = true;
  std::set<std::string> families; ///< empty: all
};

/// What a judge needs to know of Kbuild and Kconfig: may the file's code be unloaded, and the lines that say so.
struct ModuleFact {
  std::string module;       ///< "bridge"
  std::string symbol;       ///< CONFIG symbol that makes it a module, empty if none can
  bool can_be_module = true;
  bool outside = false;     ///< it stands outside the tree, so it is a module for sure
  /// Whether it is known to be a module that somebody may unload.
  bool mayGo() const { return can_be_module && !module.empty() && (outside || !symbol.empty()); }
  EvidenceList evidence;
};
using ModuleOracle = std::function<ModuleFact(const std::string &File)>;

/// Objects of some caches that kfree_rcu() frees; of `report` the census entry says where.
struct ObjectQuestion {
  std::vector<std::string> caches;  ///< places
  std::set<std::string> queueing;   ///< functions that free such objects so
  SiteReport report;
};

class Judge {
public:
  Judge(Database &DB, const Semantics &S, ModuleOracle Modules, VerdictOptions Options);
  ~Judge();

  /// What the text already showed of callbacks that were not parsed.
  void useGlances(const GlanceFindings *G) { Glances = G; }

  /// Judges all entries with the facts at hand. False if demands are open (then judge again after parsing).
  /// \p OnlyOpen: leave out the caches that had no demand open last time; the verdicts are then not final.
  bool judge(const std::vector<CensusEntry> &Census, std::vector<SiteReport> &Reports, bool OnlyOpen = false);

  /// What the life of the caches means for objects that are freed by kfree_rcu(), wherever that stands: fills in verdict, reason, caches,
  /// destructions and evidence of each report. False if demands are open.
  bool judgeObjects(std::vector<ObjectQuestion> &Questions);

private:
  std::vector<const FlowFact *> flowsOutsideTheAllocator() const;
  std::string macroAt(const CensusEntry &E) const;
  void judgeSite(SiteReport &R);
  bool settledByGlance(SiteReport &R) const;
  bool nameCallback(SiteReport &R);
  const DeferredFreeFact *otherChoice(const SiteReport &R) const;
  bool sameConfiguration(SiteReport &R) const;
  bool spelledAsSeen(SiteReport &R) const;
  bool compareVariants(SiteReport &R);
  bool reportCandidates(SiteReport &R);
  bool nameReplacement(SiteReport &R, const CallbackReport &C, const ConversionRule &Rule);
  bool headIsRead(SiteReport &R);
  const std::vector<std::string> &lookersInto(const std::string &Field, const std::string &File);
  std::vector<std::string> slabCachesOf(SiteReport &R);
  void judgeLifetime(SiteReport &R);
  void judgeCaches(SiteReport &R);
  void judgeCache(SiteReport &R, const std::string &Place);
  /// Whether all that speaks against kfree_rcu() of a slab object is that the tree offers SLOB.
  bool onlySlob() const { return S.fact("slob").value && S.is("kfree_rcu_takes_slab_objects"); }
  DestructionReport judgeDestruction(const CacheReport &C, const Destruction &D);
  bool noObjectYet(const CacheReport &C, const FunctionFact &F, unsigned Call, const std::string &Value, bool Once) const;
  bool noObjectYet(const CacheReport &C, const Destruction &D, const ReachPath &P) const;
  std::set<std::string> queueingFunctions(const CacheReport &C, bool &Open);
  /// Whether kfree_rcu() of an object of a cache is wrong in this tree whatever the life of the cache.
  bool freesNoSlabObjects() const { return !S.is("kfree_rcu_takes_slab_objects") || S.fact("slob").value; }
  const CacheReport &cache(const std::string &Place);
  void finishEvidence(SiteReport &R);

  Database &DB;
  const Semantics &S;
  ModuleOracle Modules;
  VerdictOptions Options;
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> Lookers; ///< by first file of the module and name of the head
  /// What is made once for all sites of a round.
  struct Round;
  std::unique_ptr<Round> Now;
  void begin();
  const CallbackReport &callback(const std::string &Symbol);
  void queueInto(const std::string &Symbol, const std::string &Function);
  void addTarget(const std::string &Place, const std::string &Symbol);
  const GlanceFindings *Glances = nullptr;
  std::map<std::string, CacheReport> Caches;
  std::map<std::string, CallbackReport> Callbacks;
  std::map<std::string, std::set<std::string>> Targets; ///< place -> the functions it can hold, where all are known
  std::map<std::tuple<std::string, const FunctionFact *, unsigned>, DestructionReport> Destructions; ///< by cache and call
  std::set<std::string> AlsoQueueing; ///< functions that free objects of the cache in question without a callback
  bool Pending = false;
  bool Partial = false;
  std::set<std::string> Settled; ///< caches without an open demand
};

/// Sites whose conversion makes both branches of an if the same call: the if goes with them, or a person must look.
/// \p Replaceable: whether the text of a file between two offsets may be replaced as one piece.
using TextOracle = llvm::function_ref<bool(const std::string &File, uint32_t Begin, uint32_t End)>;
void settleBranches(std::vector<SiteReport> &Reports, TextOracle Replaceable);

/// "refuse", "convert", ... as in the JSON contract.
const char *className(SiteClass C);
const char *verdictName(Verdict V);
/// The sentence for a site, in a reviewer's words.
std::string reasonText(const SiteReport &R);
/// The same for another reason than the site's own.
std::string reasonText(const SiteReport &R, Reason Why, const std::string &Detail);

} // namespace krcu
