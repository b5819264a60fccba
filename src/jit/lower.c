/* SPDX-License-Identifier: MIT */
/* From instructions to operations that are the same for all targets. */
#include "jit/internal.h"

#include "prog/facts.h"

static int refuse(const struct jit *j, u32 slot, const char *what)
{
	return error_set(j->err, ERR_INVAL, "slot %u: %s", slot, what);
}

static bool writes_dst(const struct insn *insn)
{
	return insn->kind <= INSN_LDDW || insn->kind == INSN_LOAD || insn->kind == INSN_LOAD_ACQ;
}
_Static_assert(INSN_ALU < INSN_NEG && INSN_NEG < INSN_MOVSX && INSN_MOVSX < INSN_SWAP &&
		       INSN_SWAP < INSN_LDDW && INSN_LDDW == 4,
	       "the first kinds write dst");

static int check_odd(const struct jit *j, u32 slot)
{
	const struct insn *insn = &j->prog->insns[slot];
	bool is_jump =
		insn->kind == INSN_JUMP || insn->kind == INSN_CALL_LOCAL || insn->kind == INSN_LDDW;

	if ((writes_dst(insn) && insn->dst == BPF_REG_FP) ||
	    (insn->kind == INSN_ATOMIC && insn->src == BPF_REG_FP &&
	     ((insn->flags & INSN_FETCH) != 0 || insn->op == ATOMIC_XCHG) &&
	     insn->op != ATOMIC_CMPXCHG))
		return refuse(j, slot, "writes r10, which is read-only");
	if (insn->kind != INSN_LDDW && (insn->imm < INT32_MIN || insn->imm > INT32_MAX))
		if (insn->kind != INSN_CALL || insn->imm < 0 || insn->imm > UINT32_MAX)
			return refuse(j, slot, "immediate does not fit 32 bits");
	if (!is_jump && insn->kind != INSN_CALL_KFUNC &&
	    (insn->off < INT16_MIN || insn->off > INT16_MAX))
		return refuse(j, slot, "offset does not fit 16 bits");
	return 0;
}

/* What the decoder and prog_check do not promise. */
static inline int check_insn(const struct jit *j, u32 slot, const struct insn *insn)
{
	if ((insn->dst != BPF_REG_FP || insn->kind == INSN_STORE) && insn->kind != INSN_ATOMIC &&
	    insn->imm == (s32)insn->imm && insn->off == (s16)insn->off)
		return 0;
	return check_odd(j, slot);
}

struct jit_op *jit_add(struct jit *j, u32 slot, enum jit_code code)
{
	struct jit_op *op = &j->ops[j->op_count];

	/* There is room, by jit_lower(); what would not fit is found at its end. */
	if (j->op_count + 1 < j->op_cap)
		j->op_count++;
	*op = (struct jit_op){ .code = (u8)code,
			       .slot = slot,
			       .live = jit_needed_after(j, slot),
			       .dst = JIT_NONE,
			       .a = JIT_NONE,
			       .b = JIT_NONE,
			       .index = JIT_NONE };
	return op;
}

/* An instruction's second operand. */
struct operand {
	u32 reg; /* JIT_NONE: imm */
	s64 imm;
};

static bool is_imm(const struct operand *operand)
{
	return operand->reg == JIT_NONE;
}

static void set_operand(struct jit_op *op, struct operand operand)
{
	if (is_imm(&operand)) {
		op->flags |= OP_IMM;
		op->imm = operand.imm;
	} else {
		op->b = (u8)operand.reg;
	}
}

/* The register or constant that stands for the instruction's source. */
static struct operand source(struct jit *j, u32 slot, const struct insn *insn, u32 width)
{
	s64 imm = insn->imm;

	if ((insn->flags & INSN_IMM) != 0 || jit_constant(j, insn->src, width, slot, &imm))
		return (struct operand){ JIT_NONE, imm };
	return (struct operand){ jit_operand(j, insn->src, width, slot), 0 };
}

/* For what writes a register; those that it reads are found before. */
static struct jit_op *add_writer(struct jit *j, u32 slot, enum jit_code code, u8 dst)
{
	struct jit_op *op = jit_add(j, slot, code);

	j->makers[dst] = j->op_count - 1;
	op->dst = dst;
	j->deferred &= (u16) ~(1u << dst);
	return op;
}

