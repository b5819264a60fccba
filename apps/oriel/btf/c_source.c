/* SPDX-License-Identifier: MIT */
/* BTF as C: an order in which each type follows what it needs. C needs a structure's
 * members for a member or element of its type, but only its name, declared in advance, behind a
 * pointer; it needs a typedef everywhere. So each type is two things to get ready, its declaration
 * and its definition, found depth first with a stack of our own. */
#include "c_source.h"

#include "base/str.h"
#include "os/os.h"

enum { NEED_DECLARED, NEED_COMPLETE };
enum { NODE_NEW, NODE_ENTERED, NODE_READY };

struct order_frame {
	u32 id, need, next;
};

struct order {
	struct btf_c *c;
	u8 *nodes; /* two per type */
	VEC(struct order_frame) stack;
};

static bool has_tag(const struct btf_type *type)
{
	return (type->kind == BTF_STRUCT || type->kind == BTF_UNION || type->kind == BTF_ENUM ||
		type->kind == BTF_ENUM64) &&
	       type->name[0] != '\0';
}

static int name_types(struct btf_c *c)
{
	/* Built in, and another type on each machine. */
	if (strmap_put(&c->ordinary, "__builtin_va_list", 1) != 0)
		return ERR_NOMEM;
	for (u32 id = 1; id < c->btf->type_count; id++) {
		const struct btf_type *type = &c->btf->types[id];
		bool is_typedef = type->kind == BTF_TYPEDEF;
		u64 first;

		if (!is_typedef && !has_tag(type))
			continue;
		c->types[id].name =
			btf_c_unique(c, is_typedef ? &c->ordinary : &c->tags, type->name);
		if (c->types[id].name == NULL)
			return ERR_NOMEM;
		if (!is_typedef && !strmap_get(&c->tag_ids, type->name, &first) &&
		    strmap_put(&c->tag_ids, type->name, id) != 0)
			return ERR_NOMEM;
	}
	return 0;
}

/* A forward declaration is of the structure with that name, if there is one. */
static int name_forwards(struct btf_c *c)
{
	for (u32 id = 1; id < c->btf->type_count; id++) {
		const struct btf_type *type = &c->btf->types[id];
		enum btf_kind kind = type->flags != 0 ? BTF_UNION : BTF_STRUCT;
		u64 found = 0;

		if (type->kind != BTF_FWD)
			continue;
		if (strmap_get(&c->tag_ids, type->name, &found) &&
		    c->btf->types[found].kind == kind)
			c->types[id].name = c->types[found].name;
		else
			c->types[id].name = btf_c_unique(c, &c->tags, type->name);
		if (c->types[id].name == NULL)
			return ERR_NOMEM;
	}
	return 0;
}

static int declare_tags(struct btf_c *c)
{
	int status = 0;

	for (u32 id = 1; status == 0 && id < c->btf->type_count; id++) {
		const struct btf_type *type = &c->btf->types[id];
		bool is_union =
			type->kind == BTF_UNION || (type->kind == BTF_FWD && type->flags != 0);

		if (c->types[id].name == NULL || type->kind == BTF_TYPEDEF)
			continue;
		if (type->kind == BTF_ENUM || type->kind == BTF_ENUM64) {
			status = btf_c_enum(c, id, 0);
			strbuf_add(c->out, ";\n\n");
			continue;
		}
		strbuf_printf(c->out, "%s %s;\n", is_union ? "union" : "struct", c->types[id].name);
	}
	strbuf_add_char(c->out, '\n');
	return status;
}

/* --- order --- */

/* Types that are written in place are the same for both needs. */
static u32 node_need(const struct btf_c *c, u32 id, u32 need)
{
	switch (btf_type(c->btf, id)->kind) {
	case BTF_TYPEDEF:
	case BTF_CONST:
	case BTF_VOLATILE:
	case BTF_RESTRICT:
	case BTF_TYPE_TAG: return need;
	case BTF_STRUCT:
	case BTF_UNION: return c->types[id].name != NULL ? need : (u32)NEED_COMPLETE;
	default: return NEED_COMPLETE;
	}
}

/* The i-th thing that a node needs; false when there are no more. */
static bool needed(const struct btf_c *c, const struct order_frame *frame, struct order_frame *ret)
{
	const struct btf_type *type = btf_type(c->btf, frame->id);
	u32 i = frame->next;

	*ret = (struct order_frame){ .id = type->type, .need = NEED_DECLARED };
	switch (type->kind) {
	case BTF_PTR:
	case BTF_FUNC:
	case BTF_VAR: return i == 0;
	case BTF_TYPEDEF:
		if (frame->need == NEED_COMPLETE && i == 0)
			ret->id = frame->id;
		else
			ret->need = frame->need;
		return i < (frame->need == NEED_COMPLETE ? 2u : 1u);
	case BTF_CONST:
	case BTF_VOLATILE:
	case BTF_RESTRICT:
	case BTF_TYPE_TAG: ret->need = frame->need; return i == 0;
	case BTF_ARRAY: ret->need = NEED_COMPLETE; return i == 0;
	case BTF_STRUCT:
	case BTF_UNION:
		if (frame->need == NEED_DECLARED || i >= type->count)
			return false;
		ret->id = type->members[i].type;
		ret->need = NEED_COMPLETE;
		return true;
	case BTF_FUNC_PROTO:
		if (i > 0 && i <= type->count)
			ret->id = type->members[i - 1].type;
		return i <= type->count;
	default: return false;
	}
}

