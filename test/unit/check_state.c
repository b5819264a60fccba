/* SPDX-License-Identifier: MIT */
/* States: the stack's cells, packing, and inclusion, above all what must not be included. */
#include "check_pair.h"

static struct value range(u64 lo, u64 hi)
{
	struct scalar n = scalar_range_u(lo, hi);

	return value_number(&n);
}

static struct value record(u32 id, u8 flags)
{
	struct value v = value_pointer(VALUE_MEM, PROG_NO_INDEX);

	v.size = 16;
	v.id = id;
	v.flags = flags;
	return v;
}

static void test_cells(void)
{
	struct value v, seven = value_const(0x1122334455667788),
			pointer = value_pointer(VALUE_CTX, 0);
	struct fixture f = { 0 };
	u64 n;

	CHECK(fixture_init(&f));
	CHECK(state_load(f.a, 0, -8, 8).type == VALUE_NONE);
	state_store(f.a, 0, -8, 8, &seven);
	for (u32 size = 1; size <= 8; size *= 2) {
		for (s32 off = -8; off + (s32)size <= 0; off++) {
			v = state_load(f.a, 0, off, size);
			CHECK(value_is_const(&v, &n));
			CHECK_EQ(n, seven.n.umin >> (8 * (off + 8)) & ~0ull >> (64 - 8 * size));
		}
	}
	/* What is left around a store of one byte. */
	v = value_const(0xee);
	state_store(f.a, 0, -5, 1, &v);
	v = state_load(f.a, 0, -8, 8);
	CHECK(value_is_const(&v, &n));
	CHECK_EQ(n, 0x11223344ee667788);
	/* In as few pieces as can be: 2, 1, and 4 bytes around it. */
	CHECK_EQ(f.a->cell_count, 4);
	CHECK(state_cell(f.a, 0, -8, 2) != NULL && state_cell(f.a, 0, -6, 1) != NULL &&
	      state_cell(f.a, 0, -4, 4) != NULL);
	/* A pointer is whole or nothing. */
	state_store(f.a, 0, -16, 8, &pointer);
	CHECK(state_load(f.a, 0, -16, 8).type == VALUE_CTX);
	CHECK(state_load(f.a, 0, -16, 4).type == VALUE_NONE);
	CHECK(state_load(f.a, 0, -12, 8).type == VALUE_NONE);
	v = value_const(1);
	state_store(f.a, 0, -9, 1, &v);
	CHECK(state_load(f.a, 0, -16, 8).type == VALUE_NONE);
	CHECK(!state_is_init(f.a, 0, -16, 1));
	CHECK(state_is_init(f.a, 0, -9, 1));
	/* What may have been overwritten is a number, and what may still be a pointer nothing. */
	state_store(f.a, 0, -16, 8, &pointer);
	state_havoc(f.a, 0, -16, 8, false);
	CHECK(state_load(f.a, 0, -16, 8).type == VALUE_NONE);
	state_havoc(f.a, 0, -8, 8, false);
	v = state_load(f.a, 0, -8, 8);
	CHECK(value_is_number(&v) && !value_is_const(&v, &n));
	/* Narrow parts of a range. */
	v = range(0, 300);
	state_store(f.a, 0, -8, 8, &v);
	CHECK_EQ(state_load(f.a, 0, -8, 2).n.umax, 300);
	CHECK_EQ(state_load(f.a, 0, -8, 1).n.umax, 255);
	CHECK_EQ(state_load(f.a, 0, -4, 4).n.umax, 0);
	CHECK_EQ(state_load(f.a, 0, -7, 1).n.umax, 1);
	/* The same number, when the rest of it is 0. */
	v = range(0, 255);
	v.sym = 200;
	v.dlo = v.dhi = 0;
	state_store(f.a, 0, -8, 8, &v);
	CHECK_EQ(state_load(f.a, 0, -8, 1).sym, 200);
	v.n = scalar_range_u(0, 256);
	state_store(f.a, 0, -8, 8, &v);
	CHECK(state_load(f.a, 0, -8, 1).sym != 200);
out:
	fixture_fini(&f);
}

