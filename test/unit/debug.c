/* SPDX-License-Identifier: MIT */
/* Debug information of compiled programs: perf's map and jitdump read back, and gdb's list of ELF
 * files in memory. Names of the program are hostile. */
#include "base/le.h"
#include "debug/debug.h"
#include "interp_fixture.h"
#include "os/os.h"

static const struct insn insns[] = {
	MOV_REG(6, 1), MOV_IMM(1, 5), { .kind = INSN_CALL_LOCAL, .off = 1 }, EXIT, MOV_REG(0, 1),
	ADD_IMM(0, 2), EXIT,
};
static const struct prog_line lines[] = {
	{ .slot = 0, .line = 10, .col = 3, .file = "dir/a.c" },
	{ .slot = 2, .line = 12, .col = 1, .file = "dir/a.c" },
	{ .slot = 4, .line = 300, .col = 9, .file = "b\033[2J.h" },
	{ .slot = 5, .line = 2, .col = 0, .file = "dir/a.c" },
};

static struct debug *debug;

static int compile(struct machine *m, enum debug_form form)
{
	struct jit_options options = { .size = sizeof(options), .target = jit_host_target() };
	int status = debug_new(form, &debug, &m->err);

	if (status != 0)
		return status;
	machine_init(m, insns, ARRAY_COUNT(insns));
	m->prog.name = "main\nffff 1 other";
	m->subprogs[1].name = "";
	m->prog.lines = lines;
	m->prog.line_count = ARRAY_COUNT(lines);
	options.watch = debug_watch(debug);
	return jit_prepare(&m->prog, &m->binding, &options, &m->code, &m->err);
}

static u8 *bytes;
static size_t len;

static void close_all(struct machine *m)
{
	machine_fini(m);
	if (debug != NULL && debug_path(debug) != NULL)
		os_file_remove(debug_path(debug));
	debug_free(debug);
	debug = NULL;
	mem_free(bytes);
	bytes = NULL;
}

static void perf_map(void)
{
	struct machine m = { 0 };
	unsigned long long at, size, next, next_size;
	char name[64], other[64], path[64];

	CHECK_EQ(compile(&m, DEBUG_PERF_MAP), 0);
	snprintf(path, sizeof(path), "/tmp/perf-%u.map", os_process_id());
	CHECK_STR(debug_path(debug), path);
	CHECK_EQ(machine_go(&m), 7);
	CHECK_EQ(os_file_read(path, 4096, &bytes, &len, &m.err), 0);
	CHECK_EQ(sscanf((const char *)bytes, "%llx %llx %63s\n%llx %llx %63s\n", &at, &size, name,
			&next, &next_size, other),
		 6);
	CHECK_EQ(at, (uintptr_t)m.code->entry);
	CHECK_EQ(next, at + size);
	CHECK(size > 0 && next_size > 0);
	/* One line each, whatever the name. */
	CHECK_STR(name, "main_ffff_1_other");
	CHECK_STR(other, "main_ffff_1_other.unnamed");
out:
	close_all(&m);
}

/* A file or link that is there already is replaced, not written to. */
static void squatter(void)
{
	struct machine m = { 0 };
	struct os_log log = { 0 };

	CHECK_EQ(os_file_write("debug_squatter", "x", 1, &m.err), 0);
	CHECK_EQ(os_log_open("debug_squatter", false, &log, &m.err), 0);
	CHECK_EQ(os_log_add(&log, "yz", 2), 0);
	CHECK_EQ(os_file_read("debug_squatter", 10, &bytes, &len, &m.err), 0);
	CHECK_STR((const char *)bytes, "yz");
	os_log_close(&log);
	CHECK(os_log_open("/nonexistent/debug", true, &log, &m.err) != 0);
out:
	os_log_close(&log);
	os_file_remove("debug_squatter");
	close_all(&m);
}

/* Rows of one function. */
static bool check_lines(const u8 *record, u32 size, u64 base, u32 *rows)
{
	u64 last = 0, count = le64_load(record + 24);
	const u8 *p = record + 32, *end = record + size;

	*rows = (u32)count;
	for (u64 i = 0; i < count; i++) {
		if (end - p < 17 || le64_load(p) < last || le64_load(p) < base)
			return false;
		last = le64_load(p);
		p += 16;
		p += strnlen((const char *)p, (size_t)(end - p)) + 1;
	}
	return p == end && le64_load(record + 16) >= base;
}

