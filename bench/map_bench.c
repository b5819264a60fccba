/* SPDX-License-Identifier: MIT */
/* Map operations as a helper calls them, in one thread and in two, against a plain table without
 * any of what makes a map, and against the running kernel's maps. Nanoseconds of an operation's own
 * thread, the random keys' cost taken off.
 *
 * Two threads do the same to the same map at the same time, with keys from the same range. What
 * they do "together" is their operations per second, over those of one thread: 1.00 when each of
 * two takes twice as long, the keys' cost included, as who waits for the other makes no keys
 * meanwhile. One thread and two are measured in turn, as a machine's speed changes,
 * and the medians of such pairs count. A pair counts only if all threads ran all the time: on a
 * busy machine one that waits for a processor leaves the map to the other. A ring buffer's rows
 * include the consumer: a producer that finds no room takes all records out.
 *
 * The bare rows are no maps: an atomic addition to any of 1,024 words, two to a cache line as a
 * small hash's elements are, and to always the same one, as a queue's end is. What they lose in two
 * threads is what the processors take for handing lines to one another. */
#include "map_bench.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "map/map.h"
#include "map/ringbuf.h"
#include "os/os.h"
#include "spec/spec.h"

/* Operations between looks at whether another thread is done, and in all: the fewer, the less often
 * somebody interrupts them. */
#define CHUNK	    1000
#define OPERATIONS  200000
#define PAIRS	    5 /* of a round */
#define MAX_ROUNDS  100
#define TRIES	    10
#define LEAST_SHARE 0.95

static struct map *small, *large, *percpu, *lru, *array, *ring, *queue, *lpm[4];
static struct epoch epoch;
static u64 plain_keys[2048], plain_values[2048];
static u64 bare_words[4096];

static struct map *make(enum map_kind kind, u32 key, u32 value, u32 entries, u32 flags)
{
	struct prog_map def = { .name = "bench",
				.type = spec_map_type_by_kind(kind),
				.key_size = key,
				.value_size = value,
				.max_entries = entries,
				.flags = flags,
				.inner = PROG_NO_INDEX };
	struct map_options options = { .size = sizeof(options),
				       .def = &def,
				       .dialect = DIALECT_LINUX,
				       .cpus = BENCH_THREADS };
	struct map *map = NULL;
	struct error err = { 0 };

	if (map_create(&options, &map, &err) != 0) {
		fprintf(stderr, "map_bench: %s\n", err.text);
		exit(1);
	}
	return map;
}

static void put(struct map *map, const void *key, const void *value)
{
	if (map->ops->update(map, key, value, MAP_ANY) != 0) {
		fprintf(stderr, "map_bench: a map has no room\n");
		exit(1);
	}
}

static u32 plain_at(u64 key)
{
	return (u32)(key * 0x9e3779b97f4a7c15ull >> 53);
}

static void fill(void)
{
	static const u32 counts[] = { 1024, 16384, 262144, 1048576 };
	u64 values[8] = { 1 };

	small = make(MAP_KIND_HASH, 4, 8, 2048, 0);
	large = make(MAP_KIND_HASH, 16, 64, 131072, 0);
	percpu = make(MAP_KIND_PERCPU_HASH, 4, 8, 2048, 0);
	lru = make(MAP_KIND_LRU_HASH, 4, 8, 2048, 0);
	array = make(MAP_KIND_ARRAY, 4, 8, 1024, 0);
	ring = make(MAP_KIND_RINGBUF, 0, 0, 65536, 0);
	queue = make(MAP_KIND_QUEUE, 0, 8, 64, 0);
	for (u32 key = 0; key < 1024; key++) {
		u32 at = plain_at(key);

		put(small, &key, values);
		put(percpu, &key, values);
		put(lru, &key, values);
		while (plain_keys[at] != 0)
			at = (at + 1) % 2048;
		plain_keys[at] = key + 1;
	}
	for (u64 n = 0; n < 65536; n++) {
		u64 key[2] = { n, 7 };

		put(large, key, values);
	}
	for (u32 i = 0; i < 4; i++) {
		u64 random = 4711;

		lpm[i] = make(MAP_KIND_LPM_TRIE, 8, 8, counts[i], MAP_F_NO_PREALLOC);
		for (u32 n = 0; n < counts[i]; n++) {
			u64 key = bench_prefix(&random), value = n;

			put(lpm[i], &key, &value);
		}
	}
	epoch_init(&epoch, BENCH_THREADS);
}

static u64 get(struct map *map, const void *key)
{
	const u64 *value = map->ops->lookup(map, key);

	return value == NULL ? 0 : *value;
}

static u64 get_prefix(struct map *map, u32 x)
{
	u32 key[2] = { 32, x };

	return get(map, key);
}

static u64 bare_add(u32 at)
{
	return __atomic_fetch_add(&bare_words[(size_t)at * 4], 1, __ATOMIC_RELAXED);
}

