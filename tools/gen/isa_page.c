/* SPDX-License-Identifier: MIT */
/* isa-page: prints docs/isa.md from the instruction tables; isa-page --check FILE says whether FILE
 * is still what it would print. */
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "isa/decode.h"
#include "isa/disasm.h"
#include "isa/form.h"

/* What each row does, in the order of isa_form_at(). */
static const char *const texts[] = {
#define FORM(name, opcode, kind, op, width, size, flags, dst, src, off, imm, next, group, cpu, \
	     text)                                                                             \
	text,
#include "isa/form.def"
#undef FORM
};

struct section {
	const char *title;
	const char *intro;
	u32 kinds; /* bits by enum insn_kind */
};

#define KIND(kind) (1u << INSN_##kind)

static const struct section sections[] = {
	{ "Arithmetic",
	  "`d` is dst and `s` the operand (src, or imm sign-extended), both of the unsigned type U "
	  "of\n"
	  "the operation's width; S is the signed type of that width, WIDTH its bits. A 32-bit "
	  "operation\n"
	  "reads the low halves and clears the upper half of dst.",
	  KIND(ALU) | KIND(NEG) | KIND(MOVSX) },
	{ "Byte order",
	  "On the low 16, 32 or 64 bits of dst; the bits above are cleared. Hosts are "
	  "little-endian, so\n"
	  "`le` only clears.",
	  KIND(SWAP) },
	{ "64-bit immediates",
	  "Two slots; the second has opcode, registers and offset zero, and its imm is `next`.",
	  KIND(LDDW) },
	{ "Loads and stores",
	  "Loads zero-extend unless the text says otherwise. Addresses are bytes; off is signed.",
	  KIND(LOAD) | KIND(STORE) | KIND(LOAD_ACQ) | KIND(STORE_REL) },
	{ "Atomic operations",
	  "`m` is the memory at dst + off (u32 or u64) and `s` is src. Fetching 32-bit forms clear "
	  "the\n"
	  "upper half of the register that they write.",
	  KIND(ATOMIC) },
	{ "Jumps",
	  "Distances count slots from the next instruction. A target is inside the program and not "
	  "the\n"
	  "second half of a 64-bit immediate. `d` and `s` are as in arithmetic.",
	  KIND(JUMP_IF) | KIND(JUMP) | KIND(MAY_GOTO) },
	{ "Calls and exit",
	  "Arguments are in r1 to r5, which a call may change; the result is in r0; r6 to r9 and "
	  "the frame\n"
	  "pointer r10 are kept.",
	  KIND(CALL) | KIND(CALL_LOCAL) | KIND(CALL_KFUNC) | KIND(CALLX) | KIND(EXIT) },
	{ "Packet access", "Historical. A load outside the packet ends the program with 0.",
	  KIND(LD_PACKET) },
};

/* A table cell as code; the bar would end the cell. */
static void put_code(struct strbuf *out, const char *before, const char *text, const char *after)
{
	strbuf_printf(out, " `%s", before);
	for (; *text != '\0'; text++) {
		if (*text == '|')
			strbuf_add_char(out, '\\');
		strbuf_add_char(out, *text);
	}
	strbuf_printf(out, "%s` |", after);
}

static void put_field(struct strbuf *out, u16 field)
{
	switch (isa_field_rule(field)) {
	case FIELD_FIXED:
		strbuf_printf(out, isa_field_value(field) > 64 ? " 0x%x |" : " %d |",
			      isa_field_value(field));
		break;
	case FIELD_REG: strbuf_add(out, " r0-r10 |"); break;
	case FIELD_REG_WRITTEN: strbuf_add(out, " r0-r9 |"); break;
	case FIELD_OFF:
	case FIELD_IMM:
	case FIELD_IMM_HIGH: strbuf_add(out, " any |"); break;
	}
}

/* The form as the disassembler shows it, with sample operands. */
static void put_sample(struct strbuf *out, const struct isa_form *form)
{
	struct strbuf text = STRBUF_INIT;
	s32 fields[FIELD_ID_COUNT] = { 1, 2, 8, 16, 8 };
	u8 bytes[2 * INSN_SLOT_SIZE] = { form->opcode };
	struct insn insn;

	for (unsigned id = 0; id < FIELD_ID_COUNT; id++) {
		if (isa_field_rule(form->fields[id]) == FIELD_FIXED)
			fields[id] = isa_field_value(form->fields[id]);
	}
	bytes[1] = (u8)(fields[FIELD_ID_DST] | fields[FIELD_ID_SRC] << 4);
	bytes[2] = (u8)fields[FIELD_ID_OFF];
	bytes[4] = (u8)fields[FIELD_ID_IMM];
	bytes[5] = (u8)(fields[FIELD_ID_IMM] >> 8);
	bytes[12] = (u8)fields[FIELD_ID_NEXT_IMM];
	if (insn_decode(bytes, 2, 0, &insn, NULL) == 0)
		disasm_insn(&text, &insn, 0, NULL);
	put_code(out, "", strbuf_str(&text), "");
	strbuf_fini(&text);
}

