/* SPDX-License-Identifier: MIT */
/* jit-vectors < VECTORS: the conformance vectors that `vectors` prints, in each mode of the JIT,
 * and on x86-64 by both calling conventions, on arm64 also with loops for atomics; and with what
 * the verifier proves of them. What has to fail has to fail as in the interpreter, at the same
 * slot, or is refused by decoder or verifier before there is code. TAP. */
#include <stdio.h>
#include <stdlib.h>

#include "../../apps/plugin/plugin.h"
#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "interp/interp.h"
#include "jit/jit.h"
#include "os/os.h"
#include "spec/spec.h"
#include "verify/verify.h"
#include "vector_line.h"

#define LINE_LIMIT (1 << 20)
#define BUDGET	   (1u << 28)

struct vector {
	const char *name;
	u64 want;
	bool fails;
	bool refused; /* by the decoder, or what looks at the program as a whole */
	u64 budget;
	u8 *memory;
	size_t memory_len;
	struct prog prog;
	const struct prog_facts *facts; /* NULL: not safe, or it calls helpers of the suite */
	bool calls;
};

struct variant {
	const char *name;
	bool is_interpreter, checked, blind, other, proven;
};
static const struct variant interpreter = { .name = "interpreted", .is_interpreter = true };
/* other: the other calling convention, or the other way of atomics. */
static const struct variant variants[] = {
	{ .name = "verified" },
	{ .name = "checked", .checked = true },
	{ .name = "verified, blinded", .blind = true },
	{ .name = "checked, blinded", .checked = true, .blind = true },
	{ .name = "verified, other", .other = true },
	{ .name = "checked, other", .checked = true, .other = true },
	{ .name = "proven", .proven = true },
	{ .name = "proven, blinded", .blind = true, .proven = true },
	{ .name = "proven, other", .other = true, .proven = true },
};

/* What the verifier has proven of it as a program with that much memory. */
static void prove(struct vector *v, struct arena *arena)
{
	struct prog_facts *facts = arena_alloc(arena, sizeof(*facts));
	struct prog_fact *rows = arena_array(arena, v->prog.insn_count, sizeof(*rows));
	struct verify_options options;
	struct verify_result result;
	struct error err = { 0 };

	for (u32 i = 0; i < v->prog.insn_count; i++)
		v->calls |=
			v->prog.insns[i].kind == INSN_CALL || v->prog.insns[i].kind == INSN_CALLX;
	v->prog.dialect = DIALECT_WINDOWS;
	v->prog.type = spec_find_type(NULL, DIALECT_WINDOWS, "raw");
	verify_options_default(&options);
	options.policy.raw_size = v->memory_len;
	facts_init(facts, rows, v->prog.insn_count);
	options.facts = facts;
	if (verify_prog(&v->prog, &options, &result, &err) == 0 && result.is_safe)
		v->facts = facts;
}

static void open_vector(struct vector *v, const u8 *program, size_t len, struct arena *arena)
{
	struct error err = { 0 };

	v->budget = BUDGET;
	v->refused = bare_prog(program, len, arena, &v->prog, &err) != 0 ||
		     prog_check(&v->prog, &err) != 0;
	if (!v->refused)
		prove(v, arena);
}

/* NAME|kind|want|memory|program */
static bool read_vector(char *line, struct arena *arena, struct vector *ret)
{
	char *field[VECTOR_FIELDS];
	u8 *program;
	size_t len;

	if (!vector_split(line, field))
		return false;
	*ret = (struct vector){
		.name = field[VECTOR_NAME],
		.fails = !str_eq(field[VECTOR_KIND], "result"),
		.want = strtoull(field[VECTOR_WANT], NULL, 16),
	};
	ret->memory = vector_bytes(field[VECTOR_MEMORY], arena, &ret->memory_len);
	program = vector_bytes(field[VECTOR_PROGRAM], arena, &len);
	open_vector(ret, program, len, arena);
	return true;
}

/* What Microsoft's convention needs on other hosts: helpers and support by it. */
#if defined(__x86_64__) && !defined(_WIN32)
#define MS __attribute__((ms_abi))
typedef u64(MS *ms_entry)(struct exec *, void *);

#define MS_HELPER(n)                                                              \
	static MS u64 ms_helper_##n(u64 a, u64 b, u64 c, u64 d, u64 e, void *ctx) \
	{                                                                         \
		return plugin_helper(NULL, n).fn(a, b, c, d, e, ctx);             \
	}
MS_HELPER(0)
MS_HELPER(1)
MS_HELPER(2)
MS_HELPER(3)
MS_HELPER(4)
MS_HELPER(5)
#undef MS_HELPER

