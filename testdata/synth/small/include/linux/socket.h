#define AF_UNSPEC	0
#define AF_UNIX	1
#define AF_LOCAL	1
#define AF_MAX 2
