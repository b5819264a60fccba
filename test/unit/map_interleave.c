/* SPDX-License-Identifier: MIT */
/* The algorithms that have no locks for readers, in every order of their steps: two pieces of code
 * run as coroutines, and change places before the n-th, then the m-th, then the k-th atomic access,
 * for all n, m and k. The sources are compiled in here, their atomic accesses being such steps. */
#include <ucontext.h>

#include "base/compiler.h"

static void step(void);

/* A macro is not expanded inside itself. */
#define __atomic_load_n(p, order)	    (step(), __atomic_load_n(p, order))
#define __atomic_store_n(p, v, order)	    (step(), __atomic_store_n(p, v, order))
#define __atomic_exchange_n(p, v, order)    (step(), __atomic_exchange_n(p, v, order))
#define __atomic_fetch_add(p, v, order)	    (step(), __atomic_fetch_add(p, v, order))
#define __atomic_compare_exchange_n(p, ...) (step(), __atomic_compare_exchange_n(p, __VA_ARGS__))
#define os_relax			    wait_for_the_other

static void wait_for_the_other(u32 round);

/* Only now: locks are steps, too. */
#include "map_random.h"

#define os_thread_mark coroutine_mark /* of which of the two */
static uintptr_t coroutine_mark(void);
#define PATIENCE 1

#include "../../src/map/busy_lock.c"
#include "../../src/map/epoch.c"
#include "../../src/map/hash.c"
#include "../../src/map/hash_pool.c"
#include "../../src/map/hash_types.c"
#include "../../src/map/lpm_nodes.c"
#include "../../src/map/lpm_trie.c"
#include "../../src/map/ring.c"

#define STACK	 65536
#define SWITCHES 3

static struct {
	ucontext_t main, contexts[2];
	u8 stacks[2][STACK];
	bool done[2];
	u32 current;
	bool running;
	u32 plan[SWITCHES]; /* steps until the first, the second, the third change */
	u32 at, left;
	u32 made; /* changes that took place */
	u32 most; /* changes of a plan, at most SWITCHES */
	void (*body[2])(void);
	const char *wrong;
} co;

static uintptr_t coroutine_mark(void)
{
	return co.current + 1;
}

static void complain(const char *text)
{
	if (co.wrong == NULL)
		co.wrong = text;
}

static void change(void)
{
	u32 from = co.current, to = from ^ 1;

	if (co.done[to])
		return;
	co.current = to;
	swapcontext(&co.contexts[from], &co.contexts[to]);
}

static void step(void)
{
	if (!co.running || co.done[co.current ^ 1] || co.at == co.most || --co.left > 0)
		return;
	co.made = ++co.at;
	co.left = co.at < co.most ? co.plan[co.at] : 0;
	change();
}

static void wait_for_the_other(u32 round)
{
	if (round > 1000)
		complain("waits for ever");
	change();
}

static void start(int which)
{
	co.body[which]();
	co.done[which] = true;
	change();
	setcontext(&co.main);
}

static void run_once(void (*first)(void), void (*second)(void))
{
	void (*bodies[2])(void) = { first, second };

	co.at = co.made = 0;
	co.left = co.plan[0];
	for (int i = 0; i < 2; i++) {
		co.done[i] = false;
		co.body[i] = bodies[i];
		getcontext(&co.contexts[i]);
		co.contexts[i].uc_stack.ss_sp = co.stacks[i];
		co.contexts[i].uc_stack.ss_size = STACK;
		co.contexts[i].uc_link = NULL;
		makecontext(&co.contexts[i], (void (*)(void))start, 1, i);
	}
	co.current = 0;
	co.running = true;
	swapcontext(&co.main, &co.contexts[0]);
	co.running = false;
}

/* All plans; a change that did not take place ends its loop. NULL, or what was wrong first. */
static const char *run_all(u32 switches, void (*setup)(void), void (*first)(void),
			   void (*second)(void), void (*check)(void), u64 *ret_runs)
{
	co.most = switches;
	co.wrong = NULL;
	*ret_runs = 0;
	for (u32 n = 1;; n++) {
		u32 most = 0;

		for (u32 m = 1;; m++) {
			u32 made = 0;

			for (u32 k = 1;; k++) {
				co.plan[0] = n;
				co.plan[1] = m;
				co.plan[2] = k;
				setup();
				run_once(first, second);
				check();
				++*ret_runs;
				if (co.wrong != NULL)
					return co.wrong;
				made = MAX(made, co.made);
				if (co.made < SWITCHES)
					break;
			}
			most = MAX(most, made);
			if (made < 2)
				break;
		}
		if (most < 1)
			return NULL;
	}
}

/* --- hash: a chain of one bucket, an element of which leaves and comes back elsewhere --- */

