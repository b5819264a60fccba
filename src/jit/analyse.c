/* SPDX-License-Identifier: MIT */
/* What is known of a program before code is made: where jumps go, which registers are read later,
 * what its functions need. */
#include "jit/internal.h"

#include "prog/facts.h"

#define ARGS   0x3e /* r1 to r5 */
#define SAVED  0x3c0
#define ALL    0x3ff
#define ROUNDS 24 /* then everything is taken to be live */

/* What an instruction reads and writes: bits of registers. */
struct effect {
	u16 use, def;
};

static u16 bit(u8 reg)
{
	return (u16)(1u << reg);
}

/* Whether the map's values can be addressed in code: numbers of 32 bits but for the address. */
static bool is_plain_array(const struct jit *j, const struct prog_fact *fact)
{
	const struct prog_array *array;

	if ((fact->flags & FACT_MAP) == 0 || fact->map >= j->prog->map_count ||
	    j->binding->arrays == NULL)
		return false;
	array = &j->binding->arrays[fact->map];
	return array->values != 0 && array->stride <= INT32_MAX && array->block <= INT32_MAX;
}

/* Only with the verifier's word for what the arguments are. Sizes of maps are of the program's
 * choice, so blinded code calls. */
enum helper_inline jit_inline_at(const struct jit *j, u32 slot)
{
	const struct insn *insn = &j->prog->insns[slot];
	struct helper_binding helper;

	if (j->facts == NULL || insn->kind != INSN_CALL || j->options.blind ||
	    prog_unresolved_at(j->prog, slot) != NULL)
		return HELPER_CALLED;
	helper = j->binding->helper(j->binding->arg, (u32)insn->imm);
	if (helper.fn == NULL ||
	    (helper.is == HELPER_LOOKUP && !is_plain_array(j, &j->facts->rows[slot])))
		return HELPER_CALLED;
	return helper.is;
}

static struct effect call_effect(const struct jit *j, u32 slot)
{
	const struct insn *insn = &j->prog->insns[slot];

	switch (jit_inline_at(j, slot)) {
	case HELPER_LOOKUP:
		return (struct effect){ (j->facts->rows[slot].flags & FACT_KEY) != 0 ? 0 : bit(2),
					1 | ARGS };
	case HELPER_SLOT: return (struct effect){ 0, 1 | ARGS };
	case HELPER_CALLED: break;
	}
	/* Verified programs do not read r1 to r5 after a call before they write them. */
	if (!j->exact)
		return (struct effect){ ARGS, 1 | ARGS };
	if (insn->kind == INSN_CALL_LOCAL)
		return (struct effect){ ALL, 0 };
	return (struct effect){ ARGS, 1 };
}

static struct effect atomic_effect(const struct insn *insn)
{
	struct effect e = { bit(insn->dst) | bit(insn->src), 0 };

	if (insn->op == ATOMIC_CMPXCHG) {
		e.use |= 1;
		e.def = 1;
	} else if ((insn->flags & INSN_FETCH) != 0 || insn->op == ATOMIC_XCHG) {
		e.def = bit(insn->src);
	}
	return e;
}

bool jit_is_known(const struct jit *j, u32 slot)
{
	const struct prog_fact *fact = j->facts != NULL ? &j->facts->rows[slot] : NULL;
	u8 kind = j->prog->insns[slot].kind;

	if (fact == NULL || (fact->flags & FACT_DST_CONST) == 0 ||
	    (fact->value > UINT32_MAX && fact->value < (u64)INT32_MIN))
		return false;
	return kind == INSN_ALU || kind == INSN_NEG || kind == INSN_MOVSX || kind == INSN_SWAP ||
	       kind == INSN_LOAD;
}

static struct effect effect_of(const struct jit *j, u32 slot)
{
	const struct insn *insn = &j->prog->insns[slot];
	u16 dst = bit(insn->dst), src = bit(insn->src);
	u16 operand = (insn->flags & INSN_IMM) != 0 ? 0 : src;

