/* SPDX-License-Identifier: MIT */
/* BTF's header, strings and type records. A first pass over the records checks their extent and
 * counts types and members, a second one fills them in; check.c then looks at what refers to what.
 */
#include "btf/btf.h"

#include "base/arena.h"
#include "base/le.h"
#include "base/str.h"
#include "btf/btf_internal.h"

/* What follows the common part of a record, and what its info word may hold. */
struct btf_layout {
	const char *name;
	u8 fixed;	  /* bytes that follow */
	u8 each;	  /* and bytes per member */
	u16 max_vlen;	  /* largest vlen */
	bool has_flag;	  /* kind_flag means something */
	bool refers;	  /* the third word is a type, else a size */
	bool has_neither; /* it is ignored */
};

enum { BTF_MAX_VLEN = 0xffff };

/* clang-format off */
static const struct btf_layout btf_layouts[BTF_KIND_COUNT] = {
	[BTF_VOID]       = { "VOID",       .has_neither = true },
	[BTF_INT]        = { "INT",        .fixed = 4 },
	[BTF_PTR]        = { "PTR",        .refers = true },
	[BTF_ARRAY]      = { "ARRAY",      .fixed = 12, .has_neither = true },
	[BTF_STRUCT]     = { "STRUCT",     .each = 12, .max_vlen = BTF_MAX_VLEN, .has_flag = true },
	[BTF_UNION]      = { "UNION",      .each = 12, .max_vlen = BTF_MAX_VLEN, .has_flag = true },
	[BTF_ENUM]       = { "ENUM",       .each = 8, .max_vlen = BTF_MAX_VLEN, .has_flag = true },
	[BTF_FWD]        = { "FWD",        .has_flag = true, .has_neither = true },
	[BTF_TYPEDEF]    = { "TYPEDEF",    .refers = true },
	[BTF_VOLATILE]   = { "VOLATILE",   .refers = true },
	[BTF_CONST]      = { "CONST",      .refers = true },
	[BTF_RESTRICT]   = { "RESTRICT",   .refers = true },
	[BTF_FUNC]       = { "FUNC",       .max_vlen = 2, .refers = true }, /* vlen is the linkage */
	[BTF_FUNC_PROTO] = { "FUNC_PROTO", .each = 8, .max_vlen = BTF_MAX_VLEN, .refers = true },
	[BTF_VAR]        = { "VAR",        .fixed = 4, .refers = true },
	[BTF_DATASEC]    = { "DATASEC",    .each = 12, .max_vlen = BTF_MAX_VLEN },
	[BTF_FLOAT]      = { "FLOAT",      .fixed = 0 },
	[BTF_DECL_TAG]   = { "DECL_TAG",   .fixed = 4, .has_flag = true, .refers = true },
	[BTF_TYPE_TAG]   = { "TYPE_TAG",   .has_flag = true, .refers = true },
	[BTF_ENUM64]     = { "ENUM64",     .each = 12, .max_vlen = BTF_MAX_VLEN, .has_flag = true },
};
/* clang-format on */

struct btf_reader {
	struct btf *btf;
	struct btf_part types;
	struct btf_member *members;
	u32 member_count;
	struct error *err;
};

static u32 record_vlen(const u8 *record)
{
	return le16_load(record + 4);
}

static u32 record_kind(const u8 *record)
{
	return record[7] & 0x1f;
}

static bool record_flag(const u8 *record)
{
	return record[7] >> 7 != 0;
}

int btf_type_error(const struct btf *btf, u32 id, struct error *err)
{
	const struct btf_type *type = &btf->types[id];

	return error_prefix(err, "BTF type %u (%s \"%.64s\", offset 0x%x)", id,
			    btf_kind_name(type->kind), type->name, type->record_off);
}

int btf_header_read(const u8 *bytes, size_t len, const char *what, u32 required, u32 known,
		    struct btf_header *ret_header, struct error *err)
{
	struct btf_header header = { 0 };
	u32 known_len = 8 + known * 8, min_len = 8 + required * 8;

