/* SPDX-License-Identifier: MIT */
/* Random instructions and calls, executed on numbers and on states at once: what happens must be
 * among what the state says, and what is accepted must stay inside the memory that is there. And no
 * less may be known than was once: precision that gets lost shows in sums. */
#include "cfg_fixture.h"
#include "check_machine.h"
#include "check/transfer.h"
#include "spec/spec.h"

#define PRECISE_ROUNDS 1500

/* How much is known, summed up over all steps; slack: of differences, the less the better. */
struct known {
	u64 bits, relations, dead, included, ruled_out;
	s64 slack;
};

/* A call that is not over. */
struct call {
	struct state caller, exit, entry;
	struct state_map map;
	struct call_link link;
	struct machine machine;
};

struct run {
	struct machine m;
	struct state *state, *spare, *other, *unpacked;
	struct state_map *map;
	struct call *calls; /* DEPTH of them */
	void *packed;
	struct known known;
	struct cfg cfg;
	struct cfg_subprog subprog;
	struct transfer t;
	struct prog prog;
	struct insn insn;
	u64 seed;
	u64 steps, refused;
	u32 hint;
	char what[200];
};

static u64 next_random(u64 *seed)
{
	*seed += 0x9e3779b97f4a7c15ull;
	u64 z = *seed;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static u64 below(struct run *run, u64 n)
{
	return next_random(&run->seed) % n;
}

static u64 interesting(struct run *run)
{
	static const u64 values[] = {
		0,
		1,
		2,
		4,
		7,
		8,
		14,
		15,
		16,
		20,
		31,
		32,
		63,
		64,
		127,
		128,
		255,
		256,
		0x7fff,
		0x8000,
		0xffff,
		0x7fffffff,
		0x80000000,
		0xffffffff,
		1ull << 32,
		(1ull << 32) + 1,
		INT64_MAX,
		1ull << 63,
		~0ull,
		~1ull,
		-8ull,
		-16ull,
		-128ull,
		-32768ull,
		-(1ull << 31),
	};

	if (below(run, 4) == 0)
		return next_random(&run->seed) >> below(run, 64);
	return values[below(run, ARRAY_COUNT(values))];
}

/* lint: long-function, a case for each kind of instruction */
static void make_insn(struct run *run)
{
	struct insn *insn = &run->insn;
	static const u8 sizes[] = { 1, 2, 4, 8 };
	u64 dice = below(run, 100);

	memset(insn, 0, sizeof(*insn));
	insn->dst = (u8)below(run, 9);
	insn->src = (u8)below(run, 10);
	insn->width = below(run, 3) == 0 ? 32 : 64;
	insn->size = sizes[below(run, 4)];
	if (below(run, 3) == 0 || (dice < 45 && below(run, 2) == 0)) {
		insn->flags = INSN_IMM;
		insn->imm = (s32)interesting(run);
		insn->src = 0;
	}
	if (dice < 45) {
		insn->kind = INSN_ALU;
		insn->op = (u8)below(run, ALU_OP_COUNT);
		if (below(run, 3) == 0)
			insn->op = below(run, 2) != 0 ? ALU_ADD : ALU_MOV;
		if (insn->flags == 0 && below(run, 8) == 0) {
			insn->op = ALU_MOV;
			insn->width = 64;
			insn->src = BPF_REG_FP;
		}
	} else if (dice < 48) {
		insn->kind = INSN_NEG;
	} else if (dice < 51) {
		insn->kind = INSN_MOVSX;
		insn->flags = 0;
		insn->size = sizes[below(run, insn->width == 64 ? 3 : 2)];
	} else if (dice < 53) {
		insn->kind = INSN_SWAP;
		insn->op = (u8)below(run, 3);
		insn->size = sizes[1 + below(run, 3)];
	} else if (dice < 56) {
		insn->kind = INSN_LDDW;
		insn->op = below(run, 2) != 0 ? LDDW_IMM : LDDW_MAP_VALUE;
		insn->imm = insn->op == LDDW_IMM ? (s64)interesting(run) : 0;
		insn->off = insn->op == LDDW_IMM ? 0 : (s32)below(run, VALUE_SIZE);
	} else if (dice < 70) {
		insn->kind = INSN_LOAD;
		insn->flags = insn->size < 8 && below(run, 3) == 0 ? INSN_SIGNED : 0;
		insn->off = (s32)below(run, 40) - 20;
		if (below(run, 3) == 0)
			insn->src = BPF_REG_FP;
		if (below(run, 4) == 0) {
			insn->src = 9;
			insn->size = 4;
			insn->flags = 0;
			insn->off = (s32)(4 * below(run, 4));
		}
	} else if (dice < 80) {
		insn->kind = INSN_STORE;
		insn->off = (s32)below(run, 40) - 30;
		if (below(run, 2) == 0)
			insn->dst = BPF_REG_FP;
	} else if (dice < 84) {
		static const u8 ops[] = { ATOMIC_ADD, ATOMIC_AND, ATOMIC_XCHG, ATOMIC_CMPXCHG };

		insn->kind = INSN_ATOMIC;
		insn->op = ops[below(run, 4)];
		insn->flags = below(run, 2) != 0 || insn->op >= ATOMIC_XCHG ? INSN_FETCH : 0;
		insn->size = below(run, 2) != 0 ? 4 : 8;
		insn->off = -(s32)(4 * below(run, 8));
		if (below(run, 2) == 0)
			insn->dst = BPF_REG_FP;
	} else {
		insn->kind = INSN_JUMP_IF;
		insn->op = (u8)below(run, JUMP_OP_COUNT);
	}
}

/* Less is known of b than before. */
static void weaken(struct run *run, struct state *b)
{
	u32 reg = (u32)below(run, BPF_REG_FP);
	struct value *v = &b->regs[reg];
	struct scalar any = scalar_const(interesting(run));

	switch (below(run, 5)) {
	case 0: *v = value_none; break;
	case 1:
		if (v->type != VALUE_NONE) {
			v->n = scalar_join(&v->n, &any);
			value_fix(v);
		}
		break;
	case 2: value_forget(v); break;
	case 3: diff_forget(&b->diff, b->diff.sym[below(run, DIFF_ROWS)]); break;
	case 4:
		if (b->cell_count > 0) {
			struct cell cell = b->cells[below(run, b->cell_count)];

			state_clear(b, cell.frame, cell.off, cell.size);
		}
		break;
	default: break;
	}
}

/* Something is claimed that need not be so. */
static void strengthen(struct run *run, struct state *b)
{
	struct value *v = &b->regs[below(run, BPF_REG_FP)];
	struct value *w = &b->regs[below(run, BPF_REG_FP)];
	u64 x = interesting(run);

	switch (below(run, 4)) {
	case 0:
		if (v->type == VALUE_NUMBER)
			*v = value_const(x);
		break;
	case 1:
		if (v->type == VALUE_NUMBER && w->type == VALUE_NUMBER) {
			v->sym = w->sym;
			v->dlo = w->dlo;
			v->dhi = w->dhi;
			value_fix(v);
			if (v->sym == SYM_ZERO)
				v->flags &= (u8)~VALUE_HALVED; /* as state_is_valid() wants it */
		}
		break;
	case 2:
		(void)!diff_add(&b->diff, v->sym != 0 ? v->sym : SYM_ZERO,
				w->sym != 0 ? w->sym : SYM_LEN, (s64)below(run, 50) - 25);
		break;
	case 3: state_store(b, 0, -(s32)(8 * (1 + below(run, 4))), 8, v); break;
	default: break;
	}
}

/* Inclusion against the machine: a copy with less, perhaps with something more, too. */
static bool check_inclusion(struct run *run)
{
	bool is_weaker = below(run, 2) == 0, is_included, may_be;
	const struct packed *packed;
	const char *what;

	state_copy(run->other, run->state);
	state_canonical(run->other);
	for (u64 i = below(run, 4); i > 0; i--)
		weaken(run, run->other);
	for (u64 i = is_weaker ? 0 : 1 + below(run, 2); i > 0; i--)
		strengthen(run, run->other);
	state_canonical(run->other);
	state_copy(run->spare, run->state);
	packed = state_pack(run->other, run->packed);
	state_unpack(packed, run->unpacked);
	may_be = state_may_leq(run->spare, packed, &run->hint);
	is_included = state_leq(run->spare, run->unpacked, LEQ_INSIDE, NULL, run->map);
	run->known.included += is_included;
	run->known.ruled_out += !may_be;
	if (is_included && !may_be) {
		snprintf(run->what, sizeof(run->what), "the cheap test rules out too much");
		return false;
	}
	what = holds(&run->m, run->spare);
	if (what == NULL && is_included)
		what = holds(&run->m, run->other);
	if (what == NULL && is_weaker && !is_included)
		what = "a weaker state does not include it";
	if (what != NULL)
		snprintf(run->what, sizeof(run->what), "inclusion: %s", what);
	return what == NULL;
}

/* A number in the register, of which more or less is known. */
static void make_number(struct run *run, u32 reg)
{
	u64 n = interesting(run), other = interesting(run);
	struct scalar is = scalar_const(n), to = scalar_const(other);

	is = below(run, 3) == 0 ? scalar_top() : scalar_join(&is, &to);
	run->m.r[reg] = n;
	run->state->regs[reg] = value_number(&is);
}

static void start(struct run *run)
{
	struct state *state = run->state;
	struct machine *m = &run->m;

	state_init(state);
	for (u32 i = 0; i < sizeof(m->stack); i++)
		m->stack[i / PROG_FRAME_SIZE][i % PROG_FRAME_SIZE] = (u8)next_random(&run->seed);
	m->depth = 0;
	m->frame_of[0] = 0;
	memset(m->entry_known, 0, sizeof(m->entry_known));
	for (u32 i = 0; i < sizeof(m->packet); i++)
		m->packet[i] = (u8)next_random(&run->seed);
	m->len = below(run, 64);
	m->meta = below(run, 16);
	for (u32 reg = 0; reg < 9; reg++)
		make_number(run, reg);
	m->r[6] = DATA;
	state->regs[6] = value_pointer(VALUE_PACKET, 0);
	m->r[7] = DATA + m->len;
	state->regs[7] = value_pointer(VALUE_PACKET_END, 0);
	/* Or NULL. */
	m->r[8] = below(run, 2) != 0 ? MAP_VALUE : 0;
	state->regs[8] = value_pointer(VALUE_MAP_VALUE, 0);
	state->regs[8].size = VALUE_SIZE;
	state->regs[8].flags = VALUE_NULLABLE;
	state->regs[8].id = state_new_id(state);
	m->r[9] = CTX;
	state->regs[9] = value_pointer(VALUE_CTX, 0);
	m->r[BPF_REG_FP] = STACK_TOP;
	state_havoc(state, 0, -64, 64, true);
}

static u64 bits_of(u64 n)
{
	return n == 0 ? 0 : 64 - (u64)__builtin_clzll(n);
}

/* How much the state says. */
static void measure(struct run *run)
{
	const struct state *state = run->state;

	for (u32 i = 0; i < state_value_count(state); i++) {
		const struct value *v = state_value_const(state, i);
		const struct scalar *n = &v->n;

		if (v->type == VALUE_NONE)
			continue;
		run->known.bits +=
			320 - bits_of(n->umax - n->umin) - bits_of((u64)n->smax - (u64)n->smin) -
			bits_of(n->umax32 - n->umin32) - bits_of((u32)n->smax32 - (u32)n->smin32) -
			(u64)__builtin_popcountll(n->bits.mask);
		if (v->sym != SYM_ZERO)
			run->known.relations += 64 - bits_of((u64)v->dhi - (u64)v->dlo);
	}
	for (u32 i = 0; i < DIFF_ROWS * DIFF_ROWS; i++) {
		u32 a = state->diff.sym[i / DIFF_ROWS], b = state->diff.sym[i % DIFF_ROWS];
		s64 c = state->diff.bound[i / DIFF_ROWS][i % DIFF_ROWS];

		if (a == 0 || b == 0 || c == DIFF_NONE)
			continue;
		run->known.relations++;
		run->known.slack += MAX(MIN(c, 1 << 16), -(1 << 16));
	}
}

/* One instruction on both. False: they disagree. */
static bool step(struct run *run)
{
	struct machine before = run->m;
	bool taken = false, feasible[2], is_inside;
	const char *what;

	run->steps++;
	state_copy(run->spare, run->state);
	if (run->insn.kind == INSN_JUMP_IF) {
		if (transfer_branch(&run->t, run->state, 0, run->other, feasible) != TRANSFER_OK) {
			state_copy(run->state, run->spare);
			run->refused++;
			return true;
		}
		(void)execute(&run->m, &run->insn, &taken);
		if (!feasible[taken ? CFG_TARGET : CFG_NEXT]) {
			snprintf(run->what, sizeof(run->what),
				 "a branch that is gone is ruled out");
			return false;
		}
		run->known.dead += !feasible[CFG_NEXT] || !feasible[CFG_TARGET];
		if (taken)
			state_copy(run->state, run->other);
	} else {
		if (transfer_insn(&run->t, run->state, 0) != TRANSFER_OK) {
			state_copy(run->state, run->spare);
			run->refused++;
			return true;
		}
		is_inside = execute(&run->m, &run->insn, &taken);
		/* An unused result of an uninitialised read is as good as any. */
		if (!is_inside) {
			run->m = before;
			snprintf(run->what, sizeof(run->what), "an access outside is accepted");
			return false;
		}
	}
	measure(run);
	what = holds(&run->m, run->state);
	if (what != NULL)
		snprintf(run->what, sizeof(run->what), "%s", what);
	return what == NULL;
}

static bool complain(struct run *run, const char *when, const char *what)
{
	snprintf(run->what, sizeof(run->what), "%s: %s", when, what);
	return false;
}

static bool step_call(struct run *run);

static bool run_some(struct run *run, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		u64 seed;

		make_insn(run);
		if (!step(run))
			return false;
		/* How much of it is random depends on what is known; the instructions do not. */
		seed = run->seed;
		if (below(run, 8) == 0 && !check_inclusion(run))
			return false;
		run->seed = seed + 1;
		if (below(run, 20) == 0 || run->state->next_sym > SYMS - 300)
			state_canonical(run->state);
		if (run->m.depth + 1 < DEPTH && below(run, 12) == 0 && !step_call(run))
			return false;
	}
	return true;
}

