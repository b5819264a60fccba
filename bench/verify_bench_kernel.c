/* SPDX-License-Identifier: MIT */
/* The running kernel's verifier through bpf(2). It says how long it took in its log, whole
 * microseconds. */
#include "verify_bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/os.h"

#define LOG_STATS 4 /* BPF_LOG_STATS: only what it took */

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

int kernel_map_new(const struct kernel_map *map, int inner)
{
	union bpf_attr attr = { 0 };

	attr.map_type = map->type;
	attr.key_size = map->key_size;
	attr.value_size = map->value_size;
	attr.max_entries = map->max_entries;
	attr.map_flags = map->flags;
	if (inner >= 0)
		attr.inner_map_fd = (u32)inner;
	return (int)bpf(BPF_MAP_CREATE, &attr);
}

void kernel_close(int descriptor)
{
	if (descriptor >= 0)
		close(descriptor);
}

static int load(u32 type, u32 attach, const void *slots, u32 count, char *log, u32 log_size)
{
	union bpf_attr attr = { 0 };

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.expected_attach_type = attach;
	attr.insns = (u64)(uintptr_t)slots;
	attr.insn_cnt = count;
	attr.license = (u64)(uintptr_t) "GPL";
	attr.log_level = LOG_STATS;
	attr.log_buf = (u64)(uintptr_t)log;
	attr.log_size = log_size;
	return (int)bpf(BPF_PROG_LOAD, &attr);
}

/* The log has the time on the clock, in which others may have run, too; the processor time of the
 * call has what follows the verifier, such as generating code. The smaller one is nearer. */
bool kernel_verify(u32 type, u32 attach, const void *slots, u32 count, u64 *ret_ns)
{
	static const char word[] = "verification time ";
	char log[4096] = "";
	const char *at;
	u64 began = os_clock_thread(), call;
	int fd = load(type, attach, slots, count, log, sizeof(log));

	/* Where the section's name says more than the type asks for. */
	if (fd < 0 && attach != 0) {
		began = os_clock_thread();
		fd = load(type, 0, slots, count, log, sizeof(log));
	}
	call = os_clock_thread() - began;
	if (fd < 0)
		return false;
	close(fd);
	at = strstr(log, word);
	if (at == NULL)
		return false;
	*ret_ns = MIN(call, MAX(strtoull(at + sizeof(word) - 1, NULL, 10), 1ull) * 1000);
	return true;
}

const char *kernel_why_not(void)
{
	/* r0 = 0; exit */
	static const u64 slots[] = { 0xb7, 0x95 };
	char log[4096] = "";
	int fd = load(BPF_PROG_TYPE_SOCKET_FILTER, 0, slots, 2, log, sizeof(log));

	if (fd < 0)
		return strerror(errno);
	close(fd);
	return strstr(log, "verification time ") != NULL ? NULL
							 : "it does not say how long it takes";
}
