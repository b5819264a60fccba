/* SPDX-License-Identifier: MIT */
/* Encodings that must be refused, enumerated from the form table: each form, each of its fields,
 * and values which that field may not have. The unit test and the negatives program share it.
 */
#pragma once

#include <stdio.h>

#include "isa/form.h"

static inline void raw_write(const struct isa_raw *raw, u8 *ret_bytes)
{
	const s32 *f = raw->fields;
	u32 imm = (u32)f[FIELD_ID_IMM], next = (u32)f[FIELD_ID_NEXT_IMM];
	u32 off = (u32)f[FIELD_ID_OFF];

	ret_bytes[0] = raw->opcode;
	ret_bytes[1] = (u8)(f[FIELD_ID_DST] | f[FIELD_ID_SRC] << 4);
	ret_bytes[2] = (u8)off;
	ret_bytes[3] = (u8)(off >> 8);
	for (unsigned i = 0; i < 4; i++) {
		ret_bytes[4 + i] = (u8)(imm >> 8 * i);
		ret_bytes[8 + i] = 0;
		ret_bytes[12 + i] = (u8)(next >> 8 * i);
	}
}

/* The form's encoding with plain operands. */
static inline struct isa_raw raw_plain(const struct isa_form *form)
{
	struct isa_raw raw = { .opcode = form->opcode };

	for (unsigned id = 0; id < FIELD_ID_COUNT; id++) {
		enum field_rule rule = isa_field_rule(form->fields[id]);

		if (rule == FIELD_FIXED)
			raw.fields[id] = isa_field_value(form->fields[id]);
		else if (rule == FIELD_REG || rule == FIELD_REG_WRITTEN)
			raw.fields[id] = id == FIELD_ID_DST ? 1 : 2;
	}
	return raw;
}

/* Whether some form with that opcode has the field free or fixed to value. */
static inline bool value_is_allowed(u8 opcode, unsigned id, s32 value)
{
	const struct isa_form *form;

	for (size_t i = 0; (form = isa_form_at(i)) != NULL; i++) {
		if (form->opcode == opcode && isa_field_rule(form->fields[id]) == FIELD_FIXED &&
		    isa_field_value(form->fields[id]) == value)
			return true;
	}
	return false;
}

/* field: what the error must name. */
typedef void (*negative_fn)(void *arg, const char *name, const u8 *bytes, size_t slots,
			    const char *field);

static inline void negatives_of_field(const struct isa_form *form, unsigned id, negative_fn each,
				      void *arg)
{
	/* Registers from 10 on for a register; anything else but what is allowed for a fixed one.
	 */
	static const s32 regs[] = { 10, 11, 12, 13, 14, 15 };
	static const s32 fixed[] = { 1, 3, 7, 9, 15, -1, 0x33, 0x80, INT16_MIN, INT32_MIN };
	enum field_rule rule = isa_field_rule(form->fields[id]);
	bool is_reg_field = id == FIELD_ID_DST || id == FIELD_ID_SRC;
	const s32 *values = rule == FIELD_FIXED ? fixed : regs;
	struct isa_raw raw = raw_plain(form);
	char name[100];
	u8 bytes[16];

	if ((id == FIELD_ID_NEXT_IMM && form->kind != INSN_LDDW) || rule == FIELD_OFF ||
	    rule == FIELD_IMM || rule == FIELD_IMM_HIGH)
		return;
	for (size_t i = 0; i < (rule == FIELD_FIXED ? ARRAY_COUNT(fixed) : ARRAY_COUNT(regs));
	     i++) {
		if ((is_reg_field && (values[i] < 0 || values[i] > 15)) ||
		    (id == FIELD_ID_OFF && values[i] != (s16)values[i]))
			continue;
		if (rule == FIELD_FIXED ? value_is_allowed(form->opcode, id, values[i])
					: rule == FIELD_REG && values[i] == BPF_REG_FP)
			continue;
		raw.fields[id] = values[i];
		raw_write(&raw, bytes);
		snprintf(name, sizeof(name), "%02x-%s%.0u-%s=%d", form->opcode, form->name,
			 form->kind == INSN_LDDW ? form->op : 0u, isa_field_name(id), values[i]);
		for (char *p = name; *p != '\0'; p++) {
			if (*p == ' ')
				*p = '_';
		}
		each(arg, name, bytes, form->kind == INSN_LDDW ? 2 : 1, isa_field_name(id));
	}
}

/* The second slot of lddw holds nothing but an imm. */
static inline void negatives_of_second_slot(const struct isa_form *form, negative_fn each,
					    void *arg)
{
	static const char *const names[] = { "opcode", "dst", "src", "off", "off" };
	static const u8 place[] = { 8, 9, 9, 10, 11 }, value[] = { 0x18, 0x01, 0x10, 1, 0x80 };
	char name[100];
	u8 bytes[16];

	for (unsigned i = 0; i < ARRAY_COUNT(place); i++) {
		struct isa_raw raw = raw_plain(form);

		raw_write(&raw, bytes);
		bytes[place[i]] = value[i];
		snprintf(name, sizeof(name), "%02x-%s%.0u-second-%s=%d", form->opcode, form->name,
			 (unsigned)form->op, names[i], value[i]);
		each(arg, name, bytes, 2, names[i]);
	}
}

static inline void negatives_each(negative_fn each, void *arg)
{
	const struct isa_form *form;

	for (size_t i = 0; (form = isa_form_at(i)) != NULL; i++) {
		for (unsigned id = 0; id < FIELD_ID_COUNT; id++)
			negatives_of_field(form, id, each, arg);
		if (form->kind == INSN_LDDW)
			negatives_of_second_slot(form, each, arg);
	}
	for (unsigned opcode = 0; opcode < 256; opcode++) {
		u8 bytes[8] = { (u8)opcode };
		char name[40];

		for (size_t i = 0; (form = isa_form_at(i)) != NULL && form->opcode != opcode;)
			i++;
		snprintf(name, sizeof(name), "%02x-unassigned", opcode);
		if (form == NULL)
			each(arg, name, bytes, 1, "opcode");
	}
}
