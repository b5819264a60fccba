/* SPDX-License-Identifier: MIT */
/* <netinet/ip_icmp.h> for BPF targets: the kernel's names. Any other target gets its own. */
#ifndef __BPF__
#include_next <netinet/ip_icmp.h>
#else
#include <linux/icmp.h>
#endif
