/* SPDX-License-Identifier: MIT */
/* <asm-generic/signal-defs.h> is the system's, also for a compiler that searches no system folder.
 */
#if __has_include_next(<asm-generic/signal-defs.h>)
#include_next <asm-generic/signal-defs.h>
#else
#include "/usr/include/asm-generic/signal-defs.h"
#endif
