/* SPDX-License-Identifier: MIT */
/* Parts of the check that built-in types and helpers reach in few ways: the entry of raw programs,
 * contracts and results of sets that are added, tests of what an iterator gave, full calls. */
#include "check_fixture.h"

#include "check/exact.h"
#include "check/internal.h"
#include "prog/exec.h"

#define ITERATOR 70

static struct value iterator(s64 lo, s64 hi)
{
	struct scalar n = scalar_range_s(lo, hi);
	struct value v = value_pointer(VALUE_ITER, 0);

	v.size = VALUE_MAX_ELEMENTS - 5;
	v.parent = ITERATOR;
	v.n = n;
	value_fix(&v);
	return v;
}

/* Of at most 5 elements one was there, or none. */
static void test_elements(void)
{
	struct state *s = mem_zalloc(sizeof(*s));
	struct value v = iterator(1, 100);
	const struct value *cell;

	CHECK(s != NULL);
	cell = &s->cells[0].value;
	state_init(s);
	state_store(s, 0, -8, 8, &v);
	CHECK(iter_tested(s, ITERATOR + 1, false) && cell->parent == ITERATOR);
	CHECK(iter_tested(s, ITERATOR, false));
	CHECK(cell->n.smin == 1 && cell->n.smax == 5 && cell->parent == ID_NONE);
	CHECK(cell->dlo == 1 && cell->dhi == 5);
	state_init(s);
	state_store(s, 0, -8, 8, &v);
	CHECK(iter_tested(s, ITERATOR, true));
	CHECK(cell->n.smin == 1 && cell->n.smax == 100 && cell->parent == ID_NONE);
	v = iterator(6, 100);
	state_init(s);
	state_store(s, 0, -8, 8, &v);
	CHECK(!iter_tested(s, ITERATOR, false));
out:
	mem_free(s);
}

/* Raw programs get so many bytes or more, and how many. */
static void test_raw(void)
{
	static const u64 sizes[] = { 0, 1, 100, VALUE_MAX_PACKET, VALUE_MAX_PACKET + 1ull };
	struct search *s = mem_zalloc(sizeof(*s));
	struct state *state = mem_zalloc(sizeof(*state));
	const struct value *r2;

	CHECK(s != NULL && state != NULL);
	CHECK_EQ(search_load(s, DIALECT_UNKNOWN, "raw", NULL, 0, "r0 = 0\nexit\n"), 0);
	CHECK(s->f.prog.type != NULL);
	r2 = &state->regs[2];
	for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
		u64 least = MIN(sizes[i], (u64)VALUE_MAX_PACKET);

		s->policy.raw_size = sizes[i];
		transfer_init(&s->t, &s->f.prog, s->f.cfg, &s->policy, NULL);
		CHECK_EQ(transfer_entry(&s->t, state), TRANSFER_OK);
		CHECK(state->regs[1].type == VALUE_PACKET && state->regs[1].n.umax == 0);
		CHECK(r2->n.umin == least && r2->n.umax == VALUE_MAX_PACKET);
		CHECK(r2->sym == SYM_LEN && r2->dlo == 0 && r2->dhi == 0);
		CHECK_EQ(state_sym_bound(state, SYM_ZERO, SYM_LEN), -(s64)least);
		CHECK_EQ(state->regs[3].type, VALUE_NONE);
	}
out:
	search_drop(&s);
	mem_free(state);
}

/* What a finding says of bytes that are there. */
static void test_proven_bytes(void)
{
	struct search *s = mem_zalloc(sizeof(*s));
	struct state *state = mem_zalloc(sizeof(*state));

	CHECK(s != NULL && state != NULL);
	CHECK_EQ(search_load(s, DIALECT_LINUX, "xdp", NULL, 0, "r0 = *(u64 *)(r1 + 0)\nexit\n"), 0);
	transfer_init(&s->t, &s->f.prog, s->f.cfg, &s->policy, NULL);
	for (s64 least = -1; least < 8; least++) {
		state_init(state);
		state->regs[1] = value_pointer(VALUE_PACKET, 0);
		if (least < 0)
			diff_init(&state->diff); /* not even that it has an end */
		else
			CHECK(diff_add(&state->diff, SYM_ZERO, SYM_LEN, -least));
		CHECK_EQ(transfer_insn(&s->t, state, 0), TRANSFER_FAIL);
		CHECK_EQ(s->t.finding.id, FINDING_PACKET_RANGE);
		CHECK_EQ(s->t.finding.limit, least < 0 ? 0 : least);
		CHECK(s->t.finding.lo == 0 && s->t.finding.hi == 0 && s->t.finding.size == 8);
	}
	/* More than there can be says nothing. */
	state_init(state);
	diff_init(&state->diff);
	state->regs[1] = value_pointer(VALUE_PACKET, 0);
	state->regs[1].n = scalar_const((u64)-1);
	value_fix(&state->regs[1]);
	CHECK(diff_add(&state->diff, SYM_ZERO, SYM_LEN, INT64_MIN));
	CHECK_EQ(transfer_insn(&s->t, state, 0), TRANSFER_FAIL);
	CHECK_EQ(s->t.finding.limit, 0);
out:
	search_drop(&s);
	mem_free(state);
}