static u64 ms_address(u32 id)
{
	const uintptr_t all[] = {
		(uintptr_t)ms_helper_0, (uintptr_t)ms_helper_1, (uintptr_t)ms_helper_2,
		(uintptr_t)ms_helper_3, (uintptr_t)ms_helper_4, (uintptr_t)ms_helper_5,
	};

	return id < ARRAY_COUNT(all) ? all[id] : 0;
}

static struct helper_binding ms_binding(UNUSED const void *arg, u32 id)
{
	return (struct helper_binding){ .fn = (helper_fn)(uintptr_t)ms_address(id) };
}

static struct jit_support own; /* by the host's convention */

static MS void ms_start(struct exec *exec, u64 live)
{
	((void (*)(struct exec *, u64))(uintptr_t)own.start)(exec, live);
}

static MS u64 ms_access(struct exec *exec, u64 addr, u64 what)
{
	return ((u64(*)(struct exec *, u64, u64))(uintptr_t)own.access)(exec, addr, what);
}

static MS u64 ms_find(UNUSED struct exec *exec, u64 id)
{
	return id > UINT32_MAX ? 0 : ms_address((u32)id);
}

static MS u64 ms_packet(struct exec *exec, u64 at, u64 size)
{
	return ((u64(*)(struct exec *, u64, u64))(uintptr_t)own.packet)(exec, at, size);
}

static int run_ms(const struct vector *v, struct exec *exec, const struct variant *variant,
		  u64 *ret_value)
{
	const struct jit_support support = { (u64)(uintptr_t)ms_start, (u64)(uintptr_t)ms_access,
					     (u64)(uintptr_t)ms_find, (u64)(uintptr_t)ms_packet };
	const struct prog_binding binding = { .helper = ms_binding,
					      .facts = variant->proven ? v->facts : NULL };
	const struct jit_options options = { .size = sizeof(options),
					     .target = JIT_X86_64_MS,
					     .mode = variant->checked ? JIT_CHECKED : JIT_VERIFIED,
					     .support = &support };
	struct os_code code = { 0 };
	struct error err = { 0 };
	struct arena arena;
	struct jit *jit;
	size_t len;
	int r;

	own = jit_host_support();
	arena_init(&arena, 0);
	r = jit_compile(&v->prog, &binding, &options, &arena, &jit, &err);
	if (r == 0)
		r = os_code_alloc(jit_size(jit), &code);
	if (r == 0)
		r = jit_write(jit, code.view, jit_size(jit), (u64)(uintptr_t)code.mem, &len, &err);
	if (r == 0)
		r = os_code_seal(&code);
	if (r == 0)
		*ret_value = ((ms_entry)(uintptr_t)code.mem)(exec, exec->ctx);
	os_code_free(&code);
	arena_fini(&arena);
	return r;
}
#else
static int run_ms(const struct vector *v, struct exec *exec, const struct variant *variant,
		  u64 *ret_value)
{
	(void)v, (void)exec, (void)variant, (void)ret_value;
	return ERR_NOTSUP;
}
#endif

static int run_host(const struct vector *v, struct exec *exec, const struct variant *variant,
		    u64 *ret_value)
{
	const struct prog_binding binding = { .helper = plugin_helper,
					      .facts = variant->proven ? v->facts : NULL };
	const struct jit_options options = { .size = sizeof(options),
					     .target = jit_host_target(),
					     .mode = variant->checked ? JIT_CHECKED : JIT_VERIFIED,
					     .blind = variant->blind,
					     .blind_seed = 0x9e3779b97f4a7c15,
					     .atomics = variant->other ? JIT_ATOMICS_LOOPS
								       : JIT_ATOMICS_HOST };
	struct prog_code *code;
	struct error err = { 0 };
	int r = variant->is_interpreter ? interp_prepare(&v->prog, &binding, &code, &err)
					: jit_prepare(&v->prog, &binding, &options, &code, &err);

	if (r != 0)
		return r;
	exec->code = code;
	*ret_value = code->entry(exec, exec->ctx);
	code->free(code);
	return 0;
}

struct outcome {
	int status;
	u64 value;
	struct exec_fault fault;
};

static struct outcome run(const struct vector *v, struct arena *arena,
			  const struct variant *variant)
{
	bool ms = variant->other && jit_host_target() == JIT_X86_64_SYSV;
	static _Alignas(16) u8 stack[PROG_MAX_FRAMES * PROG_FRAME_SIZE];
	struct ctx_header *header = arena_alloc(arena, sizeof(*header) + v->memory_len + 1);
	struct exec exec = { .arg2 = v->memory_len,
			     .stack = stack,
			     .ctx = header + 1,
			     .budget = v->budget,
			     .region_count = 1 };
	struct outcome o = { 0 };

	exec.regions[0] = (struct exec_region){ (u64)(uintptr_t)(header + 1), v->memory_len, true };
	header->exec = &exec;
	memcpy(header + 1, v->memory, v->memory_len);
	memset(stack, 0x5a, sizeof(stack));
	o.status = ms ? run_ms(v, &exec, variant, &o.value) : run_host(v, &exec, variant, &o.value);
	o.fault = exec.fault;
	return o;
}

