/* SPDX-License-Identifier: MIT */
/* <asm-generic/hugetlb_encode.h> is the system's, also for a compiler that searches no system
 * folder. */
#if __has_include_next(<asm-generic/hugetlb_encode.h>)
#include_next <asm-generic/hugetlb_encode.h>
#else
#include "/usr/include/asm-generic/hugetlb_encode.h"
#endif
