/* SPDX-License-Identifier: MIT */
/* <net/if.h> for BPF targets: the kernel's names. Any other target gets its own. */
#ifndef __BPF__
#include_next <net/if.h>
#else
#include <linux/if.h>
#endif
