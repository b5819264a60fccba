/* SPDX-License-Identifier: MIT */
/* llvm-objdump's syntax: "r1 += r2". The inverse of disasm.c. */
#include "isa/asm_parse.h"

#include "isa/words.h"

/* "(u32 *)": to insn.size and INSN_SIGNED. */
static int parse_type(struct asm_line *line)
{
	static const char *const types[] = { "u8", "u16", "u32", "u64", "s8", "s16", "s32" };
	int status = asm_expect(line, "(");
	unsigned i = 0;

	if (status != 0)
		return status;
	while (i < ARRAY_COUNT(types) && !asm_eat(line, types[i]))
		i++;
	if (i == ARRAY_COUNT(types))
		return asm_error(line, "expected a type u8 to u64 or s8 to s32");
	line->insn.size = (u8)(1u << (i & 3));
	line->insn.flags |= i > 3 ? INSN_SIGNED : 0;
	status = asm_expect(line, "*");
	return status != 0 ? status : asm_expect(line, ")");
}

/* "(r10 - 8)" */
static int parse_parens(struct asm_line *line, u8 *ret_reg)
{
	int status = asm_expect(line, "(");

	if (status == 0)
		status = asm_address(line, ret_reg);
	return status != 0 ? status : asm_expect(line, ")");
}

/* "(u32 *)(r10 - 8)", unsigned */
static int parse_memory(struct asm_line *line, u8 *ret_reg)
{
	int status = parse_type(line);

	if (status == 0 && (line->insn.flags & INSN_SIGNED) != 0)
		return asm_error(line, "expected an unsigned type");
	return status != 0 ? status : parse_parens(line, ret_reg);
}

/* The register that goes with insn.size: w or r up to 32 bits, r for 64. */
static int parse_sized_reg(struct asm_line *line, u8 *ret_num)
{
	struct asm_reg reg;
	int status = asm_reg(line, &reg);

	if (status == 0 && reg.width == 32 && line->insn.size == 8)
		status = asm_refuse(line, "a 64-bit access takes an r register");
	if (status == 0)
		*ret_num = reg.num;
	return status;
}

/* The same register as before, as in "r1 = -r1". */
static int parse_same_reg(struct asm_line *line, struct asm_reg wanted)
{
	struct asm_reg reg;
	int status = asm_reg(line, &reg);

	if (status == 0 && (reg.num != wanted.num || reg.width != wanted.width))
		status = asm_refuse(line, "the registers must be the same");
	return status;
}

/* "*(u32 *)(r2 + 0)" or "*(u8 *)skb[...]" behind "r1 = *". */
static int parse_load(struct asm_line *line, struct asm_reg dst)
{
	int status = parse_type(line);
	struct asm_reg base;
	const char *start;

	if (status != 0)
		return status;
	if (dst.width == 32 && (line->insn.size == 8 || (line->insn.flags & INSN_SIGNED) != 0))
		return asm_refuse(line, "this load takes an r register");
	if (!asm_eat(line, "skb")) {
		line->insn.kind = INSN_LOAD;
		line->insn.dst = dst.num;
		return parse_parens(line, &line->insn.src);
	}
	if (dst.num != 0 || line->insn.size == 8 || (line->insn.flags & INSN_SIGNED) != 0)
		return asm_refuse(line, "packet loads are unsigned, 8 to 32 bits, to r0");
	line->insn.kind = INSN_LD_PACKET;
	status = asm_expect(line, "[");
	if (status != 0)
		return status;
	start = line->p;
	if (asm_eat_reg(line, &base)) {
		line->p = start;
		status = asm_address(line, &line->insn.src);
		line->insn.imm = line->insn.off;
		line->insn.off = 0;
	} else {
		s32 imm = 0;

		status = asm_number32(line, &imm);
		line->insn.flags = INSN_IMM;
		line->insn.imm = imm;
	}
	return status != 0 ? status : asm_expect(line, "]");
}

