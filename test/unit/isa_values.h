/* SPDX-License-Identifier: MIT */
/* Every encoding of a form over all registers and boundary values of its numbers. */
#pragma once

#include <string.h>

#include "isa_negatives.h"

struct isa_values {
	u8 opcode;
	s32 values[FIELD_ID_COUNT][16];
	size_t count[FIELD_ID_COUNT];
	size_t next, total;
};

static inline size_t field_values(u16 field, unsigned id, s32 *ret_values)
{
	static const s32 offs[] = { 0, 1, -1, 8, 255, 256, INT16_MAX, INT16_MIN };
	static const s32 imms[] = { 0,	   1,	      -1,	 255,	     256,	65536,
				    32768, INT32_MAX, INT32_MIN, 0x12345678, -0x7654321 };
	size_t count = 0;

	switch (isa_field_rule(field)) {
	case FIELD_FIXED: ret_values[count++] = isa_field_value(field); break;
	case FIELD_REG:
	case FIELD_REG_WRITTEN:
		while (count < (isa_field_rule(field) == FIELD_REG ? 11 : 10)) {
			ret_values[count] = (s32)count;
			count++;
		}
		break;
	case FIELD_OFF:
	case FIELD_IMM:
	case FIELD_IMM_HIGH:
		count = id == FIELD_ID_OFF ? ARRAY_COUNT(offs) : ARRAY_COUNT(imms);
		memcpy(ret_values, id == FIELD_ID_OFF ? offs : imms, count * sizeof(s32));
		break;
	}
	return count;
}

static inline void isa_values_begin(struct isa_values *values, const struct isa_form *form)
{
	*values = (struct isa_values){ .opcode = form->opcode, .total = 1 };
	for (unsigned id = 0; id < FIELD_ID_COUNT; id++) {
		values->count[id] = field_values(form->fields[id], id, values->values[id]);
		values->total *= values->count[id];
	}
}

static inline bool isa_values_next(struct isa_values *values, struct isa_raw *ret_raw)
{
	size_t rest = values->next;

	if (values->next == values->total)
		return false;
	values->next++;
	*ret_raw = (struct isa_raw){ .opcode = values->opcode };
	for (unsigned id = 0; id < FIELD_ID_COUNT; id++) {
		ret_raw->fields[id] = values->values[id][rest % values->count[id]];
		rest /= values->count[id];
	}
	return true;
}
