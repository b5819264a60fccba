/* SPDX-License-Identifier: MIT */
/* <linux/if_vlan.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/if_vlan.h>)
#include_next <linux/if_vlan.h>
#else
#include "/usr/include/linux/if_vlan.h"
#endif
