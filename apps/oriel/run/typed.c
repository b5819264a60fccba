/* SPDX-License-Identifier: MIT */
#include "typed.h"

#include "base/str.h"

#define MAX_PARTS 10000
#define MAX_DEPTH 32

enum { INT_SIGNED = 1, INT_BOOL = 4 }; /* encodings of BTF_INT */

static void show(struct typed *typed, const char *key, u32 id, const u8 *bytes, size_t len,
		 unsigned depth);

/* --- what is written for one part, in text or JSON --- */

static void text_key(struct typed *typed, const char *key)
{
	if (typed->need_comma)
		cli_printf(typed->cli, ", ");
	typed->need_comma = true;
	if (key != NULL)
		cli_printf(typed->cli, "%s: ", key);
}

static void put_number(struct typed *typed, const char *key, u64 value, bool is_signed)
{
	if (typed->json != NULL && is_signed)
		json_s64(typed->json, key, (s64)value);
	else if (typed->json != NULL)
		json_u64(typed->json, key, value);
	else {
		text_key(typed, key);
		if (is_signed)
			cli_printf(typed->cli, "%lld", (s64)value);
		else
			cli_printf(typed->cli, "%llu", value);
	}
}

static void put_pointer(struct typed *typed, const char *key, u64 value)
{
	if (typed->json != NULL) {
		json_u64(typed->json, key, value);
		return;
	}
	text_key(typed, key);
	cli_printf(typed->cli, "0x%llx", value);
}

static void put_bool(struct typed *typed, const char *key, bool value)
{
	if (typed->json != NULL) {
		json_bool(typed->json, key, value);
		return;
	}
	text_key(typed, key);
	cli_printf(typed->cli, value ? "true" : "false");
}

/* A name of the program's own, such as an enumerator's. */
static void put_word(struct typed *typed, const char *key, const char *word)
{
	if (typed->json != NULL) {
		json_str(typed->json, key, word);
		return;
	}
	text_key(typed, key);
	cli_printf(typed->cli, "%s", word);
}

static void put_text(struct typed *typed, const char *key, const char *text, size_t len)
{
	if (typed->json != NULL) {
		json_str_len(typed->json, key, text, len);
		return;
	}
	text_key(typed, key);
	cli_printf(typed->cli, "\"%.*s\"", (int)len, text);
}

static void put_hex(struct typed *typed, const char *key, const u8 *bytes, size_t len)
{
	if (typed->json != NULL) {
		json_hex(typed->json, key, bytes, len);
		return;
	}
	text_key(typed, key);
	for (size_t i = 0; i < len; i++)
		cli_printf(typed->cli, "%s%02x", i > 0 ? " " : "", bytes[i]);
}

static void begin(struct typed *typed, const char *key, bool is_array)
{
	if (typed->json != NULL) {
		if (is_array)
			json_array_begin(typed->json, key);
		else
			json_object_begin(typed->json, key);
		return;
	}
	text_key(typed, key);
	cli_printf(typed->cli, is_array ? "[" : "{");
	typed->need_comma = false;
}

static void end(struct typed *typed, bool is_array)
{
	if (typed->json != NULL) {
		if (is_array)
			json_array_end(typed->json);
		else
			json_object_end(typed->json);
		return;
	}
	cli_printf(typed->cli, is_array ? "]" : "}");
	typed->need_comma = true;
}

/* --- from bytes to parts --- */

static u64 load(const u8 *bytes, size_t len)
{
	u64 value = 0;

	for (size_t i = 0; i < len; i++)
		value |= (u64)bytes[i] << 8 * i;
	return value;
}

static u64 extend(u64 value, u32 bits, bool is_signed)
{
	if (bits < 64 && is_signed && (value >> (bits - 1) & 1) != 0)
		value |= ~0ull << bits;
	return value;
}

static void show_integer(struct typed *typed, const char *key, const struct btf_type *type,
			 u64 value, u32 bits)
{
	bool is_signed = type->kind == BTF_INT ? (type->flags & INT_SIGNED) != 0 : type->flags != 0;

	value = extend(value, bits, is_signed);
	if (type->kind == BTF_INT && (type->flags & INT_BOOL) != 0 && value <= 1) {
		put_bool(typed, key, value != 0);
		return;
	}
	for (u32 i = 0; type->kind != BTF_INT && i < type->count; i++) {
		if (extend((u64)type->members[i].value, bits, is_signed) == value) {
			put_word(typed, key, type->members[i].name);
			return;
		}
	}
	put_number(typed, key, value, is_signed);
}

