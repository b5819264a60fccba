/* SPDX-License-Identifier: MIT */
/* <linux/pkt_sched.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/pkt_sched.h>)
#include_next <linux/pkt_sched.h>
#else
#include "/usr/include/linux/pkt_sched.h"
#endif
