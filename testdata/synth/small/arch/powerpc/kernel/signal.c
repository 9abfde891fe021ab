// SPDX-License-Identifier: GPL-2.0-only
unsigned long f(void *b) { return VDSO64_SYMBOL(b, sig_gate); }
