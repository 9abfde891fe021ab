// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Standard input, output and error as whoever starts krcu has left them: closed, or without an end.
#pragma once

#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>

namespace krcu {

/// To be called first. A closed stream stays one that cannot be used, but its number is taken: else the next file that is opened, a cache perhaps,
/// would get what is meant for the stream.
void holdStandardStreams();

/// All of standard input. Fails with one clear line if it cannot be read or has more than `MaxBytes` bytes.
llvm::Expected<std::string> readStandardInput(uint64_t MaxBytes = UINT64_C(1) << 30);

} // namespace krcu
