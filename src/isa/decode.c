/* SPDX-License-Identifier: MIT */
/* Bytes to instructions: an opcode's forms are tried in turn, and the one whose every field fits is
 * the instruction. When none fits, the one that comes nearest says what is wrong. */
#include "isa/decode.h"

#include "base/format.h"
#include "base/str.h"
#include "isa/form.h"

/* Chains the forms of each opcode in table order. Built on the stack for each call: it is smaller
 * and quicker than what it saves, and needs no memory that outlives the call. */
#define FORM_NONE 0xff

struct form_index {
	u8 first[256];
	u8 next[FORM_NONE];
};

static void form_index_build(struct form_index *index)
{
	size_t count = 0;

	memset(index->first, FORM_NONE, sizeof(index->first));
	while (count < FORM_NONE && isa_form_at(count) != NULL)
		count++;
	for (size_t i = count; i-- > 0;) {
		u8 opcode = isa_form_at(i)->opcode;

		index->next[i] = index->first[opcode];
		index->first[opcode] = (u8)i;
	}
}

static u32 read_le32(const u8 *bytes)
{
	return (u32)bytes[0] | (u32)bytes[1] << 8 | (u32)bytes[2] << 16 | (u32)bytes[3] << 24;
}

static struct isa_raw raw_read(const u8 *bytes)
{
	return (struct isa_raw){
		.opcode = bytes[0],
		.fields = {
			[FIELD_ID_DST] = bytes[1] & 15,
			[FIELD_ID_SRC] = bytes[1] >> 4,
			[FIELD_ID_OFF] = (s16)(u16)(bytes[2] | bytes[3] << 8),
			[FIELD_ID_IMM] = (s32)read_le32(bytes + 4),
		},
	};
}

static bool field_fits(u16 field, s32 value)
{
	switch (isa_field_rule(field)) {
	case FIELD_FIXED: return value == isa_field_value(field);
	case FIELD_REG: return value < BPF_REG_COUNT;
	case FIELD_REG_WRITTEN: return value < BPF_REG_FP;
	case FIELD_OFF:
	case FIELD_IMM:
	case FIELD_IMM_HIGH: return true;
	}
	return false;
}

/* The first field that does not fit; FIELD_ID_COUNT when all do. */
static unsigned form_misfit(const struct isa_form *form, const struct isa_raw *raw)
{
	for (unsigned i = 0; i < FIELD_ID_COUNT; i++) {
		if (!field_fits(form->fields[i], raw->fields[i]))
			return i;
	}
	return FIELD_ID_COUNT;
}

static void form_apply(const struct isa_form *form, const struct isa_raw *raw,
		       struct insn *ret_insn)
{
	struct insn insn = {
		.kind = form->kind,
		.op = form->op,
		.width = form->width,
		.size = form->size,
		.flags = form->flags,
	};

	for (unsigned i = 0; i < FIELD_ID_COUNT; i++) {
		s32 value = raw->fields[i];

		switch (isa_field_rule(form->fields[i])) {
		case FIELD_FIXED: break;
		case FIELD_REG:
		case FIELD_REG_WRITTEN:
			if (i == FIELD_ID_DST)
				insn.dst = (u8)value;
			else
				insn.src = (u8)value;
			break;
		case FIELD_OFF: insn.off = value; break;
		case FIELD_IMM: insn.imm = value; break;
		case FIELD_IMM_HIGH: insn.imm = (s64)((u64)(u32)value << 32 | (u32)insn.imm); break;
		}
	}
	*ret_insn = insn;
}

/* Whether the field tells the opcode's forms apart: two of them want different values. */
static bool field_selects(const struct form_index *index, u8 opcode, unsigned id)
{
	s32 seen = -1;

	for (u8 i = index->first[opcode]; i != FORM_NONE; i = index->next[i]) {
		u16 field = isa_form_at(i)->fields[id];

		if (isa_field_rule(field) != FIELD_FIXED)
			continue;
		if (seen >= 0 && seen != isa_field_value(field))
			return true;
		seen = isa_field_value(field);
	}
	return false;
}

