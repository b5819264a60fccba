/* SPDX-License-Identifier: MIT */
/* What comes back from a function: names, null pointers, frames and references of its state of exit
 * as the caller knows them. States, map and link are made by hand. */
#include "check/transfer.h"

#include "base/error.h"
#include "check/internal.h"
#include "check_named.h"
#include "tap.h"

#define BASE_SYM 300 /* next of the caller */
#define BASE_ID	 90

struct fixture {
	struct transfer t;
	struct state *caller, *exit;
	struct state_map *map;
	struct call_link link;
};

static bool fixture_init(struct fixture *f)
{
	f->caller = mem_zalloc(sizeof(*f->caller));
	f->exit = mem_zalloc(sizeof(*f->exit));
	f->map = mem_zalloc(sizeof(*f->map));
	return f->caller != NULL && f->exit != NULL && f->map != NULL;
}

static void fixture_fini(struct fixture *f)
{
	mem_free(f->caller);
	mem_free(f->exit);
	mem_free(f->map);
}

/* An exit that says nothing, of a function that got no frame. */
static void fixture_reset(struct fixture *f)
{
	memset(&f->t, 0, sizeof(f->t));
	memset(&f->link, 0, sizeof(f->link));
	f->link.kind = INSTANCE_CALL;
	f->link.slot = 17;
	state_init(f->caller);
	f->caller->next_sym = BASE_SYM;
	f->caller->next_id = BASE_ID;
	state_init(f->exit);
	f->exit->regs[BPF_REG_FP] = value_none;
	f->exit->frame_count = 0;
	f->map->sym_count = 0;
	f->map->id_count = 0;
}

static void map_id(struct fixture *f, u32 from, u32 to, enum mapped_kind kind)
{
	f->map->ids[f->map->id_count++] =
		(struct state_map_entry){ .from = from, .to = to, .kind = kind };
}

static void map_sym(struct fixture *f, u32 from, u32 to, s64 delta)
{
	f->map->syms[f->map->sym_count++] = (struct state_map_entry){
		.from = from, .to = to, .kind = MAPPED_SYM, .delta = delta
	};
}

static enum transfer_result come_back(struct fixture *f)
{
	return transfer_return(&f->t, f->caller, f->exit, f->map, &f->link);
}

