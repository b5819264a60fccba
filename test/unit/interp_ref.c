/* SPDX-License-Identifier: MIT */
/* See interp_ref.h. */
#include "interp_ref.h"

#include "base/error.h"
#include "base/str.h"

static u64 mask(unsigned width, u64 v)
{
	return width == 32 ? v & 0xffffffff : v;
}

static s64 as_signed(unsigned width, u64 v)
{
	return width == 32 ? (s64)(v & 0xffffffff) - ((v & 0x80000000) != 0 ? 0x100000000LL : 0)
			   : (s64)v;
}

u64 ref_alu(enum alu_op op, unsigned width, u64 d, u64 s)
{
	unsigned shift = (unsigned)s & (width - 1);
	s64 sd = as_signed(width, d), ss = as_signed(width, s);
	u64 sign = (u64)(sd < 0 ? -1 : 0);

	d = mask(width, d);
	s = mask(width, s);
	switch (op) {
	case ALU_ADD: d += s; break;
	case ALU_SUB: d += ~s + 1; break;
	case ALU_MUL: d *= s; break;
	case ALU_DIV: d = s == 0 ? 0 : d / s; break;
	case ALU_MOD: d = s == 0 ? d : d % s; break;
	case ALU_SDIV: d = ss == 0 ? 0 : ss == -1 ? ~d + 1 : (u64)(sd / ss); break;
	case ALU_SMOD: d = ss == 0 ? d : ss == -1 ? 0 : (u64)(sd % ss); break;
	case ALU_OR: d |= s; break;
	case ALU_AND: d &= s; break;
	case ALU_XOR: d = (d | s) & ~(d & s); break;
	case ALU_MOV: d = s; break;
	case ALU_LSH:
		for (; shift > 0; shift--)
			d += d;
		break;
	case ALU_RSH:
		for (; shift > 0; shift--)
			d /= 2;
		break;
	case ALU_ARSH:
		for (; shift > 0; shift--)
			d = (d / 2 & ~(1ULL << (width - 1))) | (sign & 1ULL << (width - 1));
		break;
	case ALU_OP_COUNT: break;
	}
	return mask(width, d);
}

bool ref_jump(enum jump_op op, unsigned width, u64 d, u64 s)
{
	s64 sd = as_signed(width, d), ss = as_signed(width, s);

	d = mask(width, d);
	s = mask(width, s);
	switch (op) {
	case JUMP_EQ: return d == s;
	case JUMP_NE: return !(d == s);
	case JUMP_GT: return d > s;
	case JUMP_GE: return d >= s;
	case JUMP_LT: return s > d;
	case JUMP_LE: return s >= d;
	case JUMP_SET: return (d & s) != 0;
	case JUMP_SGT: return sd > ss;
	case JUMP_SGE: return sd >= ss;
	case JUMP_SLT: return ss > sd;
	case JUMP_SLE: return ss >= sd;
	case JUMP_OP_COUNT: break;
	}
	return false;
}

struct ref {
	const struct prog *prog;
	const struct prog_binding *binding;
	const struct exec *exec;
	void *ctx;
	u64 r[11];
	u32 pc, depth, lowest; /* lowest: offset in the stack of the frames in use */
	u64 loops;
	struct {
		u32 pc, lowest;
		u64 r[5];
	} calls[8];
	struct ref_result result;
	bool done;
};

static void ref_stop(struct ref *m, int status)
{
	m->result.fault.status = status;
	m->result.fault.slot = m->pc;
	m->done = true;
}

static bool ref_inside(u64 addr, u32 size, u64 base, u64 len)
{
	for (u32 i = 0; i < size; i++)
		if (addr + i < addr || addr + i < base || addr + i - base >= len)
			return false;
	return true;
}

static bool ref_access(struct ref *m, u64 addr, u32 size, bool write)
{
	const struct exec *exec = m->exec;
	u64 stack = (u64)(uintptr_t)exec->stack;
	bool fine = exec->unchecked || ref_inside(addr, size, stack + m->lowest, 4096 - m->lowest);

	for (u32 i = 0; i < exec->region_count && !fine; i++)
		fine = ref_inside(addr, size, exec->regions[i].base, exec->regions[i].size) &&
		       (exec->regions[i].writable || !write);
	if (!fine && exec->may_access != NULL && addr + size > addr)
		fine = exec->may_access(exec, addr, size, write);
	if (!fine) {
		ref_stop(m, ERR_FAULT);
		m->result.fault.addr = addr;
		m->result.fault.size = size;
		m->result.fault.write = write;
	}
	return fine;
}