	if (len < min_len)
		return error_set(err, ERR_NOEXEC, "%s: header needs %u bytes, there are %llu", what,
				 min_len, (u64)len);
	if (len > UINT32_MAX)
		return error_set(err, ERR_NOEXEC, "%s: 0x%llx bytes are more than 4 GiB", what,
				 (u64)len);
	if (le16_load(bytes) != BTF_MAGIC)
		return error_set(err, ERR_NOEXEC, "%s: magic number 0x%04x is not 0x%x", what,
				 le16_load(bytes), (unsigned)BTF_MAGIC);
	if (bytes[2] != BTF_FILE_VERSION || bytes[3] != 0)
		return error_set(err, ERR_NOEXEC,
				 "%s: version %u, flags 0x%x are not version 1, flags 0", what,
				 bytes[2], bytes[3]);
	header.len = le32_load(bytes + 4);
	if (header.len < min_len || header.len > len ||
	    header.len % (header.len < known_len ? 8 : 4) != 0)
		return error_set(err, ERR_NOEXEC,
				 "%s: header length %u is none of %u, %u, ... %llu", what,
				 header.len, min_len, min_len + 8, (u64)len);
	for (u32 i = known_len; i < header.len; i++) {
		if (bytes[i] != 0)
			return error_set(err, ERR_NOEXEC,
					 "%s: unknown header field at offset 0x%x is not zero",
					 what, i);
	}
	for (u32 i = 0; i < known && 16 + i * 8 <= header.len; i++) {
		u32 off = le32_load(bytes + 8 + i * 8), part_len = le32_load(bytes + 12 + i * 8);
		u32 room = (u32)len - header.len;

		if (off > room || part_len > room - off)
			return error_set(err, ERR_NOEXEC,
					 "%s: part %u (offset 0x%x after the header, 0x%x bytes) "
					 "lies outside the section (0x%llx bytes)",
					 what, i, off, part_len, (u64)len);
		header.parts[i] =
			(struct btf_part){ bytes + header.len + off, header.len + off, part_len };
	}
	*ret_header = header;
	return 0;
}

static int btf_record_error(const struct btf_reader *reader, u32 id, u32 off)
{
	return error_prefix(reader->err, "BTF type %u (offset 0x%x)", id, reader->types.off + off);
}

/* The extent of the record at off, and that its info word is one that the format knows. */
static int btf_record_size(const struct btf_reader *reader, u32 off, u32 *ret_size)
{
	const u8 *record = reader->types.data + off;
	const struct btf_layout *layout;
	u32 room = reader->types.len - off, kind, vlen, size;

	if (room < BTF_TYPE_SIZE)
		return error_set(reader->err, ERR_NOEXEC, "%u bytes are left for %u of its record",
				 room, (unsigned)BTF_TYPE_SIZE);
	kind = record_kind(record);
	if (kind == BTF_VOID || kind >= BTF_KIND_COUNT)
		return error_set(reader->err, ERR_NOEXEC, "unknown kind %u", kind);
	layout = &btf_layouts[kind];
	vlen = record_vlen(record);
	if ((le32_load(record + 4) & 0x60ff0000) != 0)
		return error_set(reader->err, ERR_NOEXEC, "%s: reserved bits set in info 0x%x",
				 layout->name, le32_load(record + 4));
	if (record_flag(record) && !layout->has_flag)
		return error_set(reader->err, ERR_NOEXEC, "%s with kind_flag", layout->name);
	if (vlen > layout->max_vlen)
		return error_set(reader->err, ERR_NOEXEC, "%s with vlen %u", layout->name, vlen);
	size = BTF_TYPE_SIZE + layout->fixed + layout->each * vlen;
	if (size > room)
		return error_set(reader->err, ERR_NOEXEC,
				 "%s with vlen %u needs 0x%x bytes, 0x%x are left", layout->name,
				 vlen, size, room);
	*ret_size = size;
	return 0;
}

