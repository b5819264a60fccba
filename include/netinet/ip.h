/* SPDX-License-Identifier: MIT */
/* <netinet/ip.h> for BPF targets: the kernel's names. Any other target gets its own. */
#ifndef __BPF__
#include_next <netinet/ip.h>
#else
#include <linux/ip.h>
#endif
