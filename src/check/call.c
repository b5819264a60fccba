/* SPDX-License-Identifier: MIT */
/* Calls of helpers and of functions that the host has, by their contracts: arguments, what happens
 * to the state, result. What has no contract is refused.
 *
 * Soundness: a helper changes nothing but the memory that a WRITE class names, r0 to r5, what is
 * acquired and, where its row says so, the packet. Memory other than the stack has no contents in
 * the state, but for read-only data, which WRITE classes refuse; so only stack has to be forgotten.
 */
#include "base/str.h"
#include "check/arg.h"
#include "prog/exec.h"

/* The first argument that is a map, whose kind the contract may depend on. */
static void find_map(const struct transfer *t, const struct state *state, struct call *call)
{
	for (u32 i = 0; i < ARRAY_COUNT(call->helper.args); i++) {
		const struct value *v = &state->regs[i + 1];

		if (call->helper.args[i] != ARG_MAP && call->helper.args[i] != ARG_PROG_MAP)
			continue;
		if (v->type == VALUE_MAP && v->region < t->prog->map_count) {
			call->map = &t->prog->maps[v->region];
			call->map_idx = v->region;
			call->map_id = v->id;
			call->is_inner = (v->flags & VALUE_INNER) != 0;
		}
		return;
	}
}

/* Sections of programs that may sleep end in ".s". */
static bool may_sleep(const struct prog *prog)
{
	const char *s = prog->section;
	size_t len = 0;

	while (s[len] != '\0' && s[len] != '/')
		len++;
	return len >= 2 && s[len - 2] == '.' && s[len - 1] == 's';
}

/* Whether the call is possible at this place at all. */
static enum transfer_result check_place(struct transfer *t, const struct state *state,
					const struct call *call)
{
	const struct spec_helper *helper = &call->helper;

	if (helper->ret == RET_UNSUPPORTED)
		return transfer_fail(t, FINDING_NO_CONTRACT, call->slot, state, FINDING_NO_REG);
	if ((helper->flags & HELPER_MAY_SLEEP) != 0 && !may_sleep(t->prog))
		return transfer_fail(t, FINDING_SLEEP, call->slot, state, FINDING_NO_REG);
	/* A timer's callback may not, and what is called from callbacks looks all the same. */
	if ((helper->flags & HELPER_MAY_SLEEP) != 0 && state->outer_refs != 0)
		return transfer_fail(t, FINDING_CALLBACK_SLEEP, call->slot, state, FINDING_NO_REG);
	if (state->lock.held != 0 && helper->args[0] == ARG_LOCK)
		return transfer_fail(t, FINDING_LOCK_TWICE, call->slot, state, FINDING_NO_REG);
	if (state->lock.held != 0 && helper->args[0] != ARG_LOCK_HELD)
		return transfer_fail(t, FINDING_LOCK_HELD, call->slot, state, FINDING_NO_REG);
	if ((helper->flags & HELPER_TAIL_CALL) == 0)
		return TRANSFER_OK;
	/* What goes on is another program, which knows nothing of what is held here. */
	if (state->ref_count != 0 || state->outer_refs != 0 || t->kind == INSTANCE_CALLBACK)
		return transfer_fail(t, FINDING_TAIL_CALL_PLACE, call->slot, state, FINDING_NO_REG);
	return TRANSFER_OK;
}

static enum transfer_result check_release(struct transfer *t, struct state *state,
					  struct call *call)
{
	if ((call->helper.flags & HELPER_RELEASES) == 0)
		return TRANSFER_OK;
	call->release = call->iter_id;
	if (call->iter_id != ID_NONE)
		return TRANSFER_OK;
	for (u32 reg = 1; reg <= 5 && call->helper.args[reg - 1] != ARG_NONE; reg++) {
		const struct value *v = &state->regs[reg];

		if ((v->flags & VALUE_ACQUIRED) == 0)
			continue;
		if (state_reference(state, v->id) == NULL)
			return arg_fail(t, FINDING_ARG_NOT_ACQUIRED, call, state, reg);
		/* One of another instance's entry is the caller's to release. */
		call->release = v->id;
		return TRANSFER_OK;
	}
	return arg_fail(t, FINDING_ARG_NOT_ACQUIRED, call, state, 1);
}