/* More cells than there is room for: the rest is forgotten, and pointers are not numbers for that.
 */
static void test_cells_full(void)
{
	struct value number = range(0, 5), pointer = value_pointer(VALUE_CTX, 0), v;
	struct fixture f = { 0 };
	u32 numbers = 0;

	CHECK(fixture_init(&f));
	for (s32 off = -512; off < -512 + STATE_CELLS + 40; off++)
		state_store(f.a, 0, off, 1, &number);
	CHECK_EQ(f.a->cell_count, STATE_CELLS);
	for (s32 off = -512; off < -512 + STATE_CELLS + 40; off++) {
		v = state_load(f.a, 0, off, 1);
		CHECK(value_is_number(&v));
		numbers += v.n.umax == 5;
	}
	CHECK_EQ(numbers, STATE_CELLS);
	state_store(f.a, 0, -8, 8, &pointer);
	CHECK(state_load(f.a, 0, -8, 8).type == VALUE_NONE);
out:
	fixture_fini(&f);
}

static void test_numbers(void)
{
	struct fixture f = { 0 };

	CHECK(fixture_init(&f));
	CHECK(leq(&f));
	f.a->regs[1] = range(3, 5);
	CHECK(leq(&f)); /* b does not care */
	f.b->regs[1] = range(0, 5);
	CHECK(leq(&f));
	f.b->regs[1] = range(4, 9);
	CHECK(!leq(&f));
	f.b->regs[1] = range(0, 9);
	f.a->regs[1] = value_none;
	CHECK(!leq(&f));
	f.a->regs[1] = value_pointer(VALUE_CTX, 0);
	CHECK(!leq(&f));
	f.b->regs[1] = value_pointer(VALUE_CTX, 0);
	CHECK(leq(&f));
	f.b->regs[1].n = scalar_const(4);
	value_fix(&f.b->regs[1]);
	CHECK(!leq(&f));
out:
	fixture_fini(&f);
}

/* b says that two numbers differ by 4, under any name; a has to know that. */
static void test_symbols(void)
{
	struct fixture f = { 0 };

	CHECK(fixture_init(&f));
	for (u32 reg = 1; reg <= 2; reg++) {
		f.a->regs[reg] = range(0, 100);
		f.b->regs[reg] = range(0, 200);
		f.b->regs[reg].sym = 500;
		f.b->regs[reg].dlo = f.b->regs[reg].dhi = reg == 1 ? 0 : 4;
	}
	CHECK(!leq(&f));
	f.a->regs[1].sym = f.a->regs[2].sym = 140;
	f.a->regs[1].dlo = f.a->regs[1].dhi = 10;
	f.a->regs[2].dlo = f.a->regs[2].dhi = 14;
	CHECK(leq(&f));
	f.a->regs[2].dlo = f.a->regs[2].dhi = 15;
	CHECK(!leq(&f));
	f.b->regs[2].dhi = 5;
	CHECK(leq(&f));
	/* Constants that differ by 4. */
	f.b->regs[2].dhi = 4;
	f.a->regs[1] = value_const(7);
	f.a->regs[2] = value_const(11);
	CHECK(leq(&f));
	f.a->regs[2] = value_const(12);
	CHECK(!leq(&f));
	/* A relation to the packet's length is not under any name. */
	f.a->regs[2] = value_none;
	f.b->regs[2] = value_none;
	f.b->regs[1].sym = SYM_LEN;
	CHECK(!leq(&f));
	f.a->regs[1] = range(0, 100);
	f.a->regs[1].sym = SYM_LEN;
	f.a->regs[1].dlo = f.a->regs[1].dhi = 0;
	CHECK(leq(&f));
out:
	fixture_fini(&f);
}