static u64 ref_get(u64 addr, u32 size)
{
	const u8 *p = (const u8 *)(uintptr_t)addr;
	u64 v = 0;

	for (u32 i = 0; i < size; i++)
		v |= (u64)p[i] << (8 * i);
	return v;
}

static void ref_put(u64 addr, u32 size, u64 v)
{
	u8 *p = (u8 *)(uintptr_t)addr;

	for (u32 i = 0; i < size; i++)
		p[i] = (u8)(v >> (8 * i));
}

static u64 ref_extend(u64 v, u32 size)
{
	u64 top = 1ULL << ((8 * size - 1) & 63);

	v = size == 8 ? v : v & (top * 2 - 1);
	return (v ^ top) - top;
}

static u64 ref_swap(enum swap_op op, u32 size, u64 d)
{
	u64 v = 0;

	for (u32 i = 0; i < size; i++)
		v |= (d >> (8 * i) & 0xff) << 8 * (op == SWAP_LE ? i : size - 1 - i);
	return v;
}

static void ref_atomic(struct ref *m, const struct insn *in, u64 addr)
{
	u64 old = ref_get(addr, in->size), s = m->r[in->src];
	u64 low = in->size == 4 ? 0xffffffff : ~0ULL;
	u64 new = old;

	switch ((enum atomic_op)in->op) {
	case ATOMIC_ADD: new = old + s; break;
	case ATOMIC_OR: new = old | s; break;
	case ATOMIC_AND: new = old &s; break;
	case ATOMIC_XOR: new = old ^ s; break;
	case ATOMIC_XCHG: new = s; break;
	case ATOMIC_CMPXCHG: new = old == (m->r[0] & low) ? s : old; break;
	case ATOMIC_OP_COUNT: break;
	}
	ref_put(addr, in->size, new);
	if (in->op == ATOMIC_CMPXCHG)
		m->r[0] = old;
	else if ((in->flags & INSN_FETCH) != 0 || in->op == ATOMIC_XCHG)
		m->r[in->src] = old;
}

static void ref_memory(struct ref *m, const struct insn *in)
{
	bool load = in->kind == INSN_LOAD || in->kind == INSN_LOAD_ACQ;
	bool atomic = in->kind != INSN_LOAD && in->kind != INSN_STORE;
	u64 addr = m->r[load ? in->src : in->dst] + (u64)(s64)in->off;

	if (atomic && addr % in->size != 0) {
		const struct exec *exec = m->exec;
		struct exec none = *exec;

		none.region_count = 0;
		none.may_access = NULL;
		none.unchecked = false;
		m->exec = &none;
		m->lowest = 4096;
		ref_access(m, addr, in->size, !load);
		m->exec = exec;
		return;
	}
	if (!ref_access(m, addr, in->size, !load))
		return;
	if (load)
		m->r[in->dst] = (in->flags & INSN_SIGNED) != 0
					? ref_extend(ref_get(addr, in->size), in->size)
					: ref_get(addr, in->size);
	else if (in->kind == INSN_ATOMIC)
		ref_atomic(m, in, addr);
	else
		ref_put(addr, in->size, (in->flags & INSN_IMM) != 0 ? (u64)in->imm : m->r[in->src]);
}

static void ref_packet(struct ref *m, const struct insn *in)
{
	const struct exec_packet *packet = m->exec->packet;
	s32 at = (s32)(u32)((u64)in->imm + ((in->flags & INSN_IMM) != 0 ? 0 : m->r[in->src]));

	if (packet == NULL) {
		ref_stop(m, ERR_NOTSUP);
		return;
	}
	m->r[0] = 0;
	if (at < 0 || (u64)at + in->size > packet->len)
		m->done = true;
	else
		for (u32 i = 0; i < in->size; i++)
			m->r[0] = m->r[0] * 256 + packet->data[(u32)at + i];
}

static void ref_call(struct ref *m, const struct insn *in)
{
	const u64 *r = m->r;
	helper_fn fn;

	if (in->kind == INSN_CALL_KFUNC)
		fn = m->binding->funcs[in->imm];
	else if (in->kind == INSN_CALLX && r[in->dst] > UINT32_MAX)
		fn = NULL;
	else
		fn = m->binding
			     ->helper(m->binding->arg,
				      (u32)(in->kind == INSN_CALL ? (u64)in->imm : r[in->dst]))
			     .fn;
	if (fn == NULL)
		ref_stop(m, ERR_NOTSUP);
	else
		m->r[0] = fn(r[1], r[2], r[3], r[4], r[5], m->ctx);
}

