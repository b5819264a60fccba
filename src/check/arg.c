/* SPDX-License-Identifier: MIT */
/* Arguments of helpers, class by class as spec.h defines them. A class that is not modelled refuses
 * the call. */
#include "check/arg.h"

#include "base/str.h"
#include "check/exact.h"

enum transfer_result arg_fail(struct transfer *t, enum finding_id id, const struct call *call,
			      const struct state *state, u32 arg)
{
	enum transfer_result result = transfer_fail(t, id, call->slot, state, arg);

	t->finding.arg = arg;
	return result;
}

static bool is_null(const struct value *v)
{
	u64 n;

	return value_is_number(v) && value_is_const(v, &n) && n == 0;
}

/* A pointer at the start of its region, surely not null. */
static bool is_start(const struct value *v, enum value_type type)
{
	return v->type == type && (v->flags & VALUE_NULLABLE) == 0 && v->n.smin == 0 &&
	       v->n.smax == 0;
}

/* The stack that the helper reads has to be written, and must not show it an address that programs
 * of this type keep to themselves: nobody knows where the helper takes it. */
static enum transfer_result read_stack(struct transfer *t, const struct state *state,
				       const struct call *call, u32 reg, s64 size)
{
	const struct value *v = &state->regs[reg];
	s32 lo = (s32)v->n.smin;
	u32 len = (u32)(v->n.smax - v->n.smin + size);

	if (!t->policy->allow_uninit_stack && !state_is_init(state, v->region, lo, len)) {
		(void)arg_fail(t, FINDING_ARG_UNINIT, call, state, reg);
		t->finding.size = (u32)size;
		return TRANSFER_FAIL;
	}
	if (!transfer_may_leak(t) && state_has_pointer(state, v->region, lo, len))
		return arg_fail(t, FINDING_POINTER_LEAK, call, state, reg);
	return TRANSFER_OK;
}

enum transfer_result arg_memory(struct transfer *t, struct state *state, struct call *call, u32 reg,
				s64 size, s64 sure, bool is_read, bool is_written)
{
	const struct value *v = &state->regs[reg];
	enum transfer_result result = transfer_readable(t, state, call->slot, reg);

	if (result != TRANSFER_OK || size == 0)
		return result;
	result = access_check(t, state, call->slot, reg, 0, size,
			      is_written ? ACCESS_WRITE : ACCESS_READ, reg);
	if (result != TRANSFER_OK || v->type != VALUE_STACK)
		return result;
	if (is_read)
		result = read_stack(t, state, call, reg, size);
	if (result == TRANSFER_OK && is_written) {
		call->writes[call->write_count].reg = reg;
		call->writes[call->write_count].size = size;
		call->writes[call->write_count].sure = sure;
		call->write_count++;
	}
	return result;
}

void arg_write_stack(struct state *state, const struct call *call)
{
	for (u32 i = 0; i < call->write_count; i++) {
		const struct value *v = &state->regs[call->writes[i].reg];
		u32 len = (u32)(v->n.smax - v->n.smin + call->writes[i].size);

		state_havoc(state, v->region, (s32)v->n.smin, len, false);
		if (v->n.smin == v->n.smax)
			state_havoc(state, v->region, (s32)v->n.smin, (u32)call->writes[i].sure,
				    true);
	}
}

/* The memory before a size. */
static enum transfer_result sized_memory(struct transfer *t, struct state *state, struct call *call,
					 u32 reg, s64 size, s64 sure)
{
	switch (call->helper.args[reg - 1]) {
	case ARG_READ_MEM:
	case ARG_READ_MEM_OR_NULL: return arg_memory(t, state, call, reg, size, sure, true, false);
	case ARG_WRITE_MEM:
	case ARG_WRITE_MEM_OR_NULL: return arg_memory(t, state, call, reg, size, sure, false, true);
	case ARG_UPDATE_MEM: return arg_memory(t, state, call, reg, size, sure, true, true);
	case ARG_MAP_MEM:
		if (state->regs[reg].type != VALUE_MAP_VALUE)
			return arg_fail(t, FINDING_ARG_TYPE, call, state, reg);
		return arg_memory(t, state, call, reg, size, sure, false, true);
	default:
		/* A size of nothing: no contract says that. */
		return arg_fail(t, FINDING_NO_CONTRACT, call, state, reg);
	}
}

