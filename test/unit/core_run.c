/* SPDX-License-Identifier: MIT */
/* CO-RE from end to end: programs that clang compiled against one layout run on memory with another
 * one, whose BTF they are given; and on their own. */
#include "tap.h"

#include "load/load.h"
#include "os/os.h"

#include "../bpf/core_layout.h"

struct memory {
	union {
		struct sample sample;
		u8 bytes[512];
		u32 halves[128];
		u64 words[64];
	};
};

struct job {
	u8 *bytes, *target_bytes;
	struct arena arena;
	struct btf target;
	struct load load;
	struct error err;
	u64 result;
};

static int read_file(const char *name, u8 **ret_bytes, size_t *ret_len, struct error *err)
{
	char path[500];

	snprintf(path, sizeof(path), "%s/%s", TEST_BPF_DIR, name);
	return os_file_read(path, 1 << 20, ret_bytes, ret_len, err);
}

/* Runs one program of a file on memory; target NULL: with its own layouts. */
static int job_run(struct job *job, const char *file, const char *target, const char *program,
		   struct memory *memory)
{
	struct load_options options = { .size = sizeof(options),
					.file = file,
					.program = program,
					.type = "raw",
					.dialect = DIALECT_LINUX };
	struct runtime_run run = { .data = memory->bytes, .data_len = sizeof(memory->bytes) };
	size_t len;
	int r;

	if (target != NULL) {
		r = read_file(target, &job->target_bytes, &len, &job->err);
		if (r == 0)
			r = object_btf_open(job->target_bytes, len, &job->arena, &job->target,
					    &job->err);
		if (r != 0)
			return r;
		options.target_btf = &job->target;
	}
	r = read_file(file, &job->bytes, &len, &job->err);
	if (r == 0)
		r = load_program(job->bytes, len, &options, &job->load, &job->err);
	if (r == 0)
		r = runtime_run(job->load.runtime_prog, &run, &job->err);
	job->result = run.result;
	return r;
}

static void job_fini(struct job *job)
{
	load_fini(&job->load);
	arena_fini(&job->arena);
	mem_free(job->bytes);
	mem_free(job->target_bytes);
	*job = (struct job){ 0 };
}

static void fill_sample(struct memory *memory)
{
	*memory = (struct memory){ 0 };
	memory->sample = (struct sample){
		.x = 0x11,
		.y = 0x22,
		.wide = 0x12345,
		.thin = 0x89abcdef,
		.sgn = -5,
		.fresh = 0x33,
		.hidden = 0x44,
		.list = { { .a = 1, .b = 2 }, { .a = 3, .b = 4 } },
		.row = { 5, 6, 7 },
	};
	memory->halves[sizeof(struct sample) / 4] = 0x66;     /* y of the second element */
	memory->halves[sizeof(struct sample) / 4 + 5] = 0x55; /* tail[5] of the first */
}

/* struct bits of the target, bit by bit: the hosts' compilers do not agree on it. */
static void fill_bits(struct memory *memory)
{
	*memory = (struct memory){ 0 };
	memory->bytes[1] = 5 << 5;
	memory->words[0] |= (0x12345ull | 0x1dull << 17) << 32;
	memory->words[1] = 0x123456789abcdef0;
}

struct expected {
	const char *program;
	u64 result;
};

static int check_all(const char *file, const char *target, const struct expected *rows,
		     size_t count, void (*fill)(struct memory *memory))
{
	int wrong = 0;

	for (size_t i = 0; i < count && wrong == 0; i++) {
		struct job job = { 0 };
		struct memory memory;

		fill(&memory);
		wrong = job_run(&job, file, target, rows[i].program, &memory) != 0 ||
			job.result != rows[i].result;
		if (wrong && !mem_has_failed())
			printf("# %s: 0x%llx, not 0x%llx; %s\n", rows[i].program, job.result,
			       rows[i].result, job.err.text);
		job_fini(&job);
	}
	return wrong;
}

static void fields(void)
{
	static const struct expected rows[] = {
		{ "moved", 0x1100000022 },
		{ "resized", 0x1234589abcdef },
		{ "hidden", 0x44 },
		{ "lists", 0x400000007 },
		{ "second_element", 0x66 },
		{ "open_array", 0x55 },
		{ "exists", 1 | 1 << 2 | 1 << 4 | 1 << 7 | 1 << 9 },
		{ "sizes", 4 | 4 << 8 | 48 << 16 | 12 << 24 | 2ull << 32 },
		{ "offsets", 16 | 28 << 16 | 48ull << 32 },
		{ "signs", 1 << 1 | 1 << 2 },
		{ "guarded", 77 },
		{ "guarded_enum", 78 },
		{ "flavor", 0x33 },
		{ "same_twins", 0x12345 },
		{ "by_typedef", 0xfffb },
	};

	CHECK_EQ(check_all("core_local.o", "core_target.o", rows, sizeof(rows) / sizeof(rows[0]),
			   fill_sample),
		 0);
out:;
}

static void bit_fields(void)
{
	static const struct expected rows[] = {
		{ "bit_narrow", 5 },	  { "bit_wide", 0x12345 },
		{ "bit_sgn", (u64)-3 },	  { "bit_whole", 0x123456789abcdef0 },
		{ "bit_write", 0x15a5a }, { "shifts", 47 | 47 << 8 },
	};

	CHECK_EQ(check_all("core_local.o", "core_target.o", rows, sizeof(rows) / sizeof(rows[0]),
			   fill_bits),
		 0);
out:;
}

