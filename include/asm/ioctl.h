/* SPDX-License-Identifier: MIT */
/* <asm/ioctl.h> for BPF targets: the generic encoding. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/ioctl.h>
#else
#if __has_include(<asm-generic/ioctl.h>)
#include <asm-generic/ioctl.h>
#else
#include "/usr/include/asm-generic/ioctl.h"
#endif
#endif
