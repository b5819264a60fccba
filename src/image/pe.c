/* SPDX-License-Identifier: MIT */
/* Headers, section table, directory. What linkers never write is refused, so that no two readers
 * can see two images in one file. */
#include "image/pe.h"

#include "base/arena.h"
#include "base/le.h"
#include "base/str.h"

enum {
	DOS_SIZE = 64,
	DOS_PE_OFFSET = 60,
	FILE_SIZE = 24,	     /* the signature and the file header */
	OPTIONAL_SIZE = 240, /* PE32+ with a directory of 16 entries */
	SECTION_SIZE = 40,
	/* Offsets from the signature. */
	FH_MACHINE = 4,
	FH_SECTIONS = 6,
	FH_TIMESTAMP = 8,
	FH_SYMBOLS = 12,
	FH_SYMBOL_COUNT = 16,
	FH_OPTIONAL_SIZE = 20,
	FH_FLAGS = 22,
	OH_MAGIC = FILE_SIZE + 0,
	OH_ENTRY = FILE_SIZE + 16,
	OH_BASE = FILE_SIZE + 24,
	OH_SECTION_ALIGN = FILE_SIZE + 32,
	OH_FILE_ALIGN = FILE_SIZE + 36,
	OH_RESERVED = FILE_SIZE + 52,
	OH_IMAGE_SIZE = FILE_SIZE + 56,
	OH_HEADERS_SIZE = FILE_SIZE + 60,
	OH_CHECKSUM = FILE_SIZE + 64,
	OH_SUBSYSTEM = FILE_SIZE + 68,
	OH_DLL_FLAGS = FILE_SIZE + 70,
	OH_LOADER_FLAGS = FILE_SIZE + 104,
	OH_DIR_COUNT = FILE_SIZE + 108,
	OH_DIRS = FILE_SIZE + 112,
	SECTIONS = FILE_SIZE + OPTIONAL_SIZE,
	/* Of a section header. */
	SH_SIZE = 8,
	SH_RVA = 12,
	SH_RAW_SIZE = 16,
	SH_OFFSET = 20,
	SH_FLAGS = 36,
	/* The file header's characteristics. */
	FLAG_RELOCS_STRIPPED = 1,
	FLAG_EXECUTABLE = 2,
};

static const char *const dir_names[PE_DIR_COUNT] = {
	"export",
	"import",
	"resource",
	"exception",
	"certificate",
	"base relocation",
	"debug",
	"architecture",
	"global pointer",
	"TLS",
	"load configuration",
	"bound import",
	"import address",
	"delayed import",
	".NET",
	"reserved",
};

struct reader {
	struct pe *pe;
	const u8 *header; /* the signature */
	u32 header_offset;
	struct error *err;
};

static u32 align_up(u32 value, u32 align)
{
	return (value + align - 1) & ~(align - 1);
}

static int check_dos(struct reader *r)
{
	const struct pe *pe = r->pe;
	u32 offset;

	if (pe->len < 2 || memcmp(pe->bytes, "MZ", 2) != 0)
		return error_set(r->err, ERR_NOEXEC, "not a PE image: no 'MZ' at offset 0");
	if (pe->len < DOS_SIZE)
		return error_set(r->err, ERR_NOEXEC, "DOS header needs %u bytes, the file has %llu",
				 (unsigned)DOS_SIZE, (u64)pe->len);
	if (pe->len > UINT32_MAX)
		return error_set(r->err, ERR_NOEXEC, "the file has 4 GiB or more");
	offset = le32_load(pe->bytes + DOS_PE_OFFSET);
	if (offset % 8 != 0 || offset < DOS_SIZE)
		return error_set(
			r->err, ERR_NOEXEC,
			"DOS header: the PE header's offset 0x%x is no multiple of 8 behind it",
			offset);
	if (offset > pe->len || pe->len - offset < SECTIONS)
		return error_set(r->err, ERR_NOEXEC,
				 "truncated: the PE header (offset 0x%x, %u bytes) ends behind the "
				 "file (0x%llx bytes)",
				 offset, (unsigned)SECTIONS, (u64)pe->len);
	r->header_offset = offset;
	r->header = pe->bytes + offset;
	return 0;
}