static void types_and_enumerators(void)
{
	static const struct expected rows[] = {
		{ "types", 1 | 1 << 2 | 1 << 3 | 1 << 5 },
		{ "type_sizes", 12 | 16 << 16 | 8 << 24 },
		{ "id_absent", 0 },
		{ "enumerators", 1 | 10 << 8 | 20 << 16 | 30 << 24 },
	};

	CHECK_EQ(check_all("core_local.o", "core_target.o", rows, sizeof(rows) / sizeof(rows[0]),
			   fill_sample),
		 0);
out:;
}

static void type_ids(void)
{
	struct job job = { 0 };
	struct memory memory = { 0 };

	CHECK_EQ(job_run(&job, "core_local.o", "core_target.o", "id_target", &memory), 0);
	CHECK_EQ(job.result, btf_find(&job.target, BTF_STRUCT, "sample"));
	job_fini(&job);
	CHECK_EQ(job_run(&job, "core_local.o", "core_target.o", "id_local", &memory), 0);
	CHECK_EQ(job.result, btf_find(&job.load.object->btf, BTF_STRUCT, "sample"));
out:
	job_fini(&job);
}

static void stores(void)
{
	struct job job = { 0 };
	struct memory memory;

	memset(&memory, 0xee, sizeof(memory));
	CHECK_EQ(job_run(&job, "core_local.o", "core_target.o", "store_resized", &memory), 0);
	CHECK_EQ(memory.sample.wide, 0x1234);
	CHECK_EQ(memory.sample.thin, 0x89abcdef);
	CHECK_EQ(memory.sample.x, 7);
	CHECK_EQ(memory.sample.y, 0xeeeeeeee);
	CHECK_EQ((u16)memory.sample.sgn, 0xeeee);
out:
	job_fini(&job);
}

static void unresolved(void)
{
	static const struct {
		const char *program, *text, *why;
	} rows[] = {
		{ "unguarded", "field_byte_offset of struct sample.gone (0:11)", "no such field" },
		{ "other_kind", "struct sample.kind_changed", "no such field" },
		{ "absent_type", "struct absent.v", "no such type" },
		{ "too_far", "struct huge.v", "does not fit" },
		{ "shrunk_sign", "struct sample.sgn", "change its sign" },
		{ "bit_plain", "struct bits.narrow", "another place" },
		{ "missing_enum", "enum color COLOR_MAUVE", "no such enumerator" },
	};
	struct job job = { 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct memory memory;

		fill_sample(&memory);
		CHECK_EQ(job_run(&job, "core_local.o", "core_target.o", rows[i].program, &memory),
			 ERR_NOTSUP);
		CHECK(strstr(job.err.text, rows[i].text) != NULL);
		CHECK(strstr(job.err.text, rows[i].why) != NULL);
		job_fini(&job);
	}
out:
	job_fini(&job);
}

static void ambiguous(void)
{
	struct job job = { 0 };
	struct memory memory = { 0 };

	CHECK_EQ(job_run(&job, "core_local.o", "core_target.o", "ambiguous", &memory), ERR_NOEXEC);
	CHECK(strstr(job.err.text, "function ambiguous") != NULL);
	CHECK(strstr(job.err.text, "slot 0") != NULL);
	CHECK(strstr(job.err.text, "struct rival.v (0:0)") != NULL);
	CHECK(strstr(job.err.text, "ambiguous") != NULL);
out:
	job_fini(&job);
}

/* With the object's own types everything is as it was compiled, and exists. */
static void own_types(void)
{
	struct job job = { 0 };
	struct memory memory = { 0 };

	memory.words[0] = 0x2200000011;
	CHECK_EQ(job_run(&job, "core_local.o", NULL, "moved", &memory), 0);
	CHECK_EQ(job.result, 0x1100000022);
	CHECK_EQ(object_core_relo_count(job.load.object) > 100, 1);
	job_fini(&job);
	CHECK_EQ(job_run(&job, "core_local.o", NULL, "guarded", &memory), 0);
	CHECK_EQ(job.result, 0);
	job_fini(&job);
	CHECK_EQ(job_run(&job, "core_local.o", NULL, "exists", &memory), 0);
	CHECK_EQ(job.result, 0x3ff);
	job_fini(&job);
	CHECK_EQ(job_run(&job, "core_local.o", NULL, "enumerators", &memory), 0);
	CHECK_EQ(job.result, 7 | 1 << 8 | 2 << 16 | 3 << 24);
	job_fini(&job);
	/* The same answers when its own file is the target. */
	CHECK_EQ(job_run(&job, "core_local.o", "core_local.o", "exists", &memory), 0);
	CHECK_EQ(job.result, 0x3ff);
	CHECK_EQ(job.load.prog->unresolved_count, 0);
out:
	job_fini(&job);
}

#ifdef TEST_CORE_NEW
static void newer_compiler(void)
{
	static const struct expected rows[] = {
		{ "matches", 1 | 1 << 5 },
		{ "big_value", 0x1234567890 },
		{ "big_exists", 1 },
		{ "shrunk_sign", (u64)-5 },
	};

	CHECK_EQ(check_all("core_new.o", "core_target_new.o", rows, sizeof(rows) / sizeof(rows[0]),
			   fill_sample),
		 0);
out:;
}
#endif

TAP_MAIN(TAP_TEST(fields), TAP_TEST(bit_fields), TAP_TEST(types_and_enumerators),
	 TAP_TEST(type_ids), TAP_TEST(stores), TAP_TEST(unresolved), TAP_TEST(ambiguous),
	 TAP_TEST(own_types),
#ifdef TEST_CORE_NEW
	 TAP_TEST(newer_compiler),
#endif
)
