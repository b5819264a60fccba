/* SPDX-License-Identifier: MIT */
/* States from outside: one that keeps all rules, and each rule broken alone. */
#include "check/state.h"

#include "base/str.h"
#include "tap.h"

#define MAPS	 5
#define LAST_SYM (SYM_FREE + STATE_NAMES - 1)
#define LAST_ID	 (ID_FREE + STATE_NAMES - 1)

static struct value range(u64 lo, u64 hi)
{
	struct scalar n = scalar_range_u(lo, hi);

	return value_number(&n);
}

static struct value with_sym(struct value v, u32 sym)
{
	v.sym = sym;
	v.dlo = v.dhi = 0;
	return v;
}

static void set_cell(struct state *s, u32 i, u8 frame, s16 off, u8 size, struct value v)
{
	s->cells[i] = (struct cell){ .frame = frame, .size = size, .off = off, .value = v };
	for (s32 at = off; at < off + size; at++) {
		if (at >= -PROG_FRAME_SIZE && at < 0)
			s->frames[frame].init[(u32)(at + PROG_FRAME_SIZE) / 64] |=
				1ull << ((u32)(at + PROG_FRAME_SIZE) % 64);
	}
}

/* Two frames, all types of values, three cells, two references. */
static void fill(struct state *s)
{
	state_init(s);
	memset(s->cells, 0, sizeof(s->cells));
	s->frame_count = 2;
	s->regs[0] = with_sym(range(0, 9), LAST_SYM);
	s->regs[1] = value_pointer(VALUE_CTX, 0);
	s->regs[2] = range(0, 300);
	s->regs[3] = with_sym(value_pointer(VALUE_PACKET, 0), 130);
	s->regs[4] = value_pointer(VALUE_MAP_VALUE, MAPS - 1);
	s->regs[4].size = 8;
	s->regs[4].id = LAST_ID;
	s->regs[4].flags = VALUE_NULLABLE;
	s->regs[5] = value_pointer(VALUE_MEM, PROG_NO_INDEX);
	s->regs[5].size = 16;
	s->regs[5].id = 65;
	s->regs[5].flags = VALUE_ACQUIRED;
	s->regs[6] = value_pointer(VALUE_MAP, MAPS - 1);
	s->regs[7] = value_pointer(VALUE_CODE, 1);
	s->regs[8] = value_pointer(VALUE_OBJECT, 70);
	s->regs[8].parent = LAST_ID;
	s->regs[9] = value_pointer(VALUE_PACKET_LOW, VALUE_PACKET);
	s->regs[BPF_REG_FP] = value_pointer(VALUE_STACK, 1);
	s->ref_count = 3;
	s->refs[0].id = 65;
	s->refs[1].id = 66;
	s->refs[2].id = LAST_ID;
	s->cell_count = 4;
	set_cell(s, 0, 0, -512, 8, value_pointer(VALUE_STACK, 0));
	set_cell(s, 1, 0, -12, 4, range(0, UINT32_MAX));
	set_cell(s, 2, 0, -8, 8, range(5, 7));
	set_cell(s, 3, 1, -2, 1, range(0, 255));
	s->diff.sym[DIFF_ROWS - 1] = 130;
}

static bool is_valid(const struct state *s, bool is_exit)
{
	/* One more than the program has, as good as its last. */
	static const struct prog_map maps[MAPS + 1] = {
		[MAPS - 1] = { .value_size = 8 }, [MAPS] = { .value_size = 8 }
	};
	static const struct prog_subprog subprogs[2];
	struct prog prog = {
		.maps = maps, .map_count = MAPS, .subprogs = subprogs, .subprog_count = 2
	};

	return state_is_valid(s, &prog, is_exit);
}

#define GOOD(...)                          \
	do {                               \
		fill(s);                   \
		__VA_ARGS__;               \
		CHECK(is_valid(s, false)); \
	} while (0)
#define BAD(...)                            \
	do {                                \
		fill(s);                    \
		__VA_ARGS__;                \
		CHECK(!is_valid(s, false)); \
	} while (0)

