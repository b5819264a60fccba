/* SPDX-License-Identifier: MIT */
/* Contexts and contracts of sets that are read from files. */
#include "spec/file_internal.h"

#include "base/str.h"
#include "prog/exec.h"
#include "spec/text.h"

/* --- contexts --- */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && str_eq(a, b));
}

bool spec_ctx_same(const struct spec_ctx *a, const struct spec_ctx *b)
{
	if (a == b)
		return true;
	if (a == NULL || b == NULL || !str_eq(a->name, b->name) || a->size != b->size ||
	    a->data != b->data || a->data_end != b->data_end || a->data_meta != b->data_meta ||
	    a->flags != b->flags || a->field_count != b->field_count)
		return false;
	for (u32 i = 0; i < a->field_count; i++) {
		const struct spec_field *f = &a->fields[i], *g = &b->fields[i];

		if (!str_eq(f->name, g->name) || f->off != g->off || f->size != g->size ||
		    f->unit != g->unit || f->kind != g->kind || f->flags != g->flags ||
		    f->writable != g->writable || f->gives != g->gives ||
		    !same_text(f->type, g->type))
			return false;
	}
	return true;
}

static int take_kind(const struct spec_reader *r, u32 node, u8 *ret_kind)
{
	const struct json_node *value = spec_node(r, node);

	for (u32 kind = FIELD_SCALAR; kind <= FIELD_PACKET_LEN; kind++) {
		if (value->kind != JSON_STRING ||
		    !str_eq(spec_field_kind_name((enum spec_field_kind)kind), value->text))
			continue;
		*ret_kind = (u8)kind;
		return 0;
	}
	return spec_refuse(r, node, "no kind of field has that name");
}

static bool ret_by_name(const char *name, enum spec_ret *ret_class)
{
	static const enum spec_ret classes[] = {
#define SPEC_RET(NAME, number, text, words) RET_##NAME,
#include "spec/returns.def"
#undef SPEC_RET
	};

	for (size_t i = 0; i < ARRAY_COUNT(classes); i++) {
		if (!str_eq(spec_ret_name(classes[i]), name))
			continue;
		*ret_class = classes[i];
		return true;
	}
	return false;
}

static bool arg_by_name(const char *name, enum spec_arg *ret_class)
{
	static const enum spec_arg classes[] = {
#define SPEC_ARG(NAME, number, text, words) ARG_##NAME,
#include "spec/args.def"
#undef SPEC_ARG
	};

	for (size_t i = 0; i < ARRAY_COUNT(classes); i++) {
		if (classes[i] == ARG_NONE || !str_eq(spec_arg_name(classes[i]), name))
			continue;
		*ret_class = classes[i];
		return true;
	}
	return false;
}

/* What a pointer field gives: something whose fields are known. */
static int take_gives(const struct spec_reader *r, u32 gives, u32 name, struct spec_field *field)
{
	const char *word = "";
	int status;

	if (field->kind != FIELD_POINTER)
		return spec_node(r, gives)->kind == JSON_NULL &&
				       spec_node(r, name)->kind == JSON_NULL
			       ? 0
			       : spec_refuse(r, gives, "only pointers give something");
	status = spec_take_word(r, gives, &word);
	if (status != 0)
		return status;
	if (!ret_by_name(word, &field->gives) ||
	    (spec_ret_layout(field->gives) == NULL && field->gives != RET_BTF))
		return spec_refuse(r, gives, "no field gives that");
	if (field->gives == RET_BTF)
		return spec_take_word(r, name, &field->type);
	return spec_node(r, name)->kind == JSON_NULL
		       ? 0
		       : spec_refuse(r, name, "only kernel structures have a name");
}