static bool is_upper_zero(const struct jit *j, u8 reg)
{
	return (j->upper_zero >> reg & 1) != 0;
}

static bool is_operand_small(const struct jit *j, const struct insn *insn)
{
	return (insn->flags & INSN_IMM) != 0 ? insn->imm >= 0 : is_upper_zero(j, insn->src);
}

/* Whether the verifier knows that dst's upper half is zero after the instruction. */
static bool is_result_small(const struct jit *j, u32 slot)
{
	return (j->slots[slot].flags & SLOT_SMALL) != 0;
}

/* Operations whose lower half depends on the operands' lower halves alone. */
#define LOW_FROM_LOW                                                                    \
	(1u << ALU_ADD | 1u << ALU_SUB | 1u << ALU_MUL | 1u << ALU_OR | 1u << ALU_AND | \
	 1u << ALU_XOR)

/* The width in which the same comes out: encodings of 32 bits are shorter, and divisions quicker.
 */
static u8 alu_width(const struct jit *j, u32 slot, const struct insn *insn)
{
	bool imm = (insn->flags & INSN_IMM) != 0;

	if (insn->width == 32)
		return 32;
	if ((1u << insn->op & LOW_FROM_LOW) != 0)
		return is_result_small(j, slot) ? 32 : 64;
	switch ((enum alu_op)insn->op) {
	case ALU_LSH: return imm && (insn->imm & 32) == 0 && is_result_small(j, slot) ? 32 : 64;
	case ALU_RSH: return imm && (insn->imm & 32) == 0 && is_upper_zero(j, insn->dst) ? 32 : 64;
	case ALU_DIV:
	case ALU_MOD: return is_upper_zero(j, insn->dst) && is_operand_small(j, insn) ? 32 : 64;
	default: return 64;
	}
}

static u8 jump_width(const struct jit *j, const struct insn *insn)
{
	bool is_signed = insn->op == JUMP_SGT || insn->op == JUMP_SGE || insn->op == JUMP_SLT ||
			 insn->op == JUMP_SLE;

	return insn->width == 64 && !is_signed && is_upper_zero(j, insn->dst) &&
			       is_operand_small(j, insn)
		       ? 32
		       : insn->width;
}

static bool divides(const struct insn *insn)
{
	return insn->op == ALU_DIV || insn->op == ALU_SDIV || insn->op == ALU_MOD ||
	       insn->op == ALU_SMOD;
}

/* Whether it puts together what has no bits in common. */
static bool joins(const struct insn *insn)
{
	return insn->op == ALU_OR || insn->op == ALU_ADD || insn->op == ALU_XOR;
}

/* A NOP was fused before: what it stands for is not known here. */
static bool may_shift(const struct jit_op *op)
{
	return op->code == JIT_NOP || (op->code == JIT_ALU && (op->flags & OP_IMM) != 0);
}

/* The last operation puts together what these two have made, it seems. */
static void fuse(struct jit *j, const struct jit_op *of_d, const struct jit_op *of_s)
{
	bool d_shifts = may_shift(of_d), s_shifts = may_shift(of_s);

	if (d_shifts && s_shifts)
		jit_fuse_rotate(j);
	if ((d_shifts || of_d->code == JIT_LOAD) && (s_shifts || of_s->code == JIT_LOAD) &&
	    (j->options.watch == NULL || !j->options.watch->keep_registers))
		jit_fuse_bytes(j);
}

/* Whether jit_defer() is to be asked. */
static bool may_defer(const struct insn *insn)
{
	return insn->width == 64 && (insn->op == ALU_ADD || insn->op == ALU_LSH);
}

static void lower_const(struct jit *j, u32 slot, u8 dst, s64 value)
{
	jit_before_write(j, dst, j->slots[slot].live, slot);
	add_writer(j, slot, JIT_CONST, dst)->imm = value;
}

