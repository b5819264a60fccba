/* SPDX-License-Identifier: MIT */
/* Declarations as C text. C nests where BTF refers, so this is a loop over a stack of pieces that
 * are still to be written. */
#include "c_source.h"

#include "base/str.h"

enum { QUAL_CONST = 1, QUAL_VOLATILE = 2, QUAL_RESTRICT = 4 };

static void add_quals(struct btf_c *c, u32 quals)
{
	if ((quals & QUAL_CONST) != 0)
		strbuf_add(c->out, "const ");
	if ((quals & QUAL_VOLATILE) != 0)
		strbuf_add(c->out, "volatile ");
	if ((quals & QUAL_RESTRICT) != 0)
		strbuf_add(c->out, "restrict ");
}

static void add_indent(struct btf_c *c, u32 depth)
{
	/* Deeper is for nobody's eyes. */
	for (u32 i = 0; i < MIN(depth, 20u); i++)
		strbuf_add_char(c->out, '\t');
}

static int push(struct btf_c *c, struct btf_c_op op)
{
	return vec_push(&c->ops, op);
}

/* Fills c->chain with the way from id to its base, which it returns. */
static int walk_chain(struct btf_c *c, u32 id, u32 *ret_base, u32 *ret_quals)
{
	u32 quals = 0;

	c->chain.count = 0;
	for (;; c->steps++) {
		const struct btf_type *type = btf_type(c->btf, id);
		struct btf_c_step step = { id, type->kind, quals };

		if (btf_c_check(c) != 0)
			return c->err->status;
		switch (type->kind) {
		case BTF_CONST: quals |= QUAL_CONST; break;
		case BTF_VOLATILE: quals |= QUAL_VOLATILE; break;
		case BTF_RESTRICT: quals |= QUAL_RESTRICT; break;
		case BTF_TYPE_TAG: break;
		case BTF_PTR:
		case BTF_FUNC_PROTO:
			quals = 0;
			if (vec_push(&c->chain, step) != 0)
				return ERR_NOMEM;
			break;
		case BTF_ARRAY: /* its elements have the qualifiers */
			if (vec_push(&c->chain, step) != 0)
				return ERR_NOMEM;
			break;
		default:
			*ret_base = id;
			*ret_quals = quals & ~(u32)QUAL_RESTRICT;
			return 0;
		}
		id = type->type;
	}
}

static bool follows_pointer(const struct btf_c *c, size_t i)
{
	return i > 0 && c->chain.items[i - 1].kind == BTF_PTR;
}

struct int_name {
	const char *name;
	u32 size;
};

/* The name that the file gives, where that is C's name for an integer of this size; else one. */
static int add_int(struct btf_c *c, u32 id)
{
	static const struct int_name names[] = {
		{ "char", 1 },
		{ "signed char", 1 },
		{ "unsigned char", 1 },
		{ "short", 2 },
		{ "short int", 2 },
		{ "unsigned short", 2 },
		{ "short unsigned int", 2 },
		{ "int", 4 },
		{ "unsigned int", 4 },
		{ "long", 8 },
		{ "long int", 8 },
		{ "unsigned long", 8 },
		{ "long unsigned int", 8 },
		{ "long long", 8 },
		{ "long long int", 8 },
		{ "unsigned long long", 8 },
		{ "long long unsigned int", 8 },
		{ "_Bool", 1 },
		{ "__int128", 16 },
		{ "unsigned __int128", 16 },
	};
	const struct btf_type *type = &c->btf->types[id];
	const char *plain = NULL;

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		if (names[i].size == type->size && str_eq(names[i].name, type->name)) {
			strbuf_add(c->out, type->name);
			return 0;
		}
	}
	switch (type->size) {
	case 1: plain = (type->flags & 4) != 0 ? "_Bool" : "char"; break;
	case 2: plain = "short"; break;
	case 4: plain = "int"; break;
	case 8: plain = "long long"; break;
	case 16: plain = "__int128"; break;
	default:
		return error_set(c->err, ERR_NOTSUP,
				 "type %u: an integer of %u bytes has no form in C", id,
				 type->size);
	}
	strbuf_printf(c->out, "%s%s",
		      plain[0] == '_' && type->size == 1 ? ""
		      : (type->flags & 1) != 0		 ? "signed "
							 : "unsigned ",
		      plain);
	return 0;
}

