/* SPDX-License-Identifier: MIT */
#include "isa/asm_parse.h"

#include "base/format.h"
#include "base/str.h"

int asm_error(struct asm_line *line, const char *text)
{
	char rest[24];
	size_t len = MIN((size_t)(line->end - line->p), sizeof(rest) - 1);

	if (len == 0)
		return error_set(line->err, ERR_INVAL, "line %u: %s at the end of the line",
				 line->number, text);
	for (size_t i = 0; i < len; i++) {
		char c = line->p[i];

		rest[i] = c >= ' ' && c <= '~' ? c : '?';
	}
	rest[len] = '\0';
	return error_set(line->err, ERR_INVAL, "line %u: %s at '%s'", line->number, text, rest);
}

int asm_refuse(struct asm_line *line, const char *text)
{
	return error_set(line->err, ERR_INVAL, "line %u: %s", line->number, text);
}

static bool is_word_char(char c)
{
	return str_is_alnum(c) || c == '_' || c == '.' || c == '$';
}

static void skip_blanks(struct asm_line *line)
{
	while (line->p < line->end && (*line->p == ' ' || *line->p == '\t' || *line->p == '\r'))
		line->p++;
}

bool asm_eat(struct asm_line *line, const char *s)
{
	size_t len = strlen(s);

	skip_blanks(line);
	if ((size_t)(line->end - line->p) < len || memcmp(line->p, s, len) != 0)
		return false;
	if (is_word_char(s[len - 1]) && line->p + len < line->end && is_word_char(line->p[len]))
		return false;
	line->p += len;
	return true;
}

int asm_expect(struct asm_line *line, const char *s)
{
	char text[40];

	if (asm_eat(line, s))
		return 0;
	format(text, sizeof(text), "expected '%s'", s);
	return asm_error(line, text);
}

const char *asm_peek_word(struct asm_line *line, size_t *ret_len)
{
	const char *p;

	skip_blanks(line);
	for (p = line->p; p < line->end && is_word_char(*p);)
		p++;
	*ret_len = (size_t)(p - line->p);
	return line->p;
}

int asm_eat_symbol(struct asm_line *line, const char *(*table)(unsigned i))
{
	size_t best_len = 0;
	const char *symbol;
	int best = -1;

	skip_blanks(line);
	for (unsigned i = 0; (symbol = table(i)) != NULL; i++) {
		size_t len = strlen(symbol);

		if (len > best_len && len <= (size_t)(line->end - line->p) &&
		    memcmp(line->p, symbol, len) == 0) {
			best = (int)i;
			best_len = len;
		}
	}
	line->p += best_len;
	return best;
}

bool asm_eat_reg(struct asm_line *line, struct asm_reg *ret_reg)
{
	const char *p;
	unsigned num;

	skip_blanks(line);
	p = line->p;
	if (p < line->end && *p == '%')
		p++;
	if (line->end - p < 2 || (*p != 'r' && *p != 'w') || p[1] < '0' || p[1] > '9')
		return false;
	num = (unsigned)(p[1] - '0');
	if (num == 1 && line->end - p > 2 && p[2] == '0') {
		num = BPF_REG_FP;
		p++;
	}
	if (line->end - p > 2 && is_word_char(p[2]))
		return false;
	*ret_reg = (struct asm_reg){
		.num = (u8)num,
		.width = p[num == BPF_REG_FP ? -1 : 0] == 'w' ? 32 : 64,
	};
	line->p = p + 2;
	return true;
}

int asm_reg(struct asm_line *line, struct asm_reg *ret_reg)
{
	return asm_eat_reg(line, ret_reg) ? 0 : asm_error(line, "expected a register");
}

int asm_reg64(struct asm_line *line, u8 *ret_num)
{
	struct asm_reg reg;

	if (!asm_eat_reg(line, &reg) || reg.width != 64)
		return asm_error(line, "expected a register r0 to r10");
	*ret_num = reg.num;
	return 0;
}

int asm_number(struct asm_line *line, s64 *ret_value)
{
	bool negative = false;
	unsigned base = 10;
	const char *p;
	u64 value = 0;

	skip_blanks(line);
	p = line->p;
	if (p < line->end && (*p == '-' || *p == '+'))
		negative = *p++ == '-';
	while (p < line->end && (*p == ' ' || *p == '\t'))
		p++;
	if (line->end - p > 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
		base = 16;
		p += 2;
	}
	if (p == line->end || str_digit(*p) >= base)
		return asm_error(line, "expected a number");
	for (; p < line->end && str_digit(*p) < base; p++) {
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, (u64)str_digit(*p), &value))
			return asm_error(line, "the number exceeds 64 bits");
	}
	if (p < line->end && is_word_char(*p))
		return asm_error(line, "malformed number");
	if (negative && value > (u64)1 << 63)
		return asm_error(line, "the number exceeds 64 bits");
	line->p = p;
	*ret_value = (s64)(negative ? 0 - value : value);
	return 0;
}

int asm_number32(struct asm_line *line, s32 *ret_value)
{
	const char *start = line->p;
	s64 value;
	int status = asm_number(line, &value);

	if (status != 0)
		return status;
	if (value < INT32_MIN || value > UINT32_MAX) {
		line->p = start;
		return asm_error(line, "the number exceeds 32 bits");
	}
	*ret_value = (s32)(u32)value;
	return 0;
}

/* One that fits 32 bits as a signed number, for distances. */
static int signed32(struct asm_line *line, s32 *ret_value)
{
	const char *start = line->p;
	s64 value = 0;
	int status = asm_number(line, &value);

	if (status == 0 && (value < INT32_MIN || value > INT32_MAX)) {
		line->p = start;
		return asm_error(line, "the distance exceeds 32 bits");
	}
	if (status == 0)
		*ret_value = (s32)value;
	return status;
}

int asm_address(struct asm_line *line, u8 *ret_num)
{
	int status = asm_reg64(line, ret_num);

	if (status != 0)
		return status;
	skip_blanks(line);
	if (line->p < line->end && (*line->p == '+' || *line->p == '-'))
		return signed32(line, &line->insn.off);
	return 0;
}

int asm_operand(struct asm_line *line, u8 *ret_width)
{
	struct asm_reg reg;
	s32 imm = 0;
	int status;

	if (asm_eat_reg(line, &reg)) {
		line->insn.src = reg.num;
		*ret_width = reg.width;
		return 0;
	}
	status = asm_number32(line, &imm);
	if (status != 0)
		return status;
	line->insn.flags |= INSN_IMM;
	line->insn.imm = imm;
	return 0;
}

int asm_target(struct asm_line *line)
{
	size_t len;
	const char *word = asm_peek_word(line, &len);

	if (line->p < line->end && (*line->p == '+' || *line->p == '-'))
		return signed32(line, &line->insn.off);
	if (len == 0 || (*word >= '0' && *word <= '9'))
		return asm_error(line, "expected +N, -N or a label");
	line->label = word;
	line->label_len = len;
	line->p += len;
	return 0;
}
