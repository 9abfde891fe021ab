/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef EXTRA_H
#define EXTRA_H
extra_unknown_type extra_value;
_Static_assert(sizeof(int) == 3, "never true");
#include <linux/nowhere.h>
#define EXTRA_SIZE 4
#endif
