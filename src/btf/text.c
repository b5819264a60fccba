/* SPDX-License-Identifier: MIT */
/* A declarator grows from the inside while the chain of types is followed: pointers to its left,
 * arrays to its right. */
#include "btf/text.h"

#include "base/format.h"
#include "base/str.h"
#include "base/strbuf.h"

enum { MAX_STEPS = 16, MAX_TEXT = 200 };

struct declarator {
	char text[MAX_TEXT];
	size_t len;
	bool is_pointer; /* the last step was one */
};

static void insert_front(struct declarator *d, const char *text)
{
	size_t len = strlen(text);

	memmove(d->text + len, d->text, d->len + 1);
	memcpy(d->text, text, len);
	d->len += len;
}

static void add_array(struct declarator *d, u32 count)
{
	if (d->is_pointer) {
		insert_front(d, "(");
		d->text[d->len++] = ')';
	}
	d->len += format(d->text + d->len, MAX_TEXT - d->len, "[%u]", count);
	d->is_pointer = false;
}

static const char *tag_of(const struct btf_type *type)
{
	switch (type->kind) {
	case BTF_STRUCT: return "struct ";
	case BTF_UNION: return "union ";
	case BTF_ENUM:
	case BTF_ENUM64: return "enum ";
	case BTF_FWD: return type->flags != 0 ? "union " : "struct ";
	default: return "";
	}
}

static const char *name_of(const struct btf_type *type)
{
	if (type->kind == BTF_FUNC_PROTO)
		return "function";
	if (type->kind == BTF_VOID)
		return "void";
	if (type->name[0] != '\0')
		return type->name;
	return tag_of(type)[0] != '\0' ? "{}" : "?";
}

void btf_type_text(const struct btf *btf, u32 id, struct strbuf *out)
{
	struct declarator d = { .text = "" };
	bool is_const = false, is_volatile = false;
	const struct btf_type *type = btf_type(btf, id);

	if (id == 0) {
		strbuf_add(out, "?");
		return;
	}
	/* A step adds at most 12 characters and, behind a pointer, 2 more: there is room for all.
	 */
	for (u32 step = 0; step < MAX_STEPS; step++, type = btf_type(btf, type->type)) {
		if (type->kind == BTF_CONST) {
			is_const = true;
		} else if (type->kind == BTF_VOLATILE) {
			is_volatile = true;
		} else if (type->kind == BTF_ARRAY) {
			add_array(&d, type->count);
		} else if (type->kind == BTF_PTR) {
			insert_front(&d, "*");
			d.is_pointer = true;
			is_const = is_volatile = false;
		} else if (type->kind != BTF_RESTRICT && type->kind != BTF_TYPE_TAG) {
			break;
		}
	}
	strbuf_printf(out, "%s%s%s%s%s%s", is_const ? "const " : "", is_volatile ? "volatile " : "",
		      tag_of(type), name_of(type), d.text[0] == '*' || d.text[0] == '(' ? " " : "",
		      d.text);
}