static bool is_number(const struct btf_type *type)
{
	return (type->kind == BTF_INT || type->kind == BTF_ENUM || type->kind == BTF_ENUM64) &&
	       type->size >= 1 && type->size <= 8;
}

static void show_bit_field(struct typed *typed, const struct btf_member *member, const u8 *bytes)
{
	const struct btf_type *type =
		btf_type(typed->btf, btf_skip_modifiers(typed->btf, member->type));
	u64 value = 0;

	for (u32 i = 0; i < MIN(member->size, 64u); i++) {
		u32 bit = member->off + i;

		value |= (u64)(bytes[bit / 8] >> bit % 8 & 1) << i;
	}
	if (is_number(type) && member->size <= 64)
		show_integer(typed, member->name, type, value, member->size);
	else
		put_number(typed, member->name, value, false);
}

/* Members of members without a name are shown like its own. */
static void show_members(struct typed *typed, const struct btf_type *type, const u8 *bytes,
			 unsigned depth)
{
	for (u32 i = 0; i < type->count && typed->left > 0; i++) {
		const struct btf_member *member = &type->members[i];
		const struct btf_type *inner =
			btf_type(typed->btf, btf_skip_modifiers(typed->btf, member->type));
		bool is_record = inner->kind == BTF_STRUCT || inner->kind == BTF_UNION;

		typed->left--;
		if (member->size != 0)
			show_bit_field(typed, member, bytes);
		else if (member->name[0] == '\0' && is_record && depth < MAX_DEPTH)
			show_members(typed, inner, bytes + member->off / 8, depth + 1);
		else
			show(typed, member->name, member->type, bytes + member->off / 8,
			     inner->bytes, depth + 1);
	}
}

/* The length of printable text that ends inside; SIZE_MAX when it is none. */
static size_t text_len(const u8 *bytes, size_t len)
{
	size_t end = 0;

	while (end < len && bytes[end] != 0) {
		if (bytes[end] < ' ' || bytes[end] > '~' || bytes[end] == '"')
			return SIZE_MAX;
		end++;
	}
	for (size_t i = end; i < len; i++)
		if (bytes[i] != 0)
			return SIZE_MAX;
	return end;
}

static void show_array(struct typed *typed, const char *key, const struct btf_type *type,
		       const u8 *bytes, unsigned depth)
{
	const struct btf_type *element =
		btf_type(typed->btf, btf_skip_modifiers(typed->btf, type->type));
	size_t len = type->bytes;

	if (element->kind == BTF_INT && element->bytes == 1) {
		if (str_eq(element->name, "char") && text_len(bytes, len) != SIZE_MAX)
			put_text(typed, key, (const char *)bytes, text_len(bytes, len));
		else
			put_hex(typed, key, bytes, len);
		return;
	}
	begin(typed, key, true);
	for (u32 i = 0; element->bytes > 0 && i < type->count && typed->left > 0; i++)
		show(typed, NULL, type->type, bytes + (size_t)i * element->bytes, element->bytes,
		     depth + 1);
	end(typed, true);
}

/* Recursion is bounded by MAX_DEPTH. */
static void show(struct typed *typed, const char *key, u32 id, const u8 *bytes, size_t len,
		 unsigned depth)
{
	const struct btf_type *type = btf_type(typed->btf, btf_skip_modifiers(typed->btf, id));

	if (typed->left > 0)
		typed->left--;
	if (!type->has_bytes || type->bytes > len || depth > MAX_DEPTH || typed->left == 0) {
		put_hex(typed, key, bytes, len);
		return;
	}
	switch (type->kind) {
	case BTF_STRUCT:
	case BTF_UNION:
		begin(typed, key, false);
		show_members(typed, type, bytes, depth);
		end(typed, false);
		break;
	case BTF_ARRAY: show_array(typed, key, type, bytes, depth); break;
	case BTF_PTR: put_pointer(typed, key, load(bytes, type->bytes)); break;
	default:
		if (is_number(type))
			show_integer(typed, key, type, load(bytes, type->size), type->size * 8);
		else
			put_hex(typed, key, bytes, type->bytes);
	}
}

void typed_show(struct typed *typed, const char *key, u32 type, const u8 *bytes, size_t len)
{
	typed->need_comma = false;
	typed->left = MAX_PARTS;
	if (type == 0)
		typed_show_bytes(typed, key, bytes, len);
	else
		show(typed, key, type, bytes, len, 0);
}

void typed_show_bytes(struct typed *typed, const char *key, const u8 *bytes, size_t len)
{
	typed->need_comma = false;
	if (len == 1 || len == 2 || len == 4 || len == 8)
		put_number(typed, key, load(bytes, len), false);
	else
		put_hex(typed, key, bytes, len);
}