/* As far below a symbol as can be is not near the packet's start, wherever that wraps to. */
static void test_far_below(void)
{
	struct search *s = mem_zalloc(sizeof(*s));
	struct state *state = mem_zalloc(sizeof(*state));
	struct scalar n = scalar_range_s(-100, 0);

	CHECK(s != NULL && state != NULL);
	CHECK_EQ(search_load(s, DIALECT_LINUX, "xdp", NULL, 0, "r0 = *(u64 *)(r1 - 8)\nexit\n"), 0);
	transfer_init(&s->t, &s->f.prog, s->f.cfg, &s->policy, NULL);
	for (u32 i = 0; i < 2; i++) {
		state_init(state);
		state->regs[1] = value_pointer(VALUE_PACKET, 0);
		state->regs[1].n = n;
		state->regs[1].sym = SYM_FREE;
		state->regs[1].dlo = i == 0 ? 8 : INT64_MIN;
		state->regs[1].dhi = 8;
		CHECK(diff_add(&state->diff, SYM_ZERO, SYM_FREE, 0));
		CHECK(diff_add(&state->diff, SYM_FREE, SYM_LEN, -100));
		CHECK_EQ(transfer_insn(&s->t, state, 0), i == 0 ? TRANSFER_OK : TRANSFER_FAIL);
	}
	CHECK_EQ(s->t.finding.id, FINDING_PACKET_RANGE);
	/* What is behind the start by itself need not be by its symbol. */
	state_init(state);
	state->regs[1] = value_pointer(VALUE_PACKET, 0);
	state->regs[1].n = scalar_const(8);
	state->regs[1].sym = SYM_FREE;
	state->regs[1].dlo = 8;
	state->regs[1].dhi = 16;
	CHECK(diff_add(&state->diff, SYM_FREE, SYM_LEN, -100));
	CHECK_EQ(transfer_insn(&s->t, state, 0), TRANSFER_OK);
out:
	search_drop(&s);
	mem_free(state);
}

/* The place that the loader fills in with an address of the host. */
static void test_variables(void)
{
	static const struct prog_var vars[] = { { .name = "v", .is_config = false },
						{ .name = "c", .is_config = true, .size = 4 } };
	struct search *s = mem_zalloc(sizeof(*s));
	struct state *state = mem_zalloc(sizeof(*state));

	CHECK(s != NULL && state != NULL);
	CHECK_EQ(search_load(s, DIALECT_LINUX, "kprobe", NULL, 0, "r1 = 5 ll\nr0 = 0\nexit\n"), 0);
	s->f.prog.vars = vars;
	s->f.prog.var_count = ARRAY_COUNT(vars);
	for (u32 i = 0; i < 4; i++) {
		bool is_config = (i & 1) != 0;

		s->policy.unprivileged = (i & 2) != 0;
		transfer_init(&s->t, &s->f.prog, s->f.cfg, &s->policy, NULL);
		s->f.insns.items[0].op = LDDW_VARIABLE;
		s->f.insns.items[0].imm = is_config;
		state_init(state);
		if (s->policy.unprivileged && !is_config) {
			CHECK_EQ(transfer_insn(&s->t, state, 0), TRANSFER_FAIL);
			CHECK_EQ(s->t.finding.id, FINDING_UNKNOWN_VARIABLE);
			continue;
		}
		CHECK_EQ(transfer_insn(&s->t, state, 0), TRANSFER_OK);
		CHECK_EQ(state->regs[1].type, is_config ? VALUE_MEM : VALUE_NUMBER);
		CHECK_EQ(state->regs[1].size, is_config ? 4 : 0);
	}
out:
	search_drop(&s);
	mem_free(state);
}

