/* SPDX-License-Identifier: MIT */
/* One CO-RE relocation: what it comes to in the local types, then in each type of the target that
 * has the name. */
#include "btf/core.h"

#include "base/strbuf.h"
#include "btf/core_internal.h"

enum family { FAMILY_FIELD, FAMILY_TYPE, FAMILY_ENUM };

/* clang-format off */
static const struct {
	const char *name;
	enum family family;
	bool is_question; /* 0 is an answer, where there is nothing */
} kinds[BTF_CORE_KIND_COUNT] = {
	[BTF_CORE_FIELD_BYTE_OFFSET] = { "field_byte_offset", FAMILY_FIELD, false },
	[BTF_CORE_FIELD_BYTE_SIZE]   = { "field_byte_size", FAMILY_FIELD, false },
	[BTF_CORE_FIELD_EXISTS]      = { "field_exists", FAMILY_FIELD, true },
	[BTF_CORE_FIELD_SIGNED]      = { "field_signed", FAMILY_FIELD, false },
	[BTF_CORE_FIELD_LSHIFT_U64]  = { "field_lshift_u64", FAMILY_FIELD, false },
	[BTF_CORE_FIELD_RSHIFT_U64]  = { "field_rshift_u64", FAMILY_FIELD, false },
	[BTF_CORE_TYPE_ID_LOCAL]     = { "type_id_local", FAMILY_TYPE, true },
	[BTF_CORE_TYPE_ID_TARGET]    = { "type_id_target", FAMILY_TYPE, true },
	[BTF_CORE_TYPE_EXISTS]       = { "type_exists", FAMILY_TYPE, true },
	[BTF_CORE_TYPE_SIZE]         = { "type_size", FAMILY_TYPE, true },
	[BTF_CORE_ENUMVAL_EXISTS]    = { "enumval_exists", FAMILY_ENUM, true },
	[BTF_CORE_ENUMVAL_VALUE]     = { "enumval_value", FAMILY_ENUM, false },
	[BTF_CORE_TYPE_MATCHES]      = { "type_matches", FAMILY_TYPE, true },
};
/* clang-format on */

enum { INT_SIGNED = 1 };

/* A relocation, read. */
struct query {
	enum btf_core_kind kind;
	u32 root;		/* local type, without qualifiers */
	struct core_path path;	/* fields */
	const char *enumerator; /* enum values */
	s64 value;
};

const char *btf_core_kind_name(u32 kind)
{
	return kind < BTF_CORE_KIND_COUNT ? kinds[kind].name : "?";
}

int core_work(struct btf_core *core, u64 steps, struct error *err)
{
	if (core->steps < steps)
		return error_set(err, ERR_TOOBIG,
				 "the search in the target's types takes too long");
	core->steps -= steps;
	return 0;
}

/* Through qualifiers, not through typedefs: these have names. */
static int skip_qualifiers(struct btf_core *core, u32 id, u32 *ret_id, struct error *err)
{
	for (;;) {
		const struct btf_type *type = btf_type(core->local, id);
		int status;

		if (type->kind != BTF_CONST && type->kind != BTF_VOLATILE &&
		    type->kind != BTF_RESTRICT && type->kind != BTF_TYPE_TAG)
			break;
		status = core_work(core, 1, err);
		if (status != 0)
			return status;
		id = type->type;
	}
	*ret_id = id;
	return 0;
}

static int read_enumerator(const struct btf *btf, struct query *query,
			   const struct core_numbers *numbers, struct error *err)
{
	const struct btf_type *type = btf_type(btf, btf_skip_modifiers(btf, query->root));

	if (core_plain_kind(type) != BTF_ENUM)
		return error_set(err, ERR_NOEXEC, "type %u (%s) is no enumeration", query->root,
				 btf_kind_name(type->kind));
	if (numbers->count != 1 || numbers->items[0] >= type->count)
		return error_set(err, ERR_NOEXEC, "there are %u enumerators", type->count);
	query->enumerator = type->members[numbers->items[0]].name;
	query->value = type->members[numbers->items[0]].value;
	return 0;
}