static int add_float(struct btf_c *c, u32 id)
{
	u32 size = c->btf->types[id].size;

	if (size != 4 && size != 8 && size != 16)
		return error_set(c->err, ERR_NOTSUP,
				 "type %u: a floating-point number of %u bytes has no form in C",
				 id, size);
	strbuf_add(c->out, size == 4 ? "float" : size == 8 ? "double" : "long double");
	return 0;
}

static void add_value(struct btf_c *c, const struct btf_type *type, s64 value)
{
	if (type->flags == 0)
		strbuf_printf(c->out, "%llu%s", (u64)value,
			      (u64)value > UINT32_MAX  ? "ULL"
			      : (u64)value > INT32_MAX ? "U"
						       : "");
	else if (value == INT64_MIN)
		strbuf_add(c->out, "(-9223372036854775807LL - 1)");
	else
		strbuf_printf(c->out, "%lld%s", (long long)value,
			      value > INT32_MAX || value < INT32_MIN ? "LL" : "");
}

int btf_c_enum(struct btf_c *c, u32 id, u32 depth)
{
	static const char *const modes[] = { NULL, "QI", "HI", NULL, NULL, NULL, NULL, NULL, "DI" };
	const struct btf_type *type = &c->btf->types[id];
	const char *tag = c->types[id].name;

	c->types[id].done = true;
	strbuf_printf(c->out, "enum %s%s{\n", tag != NULL ? tag : "", tag != NULL ? " " : "");
	for (u32 i = 0; i < MAX(type->count, 1u); i++) {
		const char *name = i < type->count ? type->members[i].name : "no_value";

		name = btf_c_unique(c, &c->ordinary, name);
		if (name == NULL || btf_c_check(c) != 0)
			return name == NULL ? ERR_NOMEM : c->err->status;
		add_indent(c, depth + 1);
		strbuf_printf(c->out, "%s = ", name);
		add_value(c, type, i < type->count ? type->members[i].value : 0);
		strbuf_add(c->out, ",\n");
	}
	add_indent(c, depth);
	strbuf_add_char(c->out, '}');
	if (modes[type->size] != NULL)
		strbuf_printf(c->out, " __attribute__((mode(%s)))", modes[type->size]);
	return 0;
}

static int add_base(struct btf_c *c, u32 id, u32 depth)
{
	static const char *const sized[] = { "", "char", "short", "", "int", "", "", "", "long" };
	const struct btf_type *type = btf_type(c->btf, id);
	const char *name = c->types[id].name;
	bool is_union = type->kind == BTF_UNION || (type->kind == BTF_FWD && type->flags != 0);

	switch (type->kind) {
	case BTF_INT: return add_int(c, id);
	case BTF_FLOAT: return add_float(c, id);
	case BTF_TYPEDEF: strbuf_add(c->out, name); return 0;
	case BTF_ENUM:
	case BTF_ENUM64:
		if (name != NULL)
			strbuf_printf(c->out, "enum %s", name);
		else if (!c->types[id].done)
			return btf_c_enum(c, id, depth);
		else /* its values cannot be declared twice */
			strbuf_printf(c->out, "%s %s", type->flags != 0 ? "signed" : "unsigned",
				      sized[type->size]);
		return 0;
	case BTF_STRUCT:
	case BTF_UNION:
	case BTF_FWD:
		strbuf_add(c->out, is_union ? "union " : "struct ");
		if (name != NULL) {
			strbuf_add(c->out, name);
			return 0;
		}
		strbuf_add(c->out, "{\n");
		return push(c, (struct btf_c_op){ .op = OP_BODY, .id = id, .depth = depth + 1 });
	default: strbuf_add(c->out, "void"); return 0;
	}
}

