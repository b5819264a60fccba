/* SPDX-License-Identifier: MIT */
/* Objects of a runtime: ids, who keeps what alive, pins and their paths. */
#include "runtime_hand.h"

#include "runtime/objects.h"

#define L DIALECT_LINUX
#define W DIALECT_WINDOWS

static struct prog_map map_def(const char *name, enum map_kind kind, u32 value_size)
{
	return (struct prog_map){ .name = name,
				  .type = map_type(kind),
				  .key_size = 4,
				  .value_size = value_size,
				  .max_entries = 4 };
}

static int make_map(struct runtime *rt, const char *name, enum map_kind kind, struct map **ret_map)
{
	struct prog_map def = map_def(name, kind, kind == MAP_KIND_PROG_ARRAY ? 4 : 8);
	struct runtime_map_options options = { .size = sizeof(options), .def = &def };

	return runtime_create_map(rt, &options, ret_map, NULL);
}

/* --- paths --- */

static void paths(void)
{
	static const struct {
		const char *from, *to; /* NULL: refused */
	} rows[] = {
		{ "name", "BPF:\\name" },
		{ "/name", "BPF:\\name" },
		{ "\\a/b\\c", "BPF:\\a\\b\\c" },
		{ "BPF:\\name", "BPF:\\name" },
		{ "BPF:name", "BPF:\\name" },
		{ "BPF:/a//b/./c/", "BPF:\\a\\b\\c" },
		{ "/ebpf/global/name", "BPF:\\name" },
		{ "BPF:\\ebpf\\global\\a\\b", "BPF:\\a\\b" },
		{ "/ebpf/global", "BPF:\\ebpf\\global" },
		{ "/ebpf/globals/x", "BPF:\\ebpf\\globals\\x" },
		{ "/sys/fs/bpf/name", "BPF:\\name" },
		{ "/sys/fs/bpf/a/../b", "BPF:\\b" },
		{ "a/../../b", NULL },
		{ "..", NULL },
		{ "a/..", NULL },
		{ "", NULL },
		{ "BPF:", NULL },
		{ "/", NULL },
		{ "a:b", NULL },
		{ "C:\\a", NULL },
		{ "BPF:\\a:b", NULL },
		{ "bpf:\\a", NULL },
		{ "Name", "BPF:\\Name" },
		{ "a/...", "BPF:\\a\\..." },
	};
	char path[RUNTIME_PATH], longest[RUNTIME_PATH + 4];
	struct error err;

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		int r = pin_canonical(rows[i].from, path, &err);

		CHECK_EQ(r, rows[i].to == NULL ? ERR_INVAL : 0);
		if (rows[i].to != NULL)
			CHECK_STR(path, rows[i].to);
	}
	/* BPF:\ and 250 characters are 255 and a terminator. */
	memset(longest, 'x', sizeof(longest));
	longest[251] = '\0';
	CHECK_EQ(pin_canonical(longest, path, &err), ERR_TOOBIG);
	longest[250] = '\0';
	CHECK_EQ(pin_canonical(longest, path, &err), 0);
	CHECK_EQ(strlen(path), 255);
out:;
}

