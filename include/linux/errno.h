/* SPDX-License-Identifier: MIT */
/* <linux/errno.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/errno.h>)
#include_next <linux/errno.h>
#else
#include "/usr/include/linux/errno.h"
#endif
