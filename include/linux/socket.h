/* SPDX-License-Identifier: MIT */
/* <linux/socket.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/socket.h>)
#include_next <linux/socket.h>
#else
#include "/usr/include/linux/socket.h"
#endif
