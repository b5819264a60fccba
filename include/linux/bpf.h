/* SPDX-License-Identifier: MIT */
/* <linux/bpf.h> for BPF targets: the system's, with the mark of the Linux dialect, also for a
 * compiler that searches no system folder. Any other target gets its own. */
#ifndef __BPF__
#include_next <linux/bpf.h>
#else
#include <oriel/bpf/dialect_linux.h>
#if __has_include_next(<linux/bpf.h>)
#include_next <linux/bpf.h>
#elif __has_include("/usr/include/linux/bpf.h")
#include "/usr/include/linux/bpf.h"
#else
#error "no <linux/bpf.h>: install the kernel's headers (Debian: linux-libc-dev) or use a vmlinux.h"
#endif
#ifndef ORIEL_LINUX_BPF_H
#define ORIEL_LINUX_BPF_H

#include <linux/version.h>

/* Later than the system's header: what bpf_for stands on. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
struct bpf_iter_num {
	__u64 __opaque[1];
} __attribute__((aligned(8)));
#endif

#endif
#endif
