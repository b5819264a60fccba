/* SPDX-License-Identifier: MIT */
/* From a program to pre-decoded operations. */
#include "interp/code.h"

#include "base/mem.h"

/* The order of sizes in the operation families is the table's. */
enum {
#define SIZE(NAME, suffix, code, bytes, UTYPE, STYPE) SIZE_##NAME,
#include "isa/mem.def"
#undef SIZE
};

struct prepare {
	const struct prog *prog;
	const struct prog_binding *binding;
	struct op *ops; /* one a slot */
	u16 *codes;	/* enum op_code of each; memory operations in a checked form */
	u32 *charges;	/* by slot, at starts of subprograms: struct op's charge */
	u32 near_stack; /* registers last set from r10, as bits. Only a guess: jumps are ignored */
	struct error *err;
};

static int refuse(const struct prepare *p, u32 slot, const char *what)
{
	return error_set(p->err, ERR_INVAL, "slot %u: %s", slot, what);
}

static u32 size_index(u32 size)
{
	return size == 1 ? SIZE_B : size == 2 ? SIZE_H : size == 4 ? SIZE_W : SIZE_DW;
}

/* ALU and JUMP families: R64, I64, R32, I32. */
static u32 form(const struct insn *insn)
{
	return (insn->width == 32 ? 2U : 0U) + ((insn->flags & INSN_IMM) != 0 ? 1U : 0U);
}

static bool writes_dst(const struct insn *insn)
{
	switch ((enum insn_kind)insn->kind) {
	case INSN_ALU:
	case INSN_NEG:
	case INSN_MOVSX:
	case INSN_SWAP:
	case INSN_LDDW:
	case INSN_LOAD:
	case INSN_LOAD_ACQ: return true;
	case INSN_LDDW_HIGH:
	case INSN_STORE:
	case INSN_ATOMIC:
	case INSN_STORE_REL:
	case INSN_LD_PACKET:
	case INSN_JUMP_IF:
	case INSN_JUMP:
	case INSN_MAY_GOTO:
	case INSN_CALL:
	case INSN_CALL_LOCAL:
	case INSN_CALL_KFUNC:
	case INSN_CALLX:
	case INSN_EXIT: return false;
	}
	return false;
}

/* What the decoder and prog_check do not promise. */
static int check_insn(const struct prepare *p, const struct insn *insn, u32 slot)
{
	bool is_jump =
		insn->kind == INSN_JUMP || insn->kind == INSN_CALL_LOCAL || insn->kind == INSN_LDDW;

	if (insn->kind > INSN_EXIT || insn->dst >= BPF_REG_COUNT || insn->src >= BPF_REG_COUNT)
		return refuse(p, slot, "not an instruction");
	if ((writes_dst(insn) && insn->dst == BPF_REG_FP) ||
	    (insn->kind == INSN_ATOMIC && insn->src == BPF_REG_FP &&
	     ((insn->flags & INSN_FETCH) != 0 || insn->op == ATOMIC_XCHG) &&
	     insn->op != ATOMIC_CMPXCHG))
		return refuse(p, slot, "writes r10, which is read-only");
	if (insn->kind != INSN_LDDW && (insn->imm < INT32_MIN || insn->imm > INT32_MAX))
		if (insn->kind != INSN_CALL || insn->imm < 0 || insn->imm > UINT32_MAX)
			return refuse(p, slot, "immediate does not fit 32 bits");
	if (!is_jump && insn->kind != INSN_CALL_KFUNC &&
	    (insn->off < INT16_MIN || insn->off > INT16_MAX))
		return refuse(p, slot, "offset does not fit 16 bits");
	return 0;
}

/* Registers that may hold stack addresses after insn. */
static void track_stack(struct prepare *p, const struct insn *insn)
{
	u32 dst = 1U << insn->dst;
	u32 from = (insn->flags & INSN_IMM) == 0 ? p->near_stack >> insn->src & 1 : 0;

	if (insn->kind == INSN_ALU && insn->width == 64 && insn->op == ALU_MOV)
		p->near_stack = (p->near_stack & ~dst) | from << insn->dst;
	else if (insn->kind == INSN_ALU && insn->width == 64 &&
		 (insn->op == ALU_ADD || insn->op == ALU_SUB))
		p->near_stack |= from << insn->dst;
	else if (writes_dst(insn))
		p->near_stack &= ~dst;
}

