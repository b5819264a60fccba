/* SPDX-License-Identifier: MIT */
/* oriel/runtime.h and oriel/load.h, with the samples as the build makes them. */
#include "object_fixture.h"
#include "tap.h"

#include <oriel/load.h>

/* What a program of type bind gets. */
struct event {
	struct oriel_context_header header;
	uint64_t words[7];
};

struct world {
	struct oriel_runtime *runtime;
	struct oriel_object *object;
	struct oriel_hook *hook;
	struct oriel_loaded *loaded;
	struct oriel_link *link;
	struct oriel_error error;
	uint32_t lines;
};

static void count_line(void *arg, const char *text, size_t length)
{
	struct world *w = arg;

	w->lines += text[length] == '\0';
}

static int open_world(struct world *w, const char *sample, uint32_t flags)
{
	struct oriel_runtime_options options = { .size = sizeof(options),
						 .print = count_line,
						 .print_arg = w,
						 .dialect = ORIEL_DIALECT_WINDOWS,
						 .cpus = 2 };
	struct oriel_hook_options hook = { .size = sizeof(hook),
					   .program_type = "bind",
					   .flags = flags };
	char path[400];
	int status = oriel_runtime_new(&options, &w->runtime, &w->error);

	snprintf(path, sizeof(path), "%s/%s.o", TEST_SAMPLES, sample);
	if (status == 0)
		status = oriel_hook_new(w->runtime, &hook, &w->hook, &w->error);
	if (status == 0)
		status = oriel_object_open_file(path, NULL, &w->object, &w->error);
	return status;
}

static void close_world(struct world *w)
{
	oriel_object_free(w->object);
	oriel_link_free(w->link);
	oriel_loaded_free(w->loaded);
	oriel_hook_free(w->hook);
	oriel_runtime_free(w->runtime);
}

static void events(void)
{
	struct world w = { 0 };
	struct event event = { { { 0 } }, { 0 } };
	struct oriel_live_map_info info = { .size = sizeof(info) };
	struct oriel_map *map;
	uint32_t key = 0, verdict = 9, next;
	uint64_t value = 0;

	CHECK_EQ(open_world(&w, "bind_count", 0), 0);
	CHECK_EQ(oriel_hook_run(w.hook, 0, event.words, 56, &verdict), 0);
	CHECK_EQ(verdict, 0);
	CHECK_EQ(oriel_load(w.runtime, w.object, NULL, &w.loaded, &w.error), 0);
	/* What is loaded keeps what it needs. */
	oriel_object_free(w.object);
	w.object = NULL;
	CHECK_EQ(oriel_loaded_attach(w.loaded, "none", w.hook, 0, &w.link, &w.error),
		 ORIEL_ERR_NOENT);
	CHECK_EQ(oriel_loaded_attach(w.loaded, NULL, w.hook, 5, &w.link, &w.error),
		 ORIEL_ERR_INVAL);
	CHECK_EQ(oriel_loaded_attach(w.loaded, "BindCount", w.hook, 0, &w.link, &w.error), 0);
	for (uint32_t i = 1; i <= 5; i++) {
		CHECK_EQ(oriel_hook_run(w.hook, 7, event.words, 56, &verdict), 1);
		CHECK_EQ(verdict, i > 3);
	}
	CHECK_EQ(w.lines, 5);
	CHECK_EQ(oriel_hook_run(w.hook, 0, event.words, 55, &verdict), ORIEL_ERR_INVAL);
	map = oriel_loaded_map(w.loaded, "binds");
	CHECK(map != NULL && oriel_loaded_map(w.loaded, "bind") == NULL);
	CHECK_EQ(oriel_map_get_info(map, &info), 0);
	CHECK_STR(info.type, "array");
	CHECK_STR(info.name, "binds");
	CHECK_EQ(info.value_size, 8);
	CHECK_EQ(oriel_map_lookup(map, &key, &value), 0);
	CHECK_EQ(value, 5);
	CHECK_EQ(oriel_map_lookup(map, NULL, &value), ORIEL_ERR_INVAL);
	value = 0;
	CHECK_EQ(oriel_map_update(map, &key, &value, ORIEL_MAP_EXIST), 0);
	CHECK_EQ(oriel_map_next_key(map, NULL, &next), 0);
	CHECK_EQ(next, 0);
	CHECK_EQ(oriel_map_next_key(map, &next, &next), ORIEL_ERR_NOENT);
	CHECK_EQ(oriel_hook_run(w.hook, 0, event.words, 56, &verdict), 1);
	CHECK_EQ(verdict, 0);
	/* The program stays attached when nobody holds what was loaded. */
	oriel_loaded_free(w.loaded);
	w.loaded = NULL;
	CHECK_EQ(oriel_hook_run(w.hook, 0, event.words, 56, &verdict), 1);
	oriel_link_free(w.link);
	w.link = NULL;
	CHECK_EQ(oriel_hook_run(w.hook, 0, event.words, 56, &verdict), 0);
out:
	close_world(&w);
}

