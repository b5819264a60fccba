/* SPDX-License-Identifier: MIT */
/* What is known of a program before code is made: where jumps go, which registers are read later,
 * what its functions need. */
#include "jit/internal.h"

#include "prog/facts.h"

#define ARGS   0x3e /* r1 to r5 */
#define SAVED  0x3c0
#define ALL    0x3ff
#define LEFT   (1 | ARGS) /* the caller of a function that was not verified may look at it */
#define ROUNDS 24	  /* then everything is taken to be live */
#define NESTED 8	  /* times a function's length: how much is gone through again for loops */

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
static enum helper_inline find_inline(const struct jit *j, u32 slot)
{
	const struct insn *insn = &j->prog->insns[slot];
	struct helper_binding helper;

	if (j->facts == NULL || j->options.blind || prog_unresolved_at(j->prog, slot) != NULL)
		return HELPER_CALLED;
	helper = j->binding->helper(j->binding->arg, (u32)insn->imm);
	if (helper.fn == NULL ||
	    (helper.is == HELPER_LOOKUP && !is_plain_array(j, &j->facts->rows[slot])))
		return HELPER_CALLED;
	return helper.is;
}

enum helper_inline jit_inline_at(const struct jit *j, u32 slot)
{
	if ((j->slots[slot].flags & SLOT_INLINE) == 0)
		return HELPER_CALLED;
	return j->binding->helper(j->binding->arg, (u32)j->prog->insns[slot].imm).is;
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

/* Of those kinds that are not as this table says. */
static struct effect special_effect(const struct jit *j, u32 slot)
{
	const struct insn *insn = &j->prog->insns[slot];

	switch ((enum insn_kind)insn->kind) {
	case INSN_ATOMIC: return atomic_effect(insn);
	case INSN_LD_PACKET:
		return (struct effect){ (insn->flags & INSN_IMM) != 0 ? 0 : bit(insn->src), 1 };
	case INSN_CALLX: {
		struct effect e = call_effect(j, slot);

		e.use |= bit(insn->dst);
		return e;
	}
	case INSN_EXIT:
		return (struct effect){ j->exact && slot >= j->prog->subprogs[0].count ? LEFT : 1,
					0 };
	default: return call_effect(j, slot);
	}
}

enum trait {
	READS_DST = 1,
	READS_SRC = 2,	  /* unless it has an immediate, and */
	READS_ALWAYS = 4, /* then, too */
	WRITES_DST = 8,
	SPECIAL = 16,
	PURE = 32,	  /* does nothing but write dst */
	PURE_PROVEN = 64, /* if it was verified: else it may fault */
	MAY_BE_KNOWN = 128,
};

static const u8 traits[] = {
	[INSN_ALU] = READS_DST | READS_SRC | WRITES_DST | PURE | MAY_BE_KNOWN,
	[INSN_NEG] = READS_DST | WRITES_DST | PURE | MAY_BE_KNOWN,
	[INSN_SWAP] = READS_DST | WRITES_DST | PURE | MAY_BE_KNOWN,
	[INSN_MOVSX] = READS_SRC | READS_ALWAYS | WRITES_DST | PURE | MAY_BE_KNOWN,
	[INSN_LOAD] = READS_SRC | READS_ALWAYS | WRITES_DST | PURE_PROVEN | MAY_BE_KNOWN,
	[INSN_LOAD_ACQ] = READS_SRC | READS_ALWAYS | WRITES_DST,
	[INSN_LDDW] = WRITES_DST,
	[INSN_LDDW_HIGH] = 0,
	[INSN_STORE] = READS_DST | READS_SRC,
	[INSN_STORE_REL] = READS_DST | READS_SRC | READS_ALWAYS,
	[INSN_JUMP_IF] = READS_DST | READS_SRC,
	[INSN_JUMP] = 0,
	[INSN_MAY_GOTO] = 0,
	[INSN_ATOMIC] = SPECIAL,
	[INSN_LD_PACKET] = SPECIAL,
	[INSN_CALL] = SPECIAL,
	[INSN_CALL_KFUNC] = SPECIAL,
	[INSN_CALL_LOCAL] = SPECIAL,
	[INSN_CALLX] = SPECIAL,
	[INSN_EXIT] = SPECIAL,
};

static struct effect effect_of(const struct jit *j, u32 slot, u32 trait)
{
	const struct insn *insn = &j->prog->insns[slot];
	u32 dst = trait & READS_DST, src;

