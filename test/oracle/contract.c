/* SPDX-License-Identifier: MIT */
/* Helpers, as anything that their contracts allow: what they read has to be there, what they write
 * and return is arbitrary, packets move, and callbacks run any number of times. */
#include "base/str.h"
#include "machine.h"
#include "prog/exec.h"

static const struct word none = { 0 };

struct host_call {
	struct spec_helper helper;
	u32 map;  /* object; 0: none */
	u32 func; /* argument; 0: none */
	u64 alloc_size;
	u32 release, lender; /* objects */
	u32 iter;	     /* argument; 0: none */
	bool is_new_iter;
	struct {
		struct word at;
		u64 size;
	} writes[5];
	u32 write_count;
};

static bool fail_arg(struct machine *m, const struct host_call *call, u32 arg, const char *what)
{
	return machine_fail(m, "argument %u of %s: %s", arg,
			    call->helper.name != NULL ? call->helper.name : "?", what);
}

/* What a helper reads is written, and shows no address. */
static bool read_memory(struct machine *m, const struct word *w, u64 size)
{
	const u8 *p;

	if (size == 0)
		return true;
	p = machine_bytes(m, w, 0, size, false);
	if (p == NULL)
		return false;
	if (m->objects[w->obj].kind == OBJECT_FRAME) {
		const struct frame_bytes *f = machine_frame(m, w->obj);
		u32 at = (u32)(p - f->bytes);

		for (u32 i = 0; i < size; i++) {
			if (f->tags[at + i] == BYTE_NONE && !m->policy->allow_uninit_stack)
				return machine_fail(m, "a helper reads stack that was not written");
			if (f->tags[at + i] >= BYTE_MIXED && !m->may_leak)
				return machine_fail(m, "a helper is shown an address");
		}
	}
	return true;
}

static bool memory_arg(struct machine *m, struct host_call *call, u32 arg, u64 size, bool is_read,
		       bool is_written)
{
	const struct word *w = &m->r[arg];

	if (size == 0)
		return true;
	if (is_read && !read_memory(m, w, size))
		return false;
	if (!is_written)
		return true;
	if (machine_bytes(m, w, 0, size, true) == NULL)
		return false;
	call->writes[call->write_count].at = *w;
	call->writes[call->write_count++].size = size;
	return true;
}

static bool size_arg(struct machine *m, struct host_call *call, u32 arg)
{
	u64 size = m->r[arg].v;
	bool is_zero = call->helper.args[arg - 1] == ARG_SIZE_OR_ZERO;

	if (m->r[arg].tag != TAG_NUMBER)
		return fail_arg(m, call, arg, "no number");
	if (size == 0 && !is_zero)
		return fail_arg(m, call, arg, "a size of 0");
	switch (call->helper.args[arg - 2]) {
	case ARG_READ_MEM:
	case ARG_READ_MEM_OR_NULL: return memory_arg(m, call, arg - 1, size, true, false);
	case ARG_UPDATE_MEM: return memory_arg(m, call, arg - 1, size, true, true);
	default: return memory_arg(m, call, arg - 1, size, false, true);
	}
}

static bool object_arg(struct machine *m, struct host_call *call, u32 arg, enum object_kind kind)
{
	const struct word *w = &m->r[arg];
	const struct object *o = &m->objects[w->obj];

	if (w->tag != TAG_POINTER || o->kind != kind || !o->is_alive || w->v != o->base)
		return fail_arg(m, call, arg, "not what it has to be");
	if (o->is_acquired && (call->helper.flags & HELPER_RELEASES) != 0)
		call->release = w->obj;
	if (call->lender == 0 && (o->is_acquired || o->parent != 0))
		call->lender = o->is_acquired ? w->obj : o->parent;
	return true;
}

/* A part of a map's value, which is one of that kind: its object, or 0. */
static u32 field_arg(struct machine *m, struct host_call *call, u32 arg,
		     enum prog_map_field_kind kind)
{
	const struct word *w = &m->r[arg];
	const struct object *o = &m->objects[w->obj];

