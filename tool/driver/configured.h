// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A scan's tree under the user's own configuration: what waits for what then, and which code can be unloaded. The same judge is asked again with
// these answers, so a verdict for the configuration rests on the same proof as one for any.
#pragma once

#include "tool/driver/scan.h"
#include "tool/lifetime/configured.h"
#include "tool/semantics/configured.h"

namespace krcu {

class ConfiguredTree {
public:
  /// `S` must outlive the result and know its semantics; `C` is that of its options.
  static llvm::Expected<std::unique_ptr<ConfiguredTree>> open(Scan &S, const ConfigFile &C);

  const ConfigFile &config() const { return C; }
  const Semantics &semantics() const { return Own.semantics; }
  /// As Scan::moduleFact(). Not thread-safe.
  ModuleFact moduleFact(const std::string &File);
  /// How the file is built; of a header or fragment it is not known.
  FileInConfig built(const std::string &File);
  /// Why the file's code is never unloaded: "it is built in (CONFIG_DRV=y)"; empty if it may be. `Line`: the line of the configuration.
  std::string stays(const std::string &File, Evidence &Line);
  /// The symbols that make this tree wait otherwise than for any configuration: "CONFIG_TINY_RCU=y"; empty if it does not.
  std::string differs(EvidenceList &Lines) const;
  /// The condition under which what holds for any configuration holds: "CONFIG_TINY_RCU is not set". Only if differs().
  std::string othersAre() const;
  /// What a user should know of the file besides the verdicts; a line each.
  std::vector<std::string> notes() const;

private:
  ConfiguredTree(Scan &S, const ConfigFile &C) : S(S), C(C) {}

  Scan &S;
  const ConfigFile &C;
  ConfiguredSemantics Own;
  std::unique_ptr<Kbuild> Makefiles;
  std::map<std::string, FileInConfig> Files;
};

/// The option that makes a file's code a module, for a condition: "CONFIG_DRV=m"; empty if none does.
std::string moduleCondition(Scan &S, const std::string &File);
/// The options that make modules of what destroys the caches at its exit: "CONFIG_A=m or CONFIG_B=m"; may be empty.
std::string exitCondition(Scan &S, const SiteReport &R);
/// Why none of these exits runs; empty if one may. `Lines`: those of the configuration are added.
std::string whyItStays(ConfiguredTree &Mine, const SiteReport &R, EvidenceList &Lines);

} // namespace krcu
