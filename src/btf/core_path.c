/* SPDX-License-Identifier: MIT */
/* The way from a type to one of its fields: read from a record's numbers in the local types, found
 * again by names in the target's. Names of anonymous structures and unions do not count, so that a
 * field may move into and out of them. */
#include "btf/core_internal.h"

/* No structure is larger; keeps sums of offsets far from overflow. */
#define MAX_BITS ((u64)1 << 36)

int core_numbers_read(const char *access, struct core_numbers *ret_numbers, struct error *err)
{
	struct core_numbers numbers = { .count = 0 };
	const char *p = access;

	for (;;) {
		u64 number = 0;
		const char *start = p;

		for (; *p >= '0' && *p <= '9' && number <= INT32_MAX; p++)
			number = number * 10 + (u64)(*p - '0');
		if (p == start || number > INT32_MAX || (*p != '\0' && *p != ':'))
			return error_set(err, ERR_NOEXEC,
					 "access \"%.40s\" is not of the form 0:1:2", access);
		if (numbers.count == CORE_PATH_MAX)
			return error_set(err, ERR_NOEXEC, "access \"%.40s...\" has over %u steps",
					 access, (unsigned)CORE_PATH_MAX);
		numbers.items[numbers.count++] = (u32)number;
		if (*p++ == '\0')
			break;
	}
	*ret_numbers = numbers;
	return 0;
}

/* False when the sum is larger than any structure. */
static bool move(struct core_path *path, u64 index, u64 bits)
{
	u64 off;

	if (__builtin_mul_overflow(index, bits, &off) || off > MAX_BITS ||
	    path->bit_off + off > MAX_BITS)
		return false;
	path->bit_off += off;
	return true;
}

static bool is_composite(const struct btf_type *type)
{
	return type->kind == BTF_STRUCT || type->kind == BTF_UNION;
}

/* An array at the end of a structure, as long as there is memory. */
static bool is_open_array(const struct btf *btf, const struct btf_type *in, u32 member)
{
	const struct btf_type *type =
		btf_type(btf, btf_skip_modifiers(btf, in->members[member].type));

	return in->kind == BTF_STRUCT && member + 1 == in->count && type->kind == BTF_ARRAY &&
	       type->count == 0;
}

static void add_step(struct core_path *path, const char *name, u32 index, u32 type)
{
	path->steps[path->count++] = (struct core_step){ name, index, type };
	path->type = type;
}

int core_path_read(const struct btf *local, u32 root, const struct core_numbers *numbers,
		   struct core_path *ret_path, struct error *err)
{
	struct core_path path = { .type = root };
	u64 size = 0;
	bool open = false;

	if (numbers->items[0] != 0 && !btf_size_of(local, root, &size))
		return error_set(err, ERR_NOEXEC, "type %u has no size", root);
	if (!move(&path, numbers->items[0], size * 8))
		return error_set(err, ERR_NOEXEC, "element %u is too far", numbers->items[0]);
	add_step(&path, NULL, numbers->items[0], root);
	for (u32 i = 1; i < numbers->count; i++) {
		const struct btf_type *type = btf_type(local, btf_skip_modifiers(local, path.type));
		u32 number = numbers->items[i];
		const struct btf_member *member;

		if (!is_composite(type) && type->kind != BTF_ARRAY)
			return error_set(err, ERR_NOEXEC, "step %u: %s \"%.60s\" has no members", i,
					 btf_kind_name(type->kind), type->name);
		if (number >= type->count && !open)
			return error_set(err, ERR_NOEXEC, "step %u: %s \"%.60s\" has %u members", i,
					 btf_kind_name(type->kind), type->name, type->count);
		if (type->kind == BTF_ARRAY) {
			open = false;
			path.bit_size = 0;
			if (!btf_size_of(local, type->type, &size) ||
			    !move(&path, number, size * 8))
				return error_set(err, ERR_NOEXEC, "step %u: element %u is too far",
						 i, number);
			add_step(&path, NULL, number, type->type);
			continue;
		}
		member = &type->members[number];
		open = is_open_array(local, type, number);
		path.bit_off += member->off;
		path.bit_size = member->size;
		path.type = member->type;
		if (member->name[0] != '\0')
			add_step(&path, member->name, 0, member->type);
	}
	*ret_path = path;
	return 0;
}

/* --- finding it again ------------------------------------------------------------------------ */

struct found_member {
	const struct btf_type *in;
	u32 index;
	u64 bit_off; /* of `in` in what was searched */
};

/* A member of that name, in the type or in anonymous members, at any depth up to CORE_NEST_MAX. */
static int find_member(struct btf_core *core, u32 root, const char *name, bool *ret_found,
		       struct found_member *ret_member, struct error *err)
{
	const struct btf *btf = core->index.btf;
	struct {
		const struct btf_type *type;
		u32 next;
		u64 bit_off;
	} stack[CORE_NEST_MAX] = { { btf_type(btf, root), 0, 0 } };
	u32 depth = 1;