static int read_query(struct btf_core *core, const struct btf_core_relo *relo, struct query *query,
		      struct error *err)
{
	struct core_numbers numbers;
	int status;

	if (relo->kind >= BTF_CORE_KIND_COUNT)
		return error_set(err, ERR_NOEXEC, "kind %u is unknown", relo->kind);
	if (relo->type >= core->local->type_count)
		return error_set(err, ERR_NOEXEC, "type %u of %u", relo->type,
				 core->local->type_count);
	query->kind = (enum btf_core_kind)relo->kind;
	status = skip_qualifiers(core, relo->type, &query->root, err);
	if (status == 0)
		status = core_numbers_read(relo->access, &numbers, err);
	if (status != 0)
		return status;
	switch (kinds[relo->kind].family) {
	case FAMILY_FIELD:
		return core_path_read(core->local, query->root, &numbers, &query->path, err);
	case FAMILY_ENUM: return read_enumerator(core->local, query, &numbers, err);
	case FAMILY_TYPE: break;
	}
	if (numbers.count != 1 || numbers.items[0] != 0)
		return error_set(err, ERR_NOEXEC, "access to a type is 0, not \"%.40s\"",
				 relo->access);
	return 0;
}

/* --- values ---------------------------------------------------------------------------------- */

/* In one BTF. */
struct answer {
	const char *missed;
	u64 value;
	struct btf_core_field field;
};

static bool is_signed(const struct btf_type *type)
{
	return (type->kind == BTF_INT && (type->flags & INT_SIGNED) != 0) ||
	       (core_plain_kind(type) == BTF_ENUM && type->flags != 0);
}

static struct answer shift_answer(enum btf_core_kind kind, const struct btf_core_field *field)
{
	u64 bits = field->bit_size != 0 ? field->bit_size : (u64)field->size * 8;
	struct answer answer = { .field = *field };

	if (bits == 0 || bits > 64)
		answer.missed = "the field does not fit a register";
	else if (kind == BTF_CORE_FIELD_RSHIFT_U64)
		answer.value = 64 - bits;
	else
		answer.value = 64 - (field->bit_off + bits - field->off * 8);
	return answer;
}

static struct answer field_answer(const struct btf *btf, enum btf_core_kind kind,
				  const struct core_path *path)
{
	struct answer answer = { .value = 1 };

	if (!core_field_of(btf, path, &answer.field)) {
		if (kind != BTF_CORE_FIELD_EXISTS)
			answer.missed = "the field does not lie in one word";
		return answer;
	}
	switch (kind) {
	case BTF_CORE_FIELD_BYTE_OFFSET: answer.value = answer.field.off; break;
	case BTF_CORE_FIELD_BYTE_SIZE: answer.value = answer.field.size; break;
	case BTF_CORE_FIELD_SIGNED:
		answer.value = is_signed(btf_type(btf, answer.field.type));
		break;
	case BTF_CORE_FIELD_LSHIFT_U64:
	case BTF_CORE_FIELD_RSHIFT_U64: return shift_answer(kind, &answer.field);
	default: break;
	}
	return answer;
}

static struct answer type_answer(const struct btf *btf, enum btf_core_kind kind, u32 id)
{
	struct answer answer = { .value = 1 };

	if (kind == BTF_CORE_TYPE_ID_LOCAL || kind == BTF_CORE_TYPE_ID_TARGET)
		answer.value = id;
	else if (kind == BTF_CORE_TYPE_SIZE && !btf_size_of(btf, id, &answer.value))
		answer.missed = "the type has no size";
	return answer;
}

static struct answer local_answer(const struct btf_core *core, const struct query *query)
{
	switch (kinds[query->kind].family) {
	case FAMILY_FIELD: return field_answer(core->local, query->kind, &query->path);
	case FAMILY_TYPE: return type_answer(core->local, query->kind, query->root);
	case FAMILY_ENUM: break;
	}
	return (struct answer){
		.value = query->kind == BTF_CORE_ENUMVAL_VALUE ? (u64)query->value : 1,
	};
}

