/* SPDX-License-Identifier: MIT */
/* A machine with a stack, a packet and a map's value, and whether it is in a state. */
#pragma once

#include "check/state.h"
#include "isa/semantics.h"
#include "tap.h"

#define STACK_TOP  0x7f0000001000ull
#define DATA	   0x100000002000ull
#define CTX	   0x200000000000ull
#define MAP_VALUE  0x300000000000ull
#define VALUE_SIZE 16
#define SYMS	   1000
#define DEPTH	   3 /* frames, the outermost included */
#define FRAME_GAP  0x100000ull

struct machine {
	u64 r[BPF_REG_COUNT];
	u8 stack[DEPTH][PROG_FRAME_SIZE];
	u32 depth;		    /* of calls */
	u32 frame_of[STATE_FRAMES]; /* which stack a frame of the state is */
	/* What the symbols of the state of entry stand for. */
	bool entry_known[SYM_FREE];
	s64 entry_is[SYM_FREE];
	u8 packet[128]; /* metadata, then data */
	u8 value[VALUE_SIZE];
	u64 len, meta;
};

/* The bytes at an address; NULL: nothing is there. */
static inline u8 *memory(struct machine *m, u64 addr, u32 size)
{
	for (u32 i = 0; i <= m->depth; i++) {
		u64 top = STACK_TOP - i * FRAME_GAP;

		if (addr >= top - PROG_FRAME_SIZE && addr + size <= top)
			return &m->stack[i][addr - (top - PROG_FRAME_SIZE)];
	}
	if (addr >= DATA - m->meta && addr + size <= DATA + m->len)
		return &m->packet[addr - (DATA - m->meta)];
	if (addr >= MAP_VALUE && addr + size <= MAP_VALUE + VALUE_SIZE)
		return &m->value[addr - MAP_VALUE];
	return NULL;
}

static inline u64 get(const u8 *from, u32 size)
{
	u64 n = 0;

	memcpy(&n, from, size);
	return n;
}

/* Executes; false: outside of memory. *ret_taken: of jumps.
 * lint: long-function, a case for each kind of instruction */
static inline bool execute(struct machine *m, const struct insn *insn, bool *ret_taken)
{
	u64 s = (insn->flags & INSN_IMM) != 0 ? (u64)insn->imm : m->r[insn->src],
	    *d = &m->r[insn->dst];
	u8 *at;
	u64 old;

	switch ((enum insn_kind)insn->kind) {
	case INSN_ALU: *d = alu_eval((enum alu_op)insn->op, insn->width, *d, s); return true;
	case INSN_NEG: *d = insn->width == 64 ? -*d : (u32) - (u32)*d; return true;
	case INSN_MOVSX:
		*d = sign_extend(s, insn->size);
		if (insn->width == 32)
			*d = (u32)*d;
		return true;
	case INSN_SWAP: *d = swap_eval((enum swap_op)insn->op, insn->size, *d); return true;
	case INSN_LDDW:
		*d = insn->op == LDDW_IMM ? (u64)insn->imm : MAP_VALUE + (u32)insn->off;
		return true;
	case INSN_JUMP_IF:
		*ret_taken = jump_eval((enum jump_op)insn->op, insn->width, *d, s);
		return true;
	case INSN_LOAD:
		s += (u64)(s64)insn->off;
		if (s >= CTX && s < CTX + 24) {
			*d = s == CTX	    ? DATA
			     : s == CTX + 4 ? DATA + m->len
			     : s == CTX + 8 ? DATA - m->meta
					    : 3;
			return true;
		}
		at = memory(m, s, insn->size);
		if (at == NULL)
			return false;
		*d = get(at, insn->size);
		if ((insn->flags & INSN_SIGNED) != 0)
			*d = sign_extend(*d, insn->size);
		return true;
	case INSN_STORE:
		at = memory(m, *d + (u64)(s64)insn->off, insn->size);
		if (at != NULL)
			memcpy(at, &s, insn->size);
		return at != NULL;
	case INSN_ATOMIC:
		at = memory(m, *d + (u64)(s64)insn->off, insn->size);
		if (at == NULL)
			return false;
		old = get(at, insn->size);
		s = m->r[insn->src];
		if (insn->op == ATOMIC_CMPXCHG) {
			if (old == (insn->size == 4 ? (u32)m->r[0] : m->r[0]))
				memcpy(at, &s, insn->size);
			m->r[0] = old;
			return true;
		}
		s = insn->op == ATOMIC_ADD ? old + s : insn->op == ATOMIC_AND ? old & s : s;
		memcpy(at, &s, insn->size);
		if ((insn->flags & INSN_FETCH) != 0)
			m->r[insn->src] = old;
		return true;
	case INSN_LDDW_HIGH:
	case INSN_LOAD_ACQ:
	case INSN_STORE_REL:
	case INSN_LD_PACKET:
	case INSN_JUMP:
	case INSN_MAY_GOTO:
	case INSN_CALL:
	case INSN_CALL_LOCAL:
	case INSN_CALL_KFUNC:
	case INSN_CALLX:
	case INSN_EXIT: break;
	}
	return false;
}

/* What symbols stand for, as far as values tell. */
struct names {
	bool is_known[SYMS];
	s64 is[SYMS];
};

