/* SPDX-License-Identifier: MIT */
/* <linux/const.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/const.h>)
#include_next <linux/const.h>
#else
#include "/usr/include/linux/const.h"
#endif