/* x: a random number; cpu: the thread. What is left of the result goes into sum. */
#define ROWS(ROW)                                                                         \
	ROW(empty, sum += x)                                                              \
	ROW(array_hit, u32 key = x & 1023; sum += get(array, &key))                       \
	ROW(hash_hit, u32 key = x & 1023; sum += get(small, &key))                        \
	ROW(hash_miss, u32 key = x | 0x80000000u; sum += get(small, &key))                \
	ROW(hash_update, u32 key = x & 1023; u64 v = x;                                   \
	    sum += (u64)small->ops->update(small, &key, &v, 0))                           \
	ROW(hash_del_ins, u32 key = x & 1023; u64 v = x;                                  \
	    sum += (u64)small->ops->remove(small, &key);                                  \
	    sum += (u64)small->ops->update(small, &key, &v, 0))                           \
	ROW(large_hit, u64 key[2] = { x & 65535 COMMA 7 }; sum += get(large, key))        \
	ROW(large_update, u64 key[2] = { x & 65535 COMMA 7 }; u64 v[8] = { x };           \
	    sum += (u64)large->ops->update(large, key, v, 0))                             \
	ROW(percpu_hit, u32 key = x & 1023;                                               \
	    const u64 *v = percpu->ops->lookup_cpu(percpu, &key, cpu); sum += v ? *v : 0) \
	ROW(percpu_update, u32 key = x & 1023; u64 v = x;                                 \
	    sum += (u64)percpu->ops->update_cpu(percpu, &key, &v, 0, cpu))                \
	ROW(lru_hit, u32 key = x & 1023; sum += get(lru, &key))                           \
	ROW(lru_update, u32 key = x & 1023; u64 v = x;                                    \
	    sum += (u64)lru->ops->update(lru, &key, &v, 0))                               \
	ROW(lru_rolling, u32 key = x & 16383; u64 v = x;                                  \
	    sum += (u64)lru->ops->update(lru, &key, &v, 0))                               \
	ROW(lpm_1k_hit, sum += get_prefix(lpm[0], x))                                     \
	ROW(lpm_16k_hit, sum += get_prefix(lpm[1], x))                                    \
	ROW(lpm_256k_hit, sum += get_prefix(lpm[2], x))                                   \
	ROW(lpm_1m_hit, sum += get_prefix(lpm[3], x))                                     \
	ROW(ring_discard, void *r = ringbuf_reserve(ring, 64); sum += x;                  \
	    if (r != NULL) ringbuf_discard(ring, r, 0); else drain(NULL))                 \
	ROW(queue_push_pop, u64 v = x; sum += (u64)queue->ops->push(queue, &v, 0);        \
	    sum += (u64)queue->ops->pop(queue, &v))                                       \
	ROW(epoch_enter_leave, u32 slot = epoch_enter(&epoch, cpu); sum += slot ^ x;      \
	    epoch_leave(&epoch, slot))                                                    \
	ROW(plain_hit, u64 key = (x & 1023) + 1; u32 at = plain_at(key - 1);              \
	    while (plain_keys[at] != key) at = (at + 1) % 2048; sum += plain_values[at])  \
	ROW(bare_any, sum += bare_add(x & 1023))                                          \
	ROW(bare_one, sum += bare_add(0) ^ x)
#define COMMA ,

static int nothing(void *arg, const void *data, u32 size)
{
	(void)arg;
	(void)data;
	(void)size;
	return 0;
}

static void drain(void *arg)
{
	/* Busy: the other thread does it. */
	if (ringbuf_consume(ring, nothing, arg, 0) < 0)
		os_cpu_current();
}

static volatile u64 sink;

#define ROW(name, ...)                                      \
	static void row_##name(UNUSED u32 cpu, u64 *state)  \
	{                                                   \
		u64 sum = 0, random = *state;               \
                                                            \
		for (u32 i = 0; i < CHUNK; i++) {           \
			UNUSED u32 x = bench_next(&random); \
                                                            \
			__VA_ARGS__;                        \
		}                                           \
		*state = random;                            \
		sink = sum;                                 \
	}
ROWS(ROW)
#undef ROW

static const struct row {
	const char *name;
	void (*run)(u32 cpu, u64 *random);
} rows[] = {
#define ROW(name, ...) { #name, row_##name },
	ROWS(ROW)
#undef ROW
};

/* What the threads of a round share, on a line that nobody writes while they run. */
struct round {
	const struct row *row;
	u32 threads, ready;
	bool stop;
};

struct thread {
	struct round *round;
	u32 cpu;
	double rate;  /* operations a nanosecond of its own time */
	double share; /* of the clock's time that it ran */
};

static void *run_thread(void *arg)
{
	struct thread *thread = arg;
	struct round *round = thread->round;
	u64 random = 0x9e3779b97f4a7c15ull + thread->cpu * 77, done = 0, begin, own;

	__atomic_fetch_add(&round->ready, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&round->ready, __ATOMIC_RELAXED) < round->threads)
		;
	begin = os_clock_monotonic();
	own = bench_clock();
	while (done < OPERATIONS && !__atomic_load_n(&round->stop, __ATOMIC_RELAXED)) {
		round->row->run(thread->cpu, &random);
		done += CHUNK;
	}
	own = bench_clock() - own;
	begin = os_clock_monotonic() - begin;
	__atomic_store_n(&round->stop, true, __ATOMIC_RELAXED);
	thread->rate = (double)done / (double)own;
	thread->share = (double)own / (double)begin;
	return NULL;
}

