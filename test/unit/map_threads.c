/* SPDX-License-Identifier: MIT */
/* Maps, slots and epochs under several threads at a time: nothing that is there is missed, nothing
 * is found that is not, nothing is lost, and nothing is freed that somebody holds. The thread
 * sanitizer sees the rest. */
#include <pthread.h>

#include "map_random.h"

#include "map/busy_lock.h"
#include "map/epoch.h"
#include "map/ringbuf.h"

#define L	DIALECT_LINUX
#define THREADS 4
#ifndef ROUNDS
#define ROUNDS 20000
#endif

struct job {
	struct map *map;
	struct epoch *epoch;
	u32 number; /* of the thread */
	u32 finished;
	u64 sum, count;
	const char *wrong; /* what a thread has seen; NULL: all is well */
	struct job *all;
	struct object *volatile *shared;
};

static void complain(struct job *job, const char *text)
{
	if (job->wrong == NULL)
		job->wrong = text;
}

/* Runs fns[i % count] as thread i; false when one of them complained. */
static bool run(struct job *jobs, void *(*const *fns)(void *), u32 count)
{
	pthread_t threads[THREADS];
	bool good = true;

	for (u32 i = 0; i < THREADS; i++) {
		jobs[i] = jobs[0];
		jobs[i].number = i;
		jobs[i].all = jobs;
		jobs[i].sum = jobs[i].count = 0;
		jobs[i].wrong = NULL;
	}
	for (u32 i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, fns[i % count], &jobs[i]) != 0)
			abort();
	for (u32 i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		if (jobs[i].wrong != NULL)
			printf("# thread %u: %s\n", i, jobs[i].wrong);
		good = good && jobs[i].wrong == NULL;
	}
	return good;
}

/* --- slots --- */

static void slots_in_turn(void)
{
	static struct epoch epoch;
	bool taken[EPOCH_SLOTS] = { false };

	memset(&epoch, 0, sizeof(epoch));
	epoch_init(&epoch, 300);
	/* From the hint on, round the end. */
	CHECK_EQ(epoch_enter(&epoch, 5), 5);
	CHECK_EQ(epoch_enter(&epoch, 5), 6);
	CHECK_EQ(epoch_enter(&epoch, 255), 255);
	CHECK_EQ(epoch_enter(&epoch, 255), 0);
	CHECK_EQ(epoch_enter(&epoch, 256 + 9), 9);
	epoch_leave(&epoch, 5);
	CHECK_EQ(epoch_enter(&epoch, 4), 4);
	CHECK_EQ(epoch_enter(&epoch, 4), 5);
	memset(&epoch, 0, sizeof(epoch));
	epoch_init(&epoch, 100);
	for (u32 i = 0; i < 100; i++) {
		u32 slot = epoch_enter(&epoch, 70);

		CHECK(slot < 100 && !taken[slot]);
		taken[slot] = true;
	}
	CHECK_EQ(epoch_enter(&epoch, 1), EPOCH_NONE);
	epoch_leave(&epoch, 99);
	CHECK_EQ(epoch_enter(&epoch, 0), 99);
out:;
}

struct shared_slots {
	struct epoch epoch;
	u64 data[EPOCH_SLOTS]; /* plain accesses: the lease orders them */
};

static void *use_slots(void *arg)
{
	struct job *job = arg;
	struct shared_slots *shared = CONTAINER_OF(job->epoch, struct shared_slots, epoch);

	for (u32 i = 0; i < ROUNDS; i++) {
		u32 slot = epoch_enter(&shared->epoch, 1); /* all want the same ones */

		if (slot == EPOCH_NONE) {
			complain(job, "no slot");
			break;
		}
		shared->data[slot]++;
		epoch_leave(&shared->epoch, slot);
	}
	return NULL;
}

static void slots_of_threads(void)
{
	static struct shared_slots shared;
	struct job jobs[THREADS] = { { .epoch = &shared.epoch } };
	u64 sum = 0;

	memset(&shared, 0, sizeof(shared));
	epoch_init(&shared.epoch, THREADS);
	CHECK(run(jobs, (void *(*[])(void *)){ use_slots }, 1));
	for (u32 i = 0; i < EPOCH_SLOTS; i++)
		sum += shared.data[i];
	CHECK_EQ(sum, (u64)THREADS * ROUNDS);
out:;
}

/* --- epochs --- */

#define ALIVE 0x600d600d600d600dull