/* Results that are bounded on one side say something of addresses, too. */
static void test_results(void)
{
	static const struct spec_range ranges[] = { { INT32_MIN, INT32_MAX },
						    { INT32_MIN, 5 },
						    { INT32_MIN, INT32_MAX - 1 },
						    { -5, INT32_MAX },
						    { INT32_MIN + 1, INT32_MAX } };
	struct search *s = NULL;

	for (size_t i = 0; i < ARRAY_COUNT(ranges); i++) {
		struct spec_attach_type attach = { .name = "x", .dialect = DIALECT_LINUX };

		attach.has_result = true;
		attach.result = ranges[i];
		s = mem_zalloc(sizeof(*s));
		CHECK(s != NULL);
		CHECK_EQ(search_load(s, DIALECT_LINUX, "kprobe", NULL, 0, "r0 = r1\nexit\n"), 0);
		s->f.prog.attach = &attach;
		CHECK_EQ(search_verdict(s), i == 0 ? 0 : ERR_ACCES);
		if (i > 0)
			CHECK_EQ(s->finding.id, FINDING_RETURN_RANGE);
		search_drop(&s);
	}
out:
	search_drop(&s);
}

/* What is released need not be the first argument. */
static void test_release(void)
{
	static const struct spec_helper helper = { .name = "give",
						   .dialect = DIALECT_LINUX,
						   .id = 70000,
						   .ret = RET_VOID,
						   .args = { ARG_ANYTHING, ARG_ALLOC_MEM },
						   .flags = HELPER_RELEASES };
	static const struct {
		const char *text;
		enum finding_id found;
	} cases[] = {
		{ "r1 = 5\nr2 = r0\n", FINDING_NONE },
		{ "r1 = r10\nr2 = r0\n", FINDING_NONE },
		{ "r1 = r0\nr2 = r0\n", FINDING_NONE },
		{ "r1 = r0\nr2 = r10\n", FINDING_ARG_NOT_ACQUIRED },
		{ "r1 = 5\nr2 = 5\n", FINDING_ARG_NOT_ACQUIRED },
	};
	const struct spec_helper *helpers[] = { &helper };
	struct spec spec = { .helpers = helpers, .helper_count = 1 };
	struct search *s = NULL;

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		static struct prog_map ring = { .name = "ring", .inner = PROG_NO_INDEX };
		char text[200];

		ring.type = spec_map_type_by_kind(MAP_KIND_RINGBUF);
		ring.max_entries = 4096;
		snprintf(text, sizeof(text),
			 "r1 = map 0 ll\nr2 = 16\nr3 = 0\ncall 131\nif r0 == 0 goto out\n"
			 "%scall 70000\nout: r0 = 0\nexit\n",
			 cases[i].text);
		s = mem_zalloc(sizeof(*s));
		CHECK(s != NULL);
		CHECK_EQ(search_load(s, DIALECT_LINUX, "kprobe", &ring, 1, text), 0);
		s->f.prog.spec = &spec;
		CHECK_EQ(search_verdict(s), cases[i].found == FINDING_NONE ? 0 : ERR_ACCES);
		if (cases[i].found != FINDING_NONE)
			CHECK_EQ(s->finding.id, cases[i].found);
		search_drop(&s);
	}
out:
	search_drop(&s);
}

/* More symbols go along than there are names for: what has none is known by its range. */
static void test_many_symbols(void)
{
	static const char text[] =
		"r1 = r10\ncall f\nr0 = 0\nexit\nf: r0 = *(u64 *)(r1 - 512)\nexit\n";
	struct search *s = mem_zalloc(sizeof(*s));
	struct state *state = mem_zalloc(sizeof(*state)), *callee = mem_zalloc(sizeof(*callee));
	u32 named = 0;

	CHECK(s != NULL && state != NULL && callee != NULL);
	CHECK_EQ(search_load(s, DIALECT_LINUX, "xdp", NULL, 0, text), 0);
	transfer_init(&s->t, &s->f.prog, s->f.cfg, &s->policy, callee);
	state_init(state);
	state->regs[1] = state->regs[BPF_REG_FP];
	for (u32 i = 0; i < CALL_NAMES && SYM_ANCHOR + i < SYM_FREE; i++) {
		struct scalar n = scalar_range_u(0, 9);
		struct value v = value_number(&n);

		v.sym = SYM_ANCHOR + i;
		v.dlo = v.dhi = 0;
		state_store(state, 0, -512 + (s32)i * 8, 8, &v);
	}
	CHECK(diff_add(&state->diff, SYM_FREE - 1, SYM_LEN, -3));
	CHECK(diff_add(&state->diff, SYM_ANCHOR, SYM_LEN, -5));
	state->next_sym = 300;
	CHECK(diff_add(&state->diff, 200, SYM_LEN, -7)); /* of nothing that goes along */
	CHECK_EQ(transfer_insn(&s->t, state, 1), TRANSFER_CALL);
	for (u32 i = 0; i < callee->cell_count; i++)
		named += callee->cells[i].value.sym >= SYM_FREE;
	CHECK_EQ(named, MIN((u32)STATE_CELLS, (u32)CALL_NAMES));
	CHECK_EQ(state_sym_bound(callee, callee->cells[0].value.sym, SYM_LEN), -5);
	for (u32 row = 0; row < DIFF_ROWS; row++)
		CHECK(callee->diff.sym[row] != 200);
out:
	search_drop(&s);
	mem_free(state);
	mem_free(callee);
}

