// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything a kernel build would have generated before the first object is compiled, made in memory from the
// tree's own sources: autoconf.h, bounds.h, asm wrappers, syscall tables, and the compiler flags per architecture.
#pragma once

#include "tool/kbuild/kconfig.h"
#include "tool/tree/tree.h"
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace krcu {

/// A configuration of one architecture variant: "x86", "i386", "powerpc", "ppc32", "sparc", "sparc32", "arm64", ...
struct SynthOptions {
  std::string variant;
  std::map<std::string, std::string> force; ///< CONFIG symbols (without CONFIG_) forced to a value
};

struct Synth {
  std::string variant;
  std::string src_arch;                       ///< directory under arch/
  std::map<std::string, std::string> headers; ///< path relative to the tree -> text; none of them is written anywhere
  /// Small replacements of the tracepoint machinery, path -> text: each event becomes prototypes only. Not for
  /// kernel/trace/ and kernel/tracepoint.c, and not part of `headers`: the frontend decides file by file.
  std::map<std::string, std::string> trace_overlay;
  std::vector<std::string> flags;             ///< compiler flags (triple, -I, -D, -include), -I absolute under the tree's root
  std::vector<std::string> flag_origins;      ///< of each: "FILE:LINE", or "krcu: why"
  std::vector<std::string> notes;             ///< "FILE:LINE: what is wrong and what was done", for the user to read once
  std::map<std::string, std::string> values;  ///< Kconfig values, for Kbuild
  std::string fingerprint;                    ///< hash of headers, overlay and flags: keys the precompiled header
  bool substituted_target = false;            ///< Clang has no such target; inline-asm diagnostics do not count
  std::shared_ptr<Kconfig> kconfig;
};

/// Fails if the tree has no such architecture or the variant's name is unknown.
llvm::Expected<std::unique_ptr<Synth>> synthesise(const Tree &T, const SynthOptions &Options);

/// Variants that belong to a directory under arch/, preferred one first ("x86" -> x86, i386); empty if none is known.
std::vector<std::string> variantsOf(const std::string &SrcArch);
/// All known variants whose directory the tree has, in the order in which generic code tries them (x86 first).
std::vector<std::string> variantsFor(const Tree &T);

} // namespace krcu
