/* SPDX-License-Identifier: MIT */
/* <asm/stat.h> for BPF targets: the generic layout. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/stat.h>
#else
#if __has_include(<asm-generic/stat.h>)
#include <asm-generic/stat.h>
#else
#include "/usr/include/asm-generic/stat.h"
#endif
#endif