/* "r2 = atomic_fetch_add((u64 *)(r1 + 0), r2)", behind the word. */
static int parse_fetch(struct asm_line *line, struct asm_reg dst, unsigned op)
{
	int status = asm_expect(line, "(");

	line->insn.kind = INSN_ATOMIC;
	line->insn.op = (u8)op;
	if (status == 0)
		status = parse_memory(line, &line->insn.dst);
	if (status == 0)
		status = asm_expect(line, ",");
	if (status == 0)
		status = parse_same_reg(line, dst);
	if (status == 0 && dst.width == 32 && line->insn.size == 8)
		status = asm_refuse(line, "a 64-bit access takes an r register");
	line->insn.src = dst.num;
	line->insn.flags = INSN_FETCH;
	return status != 0 ? status : asm_expect(line, ")");
}

/* "r2 = xchg_64(r1 + 0, r2)" and "r0 = cmpxchg_64(r1 + 0, r0, r2)", behind the word. */
static int parse_exchange(struct asm_line *line, struct asm_reg dst, enum atomic_op op, u8 size)
{
	struct asm_reg src = dst;
	int status = asm_expect(line, "(");

	line->insn.kind = INSN_ATOMIC;
	line->insn.op = (u8)op;
	line->insn.flags = INSN_FETCH;
	line->insn.size = size;
	if (status == 0 && op == ATOMIC_CMPXCHG && dst.num != 0)
		status = asm_refuse(line, "cmpxchg compares with register 0");
	if (status == 0)
		status = asm_address(line, &line->insn.dst);
	if (status == 0)
		status = asm_expect(line, ",");
	if (status == 0)
		status = parse_same_reg(line, dst);
	if (status == 0 && op == ATOMIC_CMPXCHG)
		status = asm_expect(line, ",");
	if (status == 0 && op == ATOMIC_CMPXCHG)
		status = asm_reg(line, &src);
	if (status == 0 && src.width != (size == 8 ? 64 : 32))
		status = asm_refuse(line, "the register's width is not that of the access");
	line->insn.src = src.num;
	return status != 0 ? status : asm_expect(line, ")");
}

static int parse_load_acquire(struct asm_line *line, struct asm_reg dst)
{
	int status = asm_expect(line, "(");

	line->insn.kind = INSN_LOAD_ACQ;
	line->insn.dst = dst.num;
	if (status == 0)
		status = parse_memory(line, &line->insn.src);
	if (status == 0 && dst.width == 32 && line->insn.size == 8)
		status = asm_refuse(line, "a 64-bit access takes an r register");
	return status != 0 ? status : asm_expect(line, ")");
}

static int parse_store_release(struct asm_line *line)
{
	int status = asm_expect(line, "(");

	line->insn.kind = INSN_STORE_REL;
	if (status == 0)
		status = parse_memory(line, &line->insn.dst);
	if (status == 0)
		status = asm_expect(line, ",");
	if (status == 0)
		status = parse_sized_reg(line, &line->insn.src);
	return status != 0 ? status : asm_expect(line, ")");
}

/* What a word behind "r1 = " begins. *ret_taken: whether the word was one of these. */
static int parse_word(struct asm_line *line, struct asm_reg dst, bool *ret_taken)
{
	static const struct {
		const char *word;
		u8 op, size;
	} exchanges[] = {
		{ "xchg_64", ATOMIC_XCHG, 8 },
		{ "xchg32_32", ATOMIC_XCHG, 4 },
		{ "cmpxchg_64", ATOMIC_CMPXCHG, 8 },
		{ "cmpxchg32_32", ATOMIC_CMPXCHG, 4 },
	};

	*ret_taken = true;
	if (asm_eat(line, "load_acquire"))
		return parse_load_acquire(line, dst);
	if (asm_eat(line, "atomic_fetch_add"))
		return parse_fetch(line, dst, ATOMIC_ADD);
	if (asm_eat(line, "atomic_fetch_or"))
		return parse_fetch(line, dst, ATOMIC_OR);
	if (asm_eat(line, "atomic_fetch_and"))
		return parse_fetch(line, dst, ATOMIC_AND);
	if (asm_eat(line, "atomic_fetch_xor"))
		return parse_fetch(line, dst, ATOMIC_XOR);
	for (unsigned i = 0; i < ARRAY_COUNT(exchanges); i++) {
		if (asm_eat(line, exchanges[i].word))
			return parse_exchange(line, dst, exchanges[i].op, exchanges[i].size);
	}
	for (unsigned i = 0; i < 9; i++) {
		static const char *const swaps[] = { "le16", "le32",	"le64",	   "be16",   "be32",
						     "be64", "bswap16", "bswap32", "bswap64" };

		if (!asm_eat(line, swaps[i]))
			continue;
		if (dst.width != 64)
			return asm_refuse(line, "this takes an r register");
		line->insn.kind = INSN_SWAP;
		line->insn.op = (u8)(i / 3);
		line->insn.size = (u8)(2u << i % 3);
		line->insn.dst = dst.num;
		return parse_same_reg(line, dst);
	}
	*ret_taken = false;
	return 0;
}

