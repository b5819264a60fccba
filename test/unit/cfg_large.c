/* SPDX-License-Identifier: MIT */
/* Large programs that are made to hurt: each is done in linear memory, and fast; what is quadratic
 * would not come to an end here. With an argument of "time" they are larger, and it says how fast.
 */
#include "cfg_fixture.h"

#include "os/os.h"

enum {
	/* As the header promises; what is needed on the way is less. */
	BYTES_A_SLOT = 160,
	SLOTS = 200001,
	MORE_SLOTS = 999999,
};

static u64 next_random(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state >> 16;
}

#define MOV  ((struct insn){ .kind = INSN_ALU, .op = ALU_MOV, .width = 64, .flags = INSN_IMM })
#define EXIT ((struct insn){ .kind = INSN_EXIT })

static struct insn jump(enum insn_kind kind, u32 from, u32 to)
{
	return (struct insn){
		.kind = (u8)kind, .width = 64, .dst = 1, .src = 2, .off = (s32)to - (s32)from - 1
	};
}

/* Each makes slot i of count. */
typedef struct insn make_insn(u32 i, u32 count, u64 *seed);

static struct insn straight(u32 i, u32 count, u64 *seed)
{
	(void)i;
	(void)count;
	(void)seed;
	return MOV;
}

static struct insn to_next(u32 i, u32 count, u64 *seed)
{
	(void)count;
	(void)seed;
	return jump(INSN_JUMP_IF, i, i + 1);
}

static struct insn to_itself(u32 i, u32 count, u64 *seed)
{
	(void)count;
	(void)seed;
	return jump(INSN_JUMP_IF, i, i);
}

static struct insn to_start(u32 i, u32 count, u64 *seed)
{
	(void)count;
	(void)seed;
	return jump(INSN_MAY_GOTO, i, 0);
}

/* Loops around loops: the heads, then the ways back, the innermost first. */
static struct insn nested(u32 i, u32 count, u64 *seed)
{
	(void)seed;
	return i < count / 2 ? jump(INSN_JUMP_IF, i, count - 1)
			     : jump(INSN_JUMP_IF, i, i + 1 < count ? count - 2 - i : 0);
}

/* Ways back that each go one further, from everywhere. */
static struct insn all_back(u32 i, u32 count, u64 *seed)
{
	(void)count;
	(void)seed;
	return jump(INSN_JUMP_IF, i, i / 2);
}

/* Two rails with rungs both ways, entered at both ends. */
static struct insn ladder(u32 i, u32 count, u64 *seed)
{
	u32 half = count / 2;

	(void)seed;
	if (i == 0)
		return jump(INSN_JUMP_IF, 0, half);
	if (i < half)
		return jump(INSN_JUMP_IF, i, i + half - (i % 2));
	return jump(INSN_JUMP_IF, i, i % 3 == 0 && i > half + 1 ? i - half - 1 : i - half);
}

/* Each pair is entered in the middle. */
static struct insn irreducible(u32 i, u32 count, u64 *seed)
{
	(void)seed;
	return jump(INSN_JUMP_IF, i, i % 3 == 0 ? MIN(i + 2, count - 1) : i - i % 3);
}

static struct insn anywhere(u32 i, u32 count, u64 *seed)
{
	return jump(INSN_JUMP_IF, i, (u32)(next_random(seed) % count));
}

static struct insn nearby(u32 i, u32 count, u64 *seed)
{
	u64 to = i + next_random(seed) % 32;

	return jump(INSN_JUMP_IF, i, (u32)(to < 16 ? 0 : MIN(to - 16, (u64)count - 1)));
}

/* Registers and granules that become live one after the other, through nested loops. */
static struct insn late_life(u32 i, u32 count, u64 *seed)
{
	struct insn insn = nested(i, count, seed);

	if (i % 3 == 1)
		return (struct insn){ .kind = INSN_LOAD,
				      .size = 8,
				      .src = BPF_REG_FP,
				      .dst = (u8)(i % 10),
				      .off = -8 * (s32)(1 + i / 7 % 64) };
	if (i % 3 == 2)
		return (struct insn){ .kind = INSN_STORE,
				      .size = 8,
				      .dst = BPF_REG_FP,
				      .src = (u8)(i / 5 % 10),
				      .off = -8 * (s32)(1 + i / 11 % 64) };
	return insn;
}

/* Addresses that keep changing in loops. */
static struct insn addresses(u32 i, u32 count, u64 *seed)
{
	struct insn insn = MOV;

