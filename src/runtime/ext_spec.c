/* SPDX-License-Identifier: MIT */
/* What an extension says of its program type, as rows that the verifier and the loader read. Fields
 * of the context are not described there but for the pointers to the packet: the rest is plain
 * memory. */
#include "base/format.h"
#include "base/mem.h"
#include "os/os.h"
#include "runtime/invocation.h"

#define FIRST_FREE_BIT 48 /* of the sets of program types */
#define NAME_MAX_LEN   127
#define TABLE_MAX      4096
#define FIELDS_MAX     7 /* three pointers and what is around them */

struct making {
	struct spec *spec;
	struct spec_prog_type *type; /* that is made */
	/* Of what helpers are made for; of NULL: of all types. */
	enum dialect dialect;
	const struct spec_prog_type *of;
	struct error *err;
};

static int no_memory(const struct making *m)
{
	return error_set(m->err, ERR_NOMEM, "no memory for what an extension adds");
}

static int take_name(const struct making *m, const char *from, const char **ret_name)
{
	size_t len = from == NULL ? 0 : strlen(from);

	if (len == 0 || len > NAME_MAX_LEN)
		return error_set(m->err, ERR_INVAL, "a name of %zu characters", len);
	for (size_t i = 0; i < len; i++)
		if (from[i] <= ' ' || from[i] > '~')
			return error_set(m->err, ERR_INVAL, "a name of other than letters");
	*ret_name = arena_strndup(m->spec->arena, from, len);
	return *ret_name == NULL ? no_memory(m) : 0;
}

/* --- the context --- */

static bool is_place(const struct ext_context *layout, s32 off)
{
	return off == -1 ||
	       (off >= 0 && off % 8 == 0 && off <= layout->size - 8 && layout->size >= 8);
}

static bool is_sound(const struct ext_context *layout)
{
	s32 data = layout->data, end = layout->end, meta = layout->meta;

	if (layout->size <= 0 || layout->size > INT16_MAX || !is_place(layout, data) ||
	    !is_place(layout, end) || !is_place(layout, meta))
		return false;
	if (data < 0)
		return end < 0 && meta < 0;
	return end >= 0 && data != end && (meta < 0 || (meta != data && meta != end));
}

static void add_field(struct spec_field *fields, u32 *count, const char *name, u32 off, u32 size,
		      enum spec_field_kind kind)
{
	bool plain = kind == FIELD_SCALAR;

	if (size == 0)
		return;
	fields[(*count)++] = (struct spec_field){ .name = name,
						  .off = (u16)off,
						  .size = (u16)size,
						  .unit = plain ? 1 : (u8)size,
						  .kind = (u8)kind,
						  .flags = plain ? FIELD_ANY : FIELD_WHOLE,
						  .writable = plain };
}

/* In order of their offsets. */
static u32 make_fields(const struct ext_context *layout, struct spec_field *fields)
{
	u32 count = 0, at = 0;

	while (at < (u32)layout->size) {
		u32 next = (u32)layout->size;
		enum spec_field_kind kind = FIELD_SCALAR;

		if (layout->data >= (s32)at && layout->data < (s32)next) {
			next = (u32)layout->data;
			kind = FIELD_DATA;
		}
		if (layout->end >= (s32)at && layout->end < (s32)next) {
			next = (u32)layout->end;
			kind = FIELD_DATA_END;
		}
		if (layout->meta >= (s32)at && layout->meta < (s32)next) {
			next = (u32)layout->meta;
			kind = FIELD_DATA_META;
		}
		add_field(fields, &count, "bytes", at, next - at, FIELD_SCALAR);
		if (kind != FIELD_SCALAR)
			add_field(fields, &count,
				  kind == FIELD_DATA	   ? "data"
				  : kind == FIELD_DATA_END ? "data_end"
							   : "data_meta",
				  next, 8, kind);
		at = kind != FIELD_SCALAR ? next + 8 : next;
	}
	return count;
}

