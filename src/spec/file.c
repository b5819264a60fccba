/* SPDX-License-Identifier: MIT */
/* The reader of sets: the arrays of a file one after the other, each row checked before it is
 * added. Files are hostile: what the verifier relies on must hold for their rows as well. */
#include "spec/file_internal.h"

#include "base/mem.h"
#include "base/str.h"
#include "spec/text.h"

/* Types that are not built in have these bits. */
#define FIRST_FREE_BIT 48
#define MAX_ROWS       4096

int spec_refuse(const struct spec_reader *r, u32 node, const char *what)
{
	return error_set(r->err, ERR_INVAL, "line %u: %s%s%s%s%s", r->doc.nodes[node].line,
			 r->kind == NULL ? "" : r->kind, r->name == NULL ? "" : " ",
			 r->name == NULL ? "" : r->name, r->kind == NULL ? "" : ": ", what);
}

const struct json_node *spec_node(const struct spec_reader *r, u32 node)
{
	return &r->doc.nodes[node];
}

/* Goes into messages, so onto terminals. */
static const char *printable(const char *name)
{
	for (const char *p = name; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			return "a member with an odd name";
	return name;
}

int spec_members(const struct spec_reader *r, u32 node, const char *const *keys, u32 count,
		 u32 *ret_values)
{
	return spec_members_of(r, node, keys, count, count, ret_values);
}

int spec_members_of(const struct spec_reader *r, u32 node, const char *const *keys, u32 needed,
		    u32 count, u32 *ret_values)
{
	u32 end = spec_node(r, node)->next;

	if (spec_node(r, node)->kind != JSON_OBJECT)
		return spec_refuse(r, node, "no object");
	memset(ret_values, 0, count * sizeof(*ret_values));
	for (u32 at = node + 1; at < end; at = spec_node(r, at + 1)->next) {
		const char *name = spec_node(r, at)->text;
		u32 key = 0;

		while (key < count && !str_eq(keys[key], name))
			key++;
		if (key == count || ret_values[key] != 0)
			return error_set(r->err, ERR_INVAL, "line %u: '%.64s' %s",
					 spec_node(r, at)->line, printable(name),
					 key == count ? "is not known here" : "is there twice");
		ret_values[key] = at + 1;
	}
	for (u32 key = 0; key < needed; key++)
		if (ret_values[key] == 0)
			return error_set(r->err, ERR_INVAL, "line %u: '%s' is missing",
					 spec_node(r, node)->line, keys[key]);
	return 0;
}

int spec_take_word(const struct spec_reader *r, u32 node, const char **ret_word)
{
	const struct json_node *value = spec_node(r, node);

	if (value->kind != JSON_STRING || value->text[0] == '\0')
		return spec_refuse(r, node, "a name is missing");
	if (strlen(value->text) > SPEC_NAME_MAX)
		return spec_refuse(r, node, "a name is too long");
	for (const char *p = value->text; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || *p == '"' || *p == '\\')
			return spec_refuse(r, node, "a name has odd characters");
	*ret_word = value->text;
	return 0;
}

int spec_take_u32(const struct spec_reader *r, u32 node, u32 most, u32 *ret_value)
{
	if (!json_node_u32(spec_node(r, node), ret_value) || *ret_value > most)
		return spec_refuse(r, node, "a number is missing or too big");
	return 0;
}

int spec_take_bool(const struct spec_reader *r, u32 node, bool *ret_value)
{
	enum json_kind kind = spec_node(r, node)->kind;

	if (kind != JSON_TRUE && kind != JSON_FALSE)
		return spec_refuse(r, node, "neither true nor false");
	*ret_value = kind == JSON_TRUE;
	return 0;
}

int spec_take_dialect(const struct spec_reader *r, u32 node, enum dialect *ret_dialect)
{
	const char *word = "";
	int status = spec_take_word(r, node, &word);

	if (status != 0)
		return status;
	for (int i = DIALECT_UNKNOWN; i <= DIALECT_LINUX; i++) {
		if (!str_eq(spec_dialect_text((enum dialect)i), word))
			continue;
		*ret_dialect = (enum dialect)i;
		return 0;
	}
	return spec_refuse(r, node, "no dialect has that name");
}

int spec_take_flags(const struct spec_reader *r, u32 node, const char *(*next)(u32 *flags),
		    u32 *ret_flags)
{
	u32 end = spec_node(r, node)->next, flags = 0;

	if (spec_node(r, node)->kind != JSON_ARRAY)
		return spec_refuse(r, node, "flags are an array");
	for (u32 at = node + 1; at < end; at++) {
		u32 found = 0;

		if (at - node > 32)
			return spec_refuse(r, at, "too many flags");
		for (u32 bit = 1; bit != 0 && found == 0; bit <<= 1) {
			u32 one = bit;
			const char *name = next(&one);

			if (spec_node(r, at)->kind == JSON_STRING && !str_eq(name, "?") &&
			    str_eq(name, spec_node(r, at)->text))
				found = bit;
		}
		if (found == 0)
			return spec_refuse(r, at, "no flag has that name");
		flags |= found;
	}
	*ret_flags = flags;
	return 0;
}

static int take_guid(const struct spec_reader *r, u32 node, struct guid *ret_guid)
{
	const char *text = "";
	int status = spec_take_word(r, node, &text);

	if (status != 0)
		return status;
	return spec_guid_read(text, ret_guid) ? 0 : spec_refuse(r, node, "no GUID");
}

static int take_result(const struct spec_reader *r, u32 node, bool *ret_any,
		       struct spec_range *ret_range)
{
	static const char *const keys[] = { "least", "most" };
	u32 values[2];
	int status;

	*ret_any = spec_node(r, node)->kind == JSON_NULL;
	*ret_range = (struct spec_range){ INT32_MIN, INT32_MAX };
	if (*ret_any)
		return 0;
	status = spec_members(r, node, keys, 2, values);
	if (status != 0)
		return status;
	if (!json_node_s32(spec_node(r, values[0]), &ret_range->least) ||
	    !json_node_s32(spec_node(r, values[1]), &ret_range->most) ||
	    ret_range->least > ret_range->most)
		return spec_refuse(r, node, "a bad range");
	return 0;
}

static int read_verdicts(struct spec_reader *r, u32 node, struct spec_prog_type *type)
{
	static const char *const keys[] = { "name", "value" };
	u32 end = spec_node(r, node)->next, count = 0, values[2];
	struct spec_verdict *verdicts;

	if (spec_node(r, node)->kind != JSON_ARRAY)
		return spec_refuse(r, node, "verdicts are an array");
	for (u32 at = node + 1; at < end; at = spec_node(r, at)->next)
		count++;
	verdicts = arena_array(r->arena, count + 1, sizeof(*verdicts));
	if (verdicts == NULL)
		return error_set(r->err, ERR_NOMEM, "out of memory");
	count = 0;
	for (u32 at = node + 1; at < end; at = spec_node(r, at)->next) {
		s32 value = 0;
		int status = spec_members(r, at, keys, 2, values);

		if (status == 0)
			status = spec_take_word(r, values[0], &verdicts[count].name);
		if (status != 0)
			return status;
		if (!json_node_s32(spec_node(r, values[1]), &value))
			return spec_refuse(r, values[1], "a verdict's value");
		verdicts[count++].value = (u32)value;
	}
	type->verdicts = verdicts;
	type->verdict_count = count;
	return 0;
}

static bool same_verdicts(const struct spec_prog_type *a, const struct spec_prog_type *b)
{
	if (a->verdict_count != b->verdict_count)
		return false;
	for (u32 i = 0; i < a->verdict_count; i++)
		if ((u32)a->verdicts[i].value != (u32)b->verdicts[i].value ||
		    !str_eq(a->verdicts[i].name, b->verdicts[i].name))
			return false;
	return true;
}

static bool same_type(const struct spec_prog_type *a, const struct spec_prog_type *b)
{
	return a->dialect == b->dialect && a->number == b->number && a->flags == b->flags &&
	       memcmp(&a->guid, &b->guid, sizeof(a->guid)) == 0 &&
	       a->result.least == b->result.least && a->result.most == b->result.most &&
	       spec_ctx_same(a->ctx, b->ctx) && same_verdicts(a, b);
}

/* Names, numbers and GUIDs tell types apart. */
static int add_type(struct spec_reader *r, u32 node, struct spec_prog_type *type)
{
	const struct spec_prog_type *other;
	size_t count = 0;

	for (; (other = spec_nth_type(r->spec, count)) != NULL; count++) {
		bool same_name = str_eq(other->name, type->name) && other->dialect == type->dialect;

		if (same_name && same_type(other, type))
			return 0;
		if (same_name ||
		    (other->dialect == type->dialect && other->number == type->number) ||
		    memcmp(&other->guid, &type->guid, sizeof(type->guid)) == 0)
			return spec_refuse(r, node,
					   "there is another one of that name, number or GUID");
	}
	if (type->dialect == DIALECT_UNKNOWN || (type->flags & PROG_TYPE_RAW) != 0)
		return spec_refuse(r, node, "only the built-in raw type is of both dialects");
	if (r->spec->type_count >= 64 - FIRST_FREE_BIT)
		return spec_refuse(r, node, "too many program types");
	type->bit = 1ull << (FIRST_FREE_BIT + r->spec->type_count);
	r->spec->types[r->spec->type_count++] = type;
	return 0;
}

static int read_type(struct spec_reader *r, u32 node)
{
	static const char *const keys[] = { "name",  "dialect", "number", "guid",
					    "flags", "context", "result", "verdicts" };
	struct spec_prog_type *type = arena_alloc(r->arena, sizeof(*type));
	u32 values[ARRAY_COUNT(keys)];
	bool any;
	int status;

	if (type == NULL)
		return error_set(r->err, ERR_NOMEM, "out of memory");
	status = spec_members(r, node, keys, ARRAY_COUNT(keys), values);
	if (status == 0)
		status = spec_take_word(r, values[0], &type->name);
	r->name = type->name;
	if (status == 0)
		status = spec_take_dialect(r, values[1], &type->dialect);
	if (status == 0)
		status = spec_take_u32(r, values[2], UINT32_MAX, &type->number);
	if (status == 0)
		status = take_guid(r, values[3], &type->guid);
	if (status == 0)
		status = spec_take_flags(r, values[4], spec_prog_flag_next, &type->flags);
	if (status == 0)
		status = spec_read_ctx(r, values[5], &type->ctx);
	if (status == 0)
		status = take_result(r, values[6], &any, &type->result);
	if (status == 0)
		status = read_verdicts(r, values[7], type);
	return status != 0 ? status : add_type(r, node, type);
}

static int add_attach(struct spec_reader *r, u32 node, struct spec_attach_type *attach)
{
	const struct spec_attach_type *other;

	for (size_t i = 0; (other = spec_nth_attach(r->spec, i)) != NULL; i++) {
		bool same_name =
			str_eq(other->name, attach->name) && other->dialect == attach->dialect;
		bool same_guid = memcmp(&other->guid, &attach->guid, sizeof(other->guid)) == 0;

		if (same_name && same_guid && other->number == attach->number &&
		    other->has_result == attach->has_result &&
		    (!other->has_result || (other->result.least == attach->result.least &&
					    other->result.most == attach->result.most)) &&
		    spec_ctx_same(other->ctx, attach->ctx))
			return 0;
		if (same_name || same_guid ||
		    (other->dialect == attach->dialect && other->number == attach->number))
			return spec_refuse(r, node,
					   "there is another one of that name, number or GUID");
	}
	if (attach->dialect == DIALECT_UNKNOWN)
		return spec_refuse(r, node, "it is of one dialect");
	r->spec->attach_types[r->spec->attach_count++] = attach;
	return 0;
}

static int read_attach(struct spec_reader *r, u32 node)
{
	static const char *const keys[] = {
		"name", "dialect", "number", "guid", "context", "result"
	};
	struct spec_attach_type *attach = arena_alloc(r->arena, sizeof(*attach));
	u32 values[ARRAY_COUNT(keys)];
	bool any = true;
	int status;

	if (attach == NULL)
		return error_set(r->err, ERR_NOMEM, "out of memory");
	status = spec_members(r, node, keys, ARRAY_COUNT(keys), values);
	if (status == 0)
		status = spec_take_word(r, values[0], &attach->name);
	r->name = attach->name;
	if (status == 0)
		status = spec_take_dialect(r, values[1], &attach->dialect);
	if (status == 0)
		status = spec_take_u32(r, values[2], UINT32_MAX, &attach->number);
	if (status == 0)
		status = take_guid(r, values[3], &attach->guid);
	if (status == 0)
		status = spec_read_ctx(r, values[4], &attach->ctx);
	if (status == 0)
		status = take_result(r, values[5], &any, &attach->result);
	attach->has_result = !any;
	if (any)
		attach->result = (struct spec_range){ 0 };
	return status != 0 ? status : add_attach(r, node, attach);
}

static int add_section(struct spec_reader *r, u32 node, struct spec_section *section)
{
	const struct spec_section *other;

	for (size_t i = 0; (other = spec_nth_section(r->spec, i)) != NULL; i++) {
		if (other->dialect != section->dialect || !str_eq(other->prefix, section->prefix))
			continue;
		if (other->type == section->type && other->attach == section->attach)
			return 0;
		return spec_refuse(r, node, "the prefix has another meaning");
	}
	if (section->prefix[0] == '?' || section->prefix[0] == '.')
		return spec_refuse(r, node, "no prefix begins like that");
	r->spec->sections[r->spec->section_count++] = section;
	return 0;
}

static int read_section(struct spec_reader *r, u32 node)
{
	static const char *const keys[] = { "prefix", "dialect", "type", "attach_type" };
	struct spec_section *section = arena_alloc(r->arena, sizeof(*section));
	const char *type = "", *attach = "";
	u32 values[ARRAY_COUNT(keys)];
	int status;

	if (section == NULL)
		return error_set(r->err, ERR_NOMEM, "out of memory");
	status = spec_members(r, node, keys, ARRAY_COUNT(keys), values);
	if (status == 0)
		status = spec_take_word(r, values[0], &section->prefix);
	r->name = section->prefix;
	if (status == 0)
		status = spec_take_dialect(r, values[1], &section->dialect);
	if (status == 0)
		status = spec_take_word(r, values[2], &type);
	if (status != 0)
		return status;
	section->type = spec_find_type(r->spec, section->dialect, type);
	if (section->type == NULL || section->type->dialect != section->dialect)
		return spec_refuse(r, values[2], "no program type has that name");
	if (spec_node(r, values[3])->kind != JSON_NULL) {
		status = spec_take_word(r, values[3], &attach);
		if (status != 0)
			return status;
		section->attach = spec_find_attach(r->spec, section->dialect, attach);
		if (section->attach == NULL)
			return spec_refuse(r, values[3], "no attach type has that name");
	}
	return add_section(r, node, section);
}

static bool same_number(const struct json_node *node, u32 number)
{
	u32 value = 0;

	if (number == 0)
		return node->kind == JSON_NULL;
	return json_node_u32(node, &value) && value == number;
}

/* Map types are code: those of a file can only be those that there are. */
static int read_map_type(struct spec_reader *r, u32 node)
{
	static const char *const keys[] = { "name", "windows", "linux", "flags" };
	const struct spec_map_type *type;
	const char *name = "";
	u32 values[ARRAY_COUNT(keys)], flags = 0;
	int status = spec_members(r, node, keys, ARRAY_COUNT(keys), values);

	if (status == 0)
		status = spec_take_word(r, values[0], &name);
	r->name = name;
	if (status == 0)
		status = spec_take_flags(r, values[3], spec_map_flag_next, &flags);
	if (status != 0)
		return status;
	for (size_t i = 0; (type = spec_map_type_at(i)) != NULL; i++)
		if (str_eq(type->name, name) &&
		    same_number(spec_node(r, values[1]), type->windows) &&
		    same_number(spec_node(r, values[2]), type->linux_) && type->flags == flags)
			return 0;
	return spec_refuse(r, node, "no such map type is built in");
}

static int read_rows(struct spec_reader *r, u32 node, const char *kind,
		     int (*read_row)(struct spec_reader *r, u32 node))
{
	u32 end;
	int status = 0;

	if (node == 0)
		return 0;
	r->kind = kind;
	r->name = NULL;
	if (spec_node(r, node)->kind != JSON_ARRAY)
		return spec_refuse(r, node, "no array");
	end = spec_node(r, node)->next;
	for (u32 at = node + 1; at < end && status == 0; at = spec_node(r, at)->next) {
		r->name = NULL;
		status = read_row(r, at);
	}
	return status;
}

/* Room for all rows that may be added. */
static int make_room(struct spec_reader *r, const u32 *arrays, u32 array_count)
{
	void *rooms[5];
	u32 rows = 0;

	for (u32 i = 0; i < array_count; i++) {
		if (arrays[i] == 0)
			continue;
		for (u32 at = arrays[i] + 1; at < spec_node(r, arrays[i])->next;
		     at = spec_node(r, at)->next)
			rows++;
	}
	if (rows > MAX_ROWS)
		return spec_refuse(r, 0, "too many rows");
	for (u32 i = 0; i < ARRAY_COUNT(rooms); i++) {
		rooms[i] = arena_array(r->arena, (size_t)rows + 1, sizeof(void *));
		if (rooms[i] == NULL)
			return error_set(r->err, ERR_NOMEM, "out of memory");
	}
	r->spec->types = rooms[0];
	r->spec->attach_types = rooms[1];
	r->spec->sections = rooms[2];
	r->spec->helpers = rooms[3];
	r->spec->functions = rooms[4];
	return 0;
}

/* Types first, since the others name them. */
static int read_all(struct spec_reader *r)
{
	static const struct {
		const char *key, *kind;
		int (*read_row)(struct spec_reader *r, u32 node);
	} parts[] = {
		{ "prog_types", "program type", read_type },
		{ "attach_types", "attach type", read_attach },
		{ "sections", "section", read_section },
		{ "map_types", "map type", read_map_type },
		{ "helpers", "helper", spec_read_helper },
		{ "kfuncs", "kernel function", spec_read_kfunc },
		{ "functions", "function", spec_read_function },
	};
	u32 values[ARRAY_COUNT(parts)] = { 0 }, version = 0, end = spec_node(r, 0)->next;
	int status = 0;

	if (spec_node(r, 0)->kind != JSON_OBJECT)
		return spec_refuse(r, 0, "no object");
	for (u32 at = 1; at < end; at = spec_node(r, at + 1)->next) {
		const char *name = spec_node(r, at)->text;
		u32 *value = &version, part = 0;

		while (part < ARRAY_COUNT(parts) && !str_eq(parts[part].key, name))
			part++;
		if (part < ARRAY_COUNT(parts))
			value = &values[part];
		else if (!str_eq(name, "version"))
			return error_set(r->err, ERR_INVAL, "line %u: '%.64s' is not known here",
					 spec_node(r, at)->line, printable(name));
		if (*value != 0)
			return spec_refuse(r, at, "there twice");
		*value = at + 1;
	}
	if (version == 0 || !json_node_u32(spec_node(r, version), &version) || version != 1)
		return spec_refuse(r, 0, "the version is not 1");
	status = make_room(r, values, ARRAY_COUNT(parts));
	for (u32 i = 0; i < ARRAY_COUNT(parts) && status == 0; i++)
		status = read_rows(r, values[i], parts[i].kind, parts[i].read_row);
	return status;
}

int spec_read(const char *text, size_t len, struct spec **ret_spec, struct error *err)
{
	struct spec_reader r = { .err = err };
	int status;

	r.spec = mem_zalloc(sizeof(*r.spec));
	r.arena = mem_zalloc(sizeof(*r.arena));
	if (r.spec == NULL || r.arena == NULL) {
		mem_free(r.spec);
		mem_free(r.arena);
		return error_set(err, ERR_NOMEM, "out of memory");
	}
	arena_init(r.arena, 256u << 20);
	r.spec->refs = 1;
	r.spec->arena = r.arena;
	status = json_read(text, len, r.arena, &r.doc, err);
	if (status == 0)
		status = read_all(&r);
	if (status != 0) {
		spec_put(r.spec);
		return status;
	}
	*ret_spec = r.spec;
	return 0;
}
