/* SPDX-License-Identifier: MIT */
/* <asm/poll.h> for BPF targets: the generic flags. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/poll.h>
#else
#include <asm-generic/poll.h>
#endif
