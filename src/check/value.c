/* SPDX-License-Identifier: MIT */
/* Making values. */
#include "check/value.h"

const struct value value_none;

struct value value_const(u64 n)
{
	return (struct value){ .type = VALUE_NUMBER,
			       .sym = SYM_ZERO,
			       .n = scalar_const(n),
			       .dlo = (s64)n,
			       .dhi = (s64)n };
}

struct value value_unknown(void)
{
	struct scalar s = scalar_top();

	return value_number(&s);
}

struct value value_pointer(enum value_type type, u32 region)
{
	struct value v = value_const(0);

	v.type = (u8)type;
	v.region = region;
	return v;
}

void value_forget(struct value *value)
{
	if (value->type == VALUE_NONE)
		return;
	value->sym = SYM_ZERO;
	value->flags &= (u8)~VALUE_HALVED;
	value_fix(value);
}

const char *value_type_text(enum value_type type)
{
	static const char *const texts[VALUE_TYPE_COUNT] = {
		[VALUE_NONE] = "nothing",
		[VALUE_NUMBER] = "a number",
		[VALUE_CTX] = "the context",
		[VALUE_STACK] = "a stack address",
		[VALUE_PACKET] = "a packet address",
		[VALUE_META] = "an address of the packet's metadata",
		[VALUE_PACKET_END] = "the packet's end",
		[VALUE_MAP] = "a map",
		[VALUE_MAP_VALUE] = "the address of a map value",
		[VALUE_MEM] = "an address of memory",
		[VALUE_OBJECT] = "the address of a host object",
		[VALUE_ITER] = "an iterator",
		[VALUE_CODE] = "the address of a function",
		[VALUE_PACKET_LOW] = "one half of a packet address",
	};

	return (unsigned)type < VALUE_TYPE_COUNT ? texts[type] : "?";
}