static enum transfer_result arg_read(struct transfer *t, struct state *state, struct call *call,
				     u32 reg, u32 size)
{
	return arg_memory(t, state, call, reg, size, size, true, false);
}

static enum transfer_result arg_size(struct transfer *t, struct state *state, struct call *call,
				     u32 arg, bool may_be_zero)
{
	const struct value *v = &state->regs[arg];
	enum spec_arg class;

	if (!value_is_number(v))
		return arg_fail(t, FINDING_ARG_TYPE, call, state, arg);
	if (v->n.umax > (u64)VALUE_MAX_OFFSET) {
		(void)arg_fail(t, FINDING_ARG_SIZE, call, state, arg);
		t->finding.limit = VALUE_MAX_OFFSET;
		return TRANSFER_FAIL;
	}
	call->size_max = (s64)v->n.umax;
	if (v->n.umax == 0 && may_be_zero)
		return TRANSFER_OK;
	if (v->n.umin == 0 && !may_be_zero)
		return arg_fail(t, FINDING_ARG_SIZE_ZERO, call, state, arg);
	if (arg == 1)
		return arg_fail(t, FINDING_NO_CONTRACT, call, state, arg);
	class = call->helper.args[arg - 2];
	if ((class == ARG_READ_MEM_OR_NULL || class == ARG_WRITE_MEM_OR_NULL) &&
	    is_null(&state->regs[arg - 1]))
		return arg_fail(t, FINDING_ARG_NULL, call, state, arg - 1);
	return sized_memory(t, state, call, arg - 1, call->size_max, (s64)v->n.umin);
}

/* Any number, and where addresses are no secret any pointer. */
static enum transfer_result arg_anything(struct transfer *t, struct state *state, struct call *call,
					 u32 arg)
{
	if (state->regs[arg].type == VALUE_NONE)
		return transfer_readable(t, state, call->slot, arg);
	if (value_is_number(&state->regs[arg]) || transfer_may_leak(t))
		return TRANSFER_OK;
	return arg_fail(t, FINDING_POINTER_LEAK, call, state, arg);
}

static enum transfer_result arg_map(struct transfer *t, struct state *state, struct call *call,
				    u32 arg)
{
	const struct value *v = &state->regs[arg];

	if (v->type == VALUE_MAP && (v->flags & VALUE_NULLABLE) != 0)
		return arg_fail(t, FINDING_ARG_NULL, call, state, arg);
	if (!is_start(v, VALUE_MAP))
		return arg_fail(t, FINDING_ARG_TYPE, call, state, arg);
	if (call->map == NULL || call->map->type == NULL ||
	    (call->helper.maps >> call->map->type->kind & 1) == 0)
		return arg_fail(t, FINDING_ARG_MAP_TYPE, call, state, arg);
	return TRANSFER_OK;
}

/* Policy: the index of an array is below its length. */
static enum transfer_result check_index(struct transfer *t, struct state *state, struct call *call,
					u32 arg)
{
	const struct value *v = &state->regs[arg];
	struct value key = value_unknown();
	enum transfer_result result;

	if ((call->map->type->flags & MAP_TYPE_INDEX_KEY) == 0 || call->map->key_size != 4)
		return TRANSFER_OK;
	if (v->type == VALUE_STACK && v->n.smin == v->n.smax &&
	    state_is_init(state, v->region, (s32)v->n.smin, 4))
		key = state_load(state, v->region, (s32)v->n.smin, 4);
	if (value_is_number(&key) && key.n.umax < call->map->max_entries)
		return TRANSFER_OK;
	result = arg_fail(t, FINDING_ARG_KEY_RANGE, call, state, arg);
	t->finding.lo = (s64)key.n.umin32;
	t->finding.hi = (s64)key.n.umax32;
	t->finding.limit = call->map->max_entries;
	return result;
}

