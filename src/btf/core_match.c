/* SPDX-License-Identifier: MIT */
/* Whether a type of the target is what the program means by one of its own. Types come in pairs on
 * a list; each pair that must hold for another one is appended to it, once. */
#include "base/hash.h"
#include "base/mem.h"
#include "base/vec.h"
#include "btf/core_internal.h"

enum {
	MATCH_PAIRS_MAX = 1 << 18,
	INT_SIGNED = 1,
};

struct pair {
	u32 local, target;
	bool behind_pointer;
};

struct match {
	struct btf_core *core;
	enum core_strictness strictness;
	VEC(struct pair) pairs;
	u32 *seen; /* hash table of indices into pairs, plus 1 */
	u32 seen_mask;
	struct error *err;
};

static u32 *seen_slot(const struct match *match, const struct pair *pair)
{
	u64 hash = hash_mix(((u64)pair->local << 33) ^ ((u64)pair->target << 1) ^
			    pair->behind_pointer ^ match->core->index.seed);

	for (;; hash++) {
		u32 *slot = &match->seen[hash & match->seen_mask];
		const struct pair *other;

		if (*slot == 0)
			return slot;
		other = &match->pairs.items[*slot - 1];
		if (other->local == pair->local && other->target == pair->target &&
		    other->behind_pointer == pair->behind_pointer)
			return slot;
	}
}

static int seen_grow(struct match *match)
{
	u32 size = match->seen == NULL ? 64 : (match->seen_mask + 1) * 2;
	u32 *table = mem_zalloc_array(size, sizeof(*table));

	if (table == NULL)
		return error_set(match->err, ERR_NOMEM, "out of memory");
	mem_free(match->seen);
	match->seen = table;
	match->seen_mask = size - 1;
	for (u32 i = 0; i < match->pairs.count; i++)
		*seen_slot(match, &match->pairs.items[i]) = i + 1;
	return 0;
}

static int add_pair(struct match *match, u32 local, u32 target, bool behind_pointer)
{
	struct pair pair = { btf_skip_modifiers(match->core->local, local),
			     btf_skip_modifiers(match->core->index.btf, target), behind_pointer };
	u32 *slot;
	int status = core_work(match->core, 1, match->err);

	if (status == 0 && (match->seen == NULL || (match->pairs.count + 1) * 2 > match->seen_mask))
		status = seen_grow(match);
	if (status != 0)
		return status;
	slot = seen_slot(match, &pair);
	if (*slot != 0)
		return 0;
	if (match->pairs.count == MATCH_PAIRS_MAX)
		return error_set(match->err, ERR_TOOBIG,
				 "comparing the types takes more than %u steps",
				 (unsigned)MATCH_PAIRS_MAX);
	if (vec_push(&match->pairs, pair) != 0)
		return error_set(match->err, ERR_NOMEM, "out of memory");
	*slot = (u32)match->pairs.count;
	return 0;
}

static bool names_fit(const struct match *match, const struct btf_type *a, const struct btf_type *b)
{
	return core_names_fit(match->core, a->name, b->name);
}

/* A structure that is only declared, and one with a body. */
static bool declares(const struct btf_type *fwd, const struct btf_type *type)
{
	return fwd->kind == BTF_FWD && type->kind == (fwd->flags != 0 ? BTF_UNION : BTF_STRUCT);
}

static int add_protos(struct match *match, const struct btf_type *a, const struct btf_type *b,
		      bool *ret_fits)
{
	int status;

	*ret_fits = a->count == b->count;
	if (!*ret_fits)
		return 0;
	status = add_pair(match, a->type, b->type, false);
	for (u32 i = 0; i < a->count && status == 0; i++)
		status = add_pair(match, a->members[i].type, b->members[i].type, false);
	return status;
}

/* Every enumerator is there by name; its value is not looked at. */
static int enums_match(struct match *match, const struct btf_type *a, const struct btf_type *b,
		       bool *ret_fits)
{
	*ret_fits = names_fit(match, a, b) && (a->kind != b->kind || a->size == b->size);
	for (u32 i = 0; i < a->count && *ret_fits; i++) {
		u32 j = 0;
		int status = core_work(match->core, b->count, match->err);

		if (status != 0)
			return status;
		while (j < b->count &&
		       !core_same_name(match->core, a->members[i].name, b->members[j].name))
			j++;
		*ret_fits = j < b->count;
	}
	return 0;
}