/* The form that the bytes most likely mean: first by the fields that select, then by the others. */
static const struct isa_form *form_nearest(const struct form_index *index,
					   const struct isa_raw *raw)
{
	const struct isa_form *best = NULL;
	unsigned best_cost = 0;

	for (u8 i = index->first[raw->opcode]; i != FORM_NONE; i = index->next[i]) {
		const struct isa_form *form = isa_form_at(i);
		unsigned cost = 0;

		for (unsigned id = 0; id < FIELD_ID_COUNT; id++) {
			if (field_fits(form->fields[id], raw->fields[id]))
				continue;
			cost += field_selects(index, raw->opcode, id) ? FIELD_ID_COUNT + 1 : 1;
		}
		if (best == NULL || cost < best_cost) {
			best = form;
			best_cost = cost;
		}
	}
	return best;
}

/* Writes what the field may be, over all forms of the opcode that fix it: "0", "0 or 1", "0, 8, 16
 * or 32". */
static void allowed_values(const struct form_index *index, u8 opcode, unsigned id, char *buf,
			   size_t size)
{
	s32 values[16];
	size_t count = 0, len = 0;

	for (u8 i = index->first[opcode]; i != FORM_NONE; i = index->next[i]) {
		u16 field = isa_form_at(i)->fields[id];
		size_t k = 0;

		while (k < count && values[k] != isa_field_value(field))
			k++;
		if (isa_field_rule(field) == FIELD_FIXED && k == count &&
		    count < ARRAY_COUNT(values))
			values[count++] = isa_field_value(field);
	}
	for (size_t k = 0; k < count && len < size; k++) {
		const char *separator = k == 0 ? "" : k + 1 == count ? " or " : ", ";

		len += format(buf + len, size - len, values[k] > 64 ? "%s0x%x" : "%s%d", separator,
			      values[k]);
	}
}

static int misfit_error(const struct form_index *index, const struct isa_raw *raw, size_t slot,
			struct error *err)
{
	const struct isa_form *form = form_nearest(index, raw);
	unsigned id;
	char allowed[120];
	s32 value;

	if (form == NULL)
		return error_set(err, ERR_NOEXEC, "slot %zu: opcode 0x%02x is no instruction", slot,
				 raw->opcode);
	id = form_misfit(form, raw);
	value = raw->fields[id];
	if (isa_field_rule(form->fields[id]) != FIELD_FIXED) {
		if (value == BPF_REG_FP)
			return error_set(err, ERR_NOEXEC,
					 "slot %zu: opcode 0x%02x (%s): %s must not be r10, the "
					 "frame pointer is read-only",
					 slot, raw->opcode, form->name, isa_field_name(id));
		return error_set(err, ERR_NOEXEC,
				 "slot %zu: opcode 0x%02x (%s): %s must be a register, 0 to 10, "
				 "not %d",
				 slot, raw->opcode, form->name, isa_field_name(id), value);
	}
	if (form->kind == INSN_CALLX && id == FIELD_ID_IMM && raw->fields[FIELD_ID_DST] == 0 &&
	    value > 0 && value < BPF_REG_COUNT)
		return error_set(err, ERR_NOEXEC,
				 "slot %zu: opcode 0x%02x (%s): imm must be 0, not %d: the "
				 "register belongs in dst, older compilers put it into imm",
				 slot, raw->opcode, form->name, value);
	allowed_values(index, raw->opcode, id, allowed, sizeof(allowed));
	return error_set(err, ERR_NOEXEC, "slot %zu: opcode 0x%02x (%s): %s must be %s, not %d",
			 slot, raw->opcode, form->name, isa_field_name(id), allowed, value);
}

/* The second slot holds nothing but its imm. */
static int decode_second(const u8 *bytes, size_t slot, s32 *ret_imm, struct error *err)
{
	struct isa_raw raw = raw_read(bytes);

	if (raw.opcode != 0)
		return error_set(err, ERR_NOEXEC,
				 "slot %zu: second half of lddw: opcode must be 0, not 0x%02x",
				 slot, raw.opcode);
	for (unsigned id = FIELD_ID_DST; id <= FIELD_ID_OFF; id++) {
		if (raw.fields[id] != 0)
			return error_set(err, ERR_NOEXEC,
					 "slot %zu: second half of lddw: %s must be 0, not %d",
					 slot, isa_field_name(id), raw.fields[id]);
	}
	*ret_imm = raw.fields[FIELD_ID_IMM];
	return 0;
}