/* Memory whose size the map says. */
static enum transfer_result arg_of_map(struct transfer *t, struct state *state, struct call *call,
				       u32 arg, enum spec_arg class)
{
	enum transfer_result result;

	if (call->map == NULL)
		return arg_fail(t, FINDING_NO_CONTRACT, call, state, arg);
	switch (class) {
	case ARG_MAP_KEY:
		result = arg_read(t, state, call, arg, call->map->key_size);
		return result == TRANSFER_OK && t->policy->strict ? check_index(t, state, call, arg)
								  : result;
	case ARG_MAP_VALUE_OUT:
		return arg_memory(t, state, call, arg, call->map->value_size, call->map->value_size,
				  false, true);
	default: return arg_read(t, state, call, arg, call->map->value_size);
	}
}

enum transfer_result arg_aligned(struct transfer *t, struct state *state, struct call *call,
				 u32 arg, u32 size, bool is_read)
{
	const struct value *v = &state->regs[arg];

	if (v->type == VALUE_STACK && ((v->n.bits.value | v->n.bits.mask) & (size - 1)) != 0) {
		enum transfer_result result = arg_fail(t, FINDING_ALIGNMENT, call, state, arg);

		t->finding.size = size;
		return result;
	}
	return arg_memory(t, state, call, arg, size, size, is_read, true);
}

/* A text that nobody can change, with its end. */
static enum transfer_result arg_string(struct transfer *t, struct state *state, struct call *call,
				       u32 arg)
{
	const struct value *v = &state->regs[arg];
	const struct prog_map *map;

	if (v->type != VALUE_MAP_VALUE || (v->flags & (VALUE_NULLABLE | VALUE_INNER)) != 0 ||
	    v->n.smin != v->n.smax)
		return arg_fail(t, FINDING_ARG_TYPE, call, state, arg);
	map = &t->prog->maps[v->region];
	if (!map->is_global || !map->read_only || map->initial == NULL)
		return arg_fail(t, FINDING_ARG_TYPE, call, state, arg);
	/* Behind the initial bytes there are zeros. */
	for (s64 at = v->n.smin; at >= 0 && at < v->size; at++) {
		if (at >= map->initial_len || map->initial[at] == 0)
			return TRANSFER_OK;
	}
	return arg_fail(t, FINDING_ARG_RANGE, call, state, arg);
}

/* A socket of any kind; which fields it has does not matter to helpers. */
static enum transfer_result arg_socket(struct transfer *t, struct state *state, struct call *call,
				       u32 arg)
{
	const struct value *v = &state->regs[arg];

	if (v->type == VALUE_OBJECT && (v->flags & VALUE_NULLABLE) != 0)
		return arg_fail(t, FINDING_ARG_NULL, call, state, arg);
	if (!is_start(v, VALUE_OBJECT))
		return arg_fail(t, FINDING_ARG_TYPE, call, state, arg);
	switch ((enum spec_ret)v->region) {
	case RET_SOCK_OR_NULL:
	case RET_SOCK_COMMON_OR_NULL:
	case RET_TCP_SOCK_OR_NULL: return TRANSFER_OK;
	default: return arg_fail(t, FINDING_ARG_TYPE, call, state, arg);
	}
}

static enum transfer_result arg_ctx(struct transfer *t, struct state *state, struct call *call,
				    u32 arg)
{
	const struct value *v = &state->regs[arg];

	if (is_start(v, VALUE_CTX))
		return TRANSFER_OK;
	if (v->type == VALUE_NONE)
		return transfer_readable(t, state, call->slot, arg);
	/* The raw type's r1 is memory, not a context. */
	return arg_fail(t, v->type == VALUE_CTX ? FINDING_CTX_MODIFIED : FINDING_ARG_TYPE, call,
			state, arg);
}

static enum transfer_result arg_alloc_size(struct transfer *t, struct state *state,
					   struct call *call, u32 arg)
{
	const struct value *v = &state->regs[arg];
	u64 n;

