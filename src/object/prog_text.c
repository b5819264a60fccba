/* SPDX-License-Identifier: MIT */
#include "object/prog_text.h"

#include "base/error.h"
#include "base/str.h"
#include "isa/disasm.h"
#include "spec/spec.h"

void prog_text_init(struct prog_text *text, const struct prog *prog)
{
	*text = (struct prog_text){ .prog = prog };
}

void prog_text_fini(struct prog_text *text)
{
	strbuf_fini(&text->text);
	strbuf_fini(&text->label);
}

static const char *helper_name(void *arg, u32 id)
{
	const struct prog_text *text = arg;
	const struct spec_helper *helper =
		spec_find_helper(text->prog->spec, text->prog->dialect, text->prog->type, id);

	return helper != NULL ? helper->name : NULL;
}

static const char *map_name(void *arg, u32 map_idx)
{
	const struct prog *prog = ((const struct prog_text *)arg)->prog;

	return map_idx < prog->map_count ? prog->maps[map_idx].name : NULL;
}

static const char *func_name(void *arg, u32 func_idx)
{
	const struct prog *prog = ((const struct prog_text *)arg)->prog;

	return func_idx < prog->func_count ? prog->funcs[func_idx].name : NULL;
}

/* "name" for the start of a subprogram, "name+0x20" inside it. */
static const char *label_name(void *arg, u32 slot)
{
	struct prog_text *text = arg;
	const struct prog_subprog *sub = prog_subprog_at(text->prog, slot);

	if (sub == NULL)
		return NULL;
	strbuf_reset(&text->label);
	strbuf_add(&text->label, sub->name);
	if (slot != sub->start)
		strbuf_printf(&text->label, "+0x%llx", (u64)(slot - sub->start) * INSN_SLOT_SIZE);
	return strbuf_str(&text->label);
}

const char *prog_text_insn(struct prog_text *text, u32 slot)
{
	const struct disasm_names names = {
		.arg = text,
		.helper = helper_name,
		.map = map_name,
		.func = func_name,
		.label = label_name,
	};

	strbuf_reset(&text->text);
	disasm_insn(&text->text, &text->prog->insns[slot], slot, &names);
	text->failed |= text->text.failed || text->label.failed;
	return strbuf_str(&text->text);
}

/* Line 0 is the compiler's way to say that an instruction comes from no line. */
const struct prog_line *prog_text_new_line(struct prog_text *text, u32 slot)
{
	const struct prog_line *line = prog_line_at(text->prog, slot);

	if (line == NULL || line->line == 0)
		return NULL;
	if (text->line != NULL && text->line->line == line->line &&
	    str_eq(text->line->file, line->file))
		return NULL;
	text->line = line;
	return line;
}

const struct prog_subprog *prog_text_label(const struct prog *prog, u32 slot)
{
	const struct prog_subprog *sub = prog_subprog_at(prog, slot);

	return sub != NULL && sub->start == slot ? sub : NULL;
}

int prog_text_status(const struct prog_text *text)
{
	return text->failed ? ERR_NOMEM : 0;
}
