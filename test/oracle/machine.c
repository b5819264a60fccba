/* SPDX-License-Identifier: MIT */
/* Objects and memory of the machine, and what a run starts with. */
#include "machine.h"

#include <stdarg.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/strbuf.h"

bool machine_fail(struct machine *m, const char *format, ...)
{
	struct strbuf text = STRBUF_INIT;
	va_list args;

	if (m->what != NULL)
		return false;
	va_start(args, format);
	strbuf_vprintf(&text, format, args);
	va_end(args);
	memset(m->text, 0, sizeof(m->text));
	memcpy(m->text, strbuf_str(&text), MIN(text.len, sizeof(m->text) - 1));
	strbuf_fini(&text);
	m->what = m->text;
	return false;
}

bool machine_give_up(struct machine *m)
{
	m->stats->limited++;
	m->is_over = true;
	return true;
}

struct word word_number(u64 v)
{
	return (struct word){ .v = v, .tag = TAG_NUMBER };
}

/* From where the verifier counts offsets. */
struct word word_pointer(const struct machine *m, u32 obj, s64 off)
{
	const struct object *o = &m->objects[obj];
	u64 from = o->base;

	if (o->kind == OBJECT_FRAME)
		from += PROG_FRAME_SIZE;
	if (o->kind == OBJECT_PACKET)
		from += m->meta;
	return (struct word){ .v = from + (u64)off, .obj = obj, .tag = TAG_POINTER };
}

u32 machine_object(struct machine *m, enum object_kind kind, u32 size, u8 *bytes)
{
	struct object *o = &m->objects[m->object_count];

	if (m->object_count == MACHINE_OBJECTS)
		return MACHINE_NO_OBJECT;
	*o = (struct object){ .kind = (u8)kind,
			      .is_alive = true,
			      .is_writable = true,
			      .size = size,
			      .bytes = bytes };
	/* The low halves are anything, so that what wraps around there does so sometimes. */
	o->base = m->base + ((u64)m->object_count << 33) + (choice_bits(m->choice) & 0xfffffff8);
	return m->object_count++;
}

u8 *machine_alloc(struct machine *m, u32 size)
{
	u8 *at = m->memory + m->memory_used;

	if (size > MACHINE_MEMORY - m->memory_used)
		return NULL;
	m->memory_used += (size + 15) & ~15u;
	m->memory_used = MIN(m->memory_used, MACHINE_MEMORY);
	return at;
}

struct frame_bytes *machine_frame(struct machine *m, u32 obj)
{
	return &m->frames[m->objects[obj].region];
}

void frame_clear(struct frame_bytes *f)
{
	memset(f->tags, BYTE_NONE, sizeof(f->tags));
	memset(f->written, 0, sizeof(f->written));
}

void frame_tag(struct frame_bytes *f, u32 at, u8 tag)
{
	u64 bit = 1ull << at % 64;

	f->tags[at] = tag;
	if (tag == BYTE_NONE)
		f->written[at / 64] &= ~bit;
	else
		f->written[at / 64] |= bit;
}

void machine_touch(struct machine *m, u32 obj, s64 off)
{
	struct activation *a = &m->active[m->objects[obj].region];
	u32 sum = 0;

	if ((u32)-off <= a->lowest)
		return;
	a->lowest = (u32)-off;
	for (u32 i = 0; i <= m->depth; i++)
		sum += (MAX(m->active[i].lowest, 1u) + 15) & ~15u;
	if (m->facts != NULL && sum > m->facts->stack_depth)
		machine_fail(m, "%u bytes of stack are used, told %u", sum, m->facts->stack_depth);
}

bool machine_meets_field(const struct machine *m, u32 obj, u64 off, u64 len)
{
	const struct object *o = &m->objects[obj];
	const struct prog_map *map;

	if (o->kind != OBJECT_VALUE)
		return false;
	map = &m->prog->maps[o->region];
	for (u32 i = 0; i < map->field_count; i++) {
		const struct prog_map_field *f = &map->fields[i];

		if (off < (u64)f->off + f->size && off + len > f->off)
			return true;
	}
	return false;
}

