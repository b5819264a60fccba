/* SPDX-License-Identifier: MIT */
/* <linux/bpf_common.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/bpf_common.h>)
#include_next <linux/bpf_common.h>
#else
#include "/usr/include/linux/bpf_common.h"
#endif
