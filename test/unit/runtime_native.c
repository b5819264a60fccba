/* SPDX-License-Identifier: MIT */
/* Native modules' tables, as a module's maker may have got them wrong: what does not fit is
 * refused, and what fits runs with what it refers to. */
#include "tap.h"

#include "bpf2c.h"
#include "prog/exec.h"
#include "runtime/native.h"
#include "spec/spec.h"

/* A module of one program, which adds what a helper gives to a map's first value. */
static helper_function_entry_t helpers[1];
static map_entry_t maps[2];
static program_entry_t programs[2];
static size_t program_count, map_count;

static uint64_t run_it(void *context, const program_runtime_context_t *rc)
{
	uint64_t got = rc->helper_data[0].address(1, 2, 3, 4, 5, context);

	return got + bpf2c_load64((uint64_t)(uintptr_t)rc->map_data[0].array_data) +
	       bpf2c_load64((uint64_t)(uintptr_t)rc->global_variable_section_data[0]
				    .address_of_map_value);
}

static void get_programs(program_entry_t **ret, size_t *count)
{
	*ret = programs;
	*count = program_count;
}

static void get_maps(map_entry_t **ret, size_t *count)
{
	*ret = maps;
	*count = map_count;
}

static metadata_table_t table;
static const struct prog_map prog_maps[2] = {
	{ .name = "counters", .value_size = 8, .max_entries = 4 },
	{ .name = ".data", .value_size = 16, .max_entries = 1, .is_global = true },
};
static struct prog_map typed_maps[2];
static u64 values[2] = { 30, 400 };
static struct prog prog;

static u64 helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, UNUSED void *ctx)
{
	return r1 + r2 + r3 + r4 + r5;
}

static struct helper_binding find(UNUSED const void *arg, u32 id)
{
	return (struct helper_binding){ .fn = id == 7 ? helper : NULL };
}

static void reset(void)
{
	helpers[0] = (helper_function_entry_t){ BPF2C_HEADER(helper_function_entry_t, name), 7,
						"seven" };
	for (u32 i = 0; i < 2; i++) {
		typed_maps[i] = prog_maps[i];
		typed_maps[i].type = spec_map_type_by_kind(MAP_KIND_ARRAY);
		maps[i] = (map_entry_t){
			.header = BPF2C_HEADER(map_entry_t, name),
			.definition = { .value_size = prog_maps[i].value_size,
					.max_entries = prog_maps[i].max_entries },
			.name = prog_maps[i].name,
		};
	}
	for (u32 i = 0; i < 2; i++)
		programs[i] = (program_entry_t){
			.header = BPF2C_HEADER(program_entry_t, btf_resolved_function_count),
			.function = run_it,
			.pe_section_name = "xdp",
			.section_name = "xdp",
			.program_name = i == 0 ? "other" : "sum",
			.helpers = helpers,
			.helper_count = 1,
		};
	program_count = map_count = 2;
	table = (metadata_table_t){ .size = sizeof(table),
				    .programs = get_programs,
				    .maps = get_maps };
	prog = (struct prog){ .name = "sum", .section = "xdp", .maps = typed_maps, .map_count = 2 };
}

static int bind(struct prog_code **ret_code, struct error *err)
{
	static const u64 addresses[2] = { 1, 2 };
	const u64 map_values[2] = { (u64)(uintptr_t)&values[0], (u64)(uintptr_t)&values[1] };
	const struct prog_binding binding = { .helper = find,
					      .maps = addresses,
					      .map_values = map_values };
	const struct native_owner owner = { 0 };

	return native_bind(&table, &prog, &binding, &owner, ret_code, err);
}

static void runs(void)
{
	struct error err = { 0 };
	struct prog_code *code = NULL;
	struct exec exec = { 0 };
	struct {
		struct ctx_header header;
		u64 ctx;
	} block = { .header.exec = &exec };

	reset();
	CHECK_EQ(bind(&code, &err), 0);
	CHECK_EQ(err.status, 0);
	exec.code = code;
	exec.ctx = &block.ctx;
	CHECK_EQ(code->entry(&exec, &block.ctx), 445);
out:
	if (code != NULL)
		code->free(code);
}

#define REFUSED(change, want, why)                    \
	do {                                          \
		reset();                              \
		change;                               \
		CHECK_EQ(bind(&code, &err), want);    \
		CHECK(strstr(err.text, why) != NULL); \
	} while (0)

static void malformed_tables(void)
{
	struct error err = { 0 };
	struct prog_code *code = NULL;

	REFUSED(prog.name = "absent", ERR_NOENT, "no program 'absent'");
	REFUSED(prog.section = "bind", ERR_NOENT, "no program 'sum'");
	REFUSED(table.size = 8, ERR_NOENT, "no program 'sum'");
	REFUSED(programs[0].header.size = 100, ERR_NOEXEC, "program 0 of its table is malformed");
	REFUSED(programs[0].header.version = 0, ERR_NOEXEC, "program 0");
	REFUSED(programs[1].header.total_size = 8, ERR_NOEXEC, "program 1");
	REFUSED(programs[0].program_name = NULL, ERR_NOEXEC, "program 0");
	REFUSED(helpers[0].header.size = 24, ERR_NOEXEC, "its table of helpers");
	REFUSED(helpers[0].helper_id = 8, ERR_NOTSUP, "helper 8 is not offered");
	REFUSED(map_count = 1, ERR_NOEXEC, "it has other maps than its object");
	REFUSED(maps[1].name = "data", ERR_NOEXEC, "a map is not as in its object");
	REFUSED(maps[0].definition.max_entries = 5, ERR_NOEXEC, "a map is not as in its object");
	REFUSED(maps[0].definition.value_size = 4, ERR_NOEXEC, "a map is not as in its object");
	REFUSED(maps[0].header.size = 8, ERR_NOEXEC, "a map is not as in its object");
	REFUSED(programs[1].btf_resolved_function_count = 1, ERR_NOEXEC, "other functions");
out:
	if (code != NULL)
		code->free(code);
}

TAP_MAIN(TAP_TEST(runs), TAP_TEST(malformed_tables))
