/* SPDX-License-Identifier: MIT */
/* <asm/poll.h> for BPF targets: the generic flags. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/poll.h>
#else
#if __has_include(<asm-generic/poll.h>)
#include <asm-generic/poll.h>
#else
#include "/usr/include/asm-generic/poll.h"
#endif
#endif
