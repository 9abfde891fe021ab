/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Written for the tests of smaller heads: the sizes that kmalloc() hands out. */
#include <linux/types.h>

#define INIT_KMALLOC_INFO(bytes, name) { bytes }

const struct size_row {
	unsigned int bytes;
} size_rows[] = {
	INIT_KMALLOC_INFO(96, 96),
	INIT_KMALLOC_INFO(8, 8),
	INIT_KMALLOC_INFO(16, 16),
	INIT_KMALLOC_INFO(32, 32),
	INIT_KMALLOC_INFO(64, 64),
};
