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
	u64 forgeries, each;
	enum finding_id finding, which;
	bool show, table, findings;
};

/* For one program again. */
static void print_again(u64 seed, u32 finding, const struct args *args)
{
	fprintf(stderr, "again: --seed %llu --programs 1%s", (unsigned long long)seed,
		args->findings ? " --findings" : "");
	if (finding != FINDING_NONE)
		fprintf(stderr, " --finding %s", finding_text((enum finding_id)finding)->id);
	fprintf(stderr, "\n");
}

/* *ret_reason: why it was refused, or FINDING_NONE. */
static bool judge(const struct prog *prog, struct choice *c, const struct args *args,
		  u32 *ret_reason)
{
	struct finding finding = { 0 };
	enum oracle_verdict verdict = oracle_judge(&oracle, prog, c, &finding);

	totals.programs++;
	totals.errors += verdict == ORACLE_ERROR;
	totals.accepted += verdict == ORACLE_SAFE;
	*ret_reason = verdict == ORACLE_REFUSED ? finding.id : FINDING_NONE;
	table.findings[*ret_reason]++;
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
	u32 reason;

	if (!judge(prog, &c, args, &reason))
		fprintf(stderr, "%s %s\n", file, prog->name);
	return true;
}

/* False: a violation. */
static bool one(u64 seed, u32 finding, const struct args *args)
{
	struct choice c = choice_of_seed(seed);
	struct error err = { 0 };
	u32 reason;
	bool is_fine;

	program_make(&c, args->findings || finding != 0 ? PROGRAM_SMALL : PROGRAM_ANY, finding,
		     &program);
	oracle.finding = finding;
	oracle.verify_steps = program.max_steps != 0 ? program.max_steps : 20000;
	program_policy(program.rules, &oracle.policy);
	if (prog_check(&program.prog, &err) != 0) {
		totals.programs++;
		totals.malformed++;
		return true;
	}
	is_fine = judge(&program.prog, &c, args, &reason);
	if (!is_fine || (reason != FINDING_NONE && reason == args->which))
		print_again(seed, finding, args);
	return is_fine;
}

/* The finding that came up least: of a program, or of a false proof of any program. Each
 * attempt counts a little, so that one that does not come up keeps nobody waiting. */
static u32 rarest(void)
{
	static u64 tried[FINDING_COUNT];
	u32 best = FINDING_NONE;
	u64 least = UINT64_MAX;

	for (u32 i = 1; i < FINDING_COUNT; i++) {
		u64 count = table.findings[i] + oracle.forged[i] + tried[i] / 20;

		if (count < least) {
			least = count;
			best = i;
		}
	}
	tried[best]++;
	return best;
}

/* Whether each finding came up so many times. */
static bool has_each(u64 least)
{
	bool is_fine = true;

	for (u32 i = 1; i < FINDING_COUNT; i++) {
		if (table.findings[i] + oracle.forged[i] >= least)
			continue;
		printf("less than %llu: %s\n", (unsigned long long)least,
		       finding_text((enum finding_id)i)->id);
		is_fine = false;
	}
	return is_fine;
}

static void report(const struct args *args)
{
	const struct machine_stats *s = &oracle.stats;

	printf("programs %llu, accepted %llu, malformed %llu, errors %llu, violations %llu\n",
	       (unsigned long long)totals.programs, (unsigned long long)totals.accepted,
	       (unsigned long long)totals.malformed, (unsigned long long)totals.errors,
	       (unsigned long long)totals.violations);
	if (args->forgeries != 0)
		printf("forged proofs accepted %llu, no memory for %llu\n",
		       (unsigned long long)oracle.forged[FINDING_NONE],
		       (unsigned long long)oracle.forged[FINDING_NO_MEMORY]);
	printf("runs %llu, instructions %llu, ended %llu, cut %llu, not modelled %llu\n",
	       (unsigned long long)s->runs, (unsigned long long)s->steps,
	       (unsigned long long)s->ended, (unsigned long long)s->limited,
	       (unsigned long long)s->unmodelled);
}

static bool parse_name(const char *text, enum finding_id *ret)
{
	*ret = finding_by_name(text);
	return *ret != FINDING_NONE;
}

static bool parse(int argc, char **argv, struct args *args)
{
	const struct {
		const char *name;
		bool *flag;
		u64 *number;
		enum finding_id *finding;
		const char **text;
	} options[] = {
		{ "--show", &args->show, NULL, NULL, NULL },
		{ "--table", &args->table, NULL, NULL, NULL },
		{ "--findings", &args->findings, NULL, NULL, NULL },
		{ "--seed", NULL, &args->seed, NULL, NULL },
		{ "--programs", NULL, &args->programs, NULL, NULL },
		{ "--runs", NULL, &args->runs, NULL, NULL },
		{ "--seconds", NULL, &args->seconds, NULL, NULL },
		{ "--forged", NULL, &args->forgeries, NULL, NULL },
		{ "--each", NULL, &args->each, NULL, NULL },
		{ "--finding", NULL, NULL, &args->finding, NULL },
		{ "--which", NULL, NULL, &args->which, NULL },
		{ "--corpus", NULL, NULL, NULL, &args->corpus },
	};

	for (int i = 1; i < argc; i++) {
		size_t k = 0;

		while (k < ARRAY_COUNT(options) && strcmp(argv[i], options[k].name) != 0)
			k++;
		if (k == ARRAY_COUNT(options) || (options[k].flag == NULL && ++i == argc))
			return false;
		if (options[k].flag != NULL)
			*options[k].flag = true;
		else if (options[k].number != NULL)
			*options[k].number = strtoull(argv[i], NULL, 0);
		else if (options[k].text != NULL)
			*options[k].text = argv[i];
		else if (!parse_name(argv[i], options[k].finding))
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct args args = { .seed = 1, .programs = 1000, .runs = 20 };
	u64 start = os_clock_monotonic(), violations = 0;

	if (!parse(argc, argv, &args)) {
		fprintf(stderr, "usage: oriel-oracle [--seed N] [--programs N] [--runs N] "
				"[--seconds N] [--corpus CSV] [--forged N] [--findings] [--each N] "
				"[--finding ID] [--which ID] [--table] [--show]\n");
		return 64;
	}
	oracle_init(&oracle);
	oracle.runs = (u32)args.runs;
	oracle.forgeries = (u32)args.forgeries;
	oracle.verify_steps = 20000;
	table_attach(&table, &oracle.stats);
	if (args.corpus != NULL) {
		oracle.verify_steps = 0;
		args.programs = 0;
		if (!corpus_read(args.corpus, one_of_corpus, &args))
			return 2;
	}
	for (u64 i = 0; i < args.programs && violations < 20; i++) {
		u32 finding = args.finding;

		if (args.findings && finding == FINDING_NONE)
			finding = rarest();
		violations += !one(args.seed + i, finding, &args);
		if (args.seconds != 0 && os_clock_monotonic() - start > args.seconds * 1000000000)
			break;
	}
	report(&args);
	table.forged = oracle.forged;
	if (args.table)
		table_print(&table, 1000);
	printf("%.2f s\n", (double)(os_clock_monotonic() - start) / 1e9);
	oracle_fini(&oracle);
	return totals.violations != 0 || !has_each(args.each);
}