/* What spec_ctx_access and the runtime rely on. */
static const char *field_fault(const struct spec_ctx *ctx, const struct spec_field *field, u32 end)
{
	bool is_packet = field->kind == FIELD_DATA || field->kind == FIELD_DATA_END ||
			 field->kind == FIELD_DATA_META;

	if (field->size == 0 || field->off < end || field->off + field->size > ctx->size)
		return "a field overlaps another one or is outside";
	if (field->unit == 0 || field->unit > 8 || (field->unit & (field->unit - 1)) != 0 ||
	    field->size % field->unit != 0)
		return "a field's unit does not divide it";
	if (is_packet && field->size != 4 && field->size != 8)
		return "a pointer to the packet has 4 or 8 bytes";
	if (field->kind == FIELD_POINTER && field->size != 8)
		return "a pointer has 8 bytes";
	if (field->kind == FIELD_PACKET_LEN && field->size != 4)
		return "the length of the packet has 4 bytes";
	if ((is_packet || field->kind == FIELD_POINTER) &&
	    (field->writable || field->unit != field->size || field->flags != FIELD_WHOLE))
		return "a pointer is loaded whole and not written";
	if ((field->flags & FIELD_OLD_PORT) != 0 &&
	    (field->size != 2 || field->off + 4 > ctx->size))
		return "no port can have been there";
	return NULL;
}

static int read_field(const struct spec_reader *r, u32 node, struct spec_field *field)
{
	static const char *const keys[] = { "name", "offset", "size",  "kind",	"writable",
					    "unit", "flags",  "gives", "struct" };
	u32 values[ARRAY_COUNT(keys)], off = 0, size = 0, unit = 0, flags = 0;
	int status = spec_members(r, node, keys, ARRAY_COUNT(keys), values);

	if (status == 0)
		status = spec_take_word(r, values[0], &field->name);
	if (status == 0)
		status = spec_take_u32(r, values[1], UINT16_MAX, &off);
	if (status == 0)
		status = spec_take_u32(r, values[2], UINT16_MAX, &size);
	if (status == 0)
		status = take_kind(r, values[3], &field->kind);
	if (status == 0)
		status = spec_take_bool(r, values[4], &field->writable);
	if (status == 0)
		status = spec_take_u32(r, values[5], UINT8_MAX, &unit);
	if (status == 0)
		status = spec_take_flags(r, values[6], spec_field_flag_next, &flags);
	field->off = (u16)off;
	field->size = (u16)size;
	field->unit = (u8)unit;
	field->flags = (u8)flags;
	return status != 0 ? status : take_gives(r, values[7], values[8], field);
}

static int read_fields(const struct spec_reader *r, u32 node, struct spec_ctx *ctx)
{
	u32 end = spec_node(r, node)->next, count = 0, field_end = 0;
	struct spec_field *fields;

	if (spec_node(r, node)->kind != JSON_ARRAY)
		return spec_refuse(r, node, "fields are an array");
	for (u32 at = node + 1; at < end; at = spec_node(r, at)->next)
		count++;
	fields = arena_array(r->arena, count + 1, sizeof(*fields));
	if (fields == NULL)
		return error_set(r->err, ERR_NOMEM, "out of memory");
	for (u32 at = node + 1; at < end; at = spec_node(r, at)->next) {
		struct spec_field *field = &fields[ctx->field_count];
		const char *fault;
		int status = read_field(r, at, field);

		if (status != 0)
			return status;
		fault = field_fault(ctx, field, field_end);
		if (fault != NULL)
			return spec_refuse(r, at, fault);
		field_end = (u32)field->off + field->size;
		ctx->field_count++;
	}
	ctx->fields = fields;
	return 0;
}

/* The offset of the only field of that kind, -1: none, -2: several. */
static s32 offset_of(const struct spec_ctx *ctx, enum spec_field_kind kind)
{
	s32 off = -1;

	for (u32 i = 0; i < ctx->field_count; i++)
		if (ctx->fields[i].kind == kind)
			off = off == -1 ? ctx->fields[i].off : -2;
	return off;
}