u8 *machine_bytes(struct machine *m, const struct word *w, s64 off, u64 len, bool write)
{
	const struct object *o = &m->objects[w->obj];
	u64 addr = w->v + (u64)off, at = addr - o->base;
	u64 size = o->kind == OBJECT_PACKET ? m->meta + m->len : o->size;

	if (w->tag != TAG_POINTER) {
		machine_fail(m, "access through 0x%llx, which is no pointer", addr);
		return NULL;
	}
	if (!o->is_alive || o->bytes == NULL) {
		machine_fail(m, "access to what is gone, or has no bytes");
		return NULL;
	}
	if (at > size || len > size - at || addr < o->base) {
		machine_fail(m, "access of %llu bytes at %lld of %llu", len, (s64)at, size);
		return NULL;
	}
	if (write && !o->is_writable) {
		machine_fail(m, "write to read-only memory");
		return NULL;
	}
	if (machine_meets_field(m, w->obj, at, len)) {
		machine_fail(m, "access to a lock or timer");
		return NULL;
	}
	if (o->kind == OBJECT_FRAME && len > 0)
		machine_touch(m, w->obj, (s64)at - PROG_FRAME_SIZE);
	return m->what == NULL ? o->bytes + at : NULL;
}

u8 machine_hidden(const struct machine *m)
{
	return m->may_leak ? TAG_NUMBER : TAG_MIXED;
}

static struct word frame_load(const struct machine *m, const struct frame_bytes *f, u32 at,
			      u32 size)
{
	struct word w = { .tag = TAG_NUMBER };
	bool is_pointer = size == 8, has_none = false, has_address = false;

	memcpy(&w.v, f->bytes + at, size);
	for (u32 i = 0; i < size; i++) {
		is_pointer &= f->tags[at + i] == BYTE_POINTER + i;
		has_none |= f->tags[at + i] == BYTE_NONE;
		has_address |= f->tags[at + i] >= BYTE_MIXED;
	}
	if (has_none)
		return (struct word){ .v = w.v };
	if (is_pointer || has_address) {
		w.tag = is_pointer ? TAG_POINTER : machine_hidden(m);
		w.obj = f->objs[at];
	}
	return w;
}

struct word machine_load(struct machine *m, const struct word *at, s64 off, u32 size)
{
	const u8 *p = machine_bytes(m, at, off, size, false);
	struct word w = word_number(0);

	if (p == NULL)
		return w;
	if (m->objects[at->obj].kind == OBJECT_FRAME) {
		const struct frame_bytes *f = machine_frame(m, at->obj);

		return frame_load(m, f, (u32)(p - f->bytes), size);
	}
	memcpy(&w.v, p, size);
	return w;
}

bool machine_store(struct machine *m, const struct word *at, s64 off, u32 size,
		   const struct word *value)
{
	u8 *p = machine_bytes(m, at, off, size, true);
	struct frame_bytes *f;

	if (p == NULL)
		return false;
	memcpy(p, &value->v, size);
	if (m->objects[at->obj].kind != OBJECT_FRAME)
		return m->may_leak || value->tag == TAG_NUMBER ||
		       machine_fail(m, "an address is stored where others see it");
	f = machine_frame(m, at->obj);
	for (u32 i = 0; i < size; i++) {
		u32 k = (u32)(p - f->bytes) + i;

		f->objs[k] = value->obj;
		switch ((enum tag)value->tag) {
		case TAG_NONE: frame_tag(f, k, BYTE_NONE); break;
		case TAG_NUMBER: frame_tag(f, k, BYTE_NUMBER); break;
		case TAG_MIXED: frame_tag(f, k, BYTE_MIXED); break;
		case TAG_POINTER:
			frame_tag(f, k, (u8)(size == 8 ? BYTE_POINTER + i : BYTE_MIXED));
			break;
		}
	}
	return true;
}

