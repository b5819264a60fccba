/* SPDX-License-Identifier: MIT */
/* Loads, stores and atomics: where an access may go, and what it finds there. */
#include "check/exact.h"
#include "check/internal.h"

#define FRAME PROG_FRAME_SIZE

/* Whether all offsets that v + off may have are multiples of size. */
static bool is_aligned(const struct value *v, s64 off, u32 size)
{
	struct scalar by = scalar_const((u64)off), at = scalar_alu(ALU_ADD, 64, &v->n, &by);

	return ((at.bits.value | at.bits.mask) & (size - 1)) == 0;
}

/* Whether atomics and ordered accesses work there: a packet may begin anywhere, so that nothing is
 * known of its alignment. */
static bool access_orders(const struct transfer *t, const struct value *v)
{
	if (v->type == VALUE_PACKET || v->type == VALUE_META)
		return (t->prog->type->flags & PROG_TYPE_RAW) != 0;
	return v->type != VALUE_CTX && v->type != VALUE_OBJECT;
}

enum transfer_result access_fail(struct transfer *t, enum finding_id id, u32 slot,
				 const struct state *state, u32 reg, s64 off, s64 size, s64 limit,
				 u32 arg)
{
	const struct value *v = &state->regs[reg];
	enum transfer_result result =
		transfer_fail(t, arg != 0 ? FINDING_ARG_RANGE : id, slot, state, reg);

	if (!exact_add_fits(v->n.smin, off, &t->finding.lo))
		t->finding.lo = INT64_MIN;
	if (!exact_add_fits(v->n.smax, off, &t->finding.hi))
		t->finding.hi = INT64_MAX;
	t->finding.size = (u32)size;
	t->finding.limit = limit;
	t->finding.arg = arg;
	return result;
}

bool access_is_inside(const struct value *v, s64 off, s64 size, s64 lo, s64 hi)
{
	s64 first, last;

	return exact_add_fits(v->n.smin, off, &first) && first >= lo &&
	       exact_add_fits(v->n.smax, off, &last) && exact_add_fits(last, size, &last) &&
	       last <= hi;
}

/* How many bytes from the start of the packet (or of its metadata) are proven to be there. */
static s64 proven_bytes(const struct state *state, u32 limit)
{
	s64 bound = state_sym_bound(state, SYM_ZERO, limit);

	return bound == INT64_MAX || bound == INT64_MIN ? 0 : -bound;
}

/* v + off + size <= limit, a symbol, and v + off >= 0. */
static bool is_in_packet(const struct state *state, const struct value *v, s64 off, s64 size,
			 u32 limit)
{
	s64 least, bound, most;

	if (!exact_add_fits(v->n.smin, off, &least) || least < 0) {
		/* By relation: 0 - sym <= dlo + off. */
		bound = state_sym_bound(state, SYM_ZERO, v->sym);
		if (bound == INT64_MAX || !exact_add_fits(v->dlo, off, &least) || bound > least)
			return false;
	}
	bound = state_sym_bound(state, v->sym, limit);
	return bound != INT64_MAX && exact_add_fits(v->dhi, off, &most) &&
	       exact_add_fits(most, size, &most) && most != INT64_MIN && bound <= -most;
}

static bool packet_is_writable(const struct transfer *t)
{
	const struct spec_prog_type *type = t->prog->type;
	static const struct {
		enum dialect dialect;
		u32 number;
	} types[] = {
		{ DIALECT_LINUX, 3 /* sched_cls */ }, { DIALECT_LINUX, 4 /* sched_act */ },
		{ DIALECT_LINUX, 6 /* xdp */ },	      { DIALECT_LINUX, 12 /* lwt_xmit */ },
		{ DIALECT_LINUX, 14 /* sk_skb */ },   { DIALECT_LINUX, 16 /* sk_msg */ },
		{ DIALECT_WINDOWS, 1 /* xdp */ },     { DIALECT_WINDOWS, 999 /* sample */ },
	};

	for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
		if (type->dialect == types[i].dialect && type->number == types[i].number)
			return true;
	}
	return type->dialect == DIALECT_UNKNOWN && (type->flags & PROG_TYPE_RAW) != 0;
}