/* What follows the base type: pointers and the name. */
static int add_declarator(struct btf_c *c, const struct btf_c_op *op)
{
	u32 base, quals;
	int status = walk_chain(c, op->id, &base, &quals);

	if (status != 0)
		return status;
	if (c->chain.count > 0 || op->name[0] != '\0')
		strbuf_add_char(c->out, ' ');
	for (size_t i = c->chain.count; i-- > 0;) {
		if (c->chain.items[i].kind == BTF_PTR) {
			strbuf_add_char(c->out, '*');
			add_quals(c, c->chain.items[i].quals);
		} else if (follows_pointer(c, i)) {
			strbuf_add_char(c->out, '(');
		}
	}
	strbuf_add(c->out, op->name);
	return push(c, (struct btf_c_op){ .op = OP_SUFFIX, .id = op->id, .depth = op->depth });
}

static int add_suffix(struct btf_c *c, const struct btf_c_op *op)
{
	u32 base, quals;
	int status = walk_chain(c, op->id, &base, &quals);

	for (size_t i = 0; status == 0 && i < c->chain.count; i++) {
		const struct btf_c_step *step = &c->chain.items[i];
		const struct btf_type *type = &c->btf->types[step->id];

		if (step->kind == BTF_PTR)
			continue;
		if (follows_pointer(c, i))
			strbuf_add_char(c->out, ')');
		if (step->kind == BTF_ARRAY) {
			strbuf_printf(c->out, "[%u]", type->count);
			continue;
		}
		strbuf_add_char(c->out, '(');
		status = push(c, (struct btf_c_op){
					 .op = OP_SUFFIX, .id = type->type, .depth = op->depth });
		if (status == 0)
			status = push(c, (struct btf_c_op){ .op = OP_PARAMS,
							    .id = step->id,
							    .depth = op->depth });
		break;
	}
	return status;
}

static int push_declaration(struct btf_c *c, u32 id, const char *name, u32 depth)
{
	u32 base, quals;
	int status = walk_chain(c, id, &base, &quals);

	if (status == 0)
		status = push(
			c, (struct btf_c_op){
				   .op = OP_DECLARATOR, .id = id, .name = name, .depth = depth });
	if (status == 0) {
		add_quals(c, quals);
		status = add_base(c, base, depth);
	}
	return status;
}

static int add_param(struct btf_c *c, const struct btf_c_op *op)
{
	const struct btf_type *proto = &c->btf->types[op->id];
	const struct btf_member *param = &proto->members[op->i];
	struct btf_c_op next = *op;
	const char *name;
	u64 taken;
	int status;

	if (op->i == proto->count) {
		strbuf_add(c->out, proto->count == 0 ? "void)" : ")");
		return 0;
	}
	if (op->i > 0)
		strbuf_add(c->out, ", ");
	next.i++;
	status = push(c, next);
	if (status != 0)
		return status;
	if (param->type == 0 && op->i + 1 == proto->count) {
		strbuf_add(c->out, op->i > 0 ? "..." : "");
		return 0;
	}
	name = param->name[0] != '\0' ? btf_c_identifier(c, param->name) : "";
	if (name == NULL)
		return ERR_NOMEM;
	/* A type's name, as a parameter's, would hide the type from the next one. */
	if (strmap_get(&c->ordinary, name, &taken))
		name = "";
	return push_declaration(c, param->type, name, op->depth);
}

static int add_padding(struct btf_c *c, const struct btf_c_op *op, u64 pos, u64 end)
{
	while (pos < end && btf_c_check(c) == 0) {
		u64 bits = pos % 64 == 0 && end - pos >= 64 ? 64 : MIN(8 - pos % 8, end - pos);

		add_indent(c, op->depth);
		strbuf_printf(c->out, "unsigned %s : %llu;\n", bits == 64 ? "long long" : "char",
			      bits);
		pos += bits;
	}
	return pos < end ? c->err->status : 0;
}

