/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* One race of the first sheaves alone, in what was merged: the flush reads the pointer to a sheaf twice, without the lock. */
#define FLAWS 1
#include "sheaves.pml"
