/* SPDX-License-Identifier: MIT */
/* <linux/in.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/in.h>)
#include_next <linux/in.h>
#else
#include "/usr/include/linux/in.h"
#endif