/* The reference that what is returned is borrowed from: the first argument that has or borrows one.
 */
static u32 lender(const struct state *state, const struct call *call)
{
	if ((call->helper.flags & HELPER_BORROWS) == 0 || call->iter_id != ID_NONE)
		return call->iter_id;
	for (u32 reg = 1; reg <= 5 && call->helper.args[reg - 1] != ARG_NONE; reg++) {
		const struct value *v = &state->regs[reg];

		if (value_is_pointer(v) && (v->flags & VALUE_ACQUIRED) != 0)
			return v->id;
		if (value_is_pointer(v) && v->parent != ID_NONE)
			return v->parent;
	}
	return ID_NONE;
}

/* A pointer that the helper returns, or NULL. */
static struct value returned(struct state *state, const struct call *call, enum value_type type,
			     u32 region, bool may_be_null)
{
	struct value v = value_pointer(type, region);

	if (may_be_null)
		v.flags |= VALUE_NULLABLE;
	v.parent = lender(state, call);
	if (may_be_null || (call->helper.flags & HELPER_ACQUIRES) != 0)
		v.id = state_new_id(state);
	return v;
}

static enum transfer_result acquire(struct transfer *t, struct state *state,
				    const struct call *call, struct value *v)
{
	if ((call->helper.flags & HELPER_ACQUIRES) == 0)
		return TRANSFER_OK;
	v->flags |= VALUE_ACQUIRED;
	return transfer_acquire(t, state, v->id, (u32)call->helper.ret, call->slot);
}

const struct prog_map_field *map_field(const struct prog_map *map, enum prog_map_field_kind kind)
{
	for (u32 i = 0; i < map->field_count; i++) {
		if (map->fields[i].kind == kind)
			return &map->fields[i];
	}
	return NULL;
}

static struct value map_value(struct state *state, const struct call *call, bool may_be_null)
{
	struct value v = returned(state, call, VALUE_MAP_VALUE, call->map_idx, may_be_null);

	v.size = call->map->value_size;
	if (call->is_inner)
		v.flags |= VALUE_INNER;
	if (call->map->read_only)
		v.flags |= VALUE_READ_ONLY;
	if (map_field(call->map, MAP_FIELD_LOCK) != NULL) {
		v.flags |= VALUE_NAMED;
		v.id = v.id != ID_NONE ? v.id : state_new_id(state);
	}
	return v;
}

static enum transfer_result result_map(struct transfer *t, struct state *state,
				       const struct call *call, struct value *ret)
{
	if (call->map == NULL || call->map->inner >= t->prog->map_count)
		return arg_fail(t, FINDING_ARG_MAP_TYPE, call, state, 1);
	*ret = returned(state, call, VALUE_MAP, call->map->inner, true);
	ret->flags |= VALUE_INNER;
	return TRANSFER_OK;
}

/* A number of bytes, or a negative error. */
static struct value length(const struct call *call)
{
	struct scalar n = scalar_range_s(-4095, call->size_max < 0 ? INT32_MAX : call->size_max);

	return value_number(&n);
}

