/* SPDX-License-Identifier: MIT */
/* Parts of map values that belong to the host, by the value's type: spin locks, timers, pointers to
 * kernel objects. Programs must not touch them, and some helpers want them. */
#include "base/str.h"
#include "base/vec.h"
#include "object/index.h"

#define MAX_STEPS 1000000 /* members of all maps; what has more is not looked at */
#define MAX_DEPTH 16

/* Something of the value that waits to be looked at. */
struct place {
	u32 type, depth;
	u64 off;
	/* Where a special field in here makes all of an array or union one: its extent. */
	u64 whole_off, whole_size; /* size 0: it does not */
};

struct fields {
	struct object *obj;
	VEC(struct place) waiting;
	VEC(struct prog_map_field) found;
	u32 *steps;
	bool is_given_up;
};

static const struct {
	const char *name;
	u32 size, align; /* 0: of any */
	enum prog_map_field_kind kind;
} specials[] = {
	{ "bpf_spin_lock", 4, 4, MAP_FIELD_LOCK },	{ "bpf_timer", 16, 8, MAP_FIELD_TIMER },
	{ "bpf_res_spin_lock", 0, 0, MAP_FIELD_OTHER }, { "bpf_wq", 0, 0, MAP_FIELD_OTHER },
	{ "bpf_task_work", 0, 0, MAP_FIELD_OTHER },	{ "bpf_list_head", 0, 0, MAP_FIELD_OTHER },
	{ "bpf_list_node", 0, 0, MAP_FIELD_OTHER },	{ "bpf_rb_root", 0, 0, MAP_FIELD_OTHER },
	{ "bpf_rb_node", 0, 0, MAP_FIELD_OTHER },	{ "bpf_refcount", 0, 0, MAP_FIELD_OTHER },
};

static int add_field(struct fields *f, const struct place *at, enum prog_map_field_kind kind,
		     u64 size)
{
	struct prog_map_field field = { .off = (u32)at->off, .size = (u32)size, .kind = kind };

	if (at->whole_size != 0)
		field = (struct prog_map_field){ .off = (u32)at->whole_off,
						 .size = (u32)at->whole_size,
						 .kind = MAP_FIELD_OTHER };
	for (size_t i = 0; i < f->found.count; i++) {
		struct prog_map_field *other = &f->found.items[i];

		/* One value has one lock and one timer. */
		if (other->kind == field.kind && kind != MAP_FIELD_OTHER)
			other->kind = field.kind = MAP_FIELD_OTHER;
	}
	return vec_push(&f->found, field);
}

/* Whether the pointer type leads to an object of the kernel that the map holds. */
static bool is_kernel_pointer(const struct btf *btf, const struct btf_type *pointer)
{
	const struct btf_type *type = btf_type(btf, pointer->type);

	for (u32 i = 0; i < MAX_DEPTH; i++) {
		if (type->kind == BTF_TYPE_TAG &&
		    (str_eq(type->name, "kptr") || str_eq(type->name, "kptr_untrusted") ||
		     str_eq(type->name, "percpu_kptr") || str_eq(type->name, "uptr")))
			return true;
		if (type->kind != BTF_TYPE_TAG && type->kind != BTF_CONST &&
		    type->kind != BTF_VOLATILE && type->kind != BTF_RESTRICT &&
		    type->kind != BTF_TYPEDEF)
			return false;
		type = btf_type(btf, type->type);
	}
	return true; /* who writes that? */
}

static int push_inner(struct fields *f, const struct place *from, u32 type, u64 off, bool is_part,
		      u64 size)
{
	struct place place = *from;

	if (f->waiting.count > MAX_STEPS || from->depth == MAX_DEPTH) {
		f->is_given_up = true;
		return 0;
	}
	place.type = type;
	place.off = from->off + off;
	place.depth++;
	if (!is_part && place.whole_size == 0) {
		place.whole_off = from->off;
		place.whole_size = size;
	}
	return vec_push(&f->waiting, place);
}

static int look_at(struct fields *f, const struct place *at)
{
	const struct btf *btf = &f->obj->btf;
	const struct btf_type *type = btf_type(btf, btf_skip_modifiers(btf, at->type));
	int status = 0;

	if (type->kind == BTF_PTR)
		return is_kernel_pointer(btf, type) ? add_field(f, at, MAP_FIELD_OTHER, 8) : 0;
	if (!type->has_bytes || type->bytes == 0)
		return 0;
	if (type->kind == BTF_ARRAY)
		return push_inner(f, at, type->type, 0, false, type->bytes);
	if (type->kind != BTF_STRUCT && type->kind != BTF_UNION)
		return 0;
	for (size_t i = 0; i < ARRAY_COUNT(specials); i++) {
		bool is_usual = specials[i].size == 0 || (type->bytes == specials[i].size &&
							  at->off % specials[i].align == 0);

		if (str_eq(type->name, specials[i].name))
			return add_field(f, at, is_usual ? specials[i].kind : MAP_FIELD_OTHER,
					 type->bytes);
	}
	for (u32 i = 0; i < type->count && status == 0; i++)
		status = push_inner(f, at, type->members[i].type, type->members[i].off / 8,
				    type->kind == BTF_STRUCT, type->bytes);
	return status;
}

static int find_fields(struct fields *f, struct prog_map *map)
{
	struct place at = { .type = map->value_type };
	int status = vec_push(&f->waiting, at);
	struct prog_map_field *copy;

	while (status == 0 && f->waiting.count > 0 && !f->is_given_up) {
		f->is_given_up = ++*f->steps > MAX_STEPS;
		at = f->waiting.items[--f->waiting.count];
		status = look_at(f, &at);
	}
	if (status == 0 && f->is_given_up) {
		at = (struct place){ .whole_size = map->value_size };
		f->found.count = 0;
		status = add_field(f, &at, MAP_FIELD_OTHER, map->value_size);
	}
	if (status != 0 || f->found.count == 0)
		return status;
	copy = arena_array(&f->obj->arena, f->found.count, sizeof(*copy));
	if (copy == NULL)
		return ERR_NOMEM;
	memcpy(copy, f->found.items, f->found.count * sizeof(*copy));
	map->fields = copy;
	map->field_count = (u32)f->found.count;
	return 0;
}

int object_find_map_fields(struct object *obj)
{
	u32 steps = 0;
	int status = 0;

	for (u32 i = 0; i < obj->map_count && status == 0; i++) {
		struct fields f = { .obj = obj, .steps = &steps };

		if (obj->maps[i].value_type == 0)
			continue;
		status = find_fields(&f, &obj->maps[i]);
		vec_free(&f.waiting);
		vec_free(&f.found);
	}
	return status;
}