/* lint: long-function, a table and the cases that do not fit in */
static void test_ids(void)
{
	/* id of r0 at the exit; what it is afterwards, and whether it may be null. */
	static const struct {
		u32 id, kind, is;
		bool is_mapped, may_be_null;
		u32 mapped_to;
	} rows[] = {
		{ ID_ENTRY + 1, MAPPED_MAYBE, 70, true, true, 70 },
		{ ID_ENTRY + 1, MAPPED_MAYBE, 7, true, true, 80 }, /* renamed */
		{ ID_ENTRY + 1, MAPPED_NONNULL, 70, true, false, 70 },
		{ ID_ENTRY + 1, MAPPED_NONNULL, ID_NONE, true, false, ID_NONE },
		{ ID_ENTRY + 1, MAPPED_ALONE, BASE_ID + 1, true, true, ID_NONE },
		{ ID_ENTRY + 1, 0, BASE_ID + 1, false, true, 0 },
		{ ID_FREE, 0, BASE_ID + ID_FREE - ID_ENTRY, false, true, 0 },
		{ ID_NONE, 0, ID_NONE, false, true, 0 },
	};
	struct fixture f = { 0 };
	const struct value *r0;

	CHECK(fixture_init(&f));
	r0 = &f.caller->regs[BPF_REG_0];
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		fixture_reset(&f);
		f.link.ids[f.link.id_count++] = (struct diff_name){ .from = 80, .to = 7 };
		if (rows[i].is_mapped)
			map_id(&f, rows[i].id, rows[i].mapped_to, rows[i].kind);
		f.exit->regs[BPF_REG_0] = record(rows[i].id, 0, VALUE_NULLABLE);
		CHECK_EQ(come_back(&f), TRANSFER_OK);
		CHECK_EQ(r0->type, VALUE_MEM);
		CHECK_EQ(r0->id, rows[i].is);
		CHECK_EQ(r0->flags, rows[i].may_be_null ? VALUE_NULLABLE : 0);
		CHECK_EQ(r0->parent, ID_NONE);
		CHECK_EQ(f.caller->next_id, BASE_ID + f.exit->next_id - ID_ENTRY + 1);
		CHECK_EQ(f.caller->next_sym, BASE_SYM + f.exit->next_sym - SYM_ENTRY + 1);
		/* The lender's in the same way. */
		fixture_reset(&f);
		f.link.ids[f.link.id_count++] = (struct diff_name){ .from = 80, .to = 7 };
		if (rows[i].is_mapped)
			map_id(&f, rows[i].id, rows[i].mapped_to, rows[i].kind);
		f.exit->regs[BPF_REG_0] = record(0, rows[i].id, 0);
		CHECK_EQ(come_back(&f), TRANSFER_OK);
		CHECK_EQ(r0->id, ID_NONE);
		CHECK_EQ(r0->parent, rows[i].is);
	}
	/* Null there: 0 here. What is not null cannot be. */
	fixture_reset(&f);
	map_id(&f, 5, ID_NONE, MAPPED_NULL);
	f.exit->regs[BPF_REG_0] = record(5, 0, VALUE_NULLABLE);
	CHECK_EQ(come_back(&f), TRANSFER_OK);
	CHECK(value_is_number(r0) && r0->n.umax == 0);
	fixture_reset(&f);
	map_id(&f, 5, ID_NONE, MAPPED_NULL);
	f.exit->regs[BPF_REG_0] = record(5, 0, 0);
	CHECK_EQ(come_back(&f), TRANSFER_DEAD);
	/* In callbacks it may be null in one run and not in another. */
	fixture_reset(&f);
	f.link.kind = INSTANCE_CALLBACK;
	f.link.frame_count = 1;
	f.exit->frame_count = 1;
	map_id(&f, 5, 70, MAPPED_NONNULL);
	state_store(f.exit, 0, -8, 8, &(struct value){ 0 });
	{
		struct value v = record(5, 0, VALUE_NULLABLE);

		state_store(f.exit, 0, -8, 8, &v);
	}
	CHECK_EQ(come_back(&f), TRANSFER_OK);
	CHECK_EQ(f.caller->cells[0].value.id, BASE_ID + 5 - ID_ENTRY);
	CHECK_EQ(f.caller->cells[0].value.flags, VALUE_NULLABLE);
	CHECK_EQ(r0->type, VALUE_NONE); /* the helper's own result */
out:
	fixture_fini(&f);
}

