/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef LINUX_KCONFIG_H
#define LINUX_KCONFIG_H
#include <generated/autoconf.h>
#endif
