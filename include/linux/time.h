/* SPDX-License-Identifier: MIT */
/* <linux/time.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/time.h>)
#include_next <linux/time.h>
#else
#include "/usr/include/linux/time.h"
#endif