/* Of one thread's operation, such that twice as much in two threads is as fast together as one. */
static double ours(const struct row *row, u32 threads, double *ret_share)
{
	struct round round = { .row = row, .threads = threads };
	struct thread list[BENCH_THREADS];
	pthread_t ids[BENCH_THREADS];
	double rate = 0, share = 1;

	for (u32 i = 0; i < threads; i++) {
		list[i] = (struct thread){ .round = &round, .cpu = i };
		if (pthread_create(&ids[i], NULL, run_thread, &list[i]) != 0)
			exit(1);
	}
	for (u32 i = 0; i < threads; i++) {
		pthread_join(ids[i], NULL);
		rate += list[i].rate;
		share = MIN(share, list[i].share);
	}
	*ret_share = share;
	return threads / rate;
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

/* What one side takes in one thread and in two, and what two do together over what one does; the
 * medians of pairs. Below 0: there was none. */
struct times {
	double ns[BENCH_THREADS], together;
};

struct pairs {
	double ns[BENCH_THREADS][MAX_ROUNDS * PAIRS], together[MAX_ROUNDS * PAIRS];
	u32 count;
};

/* loop: what is taken off both, measured at the same time. */
static void add_pair(struct pairs *pairs, double one, double two, const double *loop)
{
	pairs->ns[0][pairs->count] = MAX(one - loop[0], 0.0);
	pairs->ns[1][pairs->count] = MAX(two - loop[1], 0.0);
	pairs->together[pairs->count++] = 2 * one / two;
}

static struct times times_of(struct pairs *pairs)
{
	struct times times = { { -1, -1 }, -1 };

	if (pairs->count > 0)
		times = (struct times){ { median(pairs->ns[0], pairs->count),
					  median(pairs->ns[1], pairs->count) },
					median(pairs->together, pairs->count) };
	return times;
}

/* Pairs in which a thread waited for a processor say what fewer threads do. */
static void measure_ours(const struct row *row, struct pairs *pairs)
{
	for (u32 i = 0, good = 0; i < TRIES * PAIRS && good < PAIRS; i++) {
		double share[4], loop[2] = { ours(rows, 1, &share[0]), ours(rows, 2, &share[1]) },
				 one = ours(row, 1, &share[2]), two = ours(row, 2, &share[3]);

		if (MIN(MIN(share[0], share[1]), MIN(share[2], share[3])) < LEAST_SHARE)
			continue;
		add_pair(pairs, one, two, loop);
		good++;
	}
}

static void measure_kernel(const struct row *row, struct pairs *pairs)
{
	double loop[2] = { kernel_run(rows->name, 1), kernel_run(rows->name, 2) },
	       one = kernel_run(row->name, 1), two = kernel_run(row->name, 2);

	if (loop[0] >= 0 && loop[1] >= 0 && one >= 0 && two >= 0)
		add_pair(pairs, one, two, loop);
}

static void print_number(double number, int digits)
{
	if (number < 0)
		printf(" %9s", "-");
	else
		printf(" %9.*f", digits, number);
}

static void print_times(const struct times *times)
{
	print_number(times->ns[0], 1);
	print_number(times->ns[1], 1);
	print_number(times->together, 2);
}

static void print_row(const char *name, const struct times *own, const struct times *kernel)
{
	printf("%-18s", name);
	print_times(own);
	print_times(kernel);
	print_number(kernel->ns[0] < 0 || own->ns[0] <= 0 ? -1 : kernel->ns[0] / own->ns[0], 2);
	printf("\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static struct pairs own, other;
	u32 rounds = argc > 2 ? (u32)atoi(argv[2]) : 3;
	bool kernel;

	if (argc < 2) {
		fprintf(stderr, "usage: map_bench KERNEL_OBJECT [ROUNDS [ROW]]\n");
		return 64;
	}
	rounds = MAX(1u, MIN(rounds, (u32)MAX_ROUNDS));
	fill();
	kernel = kernel_open(argv[1]);
	printf("%-18s %9s %9s %9s %9s %9s %9s %9s\n", "ns an operation", "1 thread", "2 threads",
	       "together", "kernel 1", "kernel 2", "together", "kernel/1");
	/* The first one is the loop. */
	for (size_t i = 1; i < ARRAY_COUNT(rows); i++) {
		struct times times, kernel_times;

		if (argc > 3 && strstr(rows[i].name, argv[3]) == NULL)
			continue;
		own.count = other.count = 0;
		for (u32 round = 0; round < rounds; round++) {
			measure_ours(&rows[i], &own);
			if (kernel)
				measure_kernel(&rows[i], &other);
		}
		times = times_of(&own);
		kernel_times = times_of(&other);
		print_row(rows[i].name, &times, &kernel_times);
	}
	kernel_close();
	return 0;
}