static void lower_move(struct jit *j, u32 slot, const struct insn *insn)
{
	u8 width = insn->width == 64 && is_result_small(j, slot) ? 32 : insn->width;
	struct operand src;
	struct jit_op *op;

	if (jit_defer(j, slot, insn))
		return;
	if ((insn->flags & INSN_IMM) != 0) {
		lower_const(j, slot, insn->dst,
			    insn->width == 32 ? (s64)(u32)insn->imm : insn->imm);
		return;
	}
	jit_before_write(j, insn->dst, j->slots[slot].live, slot);
	src = source(j, slot, insn, width);
	op = add_writer(j, slot, is_imm(&src) ? JIT_CONST : JIT_MOV, insn->dst);
	op->width = width;
	if (is_imm(&src))
		op->imm = insn->width == 32 ? (s64)(u32)src.imm : src.imm;
	else
		op->a = (u8)src.reg;
}

static void lower_alu(struct jit *j, u32 slot, const struct insn *insn)
{
	u8 width = alu_width(j, slot, insn), dst;
	struct operand src;
	struct jit_op *op;
	u32 maker;

	if (may_defer(insn) && jit_defer(j, slot, insn))
		return;
	jit_before_write(j, insn->dst, j->slots[slot].live, slot);
	src = source(j, slot, insn, width);
	if (insn->op == ALU_LSH || insn->op == ALU_RSH || insn->op == ALU_ARSH)
		src.imm &= width - 1;
	dst = jit_operand(j, insn->dst, width, slot);
	maker = j->makers[insn->dst];
	op = add_writer(j, slot, JIT_ALU, insn->dst);
	op->width = width;
	op->op = insn->op;
	op->a = dst;
	set_operand(op, src);
	if (divides(insn) && j->facts != NULL &&
	    (j->facts->rows[slot].flags & FACT_DIVISOR_NONZERO) != 0)
		op->flags |= OP_NONZERO;
	if (!is_imm(&src) && joins(insn))
		fuse(j, &j->ops[maker], &j->ops[j->makers[src.reg]]);
}

static int set_lddw(struct jit *j, u32 slot, const struct insn *insn, struct jit_op *op)
{
	const struct prog_binding *binding = j->binding;
	u64 map = (u64)insn->imm;

	op->flags = OP_OWN;
	switch ((enum lddw_op)insn->op) {
	case LDDW_IMM:
		op->imm = insn->imm;
		op->flags = 0;
		return 0;
	case LDDW_MAP: op->imm = (s64)binding->maps[map]; return 0;
	case LDDW_MAP_VALUE:
		if (binding->map_values[map] == 0)
			return error_set(j->err, ERR_NOTSUP,
					 "slot %u: map %s has no directly addressed value", slot,
					 j->prog->maps[map].name);
		op->imm = (s64)(binding->map_values[map] + (u32)insn->off);
		return 0;
	case LDDW_CODE: op->imm = (s64)slot + 1 + insn->off; return 0;
	case LDDW_VARIABLE:
		if (j->prog->vars[insn->imm].is_config)
			return error_set(j->err, ERR_NOTSUP,
					 "slot %u: extern %s has no value: it is of a kernel's "
					 "configuration, which is not known",
					 slot, j->prog->vars[insn->imm].name);
		return error_set(j->err, ERR_NOTSUP, "slot %u: variable %s is not offered", slot,
				 j->prog->vars[insn->imm].name);
	case LDDW_MAP_IDX:
	case LDDW_MAP_IDX_VALUE:
	case LDDW_OP_COUNT: break;
	}
	return refuse(j, slot, "unresolved reference");
}

/* The map of a lookup that is done in place is not read. */
static int lower_lddw(struct jit *j, u32 slot, const struct insn *insn)
{
	struct jit_op *op;

	jit_before_write(j, insn->dst, j->slots[slot].live, slot);
	op = add_writer(j, slot, JIT_CONST, insn->dst);
	if ((j->slots[slot].after >> insn->dst & 1) == 0)
		op->code = JIT_NOP;
	return set_lddw(j, slot, insn, op);
}

