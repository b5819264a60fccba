/* SPDX-License-Identifier: MIT */
/* <linux/stat.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/stat.h>)
#include_next <linux/stat.h>
#else
#include "/usr/include/linux/stat.h"
#endif
