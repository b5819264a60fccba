/* SPDX-License-Identifier: MIT */
/* Blocks, dominators and the weak topological order against their definitions, on random small
 * graphs; and on large ones that are made to hurt. */
#include "cfg_fixture.h"

enum { MAX_BLOCKS = 64 };

static u64 next_random(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* count slots of jumps, branches, exits and one plain kind; targets anywhere. */
static int random_insns(insn_vec *insns, u32 count, u64 *seed)
{
	for (u32 i = 0; i < count; i++) {
		u64 dice = next_random(seed) % 10;
		struct insn insn = {
			.kind = INSN_ALU, .op = ALU_MOV, .width = 64, .flags = INSN_IMM
		};

		if (i + 1 == count)
			dice = dice < 6 ? 8 : 9;
		if (dice >= 3 && dice <= 6)
			insn = (struct insn){ .kind = INSN_JUMP_IF,
					      .width = 64,
					      .flags = INSN_IMM };
		else if (dice == 7)
			insn = (struct insn){ .kind = INSN_MAY_GOTO };
		else if (dice == 8)
			insn = (struct insn){ .kind = INSN_JUMP };
		else if (dice == 9)
			insn = (struct insn){ .kind = INSN_EXIT };
		if (dice >= 3 && dice <= 8)
			insn.off = (s32)(next_random(seed) % count) - (s32)i - 1;
		if (vec_push(insns, insn) != 0)
			return ERR_NOMEM;
	}
	return 0;
}

/* Sets of blocks as bits; successors of each. */
struct graph {
	u64 succ[MAX_BLOCKS];
	u64 reachable;
};

/* What from leads to through blocks of within, from not included unless it comes back. */
static u64 reach(const struct graph *g, u32 from, u64 within)
{
	u64 seen = 0, todo = g->succ[from] & within;

	while (todo != 0) {
		u32 at = (u32)__builtin_ctzll(todo);

		seen |= 1ull << at;
		todo = (todo | (g->succ[at] & within)) & ~seen;
	}
	return seen;
}

/* Blocks and edges against the slots: what follows a slot is what follows it in the graph. */
static bool blocks_are_right(const struct cfg *cfg, struct graph *g)
{
	const struct prog *prog = cfg->prog;
	u32 next = 0, preds = 0;

	memset(g, 0, sizeof(*g));
	for (u32 i = 0; i < cfg->block_count; i++) {
		const struct cfg_block *block = &cfg->blocks[i];

		if (block->start != next || block->count == 0)
			return false;
		next += block->count;
		for (u32 slot = block->start; slot < next; slot++) {
			const struct insn *insn = &prog->insns[slot];
			bool is_last = slot == next - 1;
			bool stops = insn->kind == INSN_JUMP || insn->kind == INSN_EXIT;
			bool jumps = insn->kind == INSN_JUMP || insn->kind == INSN_JUMP_IF ||
				     insn->kind == INSN_MAY_GOTO;
			u32 target = jumps ? (u32)((s32)slot + 1 + insn->off) : 0;

			if (cfg->slot_blocks[slot] != i || (!is_last && (stops || jumps)))
				return false;
			if (!is_last)
				continue;
			if (block->succ[CFG_NEXT] != (stops ? CFG_NONE : i + 1) ||
			    (block->succ[CFG_TARGET] != CFG_NONE) != jumps)
				return false;
			if (jumps && cfg->blocks[block->succ[CFG_TARGET]].start != target)
				return false;
		}
		for (u32 k = 0; k < 2; k++) {
			u32 succ = block->succ[k], found = 0;

			if (succ == CFG_NONE)
				continue;
			g->succ[i] |= 1ull << succ;
			preds++;
			for (u32 p = 0; p < cfg->blocks[succ].pred_count; p++)
				found += cfg->preds[cfg->blocks[succ].preds + p] == i;
			if (found != 1u + (block->succ[0] == block->succ[1]))
				return false;
		}
	}
	for (u32 i = 0; i < cfg->block_count; i++)
		preds -= cfg->blocks[i].pred_count;
	g->reachable = reach(g, 0, ~0ull) | 1;
	for (u32 i = 0; i < cfg->block_count; i++)
		if (((cfg->blocks[i].flags & CFG_REACHABLE) != 0) != (g->reachable >> i & 1))
			return false;
	return next == prog->insn_count && preds == 0;
}

static bool dominates(const struct graph *g, u32 a, u32 b)
{
	u64 without = ~(1ull << a);

	if ((g->reachable >> a & g->reachable >> b & 1) == 0)
		return false;
	return a == b || a == 0 || ((reach(g, 0, without) | 1) >> b & 1) == 0;
}

static bool dominators_are_right(const struct cfg *cfg, const struct graph *g)
{
	for (u32 b = 0; b < cfg->block_count; b++) {
		u32 idom = cfg->blocks[b].idom;

		if ((idom == CFG_NONE) != (b == 0 || (g->reachable >> b & 1) == 0))
			return false;
		if (idom != CFG_NONE && (idom == b || !dominates(g, idom, b)))
			return false;
		for (u32 a = 0; a < cfg->block_count; a++) {
			if (cfg_dominates(cfg, a, b) != dominates(g, a, b))
				return false;
			/* The immediate one is below all others. */
			if (a != b && dominates(g, a, b) && !dominates(g, a, idom))
				return false;
		}
	}
	return true;
}

static u64 blocks_between(const struct cfg *cfg, u32 start, u32 end)
{
	u64 blocks = 0;

	for (u32 place = start; place < end; place++)
		blocks |= 1ull << cfg->order[place].block;
	return blocks;
}

/* Whether the elements from start to end are the strongly connected components of what they hold,
 * each headed by its first; and each head's inside as well. */
static bool level_is_right(const struct cfg *cfg, const struct graph *g, u32 start, u32 end,
			   u32 head, u32 depth)
{
	u64 all = blocks_between(cfg, start, end);

	for (u32 place = start; place < end; place = cfg->order[place].end) {
		const struct cfg_order *at = &cfg->order[place];
		u64 mine = blocks_between(cfg, place, at->end), component;
		bool is_head = (cfg->blocks[at->block].flags & CFG_LOOP_HEAD) != 0;
		u64 from = reach(g, at->block, all);

		if (at->end <= place || at->end > end || at->head != head ||
		    at->depth != depth + is_head)
			return false;
		component = 0;
		for (u32 b = 0; b < cfg->block_count; b++)
			if ((from >> b & 1) != 0 && (reach(g, b, all) >> at->block & 1) != 0)
				component |= 1ull << b;
		if (is_head != (component != 0) ||
		    mine != (is_head ? component : 1ull << at->block))
			return false;
		if (is_head && !level_is_right(cfg, g, place + 1, at->end, at->block, depth + 1))
			return false;
	}
	return true;
}

static bool loops_are_right(const struct cfg *cfg, const struct graph *g)
{
	u32 heads = 0;

	for (u32 i = 0; i < cfg->block_count; i++)
		heads += (cfg->blocks[i].flags & CFG_LOOP_HEAD) != 0;
	if (heads != cfg->loop_count)
		return false;
	for (u32 i = 0; i < cfg->loop_count; i++) {
		const struct cfg_loop *loop = &cfg->loops[i];
		const struct cfg_order *at = &cfg->order[loop->start];
		u64 mine = blocks_between(cfg, loop->start, loop->end);
		bool irreducible = false;

		for (u32 b = 0; b < cfg->block_count; b++) {
			u64 entered = g->succ[b] & mine & ~(1ull << loop->head);

			if ((g->reachable & ~mine) >> b & 1 && entered != 0)
				irreducible = true;
			if (cfg_loop_contains(cfg, i, b) != (mine >> b & 1))
				return false;
		}
		if (loop->head != at->block || loop->end != at->end || loop->depth != at->depth ||
		    loop->is_irreducible != irreducible || cfg->blocks[loop->head].loop != i ||
		    loop->parent !=
			    (at->head == CFG_NONE ? CFG_NONE : cfg->blocks[at->head].loop) ||
		    (i > 0 && loop->start <= cfg->loops[i - 1].start))
			return false;
	}
	return true;
}

static bool order_is_right(const struct cfg *cfg, const struct graph *g)
{
	if (blocks_between(cfg, 0, cfg->order_count) != g->reachable ||
	    cfg->order_count != (u32)__builtin_popcountll(g->reachable))
		return false;
	for (u32 u = 0; u < cfg->block_count; u++) {
		u32 place = cfg->blocks[u].order;
		u32 loop = cfg->blocks[u].loop;

		if ((g->reachable >> u & 1) == 0) {
			if (place != CFG_NONE || loop != CFG_NONE)
				return false;
			continue;
		}
		if (cfg->order[place].block != u)
			return false;
		if ((cfg->blocks[u].flags & CFG_LOOP_HEAD) == 0 &&
		    loop != (cfg->order[place].head == CFG_NONE
				     ? CFG_NONE
				     : cfg->blocks[cfg->order[place].head].loop))
			return false;
		for (u32 v = 0; v < cfg->block_count; v++) {
			if ((g->succ[u] >> v & 1) == 0 || place < cfg->blocks[v].order)
				continue;
			if ((cfg->blocks[v].flags & CFG_LOOP_HEAD) == 0 ||
			    !cfg_loop_contains(cfg, cfg->blocks[v].loop, u))
				return false;
		}
	}
	return level_is_right(cfg, g, 0, cfg->order_count, CFG_NONE, 0) && loops_are_right(cfg, g);
}

static void test_random(void)
{
	struct cfg_fixture f = { 0 };
	struct graph g;
	u64 seed = 88172645463325252ull;

	for (u32 round = 0; round < 20000; round++) {
		u32 count = 1 + (u32)(next_random(&seed) % (round % 16 == 0 ? 40 : 12));

		CHECK(random_insns(&f.insns, count, &seed) == 0);
		CHECK_EQ(fixture_build(&f, NULL), 0);
		CHECK(blocks_are_right(f.cfg, &g));
		CHECK(dominators_are_right(f.cfg, &g));
		CHECK(order_is_right(f.cfg, &g));
		fixture_fini(&f);
	}
out:
	fixture_fini(&f);
}

TAP_MAIN(TAP_TEST(test_random))