static enum transfer_result packet_check(struct transfer *t, const struct state *state, u32 slot,
					 u32 reg, s64 off, s64 size, enum access_kind kind, u32 arg)
{
	const struct value *v = &state->regs[reg];
	bool is_meta = v->type == VALUE_META;
	u32 limit = is_meta ? SYM_META : SYM_LEN;

	if (!is_in_packet(state, v, off, size, limit))
		return access_fail(t, is_meta ? FINDING_META_RANGE : FINDING_PACKET_RANGE, slot,
				   state, reg, off, size, proven_bytes(state, limit), arg);
	if (kind != ACCESS_READ && !packet_is_writable(t))
		return transfer_fail(t, FINDING_PACKET_READ_ONLY, slot, state, reg);
	return TRANSFER_OK;
}

/* Whether the access, which is inside, may meet a part of the map's value that is the host's. */
static bool meets_field(const struct transfer *t, const struct value *v, s64 off, s64 size)
{
	const struct prog_map *map = &t->prog->maps[v->region];

	for (u32 i = 0; i < map->field_count; i++) {
		const struct prog_map_field *field = &map->fields[i];

		if (v->n.smin + off < (s64)field->off + field->size &&
		    v->n.smax + off + size > field->off)
			return true;
	}
	return false;
}

enum transfer_result access_check(struct transfer *t, const struct state *state, u32 slot, u32 reg,
				  s64 off, s64 size, enum access_kind kind, u32 arg)
{
	const struct value *v = &state->regs[reg];

	if ((v->flags & VALUE_NULLABLE) != 0 && value_is_pointer(v))
		return transfer_fail(t, arg != 0 ? FINDING_ARG_NULL : FINDING_NULL_ACCESS, slot,
				     state, reg);
	switch ((enum value_type)v->type) {
	case VALUE_STACK:
		if (!access_is_inside(v, off, size, -FRAME, 0))
			return access_fail(t, FINDING_STACK_RANGE, slot, state, reg, off, size, 0,
					   arg);
		t->stack_used[v->region] = MAX(t->stack_used[v->region], (u32) - (v->n.smin + off));
		break;
	case VALUE_PACKET:
	case VALUE_META: {
		enum transfer_result result =
			packet_check(t, state, slot, reg, off, size, kind, arg);

		if (result != TRANSFER_OK)
			return result;
		break;
	}
	case VALUE_MAP_VALUE:
	case VALUE_MEM:
		if (!access_is_inside(v, off, size, 0, v->size))
			return access_fail(t,
					   v->type == VALUE_MEM ? FINDING_MEM_RANGE
								: FINDING_MAP_VALUE_RANGE,
					   slot, state, reg, off, size, v->size, arg);
		if (v->type == VALUE_MAP_VALUE && meets_field(t, v, off, size))
			return access_fail(t, FINDING_LOCK_FIELD, slot, state, reg, off, size,
					   v->size, 0);
		break;
	case VALUE_NONE: return transfer_readable(t, state, slot, reg);
	case VALUE_NUMBER:
	case VALUE_CTX:
	case VALUE_PACKET_END:
	case VALUE_MAP:
	case VALUE_OBJECT:
	case VALUE_ITER:
	case VALUE_CODE:
	case VALUE_PACKET_LOW:
	case VALUE_TYPE_COUNT:
		return transfer_fail(t, arg != 0 ? FINDING_ARG_TYPE : FINDING_BAD_ACCESS, slot,
				     state, reg);
	}
	if (kind != ACCESS_READ && (v->flags & VALUE_READ_ONLY) != 0)
		return transfer_fail(t, FINDING_READ_ONLY, slot, state, reg);
	if (kind == ACCESS_ATOMIC && !access_orders(t, v))
		return transfer_fail(t, FINDING_ATOMIC_TARGET, slot, state, reg);
	return TRANSFER_OK;
}

