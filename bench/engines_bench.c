/* SPDX-License-Identifier: MIT */
/* Runs the benchmark programs as the compiler's own native code, in the interpreter (checked and,
 * as verified programs run, unchecked), as native modules made by translation, by the JIT compiler
 * and in the running kernel; compares what they compute, and prints ratios of times, medians of
 * interleaved rounds. Called by run-engines.
 *
 *   engines_bench DIR INCLUDE [ROUNDS [CC]]      bytecode is DIR/NAME.o; INCLUDE has bpf2c.h */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BENCH_HOST
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "bench.h"
#undef NOINLINE
#pragma GCC diagnostic pop

#include "base/mem.h"
#include "engines_kernel.h"
#include "interp/interp.h"
#include "isa/decode.h"
#include "jit/jit.h"
#include "load/native.h"
#include "object/object.h"
#include "os/os.h"
#include "verify/verify.h"

#define PROGRAM(name, fn) u64 fn(u8 *mem, u64 len);
#include "programs.inc"
PROGRAM("21_lookup", bench_21_lookup)
#undef PROGRAM

#define MAX_ROUNDS 101
#define RAW_SIZE   8192
_Static_assert(MEM_LEN == RAW_SIZE, "what programs are verified for");

enum engine_id { NATIVE, CHECKED, UNCHECKED, MODULE, JIT, JIT_CHECK, JIT_BLIND, KERNEL, ENGINES };
static const char *const engine_names[ENGINES] = { "C",	  "interpret",	 "unchecked",	"module",
						   "jit", "jit-checked", "jit-blinded", "kernel" };
static bool has_kernel;

struct program {
	const char *name;
	u64 (*native)(u8 *mem, u64 len);
	struct prog_code *code[ENGINES];
	double build_ms;
	u32 insns;
	u32 jit_bytes;
	double jit_us, prepare_us; /* to compile it; that and to make the code executable */
	bool in_kernel;		   /* which accepts it */
	struct kernel_program kernel;
};

static struct program programs[] = {
#define PROGRAM(file, fn) { .name = file, .native = fn },
#include "programs.inc"
	PROGRAM("21_lookup", bench_21_lookup)
#undef PROGRAM
};

static u64 native_helper(UNUSED u64 arg)
{
	return 0;
}

u64 (*helper42)(u64) = native_helper;

static u64 helper(UNUSED u64 r1, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
		  UNUSED void *ctx)
{
	return 0;
}

/* The values of the only map, which the C sees as a variable. */
#define VALUES 256
extern u64 bench_values[];
u64 bench_values[VALUES];

static u64 lookup(UNUSED u64 map, u64 key, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
		  UNUSED void *ctx)
{
	u32 index;

	memcpy(&index, (const void *)(uintptr_t)key, sizeof(index));
	return index < VALUES ? (u64)(uintptr_t)&bench_values[index] : 0;
}

static struct helper_binding bind_helper(UNUSED const void *arg, u32 id)
{
	return (struct helper_binding){ .fn = id == 42	? helper
					      : id == 1 ? lookup
							: NULL,
					.is = id == 1 ? HELPER_LOOKUP : HELPER_CALLED };
}

static _Alignas(64) u8 memory[64 + MEM_LEN], native_memory[64 + MEM_LEN];
static _Alignas(16) u8 stack[PROG_MAX_FRAMES * PROG_FRAME_SIZE];
static struct exec exec = {
	.stack = stack,
	.arg2 = MEM_LEN,
};

static void die(const char *name, const char *what)
{
	fprintf(stderr, "engines_bench: %s: %s\n", name, what);
	exit(1);
}

static double now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The least of several times. */
static void time_jit(struct program *p, const struct prog *prog, const struct prog_binding *binding)
{
	unsigned times = prog->insn_count > 1000 ? 400 : 50;
	const struct jit_options options = { .size = sizeof(options), .target = jit_host_target() };
	static u8 out[1 << 16];

	p->jit_us = p->prepare_us = 1e9;
	p->insns = prog->insn_count;
	for (u32 i = 0; i < times; i++) {
		double start = now_ns(CLOCK_MONOTONIC), us;
		struct prog_code *code = NULL;
		struct arena arena;
		struct jit *jit;
		size_t len;

		arena_init(&arena, 0);
		if (jit_compile(prog, binding, &options, &arena, &jit, NULL) != 0 ||
		    jit_write(jit, out, sizeof(out), (u64)(uintptr_t)out, &len, NULL) != 0)
			die(p->name, "the JIT does not compile it");
		arena_fini(&arena);
		us = (now_ns(CLOCK_MONOTONIC) - start) / 1e3;
		p->jit_us = MIN(p->jit_us, us);
		p->jit_bytes = (u32)len;
		start = now_ns(CLOCK_MONOTONIC);
		if (jit_prepare(prog, binding, &options, &code, NULL) != 0)
			die(p->name, "the JIT does not compile it");
		us = (now_ns(CLOCK_MONOTONIC) - start) / 1e3;
		p->prepare_us = MIN(p->prepare_us, us);
		code->free(code);
	}
}

