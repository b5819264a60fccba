/* SPDX-License-Identifier: MIT */
/* `oriel verify --verbose, --slice, --dot`: states of each block, what a finding depends on, the
 * graph. */
#include "judge.h"

#include "base/str.h"
#include "object/prog_text.h"
#include "verify/slice.h"
#include "verify/state_text.h"

struct details {
	struct verify *v;
	const struct judged *j;
	const struct record *record;
	struct prog_text text;
	struct state *state; /* to unpack into */
};

static bool details_init(struct details *d, struct verify *v, struct judged *j)
{
	*d = (struct details){ .v = v, .j = j, .record = &j->reports.record };
	prog_text_init(&d->text, j->prog);
	d->state = arena_alloc(&j->reports.record.arena, sizeof(*d->state));
	return d->state != NULL && d->record->cfg != NULL;
}

static const struct report *report_at(const struct judged *j, u32 slot)
{
	for (u32 i = 0; i < j->reports.count; i++)
		if (j->reports.items[i].slot == slot)
			return &j->reports.items[i];
	return NULL;
}

static const char *kind_text(const struct record_instance *instance)
{
	return instance->kind == INSTANCE_MAIN	 ? "program"
	       : instance->kind == INSTANCE_CALL ? "called function"
						 : "callback";
}

/* The state's lines, each behind indent. */
static void add_state(struct details *d, const struct packed *packed, struct strbuf *lines)
{
	strbuf_reset(lines);
	state_unpack(packed, d->state);
	state_text(d->j->prog, d->state, lines);
}

/* --- text --- */

static void print_lines(struct cli *cli, const char *indent, const struct strbuf *lines)
{
	const char *at = strbuf_str(lines);

	while (*at != '\0') {
		size_t len = strcspn(at, "\n");

		cli_printf(cli, "%s%.*s\n", indent, (int)len, at);
		at += len + (at[len] == '\n');
	}
}

static void print_insn(struct details *d, u32 slot)
{
	struct cli *cli = d->v->cli;
	const struct prog_line *line = prog_text_new_line(&d->text, slot);
	const struct report *report = report_at(d->j, slot);

	if (line != NULL && line->text[0] != '\0')
		cli_printf(cli, "%s%8s\t; %u: %s%s\n", cli_style(cli, CLI_DIM), "", line->line,
			   line->text + strspn(line->text, " \t"), cli_style(cli, CLI_PLAIN));
	cli_printf(cli, "%8u:\t%s\n", slot, prog_text_insn(&d->text, slot));
	if (report != NULL)
		cli_printf(cli, "%8s\t%s^ error: %s [%s]%s\n", "", cli_style(cli, CLI_BOLD),
			   strbuf_str(&report->message), report->id, cli_style(cli, CLI_PLAIN));
}

static void print_block(struct details *d, const struct record_instance *instance, u32 idx)
{
	struct cli *cli = d->v->cli;
	const struct cfg *cfg = d->record->cfg;
	const struct cfg_block *b = &cfg->blocks[idx];
	const struct record_block *seen = &instance->blocks[idx - cfg->subprogs[b->subprog].block];
	u32 shown = MIN(seen->count, RECORD_STATES);
	struct strbuf lines = STRBUF_INIT;

	cli_printf(cli, "  %sblock %u%s", cli_style(cli, CLI_BOLD), idx, cli_style(cli, CLI_PLAIN));
	if ((b->flags & CFG_LOOP_HEAD) != 0)
		cli_printf(cli, ", heads a loop");
	cli_printf(cli,
		   seen->count == 0 ? ": never reached\n"
				    : (seen->count == 1 ? ": %u state\n" : ": %u states\n"),
		   seen->count);
	for (u32 i = 0; i < shown; i++) {
		add_state(d, seen->states[i], &lines);
		if (shown > 1)
			cli_printf(cli, "    state %u\n", i + 1);
		print_lines(cli, "      ", &lines);
	}
	if (seen->count > shown)
		cli_printf(cli, "    and %u more\n", seen->count - shown);
	strbuf_fini(&lines);
	for (u32 slot = b->start; slot < b->start + b->count && seen->count > 0; slot++)
		if (d->j->prog->insns[slot].kind != INSN_LDDW_HIGH)
			print_insn(d, slot);
	cli_flush_some(cli);
}

