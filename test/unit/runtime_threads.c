/* SPDX-License-Identifier: MIT */
/* Everything at once: events, attaching, detaching, replacing, loading and unloading programs with
 * their maps, which applications change, too, test runs, pins, providers that come and go, maps of
 * theirs, handles, counting. Nothing is freed that somebody holds, nothing is left, and a detached
 * program is not run any more. For as many seconds as ORIEL_STRESS_SECONDS says, with
 * TAP_NO_SWEEP=1; the sanitizers see the rest. */
#include <pthread.h>

#include "map_random.h"
#include "runtime_fixture.h"

#include "os/os.h"
#include "runtime/client.h"
#include "runtime/invocation.h"
#include "runtime/link.h"
#include "sample_extension.h"

#define W	DIALECT_WINDOWS
#define THREADS 8
#define CPUS	5
#define ROUNDS	300 /* of a thread, without ORIEL_STRESS_SECONDS */

static const struct guid hook_guid = {
	0xf788ef4b, 0x207d, 0x4dc3, { 0x85, 0xcf, 0x0f, 0x2e, 0xa1, 0x07, 0x21, 0x3c }
};
static const struct guid module_guid = { .data1 = 77 };

#define CALL_FUNC(idx)                                \
	{                                             \
		.kind = INSN_CALL_KFUNC, .imm = (idx) \
	}

#define ALU_BY(name, d, value)                                                                  \
	{                                                                                       \
		.kind = INSN_ALU, .op = ALU_##name, .width = 64, .flags = INSN_IMM, .dst = (d), \
		.imm = (value)                                                                  \
	}

/* Updates one key of a hash of its own and deletes another, pushes to a queue, and calls the next
 * of its array, which is itself. What it stores is the same number twice. */
static const struct insn changing[] = {
	MOV_REG(6, 1),
	CALL(6), /* prandom */
	STORE(8, 10, -16, 0),
	STORE(8, 10, -8, 0),
	MOV_REG(7, 0),
	ALU_BY(AND, 0, 7),
	STORE(4, 10, -20, 0),
	LOAD_MAP(1, 0),
	MOV_REG(2, 10),
	ADD_IMM(2, -20),
	MOV_REG(3, 10),
	ADD_IMM(3, -16),
	MOV_IMM(4, 0),
	CALL(2), /* update */
	ALU_BY(RSH, 7, 3),
	ALU_BY(AND, 7, 7),
	STORE(4, 10, -20, 7),
	LOAD_MAP(1, 0),
	MOV_REG(2, 10),
	ADD_IMM(2, -20),
	CALL(3), /* delete */
	LOAD_MAP(1, 2),
	MOV_REG(2, 10),
	ADD_IMM(2, -16),
	MOV_IMM(3, 2),
	CALL(16), /* push, dropping the oldest */
	LOAD_MAP(2, 1),
	MOV_REG(1, 6),
	MOV_IMM(3, 0),
	CALL(5), /* tail call */
	MOV_IMM(0, 2),
	EXIT,
};
static const struct insn by_name[] = { MOV_IMM(1, 14), CALL_FUNC(0), EXIT };
static const struct prog_func func = { .name = "triple",
				       .module = "0000004d-0000-0000-0000-000000000000" };

/* A program with the memory that it stands in. */
struct loaded {
	struct prog prog;
	struct prog_subprog subprog;
	struct prog_map defs[3];
	u64 *released;
};

struct shared {
	struct runtime *rt;
	struct sample_extension ext;
	struct runtime_prog *function_user;
	struct client *client;
	u64 until; /* 0: rounds */
	u64 loads, released, events, wrong;
	/* Programs that anybody may attach, run and unload. */
	struct runtime_prog *progs[4];
	struct os_mutex mutex; /* of progs */
};

struct job {
	struct shared *shared;
	u64 random;
	u32 map_id; /* where it is */
};

