/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef LINUX_MODULE_H
#define LINUX_MODULE_H
#include <linux/types.h>

typedef int (*initcall_t)(void);
typedef void (*exitcall_t)(void);

#define module_init(f) static initcall_t __initcall_##f __attribute__((used)) = f;
#define module_exit(f) static exitcall_t __exitcall_##f __attribute__((used)) = f;
#define fs_initcall(f) module_init(f)
#define EXPORT_SYMBOL(name) extern __typeof__(name) name
#define EXPORT_SYMBOL_GPL(name) EXPORT_SYMBOL(name)
#define MODULE_LICENSE(text)

#endif