static void pins(void)
{
	struct hand h = { 0 };
	struct map *map = NULL, *again;
	struct core_object *object = NULL;
	enum core_kind kind;
	char path[RUNTIME_PATH] = "";
	struct error err;
	u32 id;

	CHECK_EQ(hand_new(&h, L, NULL, 0), 0);
	CHECK_EQ(make_map(h.rt, "m", MAP_KIND_HASH, &map), 0);
	id = map->core.id;
	CHECK_EQ(runtime_pin(h.rt, "/sys/fs/bpf/b", &map->core, &err), 0);
	CHECK_EQ(runtime_pin(h.rt, "BPF:\\b", &map->core, &err), ERR_EXIST);
	CHECK(strstr(err.text, "BPF:\\b is taken") != NULL);
	CHECK_EQ(runtime_pin(h.rt, "a", &map->core, &err), 0);
	CHECK_EQ(runtime_pin(h.rt, "a/../..", &map->core, &err), ERR_INVAL);
	CHECK_EQ(map->core.pins, 2);
	/* In order. */
	CHECK_EQ(runtime_next_pin(h.rt, path, ~0u, path, &kind), 0);
	CHECK_STR(path, "BPF:\\a");
	CHECK_EQ(kind, CORE_MAP);
	CHECK_EQ(runtime_next_pin(h.rt, path, 1u << CORE_MAP, path, &kind), 0);
	CHECK_STR(path, "BPF:\\b");
	CHECK_EQ(runtime_next_pin(h.rt, path, ~0u, path, &kind), ERR_NOENT);
	CHECK_EQ(runtime_next_pin(h.rt, "", 1u << CORE_PROG, path, &kind), ERR_NOENT);
	/* The pins keep it. */
	map_free(map);
	map = NULL;
	CHECK_EQ(runtime_pinned(h.rt, "\\ebpf\\global\\a", &object, &err), 0);
	again = core_to_map(object);
	CHECK(again != NULL && core_to_prog(object) == NULL && again->core.id == id);
	CHECK_EQ(runtime_unpin(h.rt, "a", &err), 0);
	CHECK_EQ(runtime_unpin(h.rt, "a", &err), ERR_NOENT);
	CHECK_EQ(again->core.pins, 1);
	core_put_user(object);
	object = NULL;
	CHECK_EQ(runtime_next_id(h.rt, CORE_MAP, 0), id);
	CHECK_EQ(runtime_unpin(h.rt, "b", &err), 0);
	CHECK_EQ(runtime_next_id(h.rt, CORE_MAP, 0), 0);
	CHECK_EQ(runtime_pinned(h.rt, "b", &object, &err), ERR_NOENT);
out:
	core_put_user(object);
	map_free(map);
	hand_fini(&h);
}

static void reuse(void)
{
	struct hand h = { 0 };
	struct prog_map def = map_def("shared", MAP_KIND_HASH, 8);
	struct runtime_map_options options = { .size = sizeof(options), .def = &def };
	struct map *first = NULL, *second = NULL;
	struct error err;
	bool reused = true;

	CHECK_EQ(hand_new(&h, L, NULL, 0), 0);
	CHECK_EQ(runtime_reuse_map(h.rt, &options, NULL, &first, &reused, &err), 0);
	CHECK(!reused);
	CHECK_EQ(runtime_reuse_map(h.rt, &options, "/sys/fs/bpf/shared", &second, &reused, &err),
		 0);
	CHECK(reused && second == first);
	map_free(second);
	second = NULL;
#define REFUSED(field, value, what)                                                       \
	do {                                                                              \
		struct prog_map saved = def;                                              \
		def.field = value;                                                        \
		CHECK_EQ(runtime_reuse_map(h.rt, &options, NULL, &second, &reused, &err), \
			 ERR_EXIST);                                                      \
		CHECK(strstr(err.text, what) != NULL);                                    \
		CHECK(strstr(err.text, "path BPF:\\shared: ") != NULL);                   \
		def = saved;                                                              \
	} while (0)
	REFUSED(type, map_type(MAP_KIND_LRU_HASH), "is a hash, the definition's is a lru_hash");
	REFUSED(type, NULL, "definition's is a ?");
	REFUSED(key_size, 8, "key_size 4, the definition 8");
	REFUSED(value_size, 4, "value_size 8, the definition 4");
	REFUSED(max_entries, 5, "max_entries 4, the definition 5");
	REFUSED(flags, 1, "flags 0, the definition 1");
	def.name = NULL;
	CHECK_EQ(runtime_reuse_map(h.rt, &options, NULL, &second, &reused, &err), ERR_INVAL);
	def.name = "../x";
	CHECK_EQ(runtime_reuse_map(h.rt, &options, NULL, &second, &reused, &err), ERR_INVAL);
out:
	map_free(first);
	map_free(second);
	hand_fini(&h);
}

/* --- ids --- */

