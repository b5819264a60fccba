/* SPDX-License-Identifier: MIT */
/* <linux/time_types.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/time_types.h>)
#include_next <linux/time_types.h>
#else
#include "/usr/include/linux/time_types.h"
#endif
