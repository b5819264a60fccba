/* SPDX-License-Identifier: MIT */
/* A register that the machine does not pass arguments in: refused where it is asked for. */
#define __TARGET_ARCH_x86
#include <linux/types.h>
#include <linux/ptrace.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

SEC("kprobe/any")
int seventh(struct pt_regs *ctx)
{
	return (int)PT_REGS_PARM7(ctx);
}
