/* SPDX-License-Identifier: MIT */
/* What arithmetic leaves of the relation between a result and its operands: r1 = s1 and r2 = s2
 * before, unless they are constants. */
#include "check/transfer.h"

#include "cfg_fixture.h"

#define S1  200
#define S2  201
#define U32 ((s64)UINT32_MAX)
#define NO  SYM_ZERO, 0, 0, false
#undef MAX
#undef MIN
#define MAX INT64_MAX
#define MIN INT64_MIN

struct row {
	const char *text;
	s64 lo1, hi1, lo2, hi2;
	/* r1 is sym + [dlo, dhi] afterwards, and perhaps at most half of what it was. */
	u32 sym;
	s64 dlo, dhi;
	bool halved;
};

/* clang-format off */
static const struct row rows[] = {
	/* sums */
	{ "r1 += r2", 0, 10, 1, 5, S1, 1, 5, false },
	{ "r1 += 5", 0, 10, 0, 0, S1, 5, 5, false },
	{ "r1 += -3", 0, 10, 0, 0, S1, -3, -3, false },
	{ "r1 += r2", 0, MAX, 0, 1, NO },
	{ "r1 += r2", 0, MAX - 1, 0, 1, S1, 0, 1, false },
	{ "r1 += r2", MIN, 0, -1, 0, NO },
	{ "r1 += r2", 7, 7, 0, 9, S2, 7, 7, false },
	{ "r1 += r2", -7, -7, 0, 9, S2, -7, -7, false },
	{ "r1 += r1", 0, 10, 0, 0, NO },
	{ "w1 += w2", 0, 10, 1, 5, S1, 1, 5, false },
	{ "w1 += w2", 0, U32 - 5, 1, 5, S1, 1, 5, false },
	{ "w1 += w2", 0, U32 - 4, 1, 5, NO },
	{ "w1 += 0", 0, U32, 0, 0, S1, 0, 0, false },
	{ "w1 += 0", 0, U32 + 1, 0, 0, NO },
	{ "w1 += 0", -1, 5, 0, 0, NO },
	{ "w1 += -1", 1, 10, 0, 0, S1, -1, -1, false },
	{ "w1 += -1", 0, 10, 0, 0, NO },
	{ "w1 += w2", 0, 10, -5, -1, NO },
	{ "w1 += w2", 0, 10, 0, U32 + 1, NO },
	{ "w1 += w2", 7, 7, 0, 9, S2, 7, 7, false },
	{ "w1 += w2", 7, 7, 0, U32 + 1, NO },
	{ "w1 += w2", 7, 7, -1, 9, NO },
	{ "w1 += w2", 0, 0, 0, U32, S2, 0, 0, false },
	{ "w1 += w2", -1, -1, 1, 9, S2, -1, -1, false },
	{ "w1 += w2", -1, -1, 0, 9, NO },
	{ "w1 += w2", U32, U32, 1, 9, S2, -1, -1, false },
	{ "w1 += w2", 1, 10, U32, U32, S1, -1, -1, false },
	{ "w1 += w2", 0, 10, U32 + 1, U32 + 6, S1, 0, 5, false },
	{ "w1 += w2", 0, 10, U32 + 1, U32 + 1, S1, 0, 0, false },
	/* differences */
	{ "r1 -= r2", 10, 20, 1, 5, S1, -5, -1, false },
	{ "r1 -= r2", 10, 20, MIN, 5, NO },
	{ "r1 -= 5", 10, 20, 0, 0, S1, -5, -5, false },
	{ "w1 -= w2", 10, 20, 1, 5, S1, -5, -1, false },
	{ "w1 -= w2", 5, 20, 1, 5, S1, -5, -1, false },
	{ "w1 -= w2", 4, 20, 1, 5, NO },
	{ "w1 -= 3", 3, 20, 0, 0, S1, -3, -3, false },
	{ "w1 -= 3", 2, 20, 0, 0, NO },
	{ "w1 -= -1", 0, 10, 0, 0, S1, 1, 1, false },
	{ "w1 -= w2", 10, 20, -5, -1, S1, 1, 5, false },
	{ "w1 -= w2", 0, U32, -5, -1, NO },
	{ "w1 -= w2", 0, 10, U32, U32, S1, 1, 1, false },
	{ "w1 -= w2", 10, 20, 0, U32 + 1, NO },
	{ "r1 -= r1", 0, 10, 0, 0, NO },
	{ "r1 ^= r1", 0, 10, 0, 0, NO },
	/* what only gets smaller */
	{ "r1 >>= 1", 0, 100, 0, 0, S1, -100, 0, true },
	{ "r1 >>= 1", 1, 100, 0, 0, S1, -100, -1, true },
	{ "r1 >>= 1", 2, 100, 0, 0, S1, -100, -1, true },
	{ "r1 >>= 0", 1, 100, 0, 0, S1, -100, 0, false },
	{ "r1 >>= 1", -1, 100, 0, 0, NO },
	{ "r1 >>= r2", 1, 100, 1, 63, S1, -100, -1, true },
	{ "r1 >>= r2", 1, 100, 0, 63, S1, -100, 0, false },
	{ "r1 >>= r2", 1, 100, 1, 64, S1, -100, 0, false },
	{ "w1 >>= w2", 1, 100, 1, 31, S1, -100, -1, true },
	{ "w1 >>= w2", 1, 100, 1, 32, S1, -100, 0, false },
	{ "w1 >>= 1", 1, U32, 0, 0, S1, -U32, -1, true },
	{ "w1 >>= 1", 1, U32 + 1, 0, 0, NO },
	{ "r1 >>= 1", 5, 5, 0, 0, NO },
	{ "r1 /= 1", 1, 100, 0, 0, S1, -100, 0, false },
	{ "r1 /= 2", 1, 100, 0, 0, S1, -100, -1, true },
	{ "r1 /= 3", 0, 100, 0, 0, S1, -100, 0, true },
	{ "r1 /= r2", 1, 100, 2, 5, S1, -100, -1, true },
	{ "r1 /= r2", 1, 100, 1, 5, S1, -100, 0, false },
	{ "r1 /= r2", 1, 100, U32 + 2, U32 + 2, S1, -100, -1, true },
	{ "w1 /= w2", 1, 100, U32 + 2, U32 + 2, S1, -100, 0, false },
	{ "w1 /= w2", 1, 100, U32 + 3, U32 + 3, S1, -100, -1, true },
	{ "r1 %= 7", 1, 100, 0, 0, S1, -100, 0, false },
	{ "r1 &= 7", 1, 100, 0, 0, S1, -100, 0, false },
	{ "r1 &= r2", 0, 9, 0, 8, S1, -9, 0, false },
	{ "r1 &= r2", 7, 7, 0, 8, S2, -8, 0, false },
	{ "r1 &= r2", -5, 5, 0, 8, S2, -8, 0, false },
	{ "r1 &= r2", 0, 9, -5, 8, S1, -9, 0, false },
	{ "r1 &= r2", -5, 9, -5, 8, NO },
	{ "w1 &= w2", 0, U32 + 1, 1, 8, NO },
	{ "r1 |= 1", 0, 9, 0, 0, NO },
	{ "r1 *= 2", 0, 9, 0, 0, NO },
	{ "r1 <<= 1", 0, 9, 0, 0, NO },
	{ "r1 s>>= 1", 0, 9, 0, 0, NO },
	{ "r1 s/= 2", 0, 9, 0, 0, NO },
	{ "r1 s%= 2", 0, 9, 0, 0, NO },
	{ "r1 = -r1", 0, 9, 0, 0, NO },
	/* copies */
	{ "r1 = r2", 0, 0, MIN, MAX, S2, 0, 0, false },
	{ "w1 = w2", 0, 0, 0, U32, S2, 0, 0, false },
	{ "w1 = w2", 0, 0, 0, U32 + 1, NO },
	{ "w1 = w2", 0, 0, -1, 5, NO },
	{ "r1 = (s8)r2", 0, 0, -128, 127, S2, 0, 0, false },
	{ "r1 = (s8)r2", 0, 0, -128, 128, NO },
	{ "r1 = (s8)r2", 0, 0, -129, 127, NO },
	{ "r1 = (s16)r2", 0, 0, -32768, 32767, S2, 0, 0, false },
	{ "r1 = (s16)r2", 0, 0, -32768, 32768, NO },
	{ "r1 = (s32)r2", 0, 0, INT32_MIN, INT32_MAX, S2, 0, 0, false },
	{ "r1 = (s32)r2", 0, 0, 0, 1ll << 31, NO },
	{ "r1 = (s32)r2", 0, 0, INT32_MIN - 1ll, 0, NO },
	{ "w1 = (s8)w2", 0, 0, 0, 127, S2, 0, 0, false },
	{ "w1 = (s8)w2", 0, 0, -1, 127, NO },
	{ "w1 = (s16)w2", 0, 0, 0, 32767, S2, 0, 0, false },
	{ "w1 = (s16)w2", 0, 0, 0, 32768, NO },
	{ "r1 = le16 r1", 0, 9, 0, 0, NO },
};
/* clang-format on */