	if (value_is_number(v) && value_is_const(v, &n) && n <= (u64)VALUE_MAX_OFFSET) {
		call->alloc_size = (s64)n;
		return TRANSFER_OK;
	}
	return arg_fail(t, FINDING_ARG_CONST, call, state, arg);
}

static enum transfer_result arg_record(struct transfer *t, struct state *state, struct call *call,
				       u32 arg)
{
	const struct value *v = &state->regs[arg];

	if (v->type == VALUE_MEM && (v->flags & VALUE_NULLABLE) != 0)
		return arg_fail(t, FINDING_ARG_NULL, call, state, arg);
	if (v->type != VALUE_MEM || (v->flags & VALUE_ACQUIRED) == 0)
		return arg_fail(t, FINDING_ARG_NOT_ACQUIRED, call, state, arg);
	if (!is_start(v, VALUE_MEM))
		return arg_fail(t, FINDING_REFERENCE_OFFSET, call, state, arg);
	return TRANSFER_OK;
}

/* The address of a field of a map's value, which is one of that kind. */
static enum transfer_result arg_field(struct transfer *t, struct state *state, struct call *call,
				      u32 arg, enum prog_map_field_kind kind)
{
	const struct value *v = &state->regs[arg];
	const struct prog_map_field *field;

	if (v->type != VALUE_MAP_VALUE)
		return arg_fail(t, FINDING_ARG_TYPE, call, state, arg);
	if ((v->flags & VALUE_NULLABLE) != 0)
		return arg_fail(t, FINDING_ARG_NULL, call, state, arg);
	field = map_field(&t->prog->maps[v->region], kind);
	if (field == NULL || v->n.smin != field->off || v->n.smax != field->off ||
	    (v->flags & VALUE_READ_ONLY) != 0)
		return arg_fail(t, FINDING_ARG_FIELD, call, state, arg);
	return TRANSFER_OK;
}

/* A timer of the map that the call names, or else of the map whose callback is set. */
static enum transfer_result arg_timer(struct transfer *t, struct state *state, struct call *call,
				      u32 arg)
{
	const struct value *v = &state->regs[arg];
	enum transfer_result result = arg_field(t, state, call, arg, MAP_FIELD_TIMER);

	if (result != TRANSFER_OK)
		return result;
	if ((v->flags & VALUE_INNER) != 0 || call->is_inner ||
	    (call->map != NULL && call->map_idx != v->region))
		return arg_fail(t, FINDING_ARG_MAP_MISMATCH, call, state, arg);
	call->map_idx = v->region;
	call->map = &t->prog->maps[v->region];
	return TRANSFER_OK;
}

static enum transfer_result arg_lock(struct transfer *t, struct state *state, struct call *call,
				     u32 arg, bool is_held)
{
	const struct value *v = &state->regs[arg];
	struct state_lock lock = {
		.held = 1, .region = v->region, .id = v->id, .off = (s32)v->n.smin
	};
	enum transfer_result result = arg_field(t, state, call, arg, MAP_FIELD_LOCK);

	if (result != TRANSFER_OK)
		return result;
	if (v->id == ID_NONE || (is_held && memcmp(&lock, &state->lock, sizeof(lock)) != 0))
		return arg_fail(t, FINDING_LOCK_NOT_HELD, call, state, arg);
	state->lock = is_held ? (struct state_lock){ 0 } : lock;
	return TRANSFER_OK;
}

static enum transfer_result arg_func(struct transfer *t, struct state *state, struct call *call,
				     u32 arg)
{
	if (state->regs[arg].type != VALUE_CODE)
		return arg_fail(t, FINDING_CALLBACK, call, state, arg);
	call->func_reg = arg;
	return TRANSFER_OK;
}

/* lint: long-function, a switch over all classes */
enum transfer_result arg_check(struct transfer *t, struct state *state, struct call *call, u32 arg)
{
	enum spec_arg class = call->helper.args[arg - 1];
	const struct value *v = &state->regs[arg];

