/* SPDX-License-Identifier: MIT */
/* <linux/swab.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/swab.h>)
#include_next <linux/swab.h>
#else
#include "/usr/include/linux/swab.h"
#endif
