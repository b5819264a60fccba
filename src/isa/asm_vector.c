/* SPDX-License-Identifier: MIT */
/* The conformance vectors' syntax, "add %r1, %r2": the mnemonics are the names in form.def, and a
 * row's kind says which operands follow. */
#include "isa/asm_parse.h"

#include "base/str.h"
#include "isa/form.h"

/* The first row with that name, a NUL-terminated one. */
static const struct isa_form *form_named(const char *name)
{
	const struct isa_form *form;

	for (size_t i = 0; (form = isa_form_at(i)) != NULL; i++) {
		if (str_eq(form->name, name))
			break;
	}
	return form;
}

static void take_form(struct asm_line *line, const struct isa_form *form)
{
	line->insn.kind = form->kind;
	line->insn.op = form->op;
	line->insn.width = form->width;
	line->insn.size = form->size;
	line->insn.flags = form->flags;
}

/* "[%r10-8]" */
static int parse_brackets(struct asm_line *line, u8 *ret_reg)
{
	int status = asm_expect(line, "[");

	if (status == 0)
		status = asm_address(line, ret_reg);
	return status != 0 ? status : asm_expect(line, "]");
}

/* ", %r2" or ", 5", as the instruction allows. */
static int parse_second(struct asm_line *line, bool may_be_reg, bool may_be_imm)
{
	u8 width = 64;
	int status = asm_expect(line, ",");
	const char *start = line->p;

	line->insn.flags &= (u8)~INSN_IMM;
	if (status == 0)
		status = asm_operand(line, &width);
	if (status != 0)
		return status;
	if ((line->insn.flags & INSN_IMM) != 0 ? may_be_imm : may_be_reg && width == 64)
		return 0;
	line->p = start;
	return asm_error(line, may_be_imm ? "expected a number" : "expected a register r0 to r10");
}

/* "lock" was taken. Exchanges fetch whether it is said or not. */
static int parse_lock(struct asm_line *line)
{
	bool fetch = asm_eat(line, "fetch");
	const struct isa_form *form = NULL;
	char name[40];
	size_t len;
	const char *word = asm_peek_word(line, &len);

	for (unsigned i = fetch ? 1 : 0; i < 2 && form == NULL; i++) {
		const char *prefix = i == 0 ? "lock " : "lock fetch ";
		size_t prefix_len = strlen(prefix);

		if (len >= sizeof(name) - prefix_len)
			break;
		memcpy(name, prefix, prefix_len);
		memcpy(name + prefix_len, word, len);
		name[prefix_len + len] = '\0';
		form = form_named(name);
	}
	if (form == NULL)
		return asm_error(line, "expected an atomic operation");
	take_form(line, form);
	line->p += len;
	if (parse_brackets(line, &line->insn.dst) != 0)
		return ERR_INVAL;
	return parse_second(line, true, false);
}

/* "call 5", "call +3", "call label", "call local label", "call kfunc 7 module 1", "call %r2". The
 * vectors say runtime where others say kfunc. */
static int parse_call(struct asm_line *line)
{
	bool helper = asm_eat(line, "helper"), local = !helper && asm_eat(line, "local");
	bool kfunc = !helper && !local && (asm_eat(line, "kfunc") || asm_eat(line, "runtime"));
	struct asm_reg reg;
	const char *word;
	size_t len;
	s32 imm = 0;
	int status;

	if (!helper && !local && !kfunc && asm_eat_reg(line, &reg)) {
		line->insn.kind = INSN_CALLX;
		line->insn.dst = reg.num;
		return reg.width == 64 ? 0 : asm_refuse(line, "a call takes an r register");
	}
	word = asm_peek_word(line, &len);
	if (local || (!helper && !kfunc && (len == 0 || *word < '0' || *word > '9'))) {
		line->insn.kind = INSN_CALL_LOCAL;
		return asm_target(line);
	}
	status = asm_number32(line, &imm);
	line->insn.kind = kfunc ? INSN_CALL_KFUNC : INSN_CALL;
	line->insn.imm = imm;
	if (status == 0 && kfunc && asm_eat(line, "module"))
		status = asm_number32(line, &line->insn.off);
	return status;
}

static int parse_reg_comma(struct asm_line *line, u8 *ret_reg)
{
	int status = asm_reg64(line, ret_reg);

	return status != 0 ? status : asm_expect(line, ",");
}

static int parse_jump_if(struct asm_line *line)
{
	int status = asm_reg64(line, &line->insn.dst);

	if (status == 0)
		status = parse_second(line, true, true);
	if (status == 0)
		status = asm_expect(line, ",");
	return status != 0 ? status : asm_target(line);
}

static int parse_packet(struct asm_line *line)
{
	s32 imm = 0;
	int status = 0;

	if ((line->insn.flags & INSN_IMM) == 0)
		status = parse_reg_comma(line, &line->insn.src);
	if (status == 0)
		status = asm_number32(line, &imm);
	line->insn.imm = imm;
	return status;
}

static int parse_load(struct asm_line *line)
{
	int status = parse_reg_comma(line, &line->insn.dst);

	return status != 0 ? status : parse_brackets(line, &line->insn.src);
}

static int parse_store(struct asm_line *line, bool is_imm)
{
	int status = parse_brackets(line, &line->insn.dst);

	return status != 0 ? status : parse_second(line, !is_imm, is_imm);
}

/* The operands of the row that was taken. */
static int parse_operands(struct asm_line *line)
{
	struct insn *insn = &line->insn;
	int status;

	switch ((enum insn_kind)insn->kind) {
	case INSN_ALU:
		status = asm_reg64(line, &insn->dst);
		return status != 0 ? status : parse_second(line, true, true);
	case INSN_NEG:
	case INSN_SWAP:
	case INSN_CALLX: return asm_reg64(line, &insn->dst);
	case INSN_MOVSX:
		status = parse_reg_comma(line, &insn->dst);
		return status != 0 ? status : asm_reg64(line, &insn->src);
	case INSN_LDDW:
		status = parse_reg_comma(line, &insn->dst);
		return status != 0 ? status : asm_number(line, &insn->imm);
	case INSN_LOAD:
	case INSN_LOAD_ACQ: return parse_load(line);
	case INSN_STORE:
	case INSN_STORE_REL: return parse_store(line, (insn->flags & INSN_IMM) != 0);
	case INSN_LD_PACKET: return parse_packet(line);
	case INSN_JUMP_IF: return parse_jump_if(line);
	case INSN_JUMP:
	case INSN_MAY_GOTO: return asm_target(line);
	case INSN_CALL:
	case INSN_CALL_KFUNC:
	case INSN_CALL_LOCAL: return parse_call(line);
	case INSN_ATOMIC:
	case INSN_LDDW_HIGH:
	case INSN_EXIT: return 0;
	}
	return ERR_INVAL;
}

int asm_statement_vector(struct asm_line *line)
{
	const struct isa_form *form;
	char name[24];
	size_t len, skip;
	const char *word;

	if (asm_eat(line, "lock"))
		return asm_eat(line, "*") ? asm_lock_objdump(line) : parse_lock(line);
	word = asm_peek_word(line, &len);
	/* bswap32 is another name of swap32. */
	skip = len > 5 && memcmp(word, "bswap", 5) == 0 ? 1 : 0;
	if (len == 0 || len - skip >= sizeof(name))
		return asm_error(line, "unknown instruction");
	memcpy(name, word + skip, len - skip);
	name[len - skip] = '\0';
	form = form_named(name);
	if (form == NULL)
		return asm_error(line, "unknown instruction");
	line->p += len;
	take_form(line, form);
	return parse_operands(line);
}
