/* SPDX-License-Identifier: MIT */
/* <linux/udp.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/udp.h>)
#include_next <linux/udp.h>
#else
#include "/usr/include/linux/udp.h"
#endif
