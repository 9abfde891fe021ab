// SPDX-License-Identifier: GPL-2.0-only
#define STACK_PT_REGS_OFFSET(sym, val) DEFINE(sym, STACK_INT_FRAME_REGS + offsetof(struct pt_regs, val))
int main(void)
{
	OFFSET(GATE_LOCK, gate, lock.inner); /* OFFSET(NOT, this, one) */
	DEFINE(GATE_SIZE, sizeof(struct gate) + max(1,
						    2));
	DEFINE(PAGE_SIZE, PAGE_SIZE);
	STACK_PT_REGS_OFFSET(GPR0, gpr[0]);
	return 0;
}
