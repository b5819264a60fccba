/* SPDX-License-Identifier: MIT */
/* <linux/posix_types.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/posix_types.h>)
#include_next <linux/posix_types.h>
#else
#include "/usr/include/linux/posix_types.h"
#endif
