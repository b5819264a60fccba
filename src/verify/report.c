/* SPDX-License-Identifier: MIT */
/* Texts of findings: the templates of check/findings.def with what is known of the program. */
#include "verify/report.h"

#include "base/error.h"
#include "base/str.h"
#include "check/value.h"
#include "spec/spec.h"

static const char *const reg_names[BPF_REG_COUNT] = { "r0", "r1", "r2", "r3", "r4", "r5",
						      "r6", "r7", "r8", "r9", "r10" };

/* --- where a value came from --- */

/* What is looked for on the way back: a register, or the 8 bytes of the frame that it was loaded
 * from. */
struct trace {
	u32 reg;
	s32 spill;
	bool is_spilled;
};

enum step { STEP_ON, STEP_FOUND, STEP_LOST };

static enum step step_move(struct trace *trace, const struct insn *insn)
{
	if (insn->dst != trace->reg)
		return STEP_ON;
	if (insn->op != ALU_MOV)
		return STEP_ON; /* moved within the same thing */
	if ((insn->flags & INSN_IMM) != 0 || insn->width != 64)
		return STEP_LOST;
	trace->reg = insn->src;
	return STEP_ON;
}

static enum step step_back(struct trace *trace, const struct insn *insn)
{
	if (trace->is_spilled) {
		if (insn->kind != INSN_STORE || insn->dst != BPF_REG_FP ||
		    insn->off != trace->spill)
			return STEP_ON;
		if ((insn->flags & INSN_IMM) != 0 || insn->size != 8)
			return STEP_LOST;
		trace->reg = insn->src;
		trace->is_spilled = false;
		return STEP_ON;
	}
	switch ((enum insn_kind)insn->kind) {
	case INSN_ALU: return step_move(trace, insn);
	case INSN_CALL:
	case INSN_CALL_KFUNC:
		if (trace->reg == BPF_REG_0)
			return STEP_FOUND;
		return trace->reg <= 5 ? STEP_LOST : STEP_ON;
	case INSN_CALL_LOCAL:
	case INSN_CALLX: return trace->reg <= 5 ? STEP_LOST : STEP_ON;
	case INSN_LOAD:
		if (insn->dst != trace->reg)
			return STEP_ON;
		if (insn->src != BPF_REG_FP || insn->size != 8)
			return STEP_LOST;
		trace->spill = insn->off;
		trace->is_spilled = true;
		return STEP_ON;
	case INSN_LD_PACKET: return trace->reg == BPF_REG_0 ? STEP_LOST : STEP_ON;
	case INSN_ATOMIC:
		return insn->src == trace->reg || trace->reg == BPF_REG_0 ? STEP_LOST : STEP_ON;
	case INSN_NEG:
	case INSN_MOVSX:
	case INSN_SWAP:
	case INSN_LDDW:
	case INSN_LOAD_ACQ: return insn->dst == trace->reg ? STEP_LOST : STEP_ON;
	case INSN_LDDW_HIGH:
	case INSN_STORE:
	case INSN_STORE_REL:
	case INSN_JUMP_IF:
	case INSN_JUMP:
	case INSN_MAY_GOTO:
	case INSN_EXIT: break;
	}
	return STEP_ON;
}

/* Blocks that wait, each with what is looked for at its end. */
#define MAX_WAITING 64
struct way {
	u32 block;
	struct trace trace;
};
struct ways {
	struct way at[MAX_WAITING];
	u32 count, done;
};

static void add_ways(struct ways *ways, const struct cfg *cfg, u32 block, const struct trace *trace)
{
	const struct cfg_block *b = &cfg->blocks[block];

	for (u32 i = 0; i < b->pred_count; i++) {
		u32 pred = cfg->preds[b->preds + i], k = 0;

		while (k < ways->count && ways->at[k].block != pred)
			k++;
		if (k == ways->count && k < MAX_WAITING)
			ways->at[ways->count++] = (struct way){ pred, *trace };
	}
}

/* From before slot `at` back to the start of the block. */
static enum step trace_block(const struct prog *prog, u32 start, u32 at, struct trace *trace,
			     u32 *ret_slot)
{
	enum step step = STEP_ON;

	while (step == STEP_ON && at > start)
		step = step_back(trace, &prog->insns[--at]);
	*ret_slot = at;
	return step;
}

/* The call whose result reg holds, on one of the ways to slot: good enough for a text, which is all
 * that it serves. PROG_NO_INDEX: that does not tell. */
