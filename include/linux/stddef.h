/* SPDX-License-Identifier: MIT */
/* <linux/stddef.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/stddef.h>)
#include_next <linux/stddef.h>
#else
#include "/usr/include/linux/stddef.h"
#endif