	if ((trait & SPECIAL) != 0)
		return special_effect(j, slot);
	/* Without jumps: which way they go would be anyone's guess. */
	dst &= ~((u32)(insn->kind == INSN_ALU) & (u32)(insn->op == ALU_MOV));
	src = trait >> 1 & (trait >> 2 | ~(u32)insn->flags) & 1;
	return (struct effect){ (u16)(dst << insn->dst | src << insn->src),
				(u16)((trait >> 3 & 1) << insn->dst) };
}
_Static_assert(READS_DST == 1 && READS_SRC == 2 && READS_ALWAYS == 4 && WRITES_DST == 8 &&
		       INSN_IMM == 1,
	       "see effect_of");

/* What the verifier's word makes of the instruction. */
static u32 fact_flags(const struct prog_fact *fact, const struct insn *insn, u32 trait)
{
	/* Of 32 bits, extended one way or the other. */
	bool fits = fact->value - (u64)INT32_MIN <= (u64)UINT32_MAX - (u64)INT32_MIN;
	bool is_small = fact->hi <= UINT32_MAX;
	u32 flags = (fact->flags & FACT_REACHED) != 0 ? SLOT_REACHED : 0;

	if ((trait & MAY_BE_KNOWN) == 0)
		return flags;
	if (((fact->flags & FACT_DST_CONST) != 0) & fits)
		flags |= SLOT_KNOWN;
	if (is_small & ((insn->kind == INSN_ALU) | (insn->kind == INSN_LOAD)))
		flags |= SLOT_SMALL;
	return flags;
}

/* After those that end a block, or go elsewhere, too. */
static u32 live_after(const struct jit *j, u32 slot, u32 live)
{
	u32 flags = j->slots[slot].flags, after = (flags & SLOT_ENDS) != 0 ? 0 : live;

	if ((flags & SLOT_JUMPS) != 0)
		after |= j->slots[(s64)slot + 1 + j->prog->insns[slot].off].live;
	return after;
}

/* From the end to the begin. Where a loop begins, its slots are gone through again, if as many are
 * *left, until that makes no difference to what its last jump backwards has seen. True: something
 * has changed that another round has to see. */
static bool find_live_once(struct jit *j, const struct jit_func *func, u32 *left)
{
	struct jit_slot *slots = j->slots, *s = &slots[func->start + func->count];
	const struct jit_slot *first = &slots[func->start];
	bool changed = false;
	u32 live = 0;

	while (s-- != first) {
		u32 flags = s->flags, after = live, uses = s->uses;

		if ((flags & (SLOT_REACHED | SLOT_ENDS | SLOT_JUMPS)) != SLOT_REACHED) {
			live = 0;
			if ((flags & SLOT_REACHED) == 0)
				continue;
			after = live_after(j, (u32)(s - slots), after);
		}
		live = after & ~(u32)s->defs;
		/* What is left out reads nothing. */
		if (live == after && (flags & SLOT_PURE) != 0)
			uses = 0;
		live |= uses;
		s->after = (u16)after;
		if ((flags & SLOT_LOOP) != 0 && live != s->live) {
			u32 slot = (u32)(s - slots), again = j->loop_ends[slot] + 1;

			if (again - slot <= *left) {
				*left -= again - slot;
				s->live = (u16)live;
				s = &slots[again];
				live = again < func->start + func->count ? s->live : 0;
				continue;
			}
			changed = true;
		}
		s->live = (u16)live;
	}
	return changed;
}

static void find_live_in(struct jit *j, const struct jit_func *func)
{
	u32 left = NESTED * func->count; /* at most 2^20 slots */

	for (u32 round = 0; round < ROUNDS; round++)
		if (!find_live_once(j, func, &left))
			return;
	for (u32 slot = func->start; slot < func->start + func->count; slot++)
		if (jit_reached(j, slot))
			j->slots[slot].live = j->slots[slot].after = ALL;
}

/* No function jumps into another one, and none ends by running into the next. */
static void find_live(struct jit *j)
{
	for (u32 i = 0; i < j->func_count; i++)
		find_live_in(j, &j->funcs[i]);
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

static bool is_aligned(const struct insn *insn)
{
	u8 base = insn->kind == INSN_LOAD_ACQ ? insn->src : insn->dst;

	return base == BPF_REG_FP && insn->off % insn->size == 0;
}

/* What is done in place of a call needs the state for the slot alone. */
static void note_inline(struct jit *j, u32 slot, enum helper_inline is)
{
	j->slots[slot].flags |= SLOT_INLINE;
	j->has_state |=
		is != HELPER_LOOKUP || j->binding->arrays[j->facts->rows[slot].map].block != 0;
}

/* Of one instruction, what the program as a whole needs for it. */
static void note_needs(struct jit *j, u32 slot, struct jit_func *func)
{
	const struct insn *insn = &j->prog->insns[slot];
	struct helper_binding helper = { 0 };
	enum helper_inline is;

	switch ((enum insn_kind)insn->kind) {
	case INSN_CALL_LOCAL:
		func->calls = true;
		j->main_is_called |= (s64)slot + 1 + insn->off == 0;
		break;
	case INSN_CALL:
		is = find_inline(j, slot);
		if (is != HELPER_CALLED) {
			note_inline(j, slot, is);
			break;
		}
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

/* Where an instruction goes. */
static u32 note_jump(struct jit *j, u32 slot)
{
	const struct insn *insn = &j->prog->insns[slot];
	u32 target = (u32)((s64)slot + 1 + insn->off);

	if (insn->kind == INSN_EXIT)
		return SLOT_ENDS;
	if (insn->kind == INSN_MAY_GOTO)
		j->has_state = j->has_loops = true;
	j->slots[target].flags |=
		(j->slots[target].flags & SLOT_TARGET) != 0 ? SLOT_MANY : SLOT_TARGET;
	if (insn->off < 0) {
		j->slots[target].flags |= SLOT_LOOP;
		j->loop_ends[target] = slot;
	}
	return insn->kind == INSN_JUMP ? SLOT_JUMPS | SLOT_ENDS : SLOT_JUMPS;
}

/* What goes elsewhere, or has memory as others see it; its flags. */
static u32 look_closer(struct jit *j, u32 slot, struct jit_func *func)
{
	u8 kind = j->prog->insns[slot].kind;

	if (kind == INSN_JUMP_IF || kind == INSN_JUMP || kind == INSN_MAY_GOTO || kind == INSN_EXIT)
		return note_jump(j, slot);
	note_needs(j, slot, func);
	return 0;
}

static void look_at(struct jit *j, struct jit_func *func)
{
	const struct prog_fact *rows = j->facts != NULL ? j->facts->rows : NULL;
	const struct insn *insn = &j->prog->insns[func->start];
	struct jit_slot *s = &j->slots[func->start];
	u32 registers = 0, written = 0, pure = PURE | (rows != NULL ? PURE_PROVEN : 0);

	for (u32 slot = func->start, end = slot + func->count; slot < end; slot++, insn++, s++) {
		u32 trait = traits[insn->kind], flags = SLOT_REACHED;
		struct effect e;

		registers |= 1u << insn->dst | 1u << insn->src;
		if (rows != NULL)
			flags = fact_flags(&rows[slot], insn, trait);
		if (insn->kind > INSN_STORE && insn->kind == INSN_CALL_LOCAL)
			func->calls_own = true;
		if ((flags & SLOT_REACHED) == 0 && insn->kind != INSN_LDDW_HIGH)
			continue;
		if (insn->kind > INSN_STORE)
			flags |= look_closer(j, slot, func);
		if ((trait & pure) != 0)
			flags |= SLOT_PURE;
		e = effect_of(j, slot, trait);
		/* The other half of an instruction does nothing. */
		s->flags |= (u16)(flags | SLOT_REACHED);
		s->uses = (flags & SLOT_KNOWN) != 0 ? 0 : e.use;
		s->defs = e.def;
		written |= e.def;
	}
	func->framed = (registers >> BPF_REG_FP & 1) != 0;
	func->saves = written & SAVED;
}

/* Of functions and the whole, once all instructions were looked at. */
static void conclude(struct jit *j)
{
	const struct prog *prog = j->prog;
	struct jit_func *main = &j->funcs[0];

	for (u32 i = 0; i < prog->subprog_count; i++)
		j->has_frames |= j->funcs[i].framed;
	for (u32 i = 0; i < prog->subprog_count && j->has_frames; i++)
		j->funcs[i].framed |= j->funcs[i].calls_own;
	/* Callbacks may be any function. */
	j->main_is_called |= j->exact && j->has_callbacks;
	for (u32 slot = 0; slot < main->count && j->exact && j->main_is_called; slot++)
		if (prog->insns[slot].kind == INSN_EXIT)
			j->slots[slot].uses = LEFT;
	j->has_state |= j->checked;
	j->counts_depth = (j->exact || j->has_callbacks) && prog->subprog_count > 1;
	if (j->main_is_called)
		j->counts_depth = true;
	j->zero_frames |= j->exact || j->facts->uninit_stack;
	j->calls_support = j->zero_frames && (j->checked || j->has_frames);
	j->has_state |= j->counts_depth || j->calls_support;
	j->needs_ctx |= j->calls_support;
}

static void look(struct jit *j)
{
	for (u32 i = 0; i < j->func_count; i++) {
		const struct prog_subprog *sub = &j->prog->subprogs[i];
		struct jit_func *func = &j->funcs[i];

		*func = (struct jit_func){ .start = sub->start,
					   .count = sub->count,
					   .charge = sub->count,
					   .calls = j->checked };
		j->slots[sub->start].flags |= SLOT_START;
		look_at(j, func);
		func->reached = jit_reached(j, sub->start);
	}
	conclude(j);
}

int jit_analyse(struct jit *j)
{
	u32 count = j->prog->insn_count;

	j->slots = arena_array(j->arena, (size_t)count + 1, sizeof(*j->slots));
	j->loop_ends = arena_array_raw(j->arena, count, sizeof(*j->loop_ends));
	j->funcs = arena_array(j->arena, j->prog->subprog_count, sizeof(*j->funcs));
	if (j->slots == NULL || j->loop_ends == NULL || j->funcs == NULL)
		return error_set(j->err, ERR_NOMEM, "no memory to compile %u instructions", count);
	j->func_count = j->prog->subprog_count;
	look(j);
	find_live(j);
	return 0;
}