static u16 mem_code(const struct prepare *p, const struct insn *insn, u16 first, u8 base)
{
	u32 code = first + size_index(insn->size) * (u32)(OP_LOAD_H_REGION - OP_LOAD_W_REGION);

	if (base == BPF_REG_FP && insn->off >= -PROG_FRAME_SIZE && insn->off <= -(s32)insn->size)
		code += MEM_FRAME;
	else if ((p->near_stack >> base & 1) != 0)
		code += MEM_STACK;
	return (u16)code;
}

static u16 unary_code(const struct insn *insn)
{
	u32 log2 = insn->size == 1 ? 0 : insn->size == 2 ? 1 : insn->size == 4 ? 2 : 3;

	if (insn->kind == INSN_NEG)
		return insn->width == 32 ? OP_NEG32 : OP_NEG64;
	if (insn->kind == INSN_MOVSX)
		return (u16)((insn->width == 32 ? OP_MOVSX32_1 : OP_MOVSX64_1) + log2);
	return (u16)((insn->op == SWAP_LE ? OP_LE_2 : OP_BE_2) + log2 - 1);
}

static u16 atomic_code(const struct insn *insn)
{
	return (u16)(OP_ATOMIC32_ADD + insn->op * (OP_ATOMIC32_OR - OP_ATOMIC32_ADD) +
		     (insn->size == 8 ? 1 : 0) + ((insn->flags & INSN_FETCH) != 0 ? 2 : 0));
}

static int lower_lddw(struct prepare *p, const struct insn *insn, u32 slot, u64 *ret_value)
{
	const struct prog_binding *binding = p->binding;
	u64 map = (u64)insn->imm;

	switch ((enum lddw_op)insn->op) {
	case LDDW_IMM: *ret_value = (u64)insn->imm; return 0;
	case LDDW_MAP:
	case LDDW_MAP_VALUE:
		if (map >= p->prog->map_count)
			return refuse(p, slot, "no such map");
		if (insn->op == LDDW_MAP) {
			*ret_value = binding->maps[map];
			return 0;
		}
		if (binding->map_values[map] == 0)
			return error_set(p->err, ERR_NOTSUP,
					 "slot %u: map %s has no directly addressed value", slot,
					 p->prog->maps[map].name);
		*ret_value = binding->map_values[map] + (u32)insn->off;
		return 0;
	case LDDW_CODE: /* a token that helpers give back; programs cannot jump to it */
		*ret_value = (u64)(s64)((s64)slot + 1 + insn->off);
		return 0;
	case LDDW_VARIABLE:
		if (insn->imm < 0 || insn->imm >= p->prog->var_count)
			return refuse(p, slot, "no such variable");
		if (p->prog->vars[insn->imm].is_config)
			return error_set(p->err, ERR_NOTSUP,
					 "slot %u: extern %s has no value: it is of a kernel's "
					 "configuration, which is not known",
					 slot, p->prog->vars[insn->imm].name);
		return error_set(p->err, ERR_NOTSUP, "slot %u: variable %s is not offered", slot,
				 p->prog->vars[insn->imm].name);
	case LDDW_MAP_IDX:
	case LDDW_MAP_IDX_VALUE:
	case LDDW_OP_COUNT: break;
	}
	return refuse(p, slot, "unresolved reference");
}

static int lower_call(struct prepare *p, const struct insn *insn, u32 slot, struct op *op)
{
	const struct prog *prog = p->prog;
	struct helper_binding binding = { 0 };

	if (insn->kind == INSN_CALL) {
		u32 id = (u32)insn->imm;

		if (prog_unresolved_at(prog, slot) != NULL) {
			p->codes[slot] = OP_CALL_ABSENT;
			return 0;
		}
		binding = p->binding->helper(p->binding->arg, id);
		if (binding.fn == NULL)
			return error_set(p->err, ERR_NOTSUP, "slot %u: helper %u is not offered",
					 slot, id);
	} else {
		const struct prog_func *func;

		if (insn->imm < 0 || insn->imm >= prog->func_count)
			return refuse(p, slot, "no such function");
		func = &prog->funcs[insn->imm];
		binding.fn = p->binding->funcs[insn->imm];
		if (binding.fn == NULL && !func->is_weak)
			return error_set(p->err, ERR_NOTSUP, "slot %u: function %s is not offered",
					 slot, func->name);
	}
	op->fn = binding.fn;
	p->codes[slot] = binding.fn == NULL   ? OP_CALL_ABSENT
			 : binding.flags != 0 ? OP_CALL_FLAGS
					      : OP_CALL;
	return 0;
}

