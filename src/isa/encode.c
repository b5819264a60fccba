/* SPDX-License-Identifier: MIT */
/* Instructions to bytes: decode's rows read backwards. Nothing is encoded that decode would not
 * give back. */
#include "isa/decode.h"

#include "base/str.h"
#include "isa/form.h"

static const struct isa_form *form_of(const struct insn *insn)
{
	const struct isa_form *form;

	for (size_t i = 0; (form = isa_form_at(i)) != NULL; i++) {
		if (form->kind == insn->kind && form->op == insn->op &&
		    form->width == insn->width && form->size == insn->size &&
		    form->flags == insn->flags)
			break;
	}
	return form;
}

static int encode_reg(const struct isa_form *form, unsigned id, u8 reg, s32 *ret_value,
		      struct error *err)
{
	if (reg >= BPF_REG_COUNT)
		return error_set(err, ERR_INVAL, "%s: %s: there is no register %u", form->name,
				 isa_field_name(id), reg);
	if (reg == BPF_REG_FP && isa_field_rule(form->fields[id]) == FIELD_REG_WRITTEN)
		return error_set(err, ERR_INVAL,
				 "%s: %s must not be r10, the frame pointer is read-only",
				 form->name, isa_field_name(id));
	*ret_value = reg;
	return 0;
}

static int encode_number(const struct isa_form *form, unsigned id, s64 value, s32 *ret_value,
			 struct error *err)
{
	s64 limit = id == FIELD_ID_OFF ? INT16_MAX : INT32_MAX;

	if (value < -limit - 1 || value > limit)
		return error_set(err, ERR_INVAL, "%s: %lld does not fit the %d bits of %s%s",
				 form->name, value, id == FIELD_ID_OFF ? 16 : 32,
				 isa_field_name(id),
				 form->kind == INSN_JUMP ? "; a long jump is needed" : "");
	*ret_value = (s32)value;
	return 0;
}

static int encode_field(const struct isa_form *form, unsigned id, const struct insn *insn,
			s32 *ret_value, struct error *err)
{
	bool is_wide = isa_field_rule(form->fields[FIELD_ID_NEXT_IMM]) == FIELD_IMM_HIGH;

	switch (isa_field_rule(form->fields[id])) {
	case FIELD_FIXED: *ret_value = isa_field_value(form->fields[id]); return 0;
	case FIELD_REG:
	case FIELD_REG_WRITTEN:
		return encode_reg(form, id, id == FIELD_ID_DST ? insn->dst : insn->src, ret_value,
				  err);
	case FIELD_OFF: return encode_number(form, id, insn->off, ret_value, err);
	case FIELD_IMM:
		if (is_wide) {
			*ret_value = (s32)(u32)insn->imm;
			return 0;
		}
		return encode_number(form, id, insn->imm, ret_value, err);
	case FIELD_IMM_HIGH: *ret_value = (s32)(u32)((u64)insn->imm >> 32); return 0;
	}
	return ERR_INVAL;
}

/* Whether the form puts the member somewhere. */
static bool form_holds(const struct isa_form *form, enum field_rule rule)
{
	for (unsigned id = 0; id < FIELD_ID_COUNT; id++) {
		if (isa_field_rule(form->fields[id]) == rule)
			return true;
	}
	return false;
}

static int check_unused(const struct isa_form *form, const struct insn *insn, struct error *err)
{
	const char *name = NULL;

	if (isa_field_rule(form->fields[FIELD_ID_DST]) == FIELD_FIXED && insn->dst != 0)
		name = "dst";
	else if (isa_field_rule(form->fields[FIELD_ID_SRC]) == FIELD_FIXED && insn->src != 0)
		name = "src";
	else if (!form_holds(form, FIELD_OFF) && insn->off != 0)
		name = "off";
	else if (!form_holds(form, FIELD_IMM) && insn->imm != 0)
		name = "imm";
	if (name != NULL)
		return error_set(err, ERR_INVAL, "%s has no %s", form->name, name);
	return 0;
}

static void slot_write(u8 opcode, u32 regs, u32 off, u32 imm, u8 *ret_bytes)
{
	u8 bytes[INSN_SLOT_SIZE] = {
		opcode,		 (u8)regs,	 (u8)off,	  (u8)(off >> 8),
		(u8)(imm & 255), (u8)(imm >> 8), (u8)(imm >> 16), (u8)(imm >> 24),
	};

	memcpy(ret_bytes, bytes, sizeof(bytes));
}

int insn_encode(const struct insn *insn, u8 *ret_bytes, struct error *err)
{
	const struct isa_form *form = form_of(insn);
	s32 fields[FIELD_ID_COUNT];
	int status;

	if (form == NULL)
		return error_set(err, ERR_INVAL,
				 "no encoding for kind %u, op %u, width %u, size %u, flags %u",
				 insn->kind, insn->op, insn->width, insn->size, insn->flags);
	status = check_unused(form, insn, err);
	for (unsigned id = 0; id < FIELD_ID_COUNT && status == 0; id++)
		status = encode_field(form, id, insn, &fields[id], err);
	if (status != 0)
		return status;
	slot_write(form->opcode, (u32)(fields[FIELD_ID_DST] | fields[FIELD_ID_SRC] << 4),
		   (u32)fields[FIELD_ID_OFF], (u32)fields[FIELD_ID_IMM], ret_bytes);
	if (insn_slots(insn) == 2)
		slot_write(0, 0, 0, (u32)fields[FIELD_ID_NEXT_IMM], ret_bytes + INSN_SLOT_SIZE);
	return 0;
}
