// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/series/mbox.h"

#include "tool/series/verify.h"
#include "tool/support/io.h"

namespace krcu::series {

llvm::Expected<std::string> mailboxOf(const std::string &Directory) {
  auto Patches = readPatches(Directory);
  if (!Patches)
    return Patches.takeError();
  std::string Out;
  for (const ReadPatch &P : *Patches) {
    auto Mail = readRegularFile(Directory + "/" + P.file, UINT64_C(64) << 20);
    if (!Mail)
      return Mail.takeError();
    if (!llvm::StringRef(*Mail).starts_with("From "))
      Out += "From " + std::string(40, '0') + " Mon Sep 17 00:00:00 2001\n";
    Out += *Mail;
    if (Out.back() != '\n')
      Out += '\n';
  }
  return Out;
}

} // namespace krcu::series
