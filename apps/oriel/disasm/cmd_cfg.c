/* SPDX-License-Identifier: MIT */
/* `oriel cfg FILE`: the blocks of programs, where they lead, loops, and what is live; as text, for
 * graphviz or as JSON. */
#include "cli.h"

#include "base/str.h"
#include "cfg/cfg.h"
#include "object/prog_text.h"

enum { OPT_PROGRAM, OPT_DOT, OPT_DIALECT, OPT_BTF, OPT_KCONFIG, OPT_SPEC, OPT_EXTENSION };

static const struct cli_option cfg_options[] = {
	[OPT_PROGRAM] = { "program", "NAME", "Only this program: a function's name or a section's.",
			  NULL },
	[OPT_DOT] = { "dot", NULL, "Print graphs for dot(1), one a program.", NULL },
	[OPT_DIALECT] = { "dialect", "DIALECT", "Read the file as windows or linux.",
			  CLI_DIALECTS },
	[OPT_BTF] = { "btf", "FILE",
		      "Adjust the programs to the layouts in this BTF. Default: the object's own.",
		      NULL },
	[OPT_KCONFIG] = CLI_KCONFIG_OPTION,
	[OPT_SPEC] = CLI_SPEC_OPTION,
	[OPT_EXTENSION] = CLI_EXTENSION_OPTION,
};

static const struct cli_example cfg_examples[] = {
	{ "The blocks of every program of a file:", "oriel cfg hello_world.o" },
	{ "A picture of one program:",
	  "oriel cfg --dot --program BindCount bind_count.o >bind_count.dot" },
};

struct graph {
	struct cli *cli;
	const struct prog *prog;
	const struct cfg *cfg;
	struct prog_text text;
	struct strbuf list; /* the last one that was asked for */
};

static bool has(const struct cfg_block *block, enum cfg_block_flag flag)
{
	return (block->flags & flag) != 0;
}

static void add_item(struct graph *g, const char *item)
{
	if (g->list.len > 0)
		strbuf_add_char(&g->list, ' ');
	strbuf_add(&g->list, item);
}

/* "r1 r10" */
static const char *reg_list(struct graph *g, u16 regs)
{
	static const char *const names[BPF_REG_COUNT] = { "r0", "r1", "r2", "r3", "r4", "r5",
							  "r6", "r7", "r8", "r9", "r10" };

	strbuf_reset(&g->list);
	for (u32 reg = 0; reg < BPF_REG_COUNT; reg++)
		if ((regs >> reg & 1) != 0)
			add_item(g, names[reg]);
	return strbuf_str(&g->list);
}

/* Bytes of the frame as r10-16..r10-1, the highest first. */
static const char *stack_list(struct graph *g, u64 granules)
{
	s32 top = CFG_GRANULES;

	strbuf_reset(&g->list);
	while (top > 0) {
		s32 first;

		if ((granules >> (top - 1) & 1) == 0) {
			top--;
			continue;
		}
		for (first = top - 1; first > 0 && (granules >> (first - 1) & 1) != 0;)
			first--;
		if (g->list.len > 0)
			strbuf_add_char(&g->list, ' ');
		strbuf_printf(&g->list, "r10-%d..r10-%d", PROG_FRAME_SIZE - first * CFG_GRANULE,
			      PROG_FRAME_SIZE - top * CFG_GRANULE + 1);
		top = first;
	}
	return strbuf_str(&g->list);
}

static const char *subprog_name(const struct graph *g, u32 subprog)
{
	return g->prog->subprogs[subprog].name;
}

/* --- text --- */

static void print_live(struct graph *g, const char *what, u16 regs, u64 stack)
{
	if (regs == 0 && stack == 0)
		return;
	cli_printf(g->cli, "%s%s%s", cli_style(g->cli, CLI_DIM), what, reg_list(g, regs));
	if (stack != 0)
		cli_printf(g->cli, "%s%s", regs != 0 ? " " : "", stack_list(g, stack));
	cli_printf(g->cli, "%s\n", cli_style(g->cli, CLI_PLAIN));
}

static void print_end(struct graph *g, const struct cfg_block *block)
{
	u32 next = block->succ[CFG_NEXT], target = block->succ[CFG_TARGET];

	if (has(block, CFG_ENDS_CALL))
		cli_printf(g->cli, "\tcalls %s, then %u\n", subprog_name(g, block->callee), next);
	else if (has(block, CFG_ENDS_BRANCH))
		cli_printf(g->cli, "\tto %u, or %u\n", target, next);
	else if (target != CFG_NONE || next != CFG_NONE)
		cli_printf(g->cli, "\tto %u\n", target != CFG_NONE ? target : next);
}