static int btf_count(struct btf_reader *reader)
{
	u32 id = 1;

	for (u32 off = 0; off < reader->types.len; id++) {
		const u8 *record = reader->types.data + off;
		u32 size;

		if (btf_record_size(reader, off, &size) != 0)
			return btf_record_error(reader, id, off);
		if (btf_layouts[record_kind(record)].each != 0)
			reader->member_count += record_vlen(record);
		off += size;
	}
	reader->btf->type_count = id;
	return 0;
}

/* NULL, with an error set, when the offset is none. */
static const char *btf_name(const struct btf_reader *reader, u32 name)
{
	if (name < reader->btf->string_len)
		return reader->btf->strings + name;
	(void)error_set(reader->err, ERR_NOEXEC,
			"name offset 0x%x lies outside the strings (0x%x bytes)", name,
			reader->btf->string_len);
	return NULL;
}

static void btf_fill_member(const u8 *record, const u8 *data, struct btf_member *member)
{
	bool flag = record_flag(record);
	u32 second = le32_load(data + 4);

	switch (record_kind(record)) {
	case BTF_STRUCT:
	case BTF_UNION:
		member->type = second;
		member->off = le32_load(data + 8);
		if (flag) {
			member->size = member->off >> 24;
			member->off &= 0xffffff;
		}
		break;
	case BTF_ENUM: member->value = flag ? (s64)(s32)second : (s64)second; break;
	case BTF_ENUM64: member->value = (s64)((u64)le32_load(data + 8) << 32 | second); break;
	case BTF_FUNC_PROTO: member->type = second; break;
	default: break;
	}
}

static int btf_fill_members(struct btf_reader *reader, const u8 *record, struct btf_member *members)
{
	u32 kind = record_kind(record), vlen = record_vlen(record);

	for (u32 i = 0; i < vlen; i++) {
		const u8 *data = record + BTF_TYPE_SIZE + i * btf_layouts[kind].each;
		struct btf_member *member = &members[i];

		if (kind == BTF_DATASEC) {
			member->type = le32_load(data);
			member->off = le32_load(data + 4);
			member->size = le32_load(data + 8);
			member->name = ""; /* its variable's, once that is known to be one */
			continue;
		}
		member->name = btf_name(reader, le32_load(data));
		if (member->name == NULL)
			return error_prefix(reader->err, "member %u", i);
		btf_fill_member(record, data, member);
	}
	return 0;
}

/* The fields behind the common part that are no members. */
static void btf_fill_fixed(const u8 *record, struct btf_type *type)
{
	const u8 *data = record + BTF_TYPE_SIZE;

	switch (type->kind) {
	case BTF_INT:
		type->int_bits = data[0];
		type->int_off = data[2];
		type->flags = data[3];
		break;
	case BTF_ARRAY:
		type->type = le32_load(data);
		type->index_type = le32_load(data + 4);
		type->count = le32_load(data + 8);
		break;
	case BTF_VAR: type->flags = le32_load(data); break;
	case BTF_DECL_TAG: type->component = (s32)le32_load(data); break;
	case BTF_FUNC: type->flags = record_vlen(record); break;
	default: type->flags = record_flag(record); break;
	}
}

static int btf_fill_type(struct btf_reader *reader, u32 id, const u8 *record,
			 struct btf_member *members)
{
	struct btf_type *type = &reader->btf->types[id];
	const struct btf_layout *layout;

	type->kind = (enum btf_kind)record_kind(record);
	layout = &btf_layouts[type->kind];
	type->name = btf_name(reader, le32_load(record));
	if (type->name == NULL)
		return ERR_NOEXEC;
	if (layout->refers)
		type->type = le32_load(record + 8);
	else if (!layout->has_neither)
		type->size = le32_load(record + 8);
	btf_fill_fixed(record, type);
	if (layout->each == 0)
		return 0;
	type->count = record_vlen(record);
	type->members = members;
	return btf_fill_members(reader, record, members);
}