static struct map *map;
static u64 values[8];

static void put(u32 key, u64 value)
{
	if (map_hash_ops.update(map, &key, &value, MAP_ANY) != 0)
		complain("no room");
}

/* Names of keys in the same bucket: with a zero seed these are the same in each run. */
static u32 same[4], other;

static void find_keys(void)
{
	struct map_hash *hash = (struct map_hash *)map;
	u32 count = 0, zero = 0, bucket = hash_of(hash, &zero) & hash->mask;

	for (u32 key = 0; count < 4; key++)
		if ((hash_of(hash, &key) & hash->mask) == bucket)
			same[count++] = key;
	for (other = 1; (hash_of(hash, &other) & hash->mask) == bucket; other++)
		;
}

static void hash_setup(void)
{
	struct prog_map def = map_def(MAP_KIND_HASH, 4, 8, 4);

	def.flags = MAP_F_ZERO_SEED;
	map = mem_zalloc(sizeof(struct map_hash));
	if (map == NULL)
		abort();
	map->ops = &map_hash_ops;
	map->def = def;
	map->cpus = 1;
	map->core.refs = 1;
	if (hash_init(map, NULL) != 0)
		abort();
	find_keys();
	/* The chain: 2, 1, 0. */
	put(same[0], 100);
	put(same[1], 101);
	put(same[2], 102);
}

static void hash_end(void)
{
	hash_fini(map);
	mem_free(map);
}

static void expect(u32 key, u64 value, bool may_miss)
{
	u64 found;
	int r = hash_read(map, &key, &found);

	if (r != 0 && !may_miss)
		complain("a key is missed");
	if (r == 0 && found != value)
		complain("another key's value");
}

/* Behind and before the one that moves. */
static void hash_reader(void)
{
	expect(same[0], 100, false);
}

static void hash_reader_of_moving(void)
{
	expect(same[1], 101, true);
	expect(other, 7, true);
}

/* The middle one goes, its element comes back in another bucket, goes, and comes back here. */
static void hash_mover(void)
{
	if (hash_remove(map, &same[1]) != 0)
		complain("is not there");
	put(other, 7);
	if (hash_remove(map, &other) != 0)
		complain("is not there any more");
	put(same[1], 101);
}

static void hash_adder(void)
{
	put(same[3], 103);
	if (hash_remove(map, &same[2]) != 0)
		complain("is not there");
}

static void hash_check(void)
{
	hash_end();
}

static void hash_orders(void)
{
	static const struct {
		u32 switches;
		void (*first)(void), (*second)(void);
	} pairs[] = { { 3, hash_reader, hash_mover },
		      { 2, hash_mover, hash_reader },
		      { 3, hash_reader_of_moving, hash_mover },
		      { 2, hash_mover, hash_adder },
		      { 3, hash_reader, hash_adder } };
	u64 runs;

	for (size_t i = 0; i < ARRAY_COUNT(pairs); i++) {
		const char *wrong = run_all(pairs[i].switches, hash_setup, pairs[i].first,
					    pairs[i].second, hash_check, &runs);

		if (wrong != NULL)
			printf("# pair %zu, plan %u %u %u: %s\n", i, co.plan[0], co.plan[1],
			       co.plan[2], wrong);
		CHECK(wrong == NULL);
		CHECK(runs > 100);
	}
out:;
}

/* --- prefixes: a node on the way goes and comes back as another --- */

static void lpm_put(u32 len, u8 byte, u64 value)
{
	u8 key[8] = { 0 };

	memcpy(key, &len, 4);
	key[4] = byte;
	if (lpm_update(map, key, &value, MAP_ANY) != 0)
		complain("no room");
}

static void lpm_cut(u32 len, u8 byte)
{
	u8 key[8] = { 0 };

	memcpy(key, &len, 4);
	key[4] = byte;
	if (lpm_delete(map, key) != 0)
		complain("is not there");
}

static void lpm_setup(void)
{
	struct prog_map def = map_def(MAP_KIND_LPM_TRIE, 8, 8, 4);

	def.flags = MAP_F_NO_PREALLOC;
	map = mem_zalloc(sizeof(struct map_lpm));
	if (map == NULL)
		abort();
	map->ops = &map_lpm_trie_ops;
	map->def = def;
	map->core.refs = 1;
	map->cpus = 1;
	map->dialect = DIALECT_LINUX;
	if (lpm_init(map, NULL) != 0)
		abort();
	lpm_put(1, 0x80, 1);
	lpm_put(4, 0xa0, 4);
	lpm_put(8, 0xa5, 8);
}

