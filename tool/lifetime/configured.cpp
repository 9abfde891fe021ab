// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/lifetime/configured.h"

namespace krcu {

std::string configuredText(const SiteReport &R, const ConfiguredAnswer &A) {
  const std::string Any = verdictName(R.verdict);
  if (!A.given)
    return A.only_if.empty() ? "" : Any + " only if " + A.only_if + ", " + A.otherwise + " (" + A.how + ")";
  if (A.built.as == BuiltAs::No)
    return "not compiled in your configuration" + (A.built.why.empty() ? "" : " (" + A.built.why + ")");
  if (R.verdict == Verdict::None)
    return "";
  if (!A.because.empty())
    return Any + (A.only_if.empty() ? "" : " if " + A.only_if) + "; in your configuration " + A.because + ": " + verdictName(A.verdict);
  if (R.verdict == Verdict::Safe)
    return ""; // whatever is chosen
  return "so in your configuration, too" + (A.built.why.empty() ? "" : " (" + A.built.why + ")");
}

} // namespace krcu
