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

/* What the decoder and prog_check do not promise. */
static int check_insn(const struct jit *j, u32 slot)
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

struct jit_op *jit_add(struct jit *j, u32 slot, enum jit_code code)
{
	struct jit_op *op = &j->ops[j->op_count];

	/* There is room, by jit_lower(); what would not fit is found at its end. */
	if (j->op_count + 1 < j->op_cap)
		j->op_count++;
	*op = (struct jit_op){ .code = (u8)code,
			       .slot = slot,
			       .live = jit_live_after(j, slot),
			       .dst = JIT_NONE,
			       .a = JIT_NONE,
			       .b = JIT_NONE,
			       .index = JIT_NONE };
	return op;
}

/* The second operand of instruction and operation. */
static void set_operand(struct jit_op *op, const struct insn *insn)
{
	if ((insn->flags & INSN_IMM) != 0) {
		op->flags |= OP_IMM;
		op->imm = insn->imm;
	} else {
		op->b = insn->src;
	}
}

static void lower_alu(struct jit *j, u32 slot, const struct insn *insn)
{
	struct jit_op *op = jit_add(j, slot, JIT_ALU);

	op->dst = insn->dst;
	op->width = insn->width;
	if (insn->op != ALU_MOV) {
		op->op = insn->op;
		op->a = insn->dst;
		set_operand(op, insn);
		if (j->facts != NULL && (j->facts->rows[slot].flags & FACT_DIVISOR_NONZERO) != 0)
			op->flags |= OP_NONZERO;
	} else if ((insn->flags & INSN_IMM) != 0) {
		op->code = JIT_CONST;
		op->imm = insn->width == 32 ? (s64)(u32)insn->imm : insn->imm;
	} else {
		op->code = JIT_MOV;
		op->a = insn->src;
	}
}

static int lower_lddw(struct jit *j, u32 slot, const struct insn *insn)
{
	const struct prog_binding *binding = j->binding;
	struct jit_op *op = jit_add(j, slot, JIT_CONST);
	u64 map = (u64)insn->imm;

	op->dst = insn->dst;
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
	static const u8 codes[] = { [INSN_LOAD] = JIT_LOAD,
				    [INSN_STORE] = JIT_STORE,
				    [INSN_ATOMIC] = JIT_ATOMIC,
				    [INSN_LOAD_ACQ] = JIT_LOAD_ACQ,
				    [INSN_STORE_REL] = JIT_STORE_REL };
	struct jit_op *op = jit_add(j, slot, codes[insn->kind]);
	bool loads = insn->kind == INSN_LOAD || insn->kind == INSN_LOAD_ACQ;

	op->op = insn->op;
	op->size = insn->size;
	op->disp = insn->off;
	op->a = loads ? insn->src : insn->dst;
	if (loads)
		op->dst = insn->dst;
	else
		set_operand(op, insn);
	if ((insn->flags & INSN_SIGNED) != 0)
		op->flags |= OP_SIGNED;
	if ((insn->flags & INSN_FETCH) != 0 || insn->op == ATOMIC_XCHG)
		op->flags |= insn->kind == INSN_ATOMIC ? OP_FETCH : 0;
	if (op->a == BPF_REG_FP && insn->off >= -PROG_FRAME_SIZE && insn->off <= -(s32)insn->size)
		op->flags |= OP_FRAME;
	if (op->a == BPF_REG_FP && insn->off % insn->size == 0)
		op->flags |= OP_ALIGNED;
	if ((j->near_stack >> op->a & 1) != 0)
		op->flags |= OP_STACK;
}

