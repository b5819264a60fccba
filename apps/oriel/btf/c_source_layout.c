/* SPDX-License-Identifier: MIT */
/* BTF has no alignments. What C would choose is computed from the members, and where that is not
 * the described layout, the structure is packed, or padded with bit-fields without names (which
 * leave no trace in BTF), or, for a union, aligned. */
#include "c_source.h"

static u64 align_up(u64 value, u64 align)
{
	return (value + align - 1) / align * align;
}

static u32 member_align(const struct btf_c *c, const struct btf_member *member)
{
	return MAX(c->types[member->type].align, 1u);
}

u64 btf_c_place(const struct btf_c *c, u32 id, const struct btf_member *member, u64 pos)
{
	u64 bits = (u64)btf_type(c->btf, member->type)->bytes * 8;

	if (member->size == 0)
		return align_up(pos, c->types[id].packed ? 8 : 8 * member_align(c, member));
	/* A bit-field does not cross the border of its type's units. */
	if (!c->types[id].packed && bits != 0 && pos % bits + member->size > bits)
		return align_up(pos, bits);
	return pos;
}

/* Whether C would have the member there in a structure that is not packed. */
static bool is_natural(const struct btf_c *c, const struct btf_member *member)
{
	u64 bits = (u64)btf_type(c->btf, member->type)->bytes * 8;

	if (member->size == 0)
		return member->off % (8 * member_align(c, member)) == 0;
	return bits != 0 && member->off % bits + member->size <= bits;
}

static int layout_union(struct btf_c *c, u32 id, u32 align)
{
	const struct btf_type *type = &c->btf->types[id];
	struct btf_c_type *info = &c->types[id];
	u64 most = 0;

	for (u32 i = 0; i < type->count; i++) {
		const struct btf_member *member = &type->members[i];
		u64 bytes = btf_type(c->btf, member->type)->bytes;

		if (member->off != 0)
			return error_set(c->err, ERR_NOTSUP,
					 "type %u: member %u of a union at bit %u has no form in C",
					 id, i, member->off);
		most = MAX(most, member->size != 0 ? (member->size + 7) / 8 : bytes);
	}
	info->align = align;
	/* Nothing but a bit-field without a name makes it as large. */
	if (type->count == 0 && type->size <= 8)
		return 0;
	if (align_up(most, align) == type->size)
		return 0;
	for (u32 wide = align * 2; most != 0 && wide <= 0x10000000; wide *= 2) {
		if (align_up(most, wide) == type->size) {
			info->align = info->aligned = wide;
			return 0;
		}
	}
	return error_set(c->err, ERR_NOTSUP, "type %u: a union of %u bytes has no form in C", id,
			 type->size);
}

int btf_c_layout(struct btf_c *c, u32 id)
{
	const struct btf_type *type = &c->btf->types[id];
	struct btf_c_type *info = &c->types[id];
	u32 align = 1;

	for (u32 i = 0; i < type->count; i++) {
		align = MAX(align, member_align(c, &type->members[i]));
		info->packed |= !is_natural(c, &type->members[i]);
	}
	info->packed |= type->size % align != 0;
	if (info->packed)
		align = 1;
	info->align = align;
	return type->kind == BTF_UNION ? layout_union(c, id, align) : 0;
}