	if (w->tag == TAG_POINTER && o->kind == OBJECT_VALUE && o->is_alive) {
		const struct prog_map *map = &m->prog->maps[o->region];

		for (u32 i = 0; i < map->field_count; i++) {
			if (map->fields[i].kind == kind && w->v == o->base + map->fields[i].off)
				return w->obj;
		}
	}
	fail_arg(m, call, arg, "no such field of a value");
	return MACHINE_NO_OBJECT;
}

static bool lock_arg(struct machine *m, struct host_call *call, u32 arg, bool is_held)
{
	u32 obj = field_arg(m, call, arg, MAP_FIELD_LOCK);

	if (obj == MACHINE_NO_OBJECT)
		return false;
	if (m->lock != (is_held ? obj : MACHINE_NO_OBJECT))
		return fail_arg(m, call, arg, "a lock is taken twice, or another is released");
	m->lock = is_held ? MACHINE_NO_OBJECT : obj;
	m->stats->locks++;
	return true;
}

static bool timer_arg(struct machine *m, struct host_call *call, u32 arg)
{
	u32 obj = field_arg(m, call, arg, MAP_FIELD_TIMER), map;

	if (obj == MACHINE_NO_OBJECT)
		return false;
	map = m->maps[m->objects[obj].region];
	if (m->objects[obj].is_inner || (call->map != 0 && call->map != map))
		return fail_arg(m, call, arg, "a timer of another map");
	call->map = map;
	m->stats->timers++;
	return true;
}

static bool iter_arg(struct machine *m, struct host_call *call, u32 arg, bool is_new)
{
	const struct word *w = &m->r[arg];
	struct word at;

	if (w->tag != TAG_POINTER || m->objects[w->obj].kind != OBJECT_FRAME ||
	    (w->v - word_pointer(m, w->obj, 0).v) % 8 != 0)
		return fail_arg(m, call, arg, "no place on the stack");
	call->iter = arg;
	call->is_new_iter = is_new;
	if (is_new)
		return machine_bytes(m, w, 0, 8, true) != NULL;
	at = machine_load(m, w, 0, 8);
	if (m->what != NULL)
		return false;
	if (at.tag != TAG_POINTER || m->objects[at.obj].kind != OBJECT_ITER ||
	    !m->objects[at.obj].is_alive)
		return fail_arg(m, call, arg, "no iterator");
	call->lender = at.obj;
	if ((call->helper.flags & HELPER_RELEASES) != 0)
		call->release = at.obj;
	return true;
}

static bool is_null(const struct word *w)
{
	return w->tag == TAG_NUMBER && w->v == 0;
}

static const struct prog_map *map_of(const struct machine *m, const struct host_call *call)
{
	return &m->prog->maps[m->objects[call->map].region];
}

static bool string_arg(struct machine *m, struct host_call *call, u32 arg)
{
	const struct word *w = &m->r[arg];

	for (u32 i = 0; i < 4096; i++) {
		const u8 *p = machine_bytes(m, w, i, 1, false);

		if (p == NULL || m->objects[w->obj].is_writable)
			return fail_arg(m, call, arg, "no constant text");
		if (*p == 0)
			return true;
	}
	return true;
}

static bool anything_arg(struct machine *m, struct host_call *call, u32 arg)
{
	const struct word *w = &m->r[arg];

	if (w->tag == TAG_NONE)
		return fail_arg(m, call, arg, "never written");
	if (w->tag != TAG_NUMBER && !m->may_leak)
		return fail_arg(m, call, arg, "an address");
	return true;
}

/* By a strict policy. */
static bool is_key_in_range(struct machine *m, struct host_call *call, u32 arg)
{
	const struct prog_map *map = map_of(m, call);
	struct word key;

	if (!m->policy->strict || (map->type->flags & MAP_TYPE_INDEX_KEY) == 0)
		return true;
	key = machine_load(m, &m->r[arg], 0, 4);
	return m->what == NULL &&
	       (key.v < map->max_entries || fail_arg(m, call, arg, "beyond the array"));
}