static u32 align_of(const struct btf_c *c, u32 id)
{
	const struct btf_type *type = btf_type(c->btf, id);

	switch (type->kind) {
	case BTF_INT:
	case BTF_FLOAT:
	case BTF_ENUM:
	case BTF_ENUM64: return type->size;
	case BTF_PTR: return 8;
	case BTF_ARRAY:
	case BTF_TYPEDEF:
	case BTF_CONST:
	case BTF_VOLATILE:
	case BTF_RESTRICT:
	case BTF_TYPE_TAG: return c->types[type->type].align;
	default: return 1;
	}
}

/* All that a node needs is there. */
static int node_ready(struct btf_c *c, u32 id, u32 need)
{
	const struct btf_type *type = btf_type(c->btf, id);
	const char *name = c->types[id].name;
	int status;

	if (type->kind == BTF_TYPEDEF && need == NEED_DECLARED) {
		strbuf_add(c->out, "typedef ");
		status = btf_c_declare(c, type->type, name);
		strbuf_add(c->out, ";\n\n");
		return status;
	}
	if (need != NEED_COMPLETE)
		return 0;
	if (type->kind != BTF_STRUCT && type->kind != BTF_UNION) {
		c->types[id].align = align_of(c, id);
		return 0;
	}
	status = btf_c_layout(c, id);
	if (status == 0 && name != NULL) {
		status = btf_c_define(c, id);
		strbuf_add(c->out, ";\n\n");
	}
	return status;
}

static int enter(struct order *order, u32 id, u32 need)
{
	struct btf_c *c = order->c;
	u8 *node;

	need = node_need(c, id, need);
	node = &order->nodes[(size_t)id * 2 + need];
	if (*node == NODE_READY)
		return 0;
	if (*node == NODE_ENTERED)
		return error_set(c->err, ERR_NOTSUP,
				 "type %u (%s \"%.64s\") needs itself, which has no form in C", id,
				 btf_kind_name(btf_type(c->btf, id)->kind),
				 btf_type(c->btf, id)->name);
	*node = NODE_ENTERED;
	if (vec_push(&order->stack, (struct order_frame){ .id = id, .need = need }) != 0)
		return error_set(c->err, ERR_NOMEM, "out of memory");
	return 0;
}

static int visit(struct order *order, u32 id, u32 need)
{
	struct btf_c *c = order->c;
	int status = enter(order, id, need);

	while (status == 0 && order->stack.count > 0) {
		struct order_frame *top = &order->stack.items[order->stack.count - 1];
		struct order_frame child;

		status = btf_c_check(c);
		if (status == 0 && needed(c, top, &child)) {
			top->next++;
			status = enter(order, child.id, child.need);
		} else if (status == 0) {
			order->nodes[(size_t)top->id * 2 + top->need] = NODE_READY;
			status = node_ready(c, top->id, top->need);
			order->stack.count--;
		}
	}
	return status;
}

static int write_types(struct order *order)
{
	struct btf_c *c = order->c;
	int status = 0;

	for (u32 id = 1; status == 0 && id < c->btf->type_count; id++) {
		if (c->types[id].name != NULL)
			status = visit(order, id, NEED_COMPLETE);
	}
	return status;
}

/* Functions and variables, and the enumerations that nothing named uses. */
static int write_objects(struct order *order)
{
	struct btf_c *c = order->c;
	int status = 0;

	for (u32 id = 1; status == 0 && id < c->btf->type_count; id++) {
		const struct btf_type *type = &c->btf->types[id];
		bool is_enum = type->kind == BTF_ENUM || type->kind == BTF_ENUM64;
		const char *name;

		if (is_enum && !c->types[id].done) {
			status = btf_c_enum(c, id, 0);
			strbuf_add(c->out, ";\n\n");
		}
		if ((type->kind != BTF_FUNC && type->kind != BTF_VAR) || type->name[0] == '\0')
			continue;
		name = btf_c_unique(c, &c->ordinary, type->name);
		status = name != NULL ? visit(order, id, NEED_COMPLETE) : ERR_NOMEM;
		if (status == 0) {
			strbuf_add(c->out, "extern ");
			status = btf_c_declare(c, type->type, name);
			strbuf_add(c->out, ";\n");
		}
	}
	return status;
}

static int write_all(struct btf_c *c)
{
	struct order order = { .c = c };
	int status = ERR_NOMEM;

	c->types = arena_array(&c->arena, MAX(c->btf->type_count, 1u), sizeof(*c->types));
	order.nodes = arena_array(&c->arena, MAX(c->btf->type_count, 1u), 2);
	if (c->types != NULL && order.nodes != NULL)
		status = name_types(c);
	if (status == 0)
		status = name_forwards(c);
	if (status == 0)
		status = declare_tags(c);
	if (status == 0)
		status = write_types(&order);
	if (status == 0)
		status = write_objects(&order);
	vec_free(&order.stack);
	return status;
}

int btf_dump_c(const struct btf *btf, struct strbuf *out, struct error *err)
{
	struct btf_c c = { .btf = btf, .out = out, .err = err };
	u64 seed;
	int status;

	os_random(&seed, sizeof(seed));
	arena_init(&c.arena, 0);
	strmap_init(&c.tags, seed);
	strmap_init(&c.tag_ids, seed);
	strmap_init(&c.ordinary, seed);
	strbuf_add(out, "/* Types from BTF, for clang -target bpf. */\n#pragma once\n\n");
	status = write_all(&c);
	if (status == 0)
		status = strbuf_status(out);
	strmap_fini(&c.tags);
	strmap_fini(&c.tag_ids);
	strmap_fini(&c.ordinary);
	vec_free(&c.ops);
	vec_free(&c.chain);
	arena_fini(&c.arena);
	return status;
}