static void test_symbols(void)
{
	/* r0 = sym + [1, 3] at the exit, in [0, 100]. */
	static const struct {
		u32 sym, is;
		s64 dlo, dhi;
	} rows[] = {
		{ SYM_LEN, SYM_LEN, 1, 3 },
		{ SYM_META, SYM_META, 1, 3 },
		{ SYM_ANCHOR, SYM_ZERO, 0, 100 }, /* means nothing outside */
		{ SYM_ENTRY - 1, SYM_ZERO, 0, 100 },
		{ SYM_ENTRY, 140, 1 + 4, 3 + 4 },
		{ SYM_ENTRY + 1, 9, 1 - 2, 3 - 2 },  /* renamed */
		{ SYM_ENTRY + 2, SYM_ZERO, 8, 10 },  /* 7 there */
		{ SYM_ENTRY + 3, SYM_ZERO, 0, 100 }, /* nothing is known of it */
		{ SYM_ENTRY + 4, SYM_ZERO, 0, 100 }, /* too far away to say */
		{ SYM_ENTRY + 5, SYM_ZERO, 0, 100 },
		{ SYM_FREE, BASE_SYM + SYM_FREE - SYM_ENTRY, 1, 3 },
		{ SYM_FREE + 9, BASE_SYM + SYM_FREE - SYM_ENTRY + 9, 1, 3 },
	};
	struct fixture f = { 0 };
	const struct value *r0;

	CHECK(fixture_init(&f));
	r0 = &f.caller->regs[BPF_REG_0];
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		fixture_reset(&f);
		f.link.syms[f.link.sym_count++] = (struct diff_name){ .from = 141, .to = 9 };
		map_sym(&f, SYM_ENTRY, 140, 4);
		map_sym(&f, SYM_ENTRY + 1, 141, -2);
		map_sym(&f, SYM_ENTRY + 2, SYM_ZERO, 7);
		map_sym(&f, SYM_ENTRY + 4, 142, INT64_MAX - 2);
		map_sym(&f, SYM_ENTRY + 5, 142, INT64_MAX);
		f.exit->regs[BPF_REG_0] = named(0, 100, rows[i].sym, 1, 3);
		f.exit->regs[BPF_REG_0].flags = VALUE_HALVED;
		CHECK_EQ(come_back(&f), TRANSFER_OK);
		CHECK_EQ(r0->sym, rows[i].is);
		CHECK_EQ(r0->dlo, rows[i].dlo);
		CHECK_EQ(r0->dhi, rows[i].dhi);
		CHECK_EQ(r0->n.smin, rows[i].is == SYM_ZERO ? rows[i].dlo : 0);
		CHECK_EQ(r0->n.smax, rows[i].is == SYM_ZERO ? rows[i].dhi : 100);
		CHECK_EQ(r0->flags, 0); /* half of what, the caller cannot say */
		/* Each run of a callback has symbols of its own. */
		f.link.kind = INSTANCE_CALLBACK;
		CHECK_EQ(come_back(&f), TRANSFER_OK);
	}
	/* A constant that it cannot be: nobody comes back this way, in r0 or in a cell. */
	for (u32 i = 0; i < 2; i++) {
		struct value v = named(0, 7, SYM_ENTRY, 1, 3);

		fixture_reset(&f);
		f.link.frame_count = 1;
		f.exit->frame_count = 1;
		map_sym(&f, SYM_ENTRY, SYM_ZERO, 7);
		if (i == 0)
			f.exit->regs[BPF_REG_0] = v;
		else
			state_store(f.exit, 0, -8, 8, &v);
		CHECK_EQ(come_back(&f), TRANSFER_DEAD);
	}
out:
	fixture_fini(&f);
}