/* Whether the helper's work was done in place of the call. */
static bool lower_inline(struct jit *j, u32 slot)
{
	enum helper_inline is = jit_inline_at(j, slot);
	const struct prog_fact *fact;
	struct jit_value key = { 0 };
	struct jit_op *op;

	if (is == HELPER_CALLED)
		return false;
	fact = &j->facts->rows[slot];
	jit_flush(j, j->slots[slot].after & (u16)~1, slot);
	if (is == HELPER_LOOKUP && (fact->flags & FACT_KEY) == 0)
		key = jit_address(j, 2, 0, slot);
	j->deferred = 0;
	op = jit_add(j, slot, is == HELPER_LOOKUP ? JIT_LOOKUP : JIT_SLOT);
	op->dst = 0;
	if (is != HELPER_LOOKUP)
		return true;
	op->target = fact->map;
	if ((fact->flags & FACT_KEY_BELOW) != 0)
		op->flags |= OP_BELOW;
	if ((fact->flags & FACT_KEY) != 0) {
		op->flags |= OP_IMM;
		op->imm = (s64)(u32)fact->value;
		return true;
	}
	op->a = key.base;
	op->index = key.index;
	op->scale = key.scale;
	op->disp = key.disp;
	return true;
}

/* What a helper that looks up would call for the map that is known to be its argument. */
static helper_fn direct(const struct jit *j, u32 slot, const struct helper_binding *helper)
{
	const struct prog_fact *fact = j->facts != NULL ? &j->facts->rows[slot] : NULL;

	if (helper->is != HELPER_LOOKUP || j->binding->lookups == NULL || fact == NULL ||
	    (fact->flags & FACT_MAP) == 0 || fact->map >= j->prog->map_count ||
	    j->binding->lookups[fact->map] == 0)
		return helper->fn;
	return (helper_fn)(uintptr_t)j->binding->lookups[fact->map];
}

static int lower_call(struct jit *j, u32 slot, const struct insn *insn)
{
	const struct prog *prog = j->prog;
	struct helper_binding helper = { 0 };
	struct jit_op *op;

	if (insn->kind == INSN_CALL) {
		if (prog_unresolved_at(prog, slot) != NULL) {
			jit_add(j, slot, JIT_STOP);
			return 0;
		}
		helper = j->binding->helper(j->binding->arg, (u32)insn->imm);
		if (helper.fn == NULL)
			return error_set(j->err, ERR_NOTSUP, "slot %u: helper %u is not offered",
					 slot, (u32)insn->imm);
		helper.fn = direct(j, slot, &helper);
	} else {
		helper.fn = j->binding->funcs[insn->imm];
		if (helper.fn == NULL && !prog->funcs[insn->imm].is_weak)
			return error_set(j->err, ERR_NOTSUP, "slot %u: function %s is not offered",
					 slot, prog->funcs[insn->imm].name);
	}
	op = jit_add(j, slot, helper.fn == NULL ? JIT_STOP : JIT_CALL);
	op->imm = (s64)(uintptr_t)helper.fn;
	op->disp = (s32)helper.flags;
	return 0;
}

/* Registers that may hold addresses in the stack: a guess, for the window to be tried first. */
static void track_stack(struct jit *j, const struct insn *insn)
{
	u32 dst = 1u << insn->dst;
	u32 from = (insn->flags & INSN_IMM) == 0 ? j->near_stack >> insn->src & 1 : 0;

	if (insn->kind == INSN_ALU && insn->width == 64 && insn->op == ALU_MOV)
		j->near_stack = (j->near_stack & ~dst) | from << insn->dst;
	else if (insn->kind == INSN_ALU && insn->width == 64 &&
		 (insn->op == ALU_ADD || insn->op == ALU_SUB))
		j->near_stack |= from << insn->dst;
	else if (writes_dst(insn))
		j->near_stack &= ~dst;
}

static void lower_memory(struct jit *j, u32 slot, const struct insn *insn)
{
	bool loads = insn->kind == INSN_LOAD;
	u8 base = loads ? insn->src : insn->dst;
	struct operand src = { 0 };
	struct jit_value at;
	struct jit_op *op;

	if (loads)
		jit_before_write(j, insn->dst, j->slots[slot].live, slot);
	else
		src = source(j, slot, insn, insn->size * 8u);
	/* Where one register is both, and this computes it, src is right all the same. */
	at = jit_address(j, base, insn->off, slot);
	if (loads)
		op = add_writer(j, slot, JIT_LOAD, insn->dst);
	else
		op = jit_add(j, slot, JIT_STORE);
	op->op = insn->op;
	op->size = insn->size;
	op->a = at.base;
	op->index = at.index;
	op->scale = at.scale;
	op->disp = at.disp;
	if (!loads)
		set_operand(op, src);
	if ((insn->flags & INSN_SIGNED) != 0)
		op->flags |= OP_SIGNED;
	if (at.base == BPF_REG_FP && at.index == JIT_NONE && at.disp >= -PROG_FRAME_SIZE &&
	    at.disp <= -(s32)insn->size)
		op->flags |= OP_FRAME;
	if ((j->near_stack >> base & 1) != 0)
		op->flags |= OP_STACK;
	if (!loads)
		jit_fuse_store(j);
}

