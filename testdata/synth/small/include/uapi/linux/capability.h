#define CAP_CHOWN            0
#define CAP_GATE		2
#define CAP_FS_MASK     7
#define CAP_LAST_CAP CAP_GATE
