/* SPDX-License-Identifier: MIT */
/* Native modules' tables, as a module's maker may have got them wrong: what does not fit is
 * refused, and what fits runs with what it refers to. */
#include "tap.h"

#include "bpf2c.h"
#include "prog/exec.h"
#include "runtime/invocation.h"
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
	static const struct prog_var vars[] = { { .name = "jiffies" },
						{ .name = "CONFIG_HZ", .is_config = true } };
	struct error err = { 0 };
	struct prog_code *code = NULL;

	REFUSED(prog.name = "absent", ERR_NOENT, "no program 'absent'");
	REFUSED(prog.section = "bind", ERR_NOENT, "no program 'sum'");
	REFUSED(table.size = 8, ERR_NOEXEC, "its table has 8 bytes");
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
	REFUSED(prog.vars = vars; prog.var_count = 1, ERR_NOEXEC, "other functions");
	REFUSED(prog.vars = vars; prog.var_count = programs[1].btf_resolved_function_count = 1,
				  ERR_NOTSUP, "variable jiffies is not offered");
	REFUSED(prog.vars = vars + 1; prog.var_count = programs[1].btf_resolved_function_count = 1,
				      ERR_NOTSUP, "extern CONFIG_HZ has no value");
out:
	if (code != NULL)
		code->free(code);
}

/* --- code with the modules' own calling convention ----------------------------------------- */

typedef MODULE_ABI u64 module_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, void *context);

static MODULE_ABI u64 module_callback(u64 r1, u64 r2, UNUSED u64 r3, UNUSED u64 r4, u64 r5,
				      UNUSED void *context, const program_runtime_context_t *rc)
{
	return r1 * 100 + r2 * 10 + r5 + rc->map_data[0].address;
}

static module_helper *helper_at(const program_runtime_context_t *rc, u32 i)
{
	return (module_helper *)(uintptr_t)rc->helper_data[i].address;
}

/* A helper of somebody else, one that calls back, the runtime's own, and one by its number. */
static MODULE_ABI u64 module_program(void *context, const program_runtime_context_t *rc)
{
	u64 sum = helper_at(rc, 0)(1, 2, 3, 4, 5, context);

	sum += helper_at(rc, 1)((u64)(uintptr_t)module_callback, 0, 0, 0, 0, context);
	sum += helper_at(rc, 2)(0, 0, 0, 0, 0, context) * 10000;
	return sum + ((module_helper *)(uintptr_t)helper_at(rc, 3)(7, 0, 0, 0, 0, context))(
			     100000, 0, 0, 0, 0, context);
}

static u64 call_back(u64 r1, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5, void *ctx)
{
	const u64 args[5] = { 7, 6, 0, 0, 5 };
	u64 result = 0;

	return exec_call_subprog(exec_of(ctx), r1, args, &result) ? result : 0;
}

static u64 host_3(UNUSED u64 r1, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
		  void *ctx)
{
	return exec_of(ctx)->slot;
}

static struct helper_binding find_any(UNUSED const void *arg, u32 id)
{
	switch (id) {
	case 7: return (struct helper_binding){ .fn = helper };
	case 8: return (struct helper_binding){ .fn = helper_get_smp_processor_id };
	case 9: return (struct helper_binding){ .fn = call_back };
	default: return (struct helper_binding){ .fn = NULL };
	}
}