/* sym_a - sym_b <= 10 at the exit: what the caller knows then; DIFF_NONE: nothing. */
static void test_differences(void)
{
	static const struct {
		u32 a, b, is_a, is_b;
		s64 c;
	} rows[] = {
		{ SYM_ENTRY, SYM_LEN, 140, SYM_LEN, 10 - 4 },
		{ SYM_LEN, SYM_ENTRY, SYM_LEN, 140, 10 + 4 },
		{ SYM_ENTRY, SYM_ENTRY + 1, 140, 9, 10 - 4 - 2 },
		{ SYM_FREE, SYM_ENTRY + 1, BASE_SYM + SYM_FREE - SYM_ENTRY, 9, 10 - 2 },
		{ SYM_ENTRY, SYM_ZERO, 140, SYM_ZERO, 10 - 4 },
		{ SYM_ANCHOR, SYM_LEN, SYM_ANCHOR, SYM_LEN, DIFF_NONE },
		{ SYM_LEN, SYM_ANCHOR, SYM_LEN, SYM_ANCHOR, DIFF_NONE },
		{ SYM_ENTRY + 3, SYM_LEN, SYM_ENTRY + 3, SYM_LEN, DIFF_NONE },
	};
	struct fixture f = { 0 };
	s64 c;

	CHECK(fixture_init(&f));
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		fixture_reset(&f);
		diff_init(&f.exit->diff);
		f.link.syms[f.link.sym_count++] = (struct diff_name){ .from = 141, .to = 9 };
		map_sym(&f, SYM_ENTRY, 140, 4);
		map_sym(&f, SYM_ENTRY + 1, 141, -2);
		CHECK(diff_add(&f.exit->diff, rows[i].a, rows[i].b, 10));
		CHECK_EQ(come_back(&f), TRANSFER_OK);
		if (!diff_bound(&f.caller->diff, rows[i].is_a, rows[i].is_b, &c))
			c = DIFF_NONE;
		CHECK_EQ(c, rows[i].c);
	}
	/* More than fits into a bound is left out, what contradicts ends the way. */
	fixture_reset(&f);
	diff_init(&f.exit->diff);
	map_sym(&f, SYM_ENTRY, 140, INT64_MIN);
	map_sym(&f, SYM_ENTRY + 1, 141, -INT64_MAX);
	CHECK(diff_add(&f.exit->diff, SYM_ENTRY, SYM_LEN, 10));
	CHECK(diff_add(&f.exit->diff, SYM_ENTRY + 1, SYM_LEN, 0));
	CHECK_EQ(come_back(&f), TRANSFER_OK);
	CHECK(!diff_bound(&f.caller->diff, 140, SYM_LEN, &c));
	CHECK(!diff_bound(&f.caller->diff, 141, SYM_LEN, &c));
	fixture_reset(&f);
	map_sym(&f, SYM_ENTRY, 140, 0);
	CHECK(diff_add(&f.caller->diff, SYM_LEN, 140, -11));
	CHECK(diff_add(&f.exit->diff, SYM_ENTRY, SYM_LEN, 11));
	CHECK_EQ(come_back(&f), TRANSFER_OK);
	CHECK(diff_add(&f.exit->diff, SYM_ENTRY, SYM_LEN, 10));
	CHECK_EQ(come_back(&f), TRANSFER_DEAD);
out:
	fixture_fini(&f);
}

/* Two of the caller's frames went along, the third one first. */
static void test_frames(void)
{
	struct value five = value_const(5), top = value_pointer(VALUE_STACK, 1);
	struct fixture f = { 0 };
	const struct cell *cell;

	CHECK(fixture_init(&f));
	fixture_reset(&f);
	f.caller->frame_count = 4;
	state_store(f.caller, 1, -8, 8, &five);
	state_store(f.caller, 3, -16, 8, &five);
	f.link.frame_count = 2;
	f.link.frames[0] = 2;
	f.link.frames[1] = 0;
	f.exit->frame_count = 2;
	state_store(f.exit, 0, -8, 8, &top);
	state_store(f.exit, 0, -32, 4, &five);
	state_havoc(f.exit, 1, -24, 8, true);
	f.exit->regs[BPF_REG_0] = value_pointer(VALUE_STACK, 0);
	CHECK_EQ(come_back(&f), TRANSFER_OK);
	CHECK_EQ(f.caller->regs[BPF_REG_0].region, 2);
	cell = state_cell(f.caller, 2, -8, 8);
	CHECK(cell != NULL && cell->value.type == VALUE_STACK && cell->value.region == 0);
	CHECK(state_cell(f.caller, 2, -32, 4) != NULL);
	CHECK(state_is_init(f.caller, 0, -24, 8) && !state_is_init(f.caller, 0, -25, 1));
	CHECK(state_is_init(f.caller, 2, -32, 4) && !state_is_init(f.caller, 2, -28, 1));
	CHECK(state_cell(f.caller, 1, -8, 8) != NULL && state_cell(f.caller, 3, -16, 8) != NULL);
	CHECK_EQ(f.caller->cell_count, 4);
	CHECK_EQ(f.caller->packet_moved, 0);
	/* Packet pointers are void when the function moved the packet. */
	fixture_reset(&f);
	f.caller->regs[6] = value_pointer(VALUE_PACKET, 0);
	f.exit->packet_moved = true;
	CHECK_EQ(come_back(&f), TRANSFER_OK);
	CHECK(f.caller->packet_moved == 1 && f.caller->regs[6].type == VALUE_NONE);
out:
	fixture_fini(&f);
}

