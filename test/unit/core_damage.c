/* SPDX-License-Identifier: MIT */
/* Objects from clang whose CO-RE relocations were tampered with: what does not fit its instruction
 * is refused, with the place. */
#include "tap.h"

#include "base/le.h"
#include "btf/core.h"
#include "object/object.h"
#include "os/os.h"

struct job {
	u8 *bytes, *target_bytes;
	size_t len;
	struct arena arena;
	struct btf target;
	struct object *obj;
	const struct prog *prog;
	u8 *ext; /* .BTF.ext in bytes */
	size_t ext_len;
	struct error err;
};

enum { EXT_CORE_OFF = 24, EXT_CORE_LEN = 28, RECORD_SIZE = 16 };
enum { RECORD_OFF = 0, RECORD_TYPE = 4, RECORD_KIND = 12 };

static int read_file(const char *name, u8 **ret_bytes, size_t *ret_len, struct error *err)
{
	char path[500];

	snprintf(path, sizeof(path), "%s/%s", TEST_BPF_DIR, name);
	return os_file_read(path, 1 << 20, ret_bytes, ret_len, err);
}

static void put32(u8 *at, u32 value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (u8)(value >> (i * 8));
}

static bool job_init(struct job *job)
{
	struct elf elf;
	size_t len;
	u32 idx;

	*job = (struct job){ 0 };
	if (read_file("core_local.o", &job->bytes, &job->len, &job->err) != 0 ||
	    read_file("core_target.o", &job->target_bytes, &len, &job->err) != 0 ||
	    object_btf_open(job->target_bytes, len, &job->arena, &job->target, &job->err) != 0 ||
	    elf_open(job->bytes, job->len, &job->arena, &elf, &job->err) != 0)
		return false;
	idx = elf_section_by_name(&elf, ".BTF.ext");
	job->ext = job->bytes + (elf.sections[idx].data - job->bytes);
	job->ext_len = (size_t)elf.sections[idx].size;
	return idx != 0;
}

static void job_fini(struct job *job)
{
	object_free(job->obj);
	arena_fini(&job->arena);
	mem_free(job->bytes);
	mem_free(job->target_bytes);
}

/* The n-th CO-RE record of a section; NULL when there is none. */
static u8 *find_record(const struct job *job, const char *section, u32 n)
{
	const u8 *btf_strings = NULL;
	struct elf elf;
	struct arena arena = { 0 };
	struct error err;
	u8 *core = job->ext + le32_load(job->ext + 4) + le32_load(job->ext + EXT_CORE_OFF);
	u8 *end = core + le32_load(job->ext + EXT_CORE_LEN), *found = NULL;

	if (elf_open(job->bytes, job->len, &arena, &elf, &err) == 0) {
		const u8 *btf = elf.sections[elf_section_by_name(&elf, ".BTF")].data;

		btf_strings = btf + le32_load(btf + 4) + le32_load(btf + 16);
	}
	for (core += 4; btf_strings != NULL && core < end && found == NULL;) {
		u32 count = le32_load(core + 4);

		if (strcmp((const char *)btf_strings + le32_load(core), section) == 0 && n < count)
			found = core + 8 + n * RECORD_SIZE;
		core += 8 + count * RECORD_SIZE;
	}
	arena_fini(&arena);
	return found;
}

static int job_link(struct job *job, const char *program)
{
	struct object_options options = { .size = sizeof(options),
					  .file = "test.o",
					  .dialect = DIALECT_LINUX,
					  .target_btf = &job->target };
	int status = object_open(job->bytes, job->len, &options, &job->obj, &job->err);

	if (status != 0)
		return status;
	return object_link(job->obj, object_find_prog(job->obj, program), NULL, &job->prog,
			   &job->err);
}

struct damage {
	const char *program;
	u32 record, field, value;
	const char *text;
};

/* moved: LDX of y, LDX of x, SHL, OR, EXIT. id_target: LDDW in slots 0 and 1, EXIT. */
static const struct damage damages[] = {
	{ "moved", 1, RECORD_OFF, 4 * 8, "slot 4: CO-RE relocation field_byte_offset of struct" },
	{ "moved", 1, RECORD_OFF, 4 * 8, "has nothing to adjust" },
	{ "moved", 1, RECORD_OFF, 3 * 8, "slot 3" },
	{ "moved", 1, RECORD_OFF, 0, "slot 0: a second CO-RE relocation at 0x0" },
	{ "moved", 1, RECORD_KIND, BTF_CORE_FIELD_BYTE_SIZE, "a load or store cannot hold it" },
	{ "moved", 1, RECORD_KIND, 13, "kind 13 is unknown" },
	{ "moved", 1, RECORD_KIND, BTF_CORE_TYPE_SIZE, "access to a type is 0" },
	{ "id_target", 0, RECORD_OFF, 8, "slot 1: " },
	{ "id_target", 0, RECORD_OFF, 16, "slot 2: " },
	{ "id_target", 0, RECORD_KIND, BTF_CORE_ENUMVAL_VALUE, "is no enumeration" },
};

