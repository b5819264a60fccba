/* SPDX-License-Identifier: MIT */
/* What extensions offer to programs of every type, helpers by number and functions by name: the
 * verifier holds programs to their contracts, and verified programs reach them in every way to run.
 */
#include "tap.h"

#include "base/str.h"
#include "insns.h"
#include "load/load.h"
#include "load/set.h"
#include "os/os.h"
#include "runtime/extension.h"

#define W DIALECT_WINDOWS

static u64 ext_count(u64 bytes, u64 size, u64 value, UNUSED u64 r4, UNUSED u64 r5, void *context)
{
	const u8 *p = (const u8 *)(uintptr_t)bytes;
	u64 count = 0;

	if (!ext_check_memory(context, bytes, (u32)size, false))
		return 0;
	for (u32 i = 0; i < (u32)size; i++)
		count += p[i] == value;
	return count;
}

static u64 ext_fill(u64 bytes, u64 size, u64 value, UNUSED u64 r4, UNUSED u64 r5, void *context)
{
	if (ext_check_memory(context, bytes, (u32)size, true))
		memset((void *)(uintptr_t)bytes, (int)value, (u32)size);
	return 0;
}

static u64 ext_scale(u64 value, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
		     UNUSED void *context)
{
	return value * 100;
}

static const struct ext_function functions[] = {
	{ EXT_HEADER(struct ext_function, flags),
	  "ext_count",
	  ext_count,
	  RET_INTEGER,
	  { ARG_READ_MEM, ARG_SIZE, ARG_ANYTHING },
	  0 },
	{ EXT_HEADER(struct ext_function, flags),
	  "ext_fill",
	  ext_fill,
	  RET_INTEGER,
	  { ARG_WRITE_MEM, ARG_SIZE, ARG_ANYTHING },
	  0 },
};
static const struct ext_functions function_table = {
	EXT_HEADER(struct ext_functions, functions),
	{ 0x8f6c1f83, 0xce4c, 0x4b58, { 0x8b, 0x91, 0x65, 0x4a, 0x29, 0xe2, 0x3b, 0x7d } },
	ARRAY_COUNT(functions),
	functions,
};

#define HELPER(id, text, ret, ...)                                                               \
	{                                                                                        \
		EXT_HEADER(struct ext_helper, implicit_context), id, text, ret, { __VA_ARGS__ }, \
			0, false                                                                 \
	}
static const struct ext_helper helpers[] = { HELPER(0x900, "ext_scale", RET_INTEGER,
						    ARG_ANYTHING) };
static const helper_fn helper_functions[] = { ext_scale };
static const struct ext_helper_addresses helper_addresses = {
	EXT_HEADER(struct ext_helper_addresses, addresses), 1, helper_functions
};
static const struct ext_helpers helper_table = {
	EXT_HEADER(struct ext_helpers, addresses), { .data1 = 1 }, 1, helpers, &helper_addresses
};

struct world {
	struct runtime *rt;
	struct provider *functions, *helpers;
	struct spec *spec;
	struct object *object;
	struct load_set set;
	u8 *file;
	struct error err;
};

static int open_world(struct world *w, enum dialect dialect)
{
	struct runtime_options options = { .size = sizeof(options), .dialect = dialect, .cpus = 2 };
	int r = runtime_new(&options, &w->rt, &w->err);

	if (r == 0)
		r = runtime_register_functions(w->rt, &function_table, &w->functions, &w->err);
	if (r == 0)
		r = runtime_register_helpers(w->rt, &helper_table, &w->helpers, &w->err);
	if (r == 0)
		r = runtime_spec(w->rt, &w->spec, &w->err);
	return r;
}

static void close_world(struct world *w)
{
	load_set_fini(&w->set);
	if (w->rt != NULL) {
		runtime_unregister(w->rt, w->functions);
		runtime_unregister(w->rt, w->helpers);
	}
	runtime_free(w->rt);
	object_free(w->object);
	spec_put(w->spec);
	mem_free(w->file);
	*w = (struct world){ 0 };
}

static int open_file(struct world *w, const struct spec *spec)
{
	struct object_options options = {
		.size = sizeof(options), .file = "ext_functions.o", .dialect = W, .spec = spec
	};
	size_t len;
	int r = 0;

	if (w->file == NULL)
		r = os_file_read(TEST_BPF_DIR "/ext_functions.o", 1 << 20, &w->file, &len, &w->err);
	if (r < 0)
		return r;
	return object_open(w->file, len, &options, &w->object, &w->err);
}

static int load_it(struct world *w, const char *program, const char *mode)
{
	struct verify_options verify;
	struct load_set_options options = {
		.size = sizeof(options), .program = program, .mode = mode, .verify = &verify
	};

	verify_options_default(&verify);
	return load_set(w->object, w->rt, &options, &w->set, &w->err);
}

