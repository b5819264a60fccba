/* SPDX-License-Identifier: MIT */
/* From operations to arm64 code, twice: first to learn how much there is and how far jumps have to
 * reach, then to write it. */
#include "jit/arm64/a64.h"

struct a64_when a64_not(struct a64_when when)
{
	switch ((enum a64_insn)when.insn) {
	case A64_CBZ: when.insn = A64_CBNZ; break;
	case A64_CBNZ: when.insn = A64_CBZ; break;
	case A64_TBZ: when.insn = A64_TBNZ; break;
	case A64_TBNZ: when.insn = A64_TBZ; break;
	default: when.cc ^= 1; break;
	}
	return when;
}

/* The jump without its distance. */
static void put_when(struct a64 *a, struct a64_when when)
{
	switch ((enum a64_insn)when.insn) {
	case A64_B_CC: a64_put(&a->out, A64_B_CC, 64, when.cc, 0, 0, 0); return;
	case A64_CBZ:
	case A64_CBNZ:
		a64_put(&a->out, (enum a64_insn)when.insn, when.width, when.reg, 0, 0, 0);
		return;
	case A64_TBZ:
	case A64_TBNZ:
		a64_put(&a->out, (enum a64_insn)when.insn, when.bit >= 32 ? 64 : 32, when.reg, 0,
			(when.bit & 31u) << 3, 0);
		return;
	default: a64_put(&a->out, (enum a64_insn)when.insn, 64, 0, 0, 0, 0); return;
	}
}

static bool reaches(const struct a64 *a, struct a64_when when)
{
	switch ((enum a64_insn)when.insn) {
	case A64_B: return true;
	case A64_TBZ:
	case A64_TBNZ: return a->reach == REACH_14;
	default: return a->reach != REACH_26;
	}
}

u32 a64_skip(struct a64 *a, struct a64_when when)
{
	u32 at = a->out.len;

	put_when(a, when);
	return at;
}

void a64_here(struct a64 *a, u32 from, struct a64_when when)
{
	a->failed |= !a64_patch(&a->out, from, (enum a64_insn)when.insn, (s64)a->out.len - from);
}

/* Puts the jump, of the kind that reaches everything; which one it is then. */
static enum a64_insn put_far(struct a64 *a, struct a64_when when, u32 *ret_at)
{
	bool far = !reaches(a, when);
	u32 around = 0;

	if (far)
		around = a64_skip(a, a64_not(when));
	*ret_at = a->out.len;
	put_when(a, far ? a64_always() : when);
	if (far)
		a64_here(a, around, when);
	return far ? A64_B : (enum a64_insn)when.insn;
}

static void add_fixup(struct a64 *a, u32 at, enum a64_insn insn, enum jit_fixup_kind kind,
		      u32 target)
{
	jit_add_fixup(&a->sites,
		      (struct jit_fixup){
			      .at = at, .target = target, .kind = (u8)kind, .form = (u8)insn });
}

void a64_jump_to(struct a64 *a, struct a64_when when, enum jit_fixup_kind kind, u32 target)
{
	u32 at;
	enum a64_insn insn = put_far(a, when, &at);

	add_fixup(a, at, insn, kind, target);
}

void a64_call_to(struct a64 *a, enum jit_fixup_kind kind, u32 target)
{
	add_fixup(a, a->out.len, A64_BL, kind, target);
	a64_put(&a->out, A64_BL, 64, 0, 0, 0, 0);
}

/* Where code is long: of a jump there, which is near. */
void a64_address_of(struct a64 *a, u8 d, enum jit_fixup_kind kind, u32 target)
{
	u32 around, at = a->out.len;

	a64_put(&a->out, A64_ADR, 64, d, 0, 0, 0);
	if (a->reach != REACH_26) {
		add_fixup(a, at, A64_ADR, kind, target);
		return;
	}
	around = a64_skip(a, a64_always());
	a->failed |= !a64_patch(&a->out, at, A64_ADR, 8);
	a64_jump_to(a, a64_always(), kind, target);
	a64_here(a, around, a64_always());
}

void a64_stub(struct a64 *a, struct a64_when when, struct jit_stub stub)
{
	stub.form = (u8)put_far(a, when, &stub.at);
	stub.back = a->out.len;
	jit_add_stub(&a->sites, stub);
}

#define STUB_BYTES 24 /* at most */

static void put_stub(struct a64 *a, const struct jit_stub *stub)
{
	u32 at;

	a->failed |= !a64_patch(&a->out, stub->at, (enum a64_insn)stub->form,
				(s64)a->out.len - stub->at);
	a64_const(a, T2, stub->value);
	if (stub->kind == STUB_ACCESS) {
		a64_call_to(a, FIX_COMMON, COMMON_ACCESS);
		if ((stub->value & 1) != 0)
			return; /* what is not aligned is not allowed */
		at = a64_skip(a, a64_always());
		a->failed |= !a64_patch(&a->out, at, A64_B, (s64)stub->back - at);
		return;
	}
	if (stub->kind == STUB_FAULT)
		a64_const(a, T1, (u32)-stub->status);
	a64_jump_to(a, a64_always(), FIX_COMMON, jit_stub_common(stub->kind));
}

