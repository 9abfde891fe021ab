/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/types.h>
#include <linux/tracepoint-defs.h>
#define __DECLARE_TRACE(name, proto) \
	static inline void trace_##name(proto) { } \
	static inline void trace_##name##_rcuidle(proto) { }