struct bench {
	struct cfg_fixture f;
	struct check_policy policy;
	struct transfer t;
	struct state *state, *spare;
};

static bool bench_init(struct bench *b)
{
	*b = (struct bench){ 0 };
	b->state = mem_zalloc(sizeof(*b->state));
	b->spare = mem_zalloc(sizeof(*b->spare));
	check_policy_default(&b->policy);
	return b->state != NULL && b->spare != NULL;
}

static void bench_fini(struct bench *b)
{
	mem_free(b->state);
	mem_free(b->spare);
	fixture_fini(&b->f);
}

static struct value operand(s64 lo, s64 hi, u32 sym)
{
	struct scalar n = scalar_range_s(lo, hi);
	struct value v = value_number(&n);

	if (lo != hi) {
		v.sym = sym;
		v.dlo = v.dhi = 0;
	}
	return v;
}

/* Executes one instruction on b->state. */
static bool bench_run(struct bench *b, const char *text)
{
	char program[100];
	bool is_ok;

	fixture_fini(&b->f);
	snprintf(program, sizeof(program), "%s\nexit\n", text);
	if (fixture_text(&b->f, program) != 0)
		return false;
	b->f.prog.dialect = DIALECT_LINUX;
	b->f.prog.type = spec_prog_type_by_name(DIALECT_LINUX, "xdp");
	transfer_init(&b->t, &b->f.prog, b->f.cfg, &b->policy, b->spare);
	is_ok = transfer_insn(&b->t, b->state, 0) == TRANSFER_OK;
	return is_ok;
}

