/* SPDX-License-Identifier: MIT */
/* BTF.ext: three tables (functions, lines, CO-RE relocations), each a sequence of blocks, each
 * block the records of one ELF section. Blocks of all tables are collected and sorted by section,
 * so that a section's records of a kind come to lie side by side however many blocks they were in.
 */
#include "btf/btf.h"

#include "base/arena.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/sort.h"
#include "base/str.h"
#include "base/vec.h"
#include "btf/btf_internal.h"

enum { EXT_FUNC, EXT_LINE, EXT_RELO, EXT_TABLE_COUNT };

enum {
	/* Keeps the comparisons of hostile names cheap. */
	EXT_NAME_MAX = 1023,
	EXT_BLOCK_HEADER = 8,
};

static const struct {
	const char *name;
	u32 record_size; /* what is known of a record */
	size_t item_size;
} ext_tables[EXT_TABLE_COUNT] = {
	[EXT_FUNC] = { "func_info", 8, sizeof(struct btf_func_info) },
	[EXT_LINE] = { "line_info", 16, sizeof(struct btf_line_info) },
	[EXT_RELO] = { "core_relo", 16, sizeof(struct btf_core_relo) },
};

struct ext_block {
	const char *name; /* of the section */
	u32 table;
	u32 off; /* of its first record in .BTF.ext */
	u32 count;
	u32 record_size;
};

struct ext_reader {
	const u8 *bytes;
	const struct btf *btf;
	struct error *err;
	VEC(struct ext_block) blocks;
	u64 totals[EXT_TABLE_COUNT]; /* records */
	u8 *items[EXT_TABLE_COUNT];
	u32 used[EXT_TABLE_COUNT];
};

static const char *ext_string(const struct ext_reader *reader, u32 off)
{
	return off < reader->btf->string_len ? reader->btf->strings + off : NULL;
}

static int ext_block_name(struct ext_reader *reader, u32 off, const char **ret_name)
{
	const char *name = ext_string(reader, off);
	size_t len = 0;

	if (name == NULL)
		return error_set(reader->err, ERR_NOEXEC,
				 "name offset 0x%x lies outside the strings (0x%x bytes)", off,
				 reader->btf->string_len);
	while (len <= EXT_NAME_MAX && name[len] != '\0')
		len++;
	if (len > EXT_NAME_MAX)
		return error_set(reader->err, ERR_NOEXEC,
				 "name at string offset 0x%x is longer than %u bytes", off,
				 (unsigned)EXT_NAME_MAX);
	*ret_name = name;
	return 0;
}

/* The block at off; end is the table's. */
static int ext_read_block(struct ext_reader *reader, struct ext_block *block, u32 end)
{
	u32 off = block->off;
	int status;

	if (end - off < EXT_BLOCK_HEADER)
		return error_set(reader->err, ERR_NOEXEC, "%u bytes are left for %u of its header",
				 end - off, (unsigned)EXT_BLOCK_HEADER);
	status = ext_block_name(reader, le32_load(reader->bytes + off), &block->name);
	if (status != 0)
		return status;
	block->count = le32_load(reader->bytes + off + 4);
	block->off = off + EXT_BLOCK_HEADER;
	if (block->count == 0)
		return error_set(reader->err, ERR_NOEXEC, "it has no records");
	if (block->count > (end - block->off) / block->record_size)
		return error_set(reader->err, ERR_NOEXEC,
				 "%u records of %u bytes do not fit into the 0x%x that are left",
				 block->count, block->record_size, end - block->off);
	return 0;
}

