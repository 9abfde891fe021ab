// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What each command takes: its options, with the words that --help and the manual pages print.
#include "tool/main/commands.h"
#include "tool/main/config_option.h"
#include "tool/main/flag_options.h"
#include "tool/main/recall.h"
#include "llvm/ADT/STLExtras.h"

namespace krcu {
namespace {

void addCommon(CLI::App *C, Options &O) {
  C->add_option("TREE", O.tree, "kernel source tree, configured or not")->required();
  C->add_option("--rules", O.rules, "YAML file or directory that adds to or overrides the built-in vocabulary")
      ->allow_extra_args(false); // or it would swallow TREE
  C->add_option("--assume", O.assume, "what-if: an era (no-batching, batching, 6.12, sheaves, ...) or FACT, no-FACT of krcu semantics; several with commas between them")
      ->delimiter(',')
      ->allow_extra_args(false); // or it would swallow TREE
}

/// `More`: "sarif", "html".
void addFormat(CLI::App *C, Options &O, const std::vector<std::string> &More = {}) {
  std::vector<std::string> Formats{"text", "json"};
  Formats.insert(Formats.end(), More.begin(), More.end());
  std::string Words;
  for (size_t N = 0; N < Formats.size(); ++N)
    Words += (N == 0 ? "" : N + 1 == Formats.size() ? " or " : ", ") + Formats[N];
  C->add_option("--format", O.format, Words)->check(CLI::IsMember(Formats));
  if (llvm::is_contained(More, "html"))
    addPageOptions(*C, O.print);
}

void addScanning(CLI::App *C, Options &O) {
  addCommon(C, O);
  if (C->get_name() != "extract") // whose -o is a file of facts
    addPrintOptions(*C, O.print);
  C->add_option("--kernel", O.kernel, KernelOptionText);
  C->add_option("-j,--jobs", O.jobs, "threads (default: all processors)")->check(CLI::Range(1u, 1024u));
  C->add_option("--compile-commands", O.compile_commands, "use the flags of your own build (GCC databases included)");
  addFlagOptions(*C, O.user_flags);
  C->add_option("--family", O.families, "only callbacks that free with these functions (kmem_cache_free, kfree, ...), with commas between them")
      ->delimiter(',')
      ->allow_extra_args(false); // or it would swallow TREE
  C->add_flag("--allow-hurry", O.allow_hurry, "convert call_rcu_hurry() too; its prompt grace period is lost");
  C->add_flag("--stats", O.stats, "times of the phases, on standard error");
  C->add_flag("--parse-all", O.parse_all, "parse also the callbacks whose text already shows that they do more than free");
  C->add_flag("--no-pch", O.no_pch, "parse without a shared precompiled header (slow; to find out what is wrong)")->group("");
}

void addFacts(CLI::App *C, Options &O) {
  C->add_option("--facts", O.facts, "what krcu extract wrote: those files are not parsed again (may be given more than once)")
      ->allow_extra_args(false); // or it would swallow TREE
}

void addPaths(CLI::App *C, Options &O) {
  C->add_option("PATHS,--paths", O.paths, "only sites in these files or directories, relative to TREE or, inside of it, to where you are");
}

} // namespace

void addCommands(CLI::App &App, Options &O) {
  CLI::App *ScanCommand = App.add_subcommand("scan", "one line per candidate: site, callback, class, reason; and a summary that accounts for every call");
  addScanning(ScanCommand, O);
  addFormat(ScanCommand, O, {"sarif", "html"});
  addCacheOptions(*ScanCommand, O.cache, O.no_cache);
  addFacts(ScanCommand, O);
  addPaths(ScanCommand, O);
  addConfigOption(*ScanCommand, O.config);
  addGateOptions(*ScanCommand, O.gate, gateClasses(), defaultGateClasses());
  ScanCommand->add_flag("--all", O.all, "list every call, also those whose callback does more than free");
  CLI::App *PatchCommand = App.add_subcommand("patch", "the safe conversions as a unified diff on standard output");
  addScanning(PatchCommand, O);
  addFormat(PatchCommand, O);
  addCacheOptions(*PatchCommand, O.cache, O.no_cache);
  addFacts(PatchCommand, O);
  addPaths(PatchCommand, O);
  PatchCommand->add_flag("--in-place", O.in_place, "rewrite the files (all or none) and print their names");
  PatchCommand->add_flag("--drop-barriers", O.drop_barriers, "remove an rcu_barrier() too if no other callback can be queued (default: it stays)");
  PatchCommand->add_flag("--slim-heads", O.slim_heads, "instead: a smaller head (struct kvfree_rcu_head) where nothing but kfree_rcu() uses a struct rcu_head; a conversion only where that needs it")
      ->excludes(PatchCommand->get_option("--drop-barriers"));
  addSeriesOptions(PatchCommand, O.series);
  CLI::App *VerifyCommand = addVerifyCommand(App, O.series, O.tree, O.rules, O.jobs);
  addPrintOptions(*VerifyCommand, O.print);
  VerifyCommand->add_option("--kernel", O.kernel, KernelOptionText);
  addFlagOptions(*VerifyCommand, O.user_flags);
  addReviewCommand(App, O.review, O.print);
  addAuditCommand(App, O.audit, O.print);
  CLI::App *ExplainCommand = App.add_subcommand("explain", "the whole chain of evidence for one site");
  addScanning(ExplainCommand, O);
  addFormat(ExplainCommand, O, {"html"});
  addCacheOptions(*ExplainCommand, O.cache, O.no_cache);
  addFacts(ExplainCommand, O);
  addConfigOption(*ExplainCommand, O.config);
  ExplainCommand->add_option("PLACE", O.place, "FILE:LINE or FILE:LINE:COLUMN, as krcu scan prints it, FILE for all its sites, or the name of a callback or of a function that calls a deferral; with --flags a file")->required();
  ExplainCommand->add_flag("--flags", O.flags, "instead: the compiler flags that the file is parsed with, and the lines they come from");
  CLI::App *ExtractCommand = App.add_subcommand("extract", "the facts of a share of the files, for krcu scan --facts: one tree on many machines");
  addScanning(ExtractCommand, O);
  addCacheOptions(*ExtractCommand, O.cache, O.no_cache);
  addPaths(ExtractCommand, O);
  ExtractCommand->add_option("--shard", O.shard, "I/N: the files of share I of N (default: 1/1, all)");
  ExtractCommand->add_option("-o,--output", O.output, "file for the facts")->required()->check(namedFile());
  CLI::App *SemanticsCommand = App.add_subcommand("semantics", "what this tree's primitives wait for, and the lines that show it");
  addCommon(SemanticsCommand, O);
  addFormat(SemanticsCommand, O);
  addPrintOptions(*SemanticsCommand, O.print);
  SemanticsCommand->get_option("TREE")->required(false);
  SemanticsCommand->add_option("--why", O.why,
                               "instead of reading a tree: the shortest counterexamples to a row, as timelines; ERA, FACT or ERA:FACT");
}

} // namespace krcu
