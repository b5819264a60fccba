/* SPDX-License-Identifier: MIT */
/* <netinet/udp.h> for BPF targets: the kernel's names. Any other target gets its own. */
#ifndef __BPF__
#include_next <netinet/udp.h>
#else
#include <linux/udp.h>
#endif
