/* SPDX-License-Identifier: MIT */
/* Facts: what is the same on all ways to an instruction, collected while a proof is checked. */
#include "check/prove.h"

static struct prog_fact *fact_at(struct prover *p, u32 slot)
{
	return p->facts != NULL ? &p->facts->rows[slot] : NULL;
}

void prove_reached(struct prover *p, u32 slot)
{
	struct prog_fact *fact = fact_at(p, slot);

	if (fact != NULL)
		fact->flags |= FACT_REACHED;
}

void prove_branch(struct prover *p, u32 slot, const bool feasible[2])
{
	struct prog_fact *fact = fact_at(p, slot);

	if (fact == NULL)
		return;
	fact->flags |= FACT_REACHED;
	if (feasible[CFG_TARGET])
		fact->flags |= FACT_TAKEN;
	if (feasible[CFG_NEXT])
		fact->flags |= FACT_NOT_TAKEN;
}

static u16 nonnull_registers(const struct state *state)
{
	u16 mask = 0;

	for (u32 reg = 0; reg < BPF_REG_COUNT; reg++) {
		const struct value *v = &state->regs[reg];

		if (value_is_pointer(v) && (v->flags & VALUE_NULLABLE) == 0 &&
		    v->n.smin >= -VALUE_MAX_OFFSET && v->n.smax <= VALUE_MAX_OFFSET)
			mask |= (u16)(1u << reg);
	}
	return mask;
}

/* A divisor that is never 0 in the width of the division. */
static bool divisor_is_nonzero(const struct insn *insn, const struct state *state)
{
	struct value imm = value_const((u64)insn->imm);
	const struct value *s = (insn->flags & INSN_IMM) != 0 ? &imm : &state->regs[insn->src];
	struct scalar low = scalar_extend(&s->n, insn->width / 8, false);

	return value_is_number(s) && !scalar_contains(&low, 0);
}

/* The map that a call works on, and the constant key of an array, if it is one. */
static u16 call_facts(struct prover *p, const struct state *state, u32 *ret_map, u64 *ret_key)
{
	const struct value *map = &state->regs[BPF_REG_1], *key = &state->regs[2];
	const struct prog_map *row;
	const struct cell *cell;
	u16 flags = FACT_MAP;
	u64 number;

	/* An argument of another place counts when it is the only map. */
	if (map->type != VALUE_MAP)
		map = key;
	if (map->type != VALUE_MAP || (map->flags & (VALUE_NULLABLE | VALUE_INNER)) != 0)
		return 0;
	*ret_map = map->region;
	row = &p->t.prog->maps[map->region];
	if (map == key || row->type == NULL || (row->type->flags & MAP_TYPE_INDEX_KEY) == 0 ||
	    key->type != VALUE_STACK || key->n.smin != key->n.smax || key->n.smin < -512 ||
	    key->n.smin > -4)
		return flags;
	cell = state_cell_const(state, key->region, (s32)key->n.smin, 4);
	if (cell == NULL || !value_is_number(&cell->value))
		return flags;
	if (cell->value.n.umax < row->max_entries)
		flags |= FACT_KEY_BELOW;
	if (value_is_const(&cell->value, &number)) {
		flags |= FACT_KEY;
		*ret_key = number;
	}
	return flags;
}

/* Whether an access is to what only this invocation touches. */
static bool is_own_memory(const struct insn *insn, const struct state *state)
{
	u32 base = insn->kind == INSN_LOAD ? insn->src : insn->dst;
	u8 type = state->regs[base].type;

	return (insn->kind == INSN_LOAD || insn->kind == INSN_STORE) &&
	       (type == VALUE_STACK || type == VALUE_CTX || type == VALUE_PACKET);
}

