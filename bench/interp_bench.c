/* SPDX-License-Identifier: MIT */
/* Runs the benchmark programs natively and in the interpreter, compares what they compute, and
 * prints the ratio of their times. Called by run-interp.
 *
 *   interp_bench DIR [ROUNDS]      bytecode is DIR/NAME.o
 *   interp_bench DIR --steps NAME      instructions that NAME executes
 *   interp_bench DIR --repeat N NAME   runs it N times in the interpreter, for counting from
 * outside
 */
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

#include "base/arena.h"
#include "base/mem.h"
#include "elf/elf.h"
#include "interp/code.h"
#include "interp_ref.h"
#include "isa/decode.h"
#include "os/os.h"

#define PROGRAM(name, fn) u64 fn(u8 *mem, u64 len);
#include "programs.inc"
#undef PROGRAM

struct program {
	const char *name;
	u64 (*native)(u8 *mem, u64 len);
	struct insn *insns;
	struct prog_subprog subprogs[64];
	struct prog prog;
	struct prog_code *code;
	struct exec exec;
};

static struct program programs[] = {
#define PROGRAM(file, fn) { .name = file, .native = fn },
#include "programs.inc"
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

static struct helper_binding bind_helper(UNUSED const void *arg, u32 id)
{
	return (struct helper_binding){ .fn = id == 42 ? helper : NULL };
}

static const struct prog_binding binding = { .helper = bind_helper };
static _Alignas(64) u8 memory[64 + MEM_LEN], native_memory[64 + MEM_LEN];
static _Alignas(16) u8 stack[PROG_MAX_FRAMES * PROG_FRAME_SIZE];

static void die(const char *name, const char *what)
{
	fprintf(stderr, "interp_bench: %s: %s\n", name, what);
	exit(1);
}

/* The bytecode has no symbols: a subprogram starts at slot 0 and wherever a call goes. */
static void find_subprogs(struct program *p, u32 count)
{
	u32 found = 0;

	for (u32 slot = 0; slot < count && found < ARRAY_COUNT(p->subprogs); slot++) {
		bool start = slot == 0;

		for (u32 i = 0; i < count; i++)
			start |= p->insns[i].kind == INSN_CALL_LOCAL &&
				 i + 1 + (u32)p->insns[i].off == slot;
		if (!start)
			continue;
		if (found > 0)
			p->subprogs[found - 1].count = slot - p->subprogs[found - 1].start;
		p->subprogs[found++] = (struct prog_subprog){ .name = "", .start = slot };
	}
	p->subprogs[found - 1].count = count - p->subprogs[found - 1].start;
	p->prog.subprog_count = found;
}

/* .text is the whole program: entry first, calls already resolved. */
static void decode(struct program *p, const char *path)
{
	struct arena arena = { 0 };
	struct error err = { 0 };
	struct elf elf;
	const struct elf_section *text;
	u8 *bytes;
	size_t len;

	arena_init(&arena, 0);
	if (os_file_read(path, 1 << 20, &bytes, &len, &err) != 0 ||
	    elf_open(bytes, len, &arena, &elf, &err) != 0)
		die(path, err.text);
	text = &elf.sections[elf_section_by_name(&elf, ".text")];
	p->prog.insn_count = (u32)(text->size / INSN_SLOT_SIZE);
	p->insns = mem_zalloc_array(p->prog.insn_count, sizeof(*p->insns));
	if (p->insns == NULL ||
	    insn_decode_all(text->data, p->prog.insn_count, p->insns, &err) != 0)
		die(path, err.text);
	arena_fini(&arena);
	mem_free(bytes);
}

static void load(struct program *p, const char *dir)
{
	char path[4096];
	struct error err = { 0 };

	snprintf(path, sizeof(path), "%s/%s.o", dir, p->name);
	decode(p, path);
	p->prog.name = p->name;
	p->prog.section = "";
	p->prog.insns = p->insns;
	p->prog.subprogs = p->subprogs;
	find_subprogs(p, p->prog.insn_count);
	if (interp_prepare_with(&p->prog, &binding,
				getenv("INTERP_NO_FUSE") != NULL ? INTERP_NO_FUSE : 0, &p->code,
				&err) != 0)
		die(p->name, err.text);
	p->exec = (struct exec){ .code = p->code,
				 .stack = stack,
				 .arg2 = MEM_LEN,
				 .unchecked = getenv("INTERP_UNCHECKED") != NULL,
				 .regions = { { (u64)(uintptr_t)(memory + 64), MEM_LEN, true } },
				 .region_count = 1 };
}

static u64 interpret(struct program *p)
{
	u64 result;

	p->exec.budget = 1ULL << 40;
	result = p->code->entry(&p->exec, memory + 64);
	if (p->exec.fault.status != 0)
		die(p->name, error_name(p->exec.fault.status));
	return result;
}

static void verify(struct program *p)
{
	fill_mem(memory + 64);
	fill_mem(native_memory + 64);
	if (interpret(p) != p->native(native_memory + 64, MEM_LEN))
		die(p->name, "the interpreter's result is not the native one");
	if (memcmp(memory, native_memory, sizeof(memory)) != 0)
		die(p->name, "the interpreter's memory is not the native one");
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double time_native(const struct program *p, unsigned n)
{
	double start = now_ns();

	for (unsigned i = 0; i < n; i++)
		p->native(native_memory + 64, MEM_LEN);
	return (now_ns() - start) / n;
}

static double time_interp(struct program *p, unsigned n)
{
	double start = now_ns();

	for (unsigned i = 0; i < n; i++)
		interpret(p);
	return (now_ns() - start) / n;
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

static double median(double *values, unsigned count)
{
	qsort(values, count, sizeof(*values), by_value);
	return values[count / 2];
}

#define MAX_ROUNDS 101

static double measure(struct program *p, unsigned rounds)
{
	double native[MAX_ROUNDS], interp[MAX_ROUNDS];
	unsigned native_n = calls_for(time_native(p, 20)), interp_n = calls_for(time_interp(p, 20));

	for (unsigned i = 0; i < rounds; i++) {
		native[i] = time_native(p, native_n);
		interp[i] = time_interp(p, interp_n);
	}
	printf("%-16s %10.1f %12.1f %8.2f\n", p->name, median(native, rounds),
	       median(interp, rounds), interp[rounds / 2] / native[rounds / 2]);
	fflush(stdout);
	return interp[rounds / 2] / native[rounds / 2];
}

/* Atomics and helper calls are the host's cost, the first program is the cost of a call. */
static bool counts(const char *name)
{
	return strncmp(name, "01", 2) != 0 && strncmp(name, "14", 2) != 0 &&
	       strncmp(name, "15", 2) != 0;
}

static void table(const char *dir, unsigned rounds)
{
	double sum = 0;
	unsigned n = 0;

	printf("%-16s %10s %12s %8s\n", "program", "native ns", "interpret ns", "ratio");
	for (size_t i = 0; i < ARRAY_COUNT(programs); i++) {
		struct program *p = &programs[i];
		double ratio;

		load(p, dir);
		verify(p);
		ratio = measure(p, rounds);
		if (counts(p->name)) {
			sum += log(ratio);
			n++;
		}
	}
	printf("geometric mean of %u ratios (02-13, 16-20): %.2f\n", n, exp(sum / n));
}

static struct program *by_name(const char *name, const char *dir)
{
	for (size_t i = 0; i < ARRAY_COUNT(programs); i++)
		if (strcmp(programs[i].name, name) == 0) {
			load(&programs[i], dir);
			verify(&programs[i]);
			return &programs[i];
		}
	die(name, "no such program");
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[2], "--repeat") == 0) {
		struct program *p = by_name(argv[4], argv[1]);

		for (int i = atoi(argv[3]); i > 0; i--)
			interpret(p);
	} else if (argc == 4 && strcmp(argv[2], "--steps") == 0) {
		struct program *p = by_name(argv[3], argv[1]);

		printf("%llu\n", ref_run(&p->prog, &binding, &p->exec, memory + 64, ~0ULL).steps);
	} else if (argc == 2 || argc == 3) {
		unsigned rounds = argc == 3 ? (unsigned)atoi(argv[2]) : 11;

		table(argv[1], rounds < 1 ? 1 : MIN(rounds, MAX_ROUNDS));
	} else {
		fprintf(stderr,
			"usage: interp_bench DIR [ROUNDS | --steps NAME | --repeat N NAME]\n");
		return 64;
	}
	return 0;
}
