// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One program for all targets: KRCU_FUZZ_TARGET says which. All else is libFuzzer's.
#include "tool/fuzz/targets.h"
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size) {
  static const krcu::FuzzTarget *const Target = [] {
    const char *Name = std::getenv("KRCU_FUZZ_TARGET");
    for (const krcu::FuzzTarget &T : krcu::fuzzTargets())
      if (Name && llvm::StringRef(Name) == T.name)
        return &T;
    std::fprintf(stderr, "KRCU_FUZZ_TARGET must be one of:\n");
    for (const krcu::FuzzTarget &T : krcu::fuzzTargets())
      std::fprintf(stderr, "  %-18s %s\n", T.name, T.what);
    std::exit(2);
  }();
  Target->run({reinterpret_cast<const char *>(Data), Size});
  return 0;
}
