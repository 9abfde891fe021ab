/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* One race of the first sheaves alone, in what was merged: call_rcu() under the lock, but a CPU without a sheaf is not visited: the first idea for a repair. */
#define FLAWS 8
#include "sheaves.pml"
