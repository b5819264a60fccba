/* SPDX-License-Identifier: MIT */
/* <linux/pkt_cls.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/pkt_cls.h>)
#include_next <linux/pkt_cls.h>
#else
#include "/usr/include/linux/pkt_cls.h"
#endif
