/* SPDX-License-Identifier: MIT */
/* From operations to x86-64 code, twice: first with every forward jump long, to learn how far apart
 * things are at most; then with jumps as short as that allows. */
#include "jit/x86_64/x86.h"

void x86_fixup(struct x86 *x, enum jit_fixup_kind kind, u32 target, u32 size)
{
	jit_add_fixup(&x->sites, (struct jit_fixup){ .at = x->out.len,
						     .target = target,
						     .kind = (u8)kind,
						     .form = (u8)size });
	x86_bytes(&x->out, 0, size);
}

/* Whether a jump of 2 bytes from here can reach. */
static bool is_near(const struct x86 *x, enum jit_fixup_kind kind, u32 target)
{
	u32 offset = jit_place(x->j, &x->sites, (u8)kind, target);

	if (offset != JIT_UNKNOWN)
		return x->out.len + 2 - offset <= 128;
	return x->out.bytes != NULL && kind == FIX_SLOT &&
	       x->before[target] - x->op_at[x->op] <= 127;
}

void x86_jump_to(struct x86 *x, u32 cc, enum jit_fixup_kind kind, u32 target)
{
	if (cc == CC_NO_JUMP) {
		x86_fixup(x, kind, target, 4);
		return;
	}
	if (is_near(x, kind, target)) {
		x86_byte(&x->out, cc == CC_ALWAYS ? 0xeb : 0x70 + cc);
		x86_fixup(x, kind, target, 1);
		return;
	}
	if (cc != CC_ALWAYS)
		x86_byte(&x->out, 0x0f);
	x86_byte(&x->out, cc == CC_ALWAYS ? 0xe9 : 0x80 + cc);
	x86_fixup(x, kind, target, 4);
}

void x86_call_to(struct x86 *x, enum jit_fixup_kind kind, u32 target)
{
	x86_byte(&x->out, 0xe8);
	x86_fixup(x, kind, target, 4);
}

void x86_stub(struct x86 *x, enum x86_cc cc, struct jit_stub stub)
{
	if ((u32)cc != CC_ALWAYS)
		x86_byte(&x->out, 0x0f);
	x86_byte(&x->out, (u32)cc == CC_ALWAYS ? 0xe9 : 0x80u + cc);
	stub.at = x->out.len;
	x86_bytes(&x->out, 0, 4);
	stub.back = x->out.len;
	jit_add_stub(&x->sites, stub);
}

static void patch(struct x86 *x, u32 at, u32 size, u32 target)
{
	u32 distance = target - (at + size);

	if (size == 1)
		x->failed |= (s32)distance < -128 || (s32)distance > 127;
	if (at + size > x->out.cap)
		return;
	for (u32 i = 0; i < size; i++)
		x->out.bytes[at + i] = (u8)(distance >> 8 * i);
}

static void put_stub(struct x86 *x, const struct jit_stub *stub)
{
	patch(x, stub->at, 4, x->out.len);
	x86_const(x, RCX, stub->value);
	if (stub->kind == STUB_ACCESS) {
		x86_call_to(x, FIX_COMMON, COMMON_ACCESS);
		if ((stub->value & 1) != 0)
			return; /* what is not aligned is not allowed */
		x86_byte(&x->out, 0xe9);
		x86_bytes(&x->out, stub->back - (x->out.len + 4), 4);
		return;
	}
	if (stub->kind == STUB_FAULT)
		x86_const(x, RAX, (u32)-stub->status);
	x86_jump_to(x, CC_ALWAYS, FIX_COMMON, jit_stub_common(stub->kind));
}

static void put_op(struct x86 *x, const struct jit_op *op)
{
	switch ((enum jit_code)op->code) {
	case JIT_NOP: return;
	case JIT_LABEL: x->flags_at = JIT_UNKNOWN; return;
	case JIT_FUNC: x86_func(x, op); return;
	case JIT_MOV:
	case JIT_CONST:
	case JIT_NEG:
	case JIT_SEXT:
	case JIT_ZEXT:
	case JIT_BSWAP:
	case JIT_ROL: x86_unary(x, op); return;
	case JIT_ALU: x86_alu(x, op); return;
	case JIT_LEA: x86_lea(x, op); return;
	case JIT_LOAD:
	case JIT_LOAD_ACQ: x86_load(x, op); return;
	case JIT_STORE:
	case JIT_STORE_REL: x86_store(x, op); return;
	case JIT_ATOMIC: x86_atomic(x, op); return;
	case JIT_BRANCH: x86_branch(x, op); return;
	case JIT_JUMP: x86_jump(x, op); return;
	case JIT_SELECT:
		x86_cmov(&x->out, x86_compare(x, op), 64, x86_host(op->dst), x86_host(op->index));
		return;
	case JIT_MAY_GOTO: x86_may_goto(x, op); return;
	case JIT_CALL: x86_call(x, op); return;
	case JIT_CALLX: x86_callx(x, op); return;
	case JIT_CALL_FUNC: x86_call_func(x, op); return;
	case JIT_PACKET: x86_packet(x, op); return;
	case JIT_LOOKUP: x86_lookup(x, op); return;
	case JIT_SLOT: x86_slot(x); return;
	case JIT_STOP: x86_stop(x, op); return;
	case JIT_EXIT: x86_exit(x, op); return;
	}
}

