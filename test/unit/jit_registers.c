/* SPDX-License-Identifier: MIT */
/* The host's registers: what the calling convention says a function keeps is as it was when a
 * program has ended, helpers find the stack aligned and may change everything else, and r6 to r9
 * are kept across calls. By both conventions, for each set of r6 to r9 that a program may use. */
#include "interp_fixture.h"
#include "jit/jit.h"
#include "os/os.h"
#include "prog/facts.h"

#if defined(__x86_64__) && !defined(_WIN32)
#define MS __attribute__((ms_abi))

enum { KEPT = 6, ALL_KEPT = 8 }; /* rdi and rsi, the last, are kept by Microsoft's convention */

/* Calls by either: exec and ctx are where both look for them. */
u64 pinned_call(u64 entry, struct exec *exec, void *ctx, u64 regs[ALL_KEPT]);
__asm__(".text\n"
	"pinned_call:\n"
	"push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"push %rcx; sub $32, %rsp\n"
	"mov %rdi, %rax; mov %rsi, %rdi; mov %rdx, %rsi; mov %rdi, %rcx\n"
	"movabs $0x1111111111111111, %rbx; movabs $0x2222222222222222, %rbp\n"
	"movabs $0x3333333333333333, %r12; movabs $0x4444444444444444, %r13\n"
	"movabs $0x5555555555555555, %r14; movabs $0x6666666666666666, %r15\n"
	"call *%rax\n"
	"add $32, %rsp; pop %rcx\n"
	"mov %rbx, (%rcx); mov %rbp, 8(%rcx); mov %r12, 16(%rcx); mov %r13, 24(%rcx)\n"
	"mov %r14, 32(%rcx); mov %r15, 40(%rcx); mov %rdi, 48(%rcx); mov %rsi, 56(%rcx)\n"
	"pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"ret\n");

static u32 helper_calls, misaligned;
static bool helper_fails;

static u64 scribble(u64 sum, u64 stack, void *ctx)
{
	helper_calls++;
	misaligned += stack % 16 != 0;
	if (helper_fails)
		exec_of(ctx)->fault.status = ERR_FAULT;
	return sum;
}

static u64 helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, void *ctx)
{
	u64 result = scribble(machine_sum(r1, r2, r3, r4, r5, ctx),
			      (u64)(uintptr_t)__builtin_frame_address(0), ctx);

	__asm__ volatile("mov $-1, %%rdi; mov %%rdi, %%rsi; mov %%rdi, %%rdx; mov %%rdi, %%rcx\n"
			 "mov %%rdi, %%r8; mov %%rdi, %%r9; mov %%rdi, %%r10; mov %%rdi, %%r11\n" ::
				 : "rdi", "rsi", "rdx", "rcx", "r8", "r9", "r10", "r11", "cc");
	return result;
}

static MS u64 ms_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, void *ctx)
{
	u64 result = scribble(machine_sum(r1, r2, r3, r4, r5, ctx),
			      (u64)(uintptr_t)__builtin_frame_address(0), ctx);

	__asm__ volatile("mov $-1, %%rdx; mov %%rdx, %%rcx; mov %%rdx, %%r8; mov %%rdx, %%r9\n"
			 "mov %%rdx, %%r10; mov %%rdx, %%r11\n" ::
				 : "rdx", "rcx", "r8", "r9", "r10", "r11", "cc");
	return result;
}

static struct helper_binding bind(UNUSED const void *arg, UNUSED u32 id)
{
	return (struct helper_binding){ .fn = helper };
}

static struct helper_binding ms_bind(UNUSED const void *arg, UNUSED u32 id)
{
	return (struct helper_binding){ .fn = (helper_fn)(uintptr_t)ms_helper };
}

static MS void ms_start(struct exec *exec, u64 live)
{
	const struct jit_support own = jit_host_support();

	((void (*)(struct exec *, u64))(uintptr_t)own.start)(exec, live);
}

static MS u64 ms_access(struct exec *exec, u64 addr, u64 what)
{
	const struct jit_support own = jit_host_support();

	return ((u64(*)(struct exec *, u64, u64))(uintptr_t)own.access)(exec, addr, what);
}

/* --- programs ----------------------------------------------------------------------------------
 */

struct program {
	struct insn insns[64];
	u32 count;
};

static void put(struct program *p, struct insn insn)
{
	p->insns[p->count++] = insn;
}

/* Values of the registers in `set`, a call, and their sum. */
static void put_body(struct program *p, u32 set, s64 seed, bool calls)
{
	for (u8 i = 0; i < 4; i++)
		if ((set >> i & 1) != 0)
			put(p, (struct insn)MOV_IMM((u8)(6 + i), seed * (i + 1)));
	for (u8 i = 1; i <= 5; i++)
		put(p, (struct insn)MOV_IMM(i, seed + i));
	put(p, (struct insn)MOV_IMM(0, 0));
	if (calls)
		put(p, (struct insn){ .kind = INSN_CALL, .imm = 1 });
	for (u8 i = 0; i < 4; i++)
		if ((set >> i & 1) != 0)
			put(p, (struct insn)ADD_REG(0, (u8)(6 + i)));
}

/* kind: bit 0: the program calls a helper; 1: it calls a function, which calls one; 2: it uses its
 * frame. */