static void put_meaning(struct strbuf *out, const struct isa_form *form, const char *text)
{
	bool fetch = (form->flags & INSN_FETCH) != 0;

	switch ((enum insn_kind)form->kind) {
	case INSN_ALU: put_code(out, "dst = ", text, ""); break;
	case INSN_JUMP_IF: put_code(out, "if (", text, ") goto off"); break;
	case INSN_ATOMIC:
		if (form->op == ATOMIC_CMPXCHG)
			put_code(out, "if (m == r0) m = ", text, "; r0 = old m");
		else
			put_code(out, "m = ", text, fetch ? "; src = old m" : "");
		break;
	default: put_code(out, "", text, ""); break;
	}
}

static void put_section(struct strbuf *out, const struct section *section)
{
	bool wide = section->kinds == KIND(LDDW);
	const struct isa_form *form;

	strbuf_printf(out, "\n## %s\n\n%s\n\n", section->title, section->intro);
	strbuf_printf(
		out, "| opcode | dst | src | off | imm | %sname | text | meaning | group | cpu |\n",
		wide ? "next | " : "");
	strbuf_printf(out, "|---|---|---|---|---|%s---|---|---|---|---|\n", wide ? "---|" : "");
	for (size_t i = 0; (form = isa_form_at(i)) != NULL; i++) {
		if ((section->kinds >> form->kind & 1) == 0)
			continue;
		strbuf_printf(out, "| 0x%02x |", form->opcode);
		for (unsigned id = 0; id < (wide ? FIELD_ID_COUNT : FIELD_ID_NEXT_IMM); id++)
			put_field(out, form->fields[id]);
		strbuf_printf(out, " %s |", form->name);
		put_sample(out, form);
		put_meaning(out, form, texts[i]);
		strbuf_printf(out, " %s | v%d |\n", isa_group_name(form->group), form->cpu);
	}
}

static void put_groups(struct strbuf *out)
{
	strbuf_add(out, "| group | encodings |\n|---|---|\n");
	for (unsigned group = 0; group < GROUP_COUNT; group++) {
		const struct isa_form *form;
		unsigned count = 0;

		for (size_t i = 0; (form = isa_form_at(i)) != NULL; i++)
			count += form->group == group;
		strbuf_printf(out, "| %s | %u |\n", isa_group_name(group), count);
	}
}

static void put_page(struct strbuf *out)
{
	strbuf_add(
		out,
		"<!-- SPDX-License-Identifier: MIT -->\n"
		"<!-- Made by isa-page from src/isa/*.def; change those and run it again. -->\n"
		"# Instruction set\n\n"
		"RFC 9669, and beside it what Linux and eBPF for Windows have on top: `callx`,\n"
		"`may_goto`, load-acquire and store-release. Every engine, the assembler and the\n"
		"disassembler read the tables that this page is made from.\n\n"
		"A slot is 8 bytes, little-endian: opcode, registers (dst in the low four bits, "
		"src in\n"
		"the high ones), off (16 bits), imm (32 bits). A field whose column shows a number "
		"must\n"
		"have that value, everything else is refused; `r0-r9` is a register that is "
		"written:\n"
		"r10, the frame pointer, is read-only. `name` is the mnemonic of the conformance\n"
		"vectors, `text` a sample as the disassembler prints it and the assembler reads "
		"it. cpu is\n"
		"the version of the BPF CPU that has the instruction, as the conformance suite "
		"counts.\n\n");
	put_groups(out);
	for (size_t i = 0; i < ARRAY_COUNT(sections); i++)
		put_section(out, &sections[i]);
}

/* Names the first line that differs. */
static int check_page(const char *page, const char *path)
{
	FILE *file = fopen(path, "rb");
	unsigned line = 1;
	int c = 0;

	if (file == NULL) {
		fprintf(stderr, "isa-page: cannot read %s\n", path);
		return 2;
	}
	while ((c = fgetc(file)) != EOF && c == *page) {
		line += c == '\n';
		page++;
	}
	fclose(file);
	if (c == EOF && *page == '\0')
		return 0;
	fprintf(stderr, "%s:%u: differs from the tables: isa-page > %s\n", path, line, path);
	return 1;
}

int main(int argc, char **argv)
{
	struct strbuf page = STRBUF_INIT;
	int status = 0;

	if (argc != 1 && !(argc == 3 && strcmp(argv[1], "--check") == 0)) {
		fprintf(stderr, "usage: isa-page [--check FILE]\n");
		return 64;
	}
	put_page(&page);
	if (strbuf_status(&page) != 0)
		status = 2;
	else if (argc == 3)
		status = check_page(strbuf_str(&page), argv[2]);
	else if (fwrite(page.data, 1, page.len, stdout) != page.len || fflush(stdout) != 0)
		status = 2;
	strbuf_fini(&page);
	return status;
}
