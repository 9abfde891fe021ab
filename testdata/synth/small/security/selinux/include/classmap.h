/* SPDX-License-Identifier: GPL-2.0-only */
#define COMMON_GATE_PERMS "open", \
	"shut"
#define COMMON_SOCK_PERMS COMMON_GATE_PERMS, "bind"
#define LOOP_PERMS LOOP_PERMS, "turn"
/* secclass_map[] = { { "decoy", { "x" } } } */
const struct security_class_mapping secclass_map[] = {
	{ "gate", { COMMON_GATE_PERMS, NULL } },
	{ "tcp_socket", { COMMON_SOCK_PERMS, "name,{connect", NULL } },
	{ "loop", { LOOP_PERMS } },
	{ NULL }
};
