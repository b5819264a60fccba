/* SPDX-License-Identifier: MIT */
/* Map operations, helpers and tail calls from programs that are proven safe and JIT-compiled, and,
 * where this machine's kernel runs them, from its JIT-compiled programs. Nanoseconds an operation,
 * less those of a loop that does nothing; medians of interleaved rounds. Called by run-maps. */
#include "map_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "load/set.h"
#include "map/ringbuf.h"
#include "os/os.h"

#define LOOPS	   1000 /* of a program, as in map_programs.c */
#define RUNS	   1000
#define MAX_ROUNDS 101
#define MAX_ROWS   32
#define TAIL_RUNS  20000

enum side { JIT, KERNEL, SIDES };

static struct load_set set;
static double times[SIDES][MAX_ROWS][MAX_ROUNDS];

static void die(const char *what)
{
	fprintf(stderr, "map_bench_jit: %s\n", what);
	exit(1);
}

static void load(const char *path)
{
	struct object_options options = { .size = sizeof(options), .dialect = DIALECT_LINUX };
	struct runtime_options runtime_options = { .size = sizeof(runtime_options),
						   .dialect = DIALECT_LINUX };
	struct verify_options verify;
	struct load_set_options set_options = { .size = sizeof(set_options),
						.mode = "jit",
						.verify = &verify };
	struct object *object;
	struct runtime *rt;
	struct error err = { 0 };
	u8 *bytes;
	size_t len;

	verify_options_default(&verify);
	options.file = path;
	if (os_file_read(path, 1 << 22, &bytes, &len, &err) != 0 ||
	    object_open(bytes, len, &options, &object, &err) != 0 ||
	    runtime_new(&runtime_options, &rt, &err) != 0 ||
	    load_set(object, rt, &set_options, &set, &err) != 0)
		die(err.text);
}

static struct map *map_named(const char *name)
{
	for (u32 i = 0; i < set.object->map_count; i++)
		if (strcmp(set.object->maps[i].name, name) == 0 && set.maps[i] != NULL)
			return set.maps[i];
	die("a map is missing");
	return NULL;
}

static void put(struct map *map, const void *key, const void *value)
{
	if (map->ops->update(map, key, value, MAP_ANY) != 0)
		die("a map has no room");
}

static void fill(void)
{
	static const char *const small[] = { "array", "small", "percpu", "lru" };
	static const char *const tries[] = { "lpm_1k", "lpm_16k" };
	u64 values[8] = { 1 };

	for (u32 i = 0; i < ARRAY_COUNT(small); i++)
		for (u32 key = 0; key < 1024; key++)
			put(map_named(small[i]), &key, values);
	for (u64 n = 0; n < 65536; n++) {
		u64 key[2] = { n, 7 };

		put(map_named("large"), key, values);
	}
	for (u32 i = 0; i < ARRAY_COUNT(tries); i++) {
		u64 random = 4711;

		for (u32 n = 0; n < (i == 0 ? 1024u : 16384u); n++) {
			u64 key = bench_prefix(&random), value = n;

			put(map_named(tries[i]), &key, &value);
		}
	}
}

static int nothing(UNUSED void *arg, UNUSED const void *data, UNUSED u32 size)
{
	return 0;
}

/* Of all repetitions, on the clock. */
static double run(u32 prog, u32 repeat)
{
	u8 packet[64] = { 0 };
	struct runtime_run args = { .data = packet, .data_len = sizeof(packet), .repeat = repeat };
	struct error err = { 0 };

	if (runtime_run(set.progs[prog], &args, &err) != 0)
		die(err.text);
	return (double)args.duration_ns;
}

static u32 program(const char *name)
{
	u32 prog = object_find_prog(set.object, name);

	if (prog == PROG_NO_INDEX || set.progs[prog] == NULL)
		die(name);
	return prog;
}

static double row_time(const char *name)
{
	u32 prog = program(name);
	double ns = 0;

	if (strcmp(name, "ring_discard") != 0)
		return run(prog, RUNS) / RUNS / LOOPS;
	/* What was discarded has to be taken out, too, but is not counted. */
	for (u32 i = 0; i < RUNS; i++) {
		ns += run(prog, 1);
		if (ringbuf_consume(map_named("ring"), nothing, NULL, 0) < 0)
			die("the ring buffer is busy");
	}
	return ns / RUNS / LOOPS;
}

static double tail_time(void)
{
	double all = run(program("tail_call"), TAIL_RUNS), none;

	none = run(program("no_tail_call"), TAIL_RUNS);
	return (all - none) / TAIL_RUNS / PROG_MAX_TAIL_CALLS;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *list, u32 count)
{
	qsort(list, count, sizeof(*list), by_value);
	return list[count / 2];
}

static const char *const rows[] = {
	"empty",       "array_hit",	"percpu_array_hit", "array_add",  "hash_hit",
	"hash_miss",   "hash_update",	"hash_del_ins",	    "large_hit",  "large_update",
	"percpu_hit",  "percpu_update", "lru_hit",	    "lru_update", "lpm_1k_hit",
	"lpm_16k_hit", "ring_discard",	"queue_push_pop",   "cpu_id",	  "ktime",
	"prandom",
};
_Static_assert(ARRAY_COUNT(rows) <= MAX_ROWS, "times has room");

static void measure(u32 rounds, bool kernel, double *ret_tail)
{
	static double tails[MAX_ROUNDS];

	for (u32 round = 0; round < rounds; round++) {
		for (u32 i = 0; i < ARRAY_COUNT(rows); i++) {
			times[JIT][i][round] = row_time(rows[i]);
			times[KERNEL][i][round] = kernel ? kernel_run(rows[i], 1) : -1;
		}
		tails[round] = tail_time();
	}
	*ret_tail = median(tails, rounds);
}

static void print_ns(double ns)
{
	if (ns < -1e6)
		printf(" %9s", "-");
	else
		printf(" %9.2f", ns);
}

int main(int argc, char **argv)
{
	u32 rounds = argc > 3 ? (u32)atoi(argv[3]) : 5;
	double tail, loop[SIDES] = { 0 };
	bool kernel;

	if (argc < 3) {
		fprintf(stderr, "usage: map_bench_jit OBJECT KERNEL_OBJECT [ROUNDS]\n");
		return 64;
	}
	rounds = MAX(1u, MIN(rounds, (u32)MAX_ROUNDS));
	load(argv[1]);
	fill();
	kernel = kernel_open(argv[2]);
	measure(rounds, kernel, &tail);
	printf("%-18s %9s %9s\n", "from the JIT's code", "ns", "kernel's");
	for (u32 i = 0; i < ARRAY_COUNT(rows); i++) {
		printf("%-18s ", rows[i]);
		for (enum side side = 0; side < SIDES; side++) {
			double ns = median(times[side][i], rounds);

			print_ns(ns < 0 ? -1e9 : ns - loop[side]);
			if (i == 0)
				loop[side] = ns;
		}
		printf("%s\n", i == 0 ? "   is taken off the others" : "");
	}
	printf("%-18s ", "tail_call");
	print_ns(tail);
	printf("\n");
	kernel_close();
	load_set_fini(&set);
	return 0;
}
