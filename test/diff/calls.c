/* SPDX-License-Identifier: MIT */
/* A helper's address is replaced by one of ours, which writes down the arguments and goes on. */
#include "calls.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/str.h"

static struct calls *current;

/* --- where an address is ----------------------------------------------------------------------
 */

static bool is_in(u64 value, u64 base, u64 len, struct logged_arg *arg, enum logged_place place)
{
	if (value < base || value - base > len)
		return false;
	arg->place = (u8)place;
	arg->value = value - base;
	return true;
}

static u64 field_of(const struct spec_ctx *layout, const u8 *ctx, enum spec_field_kind kind)
{
	for (u32 i = 0; i < layout->field_count; i++) {
		const struct spec_field *field = &layout->fields[i];
		u64 value = 0;

		if (field->kind != kind || field->size > sizeof(value))
			continue;
		memcpy(&value, ctx + field->off, field->size);
		return value;
	}
	return 0;
}

static bool is_in_context(const struct calls *record, const struct exec *exec, u64 value,
			  struct logged_arg *arg)
{
	const struct spec_ctx *layout = spec_ctx_of(record->prog->type, record->prog->attach);
	u64 ctx = (u64)(uintptr_t)exec->ctx, data, end;

	if (layout == NULL)
		return is_in(value, ctx, exec->arg2, arg, PLACE_CTX);
	if (is_in(value, ctx, layout->size, arg, PLACE_CTX))
		return true;
	data = field_of(layout, exec->ctx, FIELD_DATA_META);
	if (data == 0)
		data = field_of(layout, exec->ctx, FIELD_DATA);
	end = field_of(layout, exec->ctx, FIELD_DATA_END);
	return end > data && is_in(value, data, end - data, arg, PLACE_PACKET);
}

static bool is_in_maps(const struct calls *record, u64 value, struct logged_arg *arg)
{
	for (u32 i = 0; i < record->prog->map_count; i++) {
		const struct prog_array *array = &record->arrays[i];
		u64 size = (u64)array->stride * array->entries;

		arg->which = i;
		if (record->maps[i] != 0 && is_in(value, record->maps[i], 0, arg, PLACE_MAP))
			return true;
		/* All CPUs: the programs of a run have one. */
		if (array->values != 0 && size != 0 &&
		    is_in(value, array->values, size - 1, arg, PLACE_ARRAY))
			return true;
	}
	arg->which = 0;
	return false;
}

/* The last helper that returned this address or the nearest one below it. */
static bool is_in_results(const struct calls *record, u64 value, struct logged_arg *arg)
{
	u64 nearest = 0;

	for (u32 i = 0; i < record->result_count; i++) {
		u64 result = record->results[i];

		if (result == 0 || result < nearest || result > value || value - result >= 1 << 16)
			continue;
		nearest = result;
		arg->which = i;
		arg->place = PLACE_RESULT;
		arg->value = value - result;
	}
	return nearest != 0;
}

static bool is_number(enum spec_arg arg)
{
	switch (arg) {
	case ARG_ANYTHING:
	case ARG_SIZE:
	case ARG_SIZE_OR_ZERO:
	case ARG_ALLOC_SIZE:
	case ARG_TYPE_ID:
	case ARG_FUNC_LOOP:
	case ARG_FUNC_MAP_ELEM:
	case ARG_FUNC_TIMER:
	case ARG_FUNC_VMA:
	case ARG_FUNC_RECORD:
	case ARG_FROM_LOADER: return true;
	default: return false;
	}
}

static struct logged_arg place_of(const struct calls *record, const struct exec *exec,
				  enum spec_arg class, u64 value)
{
	const u64 size = PROG_MAX_FRAMES * PROG_FRAME_SIZE;
	struct logged_arg arg = { .place = PLACE_NUMBER, .value = value };