static int make_context(const struct making *m, const struct ext_context *layout,
			const struct spec_ctx **ret_ctx)
{
	struct spec_ctx *ctx = arena_alloc(m->spec->arena, sizeof(*ctx));
	struct spec_field *fields =
		arena_array(m->spec->arena, FIELDS_MAX, sizeof(struct spec_field));

	if (layout == NULL || !is_sound(layout))
		return error_set(m->err, ERR_INVAL,
				 "the context's size and the places of its pointers disagree");
	if (ctx == NULL || fields == NULL)
		return no_memory(m);
	ctx->name = m->type->name;
	ctx->size = (u16)layout->size;
	ctx->data = (s16)layout->data;
	ctx->data_end = (s16)layout->end;
	ctx->data_meta = (s16)layout->meta;
	ctx->flags = SPEC_CTX_PLAIN;
	ctx->fields = fields;
	ctx->field_count = make_fields(layout, fields);
	*ret_ctx = ctx;
	return 0;
}

/* --- rows --- */

static bool is_class(u32 number)
{
	return number <= ARG_WRITE_MEM_OR_NULL;
}

/* row: zeroed. */
static int make_contract(const struct making *m, const struct ext_helper *from,
			 struct spec_helper *row)
{
	char text[NAME_MAX_LEN + 16];
	const char *fault;
	int r = take_name(m, from->name, &row->name);

	if (r < 0)
		return r;
	row->dialect = m->dialect;
	row->type = m->of;
	row->id = from->helper_id;
	row->offered = true;
	row->ret = (enum spec_ret)from->return_type;
	if ((from->flags & EXT_HELPER_REALLOCATE_PACKET) != 0)
		row->flags = HELPER_MOVES_PACKET;
	for (u32 i = 0; i < 5; i++) {
		if (!is_class(from->arguments[i]))
			return error_set(m->err, ERR_INVAL, "helper %s: class %u of argument %u",
					 row->name, from->arguments[i], i + 1);
		row->args[i] = (enum spec_arg)from->arguments[i];
		if (row->args[i] == ARG_MAP)
			row->maps = (1ull << MAP_KIND_COUNT) - 1;
		else if (row->args[i] == ARG_PROG_MAP)
			row->maps = 1ull << MAP_KIND_PROG_ARRAY;
	}
	if (from->return_type > RET_INTEGER_OR_NO_RETURN)
		return error_set(m->err, ERR_INVAL, "helper %s: class %u of the result", row->name,
				 from->return_type);
	r = (int)format(text, sizeof(text), "u64 %s()", row->name);
	row->prototype = arena_strndup(m->spec->arena, text, (size_t)r);
	if (row->prototype == NULL)
		return no_memory(m);
	fault = spec_helper_fault(row);
	return fault == NULL ? 0 : error_set(m->err, ERR_INVAL, "helper %s: %s", row->name, fault);
}

/* The row that is there already for that number; a type's own or, of NULL, of all types. */
static const struct spec_helper *known_row(const struct making *m, u32 id)
{
	const struct spec_helper *row = spec_find_helper(NULL, m->dialect, m->of, id);

	return row != NULL && row->type == m->of ? row : NULL;
}

/* The numbers and classes of a row that is there are the contract, and nothing else is. */
static int check_known(const struct making *m, const struct ext_helper *from,
		       const struct spec_helper *known)
{
	bool same = (u32)known->ret == from->return_type;

	for (u32 i = 0; i < 5; i++) {
		u32 class =
			(u32)(known->args[i] == ARG_MAP_VALUE_OUT ? ARG_MAP_VALUE : known->args[i]);

		same = same && class == from->arguments[i];
	}
	return same ? 0
		    : error_set(m->err, ERR_INVAL, "helper %u is %s, with other arguments",
				from->helper_id, known->name);
}

static int make_helpers(const struct making *m, u32 count, const struct ext_helper *table)
{
	int r = 0;

	for (u32 i = 0; r == 0 && i < count; i++) {
		const struct spec_helper *known;
		struct spec_helper *row;
		struct ext_helper helper;

		r = ext_take(ext_nth(table, i), &helper, sizeof(helper), "a helper", m->err);
		if (r < 0)
			return r;
		known = known_row(m, helper.helper_id);
		if (known != NULL) {
			r = check_known(m, &helper, known);
			continue;
		}
		row = arena_alloc(m->spec->arena, sizeof(*row));
		if (row == NULL)
			return no_memory(m);
		r = make_contract(m, &helper, row);
		if (r == 0)
			m->spec->helpers[m->spec->helper_count++] = row;
	}
	return r;
}

