/* SPDX-License-Identifier: MIT */
/* <linux/version.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/version.h>)
#include_next <linux/version.h>
#else
#include "/usr/include/linux/version.h"
#endif
