// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// For bench/prove/bugs.json: makes a network device of tun, gives it a program that picks queues, and lets the device go.
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int load_program(void)
{
	struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (uintptr_t)code;
	attr.insn_cnt = sizeof(code) / sizeof(code[0]);
	attr.license = (uintptr_t)"GPL";
	return syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

int main(void)
{
	struct ifreq request;
	int program = load_program();
	int device = open("/dev/net/tun", O_RDWR);

	if (program < 0) {
		perror("bpf");
		return 1;
	}
	if (device < 0) {
		perror("/dev/net/tun");
		return 1;
	}
	memset(&request, 0, sizeof(request));
	strcpy(request.ifr_name, "prove0");
	request.ifr_flags = IFF_TUN | IFF_NO_PI;
	if (ioctl(device, TUNSETIFF, &request) < 0) {
		perror("TUNSETIFF");
		return 1;
	}
	if (ioctl(device, TUNSETSTEERINGEBPF, &program) < 0) {
		perror("TUNSETSTEERINGEBPF");
		return 1;
	}
	return 0; // the end of the process closes both
}