static int decode_indexed(const struct form_index *index, const u8 *bytes, size_t count,
			  size_t slot, struct insn *ret_insn, struct error *err)
{
	struct isa_raw raw;
	u8 first;
	int status;

	if (count == 0)
		return error_set(err, ERR_NOEXEC, "slot %zu: no instruction, the program ends here",
				 slot);
	raw = raw_read(bytes);
	first = index->first[raw.opcode];
	if (first != FORM_NONE && isa_form_at(first)->kind == INSN_LDDW) {
		if (count < 2)
			return error_set(err, ERR_NOEXEC,
					 "slot %zu: opcode 0x%02x (%s): the second half is missing",
					 slot, raw.opcode, isa_form_at(first)->name);
		status = decode_second(bytes + INSN_SLOT_SIZE, slot + 1,
				       &raw.fields[FIELD_ID_NEXT_IMM], err);
		if (status != 0)
			return status;
	}
	for (u8 i = first; i != FORM_NONE; i = index->next[i]) {
		const struct isa_form *form = isa_form_at(i);

		if (form_misfit(form, &raw) == FIELD_ID_COUNT) {
			form_apply(form, &raw, ret_insn);
			return 0;
		}
	}
	return misfit_error(index, &raw, slot, err);
}

int insn_decode(const u8 *bytes, size_t count, size_t slot, struct insn *ret_insn,
		struct error *err)
{
	struct form_index index;

	form_index_build(&index);
	return decode_indexed(&index, bytes, count, slot, ret_insn, err);
}

int insn_decode_slots(const u8 *bytes, size_t count, struct insn *ret_insns, struct error *err)
{
	struct form_index index;

	form_index_build(&index);
	for (size_t slot = 0; slot < count; slot++) {
		struct insn *insn = &ret_insns[slot];
		int status = decode_indexed(&index, bytes + slot * INSN_SLOT_SIZE, count - slot,
					    slot, insn, err);

		if (status != 0)
			return status;
		if (insn_slots(insn) == 2)
			ret_insns[++slot] = (struct insn){ .kind = INSN_LDDW_HIGH };
	}
	return 0;
}

int insn_decode_all(const u8 *bytes, size_t count, struct insn *ret_insns, struct error *err)
{
	int status = insn_decode_slots(bytes, count, ret_insns, err);

	return status != 0 ? status : insn_check_targets(ret_insns, count, err);
}

static bool has_target(const struct insn *insn)
{
	switch ((enum insn_kind)insn->kind) {
	case INSN_JUMP_IF:
	case INSN_JUMP:
	case INSN_MAY_GOTO:
	case INSN_CALL_LOCAL: return true;
	case INSN_LDDW: return insn->op == LDDW_CODE;
	case INSN_ALU:
	case INSN_NEG:
	case INSN_MOVSX:
	case INSN_SWAP:
	case INSN_LDDW_HIGH:
	case INSN_LOAD:
	case INSN_STORE:
	case INSN_ATOMIC:
	case INSN_LOAD_ACQ:
	case INSN_STORE_REL:
	case INSN_LD_PACKET:
	case INSN_CALL:
	case INSN_CALL_KFUNC:
	case INSN_CALLX:
	case INSN_EXIT: return false;
	}
	return false;
}

int insn_check_targets(const struct insn *insns, size_t count, struct error *err)
{
	if (count == 0)
		return error_set(err, ERR_NOEXEC, "the program is empty");
	for (size_t slot = 0; slot < count; slot++) {
		const struct insn *insn = &insns[slot];
		bool is_high = insn->kind == INSN_LDDW_HIGH;
		bool after_low = slot > 0 && insns[slot - 1].kind == INSN_LDDW;
		s64 target = (s64)slot + 1 + insn->off;

		if (is_high != after_low)
			return error_set(err, ERR_NOEXEC,
					 is_high ? "slot %zu: second half of lddw without the first"
						 : "slot %zu: must be the second half of lddw",
					 slot);
		if (insn_slots(insn) > count - slot)
			return error_set(err, ERR_NOEXEC,
					 "slot %zu: the second half of lddw is missing", slot);
		if (!has_target(insn))
			continue;
		if (target < 0 || target >= (s64)count)
			return error_set(err, ERR_NOEXEC,
					 "slot %zu: target %lld is outside the program of %zu "
					 "slots",
					 slot, target, count);
		if (insns[target].kind == INSN_LDDW_HIGH)
			return error_set(err, ERR_NOEXEC,
					 "slot %zu: target %lld is the second half of lddw", slot,
					 target);
	}
	return 0;
}