/* The number or offset of v when it is x. False: x is no such pointer. */
static inline bool offset_of(const struct machine *m, const struct value *v, u64 x, s64 *ret)
{
	u64 base = 0;

	switch ((enum value_type)v->type) {
	case VALUE_NUMBER: break;
	case VALUE_CTX: base = CTX; break;
	case VALUE_STACK: base = STACK_TOP - m->frame_of[v->region] * FRAME_GAP; break;
	case VALUE_PACKET: base = DATA; break;
	case VALUE_META: base = DATA - m->meta; break;
	case VALUE_PACKET_END: base = DATA + m->len; break;
	case VALUE_MAP_VALUE: base = MAP_VALUE; break;
	case VALUE_NONE:
	case VALUE_MAP:
	case VALUE_MEM:
	case VALUE_OBJECT:
	case VALUE_ITER:
	case VALUE_CODE:
	case VALUE_PACKET_LOW:
	case VALUE_TYPE_COUNT: return false;
	}
	*ret = (s64)(x - base);
	return true;
}

static inline bool low_holds(const struct machine *m, const struct value *v, u64 x)
{
	struct value p = *v;
	s64 at;

	/* Only constant offsets are looked at. */
	p.type = (u8)v->region;
	return !offset_of(m, &p, 0, &at) || v->n.smin != v->n.smax ||
	       x == (u32)((u64)v->n.smin - (u64)at);
}

static inline bool value_holds(const struct machine *m, const struct names *names,
			       const struct value *v, u64 x)
{
	s64 at, least, most;

	if (v->type == VALUE_NONE)
		return true;
	if (v->type == VALUE_PACKET_LOW)
		return low_holds(m, v, x);
	if ((v->flags & VALUE_NULLABLE) != 0 && x == 0)
		return true;
	if (!offset_of(m, v, x, &at) || !scalar_contains(&v->n, (u64)at))
		return false;
	if (v->sym >= SYMS || !names->is_known[v->sym])
		return true;
	if ((v->flags & VALUE_HALVED) != 0 && (at < 0 || at > names->is[v->sym] / 2))
		return false;
	if (__builtin_add_overflow(names->is[v->sym], v->dlo, &least))
		least = v->dlo < 0 ? INT64_MIN : INT64_MAX;
	if (__builtin_add_overflow(names->is[v->sym], v->dhi, &most))
		most = v->dhi < 0 ? INT64_MIN : INT64_MAX;
	return at >= least && at <= most;
}

static inline u64 concrete(const struct machine *m, const struct state *state, u32 i)
{
	const struct cell *cell;

	if (i < BPF_REG_COUNT)
		return m->r[i];
	cell = &state->cells[i - BPF_REG_COUNT];
	return get(&m->stack[m->frame_of[cell->frame]][cell->off + PROG_FRAME_SIZE], cell->size);
}

/* What values say of the state's symbols that is exact. */
static inline void names_of(const struct machine *m, const struct state *state, struct names *ret)
{
	memset(ret->is_known, 0, MIN(state->next_sym, SYMS) * sizeof(ret->is_known[0]));
	memcpy(ret->is_known, m->entry_known, sizeof(m->entry_known));
	memcpy(ret->is, m->entry_is, sizeof(m->entry_is));
	ret->is_known[SYM_ZERO] = ret->is_known[SYM_LEN] = ret->is_known[SYM_META] = true;
	ret->is[SYM_ZERO] = 0;
	ret->is[SYM_LEN] = (s64)m->len;
	ret->is[SYM_META] = (s64)m->meta;
	for (u32 i = 0; i < state_value_count(state); i++) {
		const struct value *v = state_value_const(state, i);
		s64 at;

		if (v->sym >= SYMS || v->sym < SYM_ENTRY || v->dlo != v->dhi ||
		    (v->flags & VALUE_NULLABLE) != 0 || ret->is_known[v->sym] ||
		    !offset_of(m, v, concrete(m, state, i), &at) ||
		    __builtin_sub_overflow(at, v->dlo, &ret->is[v->sym]))
			continue;
		ret->is_known[v->sym] = true;
	}
}

/* Values that are null together: some are, some not. */
static inline bool is_half_null(const struct machine *m, const struct state *state, u32 i)
{
	const struct value *v = state_value_const(state, i);

	for (u32 k = 0; k < i && v->id != 0 && (v->flags & VALUE_NULLABLE) != 0; k++) {
		const struct value *w = state_value_const(state, k);

		if (w->id == v->id && (w->flags & VALUE_NULLABLE) != 0 &&
		    (concrete(m, state, i) == 0) != (concrete(m, state, k) == 0))
			return true;
	}
	return false;
}

/* NULL: the machine is in the state. Otherwise what is wrong. */
static const char *holds(const struct machine *m, const struct state *state)
{
	static char text[100];
	struct names names;

	names_of(m, state, &names);
	for (u32 i = 0; i < state_value_count(state); i++) {
		if (value_holds(m, &names, state_value_const(state, i), concrete(m, state, i)) &&
		    !is_half_null(m, state, i))
			continue;
		snprintf(text, sizeof(text), "value %u (type %u, sym %u) is 0x%llx", i,
			 state_value_const(state, i)->type, state_value_const(state, i)->sym,
			 concrete(m, state, i));
		return text;
	}
	for (u32 i = 0; i < DIFF_ROWS; i++) {
		for (u32 j = 0; j < DIFF_ROWS; j++) {
			u32 a = state->diff.sym[i], b = state->diff.sym[j];

			if (a != 0 && b != 0 && a < SYMS && b < SYMS && names.is_known[a] &&
			    names.is_known[b] && state->diff.bound[i][j] != DIFF_NONE &&
			    (__int128)names.is[a] - names.is[b] > state->diff.bound[i][j]) {
				snprintf(text, sizeof(text), "%u - %u is %lld, not <= %lld", a, b,
					 names.is[a] - names.is[b], state->diff.bound[i][j]);
				return text;
			}
		}
	}
	return NULL;
}
