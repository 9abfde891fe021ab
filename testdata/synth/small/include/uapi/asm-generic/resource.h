#define RLIMIT_CPU	0
# define RLIMIT_GATE	1
