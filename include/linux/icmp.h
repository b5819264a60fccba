/* SPDX-License-Identifier: MIT */
/* <linux/icmp.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/icmp.h>)
#include_next <linux/icmp.h>
#else
#include "/usr/include/linux/icmp.h"
#endif