static NOINLINE enum transfer_result result_of(struct transfer *t, struct state *state,
					       const struct call *call, struct value *ret)
{
	enum spec_ret class = call->helper.ret;

	switch (class) {
	case RET_INTEGER:
	case RET_INTEGER_OR_NO_RETURN: *ret = value_unknown(); return TRANSFER_OK;
	case RET_VOID: return TRANSFER_OK;
	case RET_LENGTH: *ret = length(call); return TRANSFER_OK;
	case RET_MAP_VALUE_OR_NULL:
	case RET_MAP_VALUE:
		if (call->map == NULL)
			break;
		*ret = map_value(state, call, class == RET_MAP_VALUE_OR_NULL);
		return acquire(t, state, call, ret);
	case RET_MAP_OR_NULL: return result_map(t, state, call, ret);
	case RET_ALLOC_MEM_OR_NULL:
		if (call->alloc_size < 0)
			break;
		*ret = returned(state, call, VALUE_MEM, PROG_NO_INDEX, true);
		ret->size = (u32)call->alloc_size;
		return acquire(t, state, call, ret);
	case RET_SOCK_OR_NULL:
	case RET_SOCK_COMMON_OR_NULL:
	case RET_TCP_SOCK_OR_NULL:
	case RET_XDP_SOCK_OR_NULL:
	case RET_BTF_OR_NULL:
		*ret = returned(state, call, VALUE_OBJECT, (u32) class, true);
		return acquire(t, state, call, ret);
	case RET_BTF:
		*ret = returned(state, call, VALUE_OBJECT, (u32) class, false);
		return acquire(t, state, call, ret);
	case RET_READ_4_OR_NULL:
		*ret = returned(state, call, VALUE_MEM, PROG_NO_INDEX, true);
		ret->size = 4;
		ret->flags |= VALUE_READ_ONLY;
		if (call->iter != 0)
			iter_next(state, call, ret->id);
		return TRANSFER_OK;
	case RET_DYNPTR_MEM_OR_NULL:
	case RET_PERCPU:
	case RET_PERCPU_OR_NULL:
	case RET_KPTR_OR_NULL:
	case RET_FLOW_KEYS: /* of contexts only */
	case RET_KERN_CTX:
	case RET_TYPED:
	case RET_OBJECT_OR_NULL:
	case RET_DYNPTR_SLICE_OR_NULL:
	case RET_UNSUPPORTED: break;
	}
	return transfer_fail(t, FINDING_NO_CONTRACT, call->slot, state, FINDING_NO_REG);
}

/* An argument of a callback, as its contract says. */
static bool callback_arg(struct state *state, const struct call *call, enum spec_callback_arg arg,
			 struct value *ret)
{
	switch (arg) {
	case CALLBACK_NONE: *ret = value_none; return true;
	case CALLBACK_NUMBER: *ret = value_unknown(); return true;
	case CALLBACK_CTX: *ret = state->regs[call->func_ctx]; return true;
	case CALLBACK_MAP:
		*ret = value_pointer(VALUE_MAP, call->map_idx);
		ret->flags = call->is_inner ? VALUE_INNER : 0;
		ret->id = call->is_inner ? call->map_id : ID_NONE;
		return true;
	case CALLBACK_KEY:
		*ret = value_pointer(VALUE_MEM, PROG_NO_INDEX);
		ret->size = call->map->key_size;
		ret->flags = VALUE_READ_ONLY;
		return true;
	case CALLBACK_VALUE: *ret = map_value(state, call, false); return true;
	case CALLBACK_BTF_TASK:
	case CALLBACK_BTF_VMA:
	case CALLBACK_DYNPTR: break;
	}
	return false;
}

/* How often the callback may run, as far as that follows from what is known here; 0: it does not.
 */
static u32 callback_times(const struct state *state, const struct call *call, enum spec_arg class)
{
	/* Linux refuses to run more. */
	if (class == ARG_FUNC_LOOP)
		return MIN(state->regs[BPF_REG_1].n.umax32, 1u << 23);
	/* Later, and not by this program. */
	if (class == ARG_FUNC_TIMER)
		return 1;
	/* A hash map's elements may move while they are visited. */
	if (class == ARG_FUNC_MAP_ELEM && !call->is_inner &&
	    (call->map->type->flags & MAP_TYPE_INDEX_KEY) != 0)
		return call->map->max_entries;
	return 0;
}