static u32 find_call(const struct prog *prog, const struct cfg *cfg, u32 slot, u32 reg)
{
	struct trace trace = { .reg = reg };
	struct ways ways;
	u32 at, block;
	enum step step;

	if (cfg == NULL || slot >= prog->insn_count || reg >= BPF_REG_FP)
		return PROG_NO_INDEX;
	ways.count = ways.done = 0;
	block = cfg->slot_blocks[slot];
	step = trace_block(prog, cfg->blocks[block].start, slot, &trace, &at);
	if (step == STEP_ON)
		add_ways(&ways, cfg, block, &trace);
	while (step != STEP_FOUND && ways.done < ways.count) {
		const struct cfg_block *b;

		block = ways.at[ways.done].block;
		trace = ways.at[ways.done++].trace;
		b = &cfg->blocks[block];
		step = trace_block(prog, b->start, b->start + b->count, &trace, &at);
		if (step == STEP_ON)
			add_ways(&ways, cfg, block, &trace);
	}
	return step == STEP_FOUND ? at : PROG_NO_INDEX;
}

/* Only of pointers does the place where they were made say what to do. */
static bool has_origin(const struct finding *f)
{
	return f->reg < BPF_REG_FP && (f->type == VALUE_MAP_VALUE || f->type == VALUE_MEM ||
				       f->type == VALUE_OBJECT || f->type == VALUE_MAP);
}

u32 report_origin(const struct prog *prog, const struct cfg *cfg, const struct finding *finding)
{
	return has_origin(finding) ? find_call(prog, cfg, finding->slot, finding->reg)
				   : PROG_NO_INDEX;
}

static bool is_name_char(char c)
{
	return str_is_alnum(c) || c == '_';
}

/* The variable before the first assignment in a line: what a call in that line is assigned to. */
static bool assigned_name(const char *text, const char **ret_name, size_t *ret_len)
{
	const char *end = text, *start;

	while (*end != '\0' && (*end != '=' || end[1] == '='))
		end += *end == '=' ? 2 : 1;
	if (*end == '\0' || end == text || strchr("!<>+-*/%&|^", end[-1]) != NULL)
		return false;
	while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	start = end;
	while (start > text && is_name_char(start[-1]))
		start--;
	/* Members and elements have longer names than one word. */
	if (start == end || (*start >= '0' && *start <= '9') ||
	    (start > text && (start[-1] == '.' || start[-1] == '>')))
		return false;
	*ret_name = start;
	*ret_len = (size_t)(end - start);
	return true;
}

/* --- words of the templates --- */

struct words {
	const struct prog *prog;
	const struct finding *finding;
	u32 call; /* whose result is wrong; PROG_NO_INDEX: none that is known */
	struct strbuf *out;
};

/* What the instruction at slot calls; NULL: nothing, or nothing with a name. */
static const char *callee_name(const struct prog *prog, u32 slot)
{
	const struct insn *insn = slot < prog->insn_count ? &prog->insns[slot] : NULL;
	const struct spec_helper *helper;

	if (insn == NULL)
		return NULL;
	if (insn->kind == INSN_CALL_KFUNC)
		return insn->imm >= 0 && insn->imm < prog->func_count ? prog->funcs[insn->imm].name
								      : NULL;
	if (insn->kind == INSN_CALL_LOCAL) {
		const struct prog_subprog *to =
			prog_subprog_at(prog, (u32)((s64)slot + 1 + insn->off));

		return to != NULL ? to->name : NULL;
	}
	if (insn->kind != INSN_CALL)
		return NULL;
	helper = spec_find_helper(prog->spec, prog->dialect, prog->type, (u32)insn->imm);
	return helper != NULL ? helper->name : NULL;
}

static void add_reg(const struct words *w)
{
	const struct finding *f = w->finding;
	const struct prog_line *line;
	const char *name;
	size_t len;

	if (f->reg >= BPF_REG_COUNT) {
		strbuf_add(w->out, "a value");
		return;
	}
	line = w->call != PROG_NO_INDEX ? prog_line_at(w->prog, w->call) : NULL;
	if (line != NULL && assigned_name(line->text, &name, &len))
		strbuf_printf(w->out, "'%.*s' (%s)", (int)len, name, reg_names[f->reg]);
	else
		strbuf_add(w->out, reg_names[f->reg]);
}

static void add_type(const struct words *w)
{
	const struct finding *f = w->finding;
	const struct prog_map *map =
		f->region < w->prog->map_count ? &w->prog->maps[f->region] : NULL;
	bool has_map = f->type == VALUE_MAP || f->type == VALUE_MAP_VALUE;

	strbuf_add(w->out, value_type_text((enum value_type)f->type));
	if (has_map && map != NULL && map->name != NULL && (f->flags & VALUE_INNER) == 0)
		strbuf_printf(w->out, f->type == VALUE_MAP ? " ('%s')" : " of '%s'", map->name);
	if ((f->flags & VALUE_NULLABLE) != 0)
		strbuf_add(w->out, " or NULL");
}

