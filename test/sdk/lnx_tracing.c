/* SPDX-License-Identifier: MIT */
/* Linux dialect: programs with the traced function's parameters, and their registers.
 *
 * needs clang: relocations of field accesses */
#include <linux/types.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

struct pair {
	long a, b;
};
struct inner {
	int value;
};
struct outer {
	struct inner *inner;
	char name[8];
} __attribute__((preserve_access_index));

long sink;

SEC("fentry/some_function")
int BPF_PROG(on_entry, struct outer *outer, int count, unsigned long flags)
{
	sink = count + (long)flags + (outer != NULL);
	return 0;
}

SEC("fexit/some_function")
int BPF_PROG2(on_exit, struct outer *, outer, struct pair, pair, short, small, int, ret)
{
	sink = (long)outer + pair.a + pair.b + small + ret;
	return 0;
}

SEC("fentry/nothing")
int BPF_PROG(on_nothing)
{
	return ctx != NULL;
}

SEC("kprobe/some_function")
int BPF_KPROBE(on_probe, struct outer *outer, int count)
{
	char name[8];

	BPF_CORE_READ_STR_INTO(&name, outer, name);
	sink = BPF_CORE_READ(outer, inner, value) + count + name[0];
	sink += (long)PT_REGS_PARM6(ctx) + (long)PT_REGS_SP(ctx) + (long)PT_REGS_FP(ctx);
	return 0;
}

SEC("kretprobe/some_function")
int BPF_KRETPROBE(on_return, int ret)
{
	unsigned long ip = 0;

	BPF_KRETPROBE_READ_RET_IP(ip, ctx);
	sink = ret + (long)ip + (long)PT_REGS_IP(ctx);
	return 0;
}

SEC("ksyscall/openat")
int BPF_KSYSCALL(on_open, int dir, const char *path, int flags, int mode)
{
	sink = dir + flags + mode + (path != NULL);
	return 0;
}

SEC("uprobe")
int BPF_UPROBE(on_user, long a)
{
	sink = a;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