static void test_references(void)
{
	struct fixture f = { 0 };

	CHECK(fixture_init(&f));
	/* The reference that went along comes back, one is new, one is gone with what it was. */
	fixture_reset(&f);
	f.link.refs[f.link.ref_count++] = 70;
	f.link.refs[f.link.ref_count++] = 71;
	f.caller->regs[6] = record(70, 0, VALUE_ACQUIRED);
	f.caller->regs[7] = record(71, 0, VALUE_ACQUIRED);
	f.caller->regs[8] = record(0, 71, 0);
	map_id(&f, 5, 70, MAPPED_NONNULL);
	map_id(&f, 6, ID_NONE, MAPPED_NULL);
	CHECK_EQ(state_acquire(f.caller, 75, 4, 9), 0);
	CHECK_EQ(state_acquire(f.exit, 5, 1, 10), 0);
	CHECK_EQ(state_acquire(f.exit, 6, 2, 11), 0);
	CHECK_EQ(state_acquire(f.exit, ID_FREE, 3, 12), 0);
	CHECK_EQ(come_back(&f), TRANSFER_OK);
	CHECK_EQ(f.caller->ref_count, 3);
	CHECK(f.caller->refs[0].id == 75);
	CHECK(f.caller->refs[1].id == 70 && f.caller->refs[1].kind == 1 &&
	      f.caller->refs[1].slot == 10);
	CHECK(f.caller->refs[2].id == BASE_ID + ID_FREE - ID_ENTRY && f.caller->refs[2].kind == 3);
	CHECK_EQ(f.caller->regs[6].type, VALUE_MEM);
	CHECK(f.caller->regs[7].type == VALUE_NONE && f.caller->regs[8].type == VALUE_NONE);
	/* More than there is room for. */
	fixture_reset(&f);
	for (u32 i = 0; i < STATE_REFS; i++)
		CHECK_EQ(state_acquire(f.caller, 70 + i, 1, 1), 0);
	CHECK_EQ(state_acquire(f.exit, ID_FREE, 3, 12), 0);
	CHECK_EQ(come_back(&f), TRANSFER_FAIL);
	CHECK_EQ(f.t.finding.id, FINDING_TOO_MANY_REFS);
	CHECK_EQ(f.t.finding.slot, 17);
	CHECK_EQ(f.t.finding.limit, STATE_REFS);
out:
	fixture_fini(&f);
}