static void build(struct program *p, u32 set, u32 inner, u32 kind)
{
	u32 call;

	*p = (struct program){ 0 };
	put_body(p, set, 1000, (kind & 1) != 0);
	if ((kind & 4) != 0)
		put(p, (struct insn)STORE(8, 10, -8, 0));
	call = p->count;
	if ((kind & 2) != 0) {
		put(p, (struct insn){ .kind = INSN_CALL_LOCAL });
		for (u8 i = 0; i < 4; i++)
			if ((set >> i & 1) != 0)
				put(p, (struct insn)ADD_REG(0, (u8)(6 + i)));
	}
	if ((kind & 4) != 0) {
		put(p, (struct insn)LOAD(8, 1, 10, -8));
		put(p, (struct insn)ADD_REG(0, 1));
	}
	put(p, (struct insn)EXIT);
	if ((kind & 2) == 0)
		return;
	p->insns[call].off = (s32)(p->count - call - 1);
	put_body(p, inner, 70000, true);
	put(p, (struct insn)EXIT);
}

struct pinned {
	struct machine m;
	struct prog_fact rows[64];
	struct prog_facts facts;
	struct ctx_header *header;
	u8 ctx[sizeof(struct ctx_header) + MACHINE_MEM];
};

static int compile(struct pinned *p, const struct jit_options *options, struct os_code *code)
{
	struct arena arena;
	struct jit *jit;
	size_t len;
	int r;

	arena_init(&arena, 0);
	r = jit_compile(&p->m.prog, &p->m.binding, options, &arena, &jit, &p->m.err);
	if (r == 0)
		r = os_code_alloc(jit_size(jit), code);
	if (r == 0)
		r = jit_write(jit, code->view, jit_size(jit), (u64)(uintptr_t)code->mem, &len,
			      &p->m.err);
	if (r == 0)
		r = os_code_seal(code);
	arena_fini(&arena);
	return r;
}

/* mode: 0 checked, 1 without facts, 2 with. */
static int run(struct pinned *p, const struct program *program, u32 mode, bool ms,
	       u64 regs[ALL_KEPT])
{
	const struct jit_support support = { .start = (u64)(uintptr_t)ms_start,
					     .access = (u64)(uintptr_t)ms_access };
	const struct jit_options options = { .size = sizeof(options),
					     .target = ms ? JIT_X86_64_MS : JIT_X86_64_SYSV,
					     .mode = mode == 0 ? JIT_CHECKED : JIT_VERIFIED,
					     .support = ms ? &support : NULL };
	struct os_code code = { 0 };
	void *ctx = p->ctx + sizeof(struct ctx_header);
	int r;

	machine_init(&p->m, program->insns, program->count);
	for (u32 i = 0; i < program->count; i++)
		p->rows[i] = (struct prog_fact){ .flags = FACT_REACHED, .hi = UINT64_MAX };
	p->facts = (struct prog_facts){ .rows = p->rows, .count = program->count };
	p->m.binding.facts = mode == 2 ? &p->facts : NULL;
	p->m.binding.helper = ms ? ms_bind : bind;
	p->m.exec.ctx = ctx;
	memcpy(p->ctx + offsetof(struct ctx_header, exec), &(struct exec *){ &p->m.exec },
	       sizeof(struct exec *));
	r = compile(p, &options, &code);
	if (r == 0)
		p->m.result = pinned_call((u64)(uintptr_t)code.mem, &p->m.exec, ctx, regs);
	os_code_free(&code);
	return r;
}

static int interpret(struct machine *m, const struct program *program)
{
	int status;

	machine_init(m, program->insns, program->count);
	status = machine_prepare(m, 0);
	if (status == 0)
		machine_go(m);
	machine_fini(m);
	return status;
}

static bool are_kept(const u64 regs[ALL_KEPT], const struct pinned *p, bool ms)
{
	for (u32 i = 0; i < KEPT; i++)
		if (regs[i] != 0x1111111111111111 * (u64)(i + 1))
			return false;
	return !ms || (regs[6] == (u64)(uintptr_t)&p->m.exec &&
		       regs[7] == (u64)(uintptr_t)(p->ctx + sizeof(struct ctx_header)));
}

static void test_pinned(void)
{
	static struct pinned p;
	static struct machine want;
	u64 regs[ALL_KEPT];

	misaligned = 0;
	for (u32 i = 0; i < 16 * 8 * 6 * 2; i++) {
		u32 set = i % 16, kind = i / 16 % 8, mode = i / 128 % 3;
		bool ms = i / 384 % 2 != 0;
		struct program program;

		helper_fails = i / 768 != 0;
		helper_calls = 0;
		build(&program, set, set * 7 % 16, kind);
		CHECK_EQ(interpret(&want, &program), 0);
		CHECK_EQ(run(&p, &program, mode, ms, regs), 0);
		CHECK(are_kept(regs, &p, ms));
		if (!helper_fails) {
			CHECK_EQ(p.m.result, want.result);
			CHECK_EQ(helper_calls, (kind & 1) + (kind >> 1 & 1));
		} else if ((kind & 3) != 0) {
			CHECK_EQ(p.m.exec.fault.status, ERR_FAULT);
			CHECK_EQ(helper_calls, 1);
		}
	}
	CHECK_EQ(misaligned, 0);
out:
	machine_fini(&want);
}
#else
static void test_pinned(void) {}
#endif

TAP_MAIN(TAP_TEST(test_pinned))
