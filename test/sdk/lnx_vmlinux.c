/* SPDX-License-Identifier: MIT */
/* Linux dialect without the system's headers: types from a vmlinux.h, of which this is a piece, and
 * the registers by the kernel's names; on a machine named by its macro.
 *
 * needs clang: types are marked for relocation by a pragma */
#define __VMLINUX_H__
#define __TARGET_ARCH_x86
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip,
		cs, flags, sp, ss;
};
struct task_struct {
	struct task_struct *group_leader;
	int pid;
	char comm[16];
};
struct bpf_iter_num {
	__u64 __opaque[1];
};
enum bpf_map_type { BPF_MAP_TYPE_ARRAY = 2 };
#pragma clang attribute pop

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} sums SEC(".maps");

SEC("kprobe/wake_up_new_task")
int BPF_KPROBE(on_task, struct task_struct *task)
{
	__u32 key = (__u32)BPF_CORE_READ(task, group_leader, pid) % 8;
	__u64 *sum = bpf_map_lookup_elem(&sums, &key);
	int i, total = 0;

	bpf_for(i, 0, 4) total += i;
	if (sum != NULL)
		*sum += PT_REGS_IP(ctx) + PT_REGS_RC(ctx) + (__u64)total;
	return 0;
}

SEC("ksyscall/close")
int BPF_KSYSCALL(on_close, int fd)
{
	bpf_printk("close %d", fd);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, _Bool preempt, struct task_struct *prev, struct task_struct *next)
{
	return preempt ? prev->pid : bpf_core_cast(next, struct task_struct)->pid;
}

char LICENSE[] SEC("license") = "GPL";