static void print_block(struct graph *g, u32 idx)
{
	const struct cfg_block *block = &g->cfg->blocks[idx];

	cli_printf(g->cli, "%sblock %u%s", cli_style(g->cli, CLI_BOLD), idx,
		   cli_style(g->cli, CLI_PLAIN));
	for (u32 i = 0; i < block->pred_count; i++)
		cli_printf(g->cli, "%s%u", i == 0 ? ", from " : " ",
			   g->cfg->preds[block->preds + i]);
	if (!has(block, CFG_REACHABLE))
		cli_printf(g->cli, ", not reachable");
	else if (block->idom != CFG_NONE)
		cli_printf(g->cli, ", below %u", block->idom);
	if (has(block, CFG_LOOP_HEAD))
		cli_printf(g->cli, ", heads a loop");
	else if (block->loop != CFG_NONE)
		cli_printf(g->cli, ", in the loop of %u", g->cfg->loops[block->loop].head);
	cli_printf(g->cli, "\n");
	if (has(block, CFG_REACHABLE))
		print_live(g, "\tlive: ", block->live_regs, block->live_stack);
	for (u32 slot = block->start; slot < block->start + block->count;
	     slot += insn_slots(&g->prog->insns[slot]))
		cli_printf(g->cli, "%8u:\t%s\n", slot, prog_text_insn(&g->text, slot));
	print_end(g, block);
	cli_flush_some(g->cli);
}

/* "0 1 (2 3 (4 5)) 6": loops in parentheses, their heads first. */
static void print_order(struct graph *g, const struct cfg_subprog *subprog)
{
	u32 depth = 0;

	cli_printf(g->cli, "order:");
	for (u32 i = subprog->order; i < subprog->order + subprog->order_count; i++) {
		const struct cfg_order *at = &g->cfg->order[i];
		bool is_head = has(&g->cfg->blocks[at->block], CFG_LOOP_HEAD);
		u32 outside = at->depth - is_head;

		for (; depth > outside; depth--)
			cli_printf(g->cli, ")");
		cli_printf(g->cli, " %s%u", is_head ? "(" : "", at->block);
		depth = at->depth;
	}
	for (; depth > 0; depth--)
		cli_printf(g->cli, ")");
	cli_printf(g->cli, "\n");
}

static void print_loops(struct graph *g, const struct cfg_subprog *subprog)
{
	for (u32 i = subprog->loop; i < subprog->loop + subprog->loop_count; i++) {
		const struct cfg_loop *loop = &g->cfg->loops[i];

		cli_printf(g->cli, "loop of %u, depth %u%s\n", loop->head, loop->depth,
			   loop->is_irreducible ? ", entered in the middle as well" : "");
		print_live(g, "\tchanges: ", loop->mod_regs, loop->mod_stack);
	}
	if (subprog->threshold_count == 0)
		return;
	cli_printf(g->cli, "compares with:");
	for (u32 i = 0; i < subprog->threshold_count; i++)
		cli_printf(g->cli, " %lld", g->cfg->thresholds[subprog->threshold + i]);
	cli_printf(g->cli, "\n");
}

static void print_graph(struct graph *g)
{
	for (u32 i = 0; i < g->prog->subprog_count; i++) {
		const struct cfg_subprog *subprog = &g->cfg->subprogs[i];

		cli_printf(g->cli, "\n%s<%s>%s: slots %u to %u, %u block%s, %u loop%s%s\n",
			   cli_style(g->cli, CLI_BOLD), subprog_name(g, i),
			   cli_style(g->cli, CLI_PLAIN), g->prog->subprogs[i].start,
			   g->prog->subprogs[i].start + g->prog->subprogs[i].count - 1,
			   subprog->block_count, subprog->block_count == 1 ? "" : "s",
			   subprog->loop_count, subprog->loop_count == 1 ? "" : "s",
			   subprog->is_stack_lost ? ", addresses of its stack escape" : "");
		for (u32 k = 0; k < subprog->call_count; k++) {
			const struct cfg_call *call = &g->cfg->calls[subprog->call + k];

			cli_printf(g->cli, "slot %u: %s %s\n", call->slot,
				   call->is_reference ? "refers to" : "calls",
				   subprog_name(g, call->callee));
		}
		print_order(g, subprog);
		print_loops(g, subprog);
		for (u32 k = 0; k < subprog->block_count; k++)
			print_block(g, subprog->block + k);
	}
}

/* --- dot --- */

static void dot_text(struct cli *cli, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			cli_printf(cli, "\\");
		cli_printf(cli, "%c", *s == '\t' || *s == '\n' ? ' ' : *s);
	}
}