/* What is free in a state gets names that last. */
static void test_entry_names(void)
{
	struct fixture f = { 0 };
	struct state *s;
	s64 c;

	CHECK(fixture_init(&f));
	s = f.caller;
	fixture_reset(&f);
	s->regs[1] = named(0, 9, 200, 0, 0);
	s->regs[2] = named(0, 9, 200, 1, 1);
	s->regs[3] = named(0, 9, 201, 0, 0); /* alone */
	s->regs[4] = named(0, 9, 202, 0, 0);
	s->regs[5] = record(500, 501, VALUE_NULLABLE);
	CHECK(diff_add(&s->diff, 202, SYM_LEN, -3));
	CHECK_EQ(state_acquire(s, 501, 1, 2), 0);
	transfer_entry_names(s);
	CHECK(s->regs[1].sym == SYM_ENTRY && s->regs[2].sym == SYM_ENTRY && s->regs[2].dlo == 1);
	CHECK_EQ(s->regs[3].sym, SYM_ZERO);
	CHECK_EQ(s->regs[4].sym, SYM_ENTRY + 1);
	CHECK(diff_bound(&s->diff, SYM_ENTRY + 1, SYM_LEN, &c) && c == -3);
	CHECK(s->refs[0].id >= ID_ENTRY && s->refs[0].id < ID_FREE);
	CHECK_EQ(s->regs[5].parent, s->refs[0].id);
	CHECK(s->regs[5].id >= ID_ENTRY && s->regs[5].id < ID_FREE &&
	      s->regs[5].id != s->regs[5].parent);
	/* More ids than there are names: what has none is lost. */
	fixture_reset(&f);
	s->frame_count = 2;
	for (s32 i = 0; i < 80; i++) {
		struct value v = record(100 + (u32)i, i % 2 == 0 ? 0 : 300 + (u32)i, 0);

		state_store(s, (u32)i / 40, -512 + i % 40 * 8, 8, &v);
	}
	transfer_entry_names(s);
	for (u32 i = 0; i < state_value_count(s); i++)
		CHECK(state_value(s, i)->id < ID_FREE && state_value(s, i)->parent < ID_FREE);
	CHECK(state_value(s, BPF_REG_COUNT)->type == VALUE_MEM);
out:
	fixture_fini(&f);
}

/* As many symbols as the matrix has room for. */
static void test_entry_full(void)
{
	struct fixture f = { 0 };
	struct state *s;

	CHECK(fixture_init(&f));
	s = f.caller;
	fixture_reset(&f);
	diff_init(&s->diff);
	for (u32 i = 0; i < DIFF_ROWS; i++) {
		struct value v = named(0, 9, 200 + i, 0, 0);

		s->diff.sym[i] = 200 + i;
		for (u32 k = 0; k < DIFF_ROWS; k++)
			s->diff.bound[i][k] = k == (i + 1) % DIFF_ROWS ? 5 : DIFF_NONE;
		state_store(s, 0, -512 + (s32)i * 8, 8, &v);
	}
	transfer_entry_names(s);
	CHECK_EQ(s->cell_count, DIFF_ROWS);
	for (u32 i = 0; i < DIFF_ROWS; i++) {
		CHECK_EQ(s->cells[i].value.sym, SYM_ENTRY + i);
		CHECK(s->diff.sym[i] >= SYM_ENTRY && s->diff.sym[i] < SYM_FREE);
	}
out:
	fixture_fini(&f);
}

/* What a call of before has left behind the cells of a function's state holds nothing. */
static void test_split_references(void)
{
	struct value args[5];
	struct fixture f = { 0 };

	CHECK(fixture_init(&f));
	fixture_reset(&f);
	for (u32 i = 0; i < 5; i++)
		args[i] = value_const(i);
	CHECK_EQ(state_acquire(f.caller, 500, 1, 2), 0);
	f.exit->cells[0].value = record(500, 0, VALUE_ACQUIRED);
	f.t.callee = f.exit;
	CHECK_EQ(call_split(&f.t, f.caller, 17, 1, args), TRANSFER_CALL);
	CHECK_EQ(f.caller->ref_count, 1);
	CHECK(f.exit->ref_count == 0 && f.exit->outer_refs == 1);
	args[1] = record(500, 0, VALUE_ACQUIRED);
	CHECK_EQ(call_split(&f.t, f.caller, 17, 1, args), TRANSFER_CALL);
	CHECK_EQ(f.caller->ref_count, 0);
	CHECK(f.exit->ref_count == 1 && f.exit->outer_refs == 0);
out:
	fixture_fini(&f);
}

TAP_MAIN(TAP_TEST(test_entry_full), TAP_TEST(test_split_references), TAP_TEST(test_ids),
	 TAP_TEST(test_symbols), TAP_TEST(test_differences), TAP_TEST(test_frames),
	 TAP_TEST(test_references), TAP_TEST(test_entry_names))
