enum sock_type {
	SOCK_STREAM	= 1,
	SOCK_DGRAM	= 2,
};
