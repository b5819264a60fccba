/* SPDX-License-Identifier: MIT */
/* Random instructions, executed on numbers and on states at once: what happens must be among what
 * the state says, and what is accepted must stay inside the memory that is there. */
#include "cfg_fixture.h"
#include "check/transfer.h"
#include "isa/semantics.h"
#include "spec/spec.h"

#define STACK_TOP  0x7f0000001000ull
#define DATA	   0x100000002000ull
#define CTX	   0x200000000000ull
#define MAP_VALUE  0x300000000000ull
#define VALUE_SIZE 16
#define SYMS	   400

struct machine {
	u64 r[BPF_REG_COUNT];
	u8 stack[PROG_FRAME_SIZE];
	u8 packet[128]; /* metadata, then data */
	u8 value[VALUE_SIZE];
	u64 len, meta;
};

struct run {
	struct machine m;
	struct state *state, *spare, *other;
	struct state_map *map;
	struct transfer t;
	struct prog prog;
	struct insn insn;
	u64 seed;
	u64 steps, refused, included;
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

/* The bytes at an address; NULL: nothing is there. */
static u8 *memory(struct machine *m, u64 addr, u32 size)
{
	if (addr >= STACK_TOP - PROG_FRAME_SIZE && addr + size <= STACK_TOP)
		return &m->stack[addr - (STACK_TOP - PROG_FRAME_SIZE)];
	if (addr >= DATA - m->meta && addr + size <= DATA + m->len)
		return &m->packet[addr - (DATA - m->meta)];
	if (addr >= MAP_VALUE && addr + size <= MAP_VALUE + VALUE_SIZE)
		return &m->value[addr - MAP_VALUE];
	return NULL;
}

static u64 get(const u8 *from, u32 size)
{
	u64 n = 0;

	memcpy(&n, from, size);
	return n;
}

/* Executes; false: outside of memory. *ret_taken: of jumps.
 * lint: long-function, a case for each kind of instruction */
static bool execute(struct machine *m, const struct insn *insn, bool *ret_taken)
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

/* What symbols stand for, as far as values tell. */
struct names {
	bool is_known[SYMS];
	s64 is[SYMS];
};

/* The number or offset of v when it is x. False: x is no such pointer. */
static bool offset_of(const struct machine *m, const struct value *v, u64 x, s64 *ret)
{
	u64 base = 0;

	switch ((enum value_type)v->type) {
	case VALUE_NUMBER: break;
	case VALUE_CTX: base = CTX; break;
	case VALUE_STACK: base = STACK_TOP; break;
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

static bool low_holds(const struct machine *m, const struct value *v, u64 x)
{
	struct value p = *v;
	s64 at;

	/* Only constant offsets are looked at. */
	p.type = (u8)v->region;
	return !offset_of(m, &p, 0, &at) || v->n.smin != v->n.smax ||
	       x == (u32)((u64)v->n.smin - (u64)at);
}

static bool value_holds(const struct machine *m, const struct names *names, const struct value *v,
			u64 x)
{
	s64 at, least, most;

	if (v->type == VALUE_NONE)
		return true;
	if (v->type == VALUE_PACKET_LOW)
		return low_holds(m, v, x);
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

static u64 concrete(const struct machine *m, const struct state *state, u32 i)
{
	const struct cell *cell;

	if (i < BPF_REG_COUNT)
		return m->r[i];
	cell = &state->cells[i - BPF_REG_COUNT];
	return get(&m->stack[cell->off + PROG_FRAME_SIZE], cell->size);
}

/* NULL: the machine is in the state. Otherwise what is wrong. */
static const char *holds(const struct machine *m, const struct state *state)
{
	struct names names = { 0 };
	static char text[100];

	names.is_known[SYM_ZERO] = names.is_known[SYM_LEN] = names.is_known[SYM_META] = true;
	names.is[SYM_LEN] = (s64)m->len;
	names.is[SYM_META] = (s64)m->meta;
	for (u32 i = 0; i < state_value_count(state); i++) {
		const struct value *v = state_value_const(state, i);
		s64 at;

		if (v->sym >= SYMS || v->sym < SYM_FREE || v->dlo != v->dhi ||
		    names.is_known[v->sym] || !offset_of(m, v, concrete(m, state, i), &at) ||
		    __builtin_sub_overflow(at, v->dlo, &names.is[v->sym]))
			continue;
		names.is_known[v->sym] = true;
	}
	for (u32 i = 0; i < state_value_count(state); i++) {
		if (value_holds(m, &names, state_value_const(state, i), concrete(m, state, i)))
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
	bool is_weaker = below(run, 2) == 0, is_included;
	const char *what;

	state_copy(run->other, run->state);
	state_canonical(run->other);
	for (u64 i = below(run, 4); i > 0; i--)
		weaken(run, run->other);
	for (u64 i = is_weaker ? 0 : 1 + below(run, 2); i > 0; i--)
		strengthen(run, run->other);
	state_canonical(run->other);
	state_copy(run->spare, run->state);
	is_included = state_leq(run->spare, run->other, LEQ_INSIDE, NULL, run->map);
	run->included += is_included && !is_weaker;
	what = holds(&run->m, run->spare);
	if (what == NULL && is_included)
		what = holds(&run->m, run->other);
	if (what == NULL && is_weaker && !is_included)
		what = "a weaker state does not include it";
	if (what != NULL)
		snprintf(run->what, sizeof(run->what), "inclusion: %s", what);
	return what == NULL;
}

static void start(struct run *run)
{
	struct state *state = run->state;
	struct machine *m = &run->m;

	state_init(state);
	for (u32 i = 0; i < PROG_FRAME_SIZE; i++)
		m->stack[i] = (u8)next_random(&run->seed);
	for (u32 i = 0; i < sizeof(m->packet); i++)
		m->packet[i] = (u8)next_random(&run->seed);
	m->len = below(run, 64);
	m->meta = below(run, 16);
	for (u32 reg = 0; reg < 9; reg++) {
		u64 other = interesting(run);
		struct scalar n, to = scalar_const(other);

		m->r[reg] = interesting(run);
		n = scalar_const(m->r[reg]);
		n = below(run, 3) == 0 ? scalar_top() : scalar_join(&n, &to);
		state->regs[reg] = value_number(&n);
	}
	m->r[6] = DATA;
	state->regs[6] = value_pointer(VALUE_PACKET, 0);
	m->r[7] = DATA + m->len;
	state->regs[7] = value_pointer(VALUE_PACKET_END, 0);
	m->r[9] = CTX;
	state->regs[9] = value_pointer(VALUE_CTX, 0);
	m->r[BPF_REG_FP] = STACK_TOP;
	state_havoc(state, 0, -64, 64, true);
}

/* One instruction on both. False: they disagree. */
static bool step(struct run *run)
{
	struct machine before = run->m;
	bool taken = false, feasible[2], is_inside;
	const char *what;

	make_insn(run);
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
	what = holds(&run->m, run->state);
	if (what != NULL)
		snprintf(run->what, sizeof(run->what), "%s", what);
	return what == NULL;
}

static bool run_one(struct run *run, u64 seed)
{
	run->seed = seed;
	start(run);
	for (u32 i = 0; i < 60; i++) {
		if (!step(run))
			return false;
		if (below(run, 8) == 0 && !check_inclusion(run))
			return false;
		if (below(run, 20) == 0)
			state_canonical(run->state);
		if (run->state->next_sym > SYMS - 20)
			return true;
	}
	return true;
}

static void test_random(void)
{
	static struct prog_map map;
	struct run *run = mem_zalloc(sizeof(*run));
	struct state *states = mem_zalloc_array(3, sizeof(*states));
	struct state_map *scratch = mem_zalloc(sizeof(*scratch));
	struct check_policy policy;
	const char *asked = getenv("CHECK_RANDOM_ROUNDS");
	u64 rounds = asked != NULL ? strtoull(asked, NULL, 0) : 20000;

	CHECK(run != NULL && states != NULL && scratch != NULL);
	check_policy_default(&policy);
	map = (struct prog_map){ .name = "m",
				 .key_size = 4,
				 .value_size = VALUE_SIZE,
				 .max_entries = 1,
				 .is_global = true };
	run->state = &states[0];
	run->spare = &states[1];
	run->other = &states[2];
	run->map = scratch;
	run->prog = (struct prog){ .dialect = DIALECT_LINUX,
				   .type = spec_prog_type_by_name(DIALECT_LINUX, "xdp"),
				   .insns = &run->insn,
				   .insn_count = 1,
				   .maps = &map,
				   .map_count = 1 };
	transfer_init(&run->t, &run->prog, NULL, &policy, NULL);
	for (u64 i = 0; i < rounds; i++) {
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
	printf("# %llu steps, %llu refused, %llu inclusions of other states\n", run->steps,
	       run->refused, run->included);
out:
	mem_free(run);
	mem_free(states);
	mem_free(scratch);
}

TAP_MAIN(TAP_TEST(test_random))