/* --- the target ------------------------------------------------------------------------------ */

static int find_enumerator(struct btf_core *core, const struct query *query, u32 id,
			   bool *ret_found, struct answer *ret_answer, struct error *err)
{
	const struct btf *btf = core->index.btf;
	const struct btf_type *type = btf_type(btf, btf_skip_modifiers(btf, id));
	int status;

	*ret_found = false;
	if (core_plain_kind(type) != BTF_ENUM)
		return 0;
	status = core_work(core, type->count, err);
	for (u32 i = 0; i < type->count && status == 0 && !*ret_found; i++) {
		if (!core_same_name(core, type->members[i].name, query->enumerator))
			continue;
		*ret_found = true;
		*ret_answer = (struct answer){
			.value = query->kind == BTF_CORE_ENUMVAL_VALUE ? (u64)type->members[i].value
								       : 1,
		};
	}
	return status;
}

/* What one type of the target answers; *ret_found false when it is not what is meant. */
static int ask(struct btf_core *core, const struct query *query, u32 id, bool *ret_found,
	       struct answer *ret_answer, struct error *err)
{
	struct core_path path;
	int status;

	switch (kinds[query->kind].family) {
	case FAMILY_FIELD:
		status = core_path_find(core, &query->path, id, ret_found, &path, err);
		if (status == 0 && *ret_found)
			*ret_answer = field_answer(core->index.btf, query->kind, &path);
		return status;
	case FAMILY_TYPE:
		status = core_type_match(core, query->root, id,
					 query->kind == BTF_CORE_TYPE_MATCHES ? CORE_MATCHES
									      : CORE_COMPATIBLE,
					 ret_found, err);
		if (status == 0 && *ret_found)
			*ret_answer = type_answer(core->index.btf, query->kind, id);
		return status;
	case FAMILY_ENUM: break;
	}
	return find_enumerator(core, query, id, ret_found, ret_answer, err);
}

static bool same_field(const struct btf_core_field *a, const struct btf_core_field *b)
{
	return a->bit_off == b->bit_off && a->bit_size == b->bit_size && a->size == b->size;
}

/* A load also depends on the field's size. */
static bool same_answer(enum btf_core_kind kind, const struct answer *a, const struct answer *b)
{
	if (a->missed != b->missed || a->value != b->value)
		return false;
	return kind != BTF_CORE_FIELD_BYTE_OFFSET || same_field(&a->field, &b->field);
}

static bool is_candidate(struct btf_core *core, const struct btf_type *local,
			 const struct btf_type *target)
{
	if (core_plain_kind(local) != core_plain_kind(target) &&
	    (local->kind != BTF_FWD ||
	     target->kind != (local->flags != 0 ? BTF_UNION : BTF_STRUCT)))
		return false;
	return core_same_name(core, local->name, target->name);
}

static bool is_fwd(const struct btf *btf, u32 id)
{
	return btf_type(btf, id)->kind == BTF_FWD;
}

static int ask_all(struct btf_core *core, const struct query *query, struct answer *ret_answer,
		   struct error *err)
{
	const struct btf *target = core->index.btf;
	const struct btf_type *root = btf_type(core->local, query->root);
	struct answer answer = { .missed = "the target has no such type" };
	u32 from = 0; /* the type that gave the answer */

