// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/support/standard_streams.h"
#include "tool/support/error.h"
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace krcu {

void holdStandardStreams() {
  for (int Fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(Fd, F_GETFD) == -1 && errno == EBADF)
      // The lowest number that is free is this one. Opened the wrong way round, so that its use is an error as before.
      (void)::open("/dev/null", Fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

llvm::Expected<std::string> readStandardInput(uint64_t MaxBytes) {
  std::string Text;
  for (size_t Used = 0;;) {
    if (Text.size() - Used < 65536)
      Text.resize(Text.size() * 2 + 65536);
    const ssize_t N = ::read(STDIN_FILENO, Text.data() + Used, Text.size() - Used);
    if (N < 0 && errno == EINTR)
      continue;
    if (N < 0)
      return failErrno("standard input", errno, "give what is to be read");
    Used += static_cast<size_t>(N);
    if (Used > MaxBytes)
      return failAt("standard input", 0, 0, "this has more than " + std::to_string(MaxBytes) + " bytes", "krcu reads no more");
    if (N == 0) {
      Text.resize(Used);
      return Text;
    }
  }
}

} // namespace krcu