static void lpm_look(u8 byte, u64 least, u64 most)
{
	u8 key[8] = { 32, 0, 0, 0, byte };
	u64 value;

	if (lpm_read(map, key, &value) != 0)
		complain("nothing covers it");
	else if (value < least || value > most)
		complain("not the longest that stays");
}

static void lpm_reader(void)
{
	lpm_look(0xa5, 8, 8);
}

static void lpm_reader_of_short(void)
{
	lpm_look(0xaf, 1, 4);
	lpm_look(0xc0, 1, 2);
}

static void lpm_mover(void)
{
	lpm_cut(4, 0xa0);
	lpm_put(2, 0xc0, 2);
	lpm_cut(2, 0xc0);
	lpm_put(4, 0xa0, 4);
}

static void lpm_end(void)
{
	lpm_fini(map);
	mem_free(map);
}

static void lpm_orders(void)
{
	u64 runs;
	const char *wrong = run_all(3, lpm_setup, lpm_reader, lpm_mover, lpm_end, &runs);

	CHECK(wrong == NULL || (printf("# %s\n", wrong), false));
	wrong = run_all(3, lpm_setup, lpm_reader_of_short, lpm_mover, lpm_end, &runs);
	CHECK(wrong == NULL || (printf("# %s\n", wrong), false));
	CHECK(runs > 1000);
out:;
}

/* --- epochs: who holds what when it is freed --- */

static struct epoch epoch;
static struct {
	struct epoch_item item;
	bool freed;
} things[2];
static u64 link_to; /* a thing's index plus one */

static void epoch_setup(void)
{
	memset(&epoch, 0, sizeof(epoch));
	memset(things, 0, sizeof(things));
	epoch_init(&epoch, 2);
	link_to = 1;
	values[0] = 0;
}

static void free_thing(struct epoch_item *item)
{
	((bool *)(item + 1))[0] = true;
}

static void epoch_reader(void)
{
	for (u32 i = 0; i < 2; i++) {
		u32 slot = epoch_enter(&epoch, 0);
		u64 at = __atomic_load_n(&link_to, __ATOMIC_ACQUIRE);

		step();
		if (at != 0 && things[at - 1].freed)
			complain("freed while it is held");
		step();
		if (at != 0 && things[at - 1].freed)
			complain("freed while it is held for long");
		epoch_leave(&epoch, slot);
	}
}

static void epoch_writer(void)
{
	__atomic_store_n(&link_to, 2, __ATOMIC_RELEASE);
	epoch_retire(&epoch, &things[0].item, free_thing);
	__atomic_store_n(&link_to, 0, __ATOMIC_RELEASE);
	epoch_synchronize(&epoch);
	things[1].freed = true;
}

static void epoch_check(void)
{
	epoch_fini(&epoch);
	if (!things[0].freed || !things[1].freed)
		complain("never freed");
}

/* Takes a thing out of reach that it goes on to hold, */
static void epoch_holder(void)
{
	u32 slot = epoch_enter(&epoch, 0);

	__atomic_store_n(&link_to, 0, __ATOMIC_RELEASE);
	epoch_retire(&epoch, &things[0].item, free_thing);
	step();
	if (things[0].freed)
		complain("freed while who retired it is inside");
	epoch_leave(&epoch, slot);
}

/* while another one looks for what to free, having begun before the first came. */
static void epoch_cleaner(void)
{
	epoch_reclaim(&epoch);
}

static void epoch_holder_check(void)
{
	epoch_fini(&epoch);
	if (!things[0].freed)
		complain("never freed");
}

static void epoch_holder_orders(void)
{
	u64 runs;
	const char *wrong =
		run_all(3, epoch_setup, epoch_cleaner, epoch_holder, epoch_holder_check, &runs);

	CHECK(wrong == NULL ||
	      (printf("# plan %u %u %u: %s\n", co.plan[0], co.plan[1], co.plan[2], wrong), false));
	wrong = run_all(3, epoch_setup, epoch_holder, epoch_cleaner, epoch_holder_check, &runs);
	CHECK(wrong == NULL || (printf("# %s\n", wrong), false));
	CHECK(runs > 20);
out:;
}

static void epoch_orders(void)
{
	u64 runs;
	const char *wrong = run_all(3, epoch_setup, epoch_reader, epoch_writer, epoch_check, &runs);

	CHECK(wrong == NULL ||
	      (printf("# plan %u %u %u: %s\n", co.plan[0], co.plan[1], co.plan[2], wrong), false));
	wrong = run_all(3, epoch_setup, epoch_writer, epoch_reader, epoch_check, &runs);
	CHECK(wrong == NULL || (printf("# %s\n", wrong), false));
	CHECK(runs > 1000);
out:;
}

/* --- the lock of what all change: one at a time, and everyone in the end --- */