/* The bytes of read-only data, where they are known. */
static bool load_constant(const struct transfer *t, const struct value *v, s64 off, u32 size,
			  bool is_signed, struct value *ret)
{
	const struct prog_map *map;
	struct scalar n;
	u64 bytes = 0;
	s64 at = v->n.smin + off;

	if (v->type != VALUE_MAP_VALUE || (v->flags & VALUE_INNER) != 0 || v->n.smin != v->n.smax)
		return false;
	map = &t->prog->maps[v->region];
	/* More than one value: which one is meant is not known. */
	if (!map->is_global || !map->read_only || map->initial == NULL)
		return false;
	for (u32 i = 0; i < size; i++) {
		u64 byte = at + i < map->initial_len ? map->initial[at + i] : 0;

		bytes |= byte << (8 * i);
	}
	n = scalar_const(bytes);
	n = scalar_extend(&n, size, is_signed);
	*ret = value_number(&n);
	return true;
}

/* A number of size bytes that is zero-extended, as a load that may sign-extend gives it. */
static struct value load_extended(struct value v, u32 size, bool is_signed)
{
	if (v.type == VALUE_NUMBER && is_signed && size < 8 && v.n.umax >> (8 * size - 1) != 0) {
		struct scalar n = scalar_extend(&v.n, size, true);

		return value_number(&n);
	}
	return v;
}

static enum transfer_result load_stack(struct transfer *t, struct state *state, u32 slot,
				       struct value *ret)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	const struct value *v = &state->regs[insn->src];
	bool is_signed = (insn->flags & INSN_SIGNED) != 0;
	s32 lo = (s32)(v->n.smin + insn->off), hi = (s32)(v->n.smax + insn->off);
	struct scalar n;

	if (lo == hi) {
		*ret = state_load(state, v->region, lo, insn->size);
		if (ret->type == VALUE_ITER || (ret->type != VALUE_NUMBER && is_signed))
			*ret = value_none;
		*ret = load_extended(*ret, insn->size, is_signed);
		return TRANSFER_OK;
	}
	n = scalar_from_load(insn->size, is_signed);
	*ret = value_number(&n);
	if (!state_is_init(state, v->region, lo, (u32)(hi - lo) + insn->size))
		return access_fail(t, FINDING_UNINIT_STACK, slot, state, insn->src, insn->off,
				   insn->size, 0, 0);
	if (state_has_pointer(state, v->region, lo, (u32)(hi - lo) + insn->size))
		*ret = value_none;
	return TRANSFER_OK;
}

static enum transfer_result check_alignment(struct transfer *t, const struct state *state, u32 slot,
					    u32 reg, bool always)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	const struct value *v = &state->regs[reg];

	if ((!always && !t->policy->strict_alignment) || is_aligned(v, insn->off, insn->size))
		return TRANSFER_OK;
	return access_fail(t, FINDING_ALIGNMENT, slot, state, reg, insn->off, insn->size, 0, 0);
}

/* What insn finds at src + off, apart from whether dst may be written. */
static enum transfer_result load_value(struct transfer *t, struct state *state, u32 slot,
				       struct value *ret)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	const struct value *v = &state->regs[insn->src];
	bool is_signed = (insn->flags & INSN_SIGNED) != 0;
	enum transfer_result result;
	struct scalar n;

	if (v->type == VALUE_CTX || v->type == VALUE_OBJECT)
		return field_load(t, state, slot, ret);
	result = access_check(t, state, slot, insn->src, insn->off, insn->size, ACCESS_READ, 0);
	if (result != TRANSFER_OK)
		return result;
	if (v->type == VALUE_STACK)
		return load_stack(t, state, slot, ret);
	if (load_constant(t, v, insn->off, insn->size, is_signed, ret))
		return TRANSFER_OK;
	n = scalar_from_load(insn->size, is_signed);
	*ret = value_number(&n);
	return TRANSFER_OK;
}

enum transfer_result transfer_load(struct transfer *t, struct state *state, u32 slot)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	bool is_ordered = insn->kind == INSN_LOAD_ACQ;
	enum transfer_result result = transfer_writable(t, state, slot, insn->dst);
	const struct value *v = &state->regs[insn->src];
	struct value value;

	if (result == TRANSFER_OK)
		result = transfer_readable(t, state, slot, insn->src);
	if (result == TRANSFER_OK && is_ordered && !access_orders(t, v))
		result = transfer_fail(t, FINDING_ATOMIC_TARGET, slot, state, insn->src);
	if (result == TRANSFER_OK)
		result = load_value(t, state, slot, &value);
	if (result == TRANSFER_OK)
		result = check_alignment(t, state, slot, insn->src, is_ordered);
	if (result == TRANSFER_OK)
		state->regs[insn->dst] = value;
	return result;
}