/* lint: long-function, a switch over all classes */
static bool check_arg(struct machine *m, struct host_call *call, u32 arg)
{
	const struct word *w = &m->r[arg];

	switch (call->helper.args[arg - 1]) {
	case ARG_NONE:
	case ARG_VARIADIC:
	case ARG_FROM_LOADER: return true;
	case ARG_ANYTHING: return anything_arg(m, call, arg);
	case ARG_SIZE:
	case ARG_SIZE_OR_ZERO: return size_arg(m, call, arg);
	case ARG_ALLOC_SIZE:
		call->alloc_size = w->v;
		return w->tag == TAG_NUMBER || fail_arg(m, call, arg, "no number");
	case ARG_CTX_OR_NULL: return is_null(w) || object_arg(m, call, arg, OBJECT_CTX);
	case ARG_CTX: return object_arg(m, call, arg, OBJECT_CTX);
	case ARG_CTX_OR_SOCK:
		return object_arg(m, call, arg,
				  m->objects[w->obj].kind == OBJECT_HOST ? OBJECT_HOST
									 : OBJECT_CTX);
	case ARG_MAP:
	case ARG_PROG_MAP: return object_arg(m, call, arg, OBJECT_MAP);
	case ARG_MAP_KEY:
		return memory_arg(m, call, arg, map_of(m, call)->key_size, true, false) &&
		       is_key_in_range(m, call, arg);
	case ARG_MAP_VALUE_OR_NULL:
		return is_null(w) ||
		       memory_arg(m, call, arg, map_of(m, call)->value_size, true, false);
	case ARG_MAP_VALUE:
		return memory_arg(m, call, arg, map_of(m, call)->value_size, true, false);
	case ARG_MAP_VALUE_OUT:
		return memory_arg(m, call, arg, map_of(m, call)->value_size, false, true);
	/* Looked at with the size. */
	case ARG_READ_MEM:
	case ARG_READ_MEM_OR_NULL:
	case ARG_WRITE_MEM:
	case ARG_WRITE_MEM_OR_NULL:
	case ARG_UPDATE_MEM:
	case ARG_MAP_MEM: return w->tag != TAG_NONE || fail_arg(m, call, arg, "never written");
	case ARG_READ_20: return memory_arg(m, call, arg, 20, true, false);
	case ARG_READ_40: return memory_arg(m, call, arg, 40, true, false);
	case ARG_WRITE_U64: return memory_arg(m, call, arg, 8, false, true);
	case ARG_UPDATE_U32: return memory_arg(m, call, arg, 4, true, true);
	case ARG_STACK_OR_NULL:
		if (is_null(w))
			return true;
		FALLTHROUGH;
	case ARG_STACK:
		return (w->tag == TAG_POINTER && m->objects[w->obj].kind == OBJECT_FRAME) ||
		       fail_arg(m, call, arg, "no stack");
	case ARG_CONST_STRING: return string_arg(m, call, arg);
	case ARG_SOCK_COMMON_OR_NULL: return is_null(w) || object_arg(m, call, arg, OBJECT_HOST);
	case ARG_SOCK_COMMON: return object_arg(m, call, arg, OBJECT_HOST);
	case ARG_ALLOC_MEM: return object_arg(m, call, arg, OBJECT_MEM);
	case ARG_LOCK: return lock_arg(m, call, arg, false);
	case ARG_LOCK_HELD: return lock_arg(m, call, arg, true);
	case ARG_TIMER: return timer_arg(m, call, arg);
	case ARG_ITER_OUT: return iter_arg(m, call, arg, true);
	case ARG_ITER: return iter_arg(m, call, arg, false);
	case ARG_FUNC_LOOP:
	case ARG_FUNC_TIMER:
	case ARG_FUNC_MAP_ELEM: call->func = arg; return object_arg(m, call, arg, OBJECT_CODE);
	default: break;
	}
	m->stats->unmodelled++;
	m->is_over = true;
	return true;
}

