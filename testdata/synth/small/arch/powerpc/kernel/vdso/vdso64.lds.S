VDSO_fixup_gate = 0;
