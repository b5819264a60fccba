/* SPDX-License-Identifier: MIT */
/* How tables write fields of contexts and structures. _RW: stored to as well. F: parts of it may be
 * loaded; WHOLE: only all of it; UNITS, ARRAY: the same of its units; WIDE: two units at once, too;
 * ANY, MEM: any bytes. */
#pragma once

#include "spec/spec.h"

#define FIELD_SIZED(n, o, s, u, bits, may_write)                                    \
	{                                                                           \
		.name = (n), .off = (o), .size = (s), .unit = (u), .flags = (bits), \
		.writable = (may_write)                                             \
	}
#define FIELD_PACKET(n, o, s, what)                                                      \
	{                                                                                \
		.name = (n), .off = (o), .size = (s), .unit = (s), .flags = FIELD_WHOLE, \
		.kind = (what)                                                           \
	}
#define F(n, o, s)	       FIELD_SIZED(n, o, s, s, 0, false)
#define F_RW(n, o, s)	       FIELD_SIZED(n, o, s, s, 0, true)
#define F_WHOLE(n, o, s)       FIELD_SIZED(n, o, s, s, FIELD_WHOLE, false)
#define F_WHOLE_RW(n, o, s)    FIELD_SIZED(n, o, s, s, FIELD_WHOLE, true)
#define F_UNITS(n, o, s, u)    FIELD_SIZED(n, o, s, u, 0, false)
#define F_ARRAY(n, o, s, u)    FIELD_SIZED(n, o, s, u, FIELD_WHOLE, false)
#define F_ARRAY_RW(n, o, s, u) FIELD_SIZED(n, o, s, u, FIELD_WHOLE, true)
#define F_WIDE_RW(n, o, s, u)  FIELD_SIZED(n, o, s, u, FIELD_WIDE, true)
#define F_ANY(n, o, s)	       FIELD_SIZED(n, o, s, 1, FIELD_ANY, false)
#define F_ANY_RW(n, o, s)      FIELD_SIZED(n, o, s, 1, FIELD_ANY, true)
#define F_MEM(n, o, s)	       F_ANY(n, o, s)
#define F_MEM_RW(n, o, s)      F_ANY_RW(n, o, s)
#define F_PORT(n, o)	       FIELD_SIZED(n, o, 2, 2, FIELD_OLD_PORT, false)
#define F_LEN(n, o, s)                                                                      \
	{                                                                                   \
		.name = (n), .off = (o), .size = (s), .unit = (s), .kind = FIELD_PACKET_LEN \
	}
#define F_DATA(n, o, s) FIELD_PACKET(n, o, s, FIELD_DATA)
#define F_END(n, o, s)	FIELD_PACKET(n, o, s, FIELD_DATA_END)
#define F_META(n, o, s) FIELD_PACKET(n, o, s, FIELD_DATA_META)
#define F_POINTER(n, o, what)                                                        \
	{                                                                            \
		.name = (n), .off = (o), .size = 8, .unit = 8, .flags = FIELD_WHOLE, \
		.kind = FIELD_POINTER, .gives = RET_##what                           \
	}
#define F_BTF(n, o, struct_name)                                                     \
	{                                                                            \
		.name = (n), .off = (o), .size = 8, .unit = 8, .flags = FIELD_WHOLE, \
		.kind = FIELD_POINTER, .gives = RET_BTF, .type = (struct_name)       \
	}
