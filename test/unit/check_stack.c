/* SPDX-License-Identifier: MIT */
/* The stack of a state against one of bytes: random stores, loads and losses. What the state says
 * of a load has to hold, and where all bytes are constants it has to know that. */
#include "check/state.h"

#include "tap.h"

#define FIRST  (-40)
#define BYTES  40
#define FRAMES 2
#define ROUNDS 3000

struct byte {
	bool is_init, is_known;
	u8 value;
	s8 pointer; /* place in the pointer that it is a part of, from 1 on; 0: of none */
};

struct model {
	struct byte bytes[FRAMES][BYTES];
};

static u64 seed;

static u64 below(u64 n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (seed >> 33) % n;
}

/* What a write takes away: the rest of a pointer. */
static void model_cut(struct model *m, u32 frame, u32 at, u32 size)
{
	for (u32 i = at; i < at + size; i++) {
		u32 start = i + 1 - (u8)m->bytes[frame][i].pointer;

		if (m->bytes[frame][i].pointer == 0)
			continue;
		for (u32 k = start; k < start + 8; k++)
			m->bytes[frame][k] = (struct byte){ 0 };
	}
}

static void do_store(struct model *m, struct state *s, u32 frame, u32 at, u32 size)
{
	u64 mask = ~0ull >> (64 - 8 * size), n = below(1u << 30) * 0x100000001ull & mask;
	u32 kind = (u32)below(4);
	struct value v = value_const(n);

	model_cut(m, frame, at, size);
	if (kind == 0 && size == 8) {
		v = value_pointer(VALUE_CTX, 0);
	} else if (kind == 1) {
		struct scalar range = scalar_range_u(n & mask >> 1, n | mask >> 5);

		v = value_number(&range);
	} else if (kind == 2 && below(4) == 0) {
		v = value_none;
	}
	state_store(s, frame, FIRST + (s32)at, size, &v);
	for (u32 i = 0; i < size; i++) {
		struct byte *b = &m->bytes[frame][at + i];

		*b = (struct byte){ .is_init = v.type != VALUE_NONE,
				    .is_known = v.type == VALUE_NUMBER && v.n.umin == v.n.umax,
				    .value = (u8)(n >> 8 * i) };
		if (v.type == VALUE_CTX)
			b->pointer = (s8)(i + 1);
	}
}

static void do_loss(struct model *m, struct state *s, u32 frame, u32 at, u32 size)
{
	u32 kind = (u32)below(3);

	model_cut(m, frame, at, size);
	for (u32 i = at; i < at + size; i++) {
		struct byte *b = &m->bytes[frame][i];

		b->is_known = false;
		if (kind != 1)
			b->is_init = kind == 0;
	}
	if (kind == 2)
		state_clear(s, frame, FIRST + (s32)at, size);
	else
		state_havoc(s, frame, FIRST + (s32)at, size, kind == 0);
}

/* What the model says of a load: NONE, CTX or NUMBER. */
static enum value_type model_type(const struct model *m, u32 frame, u32 at, u32 size,
				  bool *ret_known, u64 *ret_n)
{
	bool is_whole = size == 8;
	u32 pointers = 0;

	*ret_known = true;
	*ret_n = 0;
	for (u32 i = 0; i < size; i++) {
		const struct byte *b = &m->bytes[frame][at + i];

		if (!b->is_init)
			return VALUE_NONE;
		pointers += b->pointer != 0;
		is_whole &= b->pointer == (s8)(i + 1);
		*ret_known &= b->is_known;
		*ret_n |= (u64)b->value << 8 * i;
	}
	if (pointers != 0)
		return is_whole ? VALUE_CTX : VALUE_NONE;
	return VALUE_NUMBER;
}

static bool load_agrees(const struct model *m, struct state *s, u32 frame, u32 at, u32 size)
{
	struct value v = state_load(s, frame, FIRST + (s32)at, size);
	bool is_known;
	u64 n, constant;

	if (v.type != model_type(m, frame, at, size, &is_known, &n))
		return false;
	if (v.type != VALUE_NUMBER)
		return true;
	return is_known ? value_is_const(&v, &constant) && constant == n : scalar_contains(&v.n, n);
}

static bool rest_agrees(const struct model *m, const struct state *s, u32 frame, u32 at, u32 size)
{
	bool is_init = true, has_pointer = false;

	for (u32 i = 0; i < size; i++) {
		is_init &= m->bytes[frame][at + i].is_init;
		has_pointer |= m->bytes[frame][at + i].pointer != 0;
	}
	return state_is_init(s, frame, FIRST + (s32)at, size) == is_init &&
	       state_has_pointer(s, frame, FIRST + (s32)at, size) == has_pointer;
}

/* In order, apart, and each found where it is. */
static bool cells_are_found(struct state *s)
{
	for (u32 i = 0; i < s->cell_count; i++) {
		const struct cell *c = &s->cells[i];

		if (i > 0 && (c->frame < c[-1].frame ||
			      (c->frame == c[-1].frame && c->off < c[-1].off + c[-1].size)))
			return false;
		for (u32 size = 1; size <= 8; size *= 2) {
			bool is_it = size == c->size;

			if ((state_cell(s, c->frame, c->off, size) == c) != is_it ||
			    (state_cell_const(s, c->frame, c->off, size) == c) != is_it ||
			    state_cell(s, c->frame, c->off - 1, size) == c ||
			    state_cell_const(s, c->frame, c->off + 1, size) == c ||
			    state_cell(s, 1u - c->frame, c->off, size) == c)
				return false;
		}
	}
	return true;
}