static void test_values(void)
{
	struct state *s = mem_zalloc(sizeof(*s));

	CHECK(s != NULL);
	GOOD();
	CHECK(!is_valid(s, true));
	BAD(s->regs[1].type = VALUE_TYPE_COUNT);
	BAD(s->regs[1].type = VALUE_NONE); /* with contents */
	GOOD(s->regs[1] = value_none);
	BAD(s->regs[1] = value_none, s->regs[1].dhi = 1);
	BAD(s->regs[1].pad = 1);
	for (u32 reg = 1; reg <= 3; reg++) {
		BAD(s->regs[reg].region = 1);
		BAD(s->regs[reg].size = 1);
	}
	for (u8 type = VALUE_PACKET; type <= VALUE_PACKET_END; type++) {
		GOOD(s->regs[1].type = type);
		BAD(s->regs[1].type = type, s->regs[1].region = 1);
	}
	GOOD(s->regs[1] = value_pointer(VALUE_STACK, 1));
	BAD(s->regs[1] = value_pointer(VALUE_STACK, 2));
	BAD(s->regs[4].region = MAPS);
	BAD(s->regs[4].size = 9);
	BAD(s->regs[4].size = 7);
	BAD(s->regs[6].region = MAPS);
	BAD(s->regs[7].region = 2);
	GOOD(s->regs[9].region = VALUE_META);
	GOOD(s->regs[9].region = VALUE_PACKET_END);
	BAD(s->regs[9].region = VALUE_CTX);
	BAD(s->regs[9].region = VALUE_NUMBER);
	/* Symbols and ids. */
	BAD(s->regs[0].sym = SYM_NONE);
	BAD(s->regs[0].sym = LAST_SYM + 1);
	BAD(s->regs[2].id = 64);
	BAD(s->regs[4].id = LAST_ID + 1);
	BAD(s->regs[8].parent = LAST_ID + 1);
	BAD(s->regs[2].flags = VALUE_NULLABLE);
	BAD(s->regs[2].flags = VALUE_HALVED);
	GOOD(s->regs[0].flags = VALUE_HALVED);
	BAD(s->regs[0].flags = VALUE_HALVED | VALUE_READ_ONLY);
	BAD(s->regs[3].flags = VALUE_HALVED);
	BAD(s->regs[5].id = ID_NONE);
	GOOD(s->regs[5].id = ID_NONE, s->regs[5].flags = 0);
	BAD(s->regs[2].dlo = 1);
	BAD(s->regs[2].dhi = 299);
	GOOD(s->regs[0].dhi = 299);
	/* The frame pointer. */
	BAD(s->regs[BPF_REG_FP] = value_none);
	BAD(s->regs[BPF_REG_FP] = value_pointer(VALUE_CTX, 0));
	BAD(s->regs[BPF_REG_FP].region = 0);
	BAD(s->regs[BPF_REG_FP].n.smin = -1, value_fix(&s->regs[BPF_REG_FP]));
	BAD(s->regs[BPF_REG_FP].n.smax = 1, value_fix(&s->regs[BPF_REG_FP]));
out:
	mem_free(s);
}