static int lower_jump(struct prepare *p, const struct insn *insn, u32 slot, struct op *op)
{
	op->imm = insn->off;
	switch ((enum insn_kind)insn->kind) {
	case INSN_JUMP: p->codes[slot] = insn->off < 0 ? OP_BACK : OP_JUMP; return 0;
	case INSN_MAY_GOTO: p->codes[slot] = OP_MAY_GOTO; return 0;
	default: break;
	}
	op->target = insn->off;
	op->charge = p->charges[(s64)slot + 1 + insn->off];
	if (op->charge == 0)
		return refuse(p, slot, "calls what is not a subprogram");
	p->codes[slot] = OP_CALL_LOCAL;
	return 0;
}

static u16 cond_code(const struct insn *insn)
{
	return (u16)(OP_JUMP64_R_EQ + insn->op * (u32)(OP_JUMP64_R_GT - OP_JUMP64_R_EQ) +
		     (insn->off < 0 ? (u32)(OP_BACK64_R_EQ - OP_JUMP64_R_EQ) : 0) + form(insn));
}

static int lower(struct prepare *p, u32 slot)
{
	const struct insn *insn = &p->prog->insns[slot];
	struct op *op = &p->ops[slot];
	u16 *code = &p->codes[slot];

	op->dst = insn->dst;
	op->src = insn->src;
	op->off = (s16)insn->off;
	op->imm = (s32)insn->imm;
	switch ((enum insn_kind)insn->kind) {
	case INSN_ALU:
		*code = (u16)(OP_ALU64_R_ADD + insn->op * (u32)(OP_ALU64_R_SUB - OP_ALU64_R_ADD) +
			      form(insn));
		return 0;
	case INSN_NEG:
	case INSN_MOVSX:
	case INSN_SWAP: *code = unary_code(insn); return 0;
	case INSN_LDDW:
		*code = OP_LDDW;
		if (slot + 1 == p->prog->insn_count)
			break;
		return lower_lddw(p, insn, slot, &op[1].value);
	case INSN_LDDW_HIGH: break;
	case INSN_LOAD:
		*code = mem_code(p, insn,
				 (insn->flags & INSN_SIGNED) != 0 ? OP_LOADS_W_REGION
								  : OP_LOAD_W_REGION,
				 insn->src);
		return 0;
	case INSN_STORE:
		*code = mem_code(p, insn,
				 (insn->flags & INSN_IMM) != 0 ? OP_STORE_I_W_REGION
							       : OP_STORE_R_W_REGION,
				 insn->dst);
		return 0;
	case INSN_ATOMIC: *code = atomic_code(insn); return 0;
	case INSN_LOAD_ACQ:
	case INSN_STORE_REL:
		*code = (u16)((insn->kind == INSN_LOAD_ACQ ? OP_LOAD_ACQ_W : OP_STORE_REL_W) +
			      size_index(insn->size) * (u32)(OP_LOAD_ACQ_H - OP_LOAD_ACQ_W));
		return 0;
	case INSN_LD_PACKET:
		*code = OP_LD_PACKET;
		op->off = insn->size;
		if ((insn->flags & INSN_IMM) != 0)
			op->src = BPF_REG_COUNT;
		return 0;
	case INSN_JUMP_IF: *code = cond_code(insn); return 0;
	case INSN_JUMP:
	case INSN_MAY_GOTO:
	case INSN_CALL_LOCAL: return lower_jump(p, insn, slot, op);
	case INSN_CALL:
	case INSN_CALL_KFUNC: return lower_call(p, insn, slot, op);
	case INSN_CALLX: *code = OP_CALLX; return 0;
	case INSN_EXIT: *code = OP_EXIT; return 0;
	}
	return refuse(p, slot, "unknown instruction");
}

static bool uses_frame(const struct insn *insn)
{
	return insn->dst == BPF_REG_FP || insn->src == BPF_REG_FP;
}

/* Budget and frame of each subprogram's calls. A frame is made when r10 is used, also further
 * down: the callee's frame lies below the caller's. */