static int ext_read_table(struct ext_reader *reader, u32 table, const struct btf_part *part)
{
	struct ext_block block = { .table = table };
	u32 off = part->off, end = part->off + part->len;

	if (part->len == 0)
		return 0;
	if (part->len < 4)
		return error_set(reader->err, ERR_NOEXEC,
				 ".BTF.ext: %s (offset 0x%x) has %u bytes, no room for the record "
				 "size",
				 ext_tables[table].name, off, part->len);
	block.record_size = le32_load(reader->bytes + off);
	if (block.record_size < ext_tables[table].record_size || block.record_size % 4 != 0)
		return error_set(reader->err, ERR_NOEXEC,
				 ".BTF.ext: %s (offset 0x%x): record size %u is not a multiple of "
				 "4 from %u on",
				 ext_tables[table].name, off, block.record_size,
				 ext_tables[table].record_size);
	for (off += 4; off < end; off = block.off + block.count * block.record_size) {
		block.off = off;
		if (ext_read_block(reader, &block, end) != 0)
			return error_prefix(reader->err, ".BTF.ext: %s block (offset 0x%x)",
					    ext_tables[table].name, off);
		if (vec_push(&reader->blocks, block) != 0)
			return error_set(reader->err, ERR_NOMEM, "no memory for .BTF.ext");
		reader->totals[table] += block.count;
	}
	return 0;
}

static int ext_compare(const void *a, const void *b)
{
	const struct ext_block *first = a, *second = b;
	int order = strcmp(first->name, second->name);

	return order != 0 ? order : (int)first->table - (int)second->table;
}

static int ext_read_func(const struct ext_reader *reader, const u8 *record,
			 struct btf_func_info *func)
{
	func->insn_off = le32_load(record);
	func->type = le32_load(record + 4);
	if (btf_type(reader->btf, func->type)->kind != BTF_FUNC)
		return error_set(reader->err, ERR_NOEXEC, "type %u is no function", func->type);
	return 0;
}

static int ext_read_line(const struct ext_reader *reader, const u8 *record,
			 struct btf_line_info *line)
{
	u32 position = le32_load(record + 12);

	line->insn_off = le32_load(record);
	line->file = ext_string(reader, le32_load(record + 4));
	line->text = ext_string(reader, le32_load(record + 8));
	line->line = position >> 10;
	line->col = position & 0x3ff;
	if (line->file == NULL || line->text == NULL)
		return error_set(reader->err, ERR_NOEXEC,
				 "file name (0x%x) or text (0x%x) lies outside the strings (0x%x "
				 "bytes)",
				 le32_load(record + 4), le32_load(record + 8),
				 reader->btf->string_len);
	return 0;
}

static int ext_read_relo(const struct ext_reader *reader, const u8 *record,
			 struct btf_core_relo *relo)
{
	relo->insn_off = le32_load(record);
	relo->type = le32_load(record + 4);
	relo->access = ext_string(reader, le32_load(record + 8));
	relo->kind = le32_load(record + 12);
	if (relo->type >= reader->btf->type_count)
		return error_set(reader->err, ERR_NOEXEC, "type %u of %u", relo->type,
				 reader->btf->type_count);
	if (relo->access == NULL)
		return error_set(reader->err, ERR_NOEXEC,
				 "access string (0x%x) lies outside the strings (0x%x bytes)",
				 le32_load(record + 8), reader->btf->string_len);
	return 0;
}

/* Reads the record into item. *last is the offset of the one before it in the same section. */
static int ext_read_record(const struct ext_reader *reader, u32 table, const u8 *record, u8 *item,
			   u32 *last)
{
	u32 insn_off = le32_load(record);

	if (insn_off % 8 != 0)
		return error_set(reader->err, ERR_NOEXEC,
				 "instruction offset 0x%x is not a multiple of 8", insn_off);
	if (insn_off < *last)
		return error_set(reader->err, ERR_NOEXEC,
				 "instruction offset 0x%x comes after 0x%x: not sorted", insn_off,
				 *last);
	*last = insn_off;
	switch (table) {
	case EXT_FUNC: return ext_read_func(reader, record, (struct btf_func_info *)(void *)item);
	case EXT_LINE: return ext_read_line(reader, record, (struct btf_line_info *)(void *)item);
	default: return ext_read_relo(reader, record, (struct btf_core_relo *)(void *)item);
	}
}