static void test_differences(void)
{
	struct fixture f = { 0 };

	CHECK(fixture_init(&f));
	CHECK(diff_add(&f.b->diff, SYM_ZERO, SYM_LEN, -14)); /* at least 14 bytes */
	CHECK(!leq(&f));
	CHECK(diff_add(&f.a->diff, SYM_ZERO, SYM_LEN, -13));
	CHECK(!leq(&f));
	CHECK(diff_add(&f.a->diff, SYM_ZERO, SYM_LEN, -20));
	CHECK(leq(&f));
	/* A cursor and 8 bytes behind it: a has it as a constant. */
	f.b->regs[1] = value_pointer(VALUE_PACKET, 0);
	f.b->regs[1].n = scalar_range_u(0, 100);
	f.b->regs[1].sym = 300;
	f.b->regs[1].dlo = f.b->regs[1].dhi = 0;
	CHECK(diff_add(&f.b->diff, 300, SYM_LEN, -8));
	f.a->regs[1] = value_pointer(VALUE_PACKET, 0);
	f.a->regs[1].n = scalar_const(12);
	value_fix(&f.a->regs[1]);
	CHECK(leq(&f));
	f.a->regs[1].n = scalar_const(13);
	value_fix(&f.a->regs[1]);
	CHECK(!leq(&f));
	/* As a range: its end counts. */
	f.a->regs[1].n = scalar_range_u(3, 12);
	value_fix(&f.a->regs[1]);
	CHECK(leq(&f));
	/* A claim about a symbol that nothing has is not proven by anything. */
	CHECK(diff_add(&f.b->diff, 301, SYM_LEN, 100));
	CHECK(!leq(&f));
out:
	fixture_fini(&f);
}

static void test_null(void)
{
	struct fixture f = { 0 };

	CHECK(fixture_init(&f));
	/* b: both are null, or none. */
	f.b->regs[1] = record(200, VALUE_NULLABLE);
	f.b->regs[2] = record(200, VALUE_NULLABLE);
	f.a->regs[1] = record(100, VALUE_NULLABLE);
	f.a->regs[2] = record(100, VALUE_NULLABLE);
	CHECK(leq(&f));
	f.a->regs[2].id = 101;
	CHECK(!leq(&f));
	f.a->regs[1] = record(0, 0);
	CHECK(!leq(&f));
	f.a->regs[2] = record(0, 0);
	CHECK(leq(&f));
	f.a->regs[2] = value_const(0);
	CHECK(!leq(&f));
	f.a->regs[1] = value_const(0);
	CHECK(leq(&f));
	f.a->regs[1] = value_const(1);
	CHECK(!leq(&f));
	/* Without an id nothing is shared. */
	f.a->regs[1] = record(0, VALUE_NULLABLE);
	f.a->regs[2] = record(0, VALUE_NULLABLE);
	CHECK(!leq(&f));
	f.b->regs[1].id = f.b->regs[2].id = 0;
	CHECK(leq(&f));
	f.b->regs[1].flags = 0;
	CHECK(!leq(&f));
	/* Read-only and smaller memory. */
	f.a->regs[1] = record(0, VALUE_READ_ONLY);
	CHECK(!leq(&f));
	f.b->regs[1].flags = VALUE_READ_ONLY;
	CHECK(leq(&f));
	f.a->regs[1].size = 15;
	CHECK(!leq(&f));
out:
	fixture_fini(&f);
}