/* A number somewhere in [lo, end): what may be written over becomes one or the other, where it is
 * written whole or not at all. */
static void store_weak(struct state *state, const struct insn *insn, const struct value *v, s32 lo,
		       s32 end, const struct value *value)
{
	struct scalar n = scalar_extend(&value->n, insn->size, false);
	bool is_whole = true;

	for (u32 round = 0; round < 2 && is_whole; round++) {
		for (u32 i = 0; i < state->cell_count; i++) {
			struct cell *cell = &state->cells[i];
			struct scalar both = scalar_join(&cell->value.n, &n);

			if (cell->frame != v->region || cell->off >= end ||
			    cell->off + cell->size <= lo)
				continue;
			if (round == 0)
				is_whole &= value_is_number(&cell->value) &&
					    cell->size == insn->size &&
					    is_aligned(v, insn->off - cell->off, cell->size);
			else
				cell->value = value_number(&both);
		}
	}
	if (!is_whole)
		state_havoc(state, v->region, lo, (u32)(end - lo), false);
}

static enum transfer_result store_stack(struct transfer *t, struct state *state, u32 slot,
					const struct value *value)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	const struct value *v = &state->regs[insn->dst];
	s32 lo = (s32)(v->n.smin + insn->off), hi = (s32)(v->n.smax + insn->off);

	if (!value_is_number(value) && (insn->size != 8 || lo != hi))
		return transfer_fail(t, FINDING_POINTER_SPILL, slot, state, insn->src);
	if (lo == hi)
		state_store(state, v->region, lo, insn->size, value);
	else
		store_weak(state, insn, v, lo, hi + insn->size, value);
	return TRANSFER_OK;
}

enum transfer_result transfer_store(struct transfer *t, struct state *state, u32 slot)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	const struct value *v = &state->regs[insn->dst];
	bool is_ordered = insn->kind == INSN_STORE_REL, is_imm = (insn->flags & INSN_IMM) != 0;
	struct value imm, *value = &imm;
	enum transfer_result result = transfer_readable(t, state, slot, insn->dst);

	if (is_imm) {
		imm = value_const((u64)insn->imm);
	} else {
		value = &state->regs[insn->src];
		if (result == TRANSFER_OK)
			result = transfer_readable(t, state, slot, insn->src);
		if (value_is_number(value) && v->type == VALUE_STACK)
			state_name(state, value);
	}
	if (result == TRANSFER_OK && is_ordered && !access_orders(t, v))
		result = transfer_fail(t, FINDING_ATOMIC_TARGET, slot, state, insn->dst);
	if (result != TRANSFER_OK)
		return result;
	if (v->type == VALUE_CTX) {
		result = field_store(t, state, slot, value);
		return result != TRANSFER_OK ? result
					     : check_alignment(t, state, slot, insn->dst, false);
	}
	result = access_check(t, state, slot, insn->dst, insn->off, insn->size, ACCESS_WRITE, 0);
	if (result == TRANSFER_OK)
		result = check_alignment(t, state, slot, insn->dst, is_ordered);
	if (result != TRANSFER_OK)
		return result;
	if (v->type == VALUE_STACK)
		return store_stack(t, state, slot, value);
	if (!value_is_number(value) && !transfer_may_leak(t))
		return transfer_fail(t, FINDING_POINTER_LEAK, slot, state, insn->src);
	return TRANSFER_OK;
}

/* The old value of the stack's bytes; the new one is unknown. */
static enum transfer_result atomic_stack(struct transfer *t, struct state *state, u32 slot,
					 struct value *ret_old)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	const struct value *v = &state->regs[insn->dst];
	s32 lo = (s32)(v->n.smin + insn->off), hi = (s32)(v->n.smax + insn->off);
	u32 len = (u32)(hi - lo) + insn->size;

	if (!state_is_init(state, v->region, lo, len))
		return access_fail(t, FINDING_UNINIT_STACK, slot, state, insn->dst, insn->off,
				   insn->size, 0, 0);
	if (state_has_pointer(state, v->region, lo, len))
		return transfer_fail(t, FINDING_ATOMIC_TARGET, slot, state, insn->dst);
	if (lo == hi) {
		struct value old = state_load(state, v->region, lo, insn->size);

		if (value_is_number(&old))
			*ret_old = old;
	}
	state_havoc(state, v->region, lo, len, lo == hi);
	return TRANSFER_OK;
}