/* The local members, those of anonymous ones among them, each against its namesake. */
static int add_members(struct match *match, const struct pair *pair, bool *ret_fits)
{
	const struct btf *local = match->core->local;
	struct {
		const struct btf_type *type;
		u32 next;
	} stack[CORE_NEST_MAX] = { { btf_type(local, pair->local), 0 } };
	u32 depth = 1;

	*ret_fits = true;
	while (depth > 0) {
		const struct btf_type *in = stack[depth - 1].type, *inner;
		u32 i = stack[depth - 1].next++, type;
		const struct btf_member *member;
		int status = core_work(match->core, 1, match->err);

		if (status != 0)
			return status;
		if (i >= in->count) {
			depth--;
			continue;
		}
		member = &in->members[i];
		inner = btf_type(local, btf_skip_modifiers(local, member->type));
		if (member->name[0] == '\0') {
			if ((inner->kind != BTF_STRUCT && inner->kind != BTF_UNION) ||
			    depth == CORE_NEST_MAX)
				continue;
			stack[depth].type = inner;
			stack[depth++].next = 0;
			continue;
		}
		status = core_member_type(match->core, pair->target, member->name, ret_fits, &type,
					  match->err);
		if (status != 0 || !*ret_fits)
			return status;
		status = add_pair(match, member->type, type, false);
		if (status != 0)
			return status;
	}
	return 0;
}

/* For types of one kind. */
static int kind_matches(struct match *match, const struct pair *pair, const struct btf_type *a,
			const struct btf_type *b, bool *ret_fits)
{
	*ret_fits = true;
	switch (core_plain_kind(a)) {
	case BTF_VOID: return 0;
	case BTF_FLOAT: *ret_fits = a->size == b->size; return 0;
	case BTF_INT:
		*ret_fits = a->size == b->size && ((a->flags ^ b->flags) & INT_SIGNED) == 0;
		return 0;
	case BTF_FWD: *ret_fits = a->flags == b->flags && names_fit(match, a, b); return 0;
	case BTF_STRUCT:
	case BTF_UNION:
		*ret_fits = names_fit(match, a, b);
		return *ret_fits && !pair->behind_pointer ? add_members(match, pair, ret_fits) : 0;
	case BTF_ENUM: return enums_match(match, a, b, ret_fits);
	case BTF_PTR: return add_pair(match, a->type, b->type, true);
	case BTF_ARRAY: return add_pair(match, a->type, b->type, pair->behind_pointer);
	case BTF_FUNC_PROTO: return add_protos(match, a, b, ret_fits);
	default: *ret_fits = false; return 0;
	}
}

static int kind_compatible(struct match *match, const struct btf_type *a, const struct btf_type *b,
			   bool *ret_fits)
{
	*ret_fits = true;
	switch (core_plain_kind(a)) {
	case BTF_VOID:
	case BTF_INT:
	case BTF_FLOAT:
	case BTF_FWD:
	case BTF_STRUCT:
	case BTF_UNION:
	case BTF_ENUM: return 0;
	case BTF_PTR:
	case BTF_ARRAY: return add_pair(match, a->type, b->type, false);
	case BTF_FUNC_PROTO: return add_protos(match, a, b, ret_fits);
	default: *ret_fits = false; return 0;
	}
}

static int check_pair(struct match *match, struct pair pair, bool *ret_fits)
{
	const struct btf_type *a = btf_type(match->core->local, pair.local);
	const struct btf_type *b = btf_type(match->core->index.btf, pair.target);
	bool is_strict = match->strictness == CORE_MATCHES;

	if (core_plain_kind(a) != core_plain_kind(b)) {
		*ret_fits = is_strict ? pair.behind_pointer && names_fit(match, a, b) &&
						(declares(a, b) || declares(b, a))
				      : declares(a, b) || declares(b, a);
		return 0;
	}
	return is_strict ? kind_matches(match, &pair, a, b, ret_fits)
			 : kind_compatible(match, a, b, ret_fits);
}

int core_type_match(struct btf_core *core, u32 local, u32 target, enum core_strictness strictness,
		    bool *ret_match, struct error *err)
{
	struct match match = { .core = core, .strictness = strictness, .err = err };
	bool fits = true;
	int status = add_pair(&match, local, target, false);

	for (u32 i = 0; i < match.pairs.count && status == 0 && fits; i++)
		status = check_pair(&match, match.pairs.items[i], &fits);
	if (status == 0)
		*ret_match = fits;
	vec_free(&match.pairs);
	mem_free(match.seen);
	return status;
}