/* On any way; where an offset is no number yet, all of it. */
static void note_ctx_load(struct prover *p, const struct insn *insn)
{
	const struct value *ctx = &p->state->regs[insn->src];
	s64 first = insn->off, last;

	if (insn->kind != INSN_LOAD || ctx->type != VALUE_CTX)
		return;
	first += ctx->n.smin;
	last = first + insn->size - 1;
	if (ctx->n.smin != ctx->n.smax || first < 0 || last >= 256)
		p->facts->ctx_loads = UINT64_MAX;
	else
		p->facts->ctx_loads |= (2ull << last / 4) - (1ull << first / 4);
}

/* Facts that hold on this way, joined with those of the ways before. */
static void fact_join(struct prog_fact *fact, u16 flags, u32 map, u64 value, u16 nonnull)
{
	u16 keep = flags;

	if ((fact->flags & FACT_REACHED) == 0) {
		fact->flags = (u16)(flags | FACT_REACHED);
		fact->map = map;
		fact->value = value;
		fact->nonnull = nonnull;
		return;
	}
	if (fact->map != map)
		keep &= (u16) ~(FACT_MAP | FACT_KEY | FACT_KEY_BELOW);
	if (fact->value != value)
		keep &= (u16)~FACT_KEY;
	fact->flags = (u16)((fact->flags & keep) | FACT_REACHED);
	fact->nonnull &= nonnull;
}

void prove_before(struct prover *p, u32 slot)
{
	struct prog_fact *fact = fact_at(p, slot);
	const struct insn *insn = &p->t.prog->insns[slot];
	u16 flags = 0;
	u32 map = 0;
	u64 value = 0;

	if (fact == NULL)
		return;
	if (insn->kind == INSN_ALU && (insn->op == ALU_DIV || insn->op == ALU_MOD ||
				       insn->op == ALU_SDIV || insn->op == ALU_SMOD)) {
		if (divisor_is_nonzero(insn, p->state))
			flags = FACT_DIVISOR_NONZERO;
	} else if (insn->kind == INSN_CALL) {
		flags = call_facts(p, p->state, &map, &value);
	} else if (is_own_memory(insn, p->state)) {
		flags = FACT_OWN_MEMORY;
		note_ctx_load(p, insn);
	}
	p->is_first_fact = (fact->flags & FACT_REACHED) == 0;
	fact_join(fact, flags, map, value, nonnull_registers(p->state));
}

void prove_after(struct prover *p, u32 slot)
{
	struct prog_fact *fact = fact_at(p, slot);
	const struct insn *insn = &p->t.prog->insns[slot];
	const struct value *dst = &p->state->regs[insn->dst];
	u64 lo = 0, hi = UINT64_MAX;

	if (fact != NULL && insn->kind == INSN_LOAD && dst->type == VALUE_OBJECT)
		p->facts->needs_objects = true;
	if (fact == NULL ||
	    (insn->kind != INSN_ALU && insn->kind != INSN_LOAD && insn->kind != INSN_NEG &&
	     insn->kind != INSN_MOVSX && insn->kind != INSN_SWAP))
		return;
	if (value_is_number(dst)) {
		lo = dst->n.umin;
		hi = dst->n.umax;
	}
	fact->lo = p->is_first_fact ? lo : MIN(fact->lo, lo);
	fact->hi = p->is_first_fact ? hi : MAX(fact->hi, hi);
	fact->flags &= (u16)~FACT_DST_CONST;
	if (fact->lo == fact->hi) {
		fact->flags |= FACT_DST_CONST;
		fact->value = fact->lo;
	}
}

void prove_visits(struct prover *p, const u64 *visits)
{
	for (u32 i = 0; p->facts != NULL && i < p->instance->point_count; i++) {
		u32 slot = p->t.cfg->blocks[p->instance->points[i].block].start;
		u64 *row = &p->facts->rows[slot].visits;
		u64 most = p->is_open ? UINT64_MAX : visits[i + 1];

		*row = most > UINT64_MAX - *row ? UINT64_MAX : *row + most;
	}
}