	insn.dst = (u8)(next_random(seed) % 10);
	switch (next_random(seed) % 6) {
	case 0: return nearby(i, count, seed);
	case 1: return anywhere(i, count, seed);
	case 2:
		insn.flags = 0;
		insn.src = BPF_REG_FP;
		return insn;
	case 3:
		insn.flags = 0;
		insn.src = (u8)(next_random(seed) % 10);
		return insn;
	case 4:
		insn.op = ALU_ADD;
		insn.imm = -8;
		return insn;
	default:
		return (struct insn){ .kind = INSN_STORE,
				      .size = 8,
				      .dst = BPF_REG_FP,
				      .src = (u8)(next_random(seed) % 10),
				      .off = -8 * (s32)(1 + next_random(seed) % 64) };
	}
}

/* A subprogram each two slots, which calls the next. */
static struct insn call_chain(u32 i, u32 count, u64 *seed)
{
	(void)seed;
	if (i % 2 == 1 || i + 2 >= count)
		return EXIT;
	return (struct insn){ .kind = INSN_CALL_LOCAL, .src = 1, .off = 1 };
}

/* Callbacks that refer to each other in a circle. */
static struct insn circle(u32 i, u32 count, u64 *seed)
{
	u32 next = i - i % 3 + 3;

	(void)seed;
	if (i % 3 == 1)
		return (struct insn){ .kind = INSN_LDDW_HIGH };
	if (i % 3 == 2 || i + 3 > count)
		return EXIT;
	return (struct insn){ .kind = INSN_LDDW,
			      .op = LDDW_CODE,
			      .dst = 2,
			      .off = (s32)(next + 3 > count ? 0 : next) - (s32)i - 1 };
}

/* Edges go forward or to a head around their source; dominators are above all predecessors. */
static bool is_right(const struct cfg *cfg)
{
	for (u32 i = 0; i < cfg->block_count; i++) {
		const struct cfg_block *block = &cfg->blocks[i];

		if (block->order == CFG_NONE)
			continue;
		for (u32 k = 0; k < 2; k++) {
			const struct cfg_block *succ;

			if (block->succ[k] == CFG_NONE)
				continue;
			succ = &cfg->blocks[block->succ[k]];
			if (block->order >= succ->order && ((succ->flags & CFG_LOOP_HEAD) == 0 ||
							    !cfg_loop_contains(cfg, succ->loop, i)))
				return false;
			if (succ->idom != CFG_NONE && !cfg_dominates(cfg, succ->idom, i))
				return false;
		}
	}
	return true;
}

static const struct {
	const char *name;
	make_insn *make;
} cases[] = {
	{ "straight", straight },     { "to_next", to_next },	      { "to_itself", to_itself },
	{ "to_start", to_start },     { "nested", nested },	      { "all_back", all_back },
	{ "ladder", ladder },	      { "irreducible", irreducible }, { "anywhere", anywhere },
	{ "nearby", nearby },	      { "late_life", late_life },     { "addresses", addresses },
	{ "call_chain", call_chain }, { "circle", circle },
};

static bool with_times;

static void print_time(const char *name, const struct cfg_fixture *f)
{
	struct arena arena = { 0 };
	const struct cfg *cfg;
	u64 began = os_clock_monotonic();

	if (cfg_build(&arena, &f->prog, NULL, &cfg, NULL) == 0)
		printf("# %s: %u ms, %u bytes a slot kept, %u loops\n", name,
		       (unsigned)((os_clock_monotonic() - began) / 1000000),
		       (unsigned)(arena.total / cfg->prog->insn_count), cfg->loop_count);
	arena_fini(&arena);
}

static void test_large(void)
{
	struct cfg_fixture f = { 0 };
	u64 seed = 1;

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		u32 count = with_times ? MORE_SLOTS : SLOTS;

		CHECK(vec_reserve(&f.insns, count) == 0);
		for (u32 k = 0; k + 1 < count; k++)
			f.insns.items[f.insns.count++] = cases[i].make(k, count, &seed);
		f.insns.items[f.insns.count++] = EXIT;
		arena_init(&f.arena, (size_t)BYTES_A_SLOT * count);
		CHECK_EQ(fixture_build(&f, NULL), 0);
		CHECK(is_right(f.cfg));
		if (with_times)
			print_time(cases[i].name, &f);
		fixture_fini(&f);
	}
out:
	fixture_fini(&f);
}

int main(int argc, char **argv)
{
	static const struct tap_test tests[] = { TAP_TEST(test_large) };

	with_times = argc > 1 && strcmp(argv[1], "time") == 0;
	return tap_main(tests, ARRAY_COUNT(tests), NULL);
}