static void bench_set(struct bench *b, s64 lo1, s64 hi1, s64 lo2, s64 hi2)
{
	state_init(b->state);
	b->state->next_sym = 300;
	b->state->regs[1] = operand(lo1, hi1, S1);
	b->state->regs[2] = operand(lo2, hi2, S2);
}

static void test_relations(void)
{
	struct bench b;
	u32 failed = 0;

	CHECK(bench_init(&b));
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		const struct value *v = &b.state->regs[1];
		bool is_halved;

		bench_set(&b, row->lo1, row->hi1, row->lo2, row->hi2);
		CHECK(bench_run(&b, row->text));
		is_halved = (v->flags & VALUE_HALVED) != 0;
		if (v->sym == row->sym && is_halved == row->halved &&
		    (row->sym == SYM_ZERO ? v->dlo == v->n.smin && v->dhi == v->n.smax
					  : v->dlo == row->dlo && v->dhi == row->dhi))
			continue;
		printf("# row %zu, %s: symbol %u + [%lld, %lld]%s\n", i, row->text, v->sym, v->dlo,
		       v->dhi, is_halved ? ", halved" : "");
		failed++;
	}
	CHECK_EQ(failed, 0);
out:
	bench_fini(&b);
}

/* What is known between the operands bounds their difference. */
static void test_differences(void)
{
	static const struct {
		const char *text;
		s64 lo, hi;
	} cases[] = { { "r1 -= r2", -2, 3 }, { "w1 -= w2", 0, U32 } };
	struct bench b;

	CHECK(bench_init(&b));
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		for (s64 least = 0; least < 2; least++) {
			const struct value *v = &b.state->regs[1];

			bench_set(&b, 0, 1000, 0, 1000);
			CHECK(diff_add(&b.state->diff, S1, S2, 3));
			CHECK(diff_add(&b.state->diff, S2, S1, least == 0 ? 2 : -1));
			CHECK(bench_run(&b, cases[i].text));
			if (i == 1 && least == 0) /* below 0 it wraps */
				CHECK(v->n.umax == UINT32_MAX);
			else
				CHECK(v->n.smin == (least == 0 ? -2 : 1) && v->n.smax == 3);
		}
	}
	/* Where it may leave s64 it is not what the symbols say. */
	for (size_t i = 0; i < 2; i++) {
		bench_set(&b, i == 0 ? 0 : MIN, i == 0 ? MAX : 0, i == 0 ? -5 : 0, i == 0 ? 0 : 5);
		CHECK(bench_run(&b, "r1 -= r2"));
		CHECK(b.state->regs[1].n.smin == MIN && b.state->regs[1].n.smax == MAX);
	}
	bench_set(&b, 0, MAX, 0, 5);
	CHECK(bench_run(&b, "r1 -= r2"));
	CHECK(b.state->regs[1].n.smin == -5 && b.state->regs[1].n.smax == MAX);
	/* Of 32 bits when both are: otherwise it is not their difference. */
	bench_set(&b, 0, U32 + 1000, 0, 1000);
	CHECK(diff_add(&b.state->diff, S1, S2, 3));
	CHECK(diff_add(&b.state->diff, S2, S1, -1));
	CHECK(bench_run(&b, "w1 -= w2"));
	CHECK(b.state->regs[1].n.umax > 3);
	bench_set(&b, 0, 1000, 0, U32 + 1000);
	CHECK(diff_add(&b.state->diff, S1, S2, 3));
	CHECK(diff_add(&b.state->diff, S2, S1, -1));
	CHECK(bench_run(&b, "w1 -= w2"));
	CHECK(b.state->regs[1].n.umax > 3);
	bench_set(&b, 0, 1000, -1000, 1000);
	CHECK(diff_add(&b.state->diff, S1, S2, 3));
	CHECK(diff_add(&b.state->diff, S2, S1, -1));
	CHECK(bench_run(&b, "w1 -= w2"));
	CHECK(b.state->regs[1].n.umax > 3);
