/* SPDX-License-Identifier: MIT */
/* How BTF types refer to each other. First each type on its own: ids in range, kinds where only one
 * makes sense. Then a depth-first walk over what a type consists of (modified type, element,
 * members, variables), with its own stack: it finds every cycle, and on the way back out, when all
 * parts of a type are done, computes what the type is without modifiers and how many bytes it
 * takes. Users then read both from the type, so no chain, however long, is followed twice. Each
 * type is entered once and each reference looked at once: linear. */
#include "base/mem.h"
#include "btf/btf_internal.h"

enum {
	INT_MAX_BITS = 128,
	INT_ENCODING_MASK = 7, /* signed, char, bool */
	LINKAGE_MAX = 2,       /* static, global, extern */
	WALK_DONE = 0xffffffff,
};

struct btf_walk {
	struct btf *btf;
	struct btf_member *members;
	u32 *stack; /* types that are being walked, the outermost first */
	u32 depth;
	u32 *next; /* per type: 0 not entered, WALK_DONE, else the next part to look at, plus 1 */
	struct error *err;
};

static bool is_modifier(enum btf_kind kind)
{
	switch (kind) {
	case BTF_TYPEDEF:
	case BTF_VOLATILE:
	case BTF_CONST:
	case BTF_RESTRICT:
	case BTF_TYPE_TAG: return true;
	default: return false;
	}
}

static int check_id(const struct btf *btf, u32 id, const char *what, struct error *err)
{
	if (id < btf->type_count)
		return 0;
	return error_set(err, ERR_NOEXEC, "%s is type %u of %u", what, id, btf->type_count);
}

/* Something that a value, parameter or pointer can have as its type. */
static int check_ref(const struct btf *btf, u32 id, const char *what, struct error *err)
{
	enum btf_kind kind = btf_type(btf, id)->kind;
	int status = check_id(btf, id, what, err);

	if (status == 0 && (kind == BTF_VAR || kind == BTF_DATASEC || kind == BTF_DECL_TAG))
		status = error_set(err, ERR_NOEXEC, "%s is type %u (%s)", what, id,
				   btf_kind_name(kind));
	return status;
}

static int check_int(const struct btf_type *type, struct error *err)
{
	if (type->size == 0 || type->size > INT_MAX_BITS / 8)
		return error_set(err, ERR_NOEXEC, "size %u", type->size);
	if (type->int_off + type->int_bits > type->size * 8)
		return error_set(err, ERR_NOEXEC, "bits %u to %u are not all in %u bytes",
				 type->int_off, type->int_off + type->int_bits, type->size);
	if (type->flags > INT_ENCODING_MASK)
		return error_set(err, ERR_NOEXEC, "unknown encoding 0x%x", type->flags);
	return 0;
}

static int check_enum(const struct btf_type *type, struct error *err)
{
	if (type->size != 1 && type->size != 2 && type->size != 4 && type->size != 8)
		return error_set(err, ERR_NOEXEC, "size %u is not 1, 2, 4 or 8", type->size);
	return 0;
}

static int check_members(const struct btf *btf, const struct btf_type *type, struct error *err)
{
	for (u32 i = 0; i < type->count; i++) {
		if (check_ref(btf, type->members[i].type, "its type", err) != 0)
			return error_prefix(err, "member %u", i);
	}
	return 0;
}

static int check_datasec(const struct btf *btf, u32 id, struct btf_member *members,
			 struct error *err)
{
	const struct btf_type *type = &btf->types[id];
	int status = 0;

	for (u32 i = 0; status == 0 && i < type->count; i++) {
		const struct btf_type *member = btf_type(btf, members[i].type);

		/* Compilers leave size 0, the offsets are what relocations make of them. */
		if (member->kind != BTF_VAR && member->kind != BTF_FUNC)
			status = error_set(
				err, ERR_NOEXEC, "member %u is type %u of %u (%s), no variable", i,
				members[i].type, btf->type_count, btf_kind_name(member->kind));
		members[i].name = member->name;
	}
	return status;
}

static int check_decl_tag(const struct btf *btf, const struct btf_type *type, struct error *err)
{
	const struct btf_type *target;
	u32 limit;

	if (check_id(btf, type->type, "it tags what", err) != 0)
		return ERR_NOEXEC;
	if (type->component == -1)
		return 0;
	target = &btf->types[type->type];
	if (target->kind == BTF_FUNC && target->type < btf->type_count)
		target = &btf->types[target->type];
	limit = target->members != NULL ? target->count : 0;
	if (type->component < 0 || (u32)type->component >= limit)
		return error_set(err, ERR_NOEXEC, "component %d of type %u, which has %u",
				 type->component, type->type, limit);
	return 0;
}

