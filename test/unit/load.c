/* SPDX-License-Identifier: MIT */
/* Objects that clang made, from bytes to a result; and what is asked of the user when an object
 * does not say enough. */
#include "tap.h"

#include "base/str.h"
#include "load/load.h"
#include "os/os.h"

struct job {
	u8 *bytes;
	size_t len;
	struct load load;
	struct error err;
	char line[200];
	u32 lines;
};

static void trace(void *arg, const char *text, UNUSED size_t len)
{
	struct job *job = arg;

	job->lines++;
	str_copy(job->line, sizeof(job->line), text);
}

static int job_load(struct job *job, const char *file, struct load_options options)
{
	char path[500];
	int r;

	snprintf(path, sizeof(path), "%s/%s", TEST_BPF_DIR, file);
	r = os_file_read(path, 1 << 20, &job->bytes, &job->len, &job->err);
	if (r < 0)
		return r;
	options.size = sizeof(options);
	options.file = file;
	options.trace = trace;
	options.trace_arg = job;
	return load_program(job->bytes, job->len, &options, &job->load, &job->err);
}

static void job_fini(struct job *job)
{
	load_fini(&job->load);
	mem_free(job->bytes);
	memset(job, 0, sizeof(*job));
}

static void globals_maps_and_printk(void)
{
	struct job job = { 0 };
	u64 ctx[7] = { 0 };
	struct runtime_run run = { .ctx = ctx, .ctx_len = sizeof(ctx) };

	ctx[2] = 4711;
	CHECK_EQ(job_load(&job, "load_windows.o", (struct load_options){ .program = "Count" }), 0);
	CHECK_EQ(job.load.object->dialect, DIALECT_WINDOWS);
	CHECK_EQ(job.err.status, 0);
	CHECK_EQ(runtime_run(job.load.runtime_prog, &run, &job.err), 0);
	CHECK_EQ(run.result, 0);
	CHECK_EQ(job.lines, 1);
	CHECK_STR(job.line, "process 4711: 1 times");
	run.repeat = 2;
	CHECK_EQ(runtime_run(job.load.runtime_prog, &run, &job.err), 0);
	CHECK_EQ(run.result, 1); /* 9 > 7 */
	CHECK_STR(job.line, "process 4711: 3 times");
out:
	job_fini(&job);
}

static void data_pointers(void)
{
	struct job job = { 0 };
	u8 name[11] = { 0 };
	struct runtime_run run = { .data = name, .data_len = sizeof(name) };

	CHECK_EQ(job_load(&job, "load_windows.o", (struct load_options){ .program = "Length" }), 0);
	CHECK_EQ(runtime_run(job.load.runtime_prog, &run, &job.err), 0);
	CHECK_EQ(run.result, sizeof(name));
out:
	job_fini(&job);
}

static void tail_call_between_programs(void)
{
	struct job job = { 0 };
	struct runtime_prog *length, *other;
	const struct prog *prog;
	u8 name[11] = { 0 };
	struct runtime_run run = { .data = name, .data_len = sizeof(name) };
	u32 progs = 0;

	CHECK_EQ(job_load(&job, "load_windows.o", (struct load_options){ .program = "Call" }), 0);
	CHECK_EQ(object_link(job.load.object, object_find_prog(job.load.object, "Length"), NULL,
			     &prog, &job.err),
		 0);
	CHECK_EQ(runtime_add_prog(job.load.runtime, prog, job.load.engine, NULL, &length, &job.err),
		 0);
	CHECK_EQ(runtime_run(job.load.runtime_prog, &run, &job.err), 0);
	CHECK_EQ(run.result, 1000);
	while (progs < job.load.prog->map_count &&
	       !str_eq(job.load.prog->maps[progs].name, "progs"))
		progs++;
	/* A program of another type would get a context that is not its own. */
	CHECK_EQ(object_link(job.load.object, object_find_prog(job.load.object, "Length"),
			     spec_prog_type_by_name(DIALECT_WINDOWS, "sockops"), &prog, &job.err),
		 0);
	CHECK_EQ(runtime_add_prog(job.load.runtime, prog, job.load.engine, NULL, &other, &job.err),
		 0);
	CHECK_EQ(runtime_set_prog(job.load.runtime, progs, 1, other, &job.err), 0);
	CHECK_EQ(runtime_run(job.load.runtime_prog, &run, &job.err), 0);
	CHECK_EQ(run.result, 1000);
	CHECK_EQ(runtime_set_prog(job.load.runtime, progs, 1, NULL, &job.err), 0);
	CHECK_EQ(runtime_set_prog(job.load.runtime, progs, 1, length, &job.err), 0);
	CHECK_EQ(runtime_run(job.load.runtime_prog, &run, &job.err), 0);
	CHECK_EQ(run.result, sizeof(name));
out:
	job_fini(&job);
}