static void test_cells(void)
{
	struct state *s = mem_zalloc(sizeof(*s));

	CHECK(s != NULL);
	for (u8 size = 0; size < 16; size++) {
		fill(s);
		set_cell(s, 1, 0, -300, size, range(0, 1));
		CHECK_EQ(is_valid(s, false), size == 1 || size == 2 || size == 4 || size == 8);
	}
	BAD(s->cells[3].frame = 2);
	BAD(s->cells[0].off = -513);
	BAD(s->cells[3].off = 0);
	BAD(set_cell(s, 2, 0, -4, 8, range(0, 1)));
	BAD(set_cell(s, 3, 1, -3, 4, range(0, 1)));
	BAD(set_cell(s, 2, 0, -3, 4, range(0, 1)), s->frames[1].init[0] |= 1);
	GOOD(set_cell(s, 3, 1, -4, 4, range(0, 1)));
	BAD(s->cells[2].pad = 1);
	/* In order, apart, initialised. */
	BAD(s->cells[2].off = -9);
	BAD(s->cells[2].off = -300, s->frames[0].init[3] = ~0ull);
	BAD(s->cells[2].frame = 1, s->cells[3].frame = 0, s->frames[1] = s->frames[0]);
	GOOD(set_cell(s, 3, 1, -512, 1, range(0, 255)));
	BAD(s->frames[0].init[7] &= ~(1ull << 63));
	BAD(s->frames[0].init[0] &= ~1ull);
	BAD(s->frames[1].init[7] = 0);
	/* What they hold. */
	BAD(s->cells[1].value = range(0, 1ull << 32));
	BAD(s->cells[3].value = range(0, 256));
	GOOD(s->cells[2].value = range(0, ~0ull));
	GOOD(set_cell(s, 1, 0, -16, 8, value_pointer(VALUE_CTX, 0)));
	BAD(s->cells[1].value = value_pointer(VALUE_CTX, 0));
	BAD(s->cells[0].value.region = 2);
	BAD(s->cells[3].value.dlo = 1);
	/* As many as there is room for. */
	BAD(s->cell_count = STATE_CELLS + 1);
	fill(s);
	s->cell_count = STATE_CELLS;
	for (u32 i = 0; i < STATE_CELLS; i++)
		set_cell(s, i, 0, (s16)(-400 + (s16)i), 1, range(0, 3));
	CHECK(is_valid(s, false));
	s->cells[STATE_CELLS - 1].pad = 1;
	CHECK(!is_valid(s, false));
out:
	mem_free(s);
}

static void test_rest(void)
{
	struct state *s = mem_zalloc(sizeof(*s));

	CHECK(s != NULL);
	/* Symbols of the matrix, each once. */
	BAD(s->diff.sym[DIFF_ROWS - 1] = LAST_SYM + 1);
	GOOD(s->diff.sym[DIFF_ROWS - 1] = LAST_SYM);
	BAD(s->diff.sym[DIFF_ROWS - 2] = 130);
	BAD(s->diff.sym[0] = 130);
	BAD(s->diff.sym[0] = LAST_SYM + 1);
	BAD(s->diff.sym[0] = s->diff.sym[1]);
	GOOD(s->diff.sym[0] = 0, s->diff.sym[1] = 0);
	/* References, each once. */
	BAD(s->refs[0].id = ID_NONE);
	BAD(s->refs[2].id = LAST_ID + 1);
	BAD(s->refs[2].id = ID_NONE);
	BAD(s->refs[2].id = 65);
	BAD(s->refs[1].id = 65);
	BAD(s->refs[2].id = 66);
	BAD(s->ref_count = STATE_REFS + 1);
	fill(s);
	s->ref_count = STATE_REFS;
	for (u32 i = 0; i < STATE_REFS; i++)
		s->refs[i].id = 70 + i;
	CHECK(is_valid(s, false));
	GOOD(s->lock.held = 1, s->lock.id = LAST_ID);
	BAD(s->lock.held = 2);
	BAD(s->lock.id = LAST_ID + 1);
	/* Frames. */
	BAD(s->frame_count = 3);
	GOOD(s->frame_count = STATE_FRAMES, s->regs[BPF_REG_FP].region = STATE_FRAMES - 1);
	BAD(s->frame_count = STATE_FRAMES + 1, s->regs[BPF_REG_FP].region = STATE_FRAMES);
	/* After the own frame was left. */
	fill(s);
	s->regs[BPF_REG_FP] = value_none;
	CHECK(!is_valid(s, false));
	CHECK(is_valid(s, true));
	s->frame_count = 0;
	s->cell_count = 0;
	CHECK(is_valid(s, true));
	s->regs[BPF_REG_FP] = value_pointer(VALUE_STACK, ~0u);
	CHECK(!is_valid(s, true));
	CHECK(!is_valid(s, false));
out:
	mem_free(s);
}

TAP_MAIN(TAP_TEST(test_values), TAP_TEST(test_cells), TAP_TEST(test_rest))
