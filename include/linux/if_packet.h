/* SPDX-License-Identifier: MIT */
/* <linux/if_packet.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/if_packet.h>)
#include_next <linux/if_packet.h>
#else
#include "/usr/include/linux/if_packet.h"
#endif
