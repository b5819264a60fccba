/* SPDX-License-Identifier: MIT */
/* <asm/byteorder.h> for BPF targets, which come in both orders. Any other target gets its own. */
#ifndef __BPF__
#include_next <asm/byteorder.h>
#elif __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#include <linux/byteorder/little_endian.h>
#else
#include <linux/byteorder/big_endian.h>
#endif