static struct runtime_prog *only(const struct world *w)
{
	struct runtime_prog *prog = NULL;

	for (u32 i = 0; i < w->object->prog_count; i++)
		if (w->set.progs[i] != NULL)
			prog = w->set.progs[i];
	return prog;
}

static void verified(void)
{
	struct world w = { 0 };
	struct runtime_run run = { 0 };
	struct runtime_prog_info info;

	CHECK_EQ(open_world(&w, W), 0);
	CHECK_EQ(open_file(&w, w.spec), 0);
	CHECK_EQ(load_it(&w, "good", NULL), 0);
	runtime_prog_info(only(&w), &info);
	CHECK(info.verified && info.runnable);
	CHECK_EQ(runtime_run(only(&w), &run, &w.err), 0);
	CHECK_EQ(run.result, 315);
	/* One goes, and the other one. */
	runtime_unregister(w.rt, w.functions);
	w.functions = NULL;
	CHECK_EQ(runtime_run(only(&w), &run, &w.err), ERR_NOTSUP);
	CHECK_EQ(runtime_register_functions(w.rt, &function_table, &w.functions, &w.err), 0);
	CHECK_EQ(runtime_run(only(&w), &run, &w.err), 0);
	runtime_unregister(w.rt, w.helpers);
	w.helpers = NULL;
	CHECK_EQ(runtime_run(only(&w), &run, &w.err), ERR_NOTSUP);
	CHECK_EQ(runtime_register_helpers(w.rt, &helper_table, &w.helpers, &w.err), 0);
	CHECK_EQ(runtime_run(only(&w), &run, &w.err), 0);
	CHECK_EQ(run.result, 315);
out:
	close_world(&w);
}

static void refused(void)
{
	struct world w = { 0 };

	CHECK_EQ(open_world(&w, W), 0);
	CHECK_EQ(open_file(&w, w.spec), 0);
	CHECK_EQ(load_it(&w, "bad", NULL), ERR_ACCES);
	CHECK_EQ(load_it(&w, "unwritten", NULL), ERR_ACCES);
	/* Nobody says what the functions are. */
	object_free(w.object);
	w.object = NULL;
	mem_free(w.file);
	w.file = NULL;
	CHECK_EQ(open_file(&w, NULL), 0);
	CHECK_EQ(load_it(&w, "good", NULL), ERR_ACCES);
out:
	close_world(&w);
}

static u32 index_of(const struct object *object, const char *name)
{
	u32 i = 0;

	while (i + 1 < object->prog_count && !str_eq(object->progs[i].name, name))
		i++;
	return i;
}

/* As C, compiled; once, as it takes a compiler. */
static void native(void)
{
	struct world w = { 0 };
	struct native_compiler compiler;
	const struct prog *prog = NULL;
	struct runtime_prog_options options = { .size = sizeof(options) };
	struct verify_options verify;
	struct verify_result result = { 0 };
	struct prog_fact rows[64];
	struct prog_facts facts;
	struct runtime_prog *rp = NULL;
	struct runtime_run run = { 0 };

	if (getenv("TAP_NO_SWEEP") == NULL)
		return;
#if !defined(__x86_64__) || defined(_WIN32)
	return; /* under an emulator there is no compiler for that machine */
#endif
	native_compiler_init(&compiler, TEST_SOURCE_DIR "/include", NULL);
	verify_options_default(&verify);
	CHECK_EQ(open_world(&w, W), 0);
	CHECK_EQ(open_file(&w, w.spec), 0);
	CHECK_EQ(object_link(w.object, index_of(w.object, "good"),
			     spec_prog_type_by_name(W, "bind"), &prog, &w.err),
		 0);
	CHECK(prog->insn_count <= ARRAY_COUNT(rows));
	facts_init(&facts, rows, prog->insn_count);
	verify.facts = &facts;
	CHECK_EQ(verify_prog(prog, &verify, &result, &w.err), 0);
	CHECK(result.is_safe);
	options.prog = prog;
	options.engine = &compiler.engine;
	options.facts = &facts;
	CHECK_EQ(runtime_load_prog(w.rt, &options, &rp, &w.err), 0);
	CHECK_EQ(runtime_run(rp, &run, &w.err), 0);
	CHECK_EQ(run.result, 315);
	runtime_unregister(w.rt, w.functions);
	w.functions = NULL;
	CHECK_EQ(runtime_run(rp, &run, &w.err), ERR_NOTSUP);
	CHECK_EQ(runtime_register_functions(w.rt, &function_table, &w.functions, &w.err), 0);
	CHECK_EQ(runtime_run(rp, &run, &w.err), 0);
	CHECK_EQ(run.result, 315);
out:
	if (w.err.status != 0 && run.result != 315)
		printf("# %s\n", w.err.text);
	if (rp != NULL)
		core_put_user(prog_core(rp));
	close_world(&w);
}