/* Appends the block's records to its table's items. */
static int ext_fill_block(struct ext_reader *reader, const struct ext_block *block, u32 *last)
{
	u32 table = block->table;
	size_t item_size = ext_tables[table].item_size;

	for (u32 i = 0; i < block->count; i++) {
		u32 off = block->off + i * block->record_size;
		u8 *item = reader->items[table] + reader->used[table] * item_size;

		if (ext_read_record(reader, table, reader->bytes + off, item, last) != 0)
			return error_prefix(reader->err,
					    ".BTF.ext: %s of \"%.64s\", record %u (offset 0x%x)",
					    ext_tables[table].name, block->name, i, off);
		reader->used[table]++;
	}
	return 0;
}

static void ext_extend_section(const struct ext_reader *reader, u32 table, u32 start,
			       struct btf_ext_section *section)
{
	const void *first = reader->items[table] + start * ext_tables[table].item_size;
	u32 count = reader->used[table] - start;

	switch (table) {
	case EXT_FUNC:
		section->funcs = section->func_count == 0 ? first : section->funcs;
		section->func_count += count;
		break;
	case EXT_LINE:
		section->lines = section->line_count == 0 ? first : section->lines;
		section->line_count += count;
		break;
	default:
		section->relos = section->relo_count == 0 ? first : section->relos;
		section->relo_count += count;
		break;
	}
}

/* Fills the sections from the sorted blocks. */
static int ext_fill(struct ext_reader *reader, struct btf_ext *ext)
{
	u32 last = 0;

	for (size_t i = 0; i < reader->blocks.count; i++) {
		const struct ext_block *block = &reader->blocks.items[i];
		u32 start = reader->used[block->table];
		bool new_section = i == 0 || !str_eq(block[-1].name, block->name);
		int status;

		if (new_section)
			ext->sections[ext->section_count++].name = block->name;
		if (new_section || block[-1].table != block->table)
			last = 0;
		status = ext_fill_block(reader, block, &last);
		if (status != 0)
			return status;
		ext_extend_section(reader, block->table, start,
				   &ext->sections[ext->section_count - 1]);
	}
	return 0;
}

static int ext_allocate(struct ext_reader *reader, struct arena *arena, struct btf_ext *ext)
{
	ext->sections = arena_array(arena, reader->blocks.count, sizeof(*ext->sections));
	if (ext->sections == NULL)
		goto out_memory;
	for (u32 i = 0; i < EXT_TABLE_COUNT; i++) {
		reader->items[i] =
			arena_array(arena, (size_t)reader->totals[i], ext_tables[i].item_size);
		if (reader->items[i] == NULL)
			goto out_memory;
	}
	if (sort_stable(reader->blocks.items, reader->blocks.count, sizeof(*reader->blocks.items),
			ext_compare) != 0)
		goto out_memory;
	return 0;
out_memory:
	return error_set(reader->err, ERR_NOMEM, "no memory for .BTF.ext");
}

int btf_ext_open(const u8 *bytes, size_t len, const struct btf *btf, struct arena *arena,
		 struct btf_ext *ret_ext, struct error *err)
{
	struct error local; /* messages are put together even if nobody wants them */
	struct ext_reader reader = { .bytes = bytes, .btf = btf, .err = err ? err : &local };
	struct btf_ext ext = { 0 };
	struct btf_header header;
	int status = btf_header_read(bytes, len, ".BTF.ext", 2, 3, &header, reader.err);

	for (u32 i = 0; status == 0 && i < EXT_TABLE_COUNT; i++)
		status = ext_read_table(&reader, i, &header.parts[i]);
	if (status == 0)
		status = ext_allocate(&reader, arena, &ext);
	if (status == 0)
		status = ext_fill(&reader, &ext);
	if (status == 0)
		*ret_ext = ext;
	vec_free(&reader.blocks);
	return status;
}

const struct btf_ext_section *btf_ext_section(const struct btf_ext *ext, const char *name)
{
	u32 low = 0, high = ext->section_count;

	while (low < high) {
		u32 mid = low + (high - low) / 2;
		int order = strcmp(name, ext->sections[mid].name);

		if (order == 0)
			return &ext->sections[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}
