/* SPDX-License-Identifier: MIT */
/* The arguments of a function as variables of the types that they have in the eBPF source, for
 * debuggers: no code uses them. Types and names come from the object's BTF, which is hostile. */
#include "translate/internal.h"

#include "base/str.h"

#define MAX_DEPTH   3
#define MAX_MEMBERS 256 /* of one function's types; more are bytes */

struct record {
	struct strbuf *out;
	const struct btf *btf;
	u32 members; /* so far */
};

/* Integers of C's sizes, and what is like them; NULL: others. */
static const char *scalar_name(const struct btf_type *type)
{
	static const char *const names[2][9] = {
		{ [1] = "uint8_t", [2] = "uint16_t", [4] = "uint32_t", [8] = "uint64_t" },
		{ [1] = "int8_t", [2] = "int16_t", [4] = "int32_t", [8] = "int64_t" },
	};
	bool is_signed =
		type->kind == BTF_INT ? (type->flags & BTF_INT_SIGNED) != 0 : type->flags == 1;

	if (type->kind != BTF_INT && type->kind != BTF_ENUM && type->kind != BTF_ENUM64)
		return NULL;
	return type->size <= 8 ? names[is_signed][type->size] : NULL;
}

static void add_record(struct record *r, const struct btf_type *type, u32 depth);

/* A type and a name, ending before the semicolon. */
static void add_member(struct record *r, const char *name, u32 id, u32 size, u32 depth)
{
	const struct btf_type *type = btf_type(r->btf, btf_skip_modifiers(r->btf, id));
	const struct btf_type *element =
		type->kind == BTF_ARRAY ? btf_type(r->btf, btf_skip_modifiers(r->btf, type->type))
					: NULL;
	bool is_record = type->kind == BTF_STRUCT || type->kind == BTF_UNION;
	bool is_bytes = false;

	if (scalar_name(type) != NULL)
		strbuf_printf(r->out, "%s ", scalar_name(type));
	else if (type->kind == BTF_PTR)
		strbuf_add(r->out, "void *");
	else if (is_record && depth < MAX_DEPTH)
		add_record(r, type, depth + 1);
	else if (element != NULL && scalar_name(element) != NULL && type->count > 0)
		strbuf_printf(r->out, "%s ", scalar_name(element));
	else {
		strbuf_add(r->out, "uint8_t ");
		is_bytes = true;
	}
	/* What has no name is a record in place, or cannot be spoken of anyway. */
	if (name[0] != '\0')
		name_add(r->out, name);
	else if (!is_record || is_bytes)
		strbuf_printf(r->out, "bpf2c_member%u", r->members);
	if (is_bytes)
		strbuf_printf(r->out, "[%u]", size);
	else if (element != NULL)
		strbuf_printf(r->out, "[%u]", type->count);
}

/* Members at the offsets that BTF says; bit-fields, and what overlaps, are left out. */
static void add_record(struct record *r, const struct btf_type *type, u32 depth)
{
	bool is_union = type->kind == BTF_UNION;
	u32 at = 0;

	strbuf_add(r->out, is_union ? "union __attribute__((packed)) { "
				    : "struct __attribute__((packed)) { ");
	for (u32 i = 0; i < type->count && r->members < MAX_MEMBERS; i++) {
		const struct btf_member *member = &type->members[i];
		u64 size = 0;

		if (member->size != 0 || member->off % 8 != 0 ||
		    !btf_size_of(r->btf, member->type, &size) || size == 0 || size > type->size ||
		    member->off / 8 > type->size - size || (!is_union && member->off / 8 < at))
			continue;
		r->members++;
		if (member->off / 8 > at)
			strbuf_printf(r->out, "uint8_t bpf2c_gap%u[%u]; ", r->members,
				      member->off / 8 - at);
		add_member(r, member->name, member->type, (u32)size, depth);
		strbuf_add(r->out, "; ");
		at = is_union ? 0 : member->off / 8 + (u32)size;
	}
	/* Members of what has no name are its parent's, too: numbers keep these apart. */
	if (is_union || at < type->size)
		strbuf_printf(r->out, "uint8_t bpf2c_rest%u[%u]; ", ++r->members,
			      MAX(type->size - at, 1));
	strbuf_add(r->out, "} ");
}

/* --- arguments ---------------------------------------------------------------------------------
 */

/* Nothing that the function's code names may mean a variable of the object's instead. */
static bool is_free(const struct writer *w, const char *name)
{
	for (u32 i = 0; i < w->prog->subprog_count; i++) {
		const char *own = w->names[i];
		size_t len = strlen(own);

		if (strncmp(name, own, len) == 0 &&
		    (name[len] == '\0' || str_eq(name + len, "_callback")))
			return false;
	}
	return true;
}

static bool is_repeated(const struct btf_type *proto, u32 index)
{
	for (u32 i = 0; i < index; i++)
		if (str_eq(proto->members[i].name, proto->members[index].name))
			return true;
	return false;
}

static void add_argument(struct writer *w, const struct btf_member *argument, const char *name,
			 u32 reg, bool is_context)
{
	const struct btf *btf = w->options->btf;
	const struct btf_type *type = btf_type(btf, btf_skip_modifiers(btf, argument->type));
	struct record record = { .out = w->out, .btf = btf };
	const char *scalar = type->kind == BTF_PTR ? NULL : scalar_name(type);

	strbuf_add(w->out, "\t__attribute__((unused)) ");
	if (type->kind == BTF_PTR) {
		type = btf_type(btf, btf_skip_modifiers(btf, type->type));
		if ((type->kind == BTF_STRUCT || type->kind == BTF_UNION) && type->count > 0)
			add_record(&record, type, 0);
		else
			strbuf_printf(w->out, "%s ",
				      scalar_name(type) != NULL ? scalar_name(type) : "void");
		strbuf_printf(w->out, "*%s = (void *)", name);
	} else {
		if (scalar == NULL)
			scalar = "uint64_t";
		strbuf_printf(w->out, "%s %s = (%s)", scalar, name, scalar);
	}
	if (is_context)
		strbuf_add(w->out, "(uintptr_t)context;\n");
	else
		strbuf_printf(w->out, "(uintptr_t)r%u;\n", reg);
}

void write_arguments(struct writer *w, u32 sub)
{
	const struct btf *btf = w->options->btf;
	const struct btf_type *proto;

	if (btf == NULL)
		return;
	proto = btf_type(btf,
			 btf_type(btf, btf_find(btf, BTF_FUNC, w->prog->subprogs[sub].name))->type);
	if (proto->kind != BTF_FUNC_PROTO)
		return;
	for (u32 i = 0; i < proto->count && i < (sub == 0 ? 1u : 5u); i++) {
		const struct btf_member *argument = &proto->members[i];
		struct strbuf name = STRBUF_INIT;

		if (argument->name[0] == '\0' || is_repeated(proto, i))
			continue;
		name_add(&name, argument->name);
		if (strbuf_status(&name) != 0)
			w->out->failed = true;
		else if (is_free(w, strbuf_str(&name)))
			add_argument(w, argument, strbuf_str(&name), i + 1, sub == 0);
		strbuf_fini(&name);
	}
}