/* The bytes of the variable of that name, in a map of global variables. */
static u64 read_global(const struct job *job, const char *section, u32 off)
{
	u32 idx = 0;
	u64 value;

	while (idx < job->load.prog->map_count && !str_eq(job->load.prog->maps[idx].name, section))
		idx++;
	memcpy(&value, (u8 *)map_direct_value(runtime_map(job->load.runtime, idx)) + off,
	       sizeof(value));
	return value;
}

/* The file says which program is where: First calls Third, Second and Round, which calls itself
 * until 33 calls were made. */
static void tail_calls_from_the_file(void)
{
	struct job job = { 0 };
	u64 ctx[7] = { 0 };
	struct runtime_run run = { .ctx = ctx, .ctx_len = sizeof(ctx) };
	u64 first, second;

	CHECK_EQ(job_load(&job, "tail_calls.o", (struct load_options){ .program = "First" }), 0);
	CHECK_EQ(runtime_run(job.load.runtime_prog, &run, &job.err), 0);
	CHECK_EQ(run.result, PROG_MAX_TAIL_CALLS - 2);
	first = read_global(&job, ".bss", 0);
	second = read_global(&job, ".bss", 8);
	CHECK_EQ(first == 132 ? first : second, 132);
	CHECK_EQ(first + second, 132 + PROG_MAX_TAIL_CALLS - 2);
out:
	job_fini(&job);
}

static void linux_packet(void)
{
	struct job job = { 0 };
	u8 packet[64] = { 0xab, 1 };
	struct runtime_run run = { .data = packet, .data_len = sizeof(packet) };

	CHECK_EQ(job_load(&job, "load_linux.o", (struct load_options){ 0 }), 0);
	CHECK_EQ(job.load.object->dialect, DIALECT_LINUX);
	CHECK_EQ(runtime_run(job.load.runtime_prog, &run, &job.err), 0);
	CHECK_EQ(run.result, 0xac);
	CHECK_EQ(packet[0], 0);
	CHECK_STR(job.line, "64 bytes, first ab");
out:
	job_fini(&job);
}

/* Values of a kernel's configuration: known, weak, and read-only. */
static void kernel_configuration(void)
{
	struct job job = { 0 };
	u8 packet[64] = { 0 };
	struct runtime_run run = { .data = packet, .data_len = sizeof(packet) };

	CHECK_EQ(job_load(&job, "kconfig.o", (struct load_options){ .program = "version" }), 0);
	CHECK_EQ(runtime_run(job.load.runtime_prog, &run, &job.err), 0);
	CHECK_EQ(run.result, 6 << 16 | 18 << 8);
	job_fini(&job);
	CHECK_EQ(job_load(&job, "kconfig.o", (struct load_options){ .program = "writes" }), 0);
	CHECK_EQ(runtime_run(job.load.runtime_prog, &run, &job.err), ERR_FAULT);
out:
	job_fini(&job);
}

/* The place in the source. */
static void fault_names_the_line(void)
{
	struct job job = { 0 };
	u8 name[3] = { 0 };
	struct runtime_run run = { .data = name, .data_len = sizeof(name) };

	CHECK_EQ(job_load(&job, "load_windows.o", (struct load_options){ .program = "Bad" }), 0);
	CHECK_EQ(runtime_run(job.load.runtime_prog, &run, &job.err), ERR_FAULT);
	CHECK(str_starts(job.err.text, "program 'Bad' stopped at slot "));
	CHECK(strstr(job.err.text, "(load_windows.c:") != NULL);
	CHECK(strstr(job.err.text, "1-byte read") != NULL);
out:
	job_fini(&job);
}