static void write_memory(struct machine *m, const struct host_call *call)
{
	for (u32 i = 0; i < call->write_count; i++) {
		const struct word *w = &call->writes[i].at;
		u8 *p = machine_bytes(m, w, 0, call->writes[i].size, true);

		if (p == NULL)
			continue;
		choice_fill(m->choice, p, MIN(call->writes[i].size, (u64)PROG_FRAME_SIZE));
		for (u64 k = 0; m->objects[w->obj].kind == OBJECT_FRAME && k < call->writes[i].size;
		     k++)
			frame_tag(machine_frame(m, w->obj),
				  (u32)(p - machine_frame(m, w->obj)->bytes) + (u32)k, BYTE_NUMBER);
	}
}

static void release(struct machine *m, u32 obj)
{
	m->objects[obj].is_alive = false;
	for (u32 i = MACHINE_KEPT; i < m->object_count; i++) {
		if (m->objects[i].parent == obj)
			m->objects[i].is_alive = false;
	}
}

/* A value of the map, which others may be writing to at the same time. */
static u32 value_of(struct machine *m, u32 map_obj)
{
	const struct object *map = &m->objects[map_obj];
	const struct prog_map *row = &m->prog->maps[map->region];
	u32 obj;
	u8 *bytes;

	if (!map->is_inner) {
		obj = machine_value(m, map->region, row->is_global ? 0 : pick(m->choice, 2));
		if (obj != MACHINE_NO_OBJECT && m->objects[obj].is_writable && row->value_size > 0)
			m->objects[obj].bytes[pick(m->choice, row->value_size)] =
				(u8)choice_number(m->choice);
		return obj;
	}
	bytes = machine_alloc(m, row->value_size);
	obj = bytes != NULL ? machine_object(m, OBJECT_VALUE, row->value_size, bytes)
			    : MACHINE_NO_OBJECT;
	if (obj == MACHINE_NO_OBJECT)
		return obj;
	choice_fill(m->choice, bytes, MIN(row->value_size, 64u));
	m->objects[obj].region = map->region;
	m->objects[obj].is_inner = true;
	m->objects[obj].is_writable = !row->read_only;
	return obj;
}

static u32 memory_of(struct machine *m, u64 size)
{
	u8 *bytes = size <= MACHINE_MEMORY ? machine_alloc(m, (u32)size) : NULL;
	u32 obj =
		bytes != NULL ? machine_object(m, OBJECT_MEM, (u32)size, bytes) : MACHINE_NO_OBJECT;

	if (obj != MACHINE_NO_OBJECT)
		choice_fill(m->choice, bytes, MIN(size, 64ull));
	return obj;
}

/* An iterator at r1, over the numbers from r2 up to r3, without it: none when there are too many.
 */
static bool new_iterator(struct machine *m, const struct host_call *call)
{
	u32 obj = machine_object(m, OBJECT_ITER, 8, NULL);
	s64 total = (s64)(s32)m->r[3].v - (s32)m->r[2].v;
	struct word it;

	if (obj == MACHINE_NO_OBJECT)
		return machine_give_up(m);
	if (total < 0 || total > VALUE_MAX_ELEMENTS)
		total = 0;
	m->stats->iterators++;
	m->objects[obj].is_acquired = true;
	m->objects[obj].total = (u32)total;
	it = word_pointer(m, obj, 0);
	return machine_store(m, &m->r[call->iter], 0, 8, &it);
}

/* What is left on the stack says nothing. */
static void end_iterator(struct machine *m, const struct host_call *call)
{
	struct word number = word_number(choice_number(m->choice));

	machine_store(m, &m->r[call->iter], 0, 8, &number);
}