static void test_random(void)
{
	struct state *s = mem_zalloc(sizeof(*s));
	struct model m;

	CHECK(s != NULL);
	seed = 5;
	for (u32 round = 0; round < ROUNDS; round++) {
		state_init(s);
		s->frame_count = FRAMES;
		memset(&m, 0, sizeof(m));
		for (u32 step = 0; step < 20; step++) {
			u32 frame = (u32)below(FRAMES), size = 1u << below(4);
			u32 at = (u32)below(BYTES - size + 1), len = 1 + (u32)below(BYTES - at);

			if (below(4) != 0)
				do_store(&m, s, frame, at, size);
			else
				do_loss(&m, s, frame, at, len);
			CHECK(rest_agrees(&m, s, frame, at, len));
			size = 1u << below(4);
			at = (u32)below(BYTES - size + 1);
			CHECK(load_agrees(&m, s, frame, at, size));
			CHECK(cells_are_found(s));
		}
		for (u32 size = 1; size <= 8; size *= 2) {
			for (u32 at = 0; at + size <= BYTES; at++)
				CHECK(load_agrees(&m, s, 0, at, size));
		}
	}
out:
	mem_free(s);
}

/* Bytes at the ends of a frame, and across the words that hold their bits. */
static void test_borders(void)
{
	struct state *s = mem_zalloc(sizeof(*s));

	CHECK(s != NULL);
	state_init(s);
	for (s32 first = -512; first < -380; first += 13) {
		for (u32 size = 1; size <= 200; size += 9) {
			state_clear(s, 0, -512, 512);
			CHECK(!state_is_init(s, 0, first, 1));
			state_havoc(s, 0, first, size, true);
			for (s32 at = -512; at < -150; at++)
				CHECK_EQ(state_is_init(s, 0, at, 1),
					 at >= first && at < first + (s32)size);
			CHECK(state_is_init(s, 0, first, size));
			CHECK(!state_is_init(s, 0, first, size + 1));
			state_clear(s, 0, first + (s32)size / 2, 1);
			CHECK(!state_is_init(s, 0, first, size));
		}
	}
	state_havoc(s, 0, -512, 512, true);
	CHECK(state_is_init(s, 0, -512, 512));
	state_clear(s, 0, -1, 1);
	CHECK(!state_is_init(s, 0, -512, 512));
	CHECK(state_is_init(s, 0, -512, 511));
	/* Nothing of no bytes. */
	state_clear(s, 0, -512, 512);
	CHECK(state_is_init(s, 0, -8, 0));
	state_havoc(s, 0, -8, 0, true);
	CHECK(!state_is_init(s, 0, -8, 1));
out:
	mem_free(s);
}

/* What is loaded stays related to what is in memory. */
static void test_names(void)
{
	struct scalar n = scalar_range_u(0, 1000);
	struct state *s = mem_zalloc(sizeof(*s));
	struct value v = value_number(&n), w;

	CHECK(s != NULL);
	state_init(s);
	state_store(s, 0, -8, 8, &v);
	v = state_load(s, 0, -8, 8);
	CHECK(v.sym >= SYM_FREE && v.sym == s->cells[0].value.sym);
	w = state_load(s, 0, -8, 8);
	CHECK(w.sym == v.sym);
	/* The lower half is the same number, the upper one is not. */
	w = state_load(s, 0, -8, 4);
	CHECK(w.sym == v.sym && w.n.umax == 1000);
	w = state_load(s, 0, -8, 2);
	CHECK(w.sym == v.sym);
	w = state_load(s, 0, -8, 1);
	CHECK(w.sym != v.sym && w.n.umax == 255);
	w = state_load(s, 0, -4, 4);
	CHECK(w.n.umax == 0);
	/* Unknown bytes are the same each time. */
	state_havoc(s, 0, -16, 8, true);
	v = state_load(s, 0, -16, 8);
	w = state_load(s, 0, -16, 8);
	CHECK(v.sym >= SYM_FREE && w.sym == v.sym);
	/* A number that is wider than where it goes is cut, and another one then. */
	n = scalar_range_u(0, 70000);
	v = value_number(&n);
	v.sym = 777;
	v.dlo = v.dhi = 0;
	state_store(s, 0, -24, 2, &v);
	w = state_load(s, 0, -24, 2);
	CHECK(w.sym != 777 && w.n.umax == 65535);
	state_store(s, 0, -24, 4, &v);
	w = state_load(s, 0, -24, 4);
	CHECK(w.sym == 777 && w.n.umax == 70000);
	/* A number of which nothing is known but its name keeps that. */
	v = value_unknown();
	v.sym = 778;
	v.dlo = v.dhi = 0;
	state_store(s, 0, -32, 8, &v);
	w = state_load(s, 0, -32, 8);
	CHECK(w.sym == 778);
out:
	mem_free(s);
}

TAP_MAIN(TAP_TEST(test_random), TAP_TEST(test_borders), TAP_TEST(test_names))