static const struct {
	const char *file;
	struct load_options options;
	int status; /* 0: loads */
	const char *text;
} choices[] = {
	{ "load_windows.o",
	  { .program = NULL },
	  ERR_INVAL,
	  "--program NAME, one of Count, Length" },
	{ "load_windows.o",
	  { .program = "None" },
	  ERR_NOENT,
	  "no program 'None' (there are: Count" },
	{ "load_windows.o", { .program = "bind/length" }, 0, NULL },
	{ "load_windows.o",
	  { .program = "Length", .type = "kprobe" },
	  ERR_INVAL,
	  "the windows dialect has no program type 'kprobe', but raw, xdp, bind" },
	{ "load_windows.o", { .program = "Length", .mode = "warp" }, ERR_NOTSUP, "mode 'warp': " },
	{ "load_windows.o",
	  { .program = "Sockets" },
	  ERR_NOTSUP,
	  "map 'sockets': no extension provides maps of type xskmap" },
	{ "tail_calls.o",
	  { .program = "Wrong" },
	  ERR_INVAL,
	  "value 0 of map 'packets': program 'Packet' is of type xdp, but program 'Wrong', which" },
	{ "tail_calls.o",
	  { .program = "Wrong", .type = "bind" },
	  ERR_INVAL,
	  "program 'Packet' is of type xdp" },
	{ "tail_calls.o", { .program = "First", .type = "sockops" }, 0, NULL },
	{ "kconfig.o",
	  { .program = "ticks" },
	  ERR_NOTSUP,
	  "extern CONFIG_HZ has no value: it is of a kernel's configuration" },
	{ "load_unknown.o", { .program = "one" }, ERR_INVAL, "say --dialect windows or" },
	{ "load_unknown.o", { .program = "one", .dialect = DIALECT_LINUX }, 0, NULL },
	{ "load_unknown.o",
	  { .program = "two", .dialect = DIALECT_WINDOWS },
	  ERR_INVAL,
	  "section 'elsewhere' does not say the program's type; say --type NAME, one of raw" },
	{ "load_unknown.o",
	  { .program = "two", .dialect = DIALECT_WINDOWS, .type = "sockops" },
	  0,
	  NULL },
};

static void asks_for_what_is_missing(void)
{
	struct job job = { 0 };

	for (size_t i = 0; i < ARRAY_COUNT(choices); i++) {
		int r = job_load(&job, choices[i].file, choices[i].options);

		if (r != ERR_NOMEM && r != choices[i].status)
			printf("# case %zu: %d, %s\n", i, r, job.err.text);
		CHECK_EQ(r, choices[i].status);
		if (r < 0)
			CHECK(job.load.object == NULL && job.load.runtime == NULL);
		if (choices[i].text != NULL)
			CHECK(strstr(job.err.text, choices[i].text) != NULL);
		job_fini(&job);
	}
out:
	job_fini(&job);
}

static void hostile_bytes(void)
{
	static const struct load_options options = { .size = sizeof(options) };
	struct job job = { 0 };
	u8 bytes[64] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };

	CHECK(load_program(bytes, 0, &options, &job.load, &job.err) < 0);
	CHECK(load_program(bytes, sizeof(bytes), &options, &job.load, &job.err) < 0);
	CHECK(job.load.object == NULL);
out:
	job_fini(&job);
}

TAP_MAIN(TAP_TEST(globals_maps_and_printk), TAP_TEST(data_pointers),
	 TAP_TEST(tail_call_between_programs), TAP_TEST(tail_calls_from_the_file),
	 TAP_TEST(linux_packet), TAP_TEST(kernel_configuration), TAP_TEST(fault_names_the_line),
	 TAP_TEST(asks_for_what_is_missing), TAP_TEST(hostile_bytes))