int spec_read_ctx(struct spec_reader *r, u32 node, const struct spec_ctx **ret_ctx)
{
	static const char *const keys[] = { "name",	 "size",  "data",  "data_end",
					    "data_meta", "flags", "fields" };
	u32 values[ARRAY_COUNT(keys)], size = 0, flags = 0;
	s32 data = 0, end = 0, meta = 0;
	struct spec_ctx *ctx;
	int status;

	*ret_ctx = NULL;
	if (spec_node(r, node)->kind == JSON_NULL)
		return 0;
	ctx = arena_alloc(r->arena, sizeof(*ctx));
	if (ctx == NULL)
		return error_set(r->err, ERR_NOMEM, "out of memory");
	status = spec_members(r, node, keys, ARRAY_COUNT(keys), values);
	if (status == 0)
		status = spec_take_word(r, values[0], &ctx->name);
	if (status == 0)
		status = spec_take_u32(r, values[1], INT16_MAX, &size);
	if (status == 0)
		status = spec_take_flags(r, values[5], spec_ctx_flag_next, &flags);
	ctx->size = (u16)size;
	ctx->flags = (u8)flags;
	if (status == 0)
		status = read_fields(r, values[6], ctx);
	if (status != 0)
		return status;
	if (!json_node_s32(spec_node(r, values[2]), &data) ||
	    !json_node_s32(spec_node(r, values[3]), &end) ||
	    !json_node_s32(spec_node(r, values[4]), &meta) || data != offset_of(ctx, FIELD_DATA) ||
	    end != offset_of(ctx, FIELD_DATA_END) || meta != offset_of(ctx, FIELD_DATA_META) ||
	    (data < 0) != (end < 0) || data < -1 || end < -1 || meta < -1 ||
	    (data < 0 && meta >= 0))
		return spec_refuse(r, node, "its pointers to the packet and its fields disagree");
	ctx->data = (s16)data;
	ctx->data_end = (s16)end;
	ctx->data_meta = (s16)meta;
	*ret_ctx = ctx;
	return 0;
}

/* --- contracts --- */

static int take_args(const struct spec_reader *r, u32 node, struct spec_helper *helper)
{
	u32 end = spec_node(r, node)->next, count = 0;

	if (spec_node(r, node)->kind != JSON_ARRAY)
		return spec_refuse(r, node, "arguments are an array");
	for (u32 at = node + 1; at < end; at++) {
		if (spec_node(r, at)->kind != JSON_STRING || count == ARRAY_COUNT(helper->args) ||
		    !arg_by_name(spec_node(r, at)->text, &helper->args[count]))
			return spec_refuse(r, at, "at most five classes of arguments");
		count++;
	}
	return 0;
}

static int take_progs(const struct spec_reader *r, u32 node, struct spec_helper *helper)
{
	u32 end = spec_node(r, node)->next;

	if (spec_node(r, node)->kind == JSON_NULL)
		return 0;
	if (spec_node(r, node)->kind != JSON_ARRAY || end == node + 1 || end - node > 65)
		return spec_refuse(r, node, "programs are null or an array with some");
	for (u32 at = node + 1; at < end; at++) {
		const struct spec_prog_type *type =
			spec_node(r, at)->kind != JSON_STRING
				? NULL
				: spec_find_type(r->spec, helper->dialect, spec_node(r, at)->text);

		if (type == NULL || type->dialect != helper->dialect)
			return spec_refuse(r, at, "no program type has that name");
		helper->progs |= type->bit;
	}
	return 0;
}

static int take_maps(const struct spec_reader *r, u32 node, struct spec_helper *helper)
{
	u32 end = spec_node(r, node)->next;

	if (spec_node(r, node)->kind != JSON_ARRAY || end - node > 65)
		return spec_refuse(r, node, "maps are an array");
	for (u32 at = node + 1; at < end; at++) {
		const struct spec_map_type *type, *found = NULL;

		for (size_t i = 0; (type = spec_map_type_at(i)) != NULL; i++)
			if (spec_node(r, at)->kind == JSON_STRING &&
			    str_eq(type->name, spec_node(r, at)->text))
				found = type;
		if (found == NULL)
			return spec_refuse(r, at, "no map type has that name");
		helper->maps |= 1ull << found->kind;
	}
	return 0;
}