static void test_references(void)
{
	struct fixture f = { 0 };

	CHECK(fixture_init(&f));
	f.a->regs[1] = record(100, VALUE_ACQUIRED);
	CHECK_EQ(state_acquire(f.a, 100, 7, 3), 0);
	CHECK(!leq(&f)); /* b would lose it */
	f.b->regs[1] = record(200, VALUE_ACQUIRED);
	CHECK_EQ(state_acquire(f.b, 200, 7, 9), 0);
	CHECK(leq(&f));
	f.b->refs[0].kind = 8;
	CHECK(!leq(&f));
	f.b->refs[0].kind = 7;
	/* Released in a, alive in b: it could be released once more. */
	state_release(f.a, 100);
	CHECK(!leq(&f));
	/* Null in a, perhaps null in b. */
	f.b->regs[1].flags |= VALUE_NULLABLE;
	f.a->regs[1] = value_const(0);
	CHECK(leq(&f));
	/* Two of a for one of b. */
	f.a->regs[1] = record(100, VALUE_ACQUIRED);
	f.a->regs[2] = record(101, VALUE_ACQUIRED);
	CHECK_EQ(state_acquire(f.a, 100, 7, 3), 0);
	CHECK(leq(&f));
	CHECK_EQ(state_acquire(f.a, 101, 7, 3), 0);
	CHECK(!leq(&f));
	/* Two names in b for one of a. */
	state_release(f.a, 101);
	f.a->regs[2] = record(100, VALUE_ACQUIRED);
	f.b->regs[2] = record(201, VALUE_ACQUIRED);
	CHECK_EQ(state_acquire(f.b, 201, 7, 3), 0);
	CHECK(!leq(&f));
	/* What is borrowed goes with it. */
	f.b->regs[2] = record(0, 0);
	state_release(f.b, 201);
	f.a->regs[2] = record(0, 0);
	f.a->regs[2].parent = 100;
	CHECK(!leq(&f));
	f.b->regs[2] = record(0, 0);
	f.b->regs[2].parent = 200;
	CHECK(leq(&f));
	f.b->regs[2].parent = 201;
	CHECK(!leq(&f));
	state_release(f.a, 100);
	CHECK(f.a->regs[2].type == VALUE_NONE);
out:
	fixture_fini(&f);
}

static void test_stack(void)
{
	struct value pointer = value_pointer(VALUE_CTX, 0), number = value_const(5);
	struct fixture f = { 0 };

	CHECK(fixture_init(&f));
	state_havoc(f.b, 0, -8, 8, true);
	CHECK(!leq(&f)); /* initialised in b only */
	state_havoc(f.a, 0, -8, 4, true);
	CHECK(!leq(&f));
	state_store(f.a, 0, -8, 8, &number);
	CHECK(leq(&f));
	state_store(f.a, 0, -8, 8, &pointer);
	CHECK(!leq(&f)); /* b takes it for a number */
	state_store(f.b, 0, -8, 8, &pointer);
	CHECK(leq(&f));
	state_store(f.b, 0, -8, 8, &number);
	CHECK(!leq(&f));
	state_store(f.a, 0, -8, 8, &number);
	CHECK(leq(&f));
	/* Split in b: the parts are so in a. */
	number = value_const(0);
	state_store(f.b, 0, -4, 4, &number);
	CHECK(leq(&f));
	number = value_const(1);
	state_store(f.b, 0, -4, 4, &number);
	CHECK(!leq(&f));
	f.b->packet_moved = true;
	state_store(f.b, 0, -4, 4, &(struct value){ 0 });
	CHECK(leq(&f));
	f.b->packet_moved = false;
	f.a->packet_moved = true;
	CHECK(!leq(&f));
out:
	fixture_fini(&f);
}

static void test_lock(void)
{
	struct fixture f = { 0 };

	CHECK(fixture_init(&f));
	f.a->lock = (struct state_lock){ .held = 1, .region = 2, .off = 4 };
	CHECK(!leq(&f));
	f.b->lock = f.a->lock;
	CHECK(leq(&f));
	f.b->lock.off = 8;
	CHECK(!leq(&f));
	f.a->lock.held = 0;
	CHECK(!leq(&f));
out:
	fixture_fini(&f);
}