/* Enters the callback: its arguments take the places of the helper's. */
static NOINLINE enum transfer_result enter_callback(struct transfer *t, struct state *state,
						    struct call *call)
{
	enum spec_arg class = call->helper.args[call->func_reg - 1];
	const struct spec_callback *contract = spec_callback_of(class);
	u32 subprog = state->regs[call->func_reg].region, times;
	struct value args[5];
	enum transfer_result result;

	call->func_ctx = call->func_reg + 1;
	for (u32 i = 0; contract != NULL && i < ARRAY_COUNT(args); i++) {
		if (((contract->args[i] == CALLBACK_MAP || contract->args[i] == CALLBACK_KEY ||
		      contract->args[i] == CALLBACK_VALUE) &&
		     call->map == NULL) ||
		    !callback_arg(state, call, contract->args[i], &args[i]))
			contract = NULL;
	}
	if (contract == NULL || call->func_ctx > 5)
		return arg_fail(t, FINDING_CALLBACK, call, state, call->func_reg);
	times = callback_times(state, call, class);
	result = call_split(t, state, call->slot, subprog, args);
	if (result != TRANSFER_CALL)
		return result;
	/* No tail calls from here on, however deep. */
	t->callee->outer_refs = true;
	/* A run could release what the next one, or the caller, still takes to be there. */
	if (t->callee->ref_count != 0)
		return arg_fail(t, FINDING_CALLBACK_REFERENCE, call, state, call->func_ctx);
	t->link.kind = INSTANCE_CALLBACK;
	t->link.func = (u32) class;
	t->link.times = times;
	state->regs[BPF_REG_0] = value_unknown();
	return TRANSFER_CALL;
}

static NOINLINE enum transfer_result apply(struct transfer *t, struct state *state,
					   struct call *call)
{
	struct value ret = value_none;
	enum transfer_result result;

	arg_write_stack(state, call);
	if (call->release != ID_NONE)
		state_release(state, call->release);
	if ((call->helper.flags & HELPER_MOVES_PACKET) != 0)
		state_kill_packet(state);
	if (call->func_reg != 0)
		return enter_callback(t, state, call);
	result = call->iter != 0 && call->iter_id == ID_NONE ? iter_new(t, state, call)
							     : TRANSFER_OK;
	if (result == TRANSFER_OK)
		result = result_of(t, state, call, &ret);
	if (result != TRANSFER_OK)
		return result;
	transfer_clobber(state);
	state->regs[BPF_REG_0] = ret;
	return TRANSFER_OK;
}

static enum transfer_result call_contract(struct transfer *t, struct state *state, u32 slot,
					  const struct spec_helper *helper)
{
	const struct spec_prog_type *type = t->prog->type;
	struct call call = { .slot = slot, .alloc_size = -1, .size_max = -1 };
	enum transfer_result result;

	call.helper = *helper;
	find_map(t, state, &call);
	call.helper = spec_helper_in(
		helper, type,
		call.map != NULL && call.map->type != NULL ? call.map->type->kind : MAP_KIND_COUNT);
	result = check_place(t, state, &call);
	for (u32 arg = 1; arg <= 5 && result == TRANSFER_OK; arg++) {
		if (call.helper.args[arg - 1] == ARG_NONE)
			break;
		result = arg_check(t, state, &call, arg);
	}
	if (result == TRANSFER_OK)
		result = check_release(t, state, &call);
	return result != TRANSFER_OK ? result : apply(t, state, &call);
}

static enum transfer_result call_helper(struct transfer *t, struct state *state, u32 slot, u32 id)
{
	const struct spec_prog_type *type = t->prog->type;
	const struct spec_helper *helper =
		spec_find_helper(t->prog->spec, t->prog->dialect, type, id);