static void parameters(void)
{
	struct world w = { 0 };
	struct oriel_link *other = NULL;
	struct event event = { { { 0 } }, { 0 } };
	uint32_t verdict;

	CHECK_EQ(open_world(&w, "bind_count", ORIEL_HOOK_PARAMETER | ORIEL_HOOK_MULTI), 0);
	CHECK_EQ(oriel_load(w.runtime, w.object, NULL, &w.loaded, &w.error), 0);
	CHECK_EQ(oriel_loaded_attach(w.loaded, NULL, w.hook, 7, &w.link, &w.error), 0);
	CHECK_EQ(oriel_loaded_attach(w.loaded, NULL, w.hook, 0, &other, &w.error), 0);
	CHECK_EQ(oriel_hook_run(w.hook, 0, event.words, 56, &verdict), 1);
	CHECK_EQ(oriel_hook_run(w.hook, 7, event.words, 56, &verdict), 2);
	CHECK_EQ(oriel_hook_run(w.hook, 8, event.words, 56, &verdict), 1);
out:
	oriel_link_free(other);
	close_world(&w);
}

static void runs(void)
{
	struct world w = { 0 };
	struct oriel_run run = { .size = sizeof(run), .repeat = 3 };
	struct oriel_load_options options = { .size = sizeof(options), .program = "BindCount" };

	CHECK_EQ(open_world(&w, "bind_count", 0), 0);
	CHECK_EQ(oriel_load(w.runtime, w.object, &options, &w.loaded, &w.error), 0);
	CHECK_EQ(oriel_loaded_run(w.loaded, NULL, &run, &w.error), 0);
	CHECK_EQ(run.result, 0);
	CHECK_EQ(oriel_loaded_run(w.loaded, "BindCount", &run, &w.error), 0);
	CHECK_EQ(run.result, 1);
	CHECK(run.duration_ns > 0);
	run.context_size = 8;
	CHECK_EQ(oriel_loaded_run(w.loaded, NULL, &run, &w.error), ORIEL_ERR_INVAL);
	run.size = 4;
	CHECK_EQ(oriel_loaded_run(w.loaded, NULL, &run, &w.error), ORIEL_ERR_INVAL);
out:
	close_world(&w);
}