static void print_states(struct details *d)
{
	for (u32 i = 0; i < d->record->instance_count; i++) {
		const struct record_instance *instance = &d->record->instances[i];
		const struct cfg_subprog *sub = &d->record->cfg->subprogs[instance->subprog];

		cli_printf(d->v->cli, "%s %s\n", kind_text(instance),
			   d->j->prog->subprogs[instance->subprog].name);
		for (u32 k = 0; k < sub->block_count; k++)
			print_block(d, instance, sub->block + k);
	}
}

static void print_slice(struct details *d, u32 i, const bool *slots)
{
	struct cli *cli = d->v->cli;

	cli_printf(cli, "what '%s' at slot %u depends on:\n", d->j->reports.items[i].id,
		   d->j->reports.items[i].slot);
	for (u32 slot = 0; slot < d->j->prog->insn_count; slot++)
		if (slots[slot])
			print_insn(d, slot);
	cli_flush_some(cli);
}

void verify_details(struct verify *v, struct judged *j)
{
	struct details d;
	bool *slots = NULL;

	if (j->prog == NULL || !v->needs_record)
		return;
	if (details_init(&d, v, j)) {
		if (cli_given(v->cli, VERIFY_VERBOSE))
			print_states(&d);
		for (u32 i = 0; i < j->reports.count && cli_given(v->cli, VERIFY_SLICE); i++)
			if (slice_make(&j->reports.record.arena, d.record, &d.record->findings[i],
				       &slots) == 0)
				print_slice(&d, i, slots);
	}
	prog_text_fini(&d.text);
}

/* --- JSON --- */

static void json_lines(struct json *json, const struct strbuf *lines)
{
	const char *at = strbuf_str(lines);

	json_array_begin(json, NULL);
	while (*at != '\0') {
		size_t len = strcspn(at, "\n");

		json_str_len(json, NULL, at, len);
		at += len + (at[len] == '\n');
	}
	json_array_end(json);
}

static void json_block(struct details *d, const struct record_instance *instance, u32 idx)
{
	struct json *json = &d->v->json;
	const struct cfg *cfg = d->record->cfg;
	const struct cfg_block *b = &cfg->blocks[idx];
	const struct record_block *seen = &instance->blocks[idx - cfg->subprogs[b->subprog].block];
	struct strbuf lines = STRBUF_INIT;

	json_object_begin(json, NULL);
	json_u64(json, "block", idx);
	json_u64(json, "start", b->start);
	json_u64(json, "count", b->count);
	json_bool(json, "reached", seen->count > 0);
	json_u64(json, "state_count", seen->count);
	json_array_begin(json, "states");
	for (u32 i = 0; i < MIN(seen->count, RECORD_STATES); i++) {
		add_state(d, seen->states[i], &lines);
		json_lines(json, &lines);
	}
	json_array_end(json);
	json_object_end(json);
	strbuf_fini(&lines);
	cli_flush_some(d->v->cli);
}

static void json_states(struct details *d)
{
	struct json *json = &d->v->json;

	json_array_begin(json, "functions");
	for (u32 i = 0; i < d->record->instance_count; i++) {
		const struct record_instance *instance = &d->record->instances[i];
		const struct cfg_subprog *sub = &d->record->cfg->subprogs[instance->subprog];

		json_object_begin(json, NULL);
		json_str(json, "name", d->j->prog->subprogs[instance->subprog].name);
		json_str(json, "kind", kind_text(instance));
		json_array_begin(json, "blocks");
		for (u32 k = 0; k < sub->block_count; k++)
			json_block(d, instance, sub->block + k);
		json_array_end(json);
		json_object_end(json);
	}
	json_array_end(json);
}

static void json_slice(struct details *d, const bool *slots)
{
	struct json *json = &d->v->json;

	json_array_begin(json, NULL);
	for (u32 slot = 0; slot < d->j->prog->insn_count; slot++) {
		const struct prog_line *line = prog_line_at(d->j->prog, slot);

		if (!slots[slot])
			continue;
		json_object_begin(json, NULL);
		json_u64(json, "slot", slot);
		json_str(json, "insn", prog_text_insn(&d->text, slot));
		if (line != NULL && line->line != 0) {
			json_str(json, "file", line->file);
			json_u64(json, "line", line->line);
			json_str(json, "source", line->text);
		}
		json_object_end(json);
	}
	json_array_end(json);
}