static void prepare_jit(struct program *p, const struct prog *prog,
			const struct prog_binding *binding)
{
	struct error err = { 0 };

	for (enum engine_id e = JIT; e <= JIT_BLIND; e++) {
		const struct jit_options options = { .size = sizeof(options),
						     .target = jit_host_target(),
						     .mode = e == JIT_CHECK ? JIT_CHECKED
									    : JIT_VERIFIED,
						     .blind = e == JIT_BLIND,
						     .blind_seed = 12345 };

		if (jit_prepare(prog, binding, &options, &p->code[e], &err) != 0)
			die(p->name, err.text);
	}
	time_jit(p, prog, binding);
}

static bool load_kernel(struct program *p, const struct prog *prog)
{
	u8 *slots = mem_zalloc_array(prog->insn_count, INSN_SLOT_SIZE);
	bool fits = slots != NULL;

	for (u32 i = 0; fits && i < prog->insn_count; i += insn_slots(&prog->insns[i]))
		fits = insn_encode(&prog->insns[i], slots + (size_t)i * INSN_SLOT_SIZE, NULL) >= 0;
	fits = fits &&
	       kernel_load(slots, prog->insn_count, MEM_LEN, bench_values, VALUES, &p->kernel);
	mem_free(slots);
	return fits;
}

/* --- a large program: all of those without maps, several times, as functions that nobody calls
 * ----
 */

#define COPIES	  4
#define LARGE_MAX 8192

static struct insn large_insns[LARGE_MAX];
static struct prog_fact large_rows[LARGE_MAX];
static struct prog_subprog large_subprogs[LARGE_MAX];
static struct prog large = { .name = "large",
			     .section = "",
			     .dialect = DIALECT_LINUX,
			     .insns = large_insns,
			     .subprogs = large_subprogs };

static void append(const struct prog *prog, const struct prog_facts *facts)
{
	if (prog->map_count != 0 || large.insn_count + prog->insn_count > LARGE_MAX)
		return;
	for (u32 i = 0; i < prog->subprog_count; i++) {
		struct prog_subprog *sub = &large_subprogs[large.subprog_count++];

		*sub = prog->subprogs[i];
		sub->start += large.insn_count;
	}
	for (u32 i = 0; i < prog->insn_count; i++) {
		large_insns[large.insn_count] = prog->insns[i];
		large_rows[large.insn_count++] = facts->rows[i];
	}
}

static void time_large(void)
{
	struct prog_facts facts = { .rows = large_rows };
	const struct prog_binding binding = { .helper = bind_helper, .facts = &facts };
	struct program p = { .name = large.name };
	u32 insns = large.insn_count, subprogs = large.subprog_count;

	for (u32 copy = 1; copy < COPIES; copy++) {
		const struct prog once = { .insns = large_insns,
					   .insn_count = insns,
					   .subprogs = large_subprogs,
					   .subprog_count = subprogs };

		facts.count = insns;
		append(&once, &facts);
	}
	facts.count = large.insn_count;
	time_jit(&p, &large, &binding);
	printf("a large program: %u instructions, %u bytes, compiled in %.1f us (%.1f us per "
	       "1,000), ready in %.1f us\n",
	       p.insns, p.jit_bytes, p.jit_us, 1e3 * p.jit_us / p.insns, p.prepare_us);
}