	if (value == 0)
		return arg;
	/* Functions without a frame have none in some engines, so which one it is differs. The end
	 * of one is the begin of the one before. */
	if (is_in(value, (u64)(uintptr_t)exec->stack, size, &arg, PLACE_STACK)) {
		arg.value %= PROG_FRAME_SIZE;
		return arg;
	}
	/* Addresses of packets have 32 bits, as many numbers have. */
	if (is_number(class) && value <= UINT32_MAX)
		return arg;
	if (is_in_context(record, exec, value, &arg) || is_in_maps(record, value, &arg) ||
	    is_number(class))
		return arg;
	if (!is_in_results(record, value, &arg))
		arg = (struct logged_arg){ .place = PLACE_UNKNOWN };
	return arg;
}

/* --- what is there ----------------------------------------------------------------------------
 */

static const struct prog_map *map_of(const struct calls *record, const struct logged_call *call)
{
	for (u32 i = 0; i < call->count; i++)
		if (call->args[i].place == PLACE_MAP)
			return &record->prog->maps[call->args[i].which];
	return NULL;
}

/* So many bytes are read at the argument. */
static u64 size_read(const struct calls *record, const struct logged_call *call,
		     const struct spec_helper *row, u32 i)
{
	const struct prog_map *map = map_of(record, call);

	switch (row->args[i]) {
	case ARG_MAP_KEY: return map != NULL ? map->key_size : 0;
	case ARG_MAP_VALUE: return map != NULL ? map->value_size : 0;
	case ARG_READ_20: return 20;
	case ARG_READ_40: return 40;
	case ARG_UPDATE_U32: return 4;
	case ARG_READ_MEM:
	case ARG_READ_MEM_OR_NULL:
	case ARG_UPDATE_MEM:
		return i + 1 < call->count && call->args[i + 1].place == PLACE_NUMBER
			       ? call->args[i + 1].value
			       : 0;
	default: return 0;
	}
}

static void read_memory(const struct calls *record, const struct spec_helper *row,
			const u64 *values, struct logged_call *call)
{
	for (u32 i = 0; i < call->count; i++) {
		struct logged_arg *arg = &call->args[i];
		u64 size = size_read(record, call, row, i), hash = 0xcbf29ce484222325;

		if (arg->place == PLACE_NUMBER || arg->place == PLACE_UNKNOWN || size == 0 ||
		    size > 1 << 16)
			continue;
		for (u64 k = 0; k < size; k++)
			hash = (hash ^ *(const u8 *)(uintptr_t)(values[i] + k)) * 0x100000001b3;
		arg->has_memory = true;
		arg->memory = hash;
	}
}

static void forget_frames(struct logged_call *call)
{
	const struct logged_arg *first = NULL;
	u64 begin = 0;

	for (u32 i = 0; i < call->count; i++) {
		struct logged_arg *arg = &call->args[i];

		if (arg->place != PLACE_STACK)
			continue;
		if (first == NULL) {
			first = arg;
			begin = arg->value;
		}
		arg->value -= begin;
	}
}

/* --- calls ------------------------------------------------------------------------------------
 */

/* Some engine does this one without a call. */
static bool is_inlined(const struct calls *record, const struct helper_binding *binding)
{
	return record->may_inline && binding->is != HELPER_CALLED;
}

static bool is_pointer(enum spec_ret ret)
{
	return ret != RET_INTEGER && ret != RET_LENGTH && ret != RET_INTEGER_OR_NO_RETURN &&
	       ret != RET_VOID && ret != RET_UNSUPPORTED;
}

