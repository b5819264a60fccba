/* SPDX-License-Identifier: MIT */
/* A native module's tables become what its programs get: addresses in the order in which the module
 * names things. Sizes come from the module and are the smaller of what both sides know. */
#include "runtime/native.h"

#include "../include/bpf2c.h"
#include "base/mem.h"
#include "base/str.h"
#include "runtime/invocation.h"
#include "runtime/module_abi.h"
#include "spec/spec.h"

#define TARGETS 64 /* helpers of one program that are not the runtime's own */

struct native_code {
	struct prog_code base;
	bpf2c_program_t function; /* may be of the module ABI, as all code that the module has */
	bool module_abi;
	bool lean;		    /* it does not count on vector registers being kept */
	helper_fn targets[TARGETS]; /* atomic; of the bridges, NULL: free */
	struct native_owner owner;
	struct helper_binding (*helper)(const void *arg, u32 id); /* for callx */
	const void *arg;
	program_runtime_context_t rc;
	helper_function_data_t *helpers;
	map_data_t *maps;
	global_variable_section_data_t *globals;
	btf_resolved_function_data_t *funcs;
};

typedef u64 native_callback(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, void *context,
			    const program_runtime_context_t *rc);
typedef MODULE_ABI u64 module_callback(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, void *context,
				       const program_runtime_context_t *rc);
typedef MODULE_ABI u64 (*module_program)(void *context, const program_runtime_context_t *rc);

static const struct native_code *code_of(const struct exec *exec)
{
	return (const struct native_code *)exec->code;
}

/* A function of its own, so that nothing is in the registers that the code may change. */
static NOINLINE u64 enter_module(const struct native_code *code, void *ctx)
{
	u64 result = ((module_program)(uintptr_t)code->function)(ctx, &code->rc);

	MODULE_ABI_LOSES_VECTORS();
	return result;
}

static u64 native_entry(struct exec *exec, void *ctx)
{
	const struct native_code *code = code_of(exec);
	u8 *stack = exec->stack;
	u64 result;

	/* Its frames are on the host's stack, below this one: there helpers look for strings. */
	exec->stack = (u8 *)__builtin_frame_address(0) - PROG_MAX_FRAMES * PROG_FRAME_SIZE;
	exec->ended = false;
	if (code->module_abi)
		result = enter_module(code, ctx);
	else
		result = code->function(ctx, &code->rc);
	exec->stack = stack;
	return result;
}

/* The two calls are functions of their own, as gcc takes calls in different conventions for one
 * when they stand in one function. */
static NOINLINE u64 call_module(const struct native_code *code, u64 func, const u64 args[5],
				void *ctx)
{
	u64 result = ((module_callback *)(uintptr_t)func)(args[0], args[1], args[2], args[3],
							  args[4], ctx, &code->rc);

	MODULE_ABI_LOSES_VECTORS();
	return result;
}

static NOINLINE u64 call_host(const struct native_code *code, u64 func, const u64 args[5],
			      void *ctx)
{
	return ((native_callback *)(uintptr_t)func)(args[0], args[1], args[2], args[3], args[4],
						    ctx, &code->rc);
}

static bool native_call(struct exec *exec, u64 func, const u64 args[5], u64 *ret_result)
{
	const struct native_code *code = code_of(exec);
	u64 result = code->module_abi ? call_module(code, func, args, exec->ctx)
				      : call_host(code, func, args, exec->ctx);

	if (exec->fault.status != 0)
		return false;
	*ret_result = result;
	return true;
}

static void native_free(struct prog_code *base)
{
	struct native_code *code = (struct native_code *)base;

	if (code->owner.release != NULL)
		code->owner.release(code->owner.arg);
	mem_free(code->helpers);
	mem_free(code->maps);
	mem_free(code->globals);
	mem_free(code->funcs);
	mem_free(code);
}

/* --- bridges: functions of the module ABI that call one of the host's ---------------------- */

#if MODULE_ABI_DIFFERS

