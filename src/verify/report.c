/* SPDX-License-Identifier: MIT */
/* Texts of findings: the templates of check/findings.def with what is known of the program. */
#include "verify/report.h"

#include "base/error.h"
#include "base/str.h"
#include "verify/report_words.h"

/* A line of its own, or that of what went before: compilers leave some instructions without. */
const struct prog_line *report_line(const struct prog *prog, u32 slot)
{
	const struct prog_subprog *subprog = prog_subprog_at(prog, slot);
	const struct prog_line *line = prog_line_at(prog, slot);

	while (line != NULL && line->line == 0)
		line = line > prog->lines && line->slot > 0 && subprog != NULL &&
				       line[-1].slot >= subprog->start
			       ? line - 1
			       : NULL;
	return line;
}

/* The register with the address of an access; FINDING_NO_REG: it is none. */
static u32 address_reg(const struct prog *prog, u32 slot)
{
	const struct insn *insn = slot < prog->insn_count ? &prog->insns[slot] : NULL;
	u32 kind = insn != NULL ? insn->kind : INSN_EXIT;

	if (kind == INSN_LOAD || kind == INSN_LOAD_ACQ)
		return insn->src;
	return kind == INSN_STORE || kind == INSN_STORE_REL || kind == INSN_ATOMIC ? insn->dst
										   : FINDING_NO_REG;
}

/* By what is known for certain first: the call that gave it, then the line. */
static void find_name(struct words *w)
{
	const struct prog_line *call =
		w->traced.end == TRACE_CALL ? report_line(w->prog, w->traced.slot) : NULL;
	u32 address = address_reg(w->prog, w->finding->slot);

	if (call != NULL)
		w->name = source_assigned(call);
	if (w->name.len == 0 && w->has_access && w->finding->reg == address)
		w->name = w->access.base;
	if (w->name.len == 0 && address != FINDING_NO_REG && w->finding->reg != address)
		w->name = source_value(w->line);
	if (w->name.len == 0 && source_is_name(&w->arg_text))
		w->name = w->arg_text;
}

static void find_words(struct words *w)
{
	const struct finding *f = w->finding;
	const char *callee = report_callee(w->prog, f->slot);

	w->line = report_line(w->prog, f->slot);
	w->call = trace_origin(w->prog, w->cfg, f);
	w->traced = trace_value(w->prog, w->cfg, f->slot, f->reg);
	w->arg = f->arg != 0 ? f->arg : f->reg >= 1 && f->reg <= 5 && callee != NULL ? f->reg : 0;
	if (callee != NULL && w->arg != 0 && w->line != NULL)
		w->arg_text = source_argument(w->line, callee, w->arg);
	w->has_access = address_reg(w->prog, f->slot) != FINDING_NO_REG &&
			source_access(w->line, &w->access);
	find_name(w);
}

/* Of an index that is out of bounds, that is its own origin; true: it is known. */
static bool add_index_origin(struct report *report, const struct words *w)
{
	const struct finding *f = w->finding;
	const struct source_text *index = &w->access.index;
	bool has_index = f->id == FINDING_MAP_VALUE_RANGE || f->id == FINDING_MEM_RANGE ||
			 f->id == FINDING_STACK_RANGE || f->id == FINDING_PACKET_RANGE;
	struct traced traced;

	if (!has_index || f->lo == f->hi)
		return false;
	traced = trace_index(w->prog, w->cfg, f->slot, f->reg, &w->traced);
	if (traced.end != TRACE_LOAD && traced.end != TRACE_CALL)
		return false;
	report->origin.line = report_line(w->prog, traced.slot);
	if (w->has_access && index->len > 0)
		strbuf_printf(&report->origin.text, "'%.*s' comes from here", (int)index->len,
			      index->at);
	else
		strbuf_add(&report->origin.text, "the offset comes from here");
	return true;
}

static void add_origin(struct report *report, const struct words *w)
{
	const char *name = w->call != PROG_NO_INDEX ? report_callee(w->prog, w->call) : NULL;

	if (add_index_origin(report, w) || name == NULL)
		return;
	report->origin.line = report_line(w->prog, w->call);
	strbuf_printf(&report->origin.text, "it was given by %s here", name);
}

int report_init(struct report *ret_report, const struct prog *prog, const struct cfg *cfg,
		const struct finding *finding)
{
	const struct finding_text *text = finding_text((enum finding_id)finding->id);
	const struct prog_subprog *subprog = prog_subprog_at(prog, finding->slot);
	const char *unresolved = prog_unresolved_at(prog, finding->slot);
	struct words w = { .prog = prog, .cfg = cfg, .finding = finding };

	find_words(&w);
	*ret_report = (struct report){
		.id = text != NULL ? text->id : "unknown",
		.line = w.line,
		.function = subprog != NULL ? subprog->name : prog->name,
		.slot = finding->slot,
	};
	w.out = &ret_report->message;
	if (!words_add_message(&w))
		words_fill(&w, text != NULL ? text->message
					    : "the program is refused for an unknown reason");
	if (finding->id == FINDING_UNRESOLVED && unresolved != NULL)
		strbuf_printf(w.out, ": %s", unresolved);
	w.out = &ret_report->hint;
	if (!words_add_hint(&w))
		words_fill(&w, text != NULL ? text->hint : "");
	add_origin(ret_report, &w);
	if (strbuf_status(&ret_report->message) != 0 || strbuf_status(&ret_report->hint) != 0 ||
	    strbuf_status(&ret_report->origin.text) != 0)
		return ERR_NOMEM;
	return 0;
}

void report_fini(struct report *report)
{
	strbuf_fini(&report->message);
	strbuf_fini(&report->hint);
	strbuf_fini(&report->origin.text);
	*report = (struct report){ 0 };
}