static void charge_subprogs(struct prepare *p)
{
	const struct prog *prog = p->prog;
	bool any = false;

	for (u32 i = 0; i < prog->insn_count; i++)
		any |= uses_frame(&prog->insns[i]);
	for (u32 i = 0; i < prog->subprog_count; i++) {
		const struct prog_subprog *sub = &prog->subprogs[i];
		bool frame = false;

		for (u32 k = 0; any && k < sub->count; k++) {
			const struct insn *insn = &prog->insns[sub->start + k];

			frame |= uses_frame(insn) || insn->kind == INSN_CALL_LOCAL;
		}
		p->charges[sub->start] = sub->count * 2 + (frame ? 1 : 0);
	}
}

static void link_handlers(const struct prepare *p, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		u32 code = p->codes[i];
		bool is_mem = code >= OP_LOAD_W_REGION && code < OP_ATOMIC32_ADD;
		u32 variant = is_mem ? (code - OP_LOAD_W_REGION) % MEM_VARIANTS : MEM_FRAME;

		op_handler special = interp_special_handler(code, p->ops[i].dst, p->ops[i].src);

		p->ops[i].handler = special != NULL ? special : interp_handlers[code];
		p->ops[count + i] = p->ops[i];
		if (variant != MEM_FRAME)
			p->ops[count + i].handler = interp_handlers[code - variant + MEM_PLAIN];
	}
}

static int lower_all(struct prepare *p, u32 options)
{
	const struct prog *prog = p->prog;

	charge_subprogs(p);
	for (u32 i = 0; i < prog->insn_count; i++) {
		const struct insn *insn = &prog->insns[i];
		int status = check_insn(p, insn, i);

		if (p->charges[i] != 0)
			p->near_stack = 1U << BPF_REG_FP;
		if (status == 0)
			status = lower(p, i);
		if (status != 0)
			return status;
		track_stack(p, insn);
		if (insn->kind == INSN_LDDW)
			p->codes[++i] = OP_NONE;
	}
	if ((options & INTERP_NO_FUSE) == 0)
		interp_fuse(p->ops, p->codes, prog->insn_count);
	link_handlers(p, prog->insn_count);
	return 0;
}

/* Subprograms are in order of their slots, but prog_check does not promise it. */
static u32 list_subprogs(const struct prepare *p, struct interp_subprog *subprogs)
{
	u32 found = 0;

	for (u32 i = 0; i < p->prog->insn_count; i++)
		if (p->charges[i] != 0)
			subprogs[found++] = (struct interp_subprog){ i, p->charges[i] };
	return found;
}

static void code_free(struct prog_code *code)
{
	mem_free(code);
}

int interp_prepare_with(const struct prog *prog, const struct prog_binding *binding, u32 options,
			struct prog_code **ret_code, struct error *err)
{
	u32 count = prog->insn_count;
	struct prepare p = { .prog = prog, .binding = binding, .err = err };
	struct interp_code *code = NULL;
	struct interp_subprog *subprogs;
	int status = prog_check(prog, err);

	if (status != 0)
		return status;
	if (count > PROG_MAX_SLOTS)
		return error_set(err, ERR_TOOBIG, "%u instructions, more than %u", count,
				 PROG_MAX_SLOTS);
	code = mem_zalloc(sizeof(*code) + 2 * (size_t)count * sizeof(struct op) +
			  prog->subprog_count * sizeof(struct interp_subprog));
	p.codes = mem_zalloc_array(count, sizeof(*p.codes));
	p.charges = mem_zalloc_array(count, sizeof(*p.charges));
	if (code == NULL || p.codes == NULL || p.charges == NULL) {
		status = error_set(err, ERR_NOMEM, "no memory for %u operations", count);
		goto out;
	}
	p.ops = code->ops;
	status = lower_all(&p, options);
	if (status != 0)
		goto out;
	code->base.entry = interp_entry;
	code->base.free = code_free;
	code->base.call = interp_call;
	subprogs = (struct interp_subprog *)(void *)(code->ops + 2 * (size_t)count);
	code->subprogs = subprogs;
	code->subprog_count = list_subprogs(&p, subprogs);
	code->helper = binding->helper;
	code->arg = binding->arg;
	code->count = count;
	code->needs_frame = (p.charges[0] & 1) != 0;
	*ret_code = &code->base;
	code = NULL;
out:
	mem_free(p.charges);
	mem_free(p.codes);
	mem_free(code);
	return status;
}

int interp_prepare(const struct prog *prog, const struct prog_binding *binding,
		   struct prog_code **ret_code, struct error *err)
{
	return interp_prepare_with(prog, binding, 0, ret_code, err);
}