out:
	bench_fini(&b);
}

/* x & (x - 1), and halves of halves. */
static void test_symbols(void)
{
	struct bench b;
	struct value *v, *w;

	CHECK(bench_init(&b));
	v = &b.state->regs[1];
	w = &b.state->regs[2];
	bench_set(&b, 1, 100, 0, 99);
	w->sym = S1;
	w->dlo = w->dhi = -1;
	CHECK(bench_run(&b, "r1 &= r2"));
	CHECK(v->sym == S1 && v->dhi == -1);
	bench_set(&b, 1, 100, 0, 99);
	w->sym = S1;
	w->dlo = w->dhi = 1;
	CHECK(bench_run(&b, "r1 &= r2"));
	CHECK(v->sym == S1 && v->dhi == 0);
	/* Halves stay halves. */
	bench_set(&b, 1, 100, 0, 99);
	v->flags = VALUE_HALVED;
	v->dlo = -100;
	CHECK(bench_run(&b, "r1 &= 7"));
	CHECK(v->sym == S1 && (v->flags & VALUE_HALVED) != 0);
	bench_set(&b, 1, 100, 0, 99);
	v->flags = VALUE_HALVED;
	v->dlo = -100;
	CHECK(bench_run(&b, "r1 += 1"));
	CHECK((v->flags & VALUE_HALVED) == 0);
	/* Half of what is below its symbol is not half of the symbol. */
	bench_set(&b, 1, 100, 0, 99);
	v->dhi = 5;
	CHECK(bench_run(&b, "r1 >>= 1"));
	CHECK(v->sym == S1 && v->dhi == 4 && (v->flags & VALUE_HALVED) == 0);
	bench_set(&b, 1, 100, 0, 99);
	v->dlo = -5;
	CHECK(bench_run(&b, "r1 >>= 1"));
	CHECK(v->sym == S1 && (v->flags & VALUE_HALVED) == 0);
	/* Too far below its symbol to say how far a smaller number is. */
	for (s64 far = 99; far <= 100; far++) {
		bench_set(&b, 1, 100, 0, 99);
		v->dlo = MIN + far;
		v->dhi = 0;
		CHECK(bench_run(&b, "r1 >>= 1"));
		CHECK_EQ(v->sym, far < 100 ? SYM_ZERO : S1);
		CHECK_EQ(v->dlo, far < 100 ? 0 : MIN);
		CHECK_EQ(v->dhi, far < 100 ? 50 : -1);
	}
out:
	bench_fini(&b);
}

/* The names that operands get. */
static void test_names(void)
{
	struct bench b;
	struct value *v, *w;

	CHECK(bench_init(&b));
	v = &b.state->regs[1];
	w = &b.state->regs[2];
	/* A copy and what it was copied from share a symbol from then on. */
	bench_set(&b, 0, 1, 0, 99);
	value_forget(w);
	CHECK(bench_run(&b, "r1 = r2"));
	CHECK(v->sym == w->sym && v->sym >= SYM_FREE && v->dlo == 0 && v->dhi == 0);
	bench_set(&b, 0, 1, 0, 99);
	value_forget(w);
	CHECK(bench_run(&b, "r1 = (s8)r2"));
	CHECK(v->sym == w->sym && v->sym >= SYM_FREE);
	bench_set(&b, 0, 1, 0, 99);
	value_forget(w);
	CHECK(bench_run(&b, "w1 = w2"));
	CHECK(v->sym == w->sym && v->sym >= SYM_FREE);
	/* So do an offset and the number that it was moved by. */
	bench_set(&b, 0, 1, 0, 99);
	value_forget(w);
	*v = value_pointer(VALUE_PACKET, 0);
	CHECK(bench_run(&b, "r1 += r2"));
	CHECK(v->type == VALUE_PACKET && v->sym == w->sym && v->sym >= SYM_FREE);
	CHECK(v->n.smin == 0 && v->n.smax == 99);
	bench_set(&b, 0, 1, 0, 99);
	value_forget(w);
	*v = value_pointer(VALUE_PACKET, 0);
	CHECK(bench_run(&b, "r1 -= r2"));
	CHECK(v->sym != w->sym && v->sym >= SYM_FREE && v->n.smin == -99);
	bench_set(&b, 0, 1, 0, 99);
	*v = value_pointer(VALUE_PACKET, 0);
	CHECK(bench_run(&b, "r2 += r1"));
	CHECK(w->type == VALUE_PACKET && w->sym == S2);
out:
	bench_fini(&b);
}