/* The instance's state of entry, which includes what the call made, for run->state. */
static const char *enter_call(struct run *run, struct call *call)
{
	const struct call_link *link = &call->link;
	struct machine *m = &run->m;
	struct names names;
	u32 frames[STATE_FRAMES];
	const char *what;

	state_copy(&call->entry, run->t.callee);
	transfer_entry_names(&call->entry);
	state_unpack(state_pack(&call->entry, run->packed), run->state);
	state_copy(run->spare, run->t.callee);
	if (!state_leq(run->spare, run->state, LEQ_ENTRY, NULL, &call->map))
		return "its own entry does not include it";
	for (u32 i = 0; i < link->frame_count; i++)
		frames[i] = m->frame_of[link->frames[i]];
	m->depth++;
	frames[link->frame_count] = m->depth;
	memcpy(m->frame_of, frames, sizeof(frames));
	m->r[BPF_REG_FP] = STACK_TOP - m->depth * FRAME_GAP;
	memset(m->entry_known, 0, sizeof(m->entry_known));
	what = holds(m, run->state);
	names_of(m, run->state, &names);
	memcpy(m->entry_known, names.is_known, sizeof(m->entry_known));
	memcpy(m->entry_is, names.is, sizeof(m->entry_is));
	return what;
}

/* Back from the function, with what its exit says after it was kept. */
static const char *leave_call(struct run *run, struct call *call)
{
	struct machine before = call->machine;
	struct machine *m = &run->m;

	run->t.kind = INSTANCE_CALL;
	if (transfer_exit(&run->t, run->state, 0) != TRANSFER_OK)
		return "it cannot be left";
	state_canonical(run->state);
	state_unpack(state_pack(run->state, run->packed), &call->exit);
	if (transfer_return(&run->t, &call->caller, &call->exit, &call->map, &call->link) !=
	    TRANSFER_OK)
		return "a way back that is gone is ruled out";
	state_copy(run->state, &call->caller);
	for (u32 reg = 6; reg < BPF_REG_COUNT; reg++)
		m->r[reg] = before.r[reg];
	m->depth = before.depth;
	memcpy(m->frame_of, before.frame_of, sizeof(m->frame_of));
	memcpy(m->entry_known, before.entry_known, sizeof(m->entry_known));
	memcpy(m->entry_is, before.entry_is, sizeof(m->entry_is));
	for (u32 reg = 1; reg <= 5; reg++)
		make_number(run, reg);
	measure(run);
	return holds(m, run->state);
}

