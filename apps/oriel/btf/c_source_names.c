/* SPDX-License-Identifier: MIT */
/* Names that C takes, each once, and a limit to what is written. */
#include "c_source.h"

#include "base/str.h"

#define OUTPUT_LIMIT ((size_t)64 * 1024 * 1024)
#define STEP_LIMIT   ((u64)1 << 27)

int btf_c_check(struct btf_c *c)
{
	if (strbuf_status(c->out) != 0)
		return error_set(c->err, ERR_NOMEM, "out of memory");
	if (c->out->len > OUTPUT_LIMIT || c->steps++ > STEP_LIMIT)
		return error_set(c->err, ERR_TOOBIG, "as C this is too much text");
	return 0;
}

static bool is_keyword(const char *name)
{
	static const char *const words[] = {
		"auto",	    "break",	"case",	    "char",	"const",	  "continue",
		"default",  "do",	"double",   "else",	"enum",		  "extern",
		"float",    "for",	"goto",	    "if",	"inline",	  "int",
		"long",	    "register", "restrict", "return",	"short",	  "signed",
		"sizeof",   "static",	"struct",   "switch",	"typedef",	  "union",
		"unsigned", "void",	"volatile", "while",	"_Bool",	  "_Complex",
		"_Alignas", "_Alignof", "_Atomic",  "_Generic", "_Static_assert", "asm",
		"typeof",   "__int128",
	};

	for (size_t i = 0; i < ARRAY_COUNT(words); i++)
		if (str_eq(words[i], name))
			return true;
	return false;
}

static bool is_name_char(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
	       ch == '_';
}

const char *btf_c_identifier(struct btf_c *c, const char *name)
{
	bool good = !(*name >= '0' && *name <= '9') && *name != '\0' && !is_keyword(name);
	size_t len = strlen(name);
	char *copy;

	for (size_t i = 0; good && i < len; i++)
		good = is_name_char(name[i]);
	if (good)
		return name;
	copy = arena_alloc(&c->arena, len + 2);
	if (copy == NULL)
		return NULL;
	copy[0] = '_';
	for (size_t i = 0; i < len; i++)
		copy[i + 1] = is_name_char(name[i]) ? name[i] : '_';
	return copy;
}

const char *btf_c_unique(struct btf_c *c, struct strmap *map, const char *name)
{
	struct strbuf text = STRBUF_INIT;
	u64 count = 0, other;

	name = btf_c_identifier(c, name);
	if (name == NULL)
		return NULL;
	if (strmap_get(map, name, &count)) {
		const char *first = name;

		do {
			strbuf_reset(&text);
			strbuf_printf(&text, "%s___%llu", first, ++count);
		} while (strmap_get(map, strbuf_str(&text), &other) && btf_c_check(c) == 0);
		name = arena_strndup(&c->arena, strbuf_str(&text), text.len);
		strbuf_fini(&text);
		if (name == NULL || strmap_put(map, first, count) != 0)
			return NULL;
	}
	return strmap_put(map, name, 1) == 0 ? name : NULL;
}