/* Two ways to the same contents are the same bytes. */
static void test_pack(void)
{
	struct fixture f = { 0 };
	void *one = mem_zalloc(STATE_PACK_MAX), *two = mem_zalloc(STATE_PACK_MAX);
	u32 hint = 0;

	CHECK(fixture_init(&f) && one != NULL && two != NULL);
	memset(one, 0xee, STATE_PACK_MAX); /* what was there before does not count */
	memset(two, 0x11, STATE_PACK_MAX);
	for (u32 i = 0; i < 2; i++) {
		struct state *s = i == 0 ? f.a : f.b;
		u32 sym = i == 0 ? 150 : 977, id = i == 0 ? 70 : 444;

		s->regs[3] = range(0, 9);
		s->regs[3].sym = sym;
		s->regs[3].dlo = s->regs[3].dhi = 0;
		s->regs[5] = range(1, 10);
		s->regs[5].sym = sym;
		s->regs[5].dlo = s->regs[5].dhi = 1;
		s->regs[6] = range(0, 3); /* alone with its symbol */
		s->regs[6].sym = sym + 1;
		s->regs[6].dlo = s->regs[6].dhi = 0;
		s->regs[7] = record(id, VALUE_NULLABLE | VALUE_ACQUIRED);
		CHECK_EQ(state_acquire(s, id, 1, 2), 0);
		if (i != 0) { /* of something that is gone */
			CHECK(diff_add(&s->diff, 5555, SYM_LEN, 4));
			CHECK(diff_add(&s->diff, sym + 1, 5556, 4));
		}
		CHECK(diff_add(&s->diff, sym, SYM_LEN, -4));
		diff_forget(&s->diff, SYM_META); /* an odd number of rows */
		state_store(s, 0, -8, 8, &s->regs[3]);
		state_canonical(s);
	}
	CHECK_EQ(state_pack_size(f.a), state_pack_size(f.b));
	CHECK(packed_equal(state_pack(f.a, one), state_pack(f.b, two)));
	state_init(f.b);
	state_unpack(one, f.b);
	CHECK(leq(&f));
	CHECK(state_may_leq(f.a, two, &hint));
	state_copy(f.a, f.b);
	state_unpack(two, f.b);
	CHECK(leq(&f));
	f.a->regs[7] = value_none;
	CHECK(!state_may_leq(f.a, two, &hint));
	CHECK(!leq(&f));
out:
	mem_free(one);
	mem_free(two);
	fixture_fini(&f);
}

/* The quick look before state_leq(): what is not known is not asked for, and cells that were are
 * not there. */
static void test_quick_look(void)
{
	struct value number = range(0, 5), pointer = value_pointer(VALUE_CTX, 0);
	struct fixture f = { 0 };
	void *packed = mem_alloc(STATE_PACK_MAX);
	u32 hint = 77;

	CHECK(fixture_init(&f) && packed != NULL);
	state_store(f.a, 0, -8, 8, &number);
	state_store(f.b, 0, -8, 8, &number);
	f.b->cells[0].value = value_none;
	CHECK(state_may_leq(f.a, state_pack(f.b, packed), &hint));
	f.b->cells[0].value = value_unknown();
	CHECK(state_may_leq(f.a, state_pack(f.b, packed), &hint));
	f.a->cells[0].value = pointer;
	CHECK(!state_may_leq(f.a, state_pack(f.b, packed), &hint));
	f.a->cell_count = 0;
	CHECK(state_may_leq(f.a, state_pack(f.b, packed), &hint));
	CHECK(leq(&f));
out:
	mem_free(packed);
	fixture_fini(&f);
}

TAP_MAIN(TAP_TEST(test_quick_look), TAP_TEST(test_cells), TAP_TEST(test_cells_full),
	 TAP_TEST(test_numbers), TAP_TEST(test_symbols), TAP_TEST(test_differences),
	 TAP_TEST(test_null), TAP_TEST(test_references), TAP_TEST(test_stack), TAP_TEST(test_lock),
	 TAP_TEST(test_pack))