static void dot_block(struct graph *g, u32 idx)
{
	const struct cfg_block *block = &g->cfg->blocks[idx];
	const char *style = !has(block, CFG_REACHABLE)	? ", style=dashed, fontcolor=gray"
			    : has(block, CFG_LOOP_HEAD) ? ", penwidth=2"
							: "";

	cli_printf(g->cli, "    b%u [label=\"%u\\l", idx, idx);
	for (u32 slot = block->start; slot < block->start + block->count;
	     slot += insn_slots(&g->prog->insns[slot])) {
		cli_printf(g->cli, "%u: ", slot);
		dot_text(g->cli, prog_text_insn(&g->text, slot));
		cli_printf(g->cli, "\\l");
	}
	cli_printf(g->cli, "\"%s];\n", style);
	cli_flush_some(g->cli);
}

static void dot_edges(struct graph *g, u32 idx)
{
	const struct cfg_block *block = &g->cfg->blocks[idx];

	for (u32 k = 0; k < 2; k++) {
		u32 succ = block->succ[k];
		bool is_back;

		if (succ == CFG_NONE)
			continue;
		is_back = block->order != CFG_NONE && g->cfg->blocks[succ].order <= block->order;
		cli_printf(g->cli, "  b%u -> b%u [%s%s];\n", idx, succ,
			   has(block, CFG_ENDS_BRANCH) && k == CFG_TARGET ? "label=\"jump\"" : "",
			   is_back ? " color=blue" : "");
	}
}

static void dot_graph(struct graph *g)
{
	cli_printf(g->cli, "digraph \"");
	dot_text(g->cli, g->prog->name);
	cli_printf(g->cli, "\" {\n  node [shape=box, fontname=monospace];\n");
	for (u32 i = 0; i < g->prog->subprog_count; i++) {
		const struct cfg_subprog *subprog = &g->cfg->subprogs[i];

		cli_printf(g->cli, "  subgraph cluster_%u {\n    label=\"", i);
		dot_text(g->cli, subprog_name(g, i));
		cli_printf(g->cli, "\";\n");
		for (u32 k = 0; k < subprog->block_count; k++)
			dot_block(g, subprog->block + k);
		cli_printf(g->cli, "  }\n");
	}
	for (u32 i = 0; i < g->cfg->block_count; i++)
		dot_edges(g, i);
	for (u32 i = 0; i < g->cfg->call_count; i++) {
		const struct cfg_call *call = &g->cfg->calls[i];

		cli_printf(g->cli, "  b%u -> b%u [style=%s];\n", g->cfg->slot_blocks[call->slot],
			   g->cfg->subprogs[call->callee].block,
			   call->is_reference ? "dotted" : "dashed");
	}
	cli_printf(g->cli, "}\n");
}

/* --- JSON --- */

static void json_idx(struct json *json, const char *key, u32 idx)
{
	if (idx == CFG_NONE)
		json_str(json, key, NULL);
	else
		json_u64(json, key, idx);
}

static void json_block(struct graph *g, struct json *json, u32 idx)
{
	const struct cfg_block *block = &g->cfg->blocks[idx];

	json_object_begin(json, NULL);
	json_u64(json, "block", idx);
	json_u64(json, "start", block->start);
	json_u64(json, "count", block->count);
	json_idx(json, "next", block->succ[CFG_NEXT]);
	json_idx(json, "target", block->succ[CFG_TARGET]);
	if (block->callee != CFG_NONE)
		json_str(json, "callee", subprog_name(g, block->callee));
	json_bool(json, "reachable", has(block, CFG_REACHABLE));
	json_idx(json, "idom", block->idom);
	json_bool(json, "loop_head", has(block, CFG_LOOP_HEAD));
	json_idx(json, "loop",
		 block->loop != CFG_NONE ? g->cfg->loops[block->loop].head : CFG_NONE);
	json_str(json, "live", reg_list(g, block->live_regs));
	json_str(json, "live_stack", stack_list(g, block->live_stack));
	json_object_end(json);
}

