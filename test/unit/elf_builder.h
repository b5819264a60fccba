/* SPDX-License-Identifier: MIT */
/* Writes ELF objects and BTF for tests, sound ones; tests then damage the bytes. Running out of
 * memory is remembered and told by the finishing call. */
#pragma once

#include "base/compiler.h"
#include "base/vec.h"

/* --- bytes ---------------------------------------------------------------------------------- */

struct byte_buf {
	VEC(u8) vec;
	bool failed;
};

void bytes_add(struct byte_buf *buf, const void *data, size_t len);
void bytes_u32(struct byte_buf *buf, u32 value);
void bytes_u64(struct byte_buf *buf, u64 value);

/* --- ELF ------------------------------------------------------------------------------------- */

struct elf_builder_section {
	const char *name;
	u32 type;
	u64 flags;
	const void *data; /* not copied */
	u64 size;
	u32 link, info;
	u64 entsize;
	struct byte_buf relocs; /* entries of the REL section that the builder adds */
	u64 offset;
};

struct elf_builder {
	VEC(struct elf_builder_section) sections;
	struct byte_buf strings, symbols, image;
	u32 strtab, symtab; /* section indices, valid after finishing */
	u64 table;	    /* offset of the section table */
	u64 symbols_off;    /* offset of the symbols */
	bool failed;
};

void elf_builder_init(struct elf_builder *builder);
void elf_builder_fini(struct elf_builder *builder); /* accepts a zeroed one */

/* Indices: sections from 1 on, symbols from 1 on. Local symbols before global ones is up to the
 * caller; readers do not care. */
u32 elf_builder_section(struct elf_builder *builder, const char *name, u32 type, u64 flags,
			const void *data, size_t size);
u32 elf_builder_symbol(struct elf_builder *builder, const char *name, u32 section, u64 value,
		       u64 size, u8 type, u8 bind);
void elf_builder_reloc(struct elf_builder *builder, u32 section, u64 offset, u32 symbol, u32 type);

/* Adds string table, symbol table and REL sections behind the caller's and lays out the file. The
 * image belongs to the builder. False: out of memory. */
bool elf_builder_finish(struct elf_builder *builder, u8 **ret_image, size_t *ret_len) MUST_CHECK;

/* --- BTF and BTF.ext ------------------------------------------------------------------------- */

struct btf_builder {
	struct byte_buf types, strings, image, ext_image;
	struct byte_buf tables[3]; /* of .BTF.ext: func, line, core */
	size_t block[3];	   /* offset of the table's last block */
	u32 count;
	bool strings_first; /* lay strings before types */
	u32 extra_header;   /* zero bytes that make the headers longer */
};

void btf_builder_init(struct btf_builder *builder);
void btf_builder_fini(struct btf_builder *builder);

u32 btf_builder_string(struct btf_builder *builder, const char *string);
/* The common part of a record; what follows it is appended with btf_builder_word. Returns the id.
 */
u32 btf_builder_type(struct btf_builder *builder, const char *name, u32 kind, u32 vlen,
		     bool kind_flag, u32 size_or_type);
void btf_builder_word(struct btf_builder *builder, u32 value);
/* Of a STRUCT, UNION: value is the offset; of an ENUM there is no type, pass value first. */
void btf_builder_member(struct btf_builder *builder, const char *name, u32 type, u32 value);
u32 btf_builder_int(struct btf_builder *builder, const char *name, u32 size);
u32 btf_builder_array(struct btf_builder *builder, u32 element, u32 index, u32 count);

/* table: 0 func, 1 line, 2 core. The record size is in bytes and given once, before the first
 * block. */
void btf_builder_ext_table(struct btf_builder *builder, u32 table, u32 record_size);
void btf_builder_ext_block(struct btf_builder *builder, u32 table, const char *section);
void btf_builder_ext_record(struct btf_builder *builder, u32 table, const u32 *words, u32 count);

bool btf_builder_finish(struct btf_builder *builder, u8 **ret_image, size_t *ret_len) MUST_CHECK;
bool btf_builder_finish_ext(struct btf_builder *builder, u8 **ret_image,
			    size_t *ret_len) MUST_CHECK;
