/* SPDX-License-Identifier: MIT */
/* The running kernel's JIT compiler through bpf(2). Programs are of the type of XDP's, as those run
 * on request with the least around them, and their memory is the value of an array. */
#include "engines_kernel.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

static int empty = -1;

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int load(const void *slots, u32 count)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_XDP;
	attr.insns = (u64)(uintptr_t)slots;
	attr.insn_cnt = count;
	attr.license = (u64)(uintptr_t) "GPL";
	return (int)bpf(BPF_PROG_LOAD, &attr);
}

/* Of machine code; 0: the kernel interprets it. */
static u32 code_size(int program)
{
	struct bpf_prog_info info;
	union bpf_attr attr;

	memset(&info, 0, sizeof(info));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (u32)program;
	attr.info.info_len = sizeof(info);
	attr.info.info = (u64)(uintptr_t)&info;
	return bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) == 0 ? info.jited_prog_len : 0;
}

const char *kernel_open(void)
{
	/* r0 = 0; exit */
	static const u64 slots[] = { 0xb7, 0x95 };

	empty = load(slots, 2);
	if (empty < 0)
		return strerror(errno);
	return code_size(empty) != 0 ? NULL : "it interprets programs";
}

void kernel_close(void)
{
	if (empty >= 0)
		close(empty);
	empty = -1;
}

static int array_new(u32 value_size, u32 entries)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = value_size;
	attr.max_entries = entries;
	return (int)bpf(BPF_MAP_CREATE, &attr);
}

static void element(int command, int map, u32 key, void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (u32)map;
	attr.key = (u64)(uintptr_t)&key;
	attr.value = (u64)(uintptr_t)value;
	bpf(command, &attr);
}

#define LDDW (BPF_LD | BPF_IMM | BPF_DW)

static void put_lddw(u8 *to, u32 dst, u32 kind, int map)
{
	memset(to, 0, 16);
	to[0] = LDDW;
	to[1] = (u8)(dst | kind << 4);
	memcpy(to + 4, &map, 4);
}

#define SLOT 8

/* With what comes before it, and its map. */
static void complete(u8 *to, const u8 *slots, u32 count, u32 size,
		     const struct kernel_program *program)
{
	static const u8 mov_r2[4] = { BPF_ALU64 | BPF_MOV | BPF_K, 2 };

	put_lddw(to, 1, BPF_PSEUDO_MAP_VALUE, program->memory);
	memcpy(to + 2 * SLOT, mov_r2, 4);
	memcpy(to + 2 * SLOT + 4, &size, 4);
	to += KERNEL_BEFORE * SLOT;
	memcpy(to, slots, (size_t)count * SLOT);
	for (u32 i = 0; i < count; i++, to += SLOT) {
		if (to[0] != LDDW)
			continue;
		if (to[1] >> 4 == BPF_PSEUDO_MAP_FD)
			put_lddw(to, to[1] & 15, BPF_PSEUDO_MAP_FD, program->values);
		i++;
		to += SLOT;
	}
}

bool kernel_load(const u8 *slots, u32 slot_count, u32 size, const u64 *values, u32 count,
		 struct kernel_program *ret_program)
{
	struct kernel_program program = { -1, array_new(size, 1), array_new(sizeof(*values), count),
					  0 };
	u8 *whole = mem_zalloc_array((size_t)slot_count + KERNEL_BEFORE, SLOT);

	for (u32 i = 0; i < count; i++) {
		u64 value = values[i];

		element(BPF_MAP_UPDATE_ELEM, program.values, i, &value);
	}
	if (whole != NULL) {
		complete(whole, slots, slot_count, size, &program);
		program.program = load(whole, slot_count + KERNEL_BEFORE);
	}
	mem_free(whole);
	if (program.program < 0) {
		kernel_unload(&program);
		return false;
	}
	program.bytes = code_size(program.program);
	*ret_program = program;
	return true;
}

void kernel_unload(struct kernel_program *program)
{
	int *descriptors[] = { &program->program, &program->memory, &program->values };

	for (u32 i = 0; i < ARRAY_COUNT(descriptors); i++) {
		if (*descriptors[i] >= 0)
			close(*descriptors[i]);
		*descriptors[i] = -1;
	}
}

void kernel_set_memory(const struct kernel_program *program, const u8 *bytes)
{
	element(BPF_MAP_UPDATE_ELEM, program->memory, 0, (void *)(uintptr_t)bytes);
}

void kernel_get_memory(const struct kernel_program *program, u8 *bytes)
{
	element(BPF_MAP_LOOKUP_ELEM, program->memory, 0, bytes);
}

/* Nanoseconds of all runs. */
static double run(int program, u32 times, u32 *ret_result)
{
	struct timespec begin, end;
	u8 packet[64] = { 0 };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (u32)program;
	attr.test.data_in = (u64)(uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	attr.test.repeat = times;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	while (bpf(BPF_PROG_TEST_RUN, &attr) != 0 && errno == EINTR)
		;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	*ret_result = attr.test.retval;
	return (double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec);
}

double kernel_run(const struct kernel_program *program, u32 times, u32 *ret_result)
{
	u32 nothing;
	double around = run(empty, times, &nothing);

	return (run(program->program, times, ret_result) - around) / times;
}
