/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef LINUX_KERNEL_H
#define LINUX_KERNEL_H
#include <linux/types.h>

#define ENOMEM 12

int printk(const char *format, ...);
#define pr_err(...) printk(__VA_ARGS__)

#define WARN_ON(x) ({							\
	int __bad = !!(x);						\
	if (unlikely(__bad))						\
		printk("warning");					\
	unlikely(__bad); })

#endif