	*ret_found = false;
	while (depth > 0) {
		const struct btf_type *in = stack[depth - 1].type, *inner;
		u32 i = stack[depth - 1].next++;
		const struct btf_member *member;
		int status = core_work(core, 1, err);

		if (status != 0)
			return status;
		if (!is_composite(in) || i >= in->count) {
			depth--;
			continue;
		}
		member = &in->members[i];
		if (member->name[0] != '\0') {
			if (!core_equal_name(core, member->name, name))
				continue;
			*ret_member = (struct found_member){ in, i, stack[depth - 1].bit_off };
			*ret_found = true;
			return 0;
		}
		inner = btf_type(btf, btf_skip_modifiers(btf, member->type));
		if (!is_composite(inner) || depth == CORE_NEST_MAX)
			continue;
		stack[depth].type = inner;
		stack[depth].next = 0;
		stack[depth].bit_off = stack[depth - 1].bit_off + member->off;
		depth++;
	}
	return 0;
}

int core_member_type(struct btf_core *core, u32 root, const char *name, bool *ret_found,
		     u32 *ret_type, struct error *err)
{
	struct found_member member;
	int status = find_member(core, root, name, ret_found, &member, err);

	if (status == 0 && *ret_found)
		*ret_type = member.in->members[member.index].type;
	return status;
}

/* Whether a field of one type may stand for one of the other. */
static int fields_compatible(struct btf_core *core, u32 local_id, u32 target_id,
			     bool *ret_compatible, struct error *err)
{
	const struct btf *local = core->local, *target = core->index.btf;

	for (;;) {
		const struct btf_type *a = btf_type(local, btf_skip_modifiers(local, local_id));
		const struct btf_type *b = btf_type(target, btf_skip_modifiers(target, target_id));
		int status = core_work(core, 1, err);

		*ret_compatible = false;
		if (status != 0)
			return status;
		if (is_composite(a) && is_composite(b)) {
			*ret_compatible = true;
			return 0;
		}
		if (core_plain_kind(a) != core_plain_kind(b))
			return 0;
		switch (core_plain_kind(a)) {
		case BTF_INT:
		case BTF_PTR:
		case BTF_FLOAT: *ret_compatible = true; return 0;
		case BTF_FWD:
		case BTF_ENUM: *ret_compatible = core_names_fit(core, a->name, b->name); return 0;
		case BTF_ARRAY: break;
		default: return 0;
		}
		local_id = a->type;
		target_id = b->type;
	}
}

/* One step on; *ret_found false when there is no such step. *open: whether the type that was
 * reached is an array without an end. */
static int find_step(struct btf_core *core, const struct core_step *step, struct core_path *path,
		     bool *open, bool *ret_found, struct error *err)
{
	const struct btf *btf = core->index.btf;
	u32 bare = btf_skip_modifiers(btf, path->type);
	const struct btf_type *type = btf_type(btf, bare);
	const struct btf_member *at;
	struct found_member member = { 0 };
	u64 size;
	int status;

	*ret_found = false;
	if (step->name == NULL) {
		if (type->kind != BTF_ARRAY || (step->index >= type->count && !*open) ||
		    !btf_size_of(btf, type->type, &size) || !move(path, step->index, size * 8))
			return 0;
		*open = false;
		path->bit_size = 0;
		add_step(path, NULL, step->index, type->type);
	} else {
		if (!is_composite(type))
			return 0;
		status = find_member(core, bare, step->name, ret_found, &member, err);
		if (status != 0 || !*ret_found)
			return status;
		at = &member.in->members[member.index];
		*open = is_open_array(btf, member.in, member.index);
		path->bit_off += member.bit_off + at->off;
		path->bit_size = at->size;
		add_step(path, at->name, 0, at->type);
	}
	return fields_compatible(core, step->type, path->type, ret_found, err);
}

int core_path_find(struct btf_core *core, const struct core_path *local, u32 root, bool *ret_found,
		   struct core_path *ret_path, struct error *err)
{
	struct core_path path = { .type = root };
	bool found = true, open = false;
	u64 size = 0;
	int status = 0;

	*ret_found = false;
	if (local->steps[0].index != 0 && !btf_size_of(core->index.btf, root, &size))
		return 0;
	if (!move(&path, local->steps[0].index, size * 8))
		return 0;
	add_step(&path, NULL, local->steps[0].index, root);
	for (u32 i = 1; i < local->count && status == 0 && found; i++)
		status = find_step(core, &local->steps[i], &path, &open, &found, err);
	if (status != 0)
		return status;
	*ret_found = found;
	*ret_path = path;
	return 0;
}

bool core_field_of(const struct btf *btf, const struct core_path *path,
		   struct btf_core_field *ret_field)
{
	struct btf_core_field field = { .bit_off = path->bit_off, .bit_size = path->bit_size };
	u64 size, word;

	field.type = btf_skip_modifiers(btf, path->type);
	if (!btf_size_of(btf, path->type, &size))
		return false;
	field.size = (u32)size;
	field.off = path->bit_off / 8;
	/* Only bit-fields start inside a byte. */
	if (path->bit_size == 0 && path->bit_off % 8 != 0)
		return false;
	if (path->bit_size != 0) {
		/* The smallest aligned word that has all of it, from the declared type's on. */
		if (size == 0 || size > 8 || (size & (size - 1)) != 0)
			size = 1;
		for (word = size;; word *= 2) {
			if (word > 8)
				return false;
			field.off = path->bit_off / (word * 8) * word;
			if (path->bit_off + path->bit_size <= (field.off + word) * 8)
				break;
		}
		field.size = (u32)word;
	}
	*ret_field = field;
	return true;
}
