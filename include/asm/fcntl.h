/* SPDX-License-Identifier: MIT */
/* <asm/fcntl.h> for BPF targets: the generic flags. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/fcntl.h>
#else
#include <asm-generic/fcntl.h>
#endif
