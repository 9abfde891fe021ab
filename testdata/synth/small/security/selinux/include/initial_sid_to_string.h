/* SPDX-License-Identifier: GPL-2.0-only */
static const char *const initial_sid_to_string[] = {
	NULL, /* zero */
	"kernel",
	NULL,
	"any_gate",
};