enum transfer_result transfer_atomic(struct transfer *t, struct state *state, u32 slot)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	bool is_cmpxchg = insn->op == ATOMIC_CMPXCHG;
	bool is_fetch = (insn->flags & INSN_FETCH) != 0 || is_cmpxchg || insn->op == ATOMIC_XCHG;
	u32 fetched = is_cmpxchg ? BPF_REG_0 : insn->src;
	enum transfer_result result = transfer_readable(t, state, slot, insn->dst);
	struct scalar n = scalar_from_load(insn->size, false);
	struct value old = value_number(&n);

	if (result == TRANSFER_OK)
		result = transfer_readable(t, state, slot, insn->src);
	if (result == TRANSFER_OK && is_cmpxchg)
		result = transfer_readable(t, state, slot, BPF_REG_0);
	if (result == TRANSFER_OK && is_fetch)
		result = transfer_writable(t, state, slot, fetched);
	if (result != TRANSFER_OK)
		return result;
	if (!value_is_number(&state->regs[insn->src]))
		return transfer_fail(t, FINDING_NOT_NUMBER, slot, state, insn->src);
	if (is_cmpxchg && !value_is_number(&state->regs[BPF_REG_0]))
		return transfer_fail(t, FINDING_NOT_NUMBER, slot, state, BPF_REG_0);
	if (state->regs[insn->dst].type == VALUE_CTX || state->regs[insn->dst].type == VALUE_OBJECT)
		return transfer_fail(t, FINDING_ATOMIC_TARGET, slot, state, insn->dst);
	result = access_check(t, state, slot, insn->dst, insn->off, insn->size, ACCESS_ATOMIC, 0);
	if (result == TRANSFER_OK)
		result = check_alignment(t, state, slot, insn->dst, true);
	if (result == TRANSFER_OK && state->regs[insn->dst].type == VALUE_STACK)
		result = atomic_stack(t, state, slot, &old);
	if (result == TRANSFER_OK && is_fetch)
		state->regs[fetched] = old;
	return result;
}

/* Packet loads of the old kind end the program when the packet is too short. */
enum transfer_result transfer_ld_packet(struct transfer *t, struct state *state, u32 slot)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	const struct value *ctx = &state->regs[6];
	enum transfer_result result = TRANSFER_OK;
	struct scalar n = scalar_from_load(insn->size, false);

	if ((t->prog->type->flags & PROG_TYPE_LEGACY_PACKET) == 0 || t->kind != INSTANCE_MAIN)
		return transfer_fail(t, FINDING_LEGACY_PACKET, slot, state, FINDING_NO_REG);
	if (ctx->type != VALUE_CTX || ctx->n.smin != 0 || ctx->n.smax != 0)
		return transfer_fail(t, FINDING_LEGACY_CTX, slot, state, 6);
	if ((insn->flags & INSN_IMM) == 0) {
		result = transfer_readable(t, state, slot, insn->src);
		if (result == TRANSFER_OK && !value_is_number(&state->regs[insn->src]))
			result = transfer_fail(t, FINDING_NOT_NUMBER, slot, state, insn->src);
	}
	if (result == TRANSFER_OK && state->ref_count != 0) {
		result = transfer_fail(t, FINDING_LEAKED_REFERENCE, slot, state, FINDING_NO_REG);
		t->finding.other = state->refs[0].slot;
	}
	if (result == TRANSFER_OK && state->lock.held != 0)
		result = transfer_fail(t, FINDING_LOCK_HELD, slot, state, FINDING_NO_REG);
	if (result != TRANSFER_OK)
		return result;
	transfer_clobber(state);
	state->regs[BPF_REG_0] = value_number(&n);
	return TRANSFER_OK;
}
