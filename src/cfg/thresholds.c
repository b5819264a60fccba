/* SPDX-License-Identifier: MIT */
/* Constants at which widening may stop: those that a subprogram with loops compares with, first
 * those inside of its loops. */
#include "cfg/cfg_internal.h"

#include "base/sort.h"

enum { MAX_CANDIDATES = 1024 }; /* of one subprogram, that are looked at */

struct candidates {
	struct cfg_builder *b;
	u16 compared; /* registers that are compared with another one */
	s64 *items;
	u32 count;
};

static int compare(const void *a, const void *b)
{
	s64 left = *(const s64 *)a, right = *(const s64 *)b;

	return (left > right) - (left < right);
}

static void add(struct candidates *c, s64 value)
{
	if (c->count < MAX_CANDIDATES)
		c->items[c->count++] = value;
}

static int make_unique(struct candidates *c)
{
	u32 kept = 0;
	int status = sort_stable(c->items, c->count, sizeof(*c->items), compare);

	for (u32 i = 0; i < c->count && status == 0; i++)
		if (i == 0 || c->items[i] != c->items[kept - 1])
			c->items[kept++] = c->items[i];
	if (status == 0)
		c->count = kept;
	return status;
}

static void add_comparison(struct candidates *c, const struct insn *insn)
{
	if (insn->kind != INSN_JUMP_IF || (insn->flags & INSN_IMM) == 0)
		return;
	add(c, insn->imm);
	if (insn->width == 32 && insn->imm < 0)
		add(c, (u32)insn->imm);
}

static void add_operand(struct candidates *c, const struct insn *insn)
{
	bool is_number =
		(insn->kind == INSN_LDDW && insn->op == LDDW_IMM) ||
		(insn->kind == INSN_ALU && insn->op == ALU_MOV && (insn->flags & INSN_IMM) != 0);

	if (is_number && (c->compared >> insn->dst & 1) != 0)
		add(c, insn->imm);
}

static void scan(struct candidates *c, const struct cfg_subprog *subprog, bool in_loops)
{
	const struct cfg_builder *b = c->b;

	for (u32 i = 0; i < subprog->block_count; i++) {
		const struct cfg_block *block = &b->blocks[subprog->block + i];

		if ((block->flags & CFG_REACHABLE) == 0)
			continue;
		for (u32 slot = block->start; slot < block->start + block->count; slot++) {
			const struct insn *insn = &b->prog->insns[slot];

			if (in_loops && insn->kind == INSN_JUMP_IF && (insn->flags & INSN_IMM) == 0)
				c->compared |= (u16)(1u << insn->dst | 1u << insn->src);
			if ((block->loop != CFG_NONE) == in_loops)
				add_comparison(c, insn);
			if (!in_loops)
				add_operand(c, insn);
		}
	}
}

static int collect(struct candidates *c, const struct cfg_subprog *subprog)
{
	int status;

	c->count = 0;
	c->compared = 0;
	scan(c, subprog, true);
	status = make_unique(c);
	if (status != 0 || c->count >= CFG_MAX_THRESHOLDS)
		return status;
	scan(c, subprog, false);
	return make_unique(c);
}

int cfg_thresholds(struct cfg_builder *b)
{
	struct candidates c = { .b = b };
	size_t room = 0;
	u32 used = 0;
	s64 *thresholds;

	for (u32 i = 0; i < b->prog->subprog_count; i++)
		if (b->subprogs[i].loop_count > 0)
			room += MIN(2 * b->prog->subprogs[i].count, (u32)CFG_MAX_THRESHOLDS);
	thresholds = arena_array(b->arena, room, sizeof(*thresholds));
	c.items = cfg_scratch(b, MAX_CANDIDATES, sizeof(*c.items));
	if (thresholds == NULL || c.items == NULL)
		return ERR_NOMEM;
	b->cfg->thresholds = thresholds;
	for (u32 i = 0; i < b->prog->subprog_count; i++) {
		struct cfg_subprog *subprog = &b->subprogs[i];
		u32 kept;

		subprog->threshold = used;
		if (subprog->loop_count == 0)
			continue;
		if (collect(&c, subprog) != 0)
			return ERR_NOMEM;
		/* Of too many, some from all over, the ends among them. */
		kept = MIN(c.count, (u32)CFG_MAX_THRESHOLDS);
		for (u32 k = 0; k < kept; k++)
			thresholds[used++] =
				c.items[kept == c.count ? k : k * (c.count - 1) / (kept - 1)];
		subprog->threshold_count = kept;
	}
	return 0;
}