	if (jit_is_known(j, slot))
		return (struct effect){ 0, dst };
	switch ((enum insn_kind)insn->kind) {
	case INSN_ALU: return (struct effect){ insn->op == ALU_MOV ? operand : operand | dst, dst };
	case INSN_NEG:
	case INSN_SWAP: return (struct effect){ dst, dst };
	case INSN_MOVSX:
	case INSN_LOAD:
	case INSN_LOAD_ACQ: return (struct effect){ src, dst };
	case INSN_LDDW: return (struct effect){ 0, dst };
	case INSN_STORE: return (struct effect){ dst | operand, 0 };
	case INSN_STORE_REL: return (struct effect){ dst | src, 0 };
	case INSN_ATOMIC: return atomic_effect(insn);
	case INSN_LD_PACKET: return (struct effect){ operand, 1 };
	case INSN_JUMP_IF: return (struct effect){ dst | operand, 0 };
	case INSN_CALL:
	case INSN_CALL_KFUNC:
	case INSN_CALL_LOCAL: return call_effect(j, slot);
	case INSN_CALLX: {
		struct effect e = call_effect(j, slot);

		e.use |= dst;
		return e;
	}
	case INSN_EXIT:
		/* The caller of a function that was not verified may look at what it left. */
		return (struct effect){ j->exact && (slot >= j->prog->subprogs[0].count ||
						     j->main_is_called)
						? 1 | ARGS
						: 1,
					0 };
	case INSN_JUMP:
	case INSN_MAY_GOTO:
	case INSN_LDDW_HIGH: break;
	}
	return (struct effect){ 0, 0 };
}

static bool is_end(const struct insn *insn)
{
	return insn->kind == INSN_EXIT || insn->kind == INSN_JUMP;
}

static bool is_jump(const struct insn *insn)
{
	return insn->kind == INSN_JUMP || insn->kind == INSN_JUMP_IF || insn->kind == INSN_MAY_GOTO;
}

/* Whether the instruction does nothing but write dst. Loads that were not verified may fault. */
static bool is_pure(const struct jit *j, u32 slot)
{
	u8 kind = j->prog->insns[slot].kind;

	return kind == INSN_ALU || kind == INSN_NEG || kind == INSN_MOVSX || kind == INSN_SWAP ||
	       (kind == INSN_LOAD && j->facts != NULL);
}

static u16 live_after(const struct jit *j, u32 slot)
{
	const struct insn *insn = &j->prog->insns[slot];
	u32 next = slot + insn_slots(insn);
	u16 live = 0;

	if (!is_end(insn) && next < j->prog->insn_count)
		live = j->live[next];
	if (is_jump(insn))
		live |= j->live[(u32)((s64)slot + 1 + insn->off)];
	return live;
}

/* From the end to the begin, once: whether something has changed that a jump backwards looks at. */
static bool find_live_once(struct jit *j, bool gives_up)
{
	bool changed = false;

	for (u32 slot = j->prog->insn_count; slot-- > 0;) {
		u16 after, live;

		if (j->prog->insns[slot].kind == INSN_LDDW_HIGH || !jit_reached(j, slot)) {
			j->after[slot] = j->live[slot + 1];
			continue;
		}
		after = gives_up ? ALL : live_after(j, slot);
		live = gives_up ? ALL : (u16)(j->uses[slot] | (after & ~j->defs[slot]));
		/* What is left out reads nothing. */
		if ((j->flags[slot] & SLOT_PURE) != 0 && (after & j->defs[slot]) == 0)
			live = after;
		changed |= live != j->live[slot] && (j->flags[slot] & SLOT_LOOP) != 0;
		j->after[slot] = after;
		j->live[slot] = live;
	}
	return changed;
}

/* Until nothing changes: as often as loops are nested, about. */
static void find_live(struct jit *j)
{
	bool changed = true;

	for (u32 slot = 0; slot < j->prog->insn_count; slot++) {
		struct effect e;

		if (!jit_reached(j, slot))
			continue;
		e = effect_of(j, slot);
		j->uses[slot] = e.use;
		if (is_pure(j, slot))
			j->flags[slot] |= SLOT_PURE;
		j->defs[slot] = e.def;
	}
	for (u32 round = 0; changed; round++)
		changed = find_live_once(j, round == ROUNDS) && round < ROUNDS;
	for (u32 i = 0; i < j->func_count; i++)
		for (u32 k = 0; k < j->funcs[i].count; k++)
			j->funcs[i].saves |= j->defs[j->funcs[i].start + k] & SAVED;
}

static void find_targets(struct jit *j)
{
	const struct prog *prog = j->prog;

	for (u32 i = 0; i < prog->subprog_count; i++)
		j->flags[prog->subprogs[i].start] |= SLOT_START;
	for (u32 slot = 0; slot < prog->insn_count; slot++) {
		const struct insn *insn = &prog->insns[slot];

		if (is_jump(insn) && jit_reached(j, slot))
			j->flags[(s64)slot + 1 + insn->off] |=
				insn->off < 0 ? SLOT_TARGET | SLOT_LOOP : SLOT_TARGET;
	}
}