/* These need their registers where the host's instructions want them. */
static void lower_atomic(struct jit *j, u32 slot, const struct insn *insn)
{
	static const u8 codes[] = { [INSN_ATOMIC] = JIT_ATOMIC,
				    [INSN_LOAD_ACQ] = JIT_LOAD_ACQ,
				    [INSN_STORE_REL] = JIT_STORE_REL };
	bool loads = insn->kind == INSN_LOAD_ACQ;
	struct jit_op *op;

	jit_flush(j, j->slots[slot].live, slot);
	j->deferred = 0;
	op = jit_add(j, slot, codes[insn->kind]);
	op->op = insn->op;
	op->size = insn->size;
	op->disp = insn->off;
	op->a = loads ? insn->src : insn->dst;
	op->dst = loads ? insn->dst : JIT_NONE;
	op->b = loads ? JIT_NONE : insn->src;
	if (insn->kind == INSN_ATOMIC &&
	    ((insn->flags & INSN_FETCH) != 0 || insn->op == ATOMIC_XCHG))
		op->flags |= OP_FETCH;
	if (op->a == BPF_REG_FP && insn->off >= -PROG_FRAME_SIZE && insn->off <= -(s32)insn->size)
		op->flags |= OP_FRAME;
	if (op->a == BPF_REG_FP && insn->off % insn->size == 0)
		op->flags |= OP_ALIGNED;
	if ((j->near_stack >> op->a & 1) != 0)
		op->flags |= OP_STACK;
}

/* `if a goto over; goto b; over:` and `if a goto out; goto loop;` are how compilers end loops. */
static bool is_jump_around(const struct jit *j, u32 slot, const struct insn *insn)
{
	return insn->off > 0 && slot + 2 < j->prog->insn_count &&
	       j->prog->insns[slot + 1].kind == INSN_JUMP &&
	       (insn->off == 1 || j->prog->insns[slot + 1].off < 0) &&
	       (j->slots[slot + 1].flags & SLOT_TARGET) == 0 && jit_reached(j, slot + 1);
}

/* Tells how many of the following instructions it has done, too. */
static u32 lower_branch(struct jit *j, u32 slot, const struct insn *insn)
{
	u16 facts = j->facts == NULL ? FACT_TAKEN | FACT_NOT_TAKEN : j->facts->rows[slot].flags;
	u32 target = (u32)((s64)slot + 1 + insn->off), out = target, done = 0;
	bool never = insn->kind == INSN_JUMP_IF && (facts & FACT_TAKEN) == 0;
	bool always = insn->kind == INSN_JUMP_IF && (facts & FACT_NOT_TAKEN) == 0;
	struct jit_op compare = { .op = insn->op, .width = jump_width(j, insn), .b = JIT_NONE };
	struct jit_op *op;

	if (never)
		return 0;
	if (insn->kind != INSN_JUMP_IF || always) {
		jit_flush(j,
			  insn->kind == INSN_MAY_GOTO ? j->slots[slot].live : j->slots[target].live,
			  slot);
		op = jit_add(j, slot, insn->kind == INSN_MAY_GOTO ? JIT_MAY_GOTO : JIT_JUMP);
		op->target = target;
		return 0;
	}
	compare.a = jit_operand(j, insn->dst, compare.width, slot);
	set_operand(&compare, source(j, slot, insn, compare.width));
	if (jit_may_select(j, slot, insn)) {
		done = jit_select(j, slot, &compare);
		if (done != 0)
			return done;
	}
	if (is_jump_around(j, slot, insn)) {
		done = 1;
		slot++;
		target = (u32)((s64)slot + 1 + j->prog->insns[slot].off);
	}
	jit_flush(j,
		  j->slots[target].live | (done != 0 && out != slot + 1 ? j->slots[out].live : 0),
		  slot);
	op = jit_add(j, slot, JIT_BRANCH);
	op->live |= j->slots[slot - done].after; /* on either way */
	op->target = target;
	op->flags = (u8)(compare.flags | (done != 0 ? OP_INVERT : 0));
	op->op = compare.op;
	op->width = compare.width;
	op->a = compare.a;
	op->b = compare.b;
	op->imm = compare.imm;
	if (done != 0 && out != slot + 1) {
		jit_add(j, slot, JIT_JUMP)->target = out;
		j->deferred = 0;
	}
	return done;
}

