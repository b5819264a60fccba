/* SPDX-License-Identifier: MIT */
/* <stdlib.h> for BPF targets: a program has no heap, but its sources include this. Any other target
 * gets its own. */
#ifndef __BPF__
#include_next <stdlib.h>
#else
#include <stddef.h>
#endif