/* Names that a function's exit makes of anchors are nobody else's, now and later. */
static void test_exit_names(void)
{
	struct search *s = mem_zalloc(sizeof(*s));
	struct state *state = mem_zalloc(sizeof(*state));
	struct scalar n = scalar_range_u(0, 9);
	struct value *r0;

	CHECK(s != NULL && state != NULL);
	r0 = &state->regs[BPF_REG_0];
	CHECK_EQ(search_load(s, DIALECT_LINUX, "xdp", NULL, 0, "call f\nexit\nf: exit\n"), 0);
	transfer_init(&s->t, &s->f.prog, s->f.cfg, &s->policy, NULL);
	s->t.kind = INSTANCE_CALL;
	for (u32 sym = SYM_ANCHOR; sym < SYM_FREE + 2; sym++) {
		bool is_anchor = sym < SYM_ENTRY;

		state_init(state);
		state->next_sym = 300;
		*r0 = value_number(&n);
		r0->sym = sym;
		r0->dlo = r0->dhi = 0;
		CHECK(diff_add(&state->diff, sym, SYM_LEN, -3));
		CHECK_EQ(transfer_exit(&s->t, state, 2), TRANSFER_OK);
		CHECK(is_anchor ? r0->sym >= 300 : r0->sym == sym);
		CHECK(state->next_sym > r0->sym && state->next_sym >= 300);
		CHECK_EQ(state_sym_bound(state, r0->sym, SYM_LEN), -3);
	}
out:
	search_drop(&s);
	mem_free(state);
}

/* A map whose elements are maps like one that there is not. */
static void test_inner(void)
{
	static const char text[] = "*(u32 *)(r10 - 4) = 0\nr2 = r10\nr2 += -4\nr1 = map 0 ll\n"
				   "call 1\nr0 = 0\nexit\n";
	struct search *s = NULL;

	for (u32 inner = 0; inner < 4; inner++) {
		struct prog_map maps[2] = { { .name = "outer", .key_size = 4, .value_size = 4 },
					    { .name = "inner", .key_size = 4, .value_size = 8 } };

		maps[0].type = spec_map_type_by_kind(MAP_KIND_ARRAY_OF_MAPS);
		maps[0].inner = inner == 3 ? PROG_NO_INDEX : inner;
		maps[1].type = spec_map_type_by_kind(MAP_KIND_ARRAY);
		maps[1].inner = PROG_NO_INDEX;
		maps[0].max_entries = maps[1].max_entries = 3;
		s = mem_zalloc(sizeof(*s));
		CHECK(s != NULL);
		CHECK_EQ(search_load(s, DIALECT_LINUX, "xdp", maps, 2, text), 0);
		CHECK_EQ(search_verdict(s), inner < 2 ? 0 : ERR_ACCES);
		if (inner >= 2)
			CHECK_EQ(s->finding.id, FINDING_ARG_MAP_TYPE);
		search_drop(&s);
	}
out:
	search_drop(&s);
}

