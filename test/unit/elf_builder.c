/* SPDX-License-Identifier: MIT */
#include "elf_builder.h"

#include <stdio.h>
#include <string.h>

#include "base/le.h"
#include "elf/elf.h"

/* --- bytes ---------------------------------------------------------------------------------- */

void bytes_add(struct byte_buf *buf, const void *data, size_t len)
{
	if (buf->failed || vec_reserve(&buf->vec, len) != 0) {
		buf->failed = true;
		return;
	}
	if (len != 0)
		memcpy(buf->vec.items + buf->vec.count, data, len);
	buf->vec.count += len;
}

void bytes_u32(struct byte_buf *buf, u32 value)
{
	u8 data[4];

	le32_store(data, value);
	bytes_add(buf, data, sizeof(data));
}

void bytes_u64(struct byte_buf *buf, u64 value)
{
	bytes_u32(buf, (u32)value);
	bytes_u32(buf, (u32)(value >> 32));
}

static void bytes_u16(struct byte_buf *buf, u16 value)
{
	u8 data[2];

	le16_store(data, value);
	bytes_add(buf, data, sizeof(data));
}

static void bytes_zero(struct byte_buf *buf, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes_add(buf, "", 1);
}

static void bytes_fini(struct byte_buf *buf)
{
	vec_free(&buf->vec);
	buf->failed = false;
}

/* --- ELF ------------------------------------------------------------------------------------- */

static u32 elf_builder_string(struct elf_builder *builder, const char *string)
{
	u32 off = (u32)builder->strings.vec.count;

	if (*string == '\0')
		return 0;
	bytes_add(&builder->strings, string, strlen(string) + 1);
	return off;
}

static void elf_builder_symbol_raw(struct elf_builder *builder, u32 name, u8 info, u32 section,
				   u64 value, u64 size)
{
	bytes_u32(&builder->symbols, name);
	bytes_add(&builder->symbols, (u8[]){ info, 0 }, 2);
	bytes_u16(&builder->symbols, (u16)section);
	bytes_u64(&builder->symbols, value);
	bytes_u64(&builder->symbols, size);
}

void elf_builder_init(struct elf_builder *builder)
{
	*builder = (struct elf_builder){ 0 };
	bytes_zero(&builder->strings, 1);
	elf_builder_symbol_raw(builder, 0, 0, 0, 0, 0);
	if (vec_push(&builder->sections, (struct elf_builder_section){ .name = "" }) != 0)
		builder->failed = true;
}

void elf_builder_fini(struct elf_builder *builder)
{
	for (size_t i = 0; i < builder->sections.count; i++)
		bytes_fini(&builder->sections.items[i].relocs);
	vec_free(&builder->sections);
	bytes_fini(&builder->strings);
	bytes_fini(&builder->symbols);
	bytes_fini(&builder->image);
	*builder = (struct elf_builder){ 0 };
}

u32 elf_builder_section(struct elf_builder *builder, const char *name, u32 type, u64 flags,
			const void *data, size_t size)
{
	struct elf_builder_section section = {
		.name = name, .type = type, .flags = flags, .data = data, .size = size
	};

	if (builder->failed || vec_push(&builder->sections, section) != 0) {
		builder->failed = true;
		return 0;
	}
	return (u32)builder->sections.count - 1;
}

u32 elf_builder_symbol(struct elf_builder *builder, const char *name, u32 section, u64 value,
		       u64 size, u8 type, u8 bind)
{
	elf_builder_symbol_raw(builder, elf_builder_string(builder, name), (u8)(bind << 4 | type),
			       section, value, size);
	return (u32)(builder->symbols.vec.count / 24) - 1;
}

void elf_builder_reloc(struct elf_builder *builder, u32 section, u64 offset, u32 symbol, u32 type)
{
	struct byte_buf *relocs;

	if (section >= builder->sections.count)
		return; /* out of memory before */
	relocs = &builder->sections.items[section].relocs;
	bytes_u64(relocs, offset);
	bytes_u32(relocs, type);
	bytes_u32(relocs, symbol);
	builder->failed = builder->failed || relocs->failed;
}