/* Object, proof, and the program in each engine. */
static void load(struct program *p, const char *dir, struct native_compiler *compiler)
{
	struct object_options options = { .size = sizeof(options), .dialect = DIALECT_LINUX };
	struct verify_options verify;
	struct verify_result result;
	struct prog_facts facts;
	const u64 values = (u64)(uintptr_t)bench_values;
	const struct prog_array array = { .values = values, .stride = 8, .entries = VALUES };
	struct prog_binding binding = {
		.helper = bind_helper, .maps = &values, .map_values = &values, .arrays = &array
	};
	struct object *object;
	const struct prog *prog;
	struct error err = { 0 };
	char path[4096];
	u8 *bytes;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s.o", dir, p->name);
	options.file = path;
	if (os_file_read(path, 1 << 20, &bytes, &len, &err) != 0 ||
	    object_open(bytes, len, &options, &object, &err) != 0 ||
	    object_link(object, 0, spec_prog_type_by_name(DIALECT_LINUX, "raw"), &prog, &err) != 0)
		die(path, err.text);
	facts_init(&facts, arena_array(&object->arena, prog->insn_count, sizeof(*facts.rows)),
		   prog->insn_count);
	verify_options_default(&verify);
	verify.policy.raw_size = RAW_SIZE;
	verify.facts = &facts;
	if (verify_prog(prog, &verify, &result, &err) != 0)
		die(path, err.text);
	if (!result.is_safe)
		die(path, "not proven safe");
	if (interp_prepare(prog, &binding, &p->code[CHECKED], &err) != 0)
		die(path, err.text);
	p->code[UNCHECKED] = p->code[CHECKED];
	binding.facts = &facts;
	append(prog, &facts);
	p->build_ms = now_ns(CLOCK_MONOTONIC);
	if (compiler->engine.prepare(&compiler->engine, prog, &binding, &p->code[MODULE], &err) !=
	    0)
		die(path, err.text);
	p->build_ms = (now_ns(CLOCK_MONOTONIC) - p->build_ms) / 1e6;
	prepare_jit(p, prog, &binding);
	p->in_kernel = has_kernel && load_kernel(p, prog);
	object_free(object);
	mem_free(bytes);
}

static u64 run(const struct program *p, enum engine_id engine)
{
	u64 result;

	if (engine == NATIVE)
		return p->native(native_memory + 64, MEM_LEN);
	exec.code = p->code[engine];
	exec.unchecked = engine == UNCHECKED;
	exec.budget = 1ULL << 40;
	result = exec.code->entry(&exec, memory + 64);
	if (exec.fault.status != 0)
		die(p->name, error_name(exec.fault.status));
	return result;
}

/* The kernel gives half of a result. */
static void compare_kernel(const struct program *p)
{
	u32 result;

	fill_mem(memory + 64);
	fill_mem(native_memory + 64);
	kernel_set_memory(&p->kernel, memory + 64);
	kernel_run(&p->kernel, 1, &result);
	if (result != (u32)run(p, NATIVE))
		die(p->name, engine_names[KERNEL]);
	kernel_get_memory(&p->kernel, memory + 64);
	if (memcmp(memory + 64, native_memory + 64, MEM_LEN) != 0)
		die(p->name, "memory differs from what the kernel leaves");
}

static void compare(const struct program *p)
{
	if (p->in_kernel)
		compare_kernel(p);
	for (enum engine_id e = CHECKED; e < KERNEL; e++) {
		fill_mem(memory + 64);
		fill_mem(native_memory + 64);
		if (run(p, e) != run(p, NATIVE))
			die(p->name, engine_names[e]);
		if (memcmp(memory + 64, native_memory + 64, MEM_LEN) != 0)
			die(p->name, "memory differs from what the C leaves");
	}
}

static double time_of(const struct program *p, enum engine_id engine, unsigned n)
{
	double start;
	u32 result;

	if (engine == KERNEL)
		return p->in_kernel ? kernel_run(&p->kernel, n, &result) : 0;
	start = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	for (unsigned i = 0; i < n; i++)
		run(p, engine);
	return (now_ns(CLOCK_PROCESS_CPUTIME_ID) - start) / n;
}

/* Calls that take about 3 ms. */
static unsigned calls_for(double ns)
{
	return ns < 3 ? 1000000 : ns > 3e6 ? 1 : (unsigned)(3e6 / ns);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const struct program *p, unsigned rounds, double ret_median[ENGINES])
{
	double times[ENGINES][MAX_ROUNDS];
	unsigned calls[ENGINES];

	for (enum engine_id e = 0; e < ENGINES; e++)
		calls[e] = calls_for(time_of(p, e, 20));
	for (unsigned i = 0; i < rounds; i++)
		for (enum engine_id e = 0; e < ENGINES; e++)
			times[e][i] = time_of(p, e, calls[e]);
	for (enum engine_id e = 0; e < ENGINES; e++) {
		qsort(times[e], rounds, sizeof(times[e][0]), by_value);
		ret_median[e] = times[e][rounds / 2];
	}
}

/* Atomics, helper calls and lookups are the host's cost, the first program is the cost of a call.
 */
static bool counts(const char *name)
{
	return strncmp(name, "01", 2) != 0 && strncmp(name, "14", 2) != 0 &&
	       strncmp(name, "15", 2) != 0 && strncmp(name, "21", 2) != 0;
}

