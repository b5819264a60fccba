/* SPDX-License-Identifier: MIT */
/* <linux/if_ether.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/if_ether.h>)
#include_next <linux/if_ether.h>
#else
#include "/usr/include/linux/if_ether.h"
#endif
