// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// For bench/prove/real.json: sends a UDP packet to this machine from each of some of its addresses, which makes a connection each for those who
// track them.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int send_from(int number, int port, const void *text, size_t size)
{
	struct sockaddr_in from = { .sin_family = AF_INET }, to = { .sin_family = AF_INET };
	int one = socket(AF_INET, SOCK_DGRAM, 0);

	from.sin_addr.s_addr = htonl(0x7f000100 + number);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons(port);
	if (one < 0 || bind(one, (struct sockaddr *)&from, sizeof(from)) || sendto(one, text, size, 0, (struct sockaddr *)&to, sizeof(to)) < 0) {
		perror("prove_send");
		return 1;
	}
	return close(one);
}

int main(int count, char **words)
{
	// The request to read a file, as TFTP has it; what is tracked for its answer is a callback's business.
	static const char read_request[] = "\0\1file\0octet";
	int number;

	if (count != 5) {
		fprintf(stderr, "usage: prove_send FIRST LAST PORT TEXT, or read for a request of TFTP\n");
		return 2;
	}
	for (number = atoi(words[1]); number <= atoi(words[2]); number++) {
		int is_read = !strcmp(words[4], "read");

		if (send_from(number, atoi(words[3]), is_read ? read_request : words[4], is_read ? sizeof(read_request) : strlen(words[4])))
			return 1;
	}
	return 0;
}
