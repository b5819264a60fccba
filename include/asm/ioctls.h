/* SPDX-License-Identifier: MIT */
/* <asm/ioctls.h> for BPF targets: the generic numbers. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/ioctls.h>
#else
#include <asm-generic/ioctls.h>
#endif