	if (id == PROG_UNRESOLVED_HELPER)
		return transfer_fail(t, FINDING_UNRESOLVED, slot, state, FINDING_NO_REG);
	if (helper == NULL || !spec_helper_allowed(helper, type) ||
	    !spec_helper_allowed_at(helper, t->prog->attach)) {
		transfer_fail(t, FINDING_UNKNOWN_HELPER, slot, state, FINDING_NO_REG);
		t->finding.lo = id;
		return TRANSFER_FAIL;
	}
	return call_contract(t, state, slot, helper);
}

/* Functions of the C library that compilers make calls of, with the contracts of ISO C 7.24: r3 is
 * the size. They return their first argument, but for memcmp. */
static const struct builtin {
	const char *name;
	bool writes, reads_second, reads_first;
} builtins[] = {
	{ "memset", true, false, false },
	{ "memcpy", true, true, false },
	{ "memmove", true, true, false },
	{ "memcmp", false, true, true },
};

static enum transfer_result call_builtin(struct transfer *t, struct state *state, u32 slot,
					 const struct builtin *f)
{
	struct call call = { .slot = slot };
	const struct value *size = &state->regs[3];
	enum transfer_result result = transfer_readable(t, state, slot, 3);
	struct value first = state->regs[1];
	s64 most;

	if (result != TRANSFER_OK)
		return result;
	if (!value_is_number(size))
		return arg_fail(t, FINDING_ARG_TYPE, &call, state, 3);
	if (size->n.umax > (u64)VALUE_MAX_OFFSET) {
		arg_fail(t, FINDING_ARG_SIZE, &call, state, 3);
		t->finding.limit = VALUE_MAX_OFFSET;
		return TRANSFER_FAIL;
	}
	most = (s64)size->n.umax;
	result = arg_memory(t, state, &call, 1, most, (s64)size->n.umin, f->reads_first, f->writes);
	if (result == TRANSFER_OK && f->reads_second)
		result = arg_memory(t, state, &call, 2, most, 0, true, false);
	if (result == TRANSFER_OK && !f->reads_second && !value_is_number(&state->regs[2]))
		result = arg_fail(t, FINDING_ARG_TYPE, &call, state, 2);
	if (result != TRANSFER_OK)
		return result;
	arg_write_stack(state, &call);
	transfer_clobber(state);
	state->regs[BPF_REG_0] = f->writes ? first : value_unknown();
	return TRANSFER_OK;
}

static enum transfer_result call_function(struct transfer *t, struct state *state, u32 slot)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	const struct spec_helper *kfunc;
	const struct prog_func *func;

	if (state->lock.held != 0)
		return transfer_fail(t, FINDING_LOCK_HELD, slot, state, FINDING_NO_REG);
	if (insn->imm < 0 || insn->imm >= t->prog->func_count)
		return transfer_fail(t, FINDING_UNKNOWN_FUNCTION, slot, state, FINDING_NO_REG);
	func = &t->prog->funcs[insn->imm];
	for (size_t i = 0; i < ARRAY_COUNT(builtins); i++) {
		if (str_eq(func->name, builtins[i].name))
			return call_builtin(t, state, slot, &builtins[i]);
	}
	kfunc = spec_find_function(t->prog->spec, t->prog->dialect, func->name, func->module);
	if (kfunc != NULL && spec_helper_allowed(kfunc, t->prog->type))
		return call_contract(t, state, slot, kfunc);
	transfer_fail(t, FINDING_UNKNOWN_FUNCTION, slot, state, FINDING_NO_REG);
	t->finding.other = (u32)insn->imm;
	return TRANSFER_FAIL;
}

enum transfer_result transfer_helper_call(struct transfer *t, struct state *state, u32 slot)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	u64 id = (u64)insn->imm;

	if (insn->kind == INSN_CALL_KFUNC)
		return call_function(t, state, slot);
	if (insn->kind == INSN_CALLX && !value_is_const(&state->regs[insn->dst], &id))
		return transfer_fail(t, FINDING_CALLX, slot, state, insn->dst);
	return call_helper(t, state, slot, (u32)id);
}