/* What a jump that is short takes less; it was long. */
static u32 gain_of(const struct x86 *x, const struct jit_op *op, u32 i)
{
	if ((op->code != JIT_JUMP && op->code != JIT_BRANCH) || op->target <= op->slot ||
	    x->op_at[i + 1] == x->op_at[i] || x->j->offsets[op->target] - x->op_at[i] > 127)
		return 0;
	return op->code == JIT_JUMP ? 3 : 4;
}

/* The greatest distances once those jumps are short that can be. */
static void keep_offsets(struct x86 *x)
{
	struct jit *j = x->j;
	u32 slot = 0, gained = 0, count = j->prog->insn_count;

	for (u32 i = 0; i < j->op_count; i++) {
		u32 gain = gain_of(x, &j->ops[i], i);

		for (; slot <= count && j->offsets[slot] <= x->op_at[i]; slot++)
			x->before[slot] = j->offsets[slot] - gained;
		x->op_at[i] -= gained;
		gained += gain;
	}
	for (; slot <= count; slot++)
		x->before[slot] = j->offsets[slot] - gained;
}

static void run_pass(struct x86 *x)
{
	struct jit *j = x->j;

	x->out.len = 0;
	x->flags_at = JIT_UNKNOWN;
	x->pending = NULL;
	x->slot_count = 0;
	jit_sites_begin(j, &x->sites);
	for (x->op = 0; x->op < j->op_count; x->op++) {
		const struct jit_op *op = &j->ops[x->op];
		u32 at = x->out.len;

		if (op->code != JIT_FUNC && j->offsets[op->slot] == JIT_UNKNOWN)
			j->offsets[op->slot] = x->out.len;
		put_op(x, op);
		if (x->out.bytes == NULL)
			x->op_at[x->op] = at;
	}
	if (x->out.bytes == NULL)
		x->op_at[x->op] = x->out.len;
	jit_sites_end(j, x->out.len);
	x86_common_code(x);
	for (u32 i = 0; i < MIN(x->sites.stub_count, x->sites.stub_cap); i++)
		put_stub(x, &x->sites.stubs[i]);
}

/* Behind the code: what calls go through. */
static void put_slots(struct x86 *x)
{
	u32 base;

	while (x->slot_count > 0 && x->out.len % 8 != 0)
		x86_byte(&x->out, 0xcc);
	base = x->out.len;
	for (u32 i = 0; i < x->slot_count; i++)
		x86_bytes(&x->out, x->slots[i], 8);
	for (u32 i = 0; i < MIN(x->sites.fixup_count, x->sites.fixup_cap); i++) {
		const struct jit_fixup *fix = &x->sites.fixups[i];
		u32 target = fix->kind == FIX_HOST
				     ? base + 8 * fix->target
				     : jit_place(x->j, &x->sites, fix->kind, fix->target);

		x->failed |= target == JIT_UNKNOWN;
		patch(x, fix->at, fix->form, target);
	}
}

#define STUB_BYTES 20 /* at most */

static int measure(struct jit *j)
{
	struct x86 *x = arena_alloc(j->arena, sizeof(*x));
	u32 count = j->prog->insn_count;

	if (x == NULL)
		goto no_memory;
	j->target = x;
	x->j = j;
	x->ms = j->options.target == JIT_X86_64_MS;
	x->blind = j->options.blind;
	x->checked = j->checked;
	x->support = *j->options.support;
	x->before = arena_array(j->arena, (size_t)count + 1, sizeof(*x->before));
	x->op_at = arena_array(j->arena, (size_t)j->op_count + 1, sizeof(*x->op_at));
	if (x->before == NULL || x->op_at == NULL)
		goto no_memory;
	run_pass(x);
	keep_offsets(x);
	if (jit_sites_alloc(j, &x->sites) != 0)
		goto no_memory;
	j->size = x->out.len + (size_t)x->sites.stub_cap * STUB_BYTES + 8 + sizeof(x->slots);
	return 0;
no_memory:
	return error_set(j->err, ERR_NOMEM, "no memory to compile %u instructions", count);
}

static int write(struct jit *j, u8 *out, size_t cap, u64 address, size_t *ret_len)
{
	struct x86 *x = j->target;

	x->out.bytes = out;
	x->out.cap = (u32)MIN(cap, (size_t)UINT32_MAX);
	x->address = address;
	x->failed = false;
	run_pass(x);
	put_slots(x);
	if (x->failed || x->out.len > x->out.cap)
		return error_set(j->err, ERR_TOOBIG, "the code does not fit");
	*ret_len = x->out.len;
	return 0;
}

static u32 thunk(const struct jit *j)
{
	const struct x86 *x = j->target;

	return x->sites.common[COMMON_THUNK];
}

static u32 dwarf_register(u8 reg)
{
	/* DWARF begins with rax, rdx, rcx, rbx, rsi, rdi, rbp, rsp. */
	static const u8 first[] = { 0, 2, 1, 3, 7, 6, 4, 5 };
	u8 host = x86_host(reg);

	return host < ARRAY_COUNT(first) ? first[host] : host;
}

const struct jit_backend jit_x86_backend = { measure, write, thunk, dwarf_register };