static int check_file_header(struct reader *r)
{
	const u8 *h = r->header;
	u32 count = le16_load(h + FH_SECTIONS), size = le16_load(h + FH_OPTIONAL_SIZE);

	if (memcmp(h, "PE\0\0", 4) != 0)
		return error_set(r->err, ERR_NOEXEC, "not a PE image: no 'PE' at offset 0x%x",
				 r->header_offset);
	r->pe->machine = le16_load(h + FH_MACHINE);
	if (r->pe->machine != PE_X86_64 && r->pe->machine != PE_ARM64)
		return error_set(r->err, ERR_NOEXEC,
				 "PE header: machine 0x%x is neither x86-64 (0x8664) nor arm64 "
				 "(0xaa64)",
				 r->pe->machine);
	if (count == 0 || count > PE_MAX_SECTIONS)
		return error_set(r->err, ERR_NOEXEC,
				 "PE header: section count %u is not between 1 and %u", count,
				 PE_MAX_SECTIONS);
	if (size != OPTIONAL_SIZE)
		return error_set(r->err, ERR_NOEXEC,
				 "PE header: size of the optional header %u is not %u", size,
				 (unsigned)OPTIONAL_SIZE);
	r->pe->flags = le16_load(h + FH_FLAGS);
	if ((r->pe->flags & FLAG_EXECUTABLE) == 0)
		return error_set(r->err, ERR_NOEXEC,
				 "PE header: characteristics 0x%x do not have 'executable image'",
				 r->pe->flags);
	r->pe->timestamp = le32_load(h + FH_TIMESTAMP);
	r->pe->section_count = count;
	return 0;
}

static int check_alignment(struct reader *r)
{
	const u8 *h = r->header;
	u32 align = le32_load(h + OH_SECTION_ALIGN), file = le32_load(h + OH_FILE_ALIGN);

	if (align != PE_PAGE)
		return error_set(r->err, ERR_NOEXEC,
				 "optional header: section alignment %u is not %u", align, PE_PAGE);
	if (file < 512 || file > PE_PAGE || (file & (file - 1)) != 0)
		return error_set(
			r->err, ERR_NOEXEC,
			"optional header: file alignment %u is no power of two between 512 "
			"and %u",
			file, PE_PAGE);
	if (le64_load(h + OH_BASE) % 65536 != 0)
		return error_set(r->err, ERR_NOEXEC,
				 "optional header: image base 0x%llx is no multiple of 64 KiB",
				 le64_load(h + OH_BASE));
	r->pe->file_align = file;
	r->pe->base = le64_load(h + OH_BASE);
	return 0;
}

static int check_sizes(struct reader *r)
{
	const u8 *h = r->header;
	u32 image = le32_load(h + OH_IMAGE_SIZE), headers = le32_load(h + OH_HEADERS_SIZE);
	u32 table_end = r->header_offset + SECTIONS + r->pe->section_count * SECTION_SIZE;

	if (image % PE_PAGE != 0 || image == 0 || image > PE_MAX_IMAGE)
		return error_set(
			r->err, ERR_NOEXEC,
			"optional header: size of image 0x%x is not whole pages up to 0x%x", image,
			PE_MAX_IMAGE);
	if (headers % r->pe->file_align != 0 || headers > PE_PAGE)
		return error_set(r->err, ERR_NOEXEC,
				 "optional header: size of headers 0x%x is no multiple of the file "
				 "alignment up to a page",
				 headers);
	if (headers > r->pe->len)
		return error_set(r->err, ERR_NOEXEC,
				 "truncated: the headers (0x%x bytes) end behind the file (0x%llx "
				 "bytes)",
				 headers, (u64)r->pe->len);
	if (table_end > headers)
		return error_set(r->err, ERR_NOEXEC,
				 "section table (%u sections) ends at 0x%x, behind the headers "
				 "(0x%x bytes)",
				 r->pe->section_count, table_end, headers);
	r->pe->size = image;
	r->pe->headers_size = headers;
	return 0;
}

