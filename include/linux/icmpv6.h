/* SPDX-License-Identifier: MIT */
/* <linux/icmpv6.h> is the system's, also for a compiler that searches no system folder. */
#if __has_include_next(<linux/icmpv6.h>)
#include_next <linux/icmpv6.h>
#else
#include "/usr/include/linux/icmpv6.h"
#endif