/* Pointers that may have gone anywhere. */
static void test_far(void)
{
	static const s64 far[] = { VALUE_MAX_OFFSET, VALUE_MAX_OFFSET + 1, -VALUE_MAX_OFFSET,
				   -VALUE_MAX_OFFSET - 1 };
	struct bench b;

	CHECK(bench_init(&b));
	for (size_t i = 0; i < ARRAY_COUNT(far); i++) {
		bool is_sane = i % 2 == 0;

		bench_set(&b, 0, 0, far[i], far[i]);
		b.state->regs[1] = value_pointer(VALUE_PACKET, 0);
		CHECK(bench_run(&b, "r1 += r2"));
		CHECK_EQ(b.state->regs[1].n.smin == far[i], is_sane);
		CHECK_EQ(b.state->regs[1].n.smin == INT64_MIN, !is_sane);
		bench_set(&b, 0, 0, -far[i], -far[i]);
		b.state->regs[1] = value_pointer(VALUE_PACKET, 0);
		CHECK(bench_run(&b, "r1 -= r2"));
		CHECK_EQ(b.state->regs[1].n.smin == far[i], is_sane);
	}
	bench_set(&b, 0, 0, INT64_MIN, 5);
	b.state->regs[1] = value_pointer(VALUE_PACKET, 0);
	CHECK(bench_run(&b, "r1 -= r2"));
	CHECK(b.state->regs[1].n.smin == INT64_MIN && b.state->regs[1].n.smax == INT64_MAX);
	CHECK(b.state->regs[1].sym == SYM_ZERO);
out:
	bench_fini(&b);
}

/* r10 is never written, whatever the decoder lets through. */
static void test_frame_pointer(void)
{
	static const struct insn insns[] = {
		{ .kind = INSN_ALU, .op = ALU_MOV, .width = 64, .dst = 10, .flags = INSN_IMM },
		{ .kind = INSN_ALU, .op = ALU_ADD, .width = 64, .dst = 10, .src = 1 },
		{ .kind = INSN_ALU, .op = ALU_ADD, .width = 32, .dst = 10, .src = 1 },
		{ .kind = INSN_NEG, .width = 64, .dst = 10 },
		{ .kind = INSN_MOVSX, .width = 64, .size = 1, .dst = 10, .src = 1 },
		{ .kind = INSN_SWAP, .op = SWAP_BE, .width = 64, .size = 8, .dst = 10 },
		{ .kind = INSN_LDDW, .op = LDDW_IMM, .dst = 10 },
		{ .kind = INSN_LOAD, .size = 8, .dst = 10, .src = 10, .off = -8 },
		{ .kind = INSN_ATOMIC, .op = ATOMIC_XCHG, .size = 8, .dst = 2, .src = 10 },
		{ .kind = INSN_ATOMIC,
		  .op = ATOMIC_ADD,
		  .flags = INSN_FETCH,
		  .size = 8,
		  .dst = 2,
		  .src = 10 },
	};
	struct bench b;

	CHECK(bench_init(&b));
	for (size_t i = 0; i < ARRAY_COUNT(insns); i++) {
		bench_set(&b, 0, 10, 0, 10);
		CHECK(bench_run(&b, "r1 = r1"));
		state_havoc(b.state, 0, -8, 8, true);
		b.state->regs[2] = b.state->regs[BPF_REG_FP];
		b.f.insns.items[0] = insns[i];
		CHECK(transfer_insn(&b.t, b.state, 0) == TRANSFER_FAIL);
		CHECK_EQ(b.t.finding.id, FINDING_FRAME_POINTER);
	}
out:
	bench_fini(&b);
}

TAP_MAIN(TAP_TEST(test_relations), TAP_TEST(test_differences), TAP_TEST(test_symbols),
	 TAP_TEST(test_names), TAP_TEST(test_far), TAP_TEST(test_frame_pointer))