static void refused(void)
{
	struct world w = { 0 };
	struct oriel_load_options options = { .size = sizeof(options), .program = "nothing" };
	struct oriel_runtime_options unknown = { .size = sizeof(unknown) };
	struct oriel_hook_options hook = { .size = sizeof(hook), .program_type = "nothing" };
	struct oriel_runtime *runtime = NULL;
	struct oriel_hook *other = NULL;

	CHECK_EQ(oriel_runtime_new(&unknown, &runtime, &w.error), ORIEL_ERR_INVAL);
	CHECK_EQ(oriel_runtime_new(NULL, &runtime, NULL), ORIEL_ERR_INVAL);
	CHECK_EQ(open_world(&w, "bind_count", 0), 0);
	CHECK_EQ(oriel_hook_new(w.runtime, &hook, &other, &w.error), ORIEL_ERR_INVAL);
	hook.program_type = "bind";
	hook.flags = 64;
	CHECK_EQ(oriel_hook_new(w.runtime, &hook, &other, &w.error), ORIEL_ERR_INVAL);
	CHECK_EQ(oriel_load(w.runtime, w.object, &options, &w.loaded, &w.error), ORIEL_ERR_NOENT);
	options.program = NULL;
	options.flags = 2;
	CHECK_EQ(oriel_load(w.runtime, w.object, &options, &w.loaded, &w.error), ORIEL_ERR_INVAL);
	options.flags = 0;
	options.mode = "teleport";
	CHECK_EQ(oriel_load(w.runtime, w.object, &options, &w.loaded, &w.error), ORIEL_ERR_NOTSUP);
	options.mode = NULL;
	options.type = "xdp"; /* its accesses do not fit that */
	CHECK_EQ(oriel_load(w.runtime, w.object, &options, &w.loaded, &w.error), ORIEL_ERR_ACCES);
	CHECK(strstr(w.error.text, "bind_count.c:") != NULL);
	options.flags = ORIEL_LOAD_UNVERIFIED;
	CHECK_EQ(oriel_load(w.runtime, w.object, &options, &w.loaded, &w.error), 0);
	CHECK_EQ(oriel_loaded_attach(w.loaded, NULL, w.hook, 0, &w.link, &w.error),
		 ORIEL_ERR_INVAL);
	CHECK(strstr(w.error.text, "type xdp") != NULL);
out:
	close_world(&w);
}

/* Arrays of programs are filled, with what they reach. */
static void tail_calls(void)
{
	struct world w = { 0 };
	uint8_t packet[64] = { 0 };
	struct oriel_run run = { .size = sizeof(run), .data = packet, .data_size = sizeof(packet) };

	CHECK_EQ(open_world(&w, "tail_calls", 0), 0);
	CHECK_EQ(oriel_load(w.runtime, w.object, NULL, &w.loaded, &w.error), 0);
	CHECK_EQ(oriel_loaded_run(w.loaded, NULL, &run, &w.error), ORIEL_ERR_INVAL);
	CHECK(strstr(w.error.text, "which of") != NULL);
out:
	close_world(&w);
}

static int add_size(void *arg, const void *data, uint32_t length)
{
	(void)data;
	*(uint32_t *)arg += length;
	return 0;
}

static void records(void)
{
	struct world w = { 0 };
	struct event event = { { { 0 } }, { 0 } };
	uint32_t verdict, bytes = 0;
	struct oriel_map *ring;

	CHECK_EQ(open_world(&w, "ring_buffer", 0), 0);
	CHECK_EQ(oriel_load(w.runtime, w.object, NULL, &w.loaded, &w.error), 0);
	CHECK_EQ(oriel_loaded_attach(w.loaded, NULL, w.hook, 0, &w.link, &w.error), 0);
	CHECK_EQ(oriel_hook_run(w.hook, 0, event.words, 56, &verdict), 1);
	ring = oriel_loaded_map(w.loaded, "events");
	CHECK(ring != NULL);
	CHECK_EQ(oriel_map_consume(ring, add_size, &bytes), 1);
	CHECK(bytes > 0);
	CHECK_EQ(oriel_map_consume(ring, add_size, &bytes), 0);
out:
	close_world(&w);
}

/* --- a packet that gets longer, and what is counted --- */

/* Four bytes more in front, or XDP_DROP. */
static const u8 longer[] = { SLOT(0xb7, 2, 0, -4), CALL(0x10000), EXIT };

struct packet_world {
	struct world w;
	struct fixture f;
	u8 *image;
};

static int open_packets(struct packet_world *p)
{
	struct oriel_object_options options = { .size = sizeof(options),
						.dialect = ORIEL_DIALECT_WINDOWS };
	struct oriel_runtime_options runtime = { .size = sizeof(runtime),
						 .dialect = ORIEL_DIALECT_WINDOWS };
	size_t len;
	int status;

	fixture_init(&p->f);
	fixture_func(&p->f, "grow", fixture_code(&p->f, "xdp", longer, sizeof(longer)), 0,
		     sizeof(longer));
	if (!fixture_finish(&p->f, &p->image, &len))
		return ORIEL_ERR_NOMEM;
	status = oriel_runtime_new(&runtime, &p->w.runtime, &p->w.error);
	if (status == 0)
		status = oriel_object_open(p->image, len, &options, &p->w.object, &p->w.error);
	if (status == 0)
		status = oriel_load(p->w.runtime, p->w.object, NULL, &p->w.loaded, &p->w.error);
	return status;
}