static void ref_call_local(struct ref *m, u32 target)
{
	if (m->depth == 7) {
		ref_stop(m, ERR_LOOP);
		return;
	}
	m->calls[m->depth].pc = m->pc;
	m->calls[m->depth].lowest = m->lowest;
	memcpy(m->calls[m->depth].r, &m->r[6], 40);
	m->depth++;
	m->lowest -= 512;
	memset(m->exec->stack + m->lowest, 0, 512);
	m->r[10] -= 512;
	m->pc = target;
}

static void ref_exit(struct ref *m)
{
	if (m->depth == 0) {
		m->done = true;
		return;
	}
	m->depth--;
	m->pc = m->calls[m->depth].pc;
	m->lowest = m->calls[m->depth].lowest;
	memcpy(&m->r[6], m->calls[m->depth].r, 40);
}

static u64 ref_lddw(const struct ref *m, const struct insn *in)
{
	switch ((enum lddw_op)in->op) {
	case LDDW_MAP: return m->binding->maps[in->imm];
	case LDDW_MAP_VALUE: return m->binding->map_values[in->imm] + (u32)in->off;
	case LDDW_CODE: return (u64)(s64)((s64)m->pc + 1 + in->off);
	default: return (u64)in->imm;
	}
}

/* Sets *next to another slot when control goes there. */
static void ref_step(struct ref *m, const struct insn *in, u32 *next)
{
	u64 s = (in->flags & INSN_IMM) != 0 ? (u64)in->imm : m->r[in->src];
	u32 target = (u32)(m->pc + 1 + (u32)in->off);

	switch ((enum insn_kind)in->kind) {
	case INSN_ALU: m->r[in->dst] = ref_alu(in->op, in->width, m->r[in->dst], s); break;
	case INSN_NEG: m->r[in->dst] = mask(in->width, ~m->r[in->dst] + 1); break;
	case INSN_MOVSX: m->r[in->dst] = mask(in->width, ref_extend(s, in->size)); break;
	case INSN_SWAP: m->r[in->dst] = ref_swap(in->op, in->size, m->r[in->dst]); break;
	case INSN_LDDW:
		m->r[in->dst] = ref_lddw(m, in);
		*next = m->pc + 2;
		break;
	case INSN_LOAD:
	case INSN_STORE:
	case INSN_ATOMIC:
	case INSN_LOAD_ACQ:
	case INSN_STORE_REL: ref_memory(m, in); break;
	case INSN_LD_PACKET: ref_packet(m, in); break;
	case INSN_JUMP_IF:
		if (ref_jump(in->op, in->width, m->r[in->dst], s))
			*next = target;
		break;
	case INSN_JUMP: *next = target; break;
	case INSN_MAY_GOTO:
		if (m->loops++ >= 8388608)
			*next = target;
		break;
	case INSN_CALL:
	case INSN_CALL_KFUNC:
	case INSN_CALLX: ref_call(m, in); break;
	case INSN_CALL_LOCAL:
		ref_call_local(m, target);
		*next = m->pc;
		break;
	case INSN_EXIT:
		ref_exit(m);
		*next = m->pc + 1;
		break;
	case INSN_LDDW_HIGH: ref_stop(m, ERR_NOEXEC); break;
	}
}

struct ref_result ref_run(const struct prog *prog, const struct prog_binding *binding,
			  const struct exec *exec, void *ctx, u64 max_steps)
{
	return ref_run_watched(prog, binding, exec, ctx, max_steps, NULL, NULL);
}

struct ref_result ref_run_watched(const struct prog *prog, const struct prog_binding *binding,
				  const struct exec *exec, void *ctx, u64 max_steps,
				  ref_watch *watch, void *arg)
{
	struct ref m = { .prog = prog, .binding = binding, .exec = exec, .ctx = ctx };

	m.lowest = 7 * 512;
	memset(exec->stack + m.lowest, 0, 512);
	m.r[1] = (u64)(uintptr_t)ctx;
	m.r[2] = exec->arg2;
	m.r[10] = (u64)(uintptr_t)exec->stack + 4096;
	while (!m.done) {
		u32 next = m.pc + 1;

		if (m.result.steps++ >= max_steps)
			ref_stop(&m, ERR_TIME);
		else if (watch != NULL && !watch(arg, m.pc, m.depth, m.r))
			ref_stop(&m, ERR_CANCELED);
		else
			ref_step(&m, &prog->insns[m.pc], &next);
		m.pc = next;
	}
	m.result.value = m.result.fault.status == 0 ? m.r[0] : 0;
	return m.result;
}
