/* SPDX-License-Identifier: MIT */
/* Machine instructions as text: capstone's, where this was built with it. */
#include "disasm.h"

#include "base/mem.h"
#include "base/str.h"
#include "spec/spec.h"

#ifdef ORIEL_CAPSTONE

#include <capstone/capstone.h>
#include <stdlib.h>

struct machine_text {
	csh handle;
	cs_insn *insn;
	struct strbuf line;
};

bool machine_has_text(void)
{
	return true;
}

int machine_text_open(struct machine *m)
{
	bool is_arm = m->options.target == JIT_ARM64;
	struct machine_text *text = mem_zalloc(sizeof(*text));

	if (text == NULL)
		return ERR_NOMEM;
	if (cs_open(is_arm ? CS_ARCH_ARM64 : CS_ARCH_X86,
		    is_arm ? CS_MODE_LITTLE_ENDIAN : CS_MODE_64, &text->handle) != CS_ERR_OK) {
		mem_free(text);
		return ERR_NOMEM;
	}
	text->insn = cs_malloc(text->handle);
	if (text->insn == NULL) {
		cs_close(&text->handle);
		mem_free(text);
		return ERR_NOMEM;
	}
	m->text = text;
	return 0;
}

void machine_text_close(struct machine *m)
{
	struct machine_text *text = m->text;

	if (text == NULL)
		return;
	cs_free(text->insn, 1);
	cs_close(&text->handle);
	strbuf_fini(&text->line);
	mem_free(text);
	m->text = NULL;
}

static const char *helper_at(const struct machine *m, u64 address)
{
	const struct spec_helper *row = NULL;

	for (u32 i = 0; i < m->name_count && row == NULL; i++)
		if (m->names[i].address == address)
			row = spec_find_helper(m->prog->spec, m->prog->dialect, m->prog->type,
					       m->names[i].id);
	return row != NULL ? row->name : NULL;
}

/* Addresses in the code become offsets, as the other columns have them; a helper's gets its name.
 */
static void add_operands(struct machine *m, const char *at)
{
	struct strbuf *line = &m->text->line;
	const char *name = NULL;

	while (*at != '\0') {
		const char *number = strstr(at, "0x");
		char *end = NULL;
		u64 value;

		if (number == NULL) {
			strbuf_add(line, at);
			break;
		}
		strbuf_add_len(line, at, (size_t)(number - at));
		value = strtoull(number, &end, 16);
		if (value >= m->address && value - m->address <= m->len)
			strbuf_printf(line, "<%llx>", value - m->address);
		else
			strbuf_add_len(line, number, (size_t)(end - number));
		if (name == NULL)
			name = helper_at(m, value);
		at = end;
	}
	if (name != NULL)
		strbuf_printf(line, " <%s>", name);
}

struct machine_line machine_line(struct machine *m, struct machine_part part)
{
	struct machine_line line = { .offset = part.begin, .len = part.end - part.begin };
	struct machine_text *text = m->text;
	const u8 *code = m->bytes + part.begin;
	size_t left = line.len;
	uint64_t address = m->address + part.begin;

	if (!cs_disasm_iter(text->handle, &code, &left, &address, text->insn)) {
		line.len = MIN(line.len, m->options.target == JIT_ARM64 ? 4u : 1u);
		return line;
	}
	line.len = text->insn->size;
	strbuf_reset(&text->line);
	strbuf_add(&text->line, text->insn->mnemonic);
	if (text->insn->op_str[0] != '\0')
		strbuf_add_char(&text->line, ' ');
	add_operands(m, text->insn->op_str);
	line.text = strbuf_str(&text->line);
	return line;
}

#else

int machine_text_open(UNUSED struct machine *m)
{
	return 0;
}

void machine_text_close(UNUSED struct machine *m) {}

bool machine_has_text(void)
{
	return false;
}

/* Bytes as they fit a line; arm64's instructions have four. */
struct machine_line machine_line(UNUSED struct machine *m, struct machine_part part)
{
	return (struct machine_line){ part.begin, MIN(part.end - part.begin, 16u), NULL };
}

#endif