static struct busy_lock busy;
static u32 inside, busy_ops;

static void busy_setup(void)
{
	memset(&busy, 0, sizeof(busy));
	inside = busy_ops = 0;
}

/* Runs are known to be long, or short. */
static void busy_setup_waiting(void)
{
	busy_setup();
	busy.pauses = LEAST;
	busy.run = 2;
}

static void busy_op(bool for_long)
{
	u8 state = busy_lock_take(&busy);

	if (++inside != 1)
		complain("two hold the lock");
	step();
	/* Longer than the other one has patience for. */
	for (u32 i = 0; for_long && i < 3 * LEAST && !co.done[co.current ^ 1]; i++)
		wait_for_the_other(0);
	if (inside != 1)
		complain("two held the lock");
	inside--;
	busy_ops++;
	busy_lock_give(&busy, state);
}

static void busy_user(void)
{
	for (u32 i = 0; i < 3; i++)
		busy_op(false);
}

static void busy_holder(void)
{
	for (u32 i = 0; i < 3; i++)
		busy_op(i != 1);
}

static void busy_check(void)
{
	if (busy_ops != 6 || busy.takes != 6)
		complain("an operation is lost");
	if (busy.taken != 0 || busy.next != busy.turn)
		complain("the lock is not free at the end");
}

static void busy_orders(void)
{
	static const struct {
		void (*setup)(void), (*first)(void), (*second)(void);
	} pairs[] = { { busy_setup, busy_user, busy_user },
		      { busy_setup_waiting, busy_user, busy_user },
		      { busy_setup, busy_holder, busy_user },
		      { busy_setup_waiting, busy_user, busy_holder },
		      { busy_setup, busy_holder, busy_holder } };
	u32 numbers = 0;
	u64 runs;

	for (size_t i = 0; i < ARRAY_COUNT(pairs); i++) {
		const char *wrong = run_all(2, pairs[i].setup, pairs[i].first, pairs[i].second,
					    busy_check, &runs);

		if (wrong != NULL)
			printf("# pair %zu, plan %u %u %u: %s\n", i, co.plan[0], co.plan[1],
			       co.plan[2], wrong);
		CHECK(wrong == NULL);
		CHECK(runs > 100);
		numbers += busy.next;
	}
	CHECK(numbers > 0); /* were drawn */
out:;
}

/* --- rings: who stops consuming is woken for what comes then --- */

static struct ring ring;
static struct map ring_map;
static u32 seen;
static bool woken;

static void ring_setup(void)
{
	void *record;

	memset(&ring, 0, sizeof(ring));
	memset(&ring_map, 0, sizeof(ring_map));
	if (ring_init(&ring, &ring_map, 4096, NULL) != 0)
		abort();
	seen = 0;
	woken = false;
	record = ring_reserve(&ring, 8);
	if (record != NULL)
		ring_finish(&ring, record, false);
}

static void ring_producer_of_two(void)
{
	for (u32 i = 0; i < 2; i++) {
		void *record = ring_reserve(&ring, 8);

		if (record == NULL)
			complain("no room");
		else if (ring_finish(&ring, record, false))
			woken = true;
	}
}

static int see(UNUSED void *arg, UNUSED const void *data, u32 size)
{
	seen++;
	return size == 8 ? 0 : ERR_INVAL;
}

static void ring_consumer_once(void)
{
	if (ring_consume(&ring, see, NULL, 0) < 0)
		complain("cannot consume");
}

static void ring_check(void)
{
	if (seen != 3 && !woken)
		complain("a record that nobody is woken for");
	if (seen < 3)
		ring_consumer_once();
	if (seen != 3 || ring_consumer(&ring) != ring_producer(&ring))
		complain("a record is lost");
	ring_fini(&ring);
}

static void ring_orders(void)
{
	u64 runs;
	const char *wrong =
		run_all(3, ring_setup, ring_consumer_once, ring_producer_of_two, ring_check, &runs);

	CHECK(wrong == NULL ||
	      (printf("# plan %u %u %u: %s\n", co.plan[0], co.plan[1], co.plan[2], wrong), false));
	CHECK(runs > 100);
	wrong = run_all(2, ring_setup, ring_producer_of_two, ring_consumer_once, ring_check, &runs);
	CHECK(wrong == NULL ||
	      (printf("# plan %u %u %u: %s\n", co.plan[0], co.plan[1], co.plan[2], wrong), false));
	CHECK(runs > 100);
out:;
}

TAP_MAIN(TAP_TEST(busy_orders), TAP_TEST(ring_orders), TAP_TEST(hash_orders), TAP_TEST(lpm_orders),
	 TAP_TEST(epoch_orders), TAP_TEST(epoch_holder_orders))