static void ids(void)
{
	struct hand h = { 0 };
	struct map *maps[3] = { NULL }, *found = NULL;
	struct runtime_map_info info;
	u32 id;

	CHECK_EQ(hand_new(&h, W, NULL, 0), 0);
	for (u32 i = 0; i < 3; i++)
		CHECK_EQ(make_map(h.rt, "abc", MAP_KIND_LRU_HASH, &maps[i]), 0);
	CHECK_EQ(maps[0]->core.id, 1);
	CHECK_EQ(maps[2]->core.id, 3);
	map_free(maps[1]);
	maps[1] = NULL;
	CHECK_EQ(runtime_next_id(h.rt, CORE_MAP, 0), 1);
	CHECK_EQ(runtime_next_id(h.rt, CORE_MAP, 1), 3);
	CHECK_EQ(runtime_next_id(h.rt, CORE_MAP, 3), 0);
	CHECK_EQ(runtime_next_id(h.rt, CORE_MAP, UINT32_MAX), 0);
	CHECK_EQ(runtime_next_id(h.rt, CORE_PROG, 0), 0);
	/* Ids are not given again soon. */
	CHECK_EQ(make_map(h.rt, "abc", MAP_KIND_LRU_HASH, &maps[1]), 0);
	CHECK_EQ(maps[1]->core.id, 4);
	CHECK(runtime_get_map(h.rt, 2) == NULL && runtime_get_map(h.rt, 0) == NULL);
	CHECK(runtime_get_map(h.rt, UINT32_MAX) == NULL);
	found = runtime_get_map(h.rt, 4);
	CHECK(found == maps[1]);
	map_free(found);
	found = NULL;
	/* Round the end, past those that are taken, with a chunk that is not there yet. */
	h.rt->ids[CORE_MAP].last = CORE_IDS_MAX - 2;
	map_free(maps[1]);
	maps[1] = NULL;
	CHECK_EQ(make_map(h.rt, "abc", MAP_KIND_LRU_HASH, &maps[1]), 0);
	CHECK_EQ(maps[1]->core.id, CORE_IDS_MAX - 1);
	id = 3;
	CHECK(core_table_walk(&h.rt->ids[CORE_MAP], &id) == &maps[1]->core);
	CHECK_EQ(id, CORE_IDS_MAX - 1);
	map_free(maps[0]);
	maps[0] = NULL;
	CHECK_EQ(make_map(h.rt, "abc", MAP_KIND_LRU_HASH, &maps[0]), 0);
	CHECK_EQ(maps[0]->core.id, 1);
	runtime_map_info(h.rt, maps[2], &info);
	CHECK_EQ(info.id, 3);
	CHECK_EQ(info.type_number, 8);
	CHECK_EQ(info.value_size, 8);
	CHECK_STR(info.name, "abc");
	CHECK_STR(info.type, "lru_hash");
out:
	for (u32 i = 0; i < 3; i++)
		map_free(maps[i]);
	map_free(found);
	hand_fini(&h);
}

/* --- who keeps what --- */

static const struct insn use_map[] = { LOAD_MAP(1, 0), MOV_IMM(0, 7), EXIT };

struct released {
	struct prog prog;
	struct prog_subprog subprog;
	struct prog_map defs[2];
	u32 count;
};

static void on_release(void *arg)
{
	struct released *released = arg;

	released->count++;
}

static int load(struct runtime *rt, struct released *r, struct map *const *maps,
		struct runtime_prog **ret_prog)
{
	struct runtime_prog_options options = { .size = sizeof(options),
						.prog = &r->prog,
						.engine = engine_default(),
						.maps = maps,
						.release = on_release,
						.release_arg = r };

	r->subprog = (struct prog_subprog){ .name = "p", .count = ARRAY_COUNT(use_map) };
	r->defs[0] = map_def("used", MAP_KIND_HASH, 8);
	r->defs[1] = map_def("unused", MAP_KIND_HASH, 8);
	r->prog = (struct prog){ .name = "p",
				 .section = "",
				 .dialect = L,
				 .type = spec_prog_type_by_name(L, "xdp"),
				 .insns = use_map,
				 .insn_count = ARRAY_COUNT(use_map),
				 .subprogs = &r->subprog,
				 .subprog_count = 1,
				 .maps = r->defs,
				 .map_count = 2 };
	return runtime_load_prog(rt, &options, ret_prog, NULL);
}

