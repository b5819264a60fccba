/* SPDX-License-Identifier: MIT */
/* <linux/types.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/types.h>)
#include_next <linux/types.h>
#else
#include "/usr/include/linux/types.h"
#endif