/* --- what is registered --- */

static void helper_numbers(void)
{
	struct ext_helper row = HELPER(0x901, "ext_other", RET_INTEGER, ARG_ANYTHING);
	struct ext_helpers table = helper_table;
	struct provider *provider = NULL;
	struct world w = { 0 };

	CHECK_EQ(open_world(&w, W), 0);
	CHECK_EQ(runtime_register_helpers(w.rt, &table, &provider, &w.err), ERR_EXIST);
	table.module.data1 = 2;
	CHECK_EQ(runtime_register_helpers(w.rt, &table, &provider, &w.err), ERR_EXIST);
	CHECK(strstr(w.err.text, "somebody else") != NULL);
	table.helpers = &row;
	row.helper_id = 1;
	row.return_type = RET_MAP_VALUE_OR_NULL;
	row.arguments[0] = ARG_MAP;
	row.arguments[1] = ARG_MAP_KEY;
	CHECK_EQ(runtime_register_helpers(w.rt, &table, &provider, &w.err), ERR_EXIST);
	CHECK(strstr(w.err.text, "the runtime's own") != NULL);
	row.arguments[1] = ARG_NONE;
	CHECK_EQ(runtime_register_helpers(w.rt, &table, &provider, &w.err), ERR_INVAL);
	row.helper_id = 0x10000;
	row.return_type = RET_INTEGER;
	CHECK_EQ(runtime_register_helpers(w.rt, &table, &provider, &w.err), ERR_INVAL);
	row.helper_id = 0;
	CHECK_EQ(runtime_register_helpers(w.rt, &table, &provider, &w.err), ERR_INVAL);
	/* One that has a contract, but nobody behind it. */
	row.helper_id = 26;
	row.arguments[0] = ARG_ANYTHING;
	CHECK_EQ(runtime_register_helpers(w.rt, &table, &provider, &w.err), ERR_INVAL);
	CHECK(strstr(w.err.text, "with other arguments") != NULL);
	row.arguments[0] = ARG_CTX;
	CHECK_EQ(runtime_register_helpers(w.rt, &table, &provider, &w.err), 0);
	runtime_unregister(w.rt, provider);
	provider = NULL;
	table.count = 0;
	CHECK_EQ(runtime_register_helpers(w.rt, &table, &provider, &w.err), ERR_INVAL);
	CHECK_EQ(runtime_register_helpers(w.rt, NULL, &provider, &w.err), ERR_INVAL);
out:
	if (w.rt != NULL)
		runtime_unregister(w.rt, provider);
	close_world(&w);
}

static void function_contracts(void)
{
	struct ext_function row = functions[0];
	struct ext_functions table = function_table;
	struct provider *provider = NULL;
	struct spec *spec = NULL;
	struct world w = { 0 };

	CHECK_EQ(open_world(&w, W), 0);
	CHECK(spec_find_function(w.spec, W, "ext_count", NULL) != NULL);
	CHECK(spec_find_function(w.spec, W, "ext_count",
				 "{8f6c1f83-ce4c-4b58-8b91-654a29e23b7d}") != NULL);
	CHECK(spec_find_function(w.spec, W, "ext_count", "8f6c1f83-ce4c-4b58-8b91-654a29e23b7e") ==
	      NULL);
	CHECK(spec_find_function(w.spec, W, "ext_count", "{8f6c") == NULL);
	CHECK(spec_find_function(w.spec, DIALECT_LINUX, "ext_count", NULL) == NULL);
	CHECK(spec_find_function(NULL, W, "ext_count", NULL) == NULL);
	CHECK(spec_find_helper(w.spec, W, NULL, 0x900) != NULL);
	table.module.data1 = 5;
	table.functions = &row;
	table.count = 1;
	row.arguments[1] = ARG_NONE; /* memory without a size */
	CHECK_EQ(runtime_register_functions(w.rt, &table, &provider, &w.err), ERR_INVAL);
	row.arguments[1] = 99;
	CHECK_EQ(runtime_register_functions(w.rt, &table, &provider, &w.err), ERR_INVAL);
	/* An older extension, which says nothing. */
	row.header.size = EXT_END(struct ext_function, address);
	row.name = "ext_old";
	CHECK_EQ(runtime_register_functions(w.rt, &table, &provider, &w.err), 0);
	CHECK_EQ(runtime_spec(w.rt, &spec, &w.err), 0);
	CHECK(spec_find_function(spec, W, "ext_old", NULL) == NULL);
	/* Rows stay when their extension goes. */
	runtime_unregister(w.rt, w.functions);
	w.functions = NULL;
	CHECK(spec_find_function(spec, W, "ext_fill", NULL) != NULL);
out:
	spec_put(spec);
	if (w.rt != NULL)
		runtime_unregister(w.rt, provider);
	close_world(&w);
}