static int make_room(struct making *m, u32 count)
{
	m->spec->helpers =
		arena_array(m->spec->arena, (size_t)count + 1, sizeof(struct spec_helper *));
	return m->spec->helpers == NULL ? no_memory(m) : 0;
}

/* A type that is built in already says the same of itself. */
static const struct spec_prog_type *built_in(const struct guid *guid)
{
	const struct spec_prog_type *type;

	for (size_t i = 0; (type = spec_nth_type(NULL, i)) != NULL; i++)
		if (guid_equal(&type->guid, guid))
			break;
	return type;
}

static int make_type(struct making *m, const struct ext_program_type *from)
{
	const struct spec_prog_type **types =
		arena_array(m->spec->arena, 1, sizeof(struct spec_prog_type *));
	int r;

	m->type = arena_alloc(m->spec->arena, sizeof(*m->type));
	if (types == NULL || m->type == NULL)
		return no_memory(m);
	r = take_name(m, from->name, &m->type->name);
	if (r < 0)
		return r;
	if (spec_find_type(NULL, m->dialect, m->type->name) != NULL)
		return error_set(m->err, ERR_EXIST, "there is another program type '%s'",
				 m->type->name);
	m->type->dialect = m->dialect;
	m->type->number = from->bpf_prog_type;
	m->type->guid = from->program_type;
	m->type->flags = from->is_privileged != 0 ? PROG_TYPE_PRIVILEGED : 0;
	m->type->bit = 1ull << FIRST_FREE_BIT;
	m->type->result = (struct spec_range){ INT32_MIN, INT32_MAX };
	r = make_context(m, from->context, &m->type->ctx);
	if (r < 0)
		return r;
	types[0] = m->type;
	m->spec->types = types;
	m->spec->type_count = 1;
	m->of = m->type;
	return 0;
}

static int begin(struct making *m)
{
	m->spec = mem_zalloc(sizeof(*m->spec));
	if (m->spec == NULL)
		return no_memory(m);
	m->spec->refs = 1;
	m->spec->arena = mem_zalloc(sizeof(*m->spec->arena));
	if (m->spec->arena == NULL)
		return no_memory(m);
	arena_init(m->spec->arena, 0);
	return 0;
}

static int end(const struct making *m, int r, struct spec **ret_spec)
{
	if (r < 0)
		spec_put(m->spec);
	else
		*ret_spec = m->spec;
	return r;
}

static int check_tables(const struct ext_program_info *info, struct error *err)
{
	if (info->type_helper_count > TABLE_MAX || info->global_helper_count > TABLE_MAX ||
	    (info->type_helper_count > 0 && info->type_helpers == NULL) ||
	    (info->global_helper_count > 0 && info->global_helpers == NULL))
		return error_set(err, ERR_INVAL, "%u and %u helpers without a table",
				 info->type_helper_count, info->global_helper_count);
	return 0;
}

/* What stands in for helpers of all types is for a built-in type as those are; for others it is
 * theirs alone. */
static int make_rows(struct making *m, const struct ext_program_info *info,
		     const struct ext_program_type *type)
{
	int r = make_room(m, info->type_helper_count + info->global_helper_count);

	m->of = built_in(&type->program_type);
	if (r == 0 && m->of == NULL)
		r = make_type(m, type);
	if (r == 0)
		r = make_helpers(m, info->type_helper_count, info->type_helpers);
	if (r == 0 && m->of == m->type)
		r = make_helpers(m, info->global_helper_count, info->global_helpers);
	return r;
}

int ext_spec(const struct ext_program_data *data, enum dialect dialect, struct spec **ret_spec,
	     struct error *err)
{
	struct making m = { .dialect = dialect, .err = err };
	struct ext_program_data known = { 0 };
	struct ext_program_info info = { 0 };
	struct ext_program_type type = { 0 };
	int r = ext_take(data, &known, sizeof(known), "program data", err);

	if (r == 0)
		r = ext_take(known.program_info, &info, sizeof(info), "program information", err);
	if (r == 0)
		r = ext_take(info.type, &type, sizeof(type), "the program type", err);
	if (r == 0)
		r = check_tables(&info, err);
	if (r != 0)
		return r;
	r = begin(&m);
	if (r == 0)
		r = make_rows(&m, &info, &type);
	return end(&m, r, ret_spec);
}

