/* SPDX-License-Identifier: MIT */
/* <asm/ioctls.h> for BPF targets: the generic numbers. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/ioctls.h>
#else
#if __has_include(<asm-generic/ioctls.h>)
#include <asm-generic/ioctls.h>
#else
#include "/usr/include/asm-generic/ioctls.h"
#endif
#endif