/* By a register: programs hold on to whoever may be called, and go on without. */
static void by_register(void)
{
	static const struct insn insns[] = { MOV_IMM(6, 0x900), MOV_IMM(1, 4), CALLX(6), EXIT };
	static const struct prog_subprog subprog = { .name = "p", .count = ARRAY_COUNT(insns) };
	struct prog prog = { .name = "p",
			     .section = "",
			     .dialect = W,
			     .type = spec_prog_type_by_name(W, "bind"),
			     .insns = insns,
			     .insn_count = ARRAY_COUNT(insns),
			     .subprogs = &subprog,
			     .subprog_count = 1 };
	struct runtime_run run = { 0 };
	struct runtime_prog *rp = NULL;
	struct world w = { 0 };

	CHECK_EQ(open_world(&w, W), 0);
	CHECK_EQ(runtime_add_prog(w.rt, &prog, engine_default(), NULL, &rp, &w.err), 0);
	CHECK_EQ(runtime_run(rp, &run, &w.err), 0);
	CHECK_EQ(run.result, 400);
	runtime_unregister(w.rt, w.helpers);
	w.helpers = NULL;
	CHECK_EQ(runtime_run(rp, &run, &w.err), ERR_NOTSUP);
	CHECK_EQ(run.fault.slot, 2);
out:
	close_world(&w);
}

/* --- a type of one's own --- */

/* lint: long-function, its tables are in it */
static void third_party_type(void)
{
	static const struct ext_context layout = { 16, -1, -1, -1 };
	static const struct ext_program_type type = {
		EXT_HEADER(struct ext_program_type, is_privileged),
		"mine",
		&layout,
		{ .data1 = 12345 },
		1234,
		0
	};
	static const struct ext_helper own[] = { HELPER(0x10000, "mine_number", RET_INTEGER,
							ARG_CTX) };
	/* For its programs the process is a number, of what they ask. */
	static const struct ext_helper stand_in[] = { HELPER(19, "mine_pid", RET_INTEGER,
							     ARG_ANYTHING) };
	static const struct ext_program_info info = {
		EXT_HEADER(struct ext_program_info, global_helpers), &type, 1, own, 1, stand_in
	};
	static const struct ext_program_data data = { EXT_HEADER(struct ext_program_data,
								 capabilities),
						      &info,
						      &helper_addresses,
						      &helper_addresses,
						      NULL,
						      NULL,
						      0,
						      0 };
	static const struct insn insns[] = { MOV_IMM(1, 6), CALL(19), EXIT };
	static const struct insn without[] = { CALL(19), EXIT };
	struct prog_subprog subprog = { .name = "p", .count = ARRAY_COUNT(insns) };
	struct prog prog = { .name = "p",
			     .section = "",
			     .dialect = W,
			     .insns = insns,
			     .insn_count = ARRAY_COUNT(insns),
			     .subprogs = &subprog,
			     .subprog_count = 1 };
	struct verify_options options;
	struct verify_result result = { 0 };
	struct provider *provider = NULL;
	struct spec *spec = NULL;
	struct runtime_prog *rp = NULL;
	struct runtime_run run = { 0 };
	struct world w = { 0 };

	verify_options_default(&options);
	CHECK_EQ(open_world(&w, W), 0);
	CHECK_EQ(runtime_register_program(w.rt, &data, &provider, &w.err), 0);
	CHECK_EQ(runtime_spec(w.rt, &spec, &w.err), 0);
	prog.spec = spec;
	prog.type = spec_find_type(spec, W, "mine");
	CHECK(prog.type != NULL);
	CHECK_EQ(verify_prog(&prog, &options, &result, &w.err), 0);
	CHECK(result.is_safe);
	CHECK_EQ(runtime_add_prog(w.rt, &prog, engine_default(), NULL, &rp, &w.err), 0);
	CHECK_EQ(runtime_run(rp, &run, &w.err), 0);
	CHECK_EQ(run.result, 600);
	/* Its stand-in asks for a number where others have none. */
	prog.insns = without;
	prog.insn_count = subprog.count = ARRAY_COUNT(without);
	CHECK_EQ(verify_prog(&prog, &options, &result, &w.err), 0);
	prog.type = spec_prog_type_by_name(W, "bind");
	CHECK_EQ(verify_prog(&prog, &options, &result, &w.err), 0);
	CHECK(result.is_safe);
out:
	if (w.rt != NULL)
		runtime_unregister(w.rt, provider);
	spec_put(spec);
	close_world(&w);
}

TAP_MAIN(TAP_TEST(verified), TAP_TEST(refused), TAP_TEST(native), TAP_TEST(helper_numbers),
	 TAP_TEST(function_contracts), TAP_TEST(by_register), TAP_TEST(third_party_type))
