/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* One race of the first sheaves alone, in what was merged: the flush waits for callbacks only if it found a sheaf. */
#define FLAWS 2
#include "sheaves.pml"