/* A function of a few random instructions; which of r1 to r5 it gets is random, too. */
static bool step_call(struct run *run)
{
	struct call *call = &run->calls[run->m.depth];
	const char *what;

	run->subprog.args = (u16)(below(run, 32) << 1);
	run->insn = (struct insn){ .kind = INSN_CALL_LOCAL, .off = -1 };
	call->machine = run->m;
	if (transfer_insn(&run->t, run->state, 0) != TRANSFER_CALL)
		return complain(run, "call", "refused");
	state_copy(&call->caller, run->state);
	call->link = run->t.link;
	what = enter_call(run, call);
	if (what != NULL)
		return complain(run, "entry", what);
	if (!run_some(run, 3 + (u32)below(run, 6)))
		return false;
	what = leave_call(run, call);
	return what == NULL || complain(run, "return", what);
}

static bool run_one(struct run *run, u64 seed)
{
	run->seed = seed;
	start(run);
	return run_some(run, 60);
}

/* The sums of the first rounds are no worse than they were. */
static bool is_precise(const struct known *known)
{
	static const struct known least = { 185755387, 3978024, 4482, 15255, 1791, 23430403782 };

	printf("# known: { %llu, %llu, %llu, %llu, %llu, %lld }\n", known->bits, known->relations,
	       known->dead, known->included, known->ruled_out, known->slack);
	return known->bits >= least.bits && known->relations >= least.relations &&
	       known->dead >= least.dead && known->included >= least.included &&
	       known->ruled_out >= least.ruled_out && known->slack <= least.slack;
}

