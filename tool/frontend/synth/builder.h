// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What every generator gets: the tree to read from, the configuration, and the map it writes headers into. A
// generator whose input the tree lacks writes nothing: a small or partial tree is no error.
#pragma once

#include "tool/frontend/synth/arch_table.h"
#include "tool/frontend/synth/synth.h"
#include "tool/tree/tree.h"
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace krcu {

class Builder {
public:
  using Map = std::map<std::string, std::string>;

  Builder(const Tree &T, const ArchVariant &V, const Map &Values, Map &Headers)
      : T(T), V(V), Values(Values), Headers(Headers) {}

  const Tree &tree() const { return T; }
  const ArchVariant &variant() const { return V; }
  const Map &values() const { return Values; }
  std::string arch() const { return V.src_arch; }

  std::optional<std::string> read(llvm::StringRef Path) const { return T.read(Path); }
  bool has(llvm::StringRef Path) const { return T.has(Path); }
  /// Regular files below `Directory` (relative to the tree, sorted); links are not followed.
  std::vector<std::string> filesBelow(llvm::StringRef Directory, bool Recursive) const;

  /// Built in: "y".
  bool on(const std::string &Symbol) const;
  /// The number a symbol has, or `Default`.
  unsigned number(const std::string &Symbol, unsigned Default) const;

  void put(const std::string &Path, std::string Text) { Headers[Path] = std::move(Text); }
  bool made(const std::string &Path) const { return Headers.count(Path) != 0; }

  /// "arch/X/" + Path.
  std::string inArch(llvm::StringRef Path) const { return "arch/" + arch() + "/" + Path.str(); }
  std::string kapi(llvm::StringRef Name) const { return inArch("include/generated/asm/" + Name.str()); }
  std::string uapi(llvm::StringRef Name) const { return inArch("include/generated/uapi/asm/" + Name.str()); }

private:
  const Tree &T;
  const ArchVariant &V;
  const Map &Values;
  Map &Headers;
};

/// The lists of an include/asm/Kbuild file: "generic-y", "mandatory-y", "generated-y", "syscall-y" -> names.
std::map<std::string, std::vector<std::string>> readHeaderLists(const Builder &B, llvm::StringRef KbuildFile);

void makeConstants(Builder &B);    // constants.cpp: bounds, timeconst, version and release strings
void makeSyscalls(Builder &B);     // syscalls.cpp: __NR_ lists and dispatch tables
void makeArchHeaders(Builder &B);  // arch_headers.cpp: what one architecture alone generates
void makeArm64Headers(Builder &B); // arm64.cpp: system registers and capabilities
void makeOffsets(Builder &B);      // offsets.cpp: asm-offsets, vdso offsets
void makeSecurity(Builder &B);     // security.cpp: selinux and apparmor name tables
void makeWrappers(Builder &B);     // wrappers.cpp: one-line includes of asm-generic; runs after all others

/// trace_overlay.cpp: replacements of the tracepoint machinery, path -> text; empty if the tree has none.
std::map<std::string, std::string> makeTraceOverlay(const Builder &B);

/// flags.cpp: the command line, without the file's own flags.
void makeFlags(const Builder &B, Synth &S);

} // namespace krcu
