/* SPDX-License-Identifier: MIT */
/* <netinet/tcp.h> for BPF targets: the kernel's names. Any other target gets its own. */
#ifndef __BPF__
#include_next <netinet/tcp.h>
#else
#include <linux/tcp.h>
#endif