static void put_alu(struct a64 *a, const struct jit_op *op)
{
	if (a->pending != NULL) {
		a64_fused(a, a->pending, op);
		a->pending = NULL;
	} else if (a->op + 1 < a->j->op_count && a64_fuses(a, op, op + 1)) {
		a->pending = op;
	} else {
		a64_alu(a, op);
	}
}

static void put_op(struct a64 *a, const struct jit_op *op)
{
	switch ((enum jit_code)op->code) {
	case JIT_NOP:
	case JIT_LABEL: return;
	case JIT_FUNC: a64_func(a, op); return;
	case JIT_MOV:
	case JIT_CONST:
	case JIT_NEG:
	case JIT_SEXT:
	case JIT_ZEXT:
	case JIT_BSWAP:
	case JIT_ROL: a64_unary(a, op); return;
	case JIT_ALU: put_alu(a, op); return;
	case JIT_LEA: a64_lea(a, op); return;
	case JIT_LOAD:
	case JIT_LOAD_ACQ: a64_load(a, op); return;
	case JIT_STORE:
	case JIT_STORE_REL: a64_store(a, op); return;
	case JIT_ATOMIC: a64_atomic(a, op); return;
	case JIT_BRANCH: a64_branch(a, op); return;
	case JIT_JUMP: a64_jump(a, op); return;
	case JIT_SELECT: a64_select(a, op); return;
	case JIT_MAY_GOTO: a64_may_goto(a, op); return;
	case JIT_CALL: a64_call(a, op); return;
	case JIT_CALLX: a64_callx(a, op); return;
	case JIT_CALL_FUNC: a64_call_func(a, op); return;
	case JIT_PACKET: a64_packet(a, op); return;
	case JIT_LOOKUP: a64_lookup(a, op); return;
	case JIT_SLOT: a64_slot(a); return;
	case JIT_STOP: a64_stop(a, op); return;
	case JIT_EXIT: a64_exit(a, op); return;
	}
}

static void run_pass(struct a64 *a)
{
	struct jit *j = a->j;

	a->out.len = 0;
	a->pending = NULL;
	jit_sites_begin(j, &a->sites);
	for (a->op = 0; a->op < j->op_count; a->op++) {
		const struct jit_op *op = &j->ops[a->op];

		if (op->code != JIT_FUNC && j->offsets[op->slot] == JIT_UNKNOWN)
			j->offsets[op->slot] = a->out.len;
		put_op(a, op);
	}
	jit_sites_end(j, a->out.len);
	a64_common_code(a);
	for (u32 i = 0; i < MIN(a->sites.stub_count, a->sites.stub_cap); i++)
		put_stub(a, &a->sites.stubs[i]);
}

static void fix(struct a64 *a)
{
	for (u32 i = 0; i < MIN(a->sites.fixup_count, a->sites.fixup_cap); i++) {
		const struct jit_fixup *f = &a->sites.fixups[i];
		u32 target = jit_place(a->j, &a->sites, f->kind, f->target);
		s64 distance = (s64)target - f->at;

		a->failed |= target == JIT_UNKNOWN;
		/* ADR counts bytes, in four parts: its lowest two bits are elsewhere, and 0. */
		a->failed |= !a64_patch(&a->out, f->at, (enum a64_insn)f->form, distance);
	}
	a->failed |= a->sites.fixup_count > a->sites.fixup_cap ||
		     a->sites.stub_count > a->sites.stub_cap;
}

static size_t bytes_at_most(const struct a64 *a)
{
	return a->out.len + (size_t)a->sites.stub_count * STUB_BYTES;
}

static int measure(struct jit *j)
{
	struct a64 *a = arena_alloc(j->arena, sizeof(*a));

	if (a == NULL)
		goto no_memory;
	j->target = a;
	a->j = j;
	a->blind = j->options.blind;
	a->checked = j->checked;
	a->lse = j->options.atomics == JIT_ATOMICS_LSE;
	a->support = *j->options.support;
	run_pass(a);
	if (bytes_at_most(a) >= 1u << 15) {
		a->reach = REACH_19;
		run_pass(a);
	}
	if (bytes_at_most(a) >= 1u << 20) {
		a->reach = REACH_26;
		run_pass(a);
	}
	if (jit_sites_alloc(j, &a->sites) != 0)
		goto no_memory;
	j->size = bytes_at_most(a);
	if (j->size >= 1u << 27)
		return error_set(j->err, ERR_TOOBIG, "the code is too long");
	return 0;
no_memory:
	return error_set(j->err, ERR_NOMEM, "no memory to compile %u instructions",
			 j->prog->insn_count);
}

static int write(struct jit *j, u8 *out, size_t cap, u64 address, size_t *ret_len)
{
	struct a64 *a = j->target;

	a->out.bytes = out;
	a->out.cap = (u32)MIN(cap, (size_t)UINT32_MAX);
	a->address = address;
	a->failed = false;
	run_pass(a);
	fix(a);
	if (a->failed || a->out.len > a->out.cap)
		return error_set(j->err, ERR_TOOBIG, "the code does not fit");
	*ret_len = a->out.len;
	return 0;
}

static u32 thunk(const struct jit *j)
{
	const struct a64 *a = j->target;

	return a->sites.common[COMMON_THUNK];
}

static u32 dwarf_register(u8 reg)
{
	return a64_host(reg);
}

const struct jit_backend jit_a64_backend = { measure, write, thunk, dwarf_register };
