/* SPDX-License-Identifier: GPL-2.0-only */
#define __HYPERVISOR_set_gate 0
#define __HYPERVISOR_event_gate 4
#define __HYPERVISOR_XEN_ID 9
