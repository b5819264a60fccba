/* SPDX-License-Identifier: MIT */
/* The tables of both dialects and the look-ups in them. Rows are few and look-ups happen while
 * loading, so all of them are linear. */
#include "spec/spec.h"

#include "base/str.h"
#include "prog/exec.h"
#include "spec/fields.h"
#include "spec/text.h"

#define CTX(id, struct_name, bytes, data_off, end_off, meta_off, bits) \
	static const struct spec_ctx ctx_##id = {                      \
		.name = (struct_name),                                 \
		.size = (bytes),                                       \
		.data = (data_off),                                    \
		.data_end = (end_off),                                 \
		.data_meta = (meta_off),                               \
		.flags = (bits),                                       \
		.fields = ctx_##id##_fields,                           \
		.field_count = ARRAY_COUNT(ctx_##id##_fields),         \
	}
#include "spec/windows/contexts.def"
#include "spec/linux/contexts.def"
#undef CTX

/* clang-format off */
#define GUID(d1, d2, d3, ...) { (d1), (d2), (d3), { __VA_ARGS__ } }
/* clang-format on */
#define LINUX_PROG_GUID(n) \
	GUID(0x7c1e6a40, 0x3b0f, 0x4d2a, 0x9b, 0x11, 0x6f, 0x72, 0x69, 0x65, 0x6c, n)
#define LINUX_ATTACH_GUID(n) \
	GUID(0x7c1e6a41, 0x3b0f, 0x4d2a, 0x9b, 0x11, 0x6f, 0x72, 0x69, 0x65, 0x6c, n)

enum prog_type_idx {
#define PROG_TYPE(NAME, ...) PROG_IDX_##NAME,
#include "spec/prog_types.def"
#undef PROG_TYPE
	PROG_IDX_COUNT
};
/* The rest is for sets with more types. */
_Static_assert(PROG_IDX_COUNT <= 48, "a bit each in a u64");

enum attach_type_idx {
#define ATTACH_TYPE(NAME, ...)	      ATTACH_IDX_##NAME,
#define ATTACH_TYPE_CTX(NAME, ...)    ATTACH_IDX_##NAME,
#define ATTACH_TYPE_RESULT(NAME, ...) ATTACH_IDX_##NAME,
#include "spec/attach_types.def"
#undef ATTACH_TYPE
#undef ATTACH_TYPE_CTX
#undef ATTACH_TYPE_RESULT
};

#include "spec/helper_sets.h"

