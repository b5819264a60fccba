/* SPDX-License-Identifier: MIT */
/* oriel-oracle: random programs that verify are run, and the runs compared with what was proven. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "corpus.h"
#include "oracle.h"
#include "os/os.h"
#include "program.h"
#include "table.h"

struct totals {
	u64 programs, malformed, errors, accepted, violations;
};

static struct oracle oracle;
static struct program program;
static struct totals totals;
static struct table table;

struct args {
	u64 seed, programs, runs, seconds;
	const char *corpus;
	bool show, table;
};

static bool judge(const struct prog *prog, struct choice *c, const struct args *args)
{
	struct finding finding = { 0 };
	enum oracle_verdict verdict = oracle_judge(&oracle, prog, c, &finding);

	totals.programs++;
	totals.errors += verdict == ORACLE_ERROR;
	totals.accepted += verdict == ORACLE_SAFE;
	if (verdict == ORACLE_REFUSED)
		table.findings[finding.id]++;
	if (args->show) {
		oracle_show(&oracle, prog);
		fprintf(stderr, "verdict %d %s at %u\n", (int)verdict,
			verdict == ORACLE_REFUSED ? finding_text((enum finding_id)finding.id)->id
						  : "",
			finding.slot);
	}
	if (verdict != ORACLE_VIOLATION)
		return true;
	totals.violations++;
	oracle_complain(&oracle);
	return false;
}

static bool one_of_corpus(void *arg, const char *file, const struct prog *prog)
{
	const struct args *args = arg;
	struct choice c = choice_of_seed(args->seed);

	if (!judge(prog, &c, args))
		fprintf(stderr, "%s %s\n", file, prog->name);
	return true;
}

/* False: a violation. */
static bool one(u64 seed, const struct args *args)
{
	struct choice c = choice_of_seed(seed);
	struct error err = { 0 };

	program_make(&c, PROGRAM_ANY, &program);
	if (prog_check(&program.prog, &err) != 0) {
		totals.programs++;
		totals.malformed++;
		return true;
	}
	if (judge(&program.prog, &c, args))
		return true;
	fprintf(stderr, "again: --seed %llu --programs 1\n", (unsigned long long)seed);
	return false;
}

static void report(void)
{
	const struct machine_stats *s = &oracle.stats;

	printf("programs %llu, accepted %llu, malformed %llu, errors %llu, violations %llu\n",
	       (unsigned long long)totals.programs, (unsigned long long)totals.accepted,
	       (unsigned long long)totals.malformed, (unsigned long long)totals.errors,
	       (unsigned long long)totals.violations);
	printf("runs %llu, instructions %llu, ended %llu, cut %llu, not modelled %llu\n",
	       (unsigned long long)s->runs, (unsigned long long)s->steps,
	       (unsigned long long)s->ended, (unsigned long long)s->limited,
	       (unsigned long long)s->unmodelled);
}

static bool parse(int argc, char **argv, struct args *args)
{
	for (int i = 1; i < argc; i++) {
		u64 *to = NULL;

		if (strcmp(argv[i], "--show") == 0) {
			args->show = true;
			continue;
		}
		if (strcmp(argv[i], "--corpus") == 0 && i + 1 < argc) {
			args->corpus = argv[++i];
			continue;
		}
		if (strcmp(argv[i], "--table") == 0) {
			args->table = true;
			continue;
		}
		if (strcmp(argv[i], "--seed") == 0)
			to = &args->seed;
		else if (strcmp(argv[i], "--programs") == 0)
			to = &args->programs;
		else if (strcmp(argv[i], "--runs") == 0)
			to = &args->runs;
		else if (strcmp(argv[i], "--seconds") == 0)
			to = &args->seconds;
		if (to == NULL || i + 1 == argc)
			return false;
		*to = strtoull(argv[++i], NULL, 0);
	}
	return true;
}

int main(int argc, char **argv)
{
	struct args args = { .seed = 1, .programs = 1000, .runs = 20 };
	u64 start = os_clock_monotonic(), violations = 0;

	if (!parse(argc, argv, &args)) {
		fprintf(stderr, "usage: oriel-oracle [--seed N] [--programs N] [--runs N] "
				"[--seconds N] [--corpus CSV] [--table] [--show]\n");
		return 64;
	}
	oracle_init(&oracle);
	oracle.runs = (u32)args.runs;
	oracle.verify_steps = 20000;
	table_attach(&table, &oracle.stats);
	if (args.corpus != NULL) {
		oracle.verify_steps = 0;
		args.programs = 0;
		if (!corpus_read(args.corpus, one_of_corpus, &args))
			return 2;
	}
	for (u64 i = 0; i < args.programs && violations < 20; i++) {
		violations += !one(args.seed + i, &args);
		if (args.seconds != 0 && os_clock_monotonic() - start > args.seconds * 1000000000)
			break;
	}
	report();
	if (args.table)
		table_print(&table, 1000);
	printf("%.2f s\n", (double)(os_clock_monotonic() - start) / 1e9);
	oracle_fini(&oracle);
	return totals.violations != 0;
}