u32 jit_func_at(const struct jit *j, u32 slot)
{
	u32 low = 0, high = j->func_count;

	while (high - low > 1) {
		u32 middle = low + (high - low) / 2;

		if (j->funcs[middle].start <= slot)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static bool uses_frame(const struct insn *insn)
{
	return insn->dst == BPF_REG_FP || insn->src == BPF_REG_FP;
}

static bool is_aligned(const struct insn *insn)
{
	u8 base = insn->kind == INSN_LOAD_ACQ ? insn->src : insn->dst;

	return base == BPF_REG_FP && insn->off % insn->size == 0;
}

/* What is done in place of a call needs the state for the slot alone. */
static bool note_inline(struct jit *j, u32 slot)
{
	enum helper_inline is = jit_inline_at(j, slot);

	if (is == HELPER_LOOKUP)
		j->has_state |= j->binding->arrays[j->facts->rows[slot].map].block != 0;
	else if (is == HELPER_SLOT)
		j->has_state = true;
	return is != HELPER_CALLED;
}

/* Of one instruction, what the program as a whole needs for it. */
static void note_needs(struct jit *j, u32 slot, struct jit_func *func)
{
	const struct insn *insn = &j->prog->insns[slot];
	struct helper_binding helper = { 0 };

	switch ((enum insn_kind)insn->kind) {
	case INSN_CALL_LOCAL:
		func->calls = true;
		j->main_is_called |= (s64)slot + 1 + insn->off == 0;
		break;
	case INSN_CALL:
		if (note_inline(j, slot))
			break;
		helper = j->binding->helper(j->binding->arg, (u32)insn->imm);
		FALLTHROUGH;
	case INSN_CALL_KFUNC:
	case INSN_LD_PACKET:
	case INSN_CALLX:
		func->calls = j->has_state = j->needs_ctx = true;
		j->has_callbacks |=
			(helper.flags & HELPER_CALLBACK) != 0 || insn->kind == INSN_CALLX;
		/* Of other functions nobody knows. */
		j->zero_frames |= (helper.flags & HELPER_WRITES) != 0 ||
				  insn->kind == INSN_CALL_KFUNC || insn->kind == INSN_CALLX;
		break;
	case INSN_MAY_GOTO: j->has_state = j->has_loops = true; break;
	case INSN_ATOMIC:
	case INSN_LOAD_ACQ:
	case INSN_STORE_REL:
		if (!is_aligned(insn)) {
			j->has_state = true;
			func->calls = true;
		}
		break;
	default: break;
	}
}

static void find_needs(struct jit *j)
{
	const struct prog *prog = j->prog;
	bool any = false;

	for (u32 i = 0; i < prog->insn_count; i++)
		any |= uses_frame(&prog->insns[i]);
	j->has_frames = any;
	for (u32 i = 0; i < prog->subprog_count; i++) {
		const struct prog_subprog *sub = &prog->subprogs[i];
		struct jit_func *func = &j->funcs[i];

		*func = (struct jit_func){ .start = sub->start,
					   .count = sub->count,
					   .charge = sub->count,
					   .calls = j->checked,
					   .reached = jit_reached(j, sub->start) };
		for (u32 slot = sub->start; slot < sub->start + sub->count; slot++) {
			const struct insn *insn = &prog->insns[slot];

			func->framed |= any && (uses_frame(insn) || insn->kind == INSN_CALL_LOCAL);
			if (jit_reached(j, slot))
				note_needs(j, slot, func);
		}
	}
	/* Callbacks may be any function. */
	j->main_is_called |= j->exact && j->has_callbacks;
	j->has_state |= j->checked;
	j->counts_depth = (j->exact || j->has_callbacks) && prog->subprog_count > 1;
	if (j->main_is_called)
		j->counts_depth = true;
	j->zero_frames |= j->exact || j->facts->uninit_stack;
	j->calls_support = j->zero_frames && (j->checked || j->has_frames);
	j->has_state |= j->counts_depth || j->calls_support;
	j->needs_ctx |= j->calls_support;
}

int jit_analyse(struct jit *j)
{
	u32 count = j->prog->insn_count;

	j->flags = arena_alloc(j->arena, count);
	j->live = arena_array(j->arena, (size_t)count + 1, sizeof(*j->live));
	j->after = arena_array(j->arena, (size_t)count + 1, sizeof(*j->after));
	j->uses = arena_array(j->arena, (size_t)count + 1, sizeof(*j->uses));
	j->defs = arena_array(j->arena, (size_t)count + 1, sizeof(*j->defs));
	j->offsets = arena_array(j->arena, (size_t)count + 1, sizeof(*j->offsets));
	j->funcs = arena_array(j->arena, j->prog->subprog_count, sizeof(*j->funcs));
	if (j->flags == NULL || j->live == NULL || j->after == NULL || j->uses == NULL ||
	    j->defs == NULL || j->offsets == NULL || j->funcs == NULL)
		return error_set(j->err, ERR_NOMEM, "no memory to compile %u instructions", count);
	j->func_count = j->prog->subprog_count;
	find_targets(j);
	find_needs(j);
	find_live(j);
	return 0;
}