/* "5 ll", "map 5 ll", "map_value 5 + 8 ll", "code +3 ll" behind "r1 = "; op: the word's. */
static int parse_lddw(struct asm_line *line, struct asm_reg dst, unsigned op)
{
	int status = 0;

	line->insn.kind = INSN_LDDW;
	line->insn.op = (u8)op;
	line->insn.dst = dst.num;
	if (dst.width != 64)
		return asm_refuse(line, "this takes an r register");
	if (op == LDDW_CODE) {
		status = asm_target(line);
	} else if (op == LDDW_IMM) {
		status = asm_number(line, &line->insn.imm);
	} else {
		s32 imm = 0;

		status = asm_number32(line, &imm);
		line->insn.imm = imm;
	}
	if (status == 0 && (op == LDDW_MAP_VALUE || op == LDDW_MAP_IDX_VALUE))
		status = asm_expect(line, "+");
	if (status == 0 && (op == LDDW_MAP_VALUE || op == LDDW_MAP_IDX_VALUE))
		status = asm_number32(line, &line->insn.off);
	return status != 0 ? status : asm_expect(line, "ll");
}

/* A number behind "r1 = ": with "ll" it is a 64-bit one. */
static int parse_move_number(struct asm_line *line, struct asm_reg dst)
{
	const char *start = line->p;
	s64 wide = 0;
	s32 imm = 0;
	int status = asm_number(line, &wide);
	bool is_wide = status == 0 && asm_eat(line, "ll");

	if (status != 0)
		return status;
	line->p = start;
	if (is_wide)
		return parse_lddw(line, dst, LDDW_IMM);
	status = asm_number32(line, &imm);
	line->insn.kind = INSN_ALU;
	line->insn.op = ALU_MOV;
	line->insn.width = dst.width;
	line->insn.flags = INSN_IMM;
	line->insn.dst = dst.num;
	line->insn.imm = imm;
	return status;
}

/* "(s8)r2" or "-r1" or "r2", behind "r1 = ". */
static int parse_move_reg(struct asm_line *line, struct asm_reg dst)
{
	struct asm_reg src;
	int status;

	line->insn.dst = dst.num;
	line->insn.width = dst.width;
	if (asm_eat(line, "-")) {
		line->insn.kind = INSN_NEG;
		return parse_same_reg(line, dst);
	}
	line->insn.kind = INSN_ALU;
	line->insn.op = ALU_MOV;
	if (asm_eat(line, "(")) {
		line->insn.kind = INSN_MOVSX;
		line->insn.op = 0;
		line->insn.size = asm_eat(line, "s8")	 ? 1
				  : asm_eat(line, "s16") ? 2
				  : asm_eat(line, "s32") ? 4
							 : 0;
		if (line->insn.size == 0 || (line->insn.size == 4 && dst.width == 32))
			return asm_error(line, "expected s8, s16 or (for r registers) s32");
		status = asm_expect(line, ")");
		if (status != 0)
			return status;
	}
	status = asm_reg(line, &src);
	if (status == 0 && src.width != dst.width)
		status = asm_refuse(line, "registers of different widths");
	if (status == 0)
		line->insn.src = src.num;
	return status;
}