/* Pointers in a context stay what they are, whatever it says of who may write. */
static void test_fields(void)
{
	static const struct spec_field fields[] = {
		{ .name = "n", .off = 0, .size = 4, .unit = 4, .writable = true },
		{ .name = "data",
		  .off = 4,
		  .size = 4,
		  .unit = 4,
		  .kind = FIELD_DATA,
		  .writable = true },
		{ .name = "end",
		  .off = 8,
		  .size = 8,
		  .unit = 8,
		  .kind = FIELD_DATA_END,
		  .writable = true },
		{ .name = "len", .off = 16, .size = 4, .unit = 4 },
	};
	static const struct {
		const char *text;
		u8 flags;
		enum finding_id found;
	} cases[] = {
		{ "*(u32 *)(r1 + 0) = 5\n", 0, FINDING_NONE },
		{ "*(u32 *)(r1 + 0) = r1\n", 0, FINDING_POINTER_LEAK },
		{ "*(u32 *)(r1 + 4) = 5\n", 0, FINDING_CTX_POINTER },
		{ "*(u64 *)(r1 + 8) = 5\n", 0, FINDING_CTX_POINTER },
		{ "*(u32 *)(r1 + 16) = 5\n", 0, FINDING_CTX_READ_ONLY },
		{ "*(u32 *)(r1 + 20) = 5\n", 0, FINDING_CTX_FIELD },
		{ "*(u8 *)(r1 + 1) = 5\n", SPEC_CTX_PLAIN, FINDING_NONE },
		{ "*(u8 *)(r1 + 1) = r1\n", SPEC_CTX_PLAIN, FINDING_POINTER_LEAK },
		{ "*(u8 *)(r1 + 5) = 5\n", SPEC_CTX_PLAIN, FINDING_CTX_POINTER },
		{ "*(u8 *)(r1 + 17) = 5\n", SPEC_CTX_PLAIN, FINDING_CTX_READ_ONLY },
	};
	struct search *s = NULL;

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct spec_ctx ctx = { .name = "x", .size = 24, .data = 4, .data_end = 8 };
		struct spec_attach_type attach = { .name = "x", .dialect = DIALECT_LINUX };
		char text[100];

		ctx.data_meta = -1;
		ctx.fields = fields;
		ctx.field_count = ARRAY_COUNT(fields);
		ctx.flags = cases[i].flags;
		attach.ctx = &ctx;
		snprintf(text, sizeof(text), "%sr0 = 0\nexit\n", cases[i].text);
		s = mem_zalloc(sizeof(*s));
		CHECK(s != NULL);
		CHECK_EQ(search_load(s, DIALECT_LINUX, "xdp", NULL, 0, text), 0);
		s->f.prog.attach = &attach;
		CHECK_EQ(search_verdict(s), cases[i].found == FINDING_NONE ? 0 : ERR_ACCES);
		if (cases[i].found != FINDING_NONE)
			CHECK_EQ(s->finding.id, cases[i].found);
		search_drop(&s);
	}
out:
	search_drop(&s);
}

/* The first of the functions that a program names is one of them. */
static void test_first_function(void)
{
	struct search *s = mem_zalloc(sizeof(*s));

	CHECK(s != NULL);
	CHECK_EQ(search_load(s, DIALECT_LINUX, "xdp", NULL, 0,
			     "r1 = r10\nr1 += -8\nr2 = 0\nr3 = 8\ncall kfunc 0\nr0 = 0\nexit\n"),
		 0);
	s->f.prog.funcs++;
	s->f.prog.func_count--;
	CHECK_EQ(search_verdict(s), 0);
out:
	search_drop(&s);
}

/* Bounds that leave s64 are none, or weaker ones. */
static void test_exact(void)
{
	CHECK_EQ(exact_sub(INT64_MAX - 1, -5), INT64_MAX);
	CHECK_EQ(exact_sub(INT64_MIN, 1), INT64_MIN);
	CHECK_EQ(exact_sub(INT64_MAX, 1), INT64_MAX);
	CHECK_EQ(exact_sub(7, 9), -2);
	CHECK_EQ(exact_add(INT64_MAX - 1, 5), INT64_MAX);
	CHECK_EQ(exact_add(INT64_MIN, -1), INT64_MIN);
	CHECK_EQ(exact_add(1, INT64_MAX), INT64_MAX);
	CHECK_EQ(exact_add(7, -9), -2);
out:;
}

TAP_MAIN(TAP_TEST(test_exact), TAP_TEST(test_first_function), TAP_TEST(test_elements),
	 TAP_TEST(test_raw), TAP_TEST(test_proven_bytes), TAP_TEST(test_far_below),
	 TAP_TEST(test_variables), TAP_TEST(test_results), TAP_TEST(test_release),
	 TAP_TEST(test_many_symbols), TAP_TEST(test_exit_names), TAP_TEST(test_inner),
	 TAP_TEST(test_fields))