#define CTX_OF(id)	(&ctx_##id)
#define NO_VERDICTS	.verdicts = NULL
#define VERDICTS_OF(id) .verdicts = verdicts_##id, .verdict_count = ARRAY_COUNT(verdicts_##id)
/* clang-format off */
#define ANY_RESULT	    { INT32_MIN, INT32_MAX }
#define RESULT(least, most) { least, most }
#define PROG_TYPE(NAME, text, dial, num, ctx_ref, verdicts_ref, range, bits, ...) \
	{ .name = #text, .dialect = DIALECT_##dial, .number = (num), .ctx = ctx_ref, verdicts_ref, \
	  .result = range, .flags = (bits), .bit = 1ull << PROG_IDX_##NAME, .guid = __VA_ARGS__ },
/* clang-format on */
static const struct spec_prog_type prog_types[] = {
#include "spec/prog_types.def"
};
#undef PROG_TYPE

/* clang-format off */
#define ATTACH_TYPE(NAME, text, dial, num, ...) \
	{ .name = #text, .dialect = DIALECT_##dial, .number = (num), .guid = __VA_ARGS__ },
#define ATTACH_TYPE_CTX(NAME, text, dial, num, ctx_ref, ...) \
	{ .name = #text, .dialect = DIALECT_##dial, .number = (num), .ctx = ctx_ref, .guid = __VA_ARGS__ },
#define ATTACH_TYPE_RESULT(NAME, text, dial, num, ctx_ref, range, ...) \
	{ .name = #text, .dialect = DIALECT_##dial, .number = (num), .ctx = ctx_ref, \
	  .has_result = true, .result = range, .guid = __VA_ARGS__ },
/* clang-format on */
static const struct spec_attach_type attach_types[] = {
#include "spec/attach_types.def"
};
#undef ATTACH_TYPE
#undef ATTACH_TYPE_CTX
#undef ATTACH_TYPE_RESULT

#define SECTION(dial, text, type) { text, DIALECT_##dial, &prog_types[PROG_IDX_##type], NULL },
#define SECTION_ATTACH(dial, text, type, attach) \
	{ text, DIALECT_##dial, &prog_types[PROG_IDX_##type], &attach_types[ATTACH_IDX_##attach] },
static const struct spec_section sections[] = {
#include "spec/sections.def"
};
#undef SECTION
#undef SECTION_ATTACH

#define MAP_TYPE(NAME, text, win, lnx, impl, bits) { #text, MAP_KIND_##NAME, win, lnx, bits },
static const struct spec_map_type map_types[] = {
#include "spec/map_types.def"
};
#undef MAP_TYPE

/* IMPL_OFFERED(IMPL_##impl): false for NONE, whose name is a macro with a comma, true for all
 * others. */
#define IMPL_NONE	       ~, false
#define IMPL_OFFERED(...)      IMPL_SECOND(__VA_ARGS__, true, ~)
#define IMPL_SECOND(a, b, ...) b
/* clang-format off */
#define HELPER_ROW(text, dial, of, num, has, result, a, b, c, d, e, bits, by, on, c_text) \
	{ .name = #text, .dialect = (dial), .type = (of), .id = (num), .ret = RET_##result, \
	  .args = { ARG_##a, ARG_##b, ARG_##c, ARG_##d, ARG_##e }, .flags = (bits), \
	  .prototype = (c_text), .offered = (has), .progs = (by), .maps = (on) },
#define HELPER(dial, num, text, impl, result, a, b, c, d, e, bits, by, on, c_text) \
	HELPER_ROW(text, DIALECT_##dial, NULL, num, IMPL_OFFERED(IMPL_##impl), result, a, b, c, d, e, bits, by, on, c_text)
/* Types with helpers of their own are the Windows dialect's. */
#define PROG_HELPER(of, num, text, impl, result, a, b, c, d, e, bits, on, c_text) \
	HELPER_ROW(text, DIALECT_WINDOWS, &prog_types[PROG_IDX_##of], num, IMPL_OFFERED(IMPL_##impl), result, \
		   a, b, c, d, e, bits, 0, on, c_text)
/* clang-format on */
static const struct spec_helper helpers[] = {
#include "spec/helpers.def"
};
#undef HELPER
#undef PROG_HELPER

/* Where those of Linux are, as the verifier asks for one at each call: row + 1. */
enum linux_row {
#define HELPER(dial, num, ...)	    ROW_##dial##_##num,
#define PROG_HELPER(type, num, ...) ROW_##type##_##num,
#include "spec/helpers.def"
#undef HELPER
#undef PROG_HELPER
};
/* clang-format off */
#define HELPER(dial, num, ...) HELPER_##dial(num)
#define HELPER_WINDOWS(num)
#define HELPER_LINUX(num) [num] = ROW_LINUX_##num + 1,
#define PROG_HELPER(type, num, ...)
/* clang-format on */
static const u16 linux_rows[] = {
#include "spec/helpers.def"
};
#undef HELPER
#undef PROG_HELPER

/* clang-format off */
#define KFUNC(text, impl, result, a, b, c, d, e, bits, by, c_text) \
	HELPER_ROW(text, DIALECT_LINUX, NULL, 0, IMPL_OFFERED(IMPL_##impl), result, a, b, c, d, e, bits, by, 0, c_text)
/* clang-format on */
static const struct spec_helper kfuncs[] = {
#include "spec/kfuncs.def"
};
#undef KFUNC

/* The i-th of the built-in rows, then of the set's own. */
#define NTH(rows, own, own_count)                                  \
	(i < ARRAY_COUNT(rows) ? &(rows)[i]                        \
	 : spec != NULL && i - ARRAY_COUNT(rows) < spec->own_count \
		 ? spec->own[i - ARRAY_COUNT(rows)]                \
		 : NULL)

const struct spec_prog_type *spec_nth_type(const struct spec *spec, size_t i)
{
	return NTH(prog_types, types, type_count);
}

const struct spec_attach_type *spec_nth_attach(const struct spec *spec, size_t i)
{
	return NTH(attach_types, attach_types, attach_count);
}

const struct spec_section *spec_nth_section(const struct spec *spec, size_t i)
{
	return NTH(sections, sections, section_count);
}

const struct spec_helper *spec_nth_helper(const struct spec *spec, size_t i)
{
	return NTH(helpers, helpers, helper_count);
}

/* None is built in. */
const struct spec_function *spec_nth_function(const struct spec *spec, size_t i)
{
	return spec != NULL && i < spec->function_count ? spec->functions[i] : NULL;
}

const struct spec_helper *spec_kfunc_at(size_t i)
{
	return i < ARRAY_COUNT(kfuncs) ? &kfuncs[i] : NULL;
}

const struct spec_helper *spec_find_kfunc(enum dialect dialect, const char *name)
{
	for (size_t i = 0; dialect == DIALECT_LINUX && i < ARRAY_COUNT(kfuncs); i++)
		if (str_eq(kfuncs[i].name, name))
			return &kfuncs[i];
	return NULL;
}

const struct spec_helper *spec_find_function(const struct spec *spec, enum dialect dialect,
					     const char *name, const char *module)
{
	const struct spec_helper *kfunc = module == NULL ? spec_find_kfunc(dialect, name) : NULL;
	struct guid guid;

	if (kfunc != NULL || spec == NULL || (module != NULL && !spec_module_read(module, &guid)))
		return kfunc;
	for (u32 i = 0; i < spec->function_count; i++) {
		const struct spec_function *function = spec->functions[i];

		if (function->contract.dialect == dialect &&
		    str_eq(function->contract.name, name) &&
		    (module == NULL || memcmp(&guid, &function->module, sizeof(guid)) == 0))
			return &function->contract;
	}
	return NULL;
}

const struct spec_map_type *spec_map_type_at(size_t i)
{
	return i < ARRAY_COUNT(map_types) ? &map_types[i] : NULL;
}

const struct spec_prog_type *spec_find_type(const struct spec *spec, enum dialect dialect,
					    const char *name)
{
	const struct spec_prog_type *type;

	for (size_t i = 0; (type = spec_nth_type(spec, i)) != NULL; i++)
		if ((type->dialect == DIALECT_UNKNOWN || type->dialect == dialect) &&
		    str_eq(type->name, name))
			break;
	return type;
}

const struct spec_prog_type *spec_find_type_number(const struct spec *spec, enum dialect dialect,
						   u32 number)
{
	const struct spec_prog_type *type;

	if (dialect == DIALECT_UNKNOWN)
		return NULL;
	for (size_t i = 0; (type = spec_nth_type(spec, i)) != NULL; i++)
		if (type->dialect == dialect && type->number == number)
			break;
	return type;
}

const struct spec_attach_type *spec_find_attach(const struct spec *spec, enum dialect dialect,
						const char *name)
{
	const struct spec_attach_type *attach;

	for (size_t i = 0; (attach = spec_nth_attach(spec, i)) != NULL; i++)
		if (attach->dialect == dialect && str_eq(attach->name, name))
			break;
	return attach;
}

const struct spec_section *spec_find_section(const struct spec *spec, enum dialect dialect,
					     const char *section)
{
	const struct spec_section *row, *best = NULL;
	size_t best_len = 0;

	if (section[0] == '?') /* "not loaded by default", says nothing of the type */
		section++;
	for (size_t i = 0; (row = spec_nth_section(spec, i)) != NULL; i++) {
		size_t len = strlen(row->prefix);

		if (row->dialect != dialect || len <= best_len || !str_starts(section, row->prefix))
			continue;
		if (section[len] == 0 || section[len] == '/' || row->prefix[len - 1] == '/') {
			best = row;
			best_len = len;
		}
	}
	return best;
}

const struct spec_map_type *spec_map_type_by_number(enum dialect dialect, u32 number)
{
	if (number == 0 || dialect == DIALECT_UNKNOWN)
		return NULL;
	for (size_t i = 0; i < ARRAY_COUNT(map_types); i++) {
		const struct spec_map_type *type = &map_types[i];

		if ((dialect == DIALECT_WINDOWS ? type->windows : type->linux_) == number)
			return type;
	}
	return NULL;
}

const struct spec_map_type *spec_map_type_by_kind(enum map_kind kind)
{
	return (size_t)kind < ARRAY_COUNT(map_types) ? &map_types[kind] : NULL;
}

const struct spec_helper *spec_find_helper(const struct spec *spec, enum dialect dialect,
					   const struct spec_prog_type *type, u32 id)
{
	const struct spec_helper *helper, *general = NULL;
	size_t i = 0;

	if (dialect == DIALECT_UNKNOWN)
		return NULL;
	if (dialect == DIALECT_LINUX) {
		if (id < ARRAY_COUNT(linux_rows) && linux_rows[id] != 0)
			general = &helpers[linux_rows[id] - 1];
		i = ARRAY_COUNT(helpers);
	}
	for (; (helper = spec_nth_helper(spec, i)) != NULL; i++) {
		if (helper->dialect != dialect || helper->id != id)
			continue;
		if (helper->type != NULL && helper->type == type)
			return helper;
		if (helper->type == NULL && general == NULL)
			general = helper;
	}
	return general;
}

/* A program that replaces another one may do what that one may, which only its loader knows. */
bool spec_helper_allowed(const struct spec_helper *helper, const struct spec_prog_type *type)
{
	if (helper->type != NULL)
		return helper->type == type;
	if (helper->progs == 0)
		return true;
	return type != NULL && (type->bit & (helper->progs | PROG_BIT(EXT))) != 0;
}

/* Verdicts are C ints: the upper half of r0 says nothing. */
const char *spec_verdict_name(const struct spec_prog_type *type, u64 value)
{
	if (type == NULL)
		return NULL;
	for (u32 i = 0; i < type->verdict_count; i++)
		if ((u32)type->verdicts[i].value == (u32)value)
			return type->verdicts[i].name;
	return NULL;
}

/* Whether text is name_t. */
static bool is_tag_of(const char *name, const char *text)
{
	size_t len = strlen(name);

	return strncmp(text, name, len) == 0 && str_eq(text + len, "_t");
}

enum dialect spec_find_ctx_dialect(const struct spec *spec, const char *name, u64 size)
{
	const struct spec_prog_type *type;
	enum dialect found = DIALECT_UNKNOWN;

	for (size_t i = 0; (type = spec_nth_type(spec, i)) != NULL; i++) {
		const struct spec_ctx *ctx = type->ctx;

		if (ctx == NULL)
			continue;
		if (size != 0 && size == ctx->size && is_tag_of(name, ctx->name))
			return type->dialect;
		if (str_eq(ctx->name, name))
			found = type->dialect;
	}
	return found;
}

/* --- the built-in rows --- */

const struct spec_prog_type *spec_prog_type_at(size_t i)
{
	return spec_nth_type(NULL, i);
}

const struct spec_attach_type *spec_attach_type_at(size_t i)
{
	return spec_nth_attach(NULL, i);
}

const struct spec_section *spec_section_at(size_t i)
{
	return spec_nth_section(NULL, i);
}

const struct spec_helper *spec_helper_at(size_t i)
{
	return spec_nth_helper(NULL, i);
}

const struct spec_prog_type *spec_prog_type_by_name(enum dialect dialect, const char *name)
{
	return spec_find_type(NULL, dialect, name);
}

const struct spec_prog_type *spec_prog_type_by_number(enum dialect dialect, u32 number)
{
	return spec_find_type_number(NULL, dialect, number);
}

const struct spec_section *spec_section_match(enum dialect dialect, const char *section)
{
	return spec_find_section(NULL, dialect, section);
}

const struct spec_helper *spec_helper_by_id(enum dialect dialect, const struct spec_prog_type *type,
					    u32 id)
{
	return spec_find_helper(NULL, dialect, type, id);
}

enum dialect spec_ctx_dialect(const char *name, u64 size)
{
	return spec_find_ctx_dialect(NULL, name, size);
}