/* Over programs that count. */
struct sum {
	double logs[ENGINES];
	double kernel, jit_there; /* over those that the kernel accepts: its ratio, ours */
	u32 count, kernel_count;
	u32 insns, bytes, kernel_insns, kernel_bytes;
};

static void add(struct sum *sum, const struct program *p, const double median[ENGINES])
{
	sum->insns += p->insns;
	sum->bytes += p->jit_bytes;
	if (p->in_kernel) {
		sum->kernel_insns += p->insns + KERNEL_BEFORE;
		sum->kernel_bytes += p->kernel.bytes;
	}
	if (!counts(p->name))
		return;
	sum->count++;
	for (enum engine_id e = CHECKED; e < KERNEL; e++)
		sum->logs[e] += log(median[e] / median[NATIVE]);
	if (!p->in_kernel)
		return;
	sum->kernel_count++;
	sum->kernel += log(MAX(median[KERNEL], 0.1) / median[NATIVE]);
	sum->jit_there += log(median[JIT] / median[NATIVE]);
}

static void print_row(const struct program *p, const double median[ENGINES])
{
	printf("%-16s %10.1f", p->name, median[NATIVE]);
	for (enum engine_id e = CHECKED; e < KERNEL; e++)
		printf(" %11.2f", median[e] / median[NATIVE]);
	if (p->in_kernel)
		printf(" %11.2f", median[KERNEL] / median[NATIVE]);
	else
		printf(" %11s", has_kernel ? "refused" : "-");
	printf(" %8.1f %6u %6u %6.1f %7.1f\n", p->build_ms, p->insns, p->jit_bytes, p->jit_us,
	       p->prepare_us);
	fflush(stdout);
}

static void print_sum(const struct sum *sum)
{
	printf("%-16s %10s", "geometric mean", "");
	for (enum engine_id e = CHECKED; e < KERNEL; e++)
		printf(" %11.2f", exp(sum->logs[e] / sum->count));
	if (sum->kernel_count != 0)
		printf(" %11.2f", exp(sum->kernel / sum->kernel_count));
	printf("   of 02-13, 16-20\ncode: %.2f bytes an instruction\n",
	       (double)sum->bytes / sum->insns);
	if (sum->kernel_count != 0)
		printf("the kernel: %.2f bytes an instruction; of what it accepts of 02-13, 16-20 "
		       "(%u), "
		       "its time is %.2f of C's, the JIT's %.2f\n",
		       (double)sum->kernel_bytes / sum->kernel_insns, sum->kernel_count,
		       exp(sum->kernel / sum->kernel_count),
		       exp(sum->jit_there / sum->kernel_count));
}

static void prepare_run(void)
{
	((struct ctx_header *)(void *)memory)->exec = &exec;
	((struct ctx_header *)(void *)memory)->arg2 = MEM_LEN;
	exec.regions[0] = (struct exec_region){ (u64)(uintptr_t)(memory + 64), MEM_LEN, true };
	exec.regions[1] =
		(struct exec_region){ (u64)(uintptr_t)bench_values, sizeof(bench_values), true };
	exec.region_count = 2;
	exec.ctx = memory + 64;
	for (u64 i = 0; i < VALUES; i++)
		bench_values[i] = i * i;
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 3 ? (unsigned)atoi(argv[3]) : 11;
	const char *why = kernel_open();
	struct native_compiler compiler;
	struct sum sum = { 0 };

	if (argc < 3)
		return 64;
	has_kernel = why == NULL;
	if (!has_kernel)
		printf("the kernel's JIT: not measured, %s\n", why);
	rounds = rounds < 1 ? 1 : MIN(rounds, MAX_ROUNDS);
	native_compiler_init(&compiler, argv[2], argc > 4 ? argv[4] : NULL);
	prepare_run();
	printf("%-16s %10s", "program", "C ns");
	for (enum engine_id e = CHECKED; e < ENGINES; e++)
		printf(" %11s", engine_names[e]);
	printf(" %8s %6s %6s %6s %7s\n", "build ms", "insns", "bytes", "jit us", "ready us");
	for (size_t i = 0; i < ARRAY_COUNT(programs); i++) {
		struct program *p = &programs[i];
		double median[ENGINES];

		load(p, argv[1], &compiler);
		compare(p);
		measure(p, rounds, median);
		print_row(p, median);
		add(&sum, p, median);
		if (p->in_kernel)
			kernel_unload(&p->kernel);
	}
	print_sum(&sum);
	time_large();
	kernel_close();
	return 0;
}
