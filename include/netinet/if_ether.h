/* SPDX-License-Identifier: MIT */
/* <netinet/if_ether.h> for BPF targets: the kernel's names. Any other target gets its own. */
#ifndef __BPF__
#include_next <netinet/if_ether.h>
#else
#include <linux/if_ether.h>
#endif
