/* SPDX-License-Identifier: MIT */
/* <linux/tcp.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/tcp.h>)
#include_next <linux/tcp.h>
#else
#include "/usr/include/linux/tcp.h"
#endif