static void lower_branch(struct jit *j, u32 slot, const struct insn *insn)
{
	struct jit_op *op;
	u16 facts = j->facts == NULL ? FACT_TAKEN | FACT_NOT_TAKEN : j->facts->rows[slot].flags;

	if (insn->kind == INSN_JUMP_IF && (facts & FACT_TAKEN) == 0)
		return;
	op = jit_add(j, slot,
		     insn->kind == INSN_MAY_GOTO				? JIT_MAY_GOTO
		     : insn->kind == INSN_JUMP || (facts & FACT_NOT_TAKEN) == 0 ? JIT_JUMP
										: JIT_BRANCH);
	op->target = (u32)((s64)slot + 1 + insn->off);
	if (op->code != JIT_BRANCH)
		return;
	op->op = insn->op;
	op->width = insn->width;
	op->a = insn->dst;
	set_operand(op, insn);
}

/* One register to another or the same. */
static struct jit_op *add_unary(struct jit *j, u32 slot, enum jit_code code, u8 dst, u8 src)
{
	struct jit_op *op = jit_add(j, slot, code);

	op->dst = dst;
	op->a = src;
	op->width = j->prog->insns[slot].width;
	op->size = j->prog->insns[slot].size;
	return op;
}

static int lower_insn(struct jit *j, u32 slot)
{
	const struct insn *insn = &j->prog->insns[slot];
	struct jit_op *op;

	switch ((enum insn_kind)insn->kind) {
	case INSN_ALU: lower_alu(j, slot, insn); return 0;
	case INSN_NEG: add_unary(j, slot, JIT_NEG, insn->dst, insn->dst); return 0;
	case INSN_MOVSX: add_unary(j, slot, JIT_SEXT, insn->dst, insn->src); return 0;
	case INSN_SWAP:
		add_unary(j, slot, insn->op == SWAP_LE ? JIT_ZEXT : JIT_BSWAP, insn->dst,
			  insn->dst);
		return 0;
	case INSN_LDDW: return lower_lddw(j, slot, insn);
	case INSN_LDDW_HIGH: return 0;
	case INSN_LOAD:
	case INSN_STORE:
	case INSN_ATOMIC:
	case INSN_LOAD_ACQ:
	case INSN_STORE_REL: lower_memory(j, slot, insn); return 0;
	case INSN_LD_PACKET:
		op = add_unary(j, slot, JIT_PACKET, 0, insn->src);
		if ((insn->flags & INSN_IMM) != 0)
			op->a = JIT_NONE;
		op->imm = insn->imm;
		return 0;
	case INSN_JUMP_IF:
	case INSN_JUMP:
	case INSN_MAY_GOTO: lower_branch(j, slot, insn); return 0;
	case INSN_CALL:
	case INSN_CALL_KFUNC: return lower_call(j, slot, insn);
	case INSN_CALL_LOCAL:
		op = jit_add(j, slot, JIT_CALL_FUNC);
		op->imm = jit_func_at(j, (u32)((s64)slot + 1 + insn->off));
		return 0;
	case INSN_CALLX:
		op = jit_add(j, slot, JIT_CALLX);
		op->a = insn->dst;
		return 0;
	case INSN_EXIT: jit_add(j, slot, JIT_EXIT); return 0;
	}
	return refuse(j, slot, "unknown instruction");
}

int jit_lower(struct jit *j)
{
	const struct prog *prog = j->prog;
	u32 count = prog->insn_count;
	int status = 0;

	j->op_cap = 2 * count + 2 * j->func_count + 4;
	j->ops = arena_array(j->arena, j->op_cap, sizeof(*j->ops));
	if (j->ops == NULL)
		return error_set(j->err, ERR_NOMEM, "no memory to compile %u instructions", count);
	for (u32 slot = 0; slot < count && status == 0; slot += insn_slots(&prog->insns[slot])) {
		status = check_insn(j, slot);
		if (status != 0 || !jit_reached(j, slot))
			continue;
		if ((j->flags[slot] & SLOT_START) != 0) {
			jit_add(j, slot, JIT_FUNC)->imm = jit_func_at(j, slot);
			j->near_stack = 1u << BPF_REG_FP;
		}
		if ((j->flags[slot] & SLOT_TARGET) != 0)
			jit_add(j, slot, JIT_LABEL);
		status = lower_insn(j, slot);
		track_stack(j, &prog->insns[slot]);
	}
	return status;
}
