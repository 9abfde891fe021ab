// SPDX-License-Identifier: GPL-2.0
unsigned long f(void *b) { return VDSO64_SYMBOL(b, sig_gate); }