/* "5", "1 to 5", "5 or more". */
static void add_range(struct strbuf *out, s64 lo, s64 hi)
{
	/* Offsets are added to limits of types: near them, there is none. */
	bool has_least = lo > INT64_MIN / 2, has_most = hi < INT64_MAX / 2;

	if (lo == hi)
		strbuf_printf(out, "%lld", lo);
	else if (!has_least && !has_most)
		strbuf_add(out, "anything");
	else if (!has_most)
		strbuf_printf(out, "%lld or more", lo);
	else if (!has_least)
		strbuf_printf(out, "%lld or less", hi);
	else
		strbuf_printf(out, "%lld to %lld", lo, hi);
}

static void add_name(const struct words *w)
{
	const struct finding *f = w->finding;
	u32 slot = f->id == FINDING_LEAKED_REFERENCE ? f->other : f->slot;
	const char *name = callee_name(w->prog, slot);

	strbuf_add(w->out, name != NULL ? name : "the function");
}

static void add_place(const struct words *w)
{
	const struct prog_line *line = prog_line_at(w->prog, w->finding->other);

	if (line != NULL && line->line != 0)
		strbuf_printf(w->out, "line %u", line->line);
	else
		strbuf_printf(w->out, "slot %u", w->finding->other);
}

static void add_word(const struct words *w, const char *key, size_t len)
{
	const struct finding *f = w->finding;

#define IS(word) (len == sizeof(word) - 1 && memcmp(key, word, sizeof(word) - 1) == 0)
	if (IS("reg"))
		add_reg(w);
	else if (IS("type"))
		add_type(w);
	else if (IS("lo"))
		strbuf_printf(w->out, "%lld", f->lo);
	else if (IS("hi"))
		strbuf_printf(w->out, "%lld", f->hi);
	else if (IS("size"))
		strbuf_printf(w->out, "%u", f->size);
	else if (IS("limit"))
		strbuf_printf(w->out, "%lld", f->limit);
	else if (IS("arg"))
		strbuf_printf(w->out, "%u", f->arg);
	else if (IS("other"))
		strbuf_printf(w->out, "%u", f->other);
	else if (IS("place"))
		add_place(w);
	else if (IS("name"))
		add_name(w);
	else
		strbuf_add(w->out, "?");
#undef IS
}

#define RANGE "{lo} to {hi}"

static void fill(const struct words *w, const char *template)
{
	while (*template != '\0') {
		size_t len;

		if (str_starts(template, RANGE)) {
			add_range(w->out, w->finding->lo, w->finding->hi);
			template += sizeof(RANGE) - 1;
			continue;
		}
		if (*template != '{') {
			strbuf_add_char(w->out, *template ++);
			continue;
		}
		len = strcspn(++template, "}");
		add_word(w, template, len);
		template += len + (template[len] == '}');
	}
}

/* --- whole reports --- */

static void add_origin(struct report *report, const struct words *w)
{
	const struct finding *f = w->finding;
	u32 slot = f->id == FINDING_LEAKED_REFERENCE ? f->other : w->call;
	const char *name = slot != PROG_NO_INDEX ? callee_name(w->prog, slot) : NULL;

	if (name == NULL)
		return;
	report->origin.line = prog_line_at(w->prog, slot);
	if (report->origin.line == NULL || report->origin.line->line == 0)
		report->origin.line = NULL;
	strbuf_printf(&report->origin.text, "it was given by %s here", name);
}

int report_init(struct report *ret_report, const struct prog *prog, const struct cfg *cfg,
		const struct finding *finding)
{
	const struct finding_text *text = finding_text((enum finding_id)finding->id);
	const struct prog_subprog *subprog = prog_subprog_at(prog, finding->slot);
	const char *unresolved = prog_unresolved_at(prog, finding->slot);
	struct words w = { .prog = prog, .finding = finding, .call = PROG_NO_INDEX };

	*ret_report = (struct report){
		.id = text != NULL ? text->id : "unknown",
		.line = prog_line_at(prog, finding->slot),
		.function = subprog != NULL ? subprog->name : prog->name,
		.slot = finding->slot,
	};
	if (ret_report->line != NULL && ret_report->line->line == 0)
		ret_report->line = NULL;
	w.call = report_origin(prog, cfg, finding);
	w.out = &ret_report->message;
	fill(&w, text != NULL ? text->message : "the program is refused for an unknown reason");
	if (finding->id == FINDING_UNRESOLVED && unresolved != NULL)
		strbuf_printf(w.out, ": %s", unresolved);
	w.out = &ret_report->hint;
	fill(&w, text != NULL ? text->hint : "");
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