void verify_details_json(struct verify *v, struct judged *j)
{
	struct details d;
	bool *slots = NULL;

	if (j->prog == NULL || !v->needs_record)
		return;
	if (details_init(&d, v, j)) {
		if (cli_given(v->cli, VERIFY_VERBOSE))
			json_states(&d);
		if (cli_given(v->cli, VERIFY_SLICE)) {
			json_array_begin(&v->json, "slices");
			for (u32 i = 0; i < j->reports.count; i++)
				if (slice_make(&j->reports.record.arena, d.record,
					       &d.record->findings[i], &slots) == 0)
					json_slice(&d, slots);
			json_array_end(&v->json);
		}
	}
	prog_text_fini(&d.text);
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

static bool is_reached(const struct record *record, const struct cfg_block *b)
{
	return record->slots[b->start].is_reached;
}

static void dot_block(struct details *d, u32 idx)
{
	struct cli *cli = d->v->cli;
	const struct cfg_block *b = &d->record->cfg->blocks[idx];
	const char *style = is_reached(d->record, b) ? "" : ", style=dashed, fontcolor=gray";

	cli_printf(cli, "    b%u [label=\"block %u\\l", idx, idx);
	for (u32 slot = b->start; slot < b->start + b->count; slot++) {
		const struct report *report = report_at(d->j, slot);

		if (d->j->prog->insns[slot].kind == INSN_LDDW_HIGH)
			continue;
		cli_printf(cli, "%u: ", slot);
		dot_text(cli, prog_text_insn(&d->text, slot));
		cli_printf(cli, "\\l");
		if (report == NULL)
			continue;
		cli_printf(cli, "^ ");
		dot_text(cli, strbuf_str(&report->message));
		cli_printf(cli, " [%s]\\l", report->id);
		style = ", style=filled, fillcolor=mistyrose, color=red";
	}
	cli_printf(cli, "\"%s%s];\n", style, (b->flags & CFG_LOOP_HEAD) != 0 ? ", penwidth=2" : "");
	cli_flush_some(cli);
}

static void dot_edges(struct details *d, u32 idx)
{
	const struct cfg *cfg = d->record->cfg;
	const struct cfg_block *b = &cfg->blocks[idx];

	for (u32 k = 0; k < 2; k++) {
		u32 succ = b->succ[k];
		bool is_back;

		if (succ == CFG_NONE)
			continue;
		is_back = b->order != CFG_NONE && cfg->blocks[succ].order <= b->order;
		cli_printf(d->v->cli, "  b%u -> b%u [%s%s%s];\n", idx, succ,
			   (b->flags & CFG_ENDS_BRANCH) != 0 && k == CFG_TARGET ? "label=\"jump\""
										: "",
			   is_back ? " color=blue" : "",
			   is_reached(d->record, &cfg->blocks[succ]) ? "" : " style=dashed");
	}
	if (b->callee != CFG_NONE)
		cli_printf(d->v->cli, "  b%u -> b%u [style=dotted];\n", idx,
			   cfg->subprogs[b->callee].block);
}

static void dot_graph(struct details *d)
{
	struct cli *cli = d->v->cli;
	const struct cfg *cfg = d->record->cfg;

	for (u32 i = 0; i < d->j->prog->subprog_count; i++) {
		cli_printf(cli, "  subgraph cluster_%u {\n    label=\"", i);
		dot_text(cli, d->j->prog->subprogs[i].name);
		cli_printf(cli, "\";\n");
		for (u32 k = 0; k < cfg->subprogs[i].block_count; k++)
			dot_block(d, cfg->subprogs[i].block + k);
		cli_printf(cli, "  }\n");
	}
	for (u32 i = 0; i < cfg->block_count; i++)
		dot_edges(d, i);
}

void verify_dot(struct verify *v, struct judged *j)
{
	static const char *const words[] = { "safe", "not safe", "not judged" };
	struct cli *cli = v->cli;
	struct details d;

	cli_printf(cli, "digraph \"");
	dot_text(cli, j->name);
	cli_printf(cli, "\" {\n  label=\"");
	dot_text(cli, j->name);
	cli_printf(cli, ": %s%s", words[j->verdict], j->verdict == VERDICT_ERROR ? ": " : "");
	dot_text(cli, j->verdict == VERDICT_ERROR ? j->err.text : "");
	cli_printf(cli, "\";\n  node [shape=box, fontname=monospace];\n");
	if (j->prog != NULL && j->verdict != VERDICT_ERROR) {
		if (details_init(&d, v, j))
			dot_graph(&d);
		prog_text_fini(&d.text);
	}
	cli_printf(cli, "}\n");
	cli_flush_some(cli);
}
