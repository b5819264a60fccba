/* SPDX-License-Identifier: MIT */
/* <asm-generic/errno-base.h> is the system's, also for a compiler that searches no system folder.
 */
#if __has_include_next(<asm-generic/errno-base.h>)
#include_next <asm-generic/errno-base.h>
#else
#include "/usr/include/asm-generic/errno-base.h"
#endif