	if (root->name[0] == '\0')
		answer.missed = "a type without a name cannot be found in the target";
	for (u32 id = core_index_first(&core->index, root->name); id != 0;
	     id = core->index.next[id]) {
		struct answer one = { 0 };
		bool found = false;
		int status = core_work(core, 1, err);

		if (status == 0 && is_candidate(core, root, btf_type(target, id)))
			status = ask(core, query, id, &found, &one, err);
		else if (status == 0)
			continue;
		if (status != 0)
			return status;
		if (!found && from == 0)
			answer.missed = kinds[query->kind].family == FAMILY_FIELD
						? "the target's type has no such field"
					: kinds[query->kind].family == FAMILY_ENUM
						? "the target's type has no such enumerator"
						: "the target's type is another one";
		/* Next to a structure, its declarations say nothing. */
		if (!found || (from != 0 && is_fwd(target, id) && !is_fwd(target, from)))
			continue;
		if (from != 0 && is_fwd(target, id) == is_fwd(target, from) &&
		    !same_answer(query->kind, &one, &answer))
			return error_set(err, ERR_NOEXEC,
					 "ambiguous: the target's types %u and %u differ", from,
					 id);
		answer = one;
		from = id;
	}
	if (from == 0 && kinds[query->kind].is_question)
		answer = (struct answer){ .value = 0 };
	*ret_answer = answer;
	return 0;
}

int btf_core_resolve(struct btf_core *core, const struct btf_core_relo *relo,
		     struct btf_core_value *ret_value, struct error *err)
{
	struct query query = { 0 };
	struct answer local, target;
	int status = read_query(core, relo, &query, err);

	if (status != 0)
		return status;
	local = local_answer(core, &query);
	target = local;
	if (core->index.btf != NULL && query.kind != BTF_CORE_TYPE_ID_LOCAL)
		status = ask_all(core, &query, &target, err);
	if (status != 0)
		return status;
	*ret_value = (struct btf_core_value){
		.missed = target.missed,
		.local = local.value,
		.target = target.value,
		.is_local_sure = (query.kind == BTF_CORE_FIELD_BYTE_OFFSET ||
				  query.kind == BTF_CORE_FIELD_BYTE_SIZE) &&
				 local.missed == NULL && local.field.bit_size == 0,
		.local_field = local.field,
		.target_field = target.field,
	};
	return 0;
}

bool btf_core_resizable(const struct btf_core *core, const struct btf_core_value *value,
			bool is_exact)
{
	const struct btf *target = core->index.btf != NULL ? core->index.btf : core->local;
	const struct btf_type *a = btf_type(core->local, value->local_field.type);
	const struct btf_type *b = btf_type(target, value->target_field.type);
	enum btf_kind kind = core_plain_kind(a);

	if (kind != core_plain_kind(b))
		return false;
	if (kind == BTF_PTR)
		return true;
	if ((kind != BTF_INT && kind != BTF_ENUM) || is_signed(a) != is_signed(b))
		return false;
	return is_exact || !is_signed(a);
}

/* --- for messages ---------------------------------------------------------------------------- */

static void describe_type(const struct btf *btf, u32 id, struct strbuf *text)
{
	const struct btf_type *type = btf_type(btf, id);

	switch (core_plain_kind(type)) {
	case BTF_STRUCT: strbuf_add(text, "struct "); break;
	case BTF_UNION: strbuf_add(text, "union "); break;
	case BTF_ENUM: strbuf_add(text, "enum "); break;
	case BTF_FWD: strbuf_add(text, type->flags != 0 ? "union " : "struct "); break;
	default: break;
	}
	if (type->name[0] != '\0')
		strbuf_printf(text, "%.64s", type->name);
	else
		strbuf_printf(text, "<%s %u>", btf_kind_name(type->kind), id);
}

void btf_core_describe(const struct btf *local, const struct btf_core_relo *relo,
		       struct strbuf *text)
{
	struct btf_core core = { .local = local, .steps = 1 << 10 };
	struct query query = { .root = relo->type };
	struct error ignored = { 0 };
	int status = read_query(&core, relo, &query, &ignored);

	describe_type(local, query.root, text);
	for (u32 i = 0; status == 0 && i < query.path.count; i++) {
		const struct core_step *step = &query.path.steps[i];

		if (step->name != NULL)
			strbuf_printf(text, ".%.64s", step->name);
		else if (i > 0 || step->index != 0)
			strbuf_printf(text, "[%u]", step->index);
	}
	if (status == 0 && query.enumerator != NULL)
		strbuf_printf(text, " %.64s", query.enumerator);
	strbuf_printf(text, " (%.64s)", relo->access);
}