static void a_program_keeps_its_maps(void)
{
	struct hand h = { 0 };
	struct released released = { 0 };
	struct map *maps[2] = { NULL };
	struct runtime_prog *prog = NULL, *found = NULL;
	struct runtime_prog_info info;
	struct runtime_run run = { 0 };
	u32 ids[2] = { 0, 99 };

	CHECK_EQ(hand_new(&h, L, NULL, 0), 0);
	CHECK_EQ(make_map(h.rt, "used", MAP_KIND_HASH, &maps[0]), 0);
	CHECK_EQ(make_map(h.rt, "unused", MAP_KIND_HASH, &maps[1]), 0);
	CHECK_EQ(load(h.rt, &released, maps, &prog), 0);
	map_free(maps[0]);
	map_free(maps[1]);
	maps[0] = maps[1] = NULL;
	CHECK_EQ(runtime_next_id(h.rt, CORE_MAP, 0), 1);
	CHECK_EQ(runtime_next_id(h.rt, CORE_MAP, 1), 0);
	CHECK_EQ(runtime_prog_map_ids(prog, ids, 2), 1);
	CHECK_EQ(ids[0], 1);
	CHECK_EQ(ids[1], 99);
	CHECK_EQ(runtime_count_runs(h.rt, true, NULL), 0);
	CHECK_EQ(runtime_run(prog, &run, NULL), 0);
	run.repeat = 150;
	CHECK_EQ(runtime_run(prog, &run, NULL), 0);
	CHECK_EQ(runtime_count_runs(h.rt, false, NULL), 0);
	CHECK_EQ(runtime_run(prog, &run, NULL), 0);
	found = runtime_get_prog(h.rt, prog->core.id);
	CHECK(found == prog);
	runtime_prog_info(prog, &info);
	CHECK_EQ(info.runs, 151);
	CHECK(info.run_ns > 0 && info.runnable && !info.verified);
	CHECK_EQ(info.map_count, 1);
	CHECK_STR(info.mode, "interpret");
	CHECK_STR(info.type, "xdp");
	core_put_user(prog_core(prog));
	prog = NULL;
	CHECK_EQ(released.count, 0);
	core_put_user(prog_core(found));
	found = NULL;
	CHECK_EQ(released.count, 1);
	CHECK_EQ(runtime_next_id(h.rt, CORE_MAP, 0), 0);
	CHECK_EQ(runtime_next_id(h.rt, CORE_PROG, 0), 0);
out:
	for (u32 i = 0; i < 2; i++)
		map_free(maps[i]);
	if (prog != NULL)
		core_put_user(prog_core(prog));
	if (found != NULL)
		core_put_user(prog_core(found));
	hand_fini(&h);
}

/* A program in an array that it uses itself. */
static void circles_end(void)
{
	struct hand h = { 0 };
	struct released released = { 0 };
	struct map *maps[2] = { NULL };
	struct runtime_prog *prog = NULL;
	u32 key = 1, id = 0;

	CHECK_EQ(hand_new(&h, L, NULL, 0), 0);
	CHECK_EQ(make_map(h.rt, "array", MAP_KIND_PROG_ARRAY, &maps[0]), 0);
	CHECK_EQ(load(h.rt, &released, maps, &prog), 0);
	CHECK_EQ(runtime_set_tail_call(maps[0], 1, prog, NULL), 0);
	CHECK_EQ(runtime_set_tail_call(maps[0], 4, prog, NULL), ERR_RANGE);
	CHECK_EQ(map_read(maps[0], &key, &id), 0);
	CHECK_EQ(id, prog->core.id);
	CHECK_EQ(runtime_pin(h.rt, "array", &maps[0]->core, NULL), 0);
	map_free(maps[0]);
	maps[0] = NULL;
	core_put_user(prog_core(prog));
	prog = NULL;
	CHECK_EQ(runtime_next_id(h.rt, CORE_PROG, 0), id);
	CHECK_EQ(runtime_unpin(h.rt, "array", NULL), 0);
	CHECK_EQ(runtime_next_id(h.rt, CORE_PROG, 0), 0);
	CHECK_EQ(runtime_next_id(h.rt, CORE_MAP, 0), 0);
	CHECK_EQ(released.count, 1);
out:
	map_free(maps[0]);
	if (prog != NULL)
		core_put_user(prog_core(prog));
	hand_fini(&h);
}

TAP_MAIN(TAP_TEST(paths), TAP_TEST(pins), TAP_TEST(reuse), TAP_TEST(ids),
	 TAP_TEST(a_program_keeps_its_maps), TAP_TEST(circles_end))