static void json_subprog(struct graph *g, struct json *json, u32 idx)
{
	const struct cfg_subprog *subprog = &g->cfg->subprogs[idx];

	json_object_begin(json, NULL);
	json_str(json, "name", subprog_name(g, idx));
	json_bool(json, "reachable", subprog->is_reachable);
	json_array_begin(json, "calls");
	for (u32 i = 0; i < subprog->call_count; i++) {
		const struct cfg_call *call = &g->cfg->calls[subprog->call + i];

		json_object_begin(json, NULL);
		json_u64(json, "slot", call->slot);
		json_str(json, "callee", subprog_name(g, call->callee));
		json_bool(json, "reference", call->is_reference);
		json_object_end(json);
	}
	json_array_end(json);
	json_array_begin(json, "order");
	for (u32 i = 0; i < subprog->order_count; i++)
		json_u64(json, NULL, g->cfg->order[subprog->order + i].block);
	json_array_end(json);
	json_array_begin(json, "loops");
	for (u32 i = subprog->loop; i < subprog->loop + subprog->loop_count; i++) {
		const struct cfg_loop *loop = &g->cfg->loops[i];

		json_object_begin(json, NULL);
		json_u64(json, "head", loop->head);
		json_u64(json, "depth", loop->depth);
		json_u64(json, "blocks", loop->end - loop->start);
		json_bool(json, "irreducible", loop->is_irreducible);
		json_str(json, "changes", reg_list(g, loop->mod_regs));
		json_str(json, "changes_stack", stack_list(g, loop->mod_stack));
		json_object_end(json);
	}
	json_array_end(json);
	json_array_begin(json, "blocks");
	for (u32 i = 0; i < subprog->block_count; i++)
		json_block(g, json, subprog->block + i);
	json_array_end(json);
	json_object_end(json);
}

static void json_graph(struct graph *g, struct json *json)
{
	json_u64(json, "insns", g->prog->insn_count);
	json_array_begin(json, "subprograms");
	for (u32 i = 0; i < g->prog->subprog_count; i++)
		json_subprog(g, json, i);
	json_array_end(json);
}

/* --- the command --- */

static void show_graph(struct graph *g, const struct object_prog *row, struct json *json)
{
	if (json != NULL) {
		json_graph(g, json);
	} else if (cli_given(g->cli, OPT_DOT)) {
		dot_graph(g);
	} else {
		cli_printf(g->cli, "\nControl flow of section %s:\n", row->section);
		print_graph(g);
	}
}

static int show_cfg(void *arg, struct object *object, u32 idx, struct json *json)
{
	struct graph *g = arg;
	const struct object_prog *row = &object->progs[idx];
	struct arena arena = { 0 };
	struct error err = { 0 };
	int status = object_link(object, idx, NULL, &g->prog, &err);

	if (status == 0)
		status = cfg_build(&arena, g->prog, NULL, &g->cfg, &err);
	if (json != NULL) {
		json_object_begin(json, NULL);
		json_str(json, "name", row->name);
		json_str(json, "section", row->section);
		json_str(json, "type", row->match != NULL ? cli_prog_type(row) : NULL);
		if (status != 0)
			json_str(json, "error", err.text);
	}
	if (status == 0) {
		prog_text_init(&g->text, g->prog);
		show_graph(g, row, json);
		prog_text_fini(&g->text);
	} else {
		cli_error(g->cli, NULL, "%s: %s", row->name, err.text);
	}
	if (json != NULL)
		json_object_end(json);
	arena_fini(&arena);
	/* A program that calls itself is well-formed, and no engine runs it to its end. */
	return status == 0 ? CLI_OK : status == ERR_LOOP ? CLI_FAILED : CLI_INPUT;
}

static int run_cfg(struct cli *cli)
{
	struct graph g = { .cli = cli };
	struct cli_file file = { 0 };
	int status;

	if (cli_given(cli, OPT_DOT) && cli_json(cli)) {
		cli_error(cli, NULL, "cfg: --dot and --json are two ways to print");
		return CLI_USAGE;
	}
	status = cli_read_file(cli, cli->operand, &file);
	if (status == 0)
		status =
			cli_open_object(cli, &file, cli->values[OPT_DIALECT], cli->values[OPT_BTF]);
	if (status == 0)
		status = cli_show_programs(cli, &file, cli->values[OPT_PROGRAM],
					   !cli_given(cli, OPT_DOT), show_cfg, &g);
	strbuf_fini(&g.list);
	cli_file_fini(&file);
	return status;
}

const struct command cmd_cfg = {
	.name = "cfg",
	.operands = "FILE",
	.summary = "Show the control flow of an object's programs.",
	.about = "Shows the blocks of the programs of an eBPF object file: where they lead, which\n"
		 "loops they form, which registers and bytes of the stack are live at their "
		 "starts.\n"
		 "'-' reads standard input.",
	.options = cfg_options,
	.option_count = ARRAY_COUNT(cfg_options),
	.examples = cfg_examples,
	.example_count = ARRAY_COUNT(cfg_examples),
	.repeatable = 1u << OPT_KCONFIG | 1u << OPT_EXTENSION,
	.run = run_cfg,
};
_Static_assert(ARRAY_COUNT(cfg_options) <= CLI_MAX_OPTIONS, "struct cli holds them all");