static int end_body(struct btf_c *c, const struct btf_c_op *op)
{
	const struct btf_type *type = &c->btf->types[op->id];
	const struct btf_c_type *info = &c->types[op->id];
	u64 end = (u64)type->size * 8, align = 8 * (u64)info->align;
	int status = 0;

	if (type->kind == BTF_STRUCT && (op->pos + align - 1) / align * align != end)
		status = add_padding(c, op, op->pos, end);
	if (type->kind == BTF_UNION && type->count == 0 && end != 0) {
		add_indent(c, op->depth);
		strbuf_printf(c->out, "unsigned long long : %llu;\n", end);
	}
	add_indent(c, op->depth - 1);
	strbuf_add_char(c->out, '}');
	if (info->packed)
		strbuf_add(c->out, " __attribute__((packed))");
	if (info->aligned != 0)
		strbuf_printf(c->out, " __attribute__((aligned(%u)))", info->aligned);
	return status;
}

static int add_member(struct btf_c *c, const struct btf_c_op *op)
{
	const struct btf_type *type = &c->btf->types[op->id];
	const struct btf_member *member = &type->members[op->i];
	const struct btf_type *bare;
	struct btf_c_op next = *op;
	const char *name;
	int status = 0;

	if (op->i == type->count)
		return end_body(c, op);
	if (type->kind == BTF_STRUCT) {
		if (btf_c_place(c, op->id, member, op->pos) != member->off)
			status = op->pos > member->off ? error_set(c->err, ERR_NOTSUP,
								   "type %u: member %u at bit %u "
								   "overlaps the one before it",
								   op->id, op->i, member->off)
						       : add_padding(c, op, op->pos, member->off);
		next.pos = member->off + (member->size != 0
						  ? member->size
						  : (u64)btf_type(c->btf, member->type)->bytes * 8);
	}
	next.i++;
	bare = btf_type(c->btf, btf_skip_modifiers(c->btf, member->type));
	name = member->name[0] != '\0' ? btf_c_identifier(c, member->name) : "";
	/* Only structures written in place do without a name. */
	if (name != NULL && name[0] == '\0' &&
	    (c->types[member->type].name != NULL ||
	     (bare->kind != BTF_STRUCT && bare->kind != BTF_UNION)))
		name = btf_c_unique(c, &c->ordinary, "unnamed");
	if (status == 0 && name == NULL)
		status = ERR_NOMEM;
	if (status == 0)
		status = push(c, next);
	if (status == 0)
		status = push(c, (struct btf_c_op){ .op = OP_MEMBER_END, .i = member->size });
	add_indent(c, op->depth);
	return status != 0 ? status : push_declaration(c, member->type, name, op->depth);
}

static int run_op(struct btf_c *c, const struct btf_c_op *op)
{
	switch (op->op) {
	case OP_DECLARATOR: return add_declarator(c, op);
	case OP_SUFFIX: return add_suffix(c, op);
	case OP_PARAMS: return add_param(c, op);
	case OP_BODY: return add_member(c, op);
	case OP_MEMBER_END: break;
	}
	if (op->i != 0)
		strbuf_printf(c->out, " : %u", op->i);
	strbuf_add(c->out, ";\n");
	return 0;
}

static int run_ops(struct btf_c *c)
{
	int status = 0;

	while (status == 0 && c->ops.count > 0) {
		struct btf_c_op op = c->ops.items[--c->ops.count];

		status = btf_c_check(c);
		if (status == 0)
			status = run_op(c, &op);
	}
	return status;
}

int btf_c_declare(struct btf_c *c, u32 id, const char *name)
{
	int status = push_declaration(c, id, name, 0);

	return status != 0 ? status : run_ops(c);
}

int btf_c_define(struct btf_c *c, u32 id)
{
	strbuf_printf(c->out, "%s %s {\n", c->btf->types[id].kind == BTF_UNION ? "union" : "struct",
		      c->types[id].name);
	if (push(c, (struct btf_c_op){ .op = OP_BODY, .id = id, .depth = 1 }) != 0)
		return ERR_NOMEM;
	return run_ops(c);
}
