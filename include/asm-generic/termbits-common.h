/* SPDX-License-Identifier: MIT */
/* <asm-generic/termbits-common.h> is the system's, also for a compiler that searches no system
 * folder. */
#if __has_include_next(<asm-generic/termbits-common.h>)
#include_next <asm-generic/termbits-common.h>
#else
#include "/usr/include/asm-generic/termbits-common.h"
#endif