/* One register to another or the same; width of the source's bits matter. */
static struct jit_op *add_unary(struct jit *j, u32 slot, enum jit_code code, u8 dst, u8 src,
				u32 width)
{
	struct jit_op *op;
	u8 from;

	jit_before_write(j, dst, j->slots[slot].live, slot);
	from = jit_operand(j, src, width, slot);
	op = add_writer(j, slot, code, dst);
	op->a = from;
	op->width = j->prog->insns[slot].width;
	op->size = j->prog->insns[slot].size;
	return op;
}

static void flush_all(struct jit *j, u32 slot)
{
	jit_flush(j, j->slots[slot].live, slot);
	j->deferred = 0;
}

static bool is_idle(const struct jit_slot *s, const struct insn *insn)
{
	return (s->flags & SLOT_PURE) != 0 && (s->after >> insn->dst & 1) == 0;
}

/* As if it were a move of what comes out. */
static void lower_known(struct jit *j, u32 slot, const struct insn *insn)
{
	u64 value = j->facts->rows[slot].value;
	const struct insn move = { .kind = INSN_ALU,
				   .op = ALU_MOV,
				   .width = value <= UINT32_MAX ? 32 : 64,
				   .flags = INSN_IMM,
				   .dst = insn->dst,
				   .imm = (s64)value };

	if (!jit_defer(j, slot, &move))
		lower_const(j, slot, insn->dst, (s64)value);
}

/* *done: how many of the following instructions it has lowered with it. */
static int lower_insn(struct jit *j, u32 slot, const struct insn *insn, u32 *done)
{
	struct jit_op *op;

	if (jit_is_known(j, slot)) {
		lower_known(j, slot, insn);
		return 0;
	}
	switch ((enum insn_kind)insn->kind) {
	case INSN_ALU: (insn->op == ALU_MOV ? lower_move : lower_alu)(j, slot, insn); return 0;
	case INSN_NEG: add_unary(j, slot, JIT_NEG, insn->dst, insn->dst, insn->width); return 0;
	case INSN_MOVSX:
		add_unary(j, slot, JIT_SEXT, insn->dst, insn->src, insn->size * 8u);
		return 0;
	case INSN_SWAP:
		add_unary(j, slot, insn->op == SWAP_LE ? JIT_ZEXT : JIT_BSWAP, insn->dst, insn->dst,
			  insn->size * 8u);
		jit_fuse_swap(j);
		return 0;
	case INSN_LDDW: return lower_lddw(j, slot, insn);
	case INSN_LDDW_HIGH: return 0;
	case INSN_LOAD:
	case INSN_STORE: lower_memory(j, slot, insn); return 0;
	case INSN_ATOMIC:
	case INSN_LOAD_ACQ:
	case INSN_STORE_REL: lower_atomic(j, slot, insn); return 0;
	case INSN_LD_PACKET:
		flush_all(j, slot);
		op = jit_add(j, slot, JIT_PACKET);
		op->dst = 0;
		op->size = insn->size;
		op->a = (insn->flags & INSN_IMM) != 0 ? JIT_NONE : insn->src;
		op->imm = insn->imm;
		return 0;
	case INSN_JUMP_IF:
	case INSN_JUMP:
	case INSN_MAY_GOTO: *done = lower_branch(j, slot, insn); return 0;
	case INSN_CALL:
		if (lower_inline(j, slot))
			return 0;
		FALLTHROUGH;
	case INSN_CALL_KFUNC: flush_all(j, slot); return lower_call(j, slot, insn);
	case INSN_CALL_LOCAL:
		flush_all(j, slot);
		op = jit_add(j, slot, JIT_CALL_FUNC);
		op->imm = jit_func_at(j, (u32)((s64)slot + 1 + insn->off));
		return 0;
	case INSN_CALLX:
		flush_all(j, slot);
		op = jit_add(j, slot, JIT_CALLX);
		op->a = insn->dst;
		return 0;
	case INSN_EXIT:
		flush_all(j, slot);
		jit_add(j, slot, JIT_EXIT);
		return 0;
	}
	return refuse(j, slot, "unknown instruction");
}