static bool same(const struct outcome *a, const struct outcome *b)
{
	return a->status == b->status && a->fault.status == b->fault.status &&
	       a->fault.slot == b->fault.slot && a->value == b->value;
}

/* Why there is nothing to run; NULL: there is. *ret_fine: as it should be. */
static const char *look(const struct vector *v, const struct variant *variant,
			const struct outcome *want, bool *ret_fine)
{
	bool stops = want->fault.status == ERR_FAULT || want->fault.status == ERR_TIME;

	*ret_fine = v->fails;
	if (v->refused)
		return "refused";
	/* Without checks nothing stops what the interpreter has to: the verifier does before. */
	if (stops && !variant->checked) {
		*ret_fine = v->facts == NULL;
		return "the verifier refuses it";
	}
	if (!variant->proven || v->facts != NULL)
		return NULL;
	*ret_fine = true;
	return "not safe";
}

static bool one(const struct vector *v, struct arena *arena, const struct variant *variant,
		const struct outcome *want, const char **ret_why)
{
	struct outcome got;
	bool fine;

	*ret_why = look(v, variant, want, &fine);
	if (*ret_why != NULL)
		return fine;
	/* What the suite's helpers do is not what the verifier took their numbers for. */
	if (variant->proven && v->calls) {
		*ret_why = "helpers of the suite";
		return true;
	}
	got = run(v, arena, variant);
	if (!same(want, &got))
		return false;
	return v->fails ? got.status != 0 || got.fault.status != 0
			: got.status == 0 && got.value == v->want;
}

static u32 count, bad;

static void each_variant(const struct vector *v, struct arena *arena)
{
	const char *other = jit_host_target() == JIT_X86_64_SYSV ? "ms"
			    : jit_host_target() == JIT_ARM64	 ? "loops"
								 : NULL;
	struct outcome want = { 0 };

	if (!v->refused)
		want = run(v, arena, &interpreter);
	for (u32 i = 0; i < ARRAY_COUNT(variants); i++) {
		const char *why;
		bool fine;

		if (variants[i].other && other == NULL)
			continue;
		fine = one(v, arena, &variants[i], &want, &why);
		printf("%s %u - %s, %s%s%s%s%s\n", fine ? "ok" : "not ok", ++count, v->name,
		       variants[i].name, variants[i].other ? ": " : "",
		       variants[i].other ? other : "", why != NULL ? ", " : "",
		       why != NULL ? why : "");
		bad += !fine;
	}
}

/* Programs that go on for ever until the budget ends them. */
static void endless(void)
{
	static const struct {
		const char *name;
		u8 program[32];
		size_t len;
	} programs[] = {
		{ "goto -1", { 0x05, 0, 0xff, 0xff, 0, 0, 0, 0, 0x95 }, 16 },
		{ "if r0 == 0 goto -1", { 0x15, 0, 0xff, 0xff, 0, 0, 0, 0, 0x95 }, 16 },
		{ "gotol -1", { 0x06, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x95 }, 16 },
		{ "r0 += 1; goto -2",
		  { 0x07, 0, 0, 0, 1, 0, 0, 0, 0x05, 0, 0xfe, 0xff, 0, 0, 0, 0, 0x95 },
		  24 },
		{ "call; goto -2",
		  { 0x85, 0x10, 0, 0,	 2, 0, 0, 0, 0x05, 0, 0xfe, 0xff, 0,
		    0,	  0,	0, 0x95, 0, 0, 0, 0, 0,	   0, 0,    0x95 },
		  32 },
	};

	for (u32 i = 0; i < ARRAY_COUNT(programs); i++) {
		struct vector v = { .name = programs[i].name, .fails = true };
		struct arena arena;

		arena_init(&arena, 0);
		v.memory = vector_bytes("", &arena, &v.memory_len);
		open_vector(&v, programs[i].program, programs[i].len, &arena);
		v.budget = 1000 + i;
		each_variant(&v, &arena);
		arena_fini(&arena);
	}
}

int main(void)
{
	static char line[LINE_LIMIT];

	if (!jit_has_target(jit_host_target())) {
		printf("1..0 # SKIP there is no compiler for this processor\n");
		return 77;
	}
	while (fgets(line, sizeof(line), stdin) != NULL) {
		struct arena arena;
		struct vector v;

		arena_init(&arena, 0);
		if (read_vector(line, &arena, &v)) {
			each_variant(&v, &arena);
		} else {
			printf("not ok %u - a line\n", ++count);
			bad++;
		}
		arena_fini(&arena);
	}
	if (count != 0)
		endless();
	printf("1..%u\n", count);
	return bad != 0 || count == 0;
}