static int btf_fill(struct btf_reader *reader)
{
	struct btf *btf = reader->btf;
	u32 off = 0, used = 0;

	btf->types[0].name = "void";
	for (u32 id = 1; id < btf->type_count; id++) {
		const u8 *record = reader->types.data + off;
		u32 size = 0;

		btf->types[id].record_off = reader->types.off + off;
		if (btf_record_size(reader, off, &size) != 0 ||
		    btf_fill_type(reader, id, record, reader->members + used) != 0)
			return btf_record_error(reader, id, off);
		if (btf_layouts[record_kind(record)].each != 0)
			used += record_vlen(record);
		off += size;
	}
	return 0;
}

static int btf_read_parts(const u8 *bytes, size_t len, struct btf_reader *reader)
{
	struct btf_header header;
	const struct btf_part *strings = &header.parts[1];
	int status = btf_header_read(bytes, len, ".BTF", 2, 2, &header, reader->err);

	if (status != 0)
		return status;
	reader->types = header.parts[0];
	if ((reader->types.off - header.len) % 4 != 0)
		return error_set(reader->err, ERR_NOEXEC,
				 ".BTF: types at offset 0x%x are not aligned to 4 bytes",
				 reader->types.off);
	if (reader->types.off < strings->off + strings->len &&
	    strings->off < reader->types.off + reader->types.len)
		return error_set(reader->err, ERR_NOEXEC,
				 ".BTF: types (offset 0x%x, 0x%x bytes) and strings (offset 0x%x, "
				 "0x%x bytes) overlap",
				 reader->types.off, reader->types.len, strings->off, strings->len);
	if (strings->len == 0 || strings->data[0] != 0 || strings->data[strings->len - 1] != 0)
		return error_set(reader->err, ERR_NOEXEC,
				 ".BTF: strings (offset 0x%x, 0x%x bytes) do not begin and end "
				 "with a zero byte",
				 strings->off, strings->len);
	reader->btf->strings = (const char *)strings->data;
	reader->btf->string_len = strings->len;
	return 0;
}

int btf_open(const u8 *bytes, size_t len, struct arena *arena, struct btf *ret_btf,
	     struct error *err)
{
	struct btf btf = { 0 };
	struct error local; /* messages are put together even if nobody wants them */
	struct btf_reader reader = { .btf = &btf, .err = err != NULL ? err : &local };
	int status = btf_read_parts(bytes, len, &reader);

	if (status == 0)
		status = btf_count(&reader);
	if (status != 0)
		return status;
	btf.types = arena_array(arena, btf.type_count, sizeof(*btf.types));
	reader.members = arena_array(arena, reader.member_count, sizeof(*reader.members));
	if (btf.types == NULL || reader.members == NULL)
		return error_set(err, ERR_NOMEM, "no memory for %u BTF types", btf.type_count);
	status = btf_fill(&reader);
	if (status == 0)
		status = btf_check(&btf, reader.members, reader.err);
	if (status == 0)
		*ret_btf = btf;
	return status;
}

const struct btf_type *btf_type(const struct btf *btf, u32 id)
{
	static const struct btf_type none = { .name = "", .kind = BTF_VOID };

	if (btf->type_count == 0) /* an object without BTF */
		return &none;
	return &btf->types[id < btf->type_count ? id : 0];
}

u32 btf_skip_modifiers(const struct btf *btf, u32 id)
{
	return btf_type(btf, id)->bare;
}

bool btf_size_of(const struct btf *btf, u32 id, u64 *ret_size)
{
	const struct btf_type *type = btf_type(btf, id);

	if (type->has_bytes)
		*ret_size = type->bytes;
	return type->has_bytes;
}

u32 btf_find(const struct btf *btf, enum btf_kind kind, const char *name)
{
	for (u32 id = 1; id < btf->type_count; id++) {
		if (btf->types[id].kind == kind && str_eq(btf->types[id].name, name))
			return id;
	}
	return 0;
}

const char *btf_kind_name(enum btf_kind kind)
{
	return (unsigned)kind < BTF_KIND_COUNT ? btf_layouts[kind].name : "?";
}
