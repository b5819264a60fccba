/* SPDX-License-Identifier: MIT */
/* Nanoseconds an operation of the domain takes, on operands of the kinds that programs have. Called
 * by run-domain. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "domain/diff.h"
#include "domain/scalar.h"

#define ROUNDS 200000
#define KINDS  5

static struct scalar kinds[KINDS];
static const char *const kind_names[KINDS] = { "const", "0..1500", "-5..5", "low<100", "top" };
static volatile u64 sink;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void make_kinds(void)
{
	struct scalar any = scalar_top(), hundred = scalar_const(100);

	kinds[0] = scalar_const(14);
	kinds[1] = scalar_range_u(0, 1500);
	kinds[2] = scalar_range_s(-5, 5);
	if (!scalar_assume(JUMP_LT, 32, true, &any, &hundred))
		exit(1);
	kinds[3] = any;
	kinds[4] = scalar_top();
}

static void print_head(void)
{
	printf("%-10s", "ns");
	for (unsigned k = 0; k < KINDS; k++)
		printf(" %9s", kind_names[k]);
	printf("\n");
}

/* One row: the operation with each kind as destination and two sources. */
#define ROW(name, expression)                                                    \
	do {                                                                     \
		printf("%-10s", name);                                           \
		for (unsigned k = 0; k < KINDS; k++) {                           \
			double start = now();                                    \
			for (unsigned i = 0; i < ROUNDS; i++) {                  \
				struct scalar a = kinds[k], b = kinds[i & 1], r; \
				__asm__ volatile("" : "+m"(a), "+m"(b));         \
				r = expression;                                  \
				__asm__ volatile("" : : "m"(r));                 \
			}                                                        \
			printf(" %9.1f", (now() - start) / ROUNDS);              \
		}                                                                \
		printf("\n");                                                    \
	} while (0)

static struct scalar assume(enum jump_op op, unsigned width, struct scalar *a, struct scalar *b)
{
	sink += scalar_assume(op, width, true, a, b) ? 1 : 0;
	return *a;
}

static struct scalar included(const struct scalar *a, const struct scalar *b)
{
	sink += scalar_leq(a, b) ? 1 : 0;
	return *a;
}

static struct scalar met(const struct scalar *a, const struct scalar *b)
{
	struct scalar r = *a;

	sink += scalar_meet(a, b, &r) ? 1 : 0;
	return r;
}

static void bench_alu(void)
{
#define ALU(NAME, name, code, off, group, symbol, expr) \
	ROW(#name, scalar_alu(ALU_##NAME, 64, &a, &b)); \
	ROW(#name "32", scalar_alu(ALU_##NAME, 32, &a, &b));
#include "isa/alu.def"
#undef ALU
	ROW("neg", scalar_neg(&a, 64));
	ROW("movsx8", scalar_movsx(&a, 1, 64));
	ROW("extend4", scalar_extend(&a, 4, false));
	ROW("be16", scalar_swap(&a, SWAP_BE, 2));
}

static void bench_order(void)
{
	static const s64 thresholds[] = { 0, 1, 14, 64, 100, 1500, 4096, 65535 };

	ROW("leq", included(&a, &b));
	ROW("join", scalar_join(&a, &b));
	ROW("meet", met(&a, &b));
	ROW("widen", scalar_widen(&a, &b, thresholds, 8));
	ROW("jeq", assume(JUMP_EQ, 64, &a, &b));
	ROW("jne", assume(JUMP_NE, 64, &a, &b));
	ROW("jlt", assume(JUMP_LT, 64, &a, &b));
	ROW("jlt32", assume(JUMP_LT, 32, &a, &b));
	ROW("jsgt", assume(JUMP_SGT, 64, &a, &b));
	ROW("jset", assume(JUMP_SET, 64, &a, &b));
}

static void bench_diff(void)
{
	struct diff full, d;
	double start;

	diff_init(&full);
	for (u32 i = 1; i < DIFF_ROWS; i++)
		sink += diff_add(&full, i, i + 1, (s64)i) ? 1 : 0;
	start = now();
	for (unsigned i = 0; i < ROUNDS; i++) {
		d = full;
		sink += diff_add(&d, 1 + i % 7, 9 + i % 6, -(s64)(i % 5)) ? 1 : 0;
	}
	printf("%-10s %9.1f\n", "diff add", (now() - start) / ROUNDS);
	start = now();
	for (unsigned i = 0; i < ROUNDS; i++) {
		diff_copy(&d, &full);
		sink += d.sym[i % DIFF_ROWS];
	}
	printf("%-10s %9.1f\n", "diff copy", (now() - start) / ROUNDS);
}

int main(void)
{
	make_kinds();
	print_head();
	bench_alu();
	bench_order();
	bench_diff();
	return 0;
}