#define BRIDGE(n)                                                                               \
	static __attribute__((used))                                                            \
	u64 target_##n(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, void *context)                   \
	{                                                                                       \
		return code_of(exec_of(context))->targets[n](r1, r2, r3, r4, r5, context);      \
	}                                                                                       \
	static MODULE_ABI u64 bridge_##n(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, void *context) \
	{                                                                                       \
		return target_##n(r1, r2, r3, r4, r5, context);                                 \
	}                                                                                       \
	__attribute__((visibility("hidden"))) module_impl bridge_lean_##n;                      \
	MODULE_LEAN(bridge_lean_##n, target_##n)
/* clang-format off */
#define BRIDGES_8(row, n) \
	row(n##0) row(n##1) row(n##2) row(n##3) row(n##4) row(n##5) row(n##6) row(n##7)
#define BRIDGES(row) \
	BRIDGES_8(row, 0) BRIDGES_8(row, 01) BRIDGES_8(row, 02) BRIDGES_8(row, 03) \
	BRIDGES_8(row, 04) BRIDGES_8(row, 05) BRIDGES_8(row, 06) BRIDGES_8(row, 07)
#define BRIDGE_ADDRESS(n) { bridge_##n, bridge_lean_##n },
BRIDGES(BRIDGE)
static module_impl *const bridges[TARGETS][2] = { BRIDGES(BRIDGE_ADDRESS) };
/* clang-format on */

static u64 bridge_to(struct native_code *code, helper_fn fn)
{
	for (size_t i = 0; i < TARGETS; i++) {
		helper_fn none = NULL;

		if (__atomic_compare_exchange_n(&code->targets[i], &none, fn, false,
						__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) ||
		    none == fn)
			return (u64)(uintptr_t)bridges[i][code->lean];
	}
	return 0;
}

#else

static u64 bridge_to(UNUSED struct native_code *code, helper_fn fn)
{
	return (u64)(uintptr_t)fn;
}

#endif

/* The function as the program calls it; 0: there are too many of them. */
static u64 address_for(struct native_code *code, helper_fn fn)
{
	u64 address;

	if (!code->module_abi || fn == NULL)
		return (u64)(uintptr_t)fn;
	address = helper_for_modules(fn, code->lean);
	return address != 0 ? address : bridge_to(code, fn);
}

/* --- what modules ask of the runtime where engines help themselves --- */

static u64 load_packet(u64 offset, u64 size, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
		       void *context)
{
	const struct exec_packet *packet = exec_of(context)->packet;
	u32 at = (u32)offset;
	u64 value = 0;

	if (packet == NULL || at > INT32_MAX || size > packet->len || at > packet->len - size)
		return UINT64_MAX;
	for (u32 i = 0; i < size; i++)
		value = value << 8 | packet->data[at + i];
	return value;
}

static u64 find_helper(u64 id, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
		       void *context)
{
	/* Only its bridges change. */
	struct native_code *code = (struct native_code *)(uintptr_t)code_of(exec_of(context));

	return address_for(code, code->helper(code->arg, (u32)id).fn);
}

static u64 stop(u64 slot, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5, void *context)
{
	struct exec *exec = exec_of(context);

	exec->fault = (struct exec_fault){ .status = ERR_NOTSUP, .slot = (u32)slot };
	exec->ended = true;
	return 0;
}

/* --- binding --- */

static int bad_module(struct error *err, const struct prog *prog, const char *what)
{
	return error_set(err, ERR_NOEXEC, "native module, program '%.64s': %s", prog->name, what);
}

static bool has_size(const ebpf_native_module_header_t *header, size_t least)
{
	return header->version >= 1 && header->size >= least && header->total_size >= header->size;
}

static const program_entry_t *find_program(const struct native_tables *tables,
					   const struct prog *prog)
{
	for (size_t i = 0; i < tables->program_count; i++) {
		const program_entry_t *entry = &tables->programs[i];

		if (str_eq(entry->program_name, prog->name) &&
		    str_eq(entry->section_name, prog->section))
			return entry;
	}
	return NULL;
}

static int set_address(struct native_code *code, helper_fn fn, helper_function_t *ret_address,
		       struct error *err)
{
	u64 address = address_for(code, fn);

	if (address == 0)
		return error_set(err, ERR_NOTSUP,
				 "native module: more than %u helpers of extensions in a program",
				 TARGETS);
	*ret_address = (helper_function_t)(uintptr_t)address;
	return 0;
}

static int bind_helpers(struct native_code *code, const program_entry_t *entry,
			const struct prog *prog, const struct prog_binding *binding,
			struct error *err)
{
	for (u32 i = 0; i < entry->helper_count; i++) {
		const helper_function_entry_t *row = &entry->helpers[i];
		helper_function_data_t *data = &code->helpers[i];
		struct helper_binding helper = { 0 };
		int status;

		if (!has_size(&row->header, BPF2C_END_OF(helper_function_entry_t, name)) ||
		    row->header.total_size != sizeof(*row))
			return bad_module(err, prog, "its table of helpers is malformed");
		data->header = (ebpf_native_module_header_t)BPF2C_HEADER(helper_function_data_t,
									 tail_call);
		if (row->helper_id == (u32)NATIVE_LOAD_PACKET)
			helper.fn = load_packet;
		else if (row->helper_id == (u32)NATIVE_FIND_HELPER)
			helper.fn = find_helper;
		else if (row->helper_id == (u32)NATIVE_STOP)
			helper.fn = stop;
		else
			helper = binding->helper(binding->arg, row->helper_id);
		if (helper.fn == NULL)
			return error_set(err, ERR_NOTSUP, "helper %u is not offered",
					 row->helper_id);
		status = set_address(code, helper.fn, &data->address, err);
		if (status != 0)
			return status;
		data->tail_call = (helper.flags & HELPER_TAIL_CALL) != 0;
	}
	return 0;
}

/* There is none yet that a host would offer. */
static int no_variable(const struct prog_var *var, struct error *err)
{
	if (var->is_config)
		return error_set(err, ERR_NOTSUP,
				 "extern %s has no value: it is of a kernel's configuration, which "
				 "was not known when it was translated",
				 var->name);
	return error_set(err, ERR_NOTSUP, "variable %s is not offered", var->name);
}

static int bind_funcs(struct native_code *code, const program_entry_t *entry,
		      const struct prog *prog, const struct prog_binding *binding,
		      struct error *err)
{
	int status;

	if (entry->btf_resolved_function_count != prog->func_count + prog->var_count)
		return bad_module(err, prog, "it calls other functions than its object");
	if (prog->var_count > 0)
		return no_variable(&prog->vars[0], err);
	for (u32 i = 0; i < prog->func_count; i++) {
		code->funcs[i].header = (ebpf_native_module_header_t)BPF2C_HEADER(
			btf_resolved_function_data_t, address);
		if (binding->funcs[i] == NULL && !prog->funcs[i].is_weak)
			return error_set(err, ERR_NOTSUP, "function %s is not offered",
					 prog->funcs[i].name);
		status = set_address(code, binding->funcs[i] != NULL ? binding->funcs[i] : stop,
				     &code->funcs[i].address, err);
		if (status != 0)
			return status;
	}
	return 0;
}

/* Maps are the object's, in its order; those of global data have a table of their own. */
static int bind_maps(struct native_code *code, const struct native_tables *tables,
		     const struct prog *prog, const struct prog_binding *binding, struct error *err)
{
	const map_entry_t *maps = tables->maps;
	u32 section = 0;

	if (tables->map_count != prog->map_count)
		return bad_module(err, prog, "it has other maps than its object");
	for (u32 i = 0; i < prog->map_count; i++) {
		const struct prog_map *map = &prog->maps[i];
		bool is_array = map->type != NULL && map->type->kind == MAP_KIND_ARRAY;
		map_data_t *data = &code->maps[i];

		if (!has_size(&maps[i].header, BPF2C_END_OF(map_entry_t, name)) ||
		    maps[i].header.total_size != sizeof(maps[i]) || maps[i].name == NULL ||
		    !str_eq(maps[i].name, map->name) ||
		    maps[i].definition.max_entries != map->max_entries ||
		    maps[i].definition.value_size != map->value_size)
			return bad_module(err, prog, "a map is not as in its object");
		data->header = (ebpf_native_module_header_t)BPF2C_HEADER(map_data_t, array_data);
		data->address = (uintptr_t)binding->maps[i];
		data->array_data = is_array ? (u8 *)(uintptr_t)binding->map_values[i] : NULL;
		if (!map->is_global)
			continue;
		code->globals[section].header = (ebpf_native_module_header_t)BPF2C_HEADER(
			global_variable_section_data_t, address_of_map_value);
		code->globals[section++].address_of_map_value =
			(u8 *)(uintptr_t)binding->map_values[i];
	}
	return 0;
}

int native_bind_tables(const struct native_tables *tables, const struct prog *prog,
		       const struct prog_binding *binding, const struct native_owner *owner,
		       struct prog_code **ret_code, struct error *err)
{
	const program_entry_t *entry = find_program(tables, prog);
	struct native_code *code;
	int status;

	if (entry == NULL)
		return error_set(err, ERR_NOENT, "the native module has no program '%.64s'",
				 prog->name);
	code = mem_zalloc(sizeof(*code));
	if (code == NULL)
		return error_set(err, ERR_NOMEM, "no memory for a native program");
	code->base = (struct prog_code){ .entry = native_entry,
					 .free = native_free,
					 .call = native_call };
	code->function = entry->function;
	code->module_abi = tables->module_abi;
	code->lean = tables->module_abi && !tables->keeps_vectors;
	code->helper = binding->helper;
	code->arg = binding->arg;
	code->helpers = mem_zalloc_array(entry->helper_count, sizeof(*code->helpers));
	code->maps = mem_zalloc_array(prog->map_count, sizeof(*code->maps));
	code->globals = mem_zalloc_array(prog->map_count, sizeof(*code->globals));
	code->funcs = mem_zalloc_array(prog->func_count, sizeof(*code->funcs));
	status = code->helpers == NULL || code->maps == NULL || code->globals == NULL ||
				 code->funcs == NULL
			 ? error_set(err, ERR_NOMEM, "no memory for a native program")
			 : bind_helpers(code, entry, prog, binding, err);
	if (status == 0)
		status = bind_funcs(code, entry, prog, binding, err);
	if (status == 0)
		status = bind_maps(code, tables, prog, binding, err);
	if (status != 0) {
		native_free(&code->base);
		return status;
	}
	code->owner = *owner;
	code->rc = (program_runtime_context_t){
		{ 1, sizeof(code->rc), sizeof(code->rc) }, /* nothing behind its last field */
		code->helpers,
		code->maps,
		code->globals,
		code->funcs,
	};
	*ret_code = &code->base;
	return 0;
}

/* Entries may be longer than those known here, all of one table alike. */
static int copy_programs(const metadata_table_t *table, program_entry_t **ret_programs,
			 size_t *ret_count, struct error *err)
{
	const size_t least = BPF2C_END_OF(program_entry_t, btf_resolved_function_count);
	program_entry_t *programs = NULL, *copies;
	size_t count = 0, step;

	if (table->size < sizeof(*table) || table->programs == NULL)
		return error_set(err, ERR_NOEXEC, "native module: its table has %zu bytes",
				 table->size);
	table->programs(&programs, &count);
	step = count > 0 ? programs->header.total_size : 0;
	copies = mem_zalloc_array(count, sizeof(*copies));
	if (copies == NULL)
		return error_set(err, ERR_NOMEM, "no memory for a native module");
	for (size_t i = 0; i < count; i++) {
		const program_entry_t *entry =
			(const program_entry_t *)(const void *)((const u8 *)programs + i * step);

		if (!has_size(&entry->header, least) || entry->header.total_size != step ||
		    entry->program_name == NULL || entry->section_name == NULL) {
			mem_free(copies);
			return error_set(err, ERR_NOEXEC,
					 "native module: program %zu of its table is malformed", i);
		}
		memcpy(&copies[i], entry, least);
	}
	*ret_programs = copies;
	*ret_count = count;
	return 0;
}

int native_bind(const void *table, const struct prog *prog, const struct prog_binding *binding,
		const struct native_owner *owner, struct prog_code **ret_code, struct error *err)
{
	const metadata_table_t *metadata = table;
	struct native_tables tables = { 0 };
	program_entry_t *programs = NULL;
	map_entry_t *maps = NULL;
	int status = copy_programs(metadata, &programs, &tables.program_count, err);

	if (status != 0)
		return status;
	metadata->maps(&maps, &tables.map_count);
	tables.programs = programs;
	tables.maps = maps;
	status = native_bind_tables(&tables, prog, binding, owner, ret_code, err);
	mem_free(programs);
	return status;
}
