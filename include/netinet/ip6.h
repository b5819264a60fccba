/* SPDX-License-Identifier: MIT */
/* <netinet/ip6.h> for BPF targets: the kernel's names. Any other target gets its own. */
#ifndef __BPF__
#include_next <netinet/ip6.h>
#else
#include <linux/ipv6.h>
#endif
