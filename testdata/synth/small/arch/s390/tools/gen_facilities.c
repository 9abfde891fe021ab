// SPDX-License-Identifier: GPL-2.0-only
static struct facility_def facility_defs[] = {
	{
		/* the first list: needed by .name = "NOT_THIS" */
		.name = "FACILITIES_GATE",
		.bits = (int[]){
			0, /* top bit 7 */
#ifdef CONFIG_MARCH_OLD
			63,
#endif
#ifdef CONFIG_MARCH_NEW
			1,
#endif
			64,
			-1 /* end */
		}
	},
	{
		.name = "FACILITIES_DOOR",
		.bits = (int[]){ 2, 3, -1 }
	},
};
