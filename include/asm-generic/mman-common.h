/* SPDX-License-Identifier: MIT */
/* <asm-generic/mman-common.h> is the system's, also for a compiler that searches no system folder.
 */
#if __has_include_next(<asm-generic/mman-common.h>)
#include_next <asm-generic/mman-common.h>
#else
#include "/usr/include/asm-generic/mman-common.h"
#endif
