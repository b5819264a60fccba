/* SPDX-License-Identifier: MIT */
/* A native module's tables become what its programs get: addresses in the order in which the module
 * names things. Sizes come from the module and are the smaller of what both sides know. */
#include "runtime/native.h"

#include "../include/bpf2c.h"
#include "base/mem.h"
#include "base/str.h"
#include "spec/spec.h"

struct native_code {
	struct prog_code base;
	bpf2c_program_t function;
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

static const struct native_code *code_of(const struct exec *exec)
{
	return (const struct native_code *)exec->code;
}

static u64 native_entry(struct exec *exec, void *ctx)
{
	const struct native_code *code = code_of(exec);
	u8 *stack = exec->stack;
	u64 result;

	/* Its frames are on the host's stack, below this one: there helpers look for strings. */
	exec->stack = (u8 *)__builtin_frame_address(0) - PROG_MAX_FRAMES * PROG_FRAME_SIZE;
	exec->ended = false;
	result = code->function(ctx, &code->rc);
	exec->stack = stack;
	return result;
}

static bool native_call(struct exec *exec, u64 func, const u64 args[5], u64 *ret_result)
{
	native_callback *callback = (native_callback *)(uintptr_t)func;
	u64 result = callback(args[0], args[1], args[2], args[3], args[4], exec->ctx,
			      &code_of(exec)->rc);

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
	const struct native_code *code = code_of(exec_of(context));

	return (u64)(uintptr_t)code->helper(code->arg, (u32)id).fn;
}

static u64 stop(u64 slot, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5, void *context)
{
	struct exec *exec = exec_of(context);

	exec->fault = (struct exec_fault){ .status = ERR_NOTSUP, .slot = (u32)slot };
	exec->ended = true;
	return 0;
}

/* --- binding --- */

/* Both kinds of 64-bit numbers are one to the machine. */
static helper_function_t address_of(helper_fn fn)
{
	return (helper_function_t)(uintptr_t)fn;
}

static int bad_module(struct error *err, const struct prog *prog, const char *what)
{
	return error_set(err, ERR_NOEXEC, "native module, program '%.64s': %s", prog->name, what);
}

static bool has_size(const ebpf_native_module_header_t *header, size_t least)
{
	return header->version >= 1 && header->size >= least && header->total_size >= header->size;
}

/* Entries may be longer than those known here, all of one table alike. */
static const program_entry_t *find_program(const metadata_table_t *table, const struct prog *prog,
					   struct error *err)
{
	const size_t least = BPF2C_END_OF(program_entry_t, btf_resolved_function_count);
	program_entry_t *programs = NULL;
	size_t count = 0, step;

	if (table->size < sizeof(*table) || table->programs == NULL)
		return NULL;
	table->programs(&programs, &count);
	step = count > 0 ? programs->header.total_size : 0;
	for (size_t i = 0; i < count; i++) {
		const program_entry_t *entry =
			(const program_entry_t *)(const void *)((const u8 *)programs + i * step);

		if (!has_size(&entry->header, least) || entry->header.total_size != step ||
		    entry->program_name == NULL || entry->section_name == NULL) {
			error_set(err, ERR_NOEXEC,
				  "native module: program %zu of its table is "
				  "malformed",
				  i);
			return NULL;
		}
		if (str_eq(entry->program_name, prog->name) &&
		    str_eq(entry->section_name, prog->section))
			return entry;
	}
	return NULL;
}

static int bind_helpers(struct native_code *code, const program_entry_t *entry,
			const struct prog *prog, const struct prog_binding *binding,
			struct error *err)
{
	for (u32 i = 0; i < entry->helper_count; i++) {
		const helper_function_entry_t *row = &entry->helpers[i];
		helper_function_data_t *data = &code->helpers[i];
		struct helper_binding helper;

		if (!has_size(&row->header, BPF2C_END_OF(helper_function_entry_t, name)) ||
		    row->header.total_size != sizeof(*row))
			return bad_module(err, prog, "its table of helpers is malformed");
		data->header = (ebpf_native_module_header_t)BPF2C_HEADER(helper_function_data_t,
									 tail_call);
		if (row->helper_id == (u32)NATIVE_LOAD_PACKET)
			data->address = address_of(load_packet);
		else if (row->helper_id == (u32)NATIVE_FIND_HELPER)
			data->address = address_of(find_helper);
		else if (row->helper_id == (u32)NATIVE_STOP)
			data->address = address_of(stop);
		if (data->address != NULL)
			continue;
		helper = binding->helper(binding->arg, row->helper_id);
		if (helper.fn == NULL)
			return error_set(err, ERR_NOTSUP, "helper %u is not offered",
					 row->helper_id);
		data->address = address_of(helper.fn);
		data->tail_call = (helper.flags & HELPER_TAIL_CALL) != 0;
	}
	return 0;
}

static int bind_funcs(struct native_code *code, const program_entry_t *entry,
		      const struct prog *prog, const struct prog_binding *binding,
		      struct error *err)
{
	if (entry->btf_resolved_function_count != prog->func_count)
		return bad_module(err, prog, "it calls other functions than its object");
	for (u32 i = 0; i < prog->func_count; i++) {
		code->funcs[i].header = (ebpf_native_module_header_t)BPF2C_HEADER(
			btf_resolved_function_data_t, address);
		code->funcs[i].address =
			address_of(binding->funcs[i] != NULL ? binding->funcs[i] : stop);
		if (binding->funcs[i] == NULL && !prog->funcs[i].is_weak)
			return error_set(err, ERR_NOTSUP, "function %s is not offered",
					 prog->funcs[i].name);
	}
	return 0;
}

/* Maps are the object's, in its order; those of global data have a table of their own. */
static int bind_maps(struct native_code *code, const metadata_table_t *table,
		     const struct prog *prog, const struct prog_binding *binding, struct error *err)
{
	map_entry_t *maps = NULL;
	size_t count = 0;
	u32 section = 0;

	table->maps(&maps, &count);
	if (count != prog->map_count)
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

int native_bind(const void *table, const struct prog *prog, const struct prog_binding *binding,
		const struct native_owner *owner, struct prog_code **ret_code, struct error *err)
{
	const program_entry_t *entry;
	struct native_code *code;
	int status;

	error_set(err, ERR_NOENT, "the native module has no program '%.64s'", prog->name);
	entry = find_program(table, prog, err);
	if (entry == NULL)
		return err != NULL ? err->status : ERR_NOENT;
	code = mem_zalloc(sizeof(*code));
	if (code == NULL)
		return error_set(err, ERR_NOMEM, "no memory for a native program");
	code->base = (struct prog_code){ .entry = native_entry,
					 .free = native_free,
					 .call = native_call };
	code->function = entry->function;
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
		status = bind_maps(code, table, prog, binding, err);
	if (status != 0) {
		native_free(&code->base);
		return status;
	}
	code->owner = *owner;
	code->helper = binding->helper;
	code->arg = binding->arg;
	code->rc = (program_runtime_context_t){
		{ 1, sizeof(code->rc), sizeof(code->rc) }, /* nothing behind its last field */
		code->helpers,
		code->maps,
		code->globals,
		code->funcs,
	};
	if (err != NULL)
		*err = (struct error){ 0 };
	*ret_code = &code->base;
	return 0;
}