/* The next element, in memory of the iterator's; MACHINE_NO_OBJECT: there are no more. */
static u32 next_element(struct machine *m, struct object *iter, u32 iter_obj)
{
	u8 *bytes;
	s32 element = (s32)iter->calls;

	if (iter->calls++ >= iter->total)
		return MACHINE_NO_OBJECT;
	if (iter->element == MACHINE_NO_OBJECT) {
		bytes = machine_alloc(m, 4);
		iter->element =
			bytes != NULL ? machine_object(m, OBJECT_MEM, 4, bytes) : MACHINE_NO_OBJECT;
		if (iter->element == MACHINE_NO_OBJECT)
			return MACHINE_NO_OBJECT;
		m->objects[iter->element].is_writable = false;
		m->objects[iter->element].parent = iter_obj;
	}
	m->stats->elements++;
	memcpy(m->objects[iter->element].bytes, &element, sizeof(element));
	return iter->element;
}

/* The object that is returned; MACHINE_NO_OBJECT: NULL. */
static u32 returned_object(struct machine *m, const struct host_call *call)
{
	u32 obj;

	switch (call->helper.ret) {
	case RET_MAP_VALUE_OR_NULL:
	case RET_MAP_VALUE: return value_of(m, call->map);
	case RET_MAP_OR_NULL:
		obj = machine_object(m, OBJECT_MAP, 1, NULL);
		if (obj != MACHINE_NO_OBJECT) {
			m->objects[obj].is_inner = true;
			m->objects[obj].region = map_of(m, call)->inner;
		}
		return obj;
	case RET_READ_4_OR_NULL: return next_element(m, &m->objects[call->lender], call->lender);
	case RET_ALLOC_MEM_OR_NULL: m->stats->records++; return memory_of(m, call->alloc_size);
	default:
		obj = machine_object(m, OBJECT_HOST, 4096, NULL);
		if (obj != MACHINE_NO_OBJECT)
			m->objects[obj].region = (u32)call->helper.ret;
		return obj;
	}
}

static bool may_be_null(enum spec_ret ret)
{
	return ret != RET_MAP_VALUE && ret != RET_BTF;
}

static struct word result_of(struct machine *m, const struct host_call *call)
{
	u32 obj;

	switch (call->helper.ret) {
	case RET_INTEGER:
	case RET_INTEGER_OR_NO_RETURN: return word_number(choice_number(m->choice));
	case RET_LENGTH:
		if (flip(m->choice))
			return word_number(0ull - pick(m->choice, 4096));
		for (u32 i = 1; i < 5; i++) {
			if (call->helper.args[i] == ARG_SIZE ||
			    call->helper.args[i] == ARG_SIZE_OR_ZERO)
				return word_number(pick(m->choice, (u32)m->r[i + 1].v + 1));
		}
		return word_number(0);
	case RET_VOID: return none;
	default: break;
	}
	obj = call->iter == 0 && may_be_null(call->helper.ret) && pick(m->choice, 3) == 0
		      ? MACHINE_NO_OBJECT
		      : returned_object(m, call);
	if (obj == MACHINE_NO_OBJECT && !may_be_null(call->helper.ret))
		machine_give_up(m);
	m->stats->nulls += obj == MACHINE_NO_OBJECT;
	if (obj == MACHINE_NO_OBJECT)
		return word_number(0);
	if ((call->helper.flags & HELPER_BORROWS) != 0 && call->iter == 0)
		m->objects[obj].parent = call->lender;
	m->objects[obj].is_acquired = (call->helper.flags & HELPER_ACQUIRES) != 0;
	return word_pointer(m, obj, 0);
}

static bool finish(struct machine *m, struct word r0)
{
	m->r[0] = r0;
	for (u32 reg = 1; reg < 6; reg++)
		m->r[reg] = none;
	return true;
}

static struct word callback_word(struct machine *m, const struct callback *cb,
				 enum spec_callback_arg arg)
{
	u32 map = m->objects[cb->map_word.obj].region, obj;

