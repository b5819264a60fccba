/* SPDX-License-Identifier: MIT */
/* Whose registers and calling convention a tracing program sees: -D__TARGET_ARCH_NAME says it, with
 * the names that <bpf/bpf_tracing.h> of libbpf knows. A BPF compiler cannot tell the machine that
 * it runs on, but the folder that holds that machine's C library headers does: it is the default as
 * long as there is one of them. */
#pragma once

#if !defined(__TARGET_ARCH_x86) && !defined(__TARGET_ARCH_arm64) &&        \
	!defined(__TARGET_ARCH_riscv) && !defined(__TARGET_ARCH_arm) &&    \
	!defined(__TARGET_ARCH_s390) && !defined(__TARGET_ARCH_powerpc) && \
	!defined(__TARGET_ARCH_mips) && !defined(__TARGET_ARCH_sparc) &&   \
	!defined(__TARGET_ARCH_arc) && !defined(__TARGET_ARCH_loongarch)
#if defined(__x86_64__)
#define __TARGET_ARCH_x86
#elif defined(__aarch64__)
#define __TARGET_ARCH_arm64
#elif defined(__riscv)
#define __TARGET_ARCH_riscv
#elif defined(__has_include)
#if __has_include("/usr/include/x86_64-linux-gnu/asm/ptrace.h")
#define ORIEL_HOST_X86 1
#else
#define ORIEL_HOST_X86 0
#endif
#if __has_include("/usr/include/aarch64-linux-gnu/asm/ptrace.h")
#define ORIEL_HOST_ARM64 1
#else
#define ORIEL_HOST_ARM64 0
#endif
#if __has_include("/usr/include/riscv64-linux-gnu/asm/ptrace.h")
#define ORIEL_HOST_RISCV 1
#else
#define ORIEL_HOST_RISCV 0
#endif
#if ORIEL_HOST_X86 + ORIEL_HOST_ARM64 + ORIEL_HOST_RISCV == 1
#if ORIEL_HOST_X86
#define __TARGET_ARCH_x86
#elif ORIEL_HOST_ARM64
#define __TARGET_ARCH_arm64
#else
#define __TARGET_ARCH_riscv
#endif
#endif
#endif
#endif