/* Of 64 bits. */
static bool makes_small(const struct jit *j, const struct insn *insn)
{
	bool imm = (insn->flags & INSN_IMM) != 0, was = is_upper_zero(j, insn->dst);

	if (insn->op == ALU_MOV)
		return imm ? insn->imm >= 0 : is_upper_zero(j, insn->src);
	if (insn->op == ALU_AND)
		return imm && (was || insn->imm >= 0);
	return insn->op == ALU_RSH && imm && (was || (insn->imm & 63) >= 32);
}

/* Whether the upper half of dst is known to be zero after the instruction. */
static void track_width(struct jit *j, const struct jit_slot *s, const struct insn *insn)
{
	u32 dst = 1u << insn->dst, zeros = j->upper_zero;
	bool is_zero = (s->flags & SLOT_SMALL) != 0;

	if (!is_zero && insn->kind == INSN_ALU)
		is_zero = insn->width == 32 || makes_small(j, insn);
	else if (insn->kind == INSN_NEG || insn->kind == INSN_MOVSX)
		is_zero |= insn->width == 32;
	else if (insn->kind == INSN_SWAP || insn->kind == INSN_LOAD)
		is_zero |= insn->size < 8 && (insn->flags & INSN_SIGNED) == 0;
	else if (insn->kind == INSN_CALL_LOCAL)
		zeros = 0;
	zeros &= ~(u32)s->defs;
	j->upper_zero = (u16)(is_zero ? zeros | dst : zeros);
}

/* A function or a block begins: registers are where they belong. */
static void begin(struct jit *j, u32 slot)
{
	j->upper_zero = 0;
	if ((j->slots[slot].flags & SLOT_START) != 0) {
		j->deferred = 0;
		while (j->funcs[j->func].start != slot)
			j->func++;
		jit_add(j, slot, JIT_FUNC)->imm = j->func;
		j->near_stack = 1u << BPF_REG_FP;
	}
	if ((j->slots[slot].flags & SLOT_TARGET) != 0) {
		/* Still the block before; only the label has this slot's offset. */
		jit_flush(j, j->slots[slot].live, slot - 1);
		j->deferred = 0;
		jit_add(j, slot, JIT_LABEL);
	}
	if ((j->slots[slot].flags & SLOT_LOOP) != 0)
		j->loop_end = MAX(j->loop_end, j->loop_ends[slot] + 1);
}

int jit_lower(struct jit *j)
{
	const struct insn *insns = j->prog->insns;
	const struct jit_slot *slots = j->slots;
	u32 count = j->prog->insn_count, next;
	int status = 0;

	j->op_cap = 2 * count + 2 * j->func_count + 4;
	j->ops = arena_array_raw(j->arena, j->op_cap, sizeof(*j->ops));
	if (j->ops == NULL)
		return error_set(j->err, ERR_NOMEM, "no memory to compile %u instructions", count);
	for (u32 slot = 0; slot < count && status == 0; slot = next) {
		const struct insn *insn = &insns[slot];
		const struct jit_slot *s = &slots[slot];
		u32 done = 0;

		next = slot + insn_slots(insn);
		status = check_insn(j, slot, insn);
		if (status != 0 || (s->flags & SLOT_REACHED) == 0)
			continue;
		if ((s->flags & (SLOT_START | SLOT_TARGET)) != 0)
			begin(j, slot);
		if (is_idle(s, insn)) {
			/* The register stays as it is, also for what was put off. */
			j->deferred &= (u16) ~(1u << insn->dst);
			continue;
		}
		status = lower_insn(j, slot, insn, &done);
		if (j->checked)
			track_stack(j, insn);
		track_width(j, s, insn);
		if (insn->kind == INSN_JUMP || insn->kind == INSN_EXIT)
			j->deferred = 0;
		next += done;
	}
	if (status == 0 && j->op_count + 1 >= j->op_cap)
		status = error_set(j->err, ERR_TOOBIG, "too many operations");
	return status;
}