static u32 random_below(u64 *state, u32 limit)
{
	return random_next(state) % limit;
}

static bool goes_on(const struct job *job, u32 round)
{
	return job->shared->until == 0 ? round < ROUNDS : os_clock_monotonic() < job->shared->until;
}

static void wrong(struct job *job, const char *text)
{
	if (__atomic_fetch_add(&job->shared->wrong, 1, __ATOMIC_RELAXED) < 10)
		printf("# %s\n", text);
}

static void on_release(void *arg)
{
	struct loaded *loaded = arg;

	__atomic_fetch_add(loaded->released, 1, __ATOMIC_RELAXED);
	mem_free(loaded);
}

static u64 triple(u64 r1, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
		  UNUSED void *ctx)
{
	return r1 * 3;
}

/* --- programs come and go --- */

static struct loaded *describe(struct shared *s, enum map_kind kind)
{
	struct loaded *loaded = mem_zalloc(sizeof(*loaded));

	if (loaded == NULL)
		abort();
	loaded->released = &s->released;
	loaded->subprog = (struct prog_subprog){ .name = "p", .count = ARRAY_COUNT(changing) };
	loaded->defs[0] = (struct prog_map){ .name = "hash",
					     .type = map_type(kind),
					     .key_size = 4,
					     .value_size = 16,
					     .max_entries = 4 };
	loaded->defs[1] = (struct prog_map){ .name = "array",
					     .type = map_type(MAP_KIND_PROG_ARRAY),
					     .key_size = 4,
					     .value_size = 4,
					     .max_entries = 2 };
	loaded->defs[2] = (struct prog_map){ .name = "queue",
					     .type = map_type(MAP_KIND_QUEUE),
					     .value_size = 16,
					     .max_entries = 4 };
	loaded->prog = (struct prog){ .name = "p",
				      .section = "",
				      .dialect = W,
				      .type = spec_prog_type_by_name(W, "sample"),
				      .insns = changing,
				      .insn_count = ARRAY_COUNT(changing),
				      .subprogs = &loaded->subprog,
				      .subprog_count = 1,
				      .maps = loaded->defs,
				      .map_count = 3 };
	return loaded;
}

static struct runtime_prog *load(struct shared *s)
{
	static const enum map_kind kinds[] = { MAP_KIND_HASH, MAP_KIND_PERCPU_HASH,
					       MAP_KIND_LRU_HASH, MAP_KIND_LRU_PERCPU_HASH };
	struct loaded *loaded = describe(
		s, kinds[__atomic_load_n(&s->loads, __ATOMIC_RELAXED) % ARRAY_COUNT(kinds)]);
	struct map *maps[3] = { NULL };
	struct runtime_prog_options options = { .size = sizeof(options),
						.prog = &loaded->prog,
						.engine = engine_default(),
						.maps = maps,
						.release = on_release,
						.release_arg = loaded };
	struct runtime_prog *prog = NULL;
	struct error err = { 0 };

	if (runtime_create_maps(s->rt, loaded->defs, 3, maps, &err) != 0 ||
	    runtime_load_prog(s->rt, &options, &prog, &err) != 0 ||
	    runtime_set_tail_call(maps[1], 0, prog, &err) != 0) {
		fprintf(stderr, "a program cannot be loaded: %s\n", err.text);
		abort();
	}
	__atomic_fetch_add(&s->loads, 1, __ATOMIC_RELAXED);
	map_free(maps[0]);
	map_free(maps[2]);
	map_free(maps[1]); /* the array's last user: it lets go of the program */
	return prog;
}

/* With a reference. */
static struct runtime_prog *pick(struct job *job)
{
	struct shared *s = job->shared;
	struct runtime_prog *prog;

	os_mutex_take(&s->mutex);
	prog = s->progs[random_below(&job->random, 4)];
	core_get_user(prog_core(prog));
	os_mutex_give(&s->mutex);
	return prog;
}