static int take_prototype(const struct spec_reader *r, u32 node, struct spec_helper *helper)
{
	const struct json_node *value = spec_node(r, node);

	if (value->kind != JSON_STRING || strlen(value->text) > 500)
		return spec_refuse(r, node, "a prototype is missing or too long");
	for (const char *p = value->text; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			return spec_refuse(r, node, "a prototype has odd characters");
	helper->prototype = value->text;
	return 0;
}

/* The bits that tell program types of its dialect apart. */
static u64 known_bits(const struct spec_reader *r, enum dialect dialect)
{
	const struct spec_prog_type *type;
	u64 bits = 0;

	for (size_t i = 0; (type = spec_nth_type(r->spec, i)) != NULL; i++)
		if (type->dialect == dialect)
			bits |= type->bit;
	return bits;
}

static bool same_progs(const struct spec_helper *a, const struct spec_helper *b)
{
	const struct spec_prog_type *type;

	if ((a->progs == 0) != (b->progs == 0))
		return false;
	for (size_t i = 0; (type = spec_nth_type(NULL, i)) != NULL; i++)
		if (type->dialect == a->dialect &&
		    spec_helper_allowed(a, type) != spec_helper_allowed(b, type))
			return false;
	return true;
}

/* Kinds that the dialect does not have are not in a file. */
static u64 maps_of(const struct spec_helper *helper)
{
	const struct spec_map_type *type;
	u64 maps = 0;

	for (size_t i = 0; (type = spec_map_type_at(i)) != NULL; i++)
		if ((helper->dialect == DIALECT_WINDOWS ? type->windows : type->linux_) != 0)
			maps |= helper->maps & 1ull << type->kind;
	return maps;
}

static bool same_contract(const struct spec_helper *a, const struct spec_helper *b)
{
	for (u32 i = 0; i < ARRAY_COUNT(a->args); i++)
		if (a->args[i] != b->args[i])
			return false;
	return a->ret == b->ret && a->flags == b->flags && maps_of(a) == maps_of(b) &&
	       str_eq(a->name, b->name) && str_eq(a->prototype, b->prototype) && same_progs(a, b);
}

static int add_helper(struct spec_reader *r, u32 node, struct spec_helper *helper)
{
	const struct spec_helper *other;
	const char *fault;

	for (size_t i = 0; (other = spec_nth_helper(r->spec, i)) != NULL; i++) {
		if (other->dialect != helper->dialect || other->type != helper->type)
			continue;
		if (other->id == helper->id && same_contract(other, helper))
			return 0;
		if (other->id == helper->id || str_eq(other->name, helper->name))
			return spec_refuse(r, node, "there is another one of that name or number");
	}
	fault = spec_helper_fault(helper);
	if (fault != NULL)
		return spec_refuse(r, node, fault);
	helper->progs &= known_bits(r, helper->dialect);
	r->spec->helpers[r->spec->helper_count++] = helper;
	return 0;
}

/* Members that helpers and kernel functions have. Whether a function is offered is this build's
 * matter, whatever a file says. */
static int read_contract(struct spec_reader *r, const u32 *values, struct spec_helper *helper)
{
	const char *ret = "";
	bool offered;
	int status = spec_take_word(r, values[0], &helper->name);

	r->name = helper->name;
	if (status == 0)
		status = spec_take_dialect(r, values[1], &helper->dialect);
	if (status == 0 && helper->dialect == DIALECT_UNKNOWN)
		status = spec_refuse(r, values[1], "it is of one dialect");
	if (status == 0)
		status = spec_take_bool(r, values[2], &offered);
	if (status == 0)
		status = spec_take_word(r, values[3], &ret);
	if (status == 0 && !ret_by_name(ret, &helper->ret))
		status = spec_refuse(r, values[3], "nothing is returned that has that name");
	if (status == 0)
		status = take_args(r, values[4], helper);
	if (status == 0)
		status = spec_take_flags(r, values[5], spec_helper_flag_next, &helper->flags);
	if (status == 0)
		status = take_progs(r, values[6], helper);
	return status != 0 ? status : take_prototype(r, values[7], helper);
}

#define CONTRACT_KEYS \
	"name", "dialect", "offered", "returns", "arguments", "flags", "programs", "prototype"
/* Words for people behind the others: as an export has them, for reading past. */
#define CONTRACT_WORDS "about", "why"
#define WORDS	       (u32) ARRAY_COUNT(((const char *const[]){ CONTRACT_WORDS }))

/* The members of a row that has a contract. */
static int contract_members(const struct spec_reader *r, u32 node, const char *const *keys,
			    u32 count, u32 *ret_values)
{
	u32 needed = count - WORDS;
	int status = spec_members_of(r, node, keys, needed, count, ret_values);

	for (u32 i = needed; status == 0 && i < count; i++) {
		u32 at = ret_values[i];

		if (at != 0 && spec_node(r, at)->kind != JSON_NULL &&
		    spec_node(r, at)->kind != JSON_STRING)
			status = spec_refuse(r, at, "neither null nor a text");
	}
	return status;
}

int spec_read_helper(struct spec_reader *r, u32 node)
{
	static const char *const keys[] = { CONTRACT_KEYS, "id", "type", "maps", CONTRACT_WORDS };
	struct spec_helper *helper = arena_alloc(r->arena, sizeof(*helper));
	const char *type = "";
	u32 values[ARRAY_COUNT(keys)];
	int status;

	if (helper == NULL)
		return error_set(r->err, ERR_NOMEM, "out of memory");
	status = contract_members(r, node, keys, ARRAY_COUNT(keys), values);
	if (status == 0)
		status = read_contract(r, values, helper);
	if (status == 0)
		status = spec_take_u32(r, values[8], INT32_MAX, &helper->id);
	if (status == 0 && helper->id == 0)
		status = spec_refuse(r, values[8], "numbers begin with 1");
	if (status == 0)
		status = take_maps(r, values[10], helper);
	if (status == 0 && spec_node(r, values[9])->kind != JSON_NULL) {
		status = spec_take_word(r, values[9], &type);
		if (status != 0)
			return status;
		helper->type = spec_find_type(r->spec, helper->dialect, type);
		if (helper->type == NULL || helper->type->dialect != helper->dialect ||
		    helper->progs != 0)
			return spec_refuse(r, values[9], "no program type has that name");
	}
	return status != 0 ? status : add_helper(r, node, helper);
}

/* They are code of the host, so a file has none of its own. */
int spec_read_kfunc(struct spec_reader *r, u32 node)
{
	static const char *const keys[] = { CONTRACT_KEYS, CONTRACT_WORDS };
	struct spec_helper kfunc = { 0 };
	const struct spec_helper *known;
	u32 values[ARRAY_COUNT(keys)];
	int status = contract_members(r, node, keys, ARRAY_COUNT(keys), values);

	if (status == 0)
		status = read_contract(r, values, &kfunc);
	if (status != 0)
		return status;
	known = spec_find_kfunc(kfunc.dialect, kfunc.name);
	if (known == NULL || !same_contract(known, &kfunc))
		return spec_refuse(r, node, "no such function is built in");
	return 0;
}

/* Of an extension: of one module there is one of a name. */
int spec_read_function(struct spec_reader *r, u32 node)
{
	static const char *const keys[] = { CONTRACT_KEYS, "module", CONTRACT_WORDS };
	struct spec_function *function = arena_alloc(r->arena, sizeof(*function));
	const char *module = "", *fault;
	u32 values[ARRAY_COUNT(keys)];
	int status;

	if (function == NULL)
		return error_set(r->err, ERR_NOMEM, "out of memory");
	status = contract_members(r, node, keys, ARRAY_COUNT(keys), values);
	if (status == 0)
		status = read_contract(r, values, &function->contract);
	if (status == 0)
		status = spec_take_word(r, values[8], &module);
	if (status != 0)
		return status;
	if (!spec_module_read(module, &function->module))
		return spec_refuse(r, values[8], "a module is a GUID");
	if (spec_find_function(r->spec, function->contract.dialect, function->contract.name,
			       module) != NULL)
		return spec_refuse(r, node, "its module has another one of that name");
	/* Which kinds of maps it takes, it says itself. */
	for (u32 i = 0; i < ARRAY_COUNT(function->contract.args); i++)
		if (function->contract.args[i] == ARG_MAP)
			function->contract.maps = (1ull << MAP_KIND_COUNT) - 1;
	fault = spec_helper_fault(&function->contract);
	if (fault != NULL)
		return spec_refuse(r, node, fault);
	r->spec->functions[r->spec->function_count++] = function;
	return 0;
}