	switch (class) {
	case ARG_NONE: return TRANSFER_OK;
	case ARG_ANYTHING: return arg_anything(t, state, call, arg);
	case ARG_VARIADIC:
		return v->type == VALUE_NONE ? TRANSFER_OK : arg_anything(t, state, call, arg);
	case ARG_SIZE: return arg_size(t, state, call, arg, false);
	case ARG_SIZE_OR_ZERO: return arg_size(t, state, call, arg, true);
	case ARG_ALLOC_SIZE: return arg_alloc_size(t, state, call, arg);
	case ARG_CTX_OR_NULL: return is_null(v) ? TRANSFER_OK : arg_ctx(t, state, call, arg);
	case ARG_CTX: return arg_ctx(t, state, call, arg);
	case ARG_MAP:
	case ARG_PROG_MAP: return arg_map(t, state, call, arg);
	case ARG_MAP_VALUE_OR_NULL:
		return is_null(v) ? TRANSFER_OK : arg_of_map(t, state, call, arg, ARG_MAP_VALUE);
	case ARG_MAP_KEY:
	case ARG_MAP_VALUE:
	case ARG_MAP_VALUE_OUT: return arg_of_map(t, state, call, arg, class);
	/* Looked at with the size that follows. */
	case ARG_READ_MEM:
	case ARG_READ_MEM_OR_NULL:
	case ARG_WRITE_MEM:
	case ARG_WRITE_MEM_OR_NULL:
	case ARG_UPDATE_MEM:
	case ARG_MAP_MEM: return transfer_readable(t, state, call->slot, arg);
	case ARG_READ_20: return arg_read(t, state, call, arg, 20);
	case ARG_READ_40: return arg_read(t, state, call, arg, 40);
	case ARG_WRITE_U64: return arg_aligned(t, state, call, arg, 8, false);
	case ARG_UPDATE_U32: return arg_aligned(t, state, call, arg, 4, true);
	case ARG_STACK_OR_NULL:
	case ARG_STACK:
		if (v->type == VALUE_STACK || (class == ARG_STACK_OR_NULL && is_null(v)))
			return TRANSFER_OK;
		return arg_fail(t, FINDING_ARG_TYPE, call, state, arg);
	case ARG_CONST_STRING: return arg_string(t, state, call, arg);
	case ARG_SOCK_COMMON_OR_NULL:
		return is_null(v) ? TRANSFER_OK : arg_socket(t, state, call, arg);
	case ARG_SOCK_COMMON: return arg_socket(t, state, call, arg);
	case ARG_TIMER: return arg_timer(t, state, call, arg);
	case ARG_LOCK: return arg_lock(t, state, call, arg, false);
	case ARG_LOCK_HELD: return arg_lock(t, state, call, arg, true);
	case ARG_ITER_OUT: return arg_iter(t, state, call, arg, true);
	case ARG_ITER: return arg_iter(t, state, call, arg, false);
	case ARG_ALLOC_MEM: return arg_record(t, state, call, arg);
	case ARG_FUNC_LOOP:
	case ARG_FUNC_TIMER:
	case ARG_FUNC_MAP_ELEM: return arg_func(t, state, call, arg);
	case ARG_CTX_OR_SOCK: /* one or the other, as spec_helper_in() says */
	/* Their fields and structures are known from BTF alone, which does not get here. */
	case ARG_KPTR_FIELD:
	case ARG_KPTR_OR_NULL:
	case ARG_BTF:
	case ARG_BTF_OR_NULL:
	case ARG_PERCPU_BTF:
	case ARG_DYNPTR:
	case ARG_DYNPTR_OUT:
	case ARG_DYNPTR_RECORD:
	case ARG_DYNPTR_RECORD_OUT:
	case ARG_FUNC_VMA:
	case ARG_FUNC_RECORD:
	case ARG_TYPE_ID:
	case ARG_OBJECT:
	case ARG_SLICE_BUFFER: break;
	case ARG_FROM_LOADER: return TRANSFER_OK;
	}
	return arg_fail(t, FINDING_NO_CONTRACT, call, state, arg);
}
