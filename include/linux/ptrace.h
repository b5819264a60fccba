/* SPDX-License-Identifier: MIT */
/* <linux/ptrace.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/ptrace.h>)
#include_next <linux/ptrace.h>
#else
#include "/usr/include/linux/ptrace.h"
#endif