static void close_packets(struct packet_world *p)
{
	close_world(&p->w);
	fixture_fini(&p->f);
}

static void longer_packets(void)
{
	struct packet_world p = { 0 };
	u8 packet[24], before[20];
	struct oriel_run run = { .size = sizeof(run), .data = packet, .data_size = 20 };

	for (u32 i = 0; i < sizeof(packet); i++)
		packet[i] = (u8)(i + 1);
	memcpy(before, packet, sizeof(before));
	CHECK_EQ(open_packets(&p), 0);
	run.data_capacity = sizeof(packet);
	run.batch = 1;
	CHECK_EQ(oriel_loaded_run(p.w.loaded, "grow", &run, &p.w.error), 0);
	CHECK_EQ(run.result, 0);
	CHECK_EQ(run.data_size, 24);
	CHECK(memcmp(packet + 4, before, sizeof(before)) == 0);
	/* No room any more: what there is room for. */
	run.result = 77;
	CHECK_EQ(oriel_loaded_run(p.w.loaded, NULL, &run, &p.w.error), ORIEL_ERR_NOSPC);
	CHECK(strstr(p.w.error.text, "28 bytes") != NULL);
	CHECK_EQ(run.result, 0);
	CHECK_EQ(run.data_size, 24);
	CHECK(memcmp(packet + 8, before, 16) == 0);
	/* A program of the time before there was data_capacity. */
	run.size = offsetof(struct oriel_run, data_capacity);
	run.data_size = 20;
	CHECK_EQ(oriel_loaded_run(p.w.loaded, NULL, &run, &p.w.error), ORIEL_ERR_NOSPC);
	run.size = sizeof(run);
	run.reserved = 1;
	CHECK_EQ(oriel_loaded_run(p.w.loaded, NULL, &run, &p.w.error), ORIEL_ERR_INVAL);
out:
	close_packets(&p);
}

static void counted_runs(void)
{
	struct packet_world p = { 0 };
	u8 packet[24] = { 0 };
	struct oriel_run run = {
		.size = sizeof(run), .data = packet, .data_size = 20, .data_capacity = 24
	};
	struct oriel_live_program_info info = { .size = sizeof(info) };

	CHECK_EQ(open_packets(&p), 0);
	CHECK_EQ(oriel_loaded_run(p.w.loaded, NULL, &run, &p.w.error), 0);
	CHECK_EQ(oriel_runtime_count_runs(p.w.runtime, 1, &p.w.error), 0);
	run.data_size = 20;
	CHECK_EQ(oriel_loaded_run(p.w.loaded, NULL, &run, &p.w.error), 0);
	CHECK_EQ(oriel_runtime_count_runs(p.w.runtime, 0, &p.w.error), 0);
	run.data_size = 20;
	CHECK_EQ(oriel_loaded_run(p.w.loaded, NULL, &run, &p.w.error), 0);
	CHECK_EQ(oriel_loaded_get_program(p.w.loaded, NULL, &info, &p.w.error), 0);
	CHECK_STR(info.name, "grow");
	CHECK_STR(info.type, "xdp");
	CHECK_EQ(info.runs, 1);
	CHECK_EQ(info.insn_count, 3);
	CHECK_EQ(info.verified, 1);
	CHECK_EQ(info.links, 0);
	CHECK_EQ(oriel_loaded_get_program(p.w.loaded, "shrink", &info, &p.w.error),
		 ORIEL_ERR_NOENT);
	info.size = 0;
	CHECK_EQ(oriel_loaded_get_program(p.w.loaded, NULL, &info, &p.w.error), ORIEL_ERR_INVAL);
out:
	close_packets(&p);
}

TAP_MAIN(TAP_TEST(longer_packets), TAP_TEST(counted_runs), TAP_TEST(events), TAP_TEST(parameters),
	 TAP_TEST(runs), TAP_TEST(refused), TAP_TEST(tail_calls), TAP_TEST(records))