static void damaged_records(void)
{
	struct job job = { 0 };

	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		const struct damage *damage = &damages[i];
		char section[64];
		u8 *record;

		CHECK(job_init(&job));
		snprintf(section, sizeof(section), "core/%s", damage->program);
		record = find_record(&job, section, damage->record);
		CHECK(record != NULL);
		put32(record + damage->field, damage->value);
		CHECK_EQ(job_link(&job, damage->program), ERR_NOEXEC);
		CHECK(strncmp(job.err.text, "test.o: section \"core/", 22) == 0);
		if (strstr(job.err.text, damage->text) == NULL)
			printf("# %s\n", job.err.text);
		CHECK(strstr(job.err.text, damage->text) != NULL);
		job_fini(&job);
	}
	job = (struct job){ 0 };
out:
	job_fini(&job);
}

/* An instruction that does not hold what the record says the compiler put there. */
static void other_value(void)
{
	struct job job;
	u8 *record;

	CHECK(job_init(&job));
	record = find_record(&job, "core/moved", 0);
	CHECK(record != NULL);
	put32(record + 8, le32_load(record + RECORD_SIZE + 8)); /* the other field's access */
	CHECK_EQ(job_link(&job, "moved"), ERR_NOEXEC);
	CHECK(strstr(job.err.text, "the instruction has offset 4, not 0") != NULL);
out:
	job_fini(&job);
}

/* Without its records a program is as it was compiled, which is wrong for another layout. */
static void no_records(void)
{
	struct job job;

	CHECK(job_init(&job));
	job.ext[0] ^= 1;
	CHECK_EQ(job_link(&job, "moved"), ERR_NOEXEC);
	CHECK(strstr(job.err.text, ".BTF.ext") != NULL);
out:
	job_fini(&job);
}

/* Any byte of the records: an error or a program, and nothing lost. */
static void every_byte(void)
{
	static const char *const programs[] = { "moved", "lists", "bit_wide", "types",
						"enumerators" };
	struct job job;
	u32 core, len;

	CHECK(job_init(&job));
	core = le32_load(job.ext + 4) + le32_load(job.ext + EXT_CORE_OFF);
	len = le32_load(job.ext + EXT_CORE_LEN);
	CHECK(len > 1000 && core + len <= job.ext_len);
	for (u32 i = 0; i < len; i += 3) {
		job.ext[core + i] ^= (u8)(1u << (i % 8));
		for (size_t k = 0; k < sizeof(programs) / sizeof(programs[0]); k++) {
			job.err = (struct error){ 0 };
			if (job_link(&job, programs[k]) != 0)
				CHECK(job.err.status != 0 && job.err.text[0] != '\0');
			object_free(job.obj);
			job.obj = NULL;
		}
		job.ext[core + i] ^= (u8)(1u << (i % 8));
	}
out:
	job_fini(&job);
}

static void target_files(void)
{
	struct job job;
	struct btf btf;
	u8 bytes[24] = { 0x9f, 0xeb, 1, 0, 24 };

	CHECK(job_init(&job));
	CHECK_EQ(object_btf_open(bytes, sizeof(bytes), &job.arena, &btf, &job.err), ERR_NOEXEC);
	CHECK_EQ(object_btf_open(bytes, 2, &job.arena, &btf, &job.err), ERR_NOEXEC);
	CHECK_EQ(object_btf_open(job.bytes, 40, &job.arena, &btf, &job.err), ERR_NOEXEC);
	CHECK_EQ(object_btf_open(job.bytes, job.len, &job.arena, &btf, &job.err), 0);
	CHECK(btf_find(&btf, BTF_STRUCT, "sample") != 0);
out:
	job_fini(&job);
}

TAP_MAIN(TAP_TEST(damaged_records), TAP_TEST(other_value), TAP_TEST(no_records),
	 TAP_TEST(every_byte), TAP_TEST(target_files))