static int check_func(const struct btf *btf, const struct btf_type *type, struct error *err)
{
	if (check_id(btf, type->type, "its prototype", err) != 0)
		return ERR_NOEXEC;
	if (btf->types[type->type].kind != BTF_FUNC_PROTO)
		return error_set(err, ERR_NOEXEC, "its prototype is type %u (%s)", type->type,
				 btf_kind_name(btf->types[type->type].kind));
	return 0;
}

/* What can be said of a type without knowing its parts. */
static int check_alone(const struct btf_walk *walk, u32 id)
{
	const struct btf *btf = walk->btf;
	const struct btf_type *type = &btf->types[id];
	struct error *err = walk->err;

	switch (type->kind) {
	case BTF_INT: return check_int(type, err);
	case BTF_ENUM:
	case BTF_ENUM64: return check_enum(type, err);
	case BTF_STRUCT:
	case BTF_UNION: return check_members(btf, type, err);
	case BTF_DATASEC:
		return check_datasec(btf, id, walk->members + (type->members - walk->members), err);
	case BTF_DECL_TAG: return check_decl_tag(btf, type, err);
	case BTF_FUNC: return check_func(btf, type, err);
	case BTF_FUNC_PROTO:
		if (check_ref(btf, type->type, "its result", err) != 0)
			return ERR_NOEXEC;
		return check_members(btf, type, err);
	case BTF_VAR:
		if (type->flags > LINKAGE_MAX)
			return error_set(err, ERR_NOEXEC, "unknown linkage %u", type->flags);
		return check_ref(btf, type->type, "what it refers to", err);
	case BTF_ARRAY:
		if (check_ref(btf, type->index_type, "its index", err) != 0)
			return ERR_NOEXEC;
		return check_ref(btf, type->type, "its element", err);
	case BTF_PTR:
	case BTF_TYPEDEF:
	case BTF_VOLATILE:
	case BTF_CONST:
	case BTF_RESTRICT:
	case BTF_TYPE_TAG: return check_ref(btf, type->type, "what it refers to", err);
	case BTF_FLOAT:
		if (type->size == 0 || type->size > 16)
			return error_set(err, ERR_NOEXEC, "size %u", type->size);
		return 0;
	case BTF_VOID:
	case BTF_FWD:
	case BTF_KIND_COUNT: return 0;
	}
	return 0;
}

static u32 part_count(const struct btf_type *type)
{
	switch (type->kind) {
	case BTF_STRUCT:
	case BTF_UNION:
	case BTF_DATASEC: return type->count;
	case BTF_ARRAY:
	case BTF_VAR:
	case BTF_DECL_TAG: return 1;
	default: return is_modifier(type->kind) ? 1 : 0;
	}
}

static u32 part_type(const struct btf_type *type, u32 i)
{
	return type->members != NULL ? type->members[i].type : type->type;
}

/* A member's type is known: its place in the structure. */
static int finish_member(struct btf_walk *walk, const struct btf_type *type, u32 i)
{
	struct btf_member *member = &walk->members[(type->members - walk->members) + i];
	const struct btf_type *target = &walk->btf->types[member->type];
	const struct btf_type *bare = &walk->btf->types[target->bare];
	u64 bits;

	if (!target->has_bytes)
		return error_set(walk->err, ERR_NOEXEC,
				 "member %u \"%.64s\": type %u (%s) has no size", i, member->name,
				 member->type, btf_kind_name(target->kind));
	/* The older way to say bit-field: an integer with fewer bits than its bytes have. */
	if (member->size == 0 && bare->kind == BTF_INT && bare->int_bits != 0 &&
	    bare->int_bits != bare->size * 8) {
		if (__builtin_add_overflow(member->off, bare->int_off, &member->off))
			member->off = UINT32_MAX;
		member->size = bare->int_bits;
	}
	bits = member->size != 0 ? member->size : (u64)target->bytes * 8;
	if (member->size == 0 && member->off % 8 != 0)
		return error_set(walk->err, ERR_NOEXEC,
				 "member %u \"%.64s\": bit offset %u is not on a byte", i,
				 member->name, member->off);
	if (member->off + bits > (u64)type->size * 8)
		return error_set(walk->err, ERR_NOEXEC,
				 "member %u \"%.64s\": bits %u to %llu do not fit into %u bytes", i,
				 member->name, member->off, member->off + bits, type->size);
	return 0;
}

