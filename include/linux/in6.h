/* SPDX-License-Identifier: MIT */
/* <linux/in6.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/in6.h>)
#include_next <linux/in6.h>
#else
#include "/usr/include/linux/in6.h"
#endif
