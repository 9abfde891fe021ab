// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Order of work: the configuration first, everything else reads it; the generators are independent of each
// other, except that the asm-generic wrappers come last because they must not hide a generated header.
// Nothing is written: the result is a map from path to text which the frontend lays over the tree.
#include "tool/frontend/synth/synth.h"
#include "tool/frontend/synth/arch_table.h"
#include "tool/frontend/synth/builder.h"
#include "tool/frontend/synth/clang_flags.h"
#include "tool/support/error.h"
#include "tool/tree/stored.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"
#include <algorithm>

namespace krcu {
namespace {

std::string knownNames() {
  std::string Names;
  for (const ArchVariant &V : archTable())
    Names += (Names.empty() ? "" : ", ") + std::string(V.name);
  return Names;
}

/// Each part with its length in front: no two different lists give the same bytes.
void hashString(llvm::SHA256 &Hash, llvm::StringRef Text) {
  Hash.update(std::to_string(Text.size()) + ":");
  Hash.update(Text);
}

std::string fingerprintOf(const Synth &S) {
  llvm::SHA256 Hash;
  for (const auto *Map : {&S.headers, &S.trace_overlay})
    for (const auto &[Path, Text] : *Map) {
      hashString(Hash, Path);
      hashString(Hash, Text);
    }
  for (const std::string &Flag : S.flags)
    hashString(Hash, Flag);
  return llvm::toHex(Hash.final(), /*LowerCase=*/true);
}

KconfigOptions kconfigOptions(const ArchVariant &V, const SynthOptions &Options) {
  KconfigOptions K;
  K.src_arch = V.src_arch;
  K.arch = V.arch;
  K.knows_flags = clangKnows;
  for (const ArchForce &F : V.force)
    K.force[F.symbol] = F.value;
  for (const auto &[Symbol, Value] : Options.force)
    K.force[Symbol] = Value;
  return K;
}

bool hasArch(const Tree &T, llvm::StringRef SrcArch) {
  return T.has(("arch/" + SrcArch).str());
}

} // namespace

std::vector<std::string> Builder::filesBelow(llvm::StringRef Directory, bool Recursive) const {
  std::vector<std::string> Files = regularFilesBelow(T.root(), Directory, Recursive);
  std::sort(Files.begin(), Files.end());
  return Files;
}

bool Builder::on(const std::string &Symbol) const {
  auto It = Values.find(Symbol);
  return It != Values.end() && It->second == "y";
}

unsigned Builder::number(const std::string &Symbol, unsigned Default) const {
  auto It = Values.find(Symbol);
  unsigned Number = 0;
  return It == Values.end() || llvm::StringRef(It->second).getAsInteger(0, Number) ? Default : Number;
}

llvm::Expected<std::unique_ptr<Synth>> synthesise(const Tree &T, const SynthOptions &Options) {
  const ArchVariant *V = findVariant(Options.variant);
  if (!V)
    return fail("'" + Options.variant + "' is no known architecture variant; known are " + knownNames());
  if (!hasArch(T, V->src_arch))
    return failAt(T.absolute(std::string("arch/") + V->src_arch), 0, 0,
                  "the tree has no such architecture, so variant '" + Options.variant + "' cannot be used",
                  "choose another variant");

  auto S = std::make_unique<Synth>();
  auto Config = Kconfig::load(T, kconfigOptions(*V, Options));
  if (!Config)
    return Config.takeError();
  S->kconfig = std::move(*Config);
  S->values = S->kconfig->values();
  S->variant = V->name;
  S->src_arch = V->src_arch;
  S->substituted_target = V->substituted;

  Builder B(T, *V, S->values, S->headers);
  B.put("include/generated/autoconf.h", S->kconfig->autoconf());
  makeConstants(B);
  makeSyscalls(B);
  makeArchHeaders(B);
  makeOffsets(B);
  makeSecurity(B);
  makeWrappers(B);
  S->trace_overlay = makeTraceOverlay(B);
  makeFlags(B, *S);
  S->fingerprint = fingerprintOf(*S);
  return S;
}

std::vector<std::string> variantsOf(const std::string &SrcArch) {
  std::vector<std::string> Names;
  for (const ArchVariant &V : archTable())
    if (SrcArch == V.src_arch)
      Names.push_back(V.name);
  return Names;
}

std::vector<std::string> variantsFor(const Tree &T) {
  std::vector<std::string> Names;
  for (const ArchVariant &V : archTable())
    if (hasArch(T, V.src_arch))
      Names.push_back(V.name);
  return Names;
}

} // namespace krcu
