/* SPDX-License-Identifier: MIT */
/* <linux/byteorder/big_endian.h> is the system's, also for a compiler that searches no system
 * folder. */
#if __has_include_next(<linux/byteorder/big_endian.h>)
#include_next <linux/byteorder/big_endian.h>
#else
#include "/usr/include/linux/byteorder/big_endian.h"
#endif
