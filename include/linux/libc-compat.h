/* SPDX-License-Identifier: MIT */
/* <linux/libc-compat.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/libc-compat.h>)
#include_next <linux/libc-compat.h>
#else
#include "/usr/include/linux/libc-compat.h"
#endif