static void test_random(void)
{
	static const struct prog_subprog whole = { .name = "f", .count = 1 };
	static struct prog_map map;
	struct run *run = mem_zalloc(sizeof(*run));
	struct state *states = mem_zalloc_array(5, sizeof(*states));
	struct call *calls = mem_zalloc_array(DEPTH, sizeof(*calls));
	void *packed = mem_zalloc(STATE_PACK_MAX);
	struct state_map *scratch = mem_zalloc(sizeof(*scratch));
	struct check_policy policy;
	const char *asked = getenv("CHECK_RANDOM_ROUNDS");
	u64 rounds = asked != NULL ? strtoull(asked, NULL, 0) : 4000;

	CHECK(run != NULL && states != NULL && scratch != NULL && calls != NULL && packed != NULL);
	check_policy_default(&policy);
	map = (struct prog_map){ .name = "m",
				 .key_size = 4,
				 .value_size = VALUE_SIZE,
				 .max_entries = 1,
				 .is_global = true };
	run->state = &states[0];
	run->spare = &states[1];
	run->other = &states[2];
	run->unpacked = &states[3];
	run->map = scratch;
	run->calls = calls;
	run->packed = packed;
	run->cfg.subprogs = &run->subprog;
	run->prog = (struct prog){ .dialect = DIALECT_LINUX,
				   .type = spec_prog_type_by_name(DIALECT_LINUX, "xdp"),
				   .insns = &run->insn,
				   .insn_count = 1,
				   .subprogs = &whole,
				   .subprog_count = 1,
				   .maps = &map,
				   .map_count = 1 };
	transfer_init(&run->t, &run->prog, &run->cfg, &policy, &states[4]);
	for (u64 i = 0; i < rounds; i++) {
		if (i == PRECISE_ROUNDS)
			CHECK(is_precise(&run->known));
		if (run_one(run, i))
			continue;
		printf("# seed %llu, step %llu: %s; kind %u op %u width %u size %u flags %u dst %u "
		       "src %u off "
		       "%d imm %lld\n",
		       i, run->steps, run->what, run->insn.kind, run->insn.op, run->insn.width,
		       run->insn.size, run->insn.flags, run->insn.dst, run->insn.src, run->insn.off,
		       run->insn.imm);
		CHECK(false);
	}
	printf("# %llu steps, %llu refused\n", run->steps, run->refused);
out:
	mem_free(run);
	mem_free(states);
	mem_free(scratch);
	mem_free(calls);
	mem_free(packed);
}

TAP_MAIN(TAP_TEST(test_random))