/* Whether what comes next is a number: "-r1" is not. */
static bool number_follows(struct asm_line *line)
{
	const char *start = line->p;
	bool is_number;
	size_t len;

	(void)(asm_eat(line, "-") || asm_eat(line, "+"));
	asm_peek_word(line, &len);
	is_number = len > 0 && *line->p >= '0' && *line->p <= '9';
	line->p = start;
	return is_number;
}

static int parse_move(struct asm_line *line, struct asm_reg dst)
{
	bool taken;
	int status;

	if (asm_eat(line, "*"))
		return parse_load(line, dst);
	if (number_follows(line))
		return parse_move_number(line, dst);
	for (unsigned op = LDDW_IMM + 1; op < LDDW_OP_COUNT; op++) {
		if (asm_eat(line, word_lddw(op)))
			return parse_lddw(line, dst, op);
	}
	status = parse_word(line, dst, &taken);
	return taken ? status : parse_move_reg(line, dst);
}

/* Everything that begins with a register. */
static int parse_assignment(struct asm_line *line, struct asm_reg dst)
{
	int op = asm_eat_symbol(line, word_alu);
	u8 width = dst.width;
	int status;

	if (op < 0)
		return asm_error(line, "expected an operator");
	if (op == ALU_MOV)
		return parse_move(line, dst);
	line->insn.kind = INSN_ALU;
	line->insn.op = (u8)op;
	line->insn.width = dst.width;
	line->insn.dst = dst.num;
	status = asm_operand(line, &width);
	if (status == 0 && width != dst.width)
		status = asm_refuse(line, "registers of different widths");
	return status;
}

/* "(u32 *)(r10 - 8) = r1" */
static int parse_store(struct asm_line *line)
{
	u8 width = 64;
	int status = parse_memory(line, &line->insn.dst);

	line->insn.kind = INSN_STORE;
	if (status == 0)
		status = asm_expect(line, "=");
	if (status == 0)
		status = asm_operand(line, &width);
	if (status == 0 && width == 32 && line->insn.size == 8)
		status = asm_refuse(line, "a 64-bit access takes an r register");
	return status;
}

int asm_lock_objdump(struct asm_line *line)
{
	int status = parse_memory(line, &line->insn.dst);
	int op;

	if (status != 0)
		return status;
	op = asm_eat_symbol(line, symbol_atomic);
	if (op < 0 || op == ATOMIC_XCHG || op == ATOMIC_CMPXCHG)
		return asm_error(line, "expected +=, |=, &= or ^=");
	line->insn.kind = INSN_ATOMIC;
	line->insn.op = (u8)op;
	return parse_sized_reg(line, &line->insn.src);
}

/* "r1 > r2 goto +3" */
static int parse_if(struct asm_line *line)
{
	struct asm_reg dst = { 0 };
	int status = asm_reg(line, &dst);
	u8 width = dst.width;
	int op;

	if (status != 0)
		return status;
	op = asm_eat_symbol(line, word_jump);
	if (op < 0)
		return asm_error(line, "expected a comparison");
	line->insn.kind = INSN_JUMP_IF;
	line->insn.op = (u8)op;
	line->insn.width = dst.width;
	line->insn.dst = dst.num;
	status = asm_operand(line, &width);
	if (status == 0 && width != dst.width)
		status = asm_refuse(line, "registers of different widths");
	if (status == 0)
		status = asm_expect(line, "goto");
	return status != 0 ? status : asm_target(line);
}

int asm_statement_objdump(struct asm_line *line)
{
	struct asm_reg dst;

	if (asm_eat_reg(line, &dst))
		return parse_assignment(line, dst);
	if (asm_eat(line, "*"))
		return parse_store(line);
	if (asm_eat(line, "if"))
		return parse_if(line);
	if (asm_eat(line, "store_release"))
		return parse_store_release(line);
	line->insn.kind = INSN_JUMP;
	if (asm_eat(line, "gotol"))
		line->insn.flags = INSN_LONG;
	else if (asm_expect(line, "goto") != 0)
		return ERR_INVAL;
	return asm_target(line);
}