	switch (arg) {
	case CALLBACK_NONE: break;
	case CALLBACK_NUMBER:
		return word_number(pick(m->choice, 4) == 0 ? choice_number(m->choice) : cb->round);
	case CALLBACK_MAP: return cb->map_word;
	case CALLBACK_CTX: return cb->ctx;
	case CALLBACK_KEY:
		obj = memory_of(m, m->prog->maps[map].key_size);
		if (obj == MACHINE_NO_OBJECT)
			break;
		m->objects[obj].is_writable = false;
		return word_pointer(m, obj, 0);
	case CALLBACK_VALUE:
		obj = value_of(m, cb->map_word.obj);
		if (obj != MACHINE_NO_OBJECT)
			return word_pointer(m, obj, 0);
		break;
	case CALLBACK_BTF_TASK:
	case CALLBACK_BTF_VMA:
	case CALLBACK_DYNPTR: m->stats->unmodelled++; break;
	}
	if (arg != CALLBACK_NONE)
		m->is_over = true;
	return none;
}

/* The next round, or the end of the helper. */
bool machine_callback(struct machine *m)
{
	struct callback *cb = &m->callbacks[m->callback_count - 1];
	const struct spec_callback *contract = spec_callback_of((enum spec_arg)cb->helper_arg);
	struct word r0 = m->r[0];

	if (cb->round > 0) {
		if (r0.tag != TAG_NUMBER || (s64)r0.v < contract->least ||
		    (s64)r0.v > contract->most)
			return machine_fail(m, "a callback returns %lld", (s64)r0.v);
		if (r0.v != 0)
			cb->rounds = cb->round;
	}
	if (cb->round == cb->rounds) {
		m->callback_count--;
		finish(m, word_number(choice_number(m->choice)));
		if (m->claims != NULL && !claims_return(m->claims, m, 0))
			return false;
		m->pc++;
		return true;
	}
	m->stats->callback_rounds++;
	for (u32 i = 0; i < 5; i++)
		m->r[i + 1] = callback_word(m, cb, contract->args[i]);
	cb->round++;
	return m->is_over || machine_enter(m, m->objects[cb->func.obj].region, true);
}

static bool start_callback(struct machine *m, const struct host_call *call)
{
	struct callback *cb = &m->callbacks[m->callback_count];
	u32 rounds = pick(m->choice, 6), most = UINT32_MAX;

	if (m->callback_count == PROG_MAX_FRAMES || call->func == 5)
		return machine_fail(m, "callbacks are nested too deep");
	/* bpf_loop's count is the first argument; arrays have so many elements; a timer's time may
	 * come while the program goes on, or never. */
	if (call->helper.args[call->func - 1] == ARG_FUNC_LOOP)
		most = (u32)m->r[1].v;
	else if (call->helper.args[call->func - 1] == ARG_FUNC_TIMER)
		most = 1;
	else if (call->map != 0 && (map_of(m, call)->type->flags & MAP_TYPE_INDEX_KEY) != 0)
		most = map_of(m, call)->max_entries;
	m->callback_count++;
	m->stats->callbacks++;
	*cb = (struct callback){ .helper_arg = (u32)call->helper.args[call->func - 1],
				 .rounds = MIN(rounds, most),
				 .func = m->r[call->func],
				 .ctx = m->r[call->func + 1] };
	if (call->map != 0)
		cb->map_word = word_pointer(m, call->map, 0);
	return machine_callback(m);
}