static int check_optional_header(struct reader *r)
{
	const u8 *h = r->header;
	u16 magic = le16_load(h + OH_MAGIC);
	u32 dirs = le32_load(h + OH_DIR_COUNT);
	int status;

	if (magic != 0x20b)
		return error_set(r->err, ERR_NOEXEC,
				 "optional header: magic 0x%x is not 0x20b (PE32+)", magic);
	if (dirs != PE_DIR_COUNT)
		return error_set(r->err, ERR_NOEXEC,
				 "optional header: directory of %u entries, not %u", dirs,
				 PE_DIR_COUNT);
	if (le32_load(h + OH_RESERVED) != 0 || le32_load(h + OH_LOADER_FLAGS) != 0)
		return error_set(r->err, ERR_NOEXEC,
				 "optional header: a reserved field is not zero");
	status = check_alignment(r);
	if (status == 0)
		status = check_sizes(r);
	if (status != 0)
		return status;
	r->pe->entry = le32_load(h + OH_ENTRY);
	r->pe->subsystem = le16_load(h + OH_SUBSYSTEM);
	r->pe->dll_flags = le16_load(h + OH_DLL_FLAGS);
	r->pe->checksum = le32_load(h + OH_CHECKSUM);
	r->pe->checksum_offset = r->header_offset + OH_CHECKSUM;
	r->pe->cert_dir_offset = r->header_offset + OH_DIRS + 8 * PE_DIR_CERTIFICATE;
	return 0;
}

/* --- sections --- */

/* Where the sections read so far end. */
struct ends {
	u32 rva, offset;
};

static int bad_section(const struct pe *pe, const struct pe_section *s, const char *what,
		       struct error *err)
{
	return error_set(err, ERR_NOEXEC, "section %u (%s): %s", (u32)(s - pe->sections) + 1,
			 s->name, what);
}

static int check_memory(struct reader *r, const struct pe_section *s, struct ends *ends)
{
	if (s->rva % PE_PAGE != 0)
		return bad_section(r->pe, s, "its address is misaligned, no multiple of 4096",
				   r->err);
	if (s->size == 0)
		return bad_section(r->pe, s, "it is empty in memory", r->err);
	if (s->rva < ends->rva)
		return bad_section(r->pe, s, "it overlaps what is before it in memory", r->err);
	if (s->rva > ends->rva)
		return bad_section(r->pe, s, "there is a gap before it in memory", r->err);
	if (s->rva > r->pe->size || s->size > r->pe->size - s->rva)
		return bad_section(r->pe, s, "it ends behind the image in memory", r->err);
	ends->rva = s->rva + align_up(s->size, PE_PAGE);
	return 0;
}

static int check_file(struct reader *r, const struct pe_section *s, struct ends *ends)
{
	if (s->raw_size == 0)
		return s->offset == 0
			       ? 0
			       : bad_section(r->pe, s, "it has an offset, but no bytes", r->err);
	if (s->offset % r->pe->file_align != 0 || s->raw_size % r->pe->file_align != 0)
		return bad_section(r->pe, s, "its bytes are misaligned in the file", r->err);
	if (s->offset < ends->offset)
		return bad_section(r->pe, s, "its bytes overlap what is before them in the file",
				   r->err);
	if (s->offset > r->pe->len || s->raw_size > r->pe->len - s->offset)
		return bad_section(r->pe, s, "truncated: its bytes end behind the file", r->err);
	if (s->raw_size > align_up(s->size, PE_PAGE))
		return bad_section(r->pe, s, "it has more bytes in the file than in memory",
				   r->err);
	ends->offset = s->offset + s->raw_size;
	return 0;
}

static int read_section(struct reader *r, const u8 *header, struct pe_section *s, struct ends *ends)
{
	int status;

	memcpy(s->name, header, 8);
	s->size = le32_load(header + SH_SIZE);
	s->rva = le32_load(header + SH_RVA);
	s->raw_size = le32_load(header + SH_RAW_SIZE);
	s->offset = le32_load(header + SH_OFFSET);
	s->flags = le32_load(header + SH_FLAGS);
	for (u32 i = SH_OFFSET + 4; i < SH_FLAGS; i++)
		if (header[i] != 0)
			return bad_section(r->pe, s,
					   "it has relocations or line numbers of an object",
					   r->err);
	status = check_memory(r, s, ends);
	return status != 0 ? status : check_file(r, s, ends);
}