int ext_helpers_spec(const struct ext_helpers *helpers, enum dialect dialect,
		     struct spec **ret_spec, struct error *err)
{
	struct making m = { .dialect = dialect, .err = err };
	int r = begin(&m);

	if (r == 0)
		r = make_room(&m, helpers->count);
	if (r == 0)
		r = make_helpers(&m, helpers->count, helpers->helpers);
	return end(&m, r, ret_spec);
}

/* --- functions by name --- */

static int make_function(const struct making *m, const struct ext_functions *table, u32 i)
{
	const void *from = ext_nth(table->functions, i);
	struct spec_function *row;
	struct ext_function known = { 0 };
	struct ext_helper contract = { 0 };
	int r = ext_take(from, &known, sizeof(known), "a function", m->err);

	if (r < 0)
		return r;
	/* It says nothing of that. */
	if (known.header.size < EXT_END(struct ext_function, flags))
		return 0;
	row = arena_alloc(m->spec->arena, sizeof(*row));
	if (row == NULL)
		return no_memory(m);
	contract.name = known.name;
	contract.return_type = known.return_type;
	contract.flags = known.flags;
	memcpy(contract.arguments, known.arguments, sizeof(contract.arguments));
	row->module = table->module;
	r = make_contract(m, &contract, &row->contract);
	if (r == 0)
		m->spec->functions[m->spec->function_count++] = row;
	return r;
}

int ext_functions_spec(const struct ext_functions *functions, enum dialect dialect,
		       struct spec **ret_spec, struct error *err)
{
	struct making m = { .dialect = dialect, .err = err };
	int r = begin(&m);

	if (r == 0) {
		m.spec->functions = arena_array(m.spec->arena, (size_t)functions->count + 1,
						sizeof(struct spec_function *));
		if (m.spec->functions == NULL)
			r = no_memory(&m);
	}
	for (u32 i = 0; r == 0 && i < functions->count; i++)
		r = make_function(&m, functions, i);
	return end(&m, r, ret_spec);
}

/* --- of all extensions --- */

static void add_rows(struct spec *to, const struct spec *from)
{
	for (u32 i = 0; i < from->type_count; i++)
		to->types[to->type_count++] = from->types[i];
	for (u32 i = 0; i < from->helper_count; i++)
		to->helpers[to->helper_count++] = from->helpers[i];
	for (u32 i = 0; i < from->function_count; i++)
		to->functions[to->function_count++] = from->functions[i];
	to->parts[to->part_count++] = spec_get(from);
}

/* rt->admin is taken. */
static int gather(struct making *m, const struct runtime *rt)
{
	size_t types = 1, helpers = 1, functions = 1, parts = 2; /* that of attach types */

	for (const struct provider *p = rt->providers; p != NULL; p = p->next) {
		if (p->spec == NULL)
			continue;
		types += p->spec->type_count;
		helpers += p->spec->helper_count;
		functions += p->spec->function_count;
		parts++;
	}
	m->spec->types = arena_array(m->spec->arena, types, sizeof(void *));
	m->spec->helpers = arena_array(m->spec->arena, helpers, sizeof(void *));
	m->spec->functions = arena_array(m->spec->arena, functions, sizeof(void *));
	m->spec->parts = arena_array(m->spec->arena, parts, sizeof(void *));
	if (m->spec->types == NULL || m->spec->helpers == NULL || m->spec->functions == NULL ||
	    m->spec->parts == NULL)
		return no_memory(m);
	for (const struct provider *p = rt->providers; p != NULL; p = p->next)
		if (p->spec != NULL)
			add_rows(m->spec, p->spec);
	return attach_add_rows(rt, m->spec) == 0 ? 0 : no_memory(m);
}

int runtime_spec(struct runtime *rt, struct spec **ret_spec, struct error *err)
{
	struct making m = { .dialect = rt->dialect, .err = err };
	int r = begin(&m);

	if (r == 0) {
		os_mutex_take(&rt->admin);
		r = gather(&m, rt);
		os_mutex_give(&rt->admin);
	}
	return end(&m, r, ret_spec);
}