struct object {
	u64 state;
	struct epoch_item item;
	u64 *freed;
};

static void free_object(struct epoch_item *item)
{
	struct object *object = CONTAINER_OF(item, struct object, item);

	object->state = 0xdead;
	__atomic_fetch_add(object->freed, 1, __ATOMIC_RELAXED);
	mem_free(object);
}

static void *look_at_object(void *arg)
{
	struct job *job = arg;

	for (u32 i = 0; i < ROUNDS; i++) {
		u32 slot = epoch_enter(job->epoch, job->number);
		const struct object *object = __atomic_load_n(job->shared, __ATOMIC_ACQUIRE);

		for (u32 n = 0; n < 3; n++)
			if (object->state != ALIVE)
				complain(job, "an object that was freed");
		epoch_leave(job->epoch, slot);
	}
	return NULL;
}

static void *replace_object(void *arg)
{
	struct job *job = arg;

	for (u32 i = 0; i < ROUNDS / 4; i++) {
		struct object *object = mem_zalloc(sizeof(*object)), *old;

		if (object == NULL)
			break;
		object->state = ALIVE;
		object->freed = (*job->shared)->freed;
		old = __atomic_exchange_n(job->shared, object, __ATOMIC_ACQ_REL);
		epoch_retire(job->epoch, &old->item, free_object);
		job->count++;
		if (i % 64 == 0)
			epoch_synchronize(job->epoch);
	}
	return NULL;
}

static void epochs(void)
{
	static struct epoch epoch;
	static u64 freed;
	struct object *volatile shared = mem_zalloc(sizeof(struct object));
	struct job jobs[THREADS] = { { .epoch = &epoch, .shared = &shared } };
	u64 replaced = 0;

	CHECK(shared != NULL);
	freed = 0;
	shared->state = ALIVE;
	shared->freed = &freed;
	memset(&epoch, 0, sizeof(epoch));
	epoch_init(&epoch, THREADS);
	CHECK(run(jobs, (void *(*[])(void *)){ look_at_object, look_at_object, replace_object },
		  3));
	for (u32 i = 0; i < THREADS; i++)
		replaced += jobs[i].count;
	epoch_fini(&epoch);
	CHECK_EQ(freed, replaced);
out:
	mem_free(shared);
}

/* --- hash --- */

#define STAYING 16 /* keys that are always there; the rest comes and goes */
#define COMING	24 /* of each of two threads */

static void key_make(u8 *key, u32 size, u32 n)
{
	memset(key, (int)(n * 7), size);
	memcpy(key, &n, sizeof(n));
}

static void *read_hash(void *arg)
{
	struct job *job = arg;
	u64 random = 77 + job->number, value[2];
	u8 key[16];

	for (u32 i = 0; i < ROUNDS; i++) {
		u32 n = random_next(&random) % (STAYING + 2 * COMING);
		int r;

		key_make(key, job->map->def.key_size, n);
		r = map_read(job->map, key, value);
		if (n < STAYING && r != 0)
			complain(job, "a key is missed");
		if (r == 0 && (value[0] >> 32 != n || value[1] != n))
			complain(job, "a value of another key");
		if (n < STAYING && job->map->ops->lookup(job->map, key) == NULL)
			complain(job, "a lookup misses a key");
	}
	return NULL;
}

static void *change_hash(void *arg)
{
	struct job *job = arg;
	u32 first = STAYING + (job->number & 1) * COMING;
	bool present[COMING] = { false };
	u64 random = 99 + job->number;
	u8 key[16];

	for (u32 i = 0; i < ROUNDS; i++) {
		u32 n = random_next(&random) % COMING;
		u64 value[2] = { (u64)(first + n) << 32 | i, first + n };

		key_make(key, job->map->def.key_size, first + n);
		if ((map_read(job->map, key, value) == 0) != present[n])
			complain(job, "a key that is not, or not gone");
		value[0] = (u64)(first + n) << 32 | i;
		value[1] = first + n;
		if (random_next(&random) % 2 == 0) {
			if (map_write(job->map, key, value, MAP_ANY) != 0)
				complain(job, "no room");
			present[n] = true;
		} else if (map_delete(job->map, key) != (present[n] ? 0 : ERR_NOENT)) {
			complain(job, "deleted without being there");
		} else {
			present[n] = false;
		}
		/* What stays changes, too. */
		n = i % STAYING;
		key_make(key, job->map->def.key_size, n);
		value[0] = (u64)n << 32 | i;
		value[1] = n;
		if (map_write(job->map, key, value, MAP_EXIST) != 0)
			complain(job, "what stays is gone");
	}
	job->count = 0;
	for (u32 n = 0; n < COMING; n++)
		job->count += present[n];
	return NULL;
}

