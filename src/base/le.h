/* SPDX-License-Identifier: MIT */
/* Little-endian numbers at any address. Files put them where they like, so they are read byte by
 * byte; compilers make one load of it. */
#pragma once

#include "base/compiler.h"

static inline u16 le16_load(const u8 *p)
{
	return (u16)(p[0] | p[1] << 8);
}

static inline u32 le32_load(const u8 *p)
{
	return (u32)p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

static inline u64 le64_load(const u8 *p)
{
	return (u64)le32_load(p) | (u64)le32_load(p + 4) << 32;
}

static inline void le16_store(u8 *p, u16 value)
{
	p[0] = (u8)value;
	p[1] = (u8)(value >> 8);
}

static inline void le32_store(u8 *p, u32 value)
{
	le16_store(p, (u16)value);
	le16_store(p + 2, (u16)(value >> 16));
}

/* One store, also where compilers know some of the bytes. */
static inline void le64_store(u8 *p, u64 value)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	__builtin_memcpy(p, &value, sizeof(value));
#else
	le32_store(p, (u32)value);
	le32_store(p + 4, (u32)(value >> 32));
#endif
}