static int read_sections(struct reader *r, struct arena *arena)
{
	const u8 *table = r->header + SECTIONS;
	struct ends ends = { PE_PAGE, r->pe->headers_size };
	struct pe_section *sections;
	int status = 0;

	sections = arena_array(arena, r->pe->section_count, sizeof(*sections));
	if (sections == NULL)
		return error_set(r->err, ERR_NOMEM, "no memory for the image's sections");
	r->pe->sections = sections;
	for (u32 i = 0; status == 0 && i < r->pe->section_count; i++)
		status = read_section(r, table + i * SECTION_SIZE, &sections[i], &ends);
	if (status == 0 && ends.rva != r->pe->size)
		status = error_set(r->err, ERR_NOEXEC,
				   "size of image 0x%x is not where the last section ends (0x%x)",
				   r->pe->size, ends.rva);
	r->pe->data_end = ends.offset;
	return status;
}

/* --- directory --- */

static int check_certificates(struct reader *r)
{
	struct pe_extent *cert = &r->pe->cert;

	*cert = r->pe->dirs[PE_DIR_CERTIFICATE];
	if (cert->size == 0 && cert->offset == 0)
		return 0;
	if (cert->offset % 8 != 0 || cert->size % 8 != 0 || cert->size == 0)
		return error_set(
			r->err, ERR_NOEXEC,
			"certificate table (offset 0x%x, 0x%x bytes) is misaligned or empty",
			cert->offset, cert->size);
	if (cert->offset < r->pe->data_end)
		return error_set(
			r->err, ERR_NOEXEC,
			"certificate table at offset 0x%x overlaps the sections, which end "
			"at 0x%x",
			cert->offset, r->pe->data_end);
	if (cert->offset > r->pe->len || cert->size > r->pe->len - cert->offset)
		return error_set(r->err, ERR_NOEXEC,
				 "truncated: the certificate table (offset 0x%x, 0x%x bytes) ends "
				 "behind the file (0x%llx bytes)",
				 cert->offset, cert->size, (u64)r->pe->len);
	if (cert->size != r->pe->len - cert->offset)
		return error_set(r->err, ERR_NOEXEC, "%llu bytes follow the certificate table",
				 (u64)r->pe->len - cert->offset - cert->size);
	return 0;
}

static int check_dir(struct reader *r, u32 idx)
{
	const struct pe_extent *dir = &r->pe->dirs[idx];

	if (dir->offset == 0 && dir->size == 0)
		return 0;
	if (idx == PE_DIR_RESERVED || idx == PE_DIR_ARCHITECTURE)
		return error_set(r->err, ERR_NOEXEC, "the %s directory is not empty",
				 dir_names[idx]);
	if (pe_at(r->pe, dir->offset, dir->size) == NULL)
		return error_set(
			r->err, ERR_NOEXEC,
			"the %s directory (rva 0x%x, 0x%x bytes) is not inside one section's "
			"bytes",
			dir_names[idx], dir->offset, dir->size);
	return 0;
}

static int read_dirs(struct reader *r)
{
	int status = 0;

	for (u32 i = 0; i < PE_DIR_COUNT; i++) {
		const u8 *entry = r->header + OH_DIRS + 8 * i;

		r->pe->dirs[i] = (struct pe_extent){ le32_load(entry), le32_load(entry + 4) };
	}
	for (u32 i = 0; status == 0 && i < PE_DIR_COUNT; i++)
		if (i != PE_DIR_CERTIFICATE)
			status = check_dir(r, i);
	return status != 0 ? status : check_certificates(r);
}

/* Symbols of a debugger are no part of the image, but of the file. */
static int check_symbols(struct reader *r)
{
	u32 offset = le32_load(r->header + FH_SYMBOLS);
	u64 size = (u64)le32_load(r->header + FH_SYMBOL_COUNT) * 18;
	u64 end = r->pe->cert.size != 0 ? r->pe->cert.offset : r->pe->len;

	if (offset == 0 && size == 0)
		return 0;
	if (offset < r->pe->data_end || offset > end || size > end - offset)
		return error_set(r->err, ERR_NOEXEC,
				 "PE header: the symbol table at offset 0x%x is not between the "
				 "sections and the file's end",
				 offset);
	return 0;
}

