/* SPDX-License-Identifier: MIT */
/* <errno.h> for BPF targets: the numbers; there is no errno. Any other target gets its own. */
#ifndef __BPF__
#include_next <errno.h>
#else
#include <asm/errno.h>
#endif
