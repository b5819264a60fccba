/* SPDX-License-Identifier: MIT */
/* <linux/hdlc/ioctl.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/hdlc/ioctl.h>)
#include_next <linux/hdlc/ioctl.h>
#else
#include "/usr/include/linux/hdlc/ioctl.h"
#endif
