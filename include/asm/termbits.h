/* SPDX-License-Identifier: MIT */
/* <asm/termbits.h> for BPF targets: the generic layout. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/termbits.h>
#else
#if __has_include(<asm-generic/termbits.h>)
#include <asm-generic/termbits.h>
#else
#include "/usr/include/asm-generic/termbits.h"
#endif
#endif