static void elf_builder_add_tables(struct elf_builder *builder)
{
	size_t count = builder->sections.count;

	builder->strtab = elf_builder_section(builder, ".strtab", ELF_SHT_STRTAB, 0, NULL, 0);
	builder->symtab =
		elf_builder_section(builder, ".symtab", ELF_SHT_SYMTAB, 0,
				    builder->symbols.vec.items, builder->symbols.vec.count);
	if (builder->failed)
		return;
	builder->sections.items[builder->symtab].link = builder->strtab;
	builder->sections.items[builder->symtab].info = 1;
	builder->sections.items[builder->symtab].entsize = 24;
	for (size_t i = 0; i < count; i++) {
		struct byte_buf relocs = builder->sections.items[i].relocs;
		u32 idx;

		if (relocs.vec.count == 0)
			continue;
		idx = elf_builder_section(builder, ".rel", ELF_SHT_REL, 0, relocs.vec.items,
					  relocs.vec.count);
		if (builder->failed)
			return;
		builder->sections.items[idx].link = builder->symtab;
		builder->sections.items[idx].info = (u32)i;
		builder->sections.items[idx].entsize = 16;
	}
}

static void elf_builder_header(struct elf_builder *builder)
{
	struct byte_buf *image = &builder->image;

	bytes_add(image, "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0", 16);
	bytes_u16(image, 1);
	bytes_u16(image, 247);
	bytes_u32(image, 1);
	bytes_zero(image, 16);
	bytes_u64(image, 0); /* the section table's offset, once it is known */
	bytes_u32(image, 0);
	bytes_u16(image, 64);
	bytes_zero(image, 4);
	bytes_u16(image, 64);
	bytes_u16(image, (u16)builder->sections.count);
	bytes_u16(image, (u16)builder->strtab);
}

static void elf_builder_section_header(struct elf_builder *builder,
				       const struct elf_builder_section *section, u32 name)
{
	struct byte_buf *image = &builder->image;

	bytes_u32(image, name);
	bytes_u32(image, section->type);
	bytes_u64(image, section->flags);
	bytes_u64(image, 0);
	bytes_u64(image, section->offset);
	bytes_u64(image, section->size);
	bytes_u32(image, section->link);
	bytes_u32(image, section->info);
	bytes_u64(image, section->type == ELF_SHT_NULL ? 0 : 8);
	bytes_u64(image, section->entsize);
}

bool elf_builder_finish(struct elf_builder *builder, u8 **ret_image, size_t *ret_len)
{
	struct byte_buf *image = &builder->image;
	u32 first_name;

	elf_builder_add_tables(builder);
	if (builder->failed)
		return false;
	/* Section names come last in the string table, in order. */
	first_name = (u32)builder->strings.vec.count;
	for (size_t i = 1; i < builder->sections.count; i++)
		bytes_add(&builder->strings, builder->sections.items[i].name,
			  strlen(builder->sections.items[i].name) + 1);
	if (builder->strings.failed || builder->symbols.failed)
		return false;
	builder->sections.items[builder->strtab].data = builder->strings.vec.items;
	builder->sections.items[builder->strtab].size = builder->strings.vec.count;
	elf_builder_header(builder);
	for (size_t i = 1; i < builder->sections.count; i++) {
		struct elf_builder_section *section = &builder->sections.items[i];

		section->offset = image->vec.count;
		if (section->type != ELF_SHT_NOBITS)
			bytes_add(image, section->data, (size_t)section->size);
	}
	builder->symbols_off = builder->sections.items[builder->symtab].offset;
	builder->table = image->vec.count;
	for (size_t i = 0; i < builder->sections.count; i++) {
		const struct elf_builder_section *section = &builder->sections.items[i];

		elf_builder_section_header(builder, section, i == 0 ? 0 : first_name);
		first_name += i == 0 ? 0 : (u32)strlen(section->name) + 1;
	}
	if (image->failed)
		return false;
	le64_store(image->vec.items + 40, builder->table);
	*ret_image = image->vec.items;
	*ret_len = image->vec.count;
	return true;
}

/* --- BTF and BTF.ext ------------------------------------------------------------------------- */

void btf_builder_init(struct btf_builder *builder)
{
	*builder = (struct btf_builder){ 0 };
	bytes_zero(&builder->strings, 1);
}

void btf_builder_fini(struct btf_builder *builder)
{
	bytes_fini(&builder->types);
	bytes_fini(&builder->strings);
	bytes_fini(&builder->image);
	bytes_fini(&builder->ext_image);
	for (size_t i = 0; i < 3; i++)
		bytes_fini(&builder->tables[i]);
	*builder = (struct btf_builder){ 0 };
}

u32 btf_builder_string(struct btf_builder *builder, const char *string)
{
	size_t len = strlen(string) + 1, off = 0;

	while (off + len <= builder->strings.vec.count) {
		const u8 *have = builder->strings.vec.items + off;

		if (memcmp(have, string, len) == 0)
			return (u32)off;
		off += strlen((const char *)have) + 1;
	}
	off = builder->strings.vec.count;
	bytes_add(&builder->strings, string, len);
	return (u32)off;
}