static void hash(void)
{
	static const u32 key_sizes[] = { 4, 16, 8, 5 };
	struct map *map = NULL;

	for (size_t i = 0; i < ARRAY_COUNT(key_sizes); i++) {
		struct job jobs[THREADS] = { { 0 } };
		u8 key[16], next[16];
		u64 count = 0;

		CHECK_EQ(map_of(MAP_KIND_HASH, key_sizes[i], 16, STAYING + 2 * COMING, L, 1, &map),
			 0);
		for (u32 n = 0; n < STAYING; n++) {
			u64 value[2] = { (u64)n << 32, n };

			key_make(key, key_sizes[i], n);
			CHECK_EQ(map_write(map, key, value, MAP_NOEXIST), 0);
		}
		jobs[0].map = map;
		CHECK(run(jobs,
			  (void *(*[])(void *)){ change_hash, change_hash, read_hash, read_hash },
			  4));
		for (int r = map_next_key(map, NULL, next); r == 0; count++) {
			memcpy(key, next, sizeof(key));
			r = map_next_key(map, key, next);
		}
		CHECK_EQ(count, STAYING + jobs[0].count + jobs[1].count);
		map_free(map);
		map = NULL;
	}
out:
	map_free(map);
}

/* --- per-CPU values: two programs update theirs, two applications take keys out and put them back
 * ---
 */

#define CPU_KEYS 16

/* The last version of a key's value that a CPU has begun to store, and has stored. */
struct versions {
	u32 begun[CPU_KEYS], done[CPU_KEYS];
};
static struct versions versions[2];
static u32 versions_at_end; /* threads that take no more; atomic */

static void *update_own(void *arg)
{
	struct job *job = arg;
	u32 cpu = job->number;
	u64 random = 7 + job->number;

	for (u32 i = 1; __atomic_load_n(&versions_at_end, __ATOMIC_RELAXED) < 2; i++) {
		u32 key = random_next(&random) % CPU_KEYS;
		u64 value = (u64)key << 32 | i, pair[2] = { value, value };
		int r;

		__atomic_store_n(&versions[cpu].begun[key], i, __ATOMIC_SEQ_CST);
		r = job->map->ops->update_cpu(job->map, &key, pair, MAP_EXIST, cpu);
		if (r == 0)
			__atomic_store_n(&versions[cpu].done[key], i, __ATOMIC_SEQ_CST);
		else if (r != ERR_NOENT)
			complain(job, "cannot update");
	}
	return NULL;
}

static void check_taken(struct job *job, u32 key, const u64 *pair, u32 least)
{
	if (pair[0] != pair[1])
		complain(job, "two updates in one value");
	if (pair[0] >> 32 != key)
		complain(job, "a value of another key");
	if ((u32)pair[0] < least)
		complain(job, "an update is lost");
}

