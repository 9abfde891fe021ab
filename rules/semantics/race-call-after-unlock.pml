/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* One race of the first sheaves alone, in what was merged: a full sheaf goes to call_rcu() after the unlock. */
#define FLAWS 4
#include "sheaves.pml"