static u64 record_one(u32 k, const u64 *values, void *ctx)
{
	struct calls *record = current;
	const struct helper_binding *binding = &record->helpers[k];
	const struct spec_helper *row = record->rows[k];
	const struct exec *exec = exec_of(ctx);
	u32 at = record->call_count;
	struct logged_call *call = &record->calls[at];
	u64 result;

	if (is_inlined(record, binding) || at == RECORD_CALLS) {
		record->overflow += at == RECORD_CALLS;
		return binding->fn(values[0], values[1], values[2], values[3], values[4], ctx);
	}
	*call = (struct logged_call){ .id = record->ids[k] };
	/* VARIADIC: a register that may have no value; what comes of it is printed. */
	while (row != NULL && call->count < 5 && row->args[call->count] != ARG_NONE &&
	       row->args[call->count] != ARG_VARIADIC) {
		call->args[call->count] =
			place_of(record, exec, row->args[call->count], values[call->count]);
		call->count++;
	}
	if (row != NULL)
		read_memory(record, row, values, call);
	if (record->own_frames)
		forget_frames(call);
	record->call_count++;
	result = binding->fn(values[0], values[1], values[2], values[3], values[4], ctx);
	/* Callbacks called others meanwhile. */
	record->results[at] = row != NULL && is_pointer(row->ret) ? result : 0;
	record->result_count = MAX(record->result_count, record->call_count);
	return result;
}

#define EACH_8(X, n) X(n##0) X(n##1) X(n##2) X(n##3) X(n##4) X(n##5) X(n##6) X(n##7)
#define EACH(X)       \
	EACH_8(X, 0)  \
	EACH_8(X, 01) \
	EACH_8(X, 02) EACH_8(X, 03) EACH_8(X, 04) EACH_8(X, 05) EACH_8(X, 06) EACH_8(X, 07)
#define FUNCTION(n)                                                              \
	static u64 record_##n(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, void *ctx) \
	{                                                                        \
		return record_one(n, (const u64[]){ r1, r2, r3, r4, r5 }, ctx);  \
	}
#define NAME(n) record_##n,
EACH(FUNCTION)
static const helper_fn functions[] = { EACH(NAME) };
_Static_assert(ARRAY_COUNT(functions) == RECORD_HELPERS, "one each");

static struct helper_binding bind_helper(const void *arg, u32 id)
{
	struct calls *record = (struct calls *)(uintptr_t)arg;
	struct helper_binding binding = record->helper(record->arg, id);
	u32 k = 0;

	while (k < record->helper_count && record->ids[k] != id)
		k++;
	if (binding.fn == NULL || k == RECORD_HELPERS)
		return binding;
	if (k == record->helper_count)
		record->helper_count++;
	record->ids[k] = id;
	record->helpers[k] = binding;
	record->rows[k] =
		spec_find_helper(record->prog->spec, record->prog->dialect, record->prog->type, id);
	binding.fn = functions[k];
	if (!record->may_inline)
		binding.is = HELPER_CALLED;
	return binding;
}

/* --- the engine -------------------------------------------------------------------------------
 */

static bool is_before_call(const struct prog *prog, u32 slot)
{
	const struct insn *insn = &prog->insns[slot];

	if (insn->kind != INSN_ALU || insn->op != ALU_MOV || (insn->flags & INSN_IMM) == 0 ||
	    insn->dst < 1 || insn->dst > 5)
		return false;
	for (u32 i = slot + 1; i < prog->insn_count && i < slot + 8; i++) {
		if (prog->insns[i].kind == INSN_CALL)
			return true;
		if (prog->insns[i].kind != INSN_ALU)
			return false;
	}
	return false;
}

/* NULL: there is no such constant, or no memory. */
static struct insn *spoil(const struct prog *prog)
{
	struct insn *insns = NULL;

	for (u32 i = 0; i < prog->insn_count && insns == NULL; i++) {
		if (!is_before_call(prog, i))
			continue;
		insns = mem_alloc(prog->insn_count * sizeof(*insns));
		if (insns == NULL)
			break;
		memcpy(insns, prog->insns, prog->insn_count * sizeof(*insns));
		insns[i].imm ^= 1;
	}
	return insns;
}