static bool call_contract(struct machine *m, const struct spec_helper *helper)
{
	struct host_call call = { .helper = *helper };
	enum map_kind kind = MAP_KIND_COUNT;
	struct word r0;

	for (u32 i = 0; i < 5; i++) {
		const struct word *w = &m->r[i + 1];

		if ((helper->args[i] == ARG_MAP || helper->args[i] == ARG_PROG_MAP) &&
		    w->tag == TAG_POINTER && m->objects[w->obj].kind == OBJECT_MAP)
			call.map = w->obj;
	}
	if (call.map != 0 && map_of(m, &call)->type != NULL)
		kind = map_of(m, &call)->type->kind;
	call.helper = spec_helper_in(helper, m->prog->type, kind);
	if (m->lock != 0 && call.helper.args[0] != ARG_LOCK_HELD)
		return machine_fail(m, "%s is called with a lock", helper->name);
	if (m->stats->helper != NULL)
		m->stats->helper(m->stats->arg, &call.helper);
	for (u32 arg = 1; arg <= 5 && call.helper.args[arg - 1] != ARG_NONE; arg++) {
		if (!check_arg(m, &call, arg))
			return false;
		if (m->is_over)
			return true;
	}
	write_memory(m, &call);
	if ((call.helper.flags & HELPER_RELEASES) != 0) {
		if (call.release == 0)
			return machine_fail(m, "%s: nothing acquired is released", helper->name);
		release(m, call.release);
	}
	if (call.iter != 0 && call.release != 0)
		end_iterator(m, &call);
	if (call.is_new_iter && (!new_iterator(m, &call) || m->is_over))
		return m->what == NULL;
	if ((call.helper.flags & HELPER_MOVES_PACKET) != 0) {
		m->stats->packets_moved++;
		machine_new_packet(m);
		if (m->is_over)
			return m->what == NULL;
	}
	if (call.func != 0)
		return start_callback(m, &call);
	if ((call.helper.flags & HELPER_TAIL_CALL) != 0 && pick(m->choice, 4) == 0) {
		m->stats->tail_calls++;
		m->is_over = true;
		for (u32 i = MACHINE_KEPT; i < m->object_count; i++) {
			if (m->objects[i].is_alive && m->objects[i].is_acquired)
				return machine_fail(m, "a tail call with something acquired");
		}
		return m->callback_count == 0 || machine_fail(m, "a tail call in a callback");
	}
	r0 = result_of(m, &call);
	return finish(m, r0);
}

static bool call_builtin(struct machine *m, const char *name)
{
	struct host_call call = { .helper = { .name = name } };
	struct word first = m->r[1];
	u64 size = m->r[3].v;
	bool writes = !str_eq(name, "memcmp"), is_set = str_eq(name, "memset");

	if (m->lock != 0)
		return machine_fail(m, "%s is called with a lock", name);
	if (m->r[3].tag != TAG_NUMBER || m->r[2].tag == TAG_NONE || first.tag == TAG_NONE)
		return machine_fail(m, "arguments of %s", name);
	if ((!is_set && !memory_arg(m, &call, 2, size, true, false)) ||
	    !memory_arg(m, &call, 1, size, !writes, writes))
		return false;
	write_memory(m, &call);
	return finish(m, writes ? first : word_number(choice_number(m->choice)));
}

static bool call_function(struct machine *m, const struct insn *insn)
{
	const char *name = m->prog->funcs[insn->imm].name;
	const struct spec_helper *kfunc = spec_find_kfunc(m->prog->dialect, name);

	if (str_eq(name, "memset") || str_eq(name, "memcpy") || str_eq(name, "memmove") ||
	    str_eq(name, "memcmp"))
		return call_builtin(m, name);
	if (kfunc == NULL)
		return machine_fail(m, "function %s is not known", name);
	return call_contract(m, kfunc);
}

bool machine_call(struct machine *m, const struct insn *insn)
{
	const struct spec_helper *helper;
	u32 depth = m->depth, callbacks = m->callback_count, slot = m->pc;
	u64 id = insn->kind == INSN_CALL ? (u64)insn->imm : m->r[insn->dst].v;

	if (insn->kind == INSN_CALL_KFUNC) {
		if (!call_function(m, insn))
			return false;
	} else {
		helper = spec_find_helper(m->prog->spec, m->prog->dialect, m->prog->type, (u32)id);
		if (helper == NULL)
			return machine_fail(m, "no helper %llu", id);
		if (!call_contract(m, helper))
			return false;
	}
	/* Callbacks move on by themselves. */
	if (m->is_over || m->depth != depth || m->callback_count != callbacks || m->pc != slot)
		return true;
	m->pc++;
	return m->claims == NULL || claims_step(m->claims, m, false);
}
