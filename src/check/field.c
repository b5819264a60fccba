/* SPDX-License-Identifier: MIT */
/* Accesses to contexts and host objects: which of them mean something is spec's to say. */
#include "check/internal.h"

/* What the register's fields are; NULL: nothing is described. */
static const struct spec_ctx *layout_of(const struct transfer *t, const struct value *v)
{
	return v->type == VALUE_CTX ? spec_ctx_of(t->prog->type, t->prog->attach)
				    : spec_ret_layout((enum spec_ret)v->region);
}

/* Whether some pointer field shares a byte with [at, at + size). */
static bool touches_pointer(const struct spec_ctx *ctx, s64 at, u32 size)
{
	for (u32 i = 0; i < ctx->field_count; i++) {
		const struct spec_field *field = &ctx->fields[i];

		if (field->kind != FIELD_SCALAR && field->kind != FIELD_PACKET_LEN &&
		    at < field->off + field->size && field->off < at + size)
			return true;
	}
	return false;
}

/* Why an access that lies inside is none. */
static enum finding_id reason(const struct spec_ctx *layout, const struct value *v, s64 at,
			      u32 size, bool store)
{
	const struct spec_field *field;

	if (v->type == VALUE_OBJECT)
		return FINDING_OBJECT_RANGE;
	if (touches_pointer(layout, at, size))
		return FINDING_CTX_POINTER;
	if (store && spec_ctx_access(layout, (u32)at, size, false, &field) == NULL)
		return FINDING_CTX_READ_ONLY;
	return FINDING_CTX_FIELD;
}

/* The access of insn through reg; what it meets in *ret_field, NULL for plain bytes. */
static enum transfer_result field_check(struct transfer *t, const struct state *state, u32 slot,
					u32 reg, bool store, const struct spec_field **ret_field)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	const struct value *v = &state->regs[reg];
	const struct spec_ctx *layout = layout_of(t, v);
	s64 limit = layout != NULL ? layout->size : 0, at;
	enum finding_id id = v->type == VALUE_CTX ? FINDING_CTX_RANGE : FINDING_OBJECT_RANGE;

	if ((v->flags & VALUE_NULLABLE) != 0)
		return transfer_fail(t, FINDING_NULL_ACCESS, slot, state, reg);
	if (v->n.smin != v->n.smax)
		return access_fail(t, FINDING_CTX_VARIABLE, slot, state, reg, insn->off, insn->size,
				   limit, 0);
	if (layout == NULL || !access_is_inside(v, insn->off, insn->size, 0, limit))
		return access_fail(t, id, slot, state, reg, insn->off, insn->size, limit, 0);
	at = v->n.smin + insn->off;
	*ret_field = NULL;
	if (spec_ctx_access(layout, (u32)at, insn->size, store, ret_field) != NULL)
		return access_fail(t, reason(layout, v, at, insn->size, store), slot, state, reg,
				   insn->off, insn->size, limit, 0);
	return TRANSFER_OK;
}

/* What a pointer field holds. False: nothing that is described. */
static bool pointer_field(struct state *state, const struct spec_field *field, struct value *ret)
{
	switch ((enum spec_field_kind)field->kind) {
	case FIELD_DATA: *ret = value_pointer(VALUE_PACKET, 0); return true;
	case FIELD_DATA_END: *ret = value_pointer(VALUE_PACKET_END, 0); return true;
	case FIELD_DATA_META: *ret = value_pointer(VALUE_META, 0); return true;
	case FIELD_POINTER: break;
	case FIELD_SCALAR:
	case FIELD_PACKET_LEN: return false;
	}
	*ret = value_pointer(VALUE_OBJECT, (u32)field->gives);
	if (field->gives == RET_FLOW_KEYS || field->gives == RET_BTF)
		return true;
	if (field->gives != RET_SOCK_OR_NULL && field->gives != RET_SOCK_COMMON_OR_NULL &&
	    field->gives != RET_TCP_SOCK_OR_NULL && field->gives != RET_XDP_SOCK_OR_NULL &&
	    field->gives != RET_BTF_OR_NULL)
		return false;
	ret->flags = VALUE_NULLABLE;
	ret->id = state_new_id(state);
	return true;
}

enum transfer_result field_load(struct transfer *t, struct state *state, u32 slot,
				struct value *ret)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	const struct spec_field *field = NULL;
	enum transfer_result result = field_check(t, state, slot, insn->src, false, &field);
	bool is_signed = (insn->flags & INSN_SIGNED) != 0;
	struct scalar n;

	if (result != TRANSFER_OK)
		return result;
	if (field == NULL || field->kind == FIELD_SCALAR || field->kind == FIELD_PACKET_LEN) {
		n = scalar_from_load(insn->size, is_signed);
		*ret = value_number(&n);
		return TRANSFER_OK;
	}
	if (is_signed || insn->size != field->size || state->regs[insn->src].type != VALUE_CTX ||
	    !pointer_field(state, field, ret))
		return access_fail(t, FINDING_CTX_POINTER, slot, state, insn->src, insn->off,
				   insn->size, 0, 0);
	return TRANSFER_OK;
}

enum transfer_result field_store(struct transfer *t, struct state *state, u32 slot,
				 const struct value *value)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	const struct spec_field *field = NULL;
	enum transfer_result result = field_check(t, state, slot, insn->dst, true, &field);

	if (result != TRANSFER_OK)
		return result;
	if (field != NULL && field->kind != FIELD_SCALAR)
		return access_fail(t, FINDING_CTX_POINTER, slot, state, insn->dst, insn->off,
				   insn->size, 0, 0);
	if (!value_is_number(value))
		return transfer_fail(t, FINDING_POINTER_LEAK, slot, state, insn->src);
	return TRANSFER_OK;
}
