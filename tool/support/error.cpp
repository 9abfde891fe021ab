// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The wording of user-facing errors. One shape for all rooms, so that editors can jump to the place:
// "FILE:LINE:COLUMN: what is wrong; how to mend it".
#include "tool/support/error.h"
#include "tool/support/sink.h"

#include <system_error>

namespace krcu {

llvm::Error fail(const std::string &Message) {
  return llvm::make_error<llvm::StringError>(onOneLine(Message), llvm::inconvertibleErrorCode());
}

llvm::Error failAt(const std::string &File, unsigned Line, unsigned Column, const std::string &What,
                   const std::string &Mend) {
  std::string Text = File;
  if (Line)
    Text.append(":").append(std::to_string(Line));
  if (Line && Column)
    Text.append(":").append(std::to_string(Column));
  Text.append(": ").append(What);
  if (!Mend.empty())
    Text.append("; ").append(Mend);
  return fail(Text);
}

llvm::Error failErrno(const std::string &File, int Errno, const std::string &Mend) {
  // std::generic_category() and not strerror(): the latter is not required to be thread-safe.
  return failAt(File, 0, 0, std::generic_category().message(Errno), Mend);
}

std::string message(llvm::Error E) { return llvm::toString(std::move(E)); }

} // namespace krcu