static void jitdump(void)
{
	struct machine m = { 0 };
	u32 functions = 0, rows = 0, all_rows = 0;
	u64 base;

	CHECK_EQ(compile(&m, DEBUG_JITDUMP), 0);
	base = (uintptr_t)m.code->entry;
	CHECK_EQ(os_file_read(debug_path(debug), 65536, &bytes, &len, &m.err), 0);
	CHECK(len > 40);
	CHECK_EQ(le32_load(bytes), 0x4a695444);
	CHECK_EQ(le32_load(bytes + 4), 1);
	CHECK_EQ(le32_load(bytes + 8), 40);
	CHECK_EQ(le32_load(bytes + 20), os_process_id());
	for (size_t at = 40; at < len;) {
		const u8 *record = bytes + at;
		u32 size = le32_load(record + 4);

		CHECK(len - at >= 32 && size <= len - at && size >= 32);
		if (le32_load(record) == 2) {
			CHECK(check_lines(record, size, base, &rows));
			all_rows += rows;
		} else {
			u64 code = le64_load(record + 32), code_len = le64_load(record + 40);

			CHECK_EQ(le32_load(record), 0);
			CHECK_EQ(le64_load(record + 48), functions++);
			CHECK(code_len < size);
			CHECK_EQ(memcmp(record + size - code_len, (const void *)(uintptr_t)code,
					(size_t)code_len),
				 0);
		}
		at += size;
	}
	CHECK(functions >= 2);
	CHECK(all_rows >= 4);
out:
	close_all(&m);
}

/* As gdb sees it. */
struct entry {
	struct entry *next, *prev;
	const u8 *file;
	u64 size;
};
struct descriptor {
	u32 version, action;
	struct entry *relevant, *first;
};
extern struct descriptor __jit_debug_descriptor;

static const u8 *find_section(const u8 *elf, u64 size, const char *name, u64 *ret_size)
{
	const u8 *table = elf + le64_load(elf + 40);
	u32 count = le16_load(elf + 60);
	const u8 *strings = elf + le64_load(table + 64u * le16_load(elf + 62) + 24);

	for (u32 i = 1; i < count; i++) {
		const u8 *s = table + 64u * i;

		if (le32_load(s + 4) != 8 && le64_load(s + 24) + le64_load(s + 32) > size)
			return NULL;
		if (strcmp((const char *)strings + le32_load(s), name) != 0)
			continue;
		*ret_size = le64_load(s + 32);
		return s;
	}
	return NULL;
}

static void gdb(void)
{
	struct machine m = { 0 };
	const struct entry *entry;
	const u8 *text, *line;
	u64 size;

	CHECK_EQ(compile(&m, DEBUG_GDB), 0);
	CHECK_EQ(machine_go(&m), 7);
	entry = __jit_debug_descriptor.first;
	CHECK(entry != NULL && entry->next == NULL && entry->prev == NULL);
	CHECK_EQ(memcmp(entry->file, "\177ELF", 4), 0);
	text = find_section(entry->file, entry->size, ".text", &size);
	CHECK(text != NULL);
	CHECK_EQ(le64_load(text + 16), (uintptr_t)m.code->entry);
	CHECK(size > 0);
	line = find_section(entry->file, entry->size, ".debug_line", &size);
	CHECK(line != NULL);
	CHECK_EQ(le32_load(entry->file + le64_load(line + 24)), size - 4);
	CHECK(find_section(entry->file, entry->size, ".debug_info", &size) != NULL);
	CHECK(find_section(entry->file, entry->size, ".symtab", &size) != NULL);
	CHECK(size >= 3 * 24);
	/* It goes with the program. */
	machine_fini(&m);
	CHECK(__jit_debug_descriptor.first == NULL);
out:
	close_all(&m);
}

TAP_MAIN(TAP_TEST(perf_map), TAP_TEST(squatter), TAP_TEST(jitdump), TAP_TEST(gdb))
