/* SPDX-License-Identifier: MIT */
/* Making and comparing values. */
#include "check/value.h"

#include "base/str.h"

const struct value value_none;

struct value value_number(const struct scalar *n)
{
	struct value v = { .type = VALUE_NUMBER, .sym = SYM_ZERO, .n = *n };

	value_fix(&v);
	return v;
}

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

void value_fix(struct value *value)
{
	if (value->sym != SYM_ZERO)
		return;
	value->dlo = value->n.smin;
	value->dhi = value->n.smax;
}

void value_forget(struct value *value)
{
	if (value->type == VALUE_NONE)
		return;
	value->sym = SYM_ZERO;
	value->flags &= (u8)~VALUE_HALVED;
	value_fix(value);
}

bool value_is_const(const struct value *value, u64 *ret_n)
{
	return value->type == VALUE_NUMBER && scalar_is_const(&value->n, ret_n);
}

bool value_equal(const struct value *a, const struct value *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
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
