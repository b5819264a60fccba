/* SPDX-License-Identifier: MIT */
/* Any bytes as a program: what decodes and is well-formed has a graph, unless subprograms call each
 * other in a circle; and the graph is what its header says. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cfg/cfg.h"
#include "isa/decode.h"

#define MAX_SLOTS 1024
#define MAPS	  8

static void require(bool holds)
{
	if (!holds)
		abort();
}

struct target {
	struct insn insns[MAX_SLOTS];
	struct prog_subprog subprogs[MAX_SLOTS];
	bool starts[MAX_SLOTS + 1];
	struct prog prog;
};

static void find_subprogs(struct target *t)
{
	u32 count = t->prog.insn_count, found = 0;

	t->starts[0] = true;
	for (u32 i = 0; i < count; i++) {
		const struct insn *insn = &t->insns[i];
		s64 to = (s64)i + 1 + insn->off;

		if ((insn->kind == INSN_CALL_LOCAL ||
		     (insn->kind == INSN_LDDW && insn->op == LDDW_CODE)) &&
		    to >= 0 && to < count)
			t->starts[to] = true;
	}
	for (u32 i = 0; i < count; i++) {
		if (t->starts[i])
			t->subprogs[found++] = (struct prog_subprog){ .name = "f", .start = i };
		t->subprogs[found - 1].count++;
	}
	t->prog.subprogs = t->subprogs;
	t->prog.subprog_count = found;
}

/* Made up from the slot, and within what the caller allows. */
static void call_effect(void *arg, const struct prog *prog, u32 slot,
			const struct cfg_value args[CFG_MAX_ARGS], struct cfg_effect *effect)
{
	(void)arg;
	require(slot < prog->insn_count);
	effect->arg_count = (u32)prog->insns[slot].imm % 8;
	for (u32 i = 0; i < CFG_MAX_ARGS; i++) {
		require(args[i].kind != CFG_VALUE_STACK ||
			(args[i].value <= 0 && args[i].value >= -PROG_FRAME_SIZE));
		effect->reads[i] = slot * 7 + i;
		effect->writes[i] = slot * 5 + i;
		effect->overwrites[i] = slot * 3 + i;
	}
}

static void check_edge(const struct cfg *cfg, u32 from, u32 to)
{
	const struct cfg_block *source = &cfg->blocks[from], *target = &cfg->blocks[to];
	u32 found = 0;

	require(to < cfg->block_count && source->subprog == target->subprog);
	for (u32 i = 0; i < target->pred_count; i++)
		found += cfg->preds[target->preds + i] == from;
	require(found == 1u + (source->succ[0] == source->succ[1]));
	if ((source->flags & CFG_REACHABLE) == 0)
		return;
	require((target->flags & CFG_REACHABLE) != 0);
	require(source->order < target->order || ((target->flags & CFG_LOOP_HEAD) != 0 &&
						  cfg_loop_contains(cfg, target->loop, from)));
	require(target->idom == CFG_NONE || cfg_dominates(cfg, target->idom, from));
	/* The stack is all live once addresses are lost, registers never. */
	require((target->live_regs & ~cfg->live[source->start + source->count - 1]) == 0);
}

static void check_blocks(const struct cfg *cfg)
{
	u32 next = 0;

	for (u32 i = 0; i < cfg->block_count; i++) {
		const struct cfg_block *block = &cfg->blocks[i];

		require(block->start == next && block->count > 0);
		next += block->count;
		for (u32 slot = block->start; slot < next; slot++)
			require(cfg->slot_blocks[slot] == i);
		require(prog_subprog_at(cfg->prog, block->start) ==
			&cfg->prog->subprogs[block->subprog]);
		require((block->order != CFG_NONE) == ((block->flags & CFG_REACHABLE) != 0));
		require(cfg_dominates(cfg, i, i) == ((block->flags & CFG_REACHABLE) != 0));
		require((block->callee != CFG_NONE) == ((block->flags & CFG_ENDS_CALL) != 0));
		for (u32 k = 0; k < 2; k++)
			if (block->succ[k] != CFG_NONE)
				check_edge(cfg, i, block->succ[k]);
	}
	require(next == cfg->prog->insn_count);
}

static void check_order(const struct cfg *cfg)
{
	for (u32 place = 0; place < cfg->order_count; place++) {
		const struct cfg_order *at = &cfg->order[place];

		require(cfg->blocks[at->block].order == place);
		require(at->end > place && at->end <= cfg->order_count);
		if (at->head == CFG_NONE)
			continue;
		require(cfg->blocks[at->head].order < place);
		require(cfg->order[cfg->blocks[at->head].order].end >= at->end);
	}
	for (u32 i = 0; i < cfg->loop_count; i++) {
		const struct cfg_loop *loop = &cfg->loops[i];

		require(cfg->order[loop->start].block == loop->head);
		require(loop->parent == CFG_NONE || loop->parent < i);
		require(cfg->blocks[loop->head].loop == i);
	}
}

static void check_subprogs(const struct cfg *cfg)
{
	static u32 places[MAX_SLOTS];

	for (u32 i = 0; i < cfg->prog->subprog_count; i++)
		places[cfg->callees_first[i]] = i;
	for (u32 i = 0; i < cfg->prog->subprog_count; i++) {
		const struct cfg_subprog *subprog = &cfg->subprogs[i];

		require(cfg->callees_first[places[i]] == i);
		require(subprog->threshold_count <= CFG_MAX_THRESHOLDS);
		for (u32 k = 1; k < subprog->threshold_count; k++)
			require(cfg->thresholds[subprog->threshold + k - 1] <
				cfg->thresholds[subprog->threshold + k]);
		for (u32 k = 0; k < subprog->call_count; k++) {
			const struct cfg_call *call = &cfg->calls[subprog->call + k];

			require(cfg->blocks[cfg->slot_blocks[call->slot]].subprog == i);
			require(call->is_cycle || places[call->callee] < places[i]);
			require(call->is_reference || !call->is_cycle);
			require(!subprog->is_reachable || cfg->subprogs[call->callee].is_reachable);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct target t;
	static const struct prog_map maps[MAPS] = { { .name = "m" } };
	static const struct prog_func funcs[MAPS] = { { .name = "f" } };
	static const struct cfg_options options = { .call_effect = call_effect };
	struct arena arena = { 0 };
	struct error err = { 0 };
	const struct cfg *cfg;
	size_t count = size / INSN_SLOT_SIZE;
	int status;

	if (count > MAX_SLOTS)
		return 0;
	memset(&t, 0, sizeof(t));
	if (insn_decode_all(data, count, t.insns, &err) != 0 || count == 0)
		return 0;
	t.prog = (struct prog){ .name = "f", .section = "", .insns = t.insns };
	t.prog.insn_count = (u32)count;
	t.prog.maps = maps;
	t.prog.map_count = MAPS;
	t.prog.funcs = funcs;
	t.prog.func_count = MAPS;
	find_subprogs(&t);
	if (prog_check(&t.prog, &err) != 0)
		return 0;
	status = cfg_build(&arena, &t.prog, count % 2 == 0 ? &options : NULL, &cfg, &err);
	require(status == 0 || (status == ERR_LOOP && err.text[0] != '\0'));
	if (status == 0) {
		check_blocks(cfg);
		check_order(cfg);
		check_subprogs(cfg);
	}
	arena_fini(&arena);
	return 0;
}
