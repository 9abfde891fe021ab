// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The scan, from a directory to judged sites: the pipeline as a table of contents. Everything that later commands (patch,
// explain) need stays alive in the Scan object.
#pragma once

#include "matchers/extract.h"
#include "tool/driver/scan_cache.h"
#include "tool/driver/timing.h"
#include "tool/frontend/frontend.h"
#include "tool/frontend/user_flags.h"
#include "tool/index/census.h"
#include "tool/index/glance.h"
#include "tool/lifetime/configured.h"
#include "tool/lifetime/leftovers.h"
#include "tool/lifetime/verdict.h"
#include "tool/rules/rules.h"
#include "tool/support/progress.h"
#include "tool/semantics/semantics.h"
#include "tool/tree/tree.h"
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace krcu {

class ConfiguredTree;

struct ScanOptions {
  std::string tree;
  std::string module;                 ///< --kernel: directory of an external module; sites come only from it, `tree` supplies the rest
  std::string builtin_rules;
  std::vector<std::string> rules;     ///< --rules
  std::vector<std::string> paths;     ///< restrict to files under these (relative to the tree, mounted or not); empty: all
  std::vector<std::string> assume;
  std::string compile_commands;
  std::shared_ptr<const ConfigFile> config; ///< --config: judge under it, too; null: none
  UserFlags user_flags;               ///< --cflags and its kin, for the files that are the subject
  unsigned jobs = 1;
  bool use_pch = true;
  bool glance = true;                 ///< leave callbacks unparsed whose text already shows that they do more than free
  std::shared_ptr<Progress> progress; ///< null: nobody is told
  bool leftovers = false;             ///< find out what else changes: barriers, fields that nobody reads
  VerdictOptions verdict;
  std::shared_ptr<ScanCache> cache;   ///< what earlier runs know; null: nothing
};

/// A file that could not be parsed cleanly, for the report.
struct ParseProblem {
  std::string file;
  std::string cause;
  bool built = true;                  ///< some architecture at hand can build it
  bool has_site = false;
};

class Scan {
public:
  /// Runs the whole scan. Fails only if there is nothing to scan; a file that cannot be read or parsed costs its own rows.
  static llvm::Expected<std::unique_ptr<Scan>> run(const ScanOptions &Options);

  /// The first part of it: tree, rules, semantics, index, frontend and census; nothing is parsed yet. For commands that ask other questions.
  /// \p SemanticsLater: the caller asks awaitSemantics() before anything needs semantics().
  static llvm::Expected<std::unique_ptr<Scan>> prepare(const ScanOptions &Options, bool SemanticsLater = false);
  /// Waits for what this tree's primitives wait for. Fails if the tree does not show it.
  llvm::Error awaitSemantics();
  ~Scan();

  const ScanOptions &options() const { return Options; }
  /// Only the first parses, of the files in one shard: their facts go into `File`. Nothing is judged.
  static llvm::Error extract(const ScanOptions &Options, const Shard &S, const std::string &File);

  /// For a program that is about to end: removes what lies on disk. The memory is left to the operating system, because taking all the
  /// structures apart takes a tenth of a second.
  static void leave(std::unique_ptr<Scan> S);

  const Tree &tree() const { return *TheTree; }
  /// Whether findings may stand in this file: ScanOptions::paths.
  bool wantsPath(const std::string &File) const;
  const Rules &rules() const { return TheRules; }
  const Semantics &semantics() const { return TheSemantics; }
  const Index &index() const { return *TheIndex; }
  Frontend &frontend() { return *TheFrontend; }
  Database &database() { return *DB; }
  /// Tells a database of this tree which names are an external module's own.
  void tellModuleNames(Database &Of) const;
  /// Fills in SiteReport::leftovers, as if the sites of class convert were converted together. Only with ScanOptions::leftovers.
  /// False if not everything that it asks for could be parsed in time.
  bool findLeftovers(std::vector<SiteReport> &Reports);
  /// Parses, again with the bodies that were found missing, and extracts; or takes what the cache knows. Thread-safe for different workers.
  void parseFor(ParseRequest Request, const Demand &D, unsigned Worker, FileFacts &Facts, ParseOutcome &Outcome);
  /// Where precompiled headers of earlier runs are; null without a cache.
  HeaderShelf *headerShelf() { return Cache ? Cache->facts() : nullptr; }
  /// What each of the variants shows. \p Others: texts that stand over the disk; null: none. Of `Known` only the texts and the demands are used.
  std::vector<VariantAnswer> showVariants(const std::vector<TextVariant> &Variants, Database &Known, const std::map<std::string, std::string> *Others = nullptr);
  /// Tells a database what no configuration of the tree changes.
  void limit(Database &Of);
  /// Leaves what is new in the cache, if there is one.
  void saveCache() {
    if (Cache)
      Cache->save();
  }
  const std::vector<SiteReport> &sites() const { return Sites; }
  /// What holds of the sites under ScanOptions::config, or which option they hang on.
  const ConfiguredAnswers &configured() const { return Configured; }
  /// Every call of a deferral, of every flavour and in every file; only with ScanOptions::leftovers.
  const std::vector<CensusEntry> &wholeCensus() const { return WholeCensus; }
  /// What Kbuild and Kconfig say of the file's module. Not thread-safe.
  ModuleFact moduleFact(const std::string &File);
  /// The file's module and all its files. Not thread-safe.
  ModuleScope moduleScope(const std::string &File);
  /// Tells a database what Kbuild links together, and where other texts of the tree are.
  void teachModules(Database &To);
  /// Calls of deferrals of other flavours (call_srcu, ...), which never convert: name -> how many.
  const std::map<std::string, unsigned> &otherFlavours() const { return OtherFlavours; }
  const std::vector<ParseProblem> &problems() const { return Problems; }
  /// What went wrong with files of the tree, those that every parse depends on included.
  std::vector<std::string> warnings() const;
  Timing &timing() { return Times; }
  /// Wall time of all parses of each file, for --stats.
  const std::map<std::string, double> &fileSeconds() const { return FileSeconds; }
  unsigned filesParsed() const { return static_cast<unsigned>(Parsed.size()); }

  /// Options for extracting facts of `File` from a parse of this scan's frontend.
  ExtractOptions extractOptions(const std::string &File) const;
  /// Judges again without the named file, as if it could not be parsed: verdicts in the order of sites(). For tests of the proof.
  std::vector<Verdict> judgeWithout(const std::string &File);

private:
  explicit Scan(ScanOptions O) : Options(std::move(O)) {}
  llvm::Error open();
  llvm::Error buildIndex();
  llvm::Error openFrontend();
  llvm::Error checkModule();
  void learnModuleNames();
  void noteOtherKernels();
  std::vector<std::string> missingHeaders() const;
  friend class TreeState;
  void noteMissing(const ParseOutcome &Out);
  void takeCensusOf();
  void glanceAtCallbacks();
  void joinThreads();
  llvm::Error parseAndJudge();
  llvm::Error settle(Judge &J, std::map<std::string, Demand> Wanted);
  llvm::Error judgeConfigured();
  void noteOptions();
  bool judgeWith(Judge &J, const std::vector<CensusEntry> &Entries, std::vector<SiteReport> &Reports);
  /// One parse: a file, or headers that are seen together.
  struct ParseTask {
    std::vector<std::string> files;
    Demand demand;
    uint64_t size = 0; ///< bytes
    std::string variant;                      ///< architecture; empty: the usual one
    std::map<std::string, std::string> force; ///< CONFIG symbols to turn
    FileFacts facts;
    ParseOutcome outcome;
    double seconds = 0;
  };
  std::vector<ParseTask> tasksFor(const std::map<std::string, Demand> &Wanted) const;
  ParseRequest requestFor(const ParseTask &T) const;
  std::map<std::string, Demand> plan();
  bool asksForCaches() const;
  void preparePch(std::vector<ParseTask> Tasks);
  void parseOne(ParseTask &T, unsigned Worker);
  void parseTask(ParseTask &T, unsigned Worker);
  void take(ParseTask T);
  /// File and line, with the function to summarise if it is a callback's definition.
  using HiddenLines = std::map<std::pair<std::string, unsigned>, std::string>;
  HiddenLines hiddenLines() const;
  HiddenLines plainlyHidden() const;
  HiddenLines newlyHidden(const HiddenLines &Lines);
  void readMakefiles(const std::vector<ParseTask> &Tasks);
  bool parseAll(const std::map<std::string, Demand> &Wanted, const HiddenLines &Hidden);
  bool addShown(std::vector<std::optional<OtherConfiguration>> Shown);
  std::optional<OtherConfiguration> showLine(const HiddenLines::value_type &Hidden, const Demand &D, unsigned Worker);

  ScanOptions Options;
  ScanCache *Cache = nullptr; ///< that of the options, if it is for this tree
  std::unique_ptr<Tree> TheTree;
  Rules TheRules;
  Semantics TheSemantics;
  std::optional<llvm::Expected<Semantics>> Probed; ///< written by Prober
  std::thread Prober;
  std::thread Warmer; ///< makes the usual architecture ready while the census is taken
  std::unique_ptr<Index> TheIndex;
  std::unique_ptr<Frontend> TheFrontend;
  std::unique_ptr<Database> DB;
  std::vector<CensusEntry> Census;
  std::vector<CensusEntry> WholeCensus; ///< every flavour, every file; only with ScanOptions::leftovers
  std::unique_ptr<LeftoverSearch> Leftover;
  GlanceFindings Glances;
  std::set<std::string> CensusHeaders;
  std::map<std::string, unsigned> OtherFlavours;
  std::map<std::string, bool> Settable; ///< by CONFIG symbol; under SettableLock
  std::mutex SettableLock;
  std::vector<SiteReport> Sites;
  ConfiguredAnswers Configured;
  std::shared_ptr<ConfiguredTree> Mine; ///< under the options' configuration, if there is one
  std::vector<ParseProblem> Problems;
  std::vector<std::string> Warnings;
  std::set<std::string> Parsed;
  bool MakefilesRead = false;
  std::map<std::string, ParseTask> Early; ///< candidates that were parsed while the precompiled headers were made, by first file
  std::set<std::pair<std::string, unsigned>> Tried; ///< hidden lines that other configurations were asked for
  std::map<std::string, double> FileSeconds;
  void takeFromIncluders(const std::string &File, ModuleFact &Fact);
  std::map<std::string, ModuleFact> Modules;
  std::vector<ExternalModule> Outside;          ///< what is mounted
  std::set<std::string> ModuleNames;            ///< that it gives the linker
  std::map<std::string, std::set<std::string>> Lacking; ///< by file of it: headers that were not found
  Timing Times;
};

} // namespace krcu