/* What was begun after a key came and done before it went is what is taken, or what came later. */
static void *take_and_put(void *arg)
{
	struct job *job = arg;
	u32 begun[2] = { 0 }, done[2];
	u64 random = 31 + job->number, pairs[4];

	for (u32 i = 0; i < ROUNDS; i++) {
		u32 key = random_next(&random) % (CPU_KEYS / 2) * 2 + job->number % 2;

		for (u32 k = 0; k < 4; k++)
			pairs[k] = (u64)key << 32;
		if (map_write(job->map, &key, pairs, MAP_NOEXIST) != 0)
			complain(job, "no room");
		for (u32 cpu = 0; cpu < 2; cpu++)
			begun[cpu] = __atomic_load_n(&versions[cpu].begun[key], __ATOMIC_SEQ_CST);
		for (u32 k = random_next(&random) % 64; k > 0; k--)
			os_relax(0);
		for (u32 cpu = 0; cpu < 2; cpu++)
			done[cpu] = __atomic_load_n(&versions[cpu].done[key], __ATOMIC_SEQ_CST);
		if (map_take(job->map, &key, pairs) != 0)
			complain(job, "a key is gone");
		for (u32 cpu = 0; cpu < 2; cpu++)
			check_taken(job, key, pairs + cpu * 2,
				    done[cpu] > begun[cpu] ? done[cpu] : 0);
		job->count += done[0] > begun[0];
	}
	__atomic_fetch_add(&versions_at_end, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void percpu(void)
{
	struct job jobs[THREADS] = { { 0 } };
	struct map *map = NULL;

	memset(versions, 0, sizeof(versions));
	versions_at_end = 0;
	CHECK_EQ(map_of(MAP_KIND_PERCPU_HASH, 4, 16, 2, L, 2, &map), 0);
	jobs[0].map = map;
	CHECK(run(jobs, (void *(*[])(void *)){ update_own, update_own, take_and_put, take_and_put },
		  4));
	CHECK(jobs[2].count + jobs[3].count > 0); /* there was an update in their time */
out:
	map_free(map);
}

/* --- LRU --- */

static void *use_lru(void *arg)
{
	struct job *job = arg;
	u64 random = 5 + job->number;

	for (u32 i = 0; i < ROUNDS; i++) {
		u32 key = random_next(&random) % 300;
		u64 value = key;

		switch (random_next(&random) % 4) {
		case 0: job->map->ops->lookup(job->map, &key); break;
		case 1:
			if (map_read(job->map, &key, &value) == 0 && value != key)
				complain(job, "a value of another key");
			break;
		case 2:
			if (map_delete(job->map, &key) == 0)
				job->count++;
			break;
		default: {
			int r = map_write(job->map, &key, &value, MAP_ANY);

			if (r != 0 && r != ERR_NOMEM)
				complain(job, "cannot write");
		}
		}
	}
	return NULL;
}

static void lru(void)
{
	struct job jobs[THREADS] = { { 0 } };
	struct map *map = NULL;
	u32 count = 0, key, next;

	CHECK_EQ(map_of(MAP_KIND_LRU_HASH, 4, 8, 100, L, 1, &map), 0);
	jobs[0].map = map;
	CHECK(run(jobs, (void *(*[])(void *)){ use_lru }, 1));
	/* No element was lost: a hundred new ones are all kept. */
	for (key = 1000; key < 1100; key++) {
		u64 value = key;

		CHECK_EQ(map_write(map, &key, &value, MAP_NOEXIST), 0);
	}
	for (int r = map_next_key(map, NULL, &next); r == 0; count++) {
		key = next;
		r = map_next_key(map, &key, &next);
	}
	CHECK_EQ(count, 100);
out:
	map_free(map);
}

/* --- prefixes --- */

struct lpm4 {
	u32 len;
	u8 data[4];
};

/* The value tells the prefix. */
static u64 lpm_value(const struct lpm4 *p)
{
	return (u64)p->len << 32 | (u64)p->data[0] << 24 | (u64)p->data[1] << 16 |
	       (u64)p->data[2] << 8 | p->data[3];
}

static void *read_lpm(void *arg)
{
	struct job *job = arg;
	u64 random = 3 + job->number, value;

	for (u32 i = 0; i < ROUNDS; i++) {
		u32 bits = random_next(&random);
		struct lpm4 key = { 32,
				    { (u8)(bits % 4), (u8)(bits >> 2 & 3), (u8)(bits >> 4 & 3),
				      (u8)(bits >> 6 & 3) } };
		u32 address = (u32)lpm_value(&key), len;

		if (map_read(job->map, &key, &value) != 0) {
			complain(job, "nothing covers it");
			continue;
		}
		len = (u32)(value >> 32);
		if (len < 8 || len > 32 || (address ^ (u32)value) >> (32 - len) != 0)
			complain(job, "what was found does not cover it");
	}
	return NULL;
}

static void *change_lpm(void *arg)
{
	struct job *job = arg;
	u64 random = 13 + job->number;

	for (u32 i = 0; i < ROUNDS; i++) {
		u32 bits = random_next(&random);
		struct lpm4 key = { 9 + random_next(&random) % 24,
				    { (u8)(bits % 4), (u8)(bits >> 2 & 3), (u8)(bits >> 4 & 3),
				      (u8)(bits >> 6 & 3) } };
		u32 address = (u32)lpm_value(&key), mask = ~0u << (32 - key.len);
		u64 value = (u64)key.len << 32 | (address & mask);
		int r = random_next(&random) % 2 == 0 ? map_write(job->map, &key, &value, MAP_ANY)
						      : map_delete(job->map, &key);

		if (r != 0 && r != ERR_NOENT && r != ERR_NOSPC)
			complain(job, "cannot change it");
	}
	return NULL;
}

static void prefixes(void)
{
	struct prog_map def = map_def(MAP_KIND_LPM_TRIE, 8, 8, 200);
	struct job jobs[THREADS] = { { 0 } };
	struct map *map = NULL;

	def.flags = MAP_F_NO_PREALLOC;
	CHECK_EQ(map_new(&def, L, &map, NULL), 0);
	for (u32 i = 0; i < 4; i++) {
		struct lpm4 key = { 8, { (u8)i, 0, 0, 0 } };
		u64 value = lpm_value(&key);

		CHECK_EQ(map_write(map, &key, &value, MAP_ANY), 0);
	}
	jobs[0].map = map;
	CHECK(run(jobs, (void *(*[])(void *)){ change_lpm, read_lpm }, 2));
out:
	map_free(map);
}

/* --- queues and rings --- */

static void *use_queue(void *arg)
{
	struct job *job = arg;
	u64 value;

	for (u32 i = 1; i <= ROUNDS; i++) {
		value = i;
		if (job->map->ops->push(job->map, &value, MAP_ANY) == 0)
			job->sum += value;
		if (i % 3 != 0 && job->map->ops->pop(job->map, &value) == 0)
			job->sum -= value;
	}
	return NULL;
}

static void queues(void)
{
	struct map *map = NULL;

	for (u32 i = 0; i < 2; i++) {
		struct job jobs[THREADS] = { { 0 } };
		u64 sum = 0, value;

		CHECK_EQ(map_of(i == 0 ? MAP_KIND_QUEUE : MAP_KIND_STACK, 0, 8, 50, L, 1, &map), 0);
		jobs[0].map = map;
		CHECK(run(jobs, (void *(*[])(void *)){ use_queue }, 1));
		for (u32 t = 0; t < THREADS; t++)
			sum += jobs[t].sum;
		while (map_take(map, NULL, &value) == 0)
			sum -= value;
		CHECK_EQ(sum, 0);
		map_free(map);
		map = NULL;
	}
out:
	map_free(map);
}

static void *fill_ring(void *arg)
{
	struct job *job = arg;
	u64 random = 17 + job->number;

	for (u32 i = 0; i < ROUNDS; i++) {
		u32 words = 2 + random_next(&random) % 6;
		u64 *record = ringbuf_reserve(job->map, words * 8ull);

		if (record == NULL)
			continue;
		record[0] = job->number;
		for (u32 w = 1; w < words; w++)
			record[w] = job->count + 1;
		if (random_next(&random) % 5 == 0) {
			ringbuf_discard(job->map, record, 0);
		} else {
			job->count++;
			ringbuf_submit(job->map, record, 0);
		}
	}
	__atomic_store_n(&job->finished, 1, __ATOMIC_RELEASE);
	return NULL;
}

static u64 seen_of[THREADS];

static int see_record(void *arg, const void *data, u32 size)
{
	struct job *job = arg;
	const u64 *record = data;

	if (size < 16 || record[0] >= THREADS || record[1] != seen_of[record[0]] + 1) {
		complain(job, "a record that is not the next one");
		return ERR_INVAL;
	}
	for (u32 w = 2; w < size / 8; w++)
		if (record[w] != record[1])
			complain(job, "a record that was not finished");
	seen_of[record[0]]++;
	return 0;
}

static void *empty_ring(void *arg)
{
	struct job *job = arg;
	bool finished = false;

	while (!finished && job->wrong == NULL) {
		finished = true;
		for (u32 i = 1; i < THREADS; i++)
			finished = finished &&
				   __atomic_load_n(&job->all[i].finished, __ATOMIC_ACQUIRE) != 0;
		if (ringbuf_consume(job->map, see_record, job, 0) < 0)
			complain(job, "cannot consume");
	}
	return NULL;
}

static void rings(void)
{
	struct job jobs[THREADS] = { { 0 } };
	struct map *map = NULL;

	memset(seen_of, 0, sizeof(seen_of));
	CHECK_EQ(map_of(MAP_KIND_RINGBUF, 0, 0, 4096, L, 1, &map), 0);
	jobs[0].map = map;
	CHECK(run(jobs, (void *(*[])(void *)){ empty_ring, fill_ring, fill_ring, fill_ring }, 4));
	for (u32 i = 1; i < THREADS; i++)
		CHECK_EQ(seen_of[i], jobs[i].count);
out:
	map_free(map);
}

/* --- the lock of queues and rings --- */

#define BUSY_OPS (ROUNDS / 10)

struct busy {
	struct busy_lock lock;
	u64 ops;  /* plain: the lock orders them */
	u32 busy; /* threads that have not had their share; atomic */
};

static struct busy busy;

/* Goes on until all have had their share: one that gets nothing would keep them here. Every other
 * one has something else to do in between, so that the lock is nobody's at times. */
static void *want_lock(void *arg)
{
	struct job *job = arg;
	u64 random = 17 + job->number;

	while (__atomic_load_n(&busy.busy, __ATOMIC_RELAXED) != 0) {
		u8 state = busy_lock_take(&busy.lock);

		busy.ops++;
		busy_lock_give(&busy.lock, state);
		if (++job->count == BUSY_OPS)
			__atomic_fetch_sub(&busy.busy, 1, __ATOMIC_RELAXED);
		for (u32 i = job->number % 2 * (random_next(&random) % 1000); i > 0; i--)
			__asm__ volatile("");
	}
	return NULL;
}

static void busy_locks(void)
{
	struct job jobs[THREADS] = { { 0 } };
	u64 sum = 0;

	memset(&busy, 0, sizeof(busy));
	busy.busy = THREADS;
	CHECK(run(jobs, (void *(*[])(void *)){ want_lock }, 1));
	for (u32 i = 0; i < THREADS; i++)
		sum += jobs[i].count;
	CHECK_EQ(busy.ops, sum);
	CHECK_EQ(busy.lock.takes, (u32)sum);
out:;
}

/* --- maps of maps --- */

static void *read_inner(void *arg)
{
	struct job *job = arg;
	u32 key = 1;

	for (u32 i = 0; i < ROUNDS; i++) {
		u32 slot = epoch_enter(job->epoch, job->number), id;
		struct map *inner = job->map->ops->lookup(job->map, &key);
		u64 value = 0;

		if (inner != NULL && (map_read(inner, &key, &value) != 0 || value != 4711))
			complain(job, "an inner map that was freed");
		epoch_leave(job->epoch, slot);
		if (map_read(job->map, &key, &id) == 0 && id != 5)
			complain(job, "a wrong id");
	}
	return NULL;
}

static void *replace_inner(void *arg)
{
	struct job *job = arg;
	struct prog_map def = map_def(MAP_KIND_HASH, 4, 8, 2);
	struct map_options options = {
		.size = sizeof(options), .def = &def, .dialect = L, .id = 5, .epoch = job->epoch
	};
	u64 value = 4711;
	u32 key = 1;

	for (u32 i = 0; i < ROUNDS / 8; i++) {
		struct map *inner = NULL;

		if (map_create(&options, &inner, NULL) != 0)
			break;
		if (map_write(inner, &key, &value, MAP_ANY) != 0 ||
		    map_set_inner(job->map, &key, i % 4 == 0 ? NULL : inner, MAP_ANY, NULL) != 0)
			if (i % 4 != 0)
				complain(job, "cannot put it in");
		map_free(inner);
	}
	return NULL;
}

static void inner_maps(void)
{
	static struct epoch epoch;
	struct prog_map inner = map_def(MAP_KIND_HASH, 4, 8, 2);
	struct map *map = NULL;

	for (u32 i = 0; i < 2; i++) {
		struct prog_map def =
			map_def(i == 0 ? MAP_KIND_ARRAY_OF_MAPS : MAP_KIND_HASH_OF_MAPS, 4, 4, 2);
		struct map_options options = { .size = sizeof(options),
					       .def = &def,
					       .dialect = L,
					       .inner = &inner,
					       .epoch = &epoch };
		struct job jobs[THREADS] = { { .epoch = &epoch } };

		memset(&epoch, 0, sizeof(epoch));
		epoch_init(&epoch, THREADS);
		CHECK_EQ(map_create(&options, &map, NULL), 0);
		jobs[0].map = map;
		CHECK(run(jobs, (void *(*[])(void *)){ read_inner, replace_inner }, 2));
		map_free(map);
		map = NULL;
		epoch_fini(&epoch);
	}
out:
	map_free(map);
}

TAP_MAIN(TAP_TEST(slots_in_turn), TAP_TEST(slots_of_threads), TAP_TEST(epochs), TAP_TEST(hash),
	 TAP_TEST(percpu), TAP_TEST(lru), TAP_TEST(prefixes), TAP_TEST(queues), TAP_TEST(rings),
	 TAP_TEST(busy_locks), TAP_TEST(inner_maps))