/* A packet at another place, of another length; the one before is gone. */
void machine_new_packet(struct machine *m)
{
	struct choice *c = m->choice;
	u64 len = pick(c, 4) == 0 ? pick(c, 16) : choice_number(c);

	m->objects[m->packet].is_alive = false;
	m->len = pick(c, 4) == 0 ? pick(c, 128) : len;
	m->meta = pick(c, 3) == 0 ? 0 : pick(c, MACHINE_HEADROOM + 1);
	if (m->policy->strict_alignment)
		m->meta &= ~7ull;
	if ((m->prog->type->flags & PROG_TYPE_RAW) != 0) {
		m->len = MAX(m->len, m->policy->raw_size);
		m->meta = 0;
	}
	m->len = MIN(m->len, MACHINE_PACKET_MAX);
	choice_fill(c, m->packet_bytes, MIN(m->meta + m->len, 128ull));
	m->packet = machine_object(m, OBJECT_PACKET, (u32)(m->meta + m->len), m->packet_bytes);
	if (m->packet == MACHINE_NO_OBJECT)
		machine_give_up(m);
	else
		m->objects[m->packet].base -= m->meta; /* data is aligned */
}

/* One of the two values that a map has. */
u32 machine_value(struct machine *m, u32 map, u32 which)
{
	const struct prog_map *row = &m->prog->maps[map];
	u32 *slot = &m->values[2 * (size_t)map + which], before = m->object_count;
	u8 *bytes;

	if (*slot != MACHINE_NO_OBJECT)
		return *slot;
	if (m->first_free == MACHINE_KEPT)
		return MACHINE_NO_OBJECT;
	bytes = mem_zalloc((size_t)row->value_size + 8);
	if (bytes == NULL)
		return MACHINE_NO_OBJECT;
	m->object_count = m->first_free;
	*slot = machine_object(m, OBJECT_VALUE, row->value_size, bytes);
	m->object_count = before;
	m->first_free++;
	m->objects[*slot].region = map;
	m->objects[*slot].is_writable = !row->read_only;
	if (row->initial != NULL)
		memcpy(bytes, row->initial, MIN(row->initial_len, row->value_size));
	else
		choice_fill(m->choice, bytes, MIN(row->value_size, 256u));
	return *slot;
}

/* What stays for other programs, too. */
static bool make_room(struct machine *m, u32 slots)
{
	if (m->memory == NULL)
		m->memory = mem_zalloc(MACHINE_MEMORY);
	if (m->packet_bytes == NULL)
		m->packet_bytes = mem_zalloc(MACHINE_PACKET_MAX + MACHINE_HEADROOM);
	for (u32 i = 0; i < PROG_MAX_FRAMES && slots > m->slots; i++) {
		mem_free(m->active[i].visits);
		m->active[i].visits = mem_zalloc_array(slots, sizeof(u64));
		if (m->active[i].visits == NULL)
			return false;
	}
	m->slots = MAX(m->slots, slots);
	return m->memory != NULL && m->packet_bytes != NULL;
}

bool machine_init(struct machine *m, const struct prog *prog, const struct check_policy *policy)
{
	m->prog = prog;
	m->policy = policy;
	m->may_leak = !policy->unprivileged &&
		      (policy->allow_leaks || (prog->type->flags & PROG_TYPE_PRIVILEGED) != 0);
	m->first_free = 1;
	m->object_count = MACHINE_KEPT;
	m->maps = mem_zalloc_array((size_t)prog->map_count + 1, sizeof(u32));
	m->values = mem_zalloc_array(2 * (size_t)prog->map_count + 2, sizeof(u32));
	return make_room(m, prog->insn_count) && m->maps != NULL && m->values != NULL;
}

void machine_forget(struct machine *m)
{
	for (u32 i = 1; i < m->first_free; i++)
		mem_free(m->objects[i].bytes);
	mem_free(m->values);
	mem_free(m->maps);
	m->values = m->maps = NULL;
	m->first_free = 1;
}

void machine_fini(struct machine *m)
{
	for (u32 i = 0; i < PROG_MAX_FRAMES; i++)
		mem_free(m->active[i].visits);
	mem_free(m->packet_bytes);
	mem_free(m->memory);
}
