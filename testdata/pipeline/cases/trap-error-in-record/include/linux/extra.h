/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef EXTRA_H
#define EXTRA_H
#include <linux/types.h>
struct extra {
	extra_unknown_type value;
	struct rcu_head rcu;
};
#endif
