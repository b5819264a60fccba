/* SPDX-License-Identifier: MIT */
/* <linux/if.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/if.h>)
#include_next <linux/if.h>
#else
#include "/usr/include/linux/if.h"
#endif