static void module_abi_of(bool keeps_vectors)
{
	static const u32 ids[] = { 7, 9, 8, NATIVE_FIND_HELPER };
	static const u64 address = 1000;
	static const helper_fn funcs[1] = { host_3 };
	static const struct prog_func func = { .name = "three" };
	helper_function_entry_t rows[ARRAY_COUNT(ids)];
	btf_resolved_function_entry_t function = {
		.header = BPF2C_HEADER(btf_resolved_function_entry_t, module_guid), .name = "three"
	};
	const struct prog_binding binding = {
		.helper = find_any, .maps = &address, .map_values = &address, .funcs = funcs
	};
	struct native_tables tables = { programs, 2, maps, 1, true, keeps_vectors };
	struct error err = { 0 };
	struct prog_code *code = NULL;
	struct exec exec = { .slot = 3 };
	struct {
		struct ctx_header header;
		u64 ctx;
	} block = { .header.exec = &exec };

	reset();
	for (u32 i = 0; i < ARRAY_COUNT(ids); i++)
		rows[i] = (helper_function_entry_t){ BPF2C_HEADER(helper_function_entry_t, name),
						     ids[i], "some" };
	programs[1].helpers = rows;
	programs[1].helper_count = ARRAY_COUNT(rows);
	programs[1].btf_resolved_functions = &function;
	programs[1].btf_resolved_function_count = 1;
	programs[1].function = (bpf2c_program_t)(uintptr_t)module_program;
	prog.map_count = 1;
	prog.funcs = &func;
	prog.func_count = 1;
	CHECK_EQ(native_bind_tables(&tables, &prog, &binding, &(struct native_owner){ 0 }, &code,
				    &err),
		 0);
	exec.code = code;
	exec.ctx = &block.ctx;
	for (u32 i = 0; i < 100; i++)
		CHECK_EQ(code->entry(&exec, &block.ctx), 15 + 1765 + 30000 + 100000);
out:
	if (code != NULL)
		code->free(code);
}

static void module_abi(void)
{
	module_abi_of(true);
}

static void lean_module_abi(void)
{
	module_abi_of(false);
}

#if MODULE_ABI_DIFFERS

static u64 spoil(UNUSED u64 r1, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
		 UNUSED void *ctx)
{
	__asm__ volatile("pcmpeqd %%xmm6, %%xmm6\n\tpcmpeqd %%xmm15, %%xmm15" ::: "xmm6", "xmm15");
	return 5;
}

static struct helper_binding find_spoil(UNUSED const void *arg, UNUSED u32 id)
{
	return (struct helper_binding){ .fn = spoil };
}

/* 1: xmm6 and xmm15 are as they were before the call. Nothing is asked of the compiler, which may
 * not have them in its hands. */
static MODULE_ABI u64 module_counts(void *context, const program_runtime_context_t *rc)
{
	module_helper *call = helper_at(rc, 0);
	u64 six = 0, fifteen = 0, result;

	__asm__ volatile("pxor %%xmm6, %%xmm6\n\tpxor %%xmm15, %%xmm15" ::: "xmm6", "xmm15");
	result = call(0, 0, 0, 0, 0, context);
	__asm__ volatile("movq %%xmm6, %0\n\tmovq %%xmm15, %1" : "=r"(six), "=r"(fifteen));
	return result == 5 && six == 0 && fifteen == 0;
}

static void vectors_are_kept(void)
{
	static const u64 address = 1000;
	const struct prog_binding binding = { .helper = find_spoil,
					      .maps = &address,
					      .map_values = &address };
	const struct native_tables tables = { programs, 2, maps, 1, true, true };
	struct error err = { 0 };
	struct prog_code *code = NULL;
	struct exec exec = { .slot = 3 };
	struct {
		struct ctx_header header;
		u64 ctx;
	} block = { .header.exec = &exec };

	reset();
	programs[1].function = (bpf2c_program_t)(uintptr_t)module_counts;
	prog.map_count = 1;
	CHECK_EQ(native_bind_tables(&tables, &prog, &binding, &(struct native_owner){ 0 }, &code,
				    &err),
		 0);
	exec.code = code;
	exec.ctx = &block.ctx;
	CHECK_EQ(code->entry(&exec, &block.ctx), 1);
out:
	if (code != NULL)
		code->free(code);
}

#define OF_OTHER_ABI TAP_TEST(vectors_are_kept),

#else
#define OF_OTHER_ABI
#endif

TAP_MAIN(TAP_TEST(lean_module_abi), OF_OTHER_ABI TAP_TEST(runs), TAP_TEST(malformed_tables),
	 TAP_TEST(module_abi))
