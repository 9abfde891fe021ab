// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What holds of a site under the user's own configuration, and which option a verdict hangs on.
#pragma once

#include "tool/lifetime/verdict.h"
#include "tool/kbuild/config_file.h"
#include <map>

namespace krcu {

struct ConfiguredAnswer {
  /// The verdict for any configuration holds under this condition only: "CONFIG_DRV=m". Empty: it holds whatever is chosen, or nobody knows better.
  std::string only_if;
  /// What settles it: "built in it is safe", "otherwise it is safe". Only without a configuration.
  std::string otherwise;
  std::string how; ///< "--config FILE", "--assume no-slob": what to give to have it settled

  bool given = false; ///< there is a configuration; what follows is only said then
  FileInConfig built; ///< the file that the site stands in
  SiteClass cls = SiteClass::NotParsed;
  Verdict verdict = Verdict::None;
  std::string reason;    ///< reasonText()
  std::string because;   ///< "it is built in (CONFIG_DRV=y)"; empty: the same as for any configuration
  EvidenceList evidence; ///< lines of the configuration, and what else the verdict rests on
};

/// By the place of the call.
using ConfiguredAnswers = std::map<Location, ConfiguredAnswer>;

/// For whom the verdict of a site holds, to go behind its reason: "unsafe if CONFIG_DRV=m; in your configuration it is built in (CONFIG_DRV=y): safe".
/// Empty if there is nothing to say.
std::string configuredText(const SiteReport &R, const ConfiguredAnswer &A);

} // namespace krcu
