/* SPDX-License-Identifier: MIT */
/* <linux/ipv6.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/ipv6.h>)
#include_next <linux/ipv6.h>
#else
#include "/usr/include/linux/ipv6.h"
#endif
