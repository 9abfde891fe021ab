// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/recall.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include <cstdio>
#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>

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
  winsize Size{};
  bool Terminal = isatty(1);
  uint64_t Width = Terminal && ioctl(1, TIOCGWINSZ, &Size) == 0 ? Size.ws_col : 0;
  uint64_t Flags = 0;
  for (bool Flag : {O.all, O.drop_barriers, O.allow_hurry, O.no_pch, O.parse_all, Terminal, std::getenv("NO_COLOR") != nullptr})
    Flags = Flags << 1 | Flag;
  Digester D;
  D.add(Command).add(Flags).add(Width).add(O.format).add(O.place).addAll(SO.paths).addAll(O.assume).addAll(O.families);
  return D.add(SO.builtin_rules).addAll(O.rules).finish();
}

} // namespace

llvm::Error Recall::open(ScanOptions &SO, bool Always) {
  std::string Dir = O.no_cache ? "" : O.cache.empty() ? defaultCacheDir() : O.cache;
  if (Dir.empty() && O.facts.empty() && !Always)
    return llvm::Error::success();
  auto T = openTree(SO);
  if (!T)
    return T.takeError();
  auto C = ScanCache::open(SO, Dir, O.facts);
  if (!C)
    return C.takeError();
  Cache = *C;
  Jobs = SO.jobs;
  SO.cache = Cache;
  if (!Command.empty())
    Arguments = argumentsOf(Command, O, SO);
  return Cache->look(*T, Jobs);
}

std::optional<int> Recall::replay() const {
  if (!Cache || !Arguments.known() || O.stats)
    return std::nullopt;
  auto Past = Cache->recallOutput(Arguments);
  if (!Past)
    return std::nullopt;
  std::fputs(Past->err.c_str(), stderr);
  printNotes();
  if (llvm::Error E = writeStdout(Past->out)) {
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
  if (Cache)
    for (const std::string &Note : Cache->notes())
      std::fprintf(stderr, "krcu: %s\n", Note.c_str());
}

void Recall::printStats() const {
  if (Cache && Cache->facts())
    std::fprintf(stderr, "%-24s %8u\n", "facts from the cache", Cache->facts()->hits());
}

} // namespace krcu
