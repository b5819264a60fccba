/* SPDX-License-Identifier: MIT */
/* <linux/ioctl.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/ioctl.h>)
#include_next <linux/ioctl.h>
#else
#include "/usr/include/linux/ioctl.h"
#endif
