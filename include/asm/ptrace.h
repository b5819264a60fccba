/* SPDX-License-Identifier: MIT */
/* <asm/ptrace.h> for BPF targets: the registers of the machine that is traced, by the names that
 * user space sees. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/ptrace.h>
#elif !defined(ORIEL_ASM_PTRACE_H)
#define ORIEL_ASM_PTRACE_H

#include <oriel/bpf/target_arch.h>

#if defined(__TARGET_ARCH_x86)

struct pt_regs {
	unsigned long r15, r14, r13, r12, rbp, rbx;
	unsigned long r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	unsigned long orig_rax; /* system call number */
	unsigned long rip, cs, eflags, rsp, ss;
};

#elif defined(__TARGET_ARCH_arm64)

struct user_pt_regs {
	unsigned long long regs[31];
	unsigned long long sp, pc, pstate;
};

#elif defined(__TARGET_ARCH_riscv)

struct user_regs_struct {
	unsigned long pc, ra, sp, gp, tp;
	unsigned long t0, t1, t2, s0, s1;
	unsigned long a0, a1, a2, a3, a4, a5, a6, a7;
	unsigned long s2, s3, s4, s5, s6, s7, s8, s9, s10, s11;
	unsigned long t3, t4, t5, t6;
};

#endif
#endif
