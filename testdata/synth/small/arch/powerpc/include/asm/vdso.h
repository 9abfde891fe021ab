/* SPDX-License-Identifier: GPL-2.0-only */
#include <generated/vdso64-offsets.h>
#define VDSO64_SYMBOL(base, name) ((unsigned long)(base) + (vdso64_offset_##name))
#define COMPAT_VDSO_SYMBOL(base, name) ((base) + compat__vdso_##name##_offset)
