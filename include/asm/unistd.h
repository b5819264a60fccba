/* SPDX-License-Identifier: MIT */
/* <asm/unistd.h> for BPF targets: system call numbers of the machine that is traced. Any other
 * target gets its own. */
#ifndef __BPF__
#include_next <asm/unistd.h>
#elif !defined(ORIEL_ASM_UNISTD_H)
#define ORIEL_ASM_UNISTD_H

#include <oriel/bpf/target_arch.h>

#ifndef __has_include
#error "this compiler cannot look for the machine's system call numbers"
#elif defined(__TARGET_ARCH_x86)
#if __has_include("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
#include "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"
#else
#include_next <asm/unistd_64.h>
#endif
#else
/* arm64, riscv and later machines share one table. */
#define __ARCH_WANT_RENAMEAT
#define __ARCH_WANT_NEW_STAT
#define __ARCH_WANT_SET_GET_RLIMIT
#define __ARCH_WANT_SYS_CLONE3
#include <asm-generic/unistd.h>
#endif
#endif
