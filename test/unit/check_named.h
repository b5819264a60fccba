/* SPDX-License-Identifier: MIT */
/* Values with names, for tests of what states know of each other. */
#pragma once

#include "check/state.h"

static inline struct value record(u32 id, u32 parent, u8 flags)
{
	struct value v = value_pointer(VALUE_MEM, PROG_NO_INDEX);

	v.size = 16;
	v.id = id;
	v.parent = parent;
	v.flags = flags;
	return v;
}

static inline struct value named(s64 lo, s64 hi, u32 sym, s64 dlo, s64 dhi)
{
	struct scalar n = scalar_range_s(lo, hi);
	struct value v = value_number(&n);

	v.sym = sym;
	v.dlo = dlo;
	v.dhi = dhi;
	return v;
}