static int finish_struct(struct btf_walk *walk, struct btf_type *type)
{
	for (u32 i = 0; i < type->count; i++) {
		int status = finish_member(walk, type, i);

		if (status != 0)
			return status;
	}
	type->has_bytes = true;
	type->bytes = type->size;
	return 0;
}

static int finish_array(struct btf_walk *walk, struct btf_type *type)
{
	const struct btf_type *element = &walk->btf->types[type->type];

	type->has_bytes = element->has_bytes;
	if (type->has_bytes && __builtin_mul_overflow(element->bytes, type->count, &type->bytes))
		return error_set(walk->err, ERR_NOEXEC, "%u elements of %u bytes are over 4 GiB",
				 type->count, element->bytes);
	return 0;
}

/* All parts of the type are done. */
static int finish_type(struct btf_walk *walk, u32 id)
{
	struct btf_type *type = &walk->btf->types[id];
	const struct btf_type *target = &walk->btf->types[type->type];

	type->bare = id;
	switch (type->kind) {
	case BTF_INT:
	case BTF_FLOAT:
	case BTF_ENUM:
	case BTF_ENUM64:
	case BTF_DATASEC:
		type->has_bytes = true;
		type->bytes = type->size;
		return 0;
	case BTF_PTR:
		type->has_bytes = true;
		type->bytes = 8;
		return 0;
	case BTF_STRUCT:
	case BTF_UNION: return finish_struct(walk, type);
	case BTF_ARRAY: return finish_array(walk, type);
	case BTF_TYPEDEF:
	case BTF_VOLATILE:
	case BTF_CONST:
	case BTF_RESTRICT:
	case BTF_TYPE_TAG: type->bare = target->bare; FALLTHROUGH;
	case BTF_VAR:
		type->has_bytes = target->has_bytes;
		type->bytes = target->bytes;
		return 0;
	case BTF_VOID:
	case BTF_FWD:
	case BTF_FUNC:
	case BTF_FUNC_PROTO:
	case BTF_DECL_TAG:
	case BTF_KIND_COUNT: return 0;
	}
	return 0;
}

/* Walks everything that type root consists of. */
static int walk_from(struct btf_walk *walk, u32 root)
{
	walk->stack[walk->depth++] = root;
	walk->next[root] = 1;
	while (walk->depth > 0) {
		u32 id = walk->stack[walk->depth - 1], part;
		const struct btf_type *type = &walk->btf->types[id];

		if (walk->next[id] > part_count(type)) {
			if (finish_type(walk, id) != 0)
				return btf_type_error(walk->btf, id, walk->err);
			walk->next[id] = WALK_DONE;
			walk->depth--;
			continue;
		}
		part = part_type(type, walk->next[id]++ - 1);
		if (walk->next[part] == WALK_DONE)
			continue;
		if (walk->next[part] != 0) {
			(void)error_set(walk->err, ERR_NOEXEC,
					"it contains itself by way of type %u (%s)", id,
					btf_kind_name(type->kind));
			return btf_type_error(walk->btf, part, walk->err);
		}
		walk->next[part] = 1;
		walk->stack[walk->depth++] = part; /* at most once each: never deeper than types */
	}
	return 0;
}

int btf_check(struct btf *btf, struct btf_member *members, struct error *err)
{
	struct btf_walk walk = { .btf = btf, .members = members, .err = err };
	int status = 0;

	for (u32 id = 1; id < btf->type_count; id++) {
		if (check_alone(&walk, id) != 0)
			return btf_type_error(btf, id, err);
	}
	walk.stack = mem_zalloc_array(btf->type_count, sizeof(*walk.stack));
	walk.next = mem_zalloc_array(btf->type_count, sizeof(*walk.next));
	if (walk.stack == NULL || walk.next == NULL) {
		status = error_set(err, ERR_NOMEM, "no memory for %u BTF types", btf->type_count);
		goto out_free;
	}
	for (u32 id = 0; status == 0 && id < btf->type_count; id++) {
		if (walk.next[id] == 0)
			status = walk_from(&walk, id);
	}
out_free:
	mem_free(walk.next);
	mem_free(walk.stack);
	return status;
}