/* Nothing may depend on what others left on the stack. */
static u64 enter(struct exec *exec, void *ctx)
{
	memset(exec->stack, 0xa5, PROG_MAX_FRAMES * PROG_FRAME_SIZE);
	return current->entry(exec, ctx);
}

static int prepare(const struct engine *engine, const struct prog *prog,
		   const struct prog_binding *binding, struct prog_code **ret_code,
		   struct error *err)
{
	struct calls *record = (struct calls *)(uintptr_t)engine;
	struct prog_binding ours = *binding;
	struct prog copy = *prog;
	int status;

	record->maps = mem_zalloc_array(prog->map_count, sizeof(*record->maps));
	record->arrays = mem_zalloc_array(prog->map_count, sizeof(*record->arrays));
	if (record->maps == NULL || record->arrays == NULL)
		return error_set(err, ERR_NOMEM, "no memory to record");
	for (u32 i = 0; i < prog->map_count; i++) {
		record->maps[i] = binding->maps[i];
		record->arrays[i] = binding->arrays[i];
	}
	record->helper = binding->helper;
	record->arg = binding->arg;
	ours.helper = bind_helper;
	ours.arg = record;
	if (record->spoil)
		record->spoilt = spoil(prog);
	if (record->spoilt != NULL)
		copy.insns = record->spoilt;
	status = record->under->prepare(record->under, &copy, &ours, ret_code, err);
	if (status == 0) {
		record->entry = (*ret_code)->entry;
		(*ret_code)->entry = enter;
	}
	return status;
}

void calls_init(struct calls *record, const struct prog *prog, const struct engine *under)
{
	_Static_assert(offsetof(struct calls, engine) == 0, "prepare finds the record by it");
	record->engine = (struct engine){ .name = under->name, .prepare = prepare };
	record->under = under;
	record->prog = prog;
}

void calls_fini(struct calls *record)
{
	mem_free(record->maps);
	mem_free(record->arrays);
	mem_free(record->spoilt);
}

void calls_begin(struct calls *record)
{
	current = record;
	record->call_count = 0;
	record->result_count = 0;
	record->overflow = 0;
	memset(record->results, 0, sizeof(record->results));
}

static bool is_same(const struct logged_call *a, const struct logged_call *b)
{
	if (a->id != b->id || a->count != b->count)
		return false;
	for (u32 i = 0; i < a->count; i++) {
		const struct logged_arg *x = &a->args[i], *y = &b->args[i];

		if (x->place != y->place || x->which != y->which || x->value != y->value ||
		    x->has_memory != y->has_memory || x->memory != y->memory)
			return false;
	}
	return true;
}

u32 calls_compare(const struct calls *a, const struct calls *b)
{
	for (u32 i = 0; i < MAX(a->call_count, b->call_count); i++)
		if (i >= a->call_count || i >= b->call_count ||
		    !is_same(&a->calls[i], &b->calls[i]))
			return i;
	return a->overflow != b->overflow ? RECORD_CALLS : UINT32_MAX;
}

void calls_print(const struct calls *record, u32 call)
{
	static const char *const places[] = {
		[PLACE_NUMBER] = "number", [PLACE_STACK] = "stack",    [PLACE_CTX] = "context",
		[PLACE_PACKET] = "packet", [PLACE_MAP] = "map",	       [PLACE_ARRAY] = "values",
		[PLACE_RESULT] = "result", [PLACE_UNKNOWN] = "host's",
	};
	const struct logged_call *row = &record->calls[call];

	if (call >= record->call_count) {
		printf("# %s: call %u of %u\n", record->under->name, call, record->call_count);
		return;
	}
	printf("# %s: call %u, helper %u:", record->under->name, call, row->id);
	for (u32 i = 0; i < row->count; i++)
		printf(" %s %u 0x%llx (%llx)", places[row->args[i].place], row->args[i].which,
		       (unsigned long long)row->args[i].value,
		       (unsigned long long)row->args[i].memory);
	printf("\n");
}
