#define HWCAP_GATE (1 << 0)
#define HWCAP2_DOOR (1 << 1)
