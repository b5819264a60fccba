/* SPDX-License-Identifier: MIT */
/* Filling templates: registers and what they hold by the names that the source has for them. */
#include "verify/report_words.h"

#include "base/str.h"
#include "check/value.h"
#include "spec/spec.h"

static const char *const reg_names[BPF_REG_COUNT] = { "r0", "r1", "r2", "r3", "r4", "r5",
						      "r6", "r7", "r8", "r9", "r10" };

const char *report_callee(const struct prog *prog, u32 slot)
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
	u32 reg = w->finding->reg;

	if (reg >= BPF_REG_COUNT)
		strbuf_add(w->out, "a value");
	else if (w->name.len > 0)
		strbuf_printf(w->out, "'%.*s' (%s)", (int)w->name.len, w->name.at, reg_names[reg]);
	else
		strbuf_add(w->out, reg_names[reg]);
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

bool words_is_raw(const struct words *w)
{
	return w->prog->type != NULL && (w->prog->type->flags & PROG_TYPE_RAW) != 0;
}

/* Offsets are added to limits of types: near them, there is none. */
bool words_is_unlimited(s64 n)
{
	return n <= INT64_MIN / 2 || n >= INT64_MAX / 2;
}

void words_add_range(struct strbuf *out, s64 lo, s64 hi)
{
	bool has_least = !words_is_unlimited(lo), has_most = !words_is_unlimited(hi);

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

static void add_offset(struct strbuf *out, s64 lo, s64 hi)
{
	if (lo != hi && words_is_unlimited(lo) && words_is_unlimited(hi)) {
		strbuf_add(out, "at any offset");
		return;
	}
	strbuf_add(out, "at offset ");
	words_add_range(out, lo, hi);
}

static void add_size(const struct words *w)
{
	strbuf_printf(w->out, "%u byte%s", w->finding->size, w->finding->size == 1 ? "" : "s");
}

/* The bytes, and what the source calls them. */
static void add_access(const struct words *w)
{
	strbuf_add(w->out, "access of ");
	add_size(w);
	if (w->has_access)
		strbuf_printf(w->out, " ('%.*s')", (int)w->access.whole.len, w->access.whole.at);
}

static void add_context(const struct words *w)
{
	const struct finding *f = w->finding;
	const struct spec_ctx *ctx =
		w->prog->type != NULL ? spec_ctx_of(w->prog->type, w->prog->attach) : NULL;

	strbuf_add(w->out, "of the context");
	for (u32 i = 0; ctx != NULL && i < ctx->field_count; i++) {
		const struct spec_field *field = &ctx->fields[i];

		if (f->lo >= field->off && f->lo < field->off + field->size)
			strbuf_printf(w->out, " (its field '%s')", field->name);
	}
}

/* The raw type's memory is to the verifier what a packet is. */
static void add_packet(const struct words *w)
{
	strbuf_add(w->out, words_is_raw(w) ? "of the memory that r1 points to" : "of the packet");
}

static void add_object(const struct words *w)
{
	const struct finding *f = w->finding;
	const struct prog_map *map =
		f->region < w->prog->map_count ? &w->prog->maps[f->region] : NULL;

	if (map == NULL || map->name == NULL || (f->flags & VALUE_INNER) != 0)
		strbuf_add(w->out, "a map value");
	else if (map->is_global)
		strbuf_printf(w->out, "the global data of '%s'", map->name);
	else
		strbuf_printf(w->out, "a value of map '%s'", map->name);
}

static void add_arg(const struct words *w)
{
	strbuf_printf(w->out, "%u", w->arg);
	if (w->arg_text.len > 0)
		strbuf_printf(w->out, " ('%.*s')", (int)w->arg_text.len, w->arg_text.at);
}

static void add_name(const struct words *w)
{
	const struct finding *f = w->finding;
	u32 slot = f->id == FINDING_LEAKED_REFERENCE ? f->other : f->slot;
	const char *name = report_callee(w->prog, slot);

	strbuf_add(w->out, name != NULL ? name : "the function");
}

static void add_place(const struct words *w, u32 slot)
{
	const struct prog_line *line = report_line(w->prog, slot);

	if (line != NULL)
		strbuf_printf(w->out, "line %u", line->line);
	else
		strbuf_printf(w->out, "slot %u", slot);
}

static void add_word(const struct words *w, const char *key, size_t len)
{
	const struct finding *f = w->finding;

#define IS(word) (len == sizeof(word) - 1 && memcmp(key, word, sizeof(word) - 1) == 0)
	if (IS("reg"))
		add_reg(w);
	else if (IS("var"))
		strbuf_add_len(w->out, w->name.len > 0 ? w->name.at : "p",
			       w->name.len > 0 ? w->name.len : 1);
	else if (IS("type"))
		add_type(w);
	else if (IS("lo"))
		strbuf_printf(w->out, "%lld", f->lo);
	else if (IS("hi"))
		strbuf_printf(w->out, "%lld", f->hi);
	else if (IS("size"))
		strbuf_printf(w->out, "%u", f->size);
	else if (IS("limit"))
		strbuf_printf(w->out, "%lld", MAX(f->limit, 0));
	else if (IS("arg"))
		add_arg(w);
	else if (IS("other"))
		strbuf_printf(w->out, "%u", f->other);
	else if (IS("place"))
		add_place(w, f->other);
	else if (IS("line"))
		add_place(w, f->slot);
	else if (IS("taker"))
		add_place(w, w->traced.taker);
	else if (IS("from"))
		add_place(w, w->traced.slot);
	else if (IS("name"))
		add_name(w);
	else
		strbuf_add(w->out, "?");
#undef IS
}

static void add_range(const struct words *w)
{
	words_add_range(w->out, w->finding->lo, w->finding->hi);
}

static void add_offset_range(const struct words *w)
{
	add_offset(w->out, w->finding->lo, w->finding->hi);
}

/* Pieces of templates that read better when more is known than the numbers. Longer ones first. */
static const struct {
	const char *text;
	void (*add)(const struct words *w);
} phrases[] = {
	{ "at offset {lo} to {hi}", add_offset_range },
	{ "{lo} to {hi}", add_range },
	{ "access of {size} bytes", add_access },
	{ "{size} bytes", add_size },
	{ "of the context", add_context },
	{ "of the packet", add_packet },
	{ "a map value", add_object },
};

void words_fill(const struct words *w, const char *template)
{
	while (*template != '\0') {
		size_t i = 0, len;

		while (i < ARRAY_COUNT(phrases) && !str_starts(template, phrases[i].text))
			i++;
		if (i < ARRAY_COUNT(phrases)) {
			phrases[i].add(w);
			template += strlen(phrases[i].text);
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