static void *replace_programs(void *arg)
{
	struct job *job = arg;
	struct shared *s = job->shared;

	for (u32 round = 0; goes_on(job, round); round++) {
		struct runtime_prog *prog = load(s), *old;
		u32 i = random_below(&job->random, 4);
		char path[32];

		snprintf(path, sizeof(path), "/sys/fs/bpf/p%u", i);
		if (runtime_pin(s->rt, path, prog_core(prog), NULL) == 0 &&
		    runtime_unpin(s->rt, path, NULL) != 0)
			wrong(job, "a pin is gone");
		os_mutex_take(&s->mutex);
		old = s->progs[i];
		s->progs[i] = prog;
		os_mutex_give(&s->mutex);
		core_put_user(prog_core(old));
	}
	return NULL;
}

/* --- events and runs --- */

static void *send_events(void *arg)
{
	struct job *job = arg;
	struct shared *s = job->shared;
	struct sample_context ctx = { .helper_data_1 = 1 };
	u8 data[16] = { 0 };
	u32 verdict;

	for (u32 round = 0; goes_on(job, round); round++) {
		ctx.uint32_data = random_below(&job->random, 3);
		if (sample_extension_event(&s->ext, &ctx, data, sizeof(data), &verdict) < 0)
			continue; /* no slot */
		if (verdict != 0 && verdict != 2)
			wrong(job, "a verdict that no program gave");
		__atomic_fetch_add(&s->events, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void *run_programs(void *arg)
{
	struct job *job = arg;
	struct shared *s = job->shared;

	for (u32 round = 0; goes_on(job, round); round++) {
		struct runtime_run run = { .repeat = 3, .batch = 2 };
		struct error err;
		struct runtime_prog *prog = pick(job);
		int r = runtime_run(prog, &run, &err);

		if (r != 0 && r != ERR_BUSY)
			wrong(job, err.text);
		core_put_user(prog_core(prog));
		run = (struct runtime_run){ 0 };
		r = runtime_run(s->function_user, &run, &err);
		if (r != 0 && r != ERR_BUSY && r != ERR_NOTSUP)
			wrong(job, err.text);
		if (r == 0 && run.result != 42)
			wrong(job, "a function gave another result");
	}
	return NULL;
}

/* --- links --- */

static void *attach_and_detach(void *arg)
{
	struct job *job = arg;
	struct shared *s = job->shared;
	struct runtime_link *links[6] = { NULL };

	for (u32 round = 0; goes_on(job, round); round++) {
		struct runtime_prog *prog = pick(job);
		u32 i = random_below(&job->random, 6), param = random_below(&job->random, 3);
		struct link_options options = { .size = sizeof(options),
						.prog = prog,
						.attach_type = hook_guid,
						.param = &param,
						.param_len = param == 0 ? 0 : 4 };
		struct error err;

		if (links[i] == NULL) {
			if (link_attach(s->rt, &options, &links[i], &err) != 0)
				wrong(job, err.text);
		} else if (random_below(&job->random, 3) == 0) {
			if (link_update(links[i], prog, NULL, &err) != 0)
				wrong(job, err.text);
		} else {
			if (random_below(&job->random, 2) == 0 && link_detach(links[i]) != 0)
				wrong(job, "a link is detached already");
			core_put_user(link_core(links[i]));
			links[i] = NULL;
		}
		core_put_user(prog_core(prog));
	}
	for (u32 i = 0; i < 6; i++)
		if (links[i] != NULL)
			core_put_user(link_core(links[i]));
	return NULL;
}

/* --- maps of programs, from the application's side --- */

/* Values of all CPUs, taken out as a whole. */
static void check_pairs(struct job *job, const struct map *map, const u64 *pairs)
{
	for (size_t i = 0; i < map_value_size(map) / 8; i += 2)
		if (pairs[i] != pairs[i + 1])
			wrong(job, "two updates in one value");
}

static void change_hash(struct job *job, struct map *map)
{
	u32 key = random_below(&job->random, 8), count = 4, cursor, keys[4];
	u64 pairs[4 * 2 * CPUS];
	int r = 0;

	for (u32 i = 0; i < ARRAY_COUNT(pairs); i++)
		pairs[i] = job->random;
	switch (random_below(&job->random, 6)) {
	case 0: r = map_read(map, &key, pairs); break;
	case 1: r = map_delete(map, &key); break;
	case 2: r = map_read_batch(map, NULL, &cursor, keys, pairs, &count, true); break;
	case 3:
		r = map_take(map, &key, pairs);
		if (r == 0)
			check_pairs(job, map, pairs);
		break;
	default: r = map_write(map, &key, pairs, random_below(&job->random, 3));
	}
	if (r != 0 && r != ERR_EXIST && r != ERR_NOENT && r != ERR_TOOBIG && r != ERR_NOMEM &&
	    r != ERR_NOSPC)
		wrong(job, "a hash does not do as it is told");
}

static void change_queue(struct job *job, struct map *map)
{
	u64 pair[2] = { job->random, job->random };
	int r = random_below(&job->random, 2) == 0 ? map_write(map, NULL, pair, 0)
						   : map_take(map, NULL, pair);

	if (r != 0 && r != ERR_NOENT && r != ERR_TOOBIG)
		wrong(job, "a queue does not do as it is told");
	if (r == 0 && pair[0] != pair[1])
		wrong(job, "two values in one");
}

/* Those of the map after the last one. */
static void use_next_map(struct job *job)
{
	struct shared *s = job->shared;
	struct map *map;

	job->map_id = runtime_next_id(s->rt, CORE_MAP, job->map_id);
	map = job->map_id == 0 ? NULL : runtime_get_map(s->rt, job->map_id);
	if (map == NULL)
		return;
	for (u32 i = 0; i < 20; i++) {
		if (map->def.type == map_type(MAP_KIND_QUEUE))
			change_queue(job, map);
		else if (strcmp(map->core.name, "hash") == 0)
			change_hash(job, map);
	}
	map_free(map);
}

/* --- maps of an extension, which comes and goes --- */

static void use_map(struct job *job, struct map *map, bool objects)
{
	u32 key = random_below(&job->random, 6), value[2] = { 5 + key, 1 }, out[2];
	int r = map_write(map, &key, value, random_below(&job->random, 3));

	if (r != 0 && r != ERR_EXIST && r != ERR_NOENT && r != ERR_TOOBIG && r != ERR_NOTSUP)
		wrong(job, "a map of an extension does not take a value");
	r = map_read(map, &key, out);
	if (r == 0 && out[0] != value[0])
		wrong(job, objects ? "another handle" : "another value");
	if (random_below(&job->random, 2) == 0)
		(void)!map_delete(map, &key);
	else
		(void)!map_take(map, &key, out);
}

static void *use_maps(void *arg)
{
	struct job *job = arg;
	struct shared *s = job->shared;

	for (u32 round = 0; goes_on(job, round); round++) {
		bool objects = random_below(&job->random, 2) == 0;
		struct prog_map def = { .name = "custom",
					.type = spec_map_type_by_number(
						W, objects ? SAMPLE_OBJECT_MAP : SAMPLE_MAP),
					.key_size = 4,
					.value_size = objects ? 4 : 8,
					.max_entries = 4,
					.inner = PROG_NO_INDEX };
		struct runtime_map_options options = { .size = sizeof(options), .def = &def };
		struct map *map;
		int r = runtime_create_map(s->rt, &options, &map, NULL);

		if (r != 0 && r != ERR_NOTSUP)
			wrong(job, "a map of an extension cannot be made");
		for (u32 i = 0; r == 0 && i < 8; i++)
			use_map(job, map, objects);
		if (r == 0)
			map_free(map);
		for (u32 i = 0; i < 8; i++)
			use_next_map(job);
	}
	return NULL;
}

/* --- handles --- */

static void *use_handles(void *arg)
{
	struct job *job = arg;
	struct shared *s = job->shared;
	u64 handles[8] = { 0 };

	for (u32 round = 0; goes_on(job, round); round++) {
		u64 *handle = &handles[random_below(&job->random, 8)];
		struct core_object *object;

		if (*handle == 0) {
			struct runtime_prog *prog = pick(job);

			if (client_add(s->client, prog_core(prog), CLIENT_READ, handle) != 0)
				wrong(job, "no handle");
			continue;
		}
		if (client_get(s->client, *handle, CORE_PROG, CLIENT_READ, &object) != 0) {
			wrong(job, "a handle is gone");
			*handle = 0;
			continue;
		}
		core_put_user(object);
		if (random_below(&job->random, 2) == 0)
			continue;
		if (client_close(s->client, *handle) != 0 ||
		    client_close(s->client, *handle) != ERR_BADF)
			wrong(job, "a handle is not closed once");
		*handle = 0;
	}
	return NULL; /* what is open is the client's */
}

/* --- administration --- */

static void look_around(struct job *job)
{
	struct shared *s = job->shared;
	struct runtime_prog_info prog_info;
	struct runtime_map_info map_info;
	struct link_info link_info;
	u32 id = 0;

	while ((id = runtime_next_id(s->rt, CORE_PROG, id)) != 0) {
		struct runtime_prog *prog = runtime_get_prog(s->rt, id);

		if (prog == NULL)
			continue;
		runtime_prog_info(prog, &prog_info);
		if (prog_info.id != id)
			wrong(job, "a program with another id");
		core_put_user(prog_core(prog));
	}
	while ((id = runtime_next_id(s->rt, CORE_MAP, id)) != 0) {
		struct map *map = runtime_get_map(s->rt, id);

		if (map == NULL)
			continue;
		runtime_map_info(s->rt, map, &map_info);
		map_free(map);
	}
	while ((id = runtime_next_id(s->rt, CORE_LINK, id)) != 0) {
		struct runtime_link *link = runtime_get_link(s->rt, id);

		if (link == NULL)
			continue;
		link_get_info(link, &link_info);
		core_put_user(link_core(link));
	}
}

static void *administrate(void *arg)
{
	struct job *job = arg;
	struct shared *s = job->shared;
	const struct ext_function row = { .header = EXT_HEADER(struct ext_function, address),
					  .name = "triple",
					  .address = triple };
	const struct ext_functions table = { EXT_HEADER(struct ext_functions, functions),
					     module_guid, 1, &row };

	for (u32 round = 0; goes_on(job, round); round++) {
		struct provider *provider;

		look_around(job);
		if (runtime_count_runs(s->rt, true, NULL) != 0 ||
		    runtime_register_functions(s->rt, &table, &provider, NULL) != 0) {
			wrong(job, "cannot register");
			break;
		}
		look_around(job);
		runtime_unregister(s->rt, provider);
		sample_maps_stop(&s->ext);
		if (s->ext.maps_alive != 0 || s->ext.elements_alive != 0)
			wrong(job, "an extension left something in its maps");
		if (sample_maps_start(&s->ext, NULL) != 0)
			wrong(job, "map types cannot come back");
		if (runtime_count_runs(s->rt, false, NULL) != 0)
			wrong(job, "cannot stop counting");
	}
	return NULL;
}

/* --- all of it --- */

/* The program that needs the provider is loaded while it is there. */
static int load_function_user(struct shared *s, struct prog *prog, struct prog_subprog *subprog)
{
	const struct ext_function row = { .header = EXT_HEADER(struct ext_function, address),
					  .name = "triple",
					  .address = triple };
	const struct ext_functions table = { EXT_HEADER(struct ext_functions, functions),
					     module_guid, 1, &row };
	struct runtime_prog_options options = { .size = sizeof(options),
						.prog = prog,
						.engine = engine_default() };
	struct provider *provider;
	int r = runtime_register_functions(s->rt, &table, &provider, NULL);

	if (r < 0)
		return r;
	*subprog = (struct prog_subprog){ .name = "f", .count = ARRAY_COUNT(by_name) };
	*prog = (struct prog){ .name = "f",
			       .section = "",
			       .dialect = W,
			       .type = spec_prog_type_by_name(W, "bind"),
			       .insns = by_name,
			       .insn_count = ARRAY_COUNT(by_name),
			       .subprogs = subprog,
			       .subprog_count = 1,
			       .funcs = &func,
			       .func_count = 1 };
	r = runtime_load_prog(s->rt, &options, &s->function_user, NULL);
	runtime_unregister(s->rt, provider);
	return r;
}

static void run_all(struct shared *s)
{
	static void *(*const roles[THREADS])(
		void *) = { send_events,       send_events,  run_programs, replace_programs,
			    attach_and_detach, administrate, use_maps,	   use_handles };
	pthread_t threads[THREADS];
	struct job jobs[THREADS];

	for (u32 i = 0; i < THREADS; i++) {
		jobs[i] = (struct job){ s, 0x1234567 + i, 0 };
		if (pthread_create(&threads[i], NULL, roles[i], &jobs[i]) != 0)
			abort();
	}
	for (u32 i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void everything_at_once(void)
{
	struct runtime_options options = { .size = sizeof(options), .dialect = W, .cpus = CPUS };
	struct client_options client_options = { .size = sizeof(client_options) };
	const char *seconds = getenv("ORIEL_STRESS_SECONDS");
	struct shared s = { 0 };
	struct prog prog;
	struct prog_subprog subprog;
	struct error err;

	CHECK_EQ(runtime_new(&options, &s.rt, &err), 0);
	CHECK_EQ(sample_extension_start(s.rt, &s.ext, &err), 0);
	CHECK_EQ(load_function_user(&s, &prog, &subprog), 0);
	CHECK_EQ(client_new(s.rt, &client_options, &s.client, &err), 0);
	/* Soon the ids begin again. */
	for (u32 i = 0; i < CORE_KINDS; i++)
		s.rt->ids[i].last = CORE_IDS_MAX - 100;
	for (u32 i = 0; i < 4; i++)
		s.progs[i] = load(&s);
	if (seconds != NULL)
		s.until = os_clock_monotonic() + strtoull(seconds, NULL, 10) * 1000000000;
	run_all(&s);
	CHECK_EQ(s.wrong, 0);
	CHECK(s.events > 0);
	CHECK_EQ(runtime_next_id(s.rt, CORE_LINK, 0), 0);
	client_free(s.client);
	s.client = NULL;
	for (u32 i = 0; i < 4; i++) {
		core_put_user(prog_core(s.progs[i]));
		s.progs[i] = NULL;
	}
	core_put_user(prog_core(s.function_user));
	s.function_user = NULL;
	epoch_synchronize(&s.rt->epoch);
	CHECK_EQ(s.released, s.loads);
	CHECK_EQ(runtime_next_id(s.rt, CORE_PROG, 0), 0);
	CHECK_EQ(runtime_next_id(s.rt, CORE_MAP, 0), 0);
	CHECK_EQ(s.rt->account.used, 0);
out:
	for (u32 i = 0; i < 4; i++)
		if (s.progs[i] != NULL)
			core_put_user(prog_core(s.progs[i]));
	if (s.function_user != NULL)
		core_put_user(prog_core(s.function_user));
	client_free(s.client);
	if (s.rt != NULL)
		sample_extension_stop(&s.ext);
	runtime_free(s.rt);
}

TAP_MAIN(TAP_TEST(everything_at_once))
