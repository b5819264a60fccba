/* SPDX-License-Identifier: MIT */
/* Rows of the specification as JSON objects; the keys are documented in oriel-spec(1). */
#include "json.h"

#include "spec/text.h"

static void json_dialect(struct json *json, enum dialect dialect)
{
	json_str(json, "dialect", spec_dialect_text(dialect));
}

static void json_guid(struct json *json, const char *key, const struct guid *guid)
{
	struct strbuf text = STRBUF_INIT;

	spec_guid_text(&text, guid);
	json_str(json, key, strbuf_str(&text));
	strbuf_fini(&text);
}

static void json_flags(struct json *json, u32 flags, const char *(*next)(u32 *flags))
{
	const char *name;

	json_array_begin(json, "flags");
	while ((name = next(&flags)) != NULL)
		json_str(json, NULL, name);
	json_array_end(json);
}

static void json_ctx(struct json *json, const struct spec_ctx *ctx)
{
	if (ctx == NULL) {
		json_str(json, "context", NULL);
		return;
	}
	json_object_begin(json, "context");
	json_str(json, "name", ctx->name);
	json_u64(json, "size", ctx->size);
	json_s64(json, "data", ctx->data);
	json_s64(json, "data_end", ctx->data_end);
	json_s64(json, "data_meta", ctx->data_meta);
	json_flags(json, ctx->flags, spec_ctx_flag_next);
	json_array_begin(json, "fields");
	for (u32 i = 0; i < ctx->field_count; i++) {
		const struct spec_field *field = &ctx->fields[i];

		json_object_begin(json, NULL);
		json_str(json, "name", field->name);
		json_u64(json, "offset", field->off);
		json_u64(json, "size", field->size);
		json_str(json, "kind", spec_field_kind_name((enum spec_field_kind)field->kind));
		json_bool(json, "writable", field->writable);
		json_u64(json, "unit", field->unit);
		json_flags(json, field->flags, spec_field_flag_next);
		json_str(json, "gives",
			 field->kind == FIELD_POINTER ? spec_ret_name(field->gives) : NULL);
		json_str(json, "struct", field->type);
		json_object_end(json);
	}
	json_array_end(json);
	json_object_end(json);
}

/* null: any. */
static void json_range(struct json *json, const struct spec_range *range)
{
	if (range->least == INT32_MIN && range->most == INT32_MAX) {
		json_str(json, "result", NULL);
		return;
	}
	json_object_begin(json, "result");
	json_s64(json, "least", range->least);
	json_s64(json, "most", range->most);
	json_object_end(json);
}

void json_spec_prog_type(struct json *json, const struct spec_prog_type *type)
{
	json_object_begin(json, NULL);
	json_str(json, "name", type->name);
	json_dialect(json, type->dialect);
	json_u64(json, "number", type->number);
	json_guid(json, "guid", &type->guid);
	json_flags(json, type->flags, spec_prog_flag_next);
	json_ctx(json, type->ctx);
	json_range(json, &type->result);
	json_array_begin(json, "verdicts");
	for (u32 i = 0; i < type->verdict_count; i++) {
		json_object_begin(json, NULL);
		json_str(json, "name", type->verdicts[i].name);
		json_s64(json, "value", (s32)type->verdicts[i].value);
		json_object_end(json);
	}
	json_array_end(json);
	json_object_end(json);
}

void json_spec_attach_type(struct json *json, const struct spec_attach_type *attach)
{
	json_object_begin(json, NULL);
	json_str(json, "name", attach->name);
	json_dialect(json, attach->dialect);
	json_u64(json, "number", attach->number);
	json_guid(json, "guid", &attach->guid);
	json_ctx(json, attach->ctx);
	if (attach->has_result)
		json_range(json, &attach->result);
	else
		json_str(json, "result", NULL);
	json_object_end(json);
}

void json_spec_section(struct json *json, const struct spec_section *section)
{
	json_object_begin(json, NULL);
	json_str(json, "prefix", section->prefix);
	json_dialect(json, section->dialect);
	json_str(json, "type", section->type->name);
	json_str(json, "attach_type", section->attach != NULL ? section->attach->name : NULL);
	json_object_end(json);
}

static void json_number(struct json *json, const char *key, u32 number)
{
	if (number != 0)
		json_u64(json, key, number);
	else
		json_str(json, key, NULL);
}

void json_spec_map_type(struct json *json, const struct spec_map_type *type)
{
	json_object_begin(json, NULL);
	json_str(json, "name", type->name);
	json_number(json, "windows", type->windows);
	json_number(json, "linux", type->linux_);
	json_flags(json, type->flags, spec_map_flag_next);
	json_object_end(json);
}

/* null: all. */
static void json_programs(struct json *json, const struct spec *spec,
			  const struct spec_helper *helper)
{
	const struct spec_prog_type *type;

	if (helper->type != NULL || helper->progs == 0) {
		json_str(json, "programs", NULL);
		return;
	}
	json_array_begin(json, "programs");
	for (size_t i = 0; (type = spec_nth_type(spec, i)) != NULL; i++)
		if (type->dialect == helper->dialect && spec_helper_allowed(helper, type))
			json_str(json, NULL, type->name);
	json_array_end(json);
}

static void json_maps(struct json *json, const struct spec_helper *helper)
{
	const struct spec_map_type *type;

	json_array_begin(json, "maps");
	for (size_t i = 0; (type = spec_map_type_at(i)) != NULL; i++)
		if ((helper->maps & (1ull << type->kind)) != 0 &&
		    (helper->dialect == DIALECT_WINDOWS ? type->windows : type->linux_) != 0)
			json_str(json, NULL, type->name);
	json_array_end(json);
}

static void json_contract(struct json *json, const struct spec *spec,
			  const struct spec_helper *helper)
{
	json_bool(json, "offered", helper->offered);
	json_str(json, "returns", spec_ret_name(helper->ret));
	json_array_begin(json, "arguments");
	for (size_t i = 0; i < ARRAY_COUNT(helper->args) && helper->args[i] != ARG_NONE; i++)
		json_str(json, NULL, spec_arg_name(helper->args[i]));
	json_array_end(json);
	json_flags(json, helper->flags, spec_helper_flag_next);
	json_programs(json, spec, helper);
	json_str(json, "about", spec_helper_about(helper));
	json_str(json, "why", spec_helper_missing(helper));
}

void json_spec_kfunc(struct json *json, const struct spec_helper *kfunc)
{
	json_object_begin(json, NULL);
	json_str(json, "name", kfunc->name);
	json_dialect(json, kfunc->dialect);
	json_contract(json, NULL, kfunc);
	json_str(json, "prototype", kfunc->prototype);
	json_object_end(json);
}

void json_spec_function(struct json *json, const struct spec_function *function)
{
	json_object_begin(json, NULL);
	json_str(json, "name", function->contract.name);
	json_dialect(json, function->contract.dialect);
	json_guid(json, "module", &function->module);
	json_contract(json, NULL, &function->contract);
	json_str(json, "prototype", function->contract.prototype);
	json_object_end(json);
}

void json_spec_helper(struct json *json, const struct spec *spec, const struct spec_helper *helper)
{
	json_object_begin(json, NULL);
	json_str(json, "name", helper->name);
	json_dialect(json, helper->dialect);
	json_u64(json, "id", helper->id);
	json_str(json, "type", helper->type != NULL ? helper->type->name : NULL);
	json_contract(json, spec, helper);
	json_maps(json, helper);
	json_str(json, "prototype", helper->prototype);
	json_object_end(json);
}