static int check_entry(struct reader *r)
{
	const struct pe_section *s = pe_section_at(r->pe, r->pe->entry);

	if (r->pe->entry == 0)
		return 0;
	if (s == NULL || (s->flags & PE_SECTION_EXEC) == 0 ||
	    r->pe->entry - s->rva >= MIN(s->size, s->raw_size))
		return error_set(r->err, ERR_NOEXEC,
				 "the entry point (rva 0x%x) is not in a section's code",
				 r->pe->entry);
	return 0;
}

int pe_open(const u8 *bytes, size_t len, struct arena *arena, struct pe *ret_pe, struct error *err)
{
	struct pe pe = { .bytes = bytes, .len = len };
	struct reader r = { .pe = &pe, .err = err };
	int status = check_dos(&r);

	if (status == 0)
		status = check_file_header(&r);
	if (status == 0)
		status = check_optional_header(&r);
	if (status == 0)
		status = read_sections(&r, arena);
	if (status == 0)
		status = read_dirs(&r);
	if (status == 0)
		status = check_symbols(&r);
	if (status == 0)
		status = check_entry(&r);
	if (status == 0)
		*ret_pe = pe;
	return status;
}

int pe_check_loadable(const struct pe *pe, struct error *err)
{
	static const u8 unwanted[] = { PE_DIR_TLS, PE_DIR_BOUND_IMPORT, PE_DIR_DELAY_IMPORT,
				       PE_DIR_CLR };

	if ((pe->flags & FLAG_RELOCS_STRIPPED) != 0)
		return error_set(err, ERR_NOEXEC,
				 "the image has no relocations, so it cannot be moved");
	for (u32 i = 0; i < pe->section_count; i++) {
		const struct pe_section *s = &pe->sections[i];

		if ((s->flags & PE_SECTION_WRITE) != 0 && (s->flags & PE_SECTION_EXEC) != 0)
			return bad_section(pe, s, "it is both writable and executable", err);
		if ((s->flags & PE_SECTION_SHARED) != 0)
			return bad_section(pe, s, "it is shared between processes", err);
	}
	for (size_t i = 0; i < ARRAY_COUNT(unwanted); i++)
		if (pe->dirs[unwanted[i]].size != 0)
			return error_set(err, ERR_NOEXEC,
					 "the image has a %s directory, which is not supported",
					 dir_names[unwanted[i]]);
	return 0;
}

const struct pe_section *pe_section_at(const struct pe *pe, u32 rva)
{
	for (u32 i = 0; i < pe->section_count; i++)
		if (rva >= pe->sections[i].rva && rva - pe->sections[i].rva < pe->sections[i].size)
			return &pe->sections[i];
	return NULL;
}

const struct pe_section *pe_section_by_name(const struct pe *pe, const char *name)
{
	for (u32 i = 0; i < pe->section_count; i++)
		if (str_eq(pe->sections[i].name, name))
			return &pe->sections[i];
	return NULL;
}

const u8 *pe_at(const struct pe *pe, u32 rva, u32 size)
{
	const struct pe_section *s = pe_section_at(pe, rva);
	u32 have = s == NULL ? 0 : MIN(s->size, s->raw_size);

	if (s == NULL || rva - s->rva > have || size > have - (rva - s->rva))
		return NULL;
	return pe->bytes + s->offset + (rva - s->rva);
}

const char *pe_string_at(const struct pe *pe, u32 rva, u32 max)
{
	const struct pe_section *s = pe_section_at(pe, rva);
	u32 have = s == NULL ? 0 : MIN(s->size, s->raw_size);
	const char *text;

	if (s == NULL || rva - s->rva >= have)
		return NULL;
	text = (const char *)pe->bytes + s->offset + (rva - s->rva);
	for (u32 i = 0; i < have - (rva - s->rva) && i <= max; i++)
		if (text[i] == '\0')
			return text;
	return NULL;
}
