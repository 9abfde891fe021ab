// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The facts of all parsed files, linked: lookups by symbol and place, and the list of what is still to be parsed.
// A question that the facts cannot answer yet becomes a demand; the driver parses, adds, and asks again until no
// demand is left. What could not be parsed stays on record, so that an absence is never taken for evidence.
#pragma once

#include "matchers/facts.h"
#include "tool/index/condition_table.h"
#include "tool/index/outline_cache.h"
#include "tool/index/token_table.h"
#include "tool/lifetime/variants.h"
#include "tool/rules/rules.h"
#include "llvm/ADT/StringMap.h"
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace krcu {

struct ClosureText;
class ConditionalText;
struct MentionPlan;
class PasteTables;
struct TextUses;

/// What no configuration of the tree changes.
struct ConfigurationLimits {
  unsigned version = 0; ///< as LINUX_VERSION_CODE; 0: not known
  std::function<bool(const std::string &)> settable; ///< whether some Kconfig can set the symbol; null: not known, so it can be
  bool canBeSet(const std::string &Symbol) const { return !settable || settable(Symbol); }
};

/// A variant that was asked for.
struct VariantAnswer {
  enum State {
    Open,       ///< it must be parsed first (a demand was made)
    Shown,
    NoSuch,     ///< a name that it uses has no definition there, so no kernel is built like that
    NotShown,   ///< it does not parse: `why`
  } state = Open;
  std::shared_ptr<const FileFacts> facts; ///< Shown: sites and summaries only
  std::string why;
};

/// What one file must be parsed for.
struct Demand {
  std::set<std::string> words;     ///< bodies that mention these
  std::set<std::string> names;     ///< bodies of these functions
  std::set<std::string> summarise; ///< functions to summarise
  std::set<std::string> trace;     ///< functions to trace path by path

  bool includes(const Demand &Other) const;
  void add(const Demand &Other);
};

/// What a parse under another configuration than the usual one has shown.
struct OtherConfiguration {
  std::string variant;                      ///< architecture
  std::map<std::string, std::string> force; ///< CONFIG symbols that were turned
  FileFacts facts;                          ///< sites and summaries only
};

/// A macro whose definition pastes a name together.
struct PastingMacro {
  std::string name, file;
  std::string directive; ///< the whole #define
};

/// What is known to be linked with a module, or may be, and cannot be read.
struct MissingPart {
  enum Kind {
    NoSource,   ///< a makefile names the object `file`, and no source of it is there
    NoMakefile, ///< no makefile says what is linked with the source `file`
    Cut,        ///< the makefile `file` could not be read to its end
  } kind = NoSource;
  std::string file;  ///< as the tree has it
  std::string shown; ///< as a person reads it
  std::string text() const; ///< a clause: "drv/end.o is named by a makefile and has no source here"
};

/// The files of a module, as Kbuild names them.
struct ModuleContents {
  std::vector<std::string> files; ///< C, assembly and Rust, existing ones
  std::vector<MissingPart> missing;
};

struct FunctionUse {
  const FunctionFact *caller;
  unsigned call; ///< index into caller->calls
};

class Database {
public:
  Database(const Index &I, const Rules &R, unsigned Jobs = 1) : I(I), R(R), Jobs(Jobs), Text(std::make_shared<TextCache>()) {}

  const Index &index() const { return I; }
  const Rules &rules() const { return R; }
  /// Whether a line under #if conditions is compiled when its file is parsed as usual; nothing if that is not certain.
  using ConditionOracle = std::function<std::optional<bool>(const std::string &File, const std::vector<std::string> &Conditions)>;
  void setConditions(ConditionOracle Oracle) { Conditions = std::move(Oracle); }
  std::optional<bool> compiles(const std::string &File, const std::vector<std::string> &Around) const {
    return Around.empty() ? std::optional(true) : Conditions ? Conditions(File, Around) : std::nullopt;
  }
  /// Names that an external module gives the linker: within the module they hide the kernel's, and nobody else can mean the module's.
  void setModuleNames(std::set<std::string> Names) { ModuleNames = std::make_shared<const std::set<std::string>>(std::move(Names)); }
  bool isOfModule(const std::string &Name) const { return ModuleNames && ModuleNames->count(Name); }
  /// Who knows what Kbuild links together, and the texts that are no indexed source. Without them (a test of one file) nothing is said of either.
  using ModuleOracle = std::function<ModuleContents(const std::string &File)>;
  using TextOracle = std::function<std::optional<std::string>(const std::string &File)>;
  void setModules(ModuleOracle Of, TextOracle Texts) { Modules = std::move(Of), OtherTexts = std::move(Texts); }
  const ModuleContents &moduleOf(const std::string &File) const;
  std::optional<std::string> otherText(const std::string &File) const { return OtherTexts ? OtherTexts(File) : std::nullopt; }
  void setLimits(ConfigurationLimits L) { Limits = std::move(L); }
  const ConfigurationLimits &limits() const { return Limits; }
  /// The outline of a file (null if unreadable), made once.
  std::shared_ptr<const Outline> outline(uint32_t File) const { return I.outlines().get(I.files()[File].path); }
  /// outline() of several files, made in parallel where they are not made yet.
  void makeOutlines(const std::vector<uint32_t> &Files) const;
  /// In parallel, what tokens() is asked of these next.
  void makeTokens(const std::vector<uint32_t> &Files, const std::string &Word) const;
  /// Index::mentioning() and Index::definitionsOf(), remembered.
  const std::vector<uint32_t> &mentioning(const std::string &Word) const;
  const std::vector<FunctionPlace> &definitionsOf(const std::string &Function) const;
  /// A file with its #if groups (null if unreadable), made once.
  std::shared_ptr<const ConditionalText> conditional(const std::string &File) const;
  /// What claims about absence ask of a file or fragment, whatever the name, made once; null if it is unreadable.
  const ClosureText *closureText(const std::string &File) const;
  /// Index::definingMacro() of the headers and fragments whose path begins with `Around`, or, if it is empty, of those that all files of the
  /// kernel may include; remembered.
  const std::vector<uint32_t> &definingMacro(const std::string &Macro, const std::string &Around) const;
  /// Index::transitiveIncludersOf(), remembered.
  const std::vector<uint32_t> &transitiveIncludersOf(const std::string &File) const;
  /// planVariants(), remembered.
  const VariantPlan &planOf(const VariantQuestion &Q) const;
  /// Where planMentions() keeps its answer; null before the first.
  std::shared_ptr<const MentionPlan> &rememberedPlan(const std::string &Word, int Kind, const std::string &Home) const {
    return Text->plans[{Word, Kind, Home}];
  }
  /// Macros that destroy a cache whose name they paste together; null before the first answer is kept.
  std::shared_ptr<const std::vector<PastingMacro>> &rememberedPasting() const { return Text->pasting; }
  /// What usesThatPaste() has read; made by it.
  std::shared_ptr<PasteTables> &pasteTables() const { return Text->pastes; }
  /// findTokens() of a file's text, remembered; empty if the file cannot be read.
  const std::vector<OutlineToken> &tokens(const std::string &File, const std::string &Word) const;
  /// The #if around each line of a file, made once; of one that cannot be read there are none.
  const ConditionTable &conditionsIn(const std::string &File) const;

  /// Replaces what was known of `Facts.file`. `Served`: the demand this parse answered; `Cause`: why the parse is not complete, or empty.
  void add(FileFacts Facts, const Demand &Served, const std::string &Cause);
  /// A file that gave no AST at all.
  void addUnparsed(const std::string &File, const Demand &Served, const std::string &Cause);
  /// Takes over what `From` knows, except of the files in `Changed` and of those that include one of them. For a database over an
  /// index in which these have other texts.
  void inherit(const Database &From, const std::set<std::string> &Changed);
  /// Forgets a file, as if it had never been parsed and could not be (for fault injection).
  void forbid(const std::string &File) { Forbidden.insert(File); }

  /// Call sites and summaries that a parse under another configuration has shown. Nothing else of them counts: a function is
  /// described once, and what an #if hides in it stays on record as hidden.
  void addOtherConfiguration(OtherConfiguration Seen);
  const std::deque<OtherConfiguration> &otherConfigurations() const { return Others; }
  /// What the parses of `File` have answered.
  Demand served(const std::string &File) const;

  /// What a parse of the variant shows. If nobody has parsed it, that is noted as a demand.
  VariantAnswer variant(const TextVariant &V);
  /// Summaries of the function that variants have shown.
  std::vector<const FunctionSummary *> variantsOf(const std::string &Function) const;
  void addVariant(const TextVariant &V, VariantAnswer A) { Variants[V.key()] = std::move(A); }
  /// The variants that were asked for; clears them.
  std::vector<TextVariant> takeVariants();
  /// The parse that a summary or a call site comes from; no main file if it is unknown.
  VariantQuestion parseOf(const FunctionSummary &S) const;
  VariantQuestion parseOf(const CallSiteFact &S) const;

  /// Asks for `D` of `File`. True if it has been answered by a parse (well or badly); otherwise noted as a demand.
  /// \p Callers: whoever calls what is asked for will be asked for next; in the same file, one parse then does for both.
  bool require(const std::string &File, const Demand &D, bool Callers = false);
  /// Why `File` is not to be relied on, or empty.
  std::string problem(const std::string &File) const;
  /// The open demands; clears them.
  std::map<std::string, Demand> takeDemands();

  const std::map<std::string, FileFacts> &files() const { return Files; }
  const FunctionSummary *summary(const std::string &Symbol) const;
  /// Summaries of the function's other bodies, which #if or Kbuild chooses between, and of the same body under other configurations.
  std::vector<const FunctionSummary *> otherSummaries(const FunctionSummary &S) const;
  const FunctionFact *function(const std::string &Symbol) const;
  std::vector<FunctionUse> callersOf(const std::string &Symbol) const;
  std::vector<const FunctionRefFact *> referencesTo(const std::string &Symbol) const;
  std::vector<const ObjectUseFact *> usesOf(const std::string &Variable) const;
  std::vector<const FlowFact *> flows() const;
  const CreateFact *create(const std::string &Place) const;
  /// Where objects of the record are allocated or freed, in the order of files(); only the first places of each known cache.
  const std::vector<const ObjectFact *> &objectsOf(const std::string &Record) const;
  /// Lines of `File` that a parse has shown to be compiled (those with a call, a flow or a creation).
  const std::set<unsigned> &linesShownIn(const std::string &File) const;
  /// The conditions around these lines.
  const std::set<ConditionTable::Id> &conditionsShownIn(const std::string &File) const;
  /// Whether `D` of `File` has been answered, without asking for it.
  bool isServed(const std::string &File, const Demand &D) const;
  /// Facts read off the text, kept as long as the database and its copies. They are in no table.
  const FunctionFact *keepText(FunctionFact F) const { return &Text->functions.emplace_back(std::move(F)); }
  const FunctionRefFact *keepText(FunctionRefFact R) const { return &Text->references.emplace_back(std::move(R)); }
  /// Where usesByText() keeps its answer; nothing before the first, null if it has none.
  std::optional<std::shared_ptr<const TextUses>> &rememberedUses(const std::string &Function, const std::string &File) const {
    return Text->uses[{Function, File}];
  }
  /// Rebuilds the lookup tables after add(); call before asking.
  void link();

private:
  void addCallers(const std::string &File, Demand &D) const;
  std::string ownerOf(const void *Element) const;

  /// Answers about the text, which no parse changes; shared by copies.
  struct TextCache {
    llvm::StringMap<std::vector<uint32_t>> mentions; ///< entries of a StringMap never move
    llvm::StringMap<std::vector<FunctionPlace>> definitions;
    std::map<std::pair<std::string, std::string>, std::vector<OutlineToken>> tokens;
    std::map<std::string, size_t> asked; ///< bytes of a file that were searched for words
    std::map<std::string, TokenTable> tables; ///< of files that many were looked for in
    std::map<std::string, ConditionTable> conditions;
    std::map<std::tuple<std::string, int, std::string>, std::shared_ptr<const MentionPlan>> plans;
    std::shared_ptr<const std::vector<PastingMacro>> pasting;
    std::shared_ptr<PasteTables> pastes;
    std::map<std::string, ModuleContents> modules; ///< by file
    std::map<std::pair<std::string, std::string>, std::optional<std::shared_ptr<const TextUses>>> uses;
    std::map<std::string, std::shared_ptr<const ConditionalText>> conditional;
    std::map<std::string, std::shared_ptr<const ClosureText>> closures;
    std::map<std::pair<std::string, std::string>, std::vector<uint32_t>> definers; ///< by macro and surroundings
    std::map<std::string, std::vector<uint32_t>> headers; ///< by surroundings
    std::map<std::string, std::vector<uint32_t>> includers;
    std::map<std::vector<std::string>, std::shared_ptr<const VariantPlan>> variants;
    std::deque<FunctionFact> functions; ///< never move, as those below
    std::deque<FunctionRefFact> references;
  };

  const Index &I;
  const Rules &R;
  unsigned Jobs;
  ConditionOracle Conditions;
  ModuleOracle Modules;
  TextOracle OtherTexts;
  std::shared_ptr<const std::set<std::string>> ModuleNames; ///< null: there is none
  ConfigurationLimits Limits;
  std::shared_ptr<TextCache> Text;
  std::map<std::string, FileFacts> Files;
  std::deque<OtherConfiguration> Others; ///< never move
  std::map<std::string, Demand> Served, Open;
  std::map<std::string, std::string> Problems;
  std::map<std::string, VariantAnswer> Variants;      ///< by TextVariant::key()
  std::map<std::string, TextVariant> OpenVariants;
  std::set<std::string> Forbidden;
  std::set<std::string> WithCallers; ///< files with an open demand for callers, too
  llvm::StringMap<const FunctionSummary *> Summaries;
  llvm::StringMap<const FunctionFact *> Functions;
  std::multimap<std::string, FunctionUse> Callers;
  std::multimap<std::string, const FunctionRefFact *> References;
  std::multimap<std::string, const ObjectUseFact *> ObjectUses;
  std::map<std::string, const CreateFact *> Creates;
  llvm::StringMap<std::vector<const ObjectFact *>> Objects; ///< by record
  std::multimap<std::string, const FunctionSummary *> AllSummaries; ///< by function, in the order of the files
  std::map<const void *, std::pair<const void *, std::string>> Owners; ///< first and last of a file's summaries, or of its sites, and that file
  mutable std::map<std::string, std::set<unsigned>> Shown; ///< made when first asked for
  mutable std::map<std::string, std::set<ConditionTable::Id>> ShownConditions;
};

/// "name@file" -> "name".
std::string plainName(const std::string &Symbol);
/// "name@file" -> "file"; empty for external linkage.
std::string homeOf(const std::string &Symbol);

} // namespace krcu
