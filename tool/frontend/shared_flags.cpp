// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/frontend/shared_flags.h"
#include "tool/store/digest.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {
namespace {

/// A macro that a build gives each file another value, and that no header may look at.
bool isOwnName(StringRef Macro) { return Macro.starts_with("KBUILD_") || Macro.starts_with("__KBUILD_"); }

} // namespace

SharedFlags sharedFlags(const CompileCommands::Entry &E) {
  SharedFlags S;
  // Kbuild puts the kernel's own directories before the headers that every file gets, and a file's own behind them.
  const auto Last = std::find(E.flags.rbegin(), E.flags.rend(), "-include").base() - E.flags.begin();
  for (size_t N = 0; N < E.flags.size(); ++N) {
    StringRef F = E.flags[N];
    const bool Paired = F == "-D" && N + 1 < E.flags.size();
    if (Paired ? isOwnName(E.flags[N + 1]) : F.starts_with("-D") && isOwnName(F.drop_front(2))) {
      N += Paired;
      continue;
    }
    if (F.starts_with("-I") && Last && static_cast<std::ptrdiff_t>(N) >= Last)
      continue;
    S.includes += F == "-include";
    S.flags.push_back(F.str());
  }
  S.family = "build-" + llvm::toHex(Digester().add(E.directory).addAll(S.flags).finish().bytes(), /*LowerCase=*/true).substr(0, 16);
  return S;
}

} // namespace krcu
