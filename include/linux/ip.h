/* SPDX-License-Identifier: MIT */
/* <linux/ip.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/ip.h>)
#include_next <linux/ip.h>
#else
#include "/usr/include/linux/ip.h"
#endif