u32 btf_builder_type(struct btf_builder *builder, const char *name, u32 kind, u32 vlen,
		     bool kind_flag, u32 size_or_type)
{
	bytes_u32(&builder->types, btf_builder_string(builder, name));
	bytes_u32(&builder->types, (kind_flag ? 1u << 31 : 0) | kind << 24 | vlen);
	bytes_u32(&builder->types, size_or_type);
	return ++builder->count;
}

void btf_builder_word(struct btf_builder *builder, u32 value)
{
	bytes_u32(&builder->types, value);
}

void btf_builder_member(struct btf_builder *builder, const char *name, u32 type, u32 value)
{
	bytes_u32(&builder->types, btf_builder_string(builder, name));
	bytes_u32(&builder->types, type);
	bytes_u32(&builder->types, value);
}

u32 btf_builder_int(struct btf_builder *builder, const char *name, u32 size)
{
	u32 id = btf_builder_type(builder, name, 1, 0, false, size);

	btf_builder_word(builder, 1u << 24 | size * 8);
	return id;
}

u32 btf_builder_array(struct btf_builder *builder, u32 element, u32 index, u32 count)
{
	u32 id = btf_builder_type(builder, "", 3, 0, false, 0);

	btf_builder_word(builder, element);
	btf_builder_word(builder, index);
	btf_builder_word(builder, count);
	return id;
}

void btf_builder_ext_table(struct btf_builder *builder, u32 table, u32 record_size)
{
	bytes_u32(&builder->tables[table], record_size);
}

void btf_builder_ext_block(struct btf_builder *builder, u32 table, const char *section)
{
	builder->block[table] = builder->tables[table].vec.count;
	bytes_u32(&builder->tables[table], btf_builder_string(builder, section));
	bytes_u32(&builder->tables[table], 0);
}

void btf_builder_ext_record(struct btf_builder *builder, u32 table, const u32 *words, u32 count)
{
	struct byte_buf *buf = &builder->tables[table];
	u8 *block;

	for (u32 i = 0; i < count; i++)
		bytes_u32(buf, words[i]);
	if (buf->failed)
		return;
	block = buf->vec.items + builder->block[table];
	le32_store(block + 4, le32_load(block + 4) + 1);
}

static void btf_builder_header(const struct btf_builder *builder, struct byte_buf *image, u32 known)
{
	bytes_add(image, "\x9f\xeb\1\0", 4);
	bytes_u32(image, known + builder->extra_header);
}

static bool btf_builder_image(struct byte_buf *image, u8 **ret_image, size_t *ret_len)
{
	if (image->failed)
		return false;
	*ret_image = image->vec.items;
	*ret_len = image->vec.count;
	return true;
}

bool btf_builder_finish(struct btf_builder *builder, u8 **ret_image, size_t *ret_len)
{
	struct byte_buf *image = &builder->image;
	const struct byte_buf *types = &builder->types, *strings = &builder->strings;
	const struct byte_buf *first, *second;
	u32 pad;

	/* Strings of the extension are in here too, so it is built first. */
	if (types->failed || strings->failed)
		return false;
	first = builder->strings_first ? strings : types;
	second = builder->strings_first ? types : strings;
	pad = (u32)(-first->vec.count & 3);
	btf_builder_header(builder, image, 24);
	bytes_u32(image, builder->strings_first ? (u32)first->vec.count + pad : 0);
	bytes_u32(image, (u32)types->vec.count);
	bytes_u32(image, builder->strings_first ? 0 : (u32)first->vec.count + pad);
	bytes_u32(image, (u32)strings->vec.count);
	bytes_zero(image, builder->extra_header);
	bytes_add(image, first->vec.items, first->vec.count);
	bytes_zero(image, pad);
	bytes_add(image, second->vec.items, second->vec.count);
	return btf_builder_image(image, ret_image, ret_len);
}

bool btf_builder_finish_ext(struct btf_builder *builder, u8 **ret_image, size_t *ret_len)
{
	struct byte_buf *image = &builder->ext_image;
	u32 off = 0;

	btf_builder_header(builder, image, 32);
	for (size_t i = 0; i < 3; i++) {
		bytes_u32(image, off);
		bytes_u32(image, (u32)builder->tables[i].vec.count);
		off += (u32)builder->tables[i].vec.count;
		image->failed = image->failed || builder->tables[i].failed;
	}
	bytes_zero(image, builder->extra_header);
	for (size_t i = 0; i < 3; i++)
		bytes_add(image, builder->tables[i].vec.items, builder->tables[i].vec.count);
	image->failed = image->failed || builder->strings.failed;
	return btf_builder_image(image, ret_image, ret_len);
}
