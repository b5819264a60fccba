/* SPDX-License-Identifier: MIT */
/* <asm/types.h> for BPF targets: integer types, since the host's may lie in a folder that a BPF
 * target does not search. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/types.h>
#else
#if __has_include(<asm-generic/int-ll64.h>)
#include <asm-generic/int-ll64.h>
#else
#include "/usr/include/asm-generic/int-ll64.h"
#endif
#endif
