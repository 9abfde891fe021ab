// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/recall.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "tool/support/sink.h"
#include <CLI/CLI.hpp>
#include <cstdio>

namespace krcu {

llvm::Expected<Tree> openTree(const ScanOptions &S) {
  auto T = Tree::open(S.tree);
  if (T && !S.module.empty())
    if (llvm::Error E = T->mount(S.module))
      return E;
  return T;
}

namespace {

/// All that decides what the output looks like; not how many threads make it.
Digest argumentsOf(const std::string &Command, const Options &O, const ScanOptions &SO) {
  uint64_t Width = widthOf(O.print);
  uint64_t Flags = 0;
  for (bool Flag : {O.all, O.drop_barriers, O.allow_hurry, O.no_pch, O.parse_all, isColoured(O.print)})
    Flags = Flags << 1 | Flag;
  Digester D;
  D.add(Command).add(Flags).add(Width).add(O.format).add(O.place).addAll(SO.paths).addAll(O.assume).addAll(O.families).addAll(O.gate.fail_on);
  if (SO.config)
    D.add(SO.config->name()).add(SO.config->text());
  D.addAll(decidingArguments(O.print.arguments)); // which a report begins with, and the next step repeats
  if (O.format != "text")
    D.add(commitOf(SO.tree)).add(O.print.source_url);
  return D.add(SO.builtin_rules).addAll(O.rules).finish();
}

} // namespace

void addCacheOptions(CLI::App &Command, std::string &Dir, bool &No) {
  auto *Where = Command.add_option("--cache", Dir, "directory of the cache (default: ${XDG_CACHE_HOME:-~/.cache}/krcu)");
  Command.add_flag("--no-cache", No, "neither use nor leave anything there")->excludes(Where);
}

namespace {

std::string cacheDir(const std::string &Dir, bool No) { return No ? "" : Dir.empty() ? defaultCacheDir() : Dir; }

llvm::Error openCache(ScanOptions &SO, const std::string &Dir, const std::vector<std::string> &Facts) {
  auto T = openTree(SO);
  if (!T)
    return T.takeError();
  auto C = ScanCache::open(SO, Dir, Facts);
  if (!C)
    return C.takeError();
  SO.cache = *C;
  return SO.cache->look(*T, SO.jobs);
}

} // namespace

llvm::Error useCache(ScanOptions &SO, const std::string &Dir, bool No) {
  std::string Used = cacheDir(Dir, No);
  return Used.empty() ? llvm::Error::success() : openCache(SO, Used, {});
}

llvm::Error Recall::open(ScanOptions &SO, bool Always) {
  std::string Dir = cacheDir(O.cache, O.no_cache);
  if (Dir.empty() && O.facts.empty() && !Always)
    return llvm::Error::success();
  if (llvm::Error E = openCache(SO, Dir, O.facts))
    return E;
  Cache = SO.cache;
  Jobs = SO.jobs;
  if (!Command.empty())
    Arguments = argumentsOf(Command, O, SO);
  return llvm::Error::success();
}

std::optional<int> Recall::replay() const {
  if (!Cache || !Arguments.known() || O.stats)
    return std::nullopt;
  auto Past = Cache->recallOutput(Arguments);
  if (!Past)
    return std::nullopt;
  if (auto Told = O.print.progress == "json" ? progressOf(O.print) : nullptr)
    Told->phase("from the cache");
  if (!O.print.quiet)
    std::fputs(forTerminal(Past->err).c_str(), stderr);
  printNotes();
  if (llvm::Error E = writeResult(O.print, Past->out, Command == "patch" && O.format == "text" ? "diff" : O.format)) {
    std::fprintf(stderr, "krcu: %s\n", message(std::move(E)).c_str());
    return 2;
  }
  return Past->status;
}

void Recall::keep(const PastOutput &Output, const Tree &T) const {
  if (Cache && Arguments.known())
    Cache->keepOutput(Arguments, Output, T, Jobs);
}

void Recall::printNotes() const {
  if (Cache && !O.print.quiet)
    for (const std::string &Note : Cache->notes())
      std::fprintf(stderr, "krcu: %s\n", onOneLine(Note).c_str());
}

void Recall::printStats() const {
  if (Cache && Cache->facts())
    std::fprintf(stderr, "%-24s %8u\n", "facts from the cache", Cache->facts()->hits());
}

} // namespace krcu
