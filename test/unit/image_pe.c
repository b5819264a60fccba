/* SPDX-License-Identifier: MIT */
/* The reader of PE images: what it finds in a good one, and that each way of being malformed has
 * an error of its own. */
#include "pe_builder.h"
#include "tap.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/le.h"
#include "image/pe.h"

static struct pe_builder b;

/* Everything that a reader of the whole image reads. */
static int read_all(struct pe *pe, struct arena *arena, struct error *err)
{
	struct pe_relocs relocs;
	struct pe_imports imports;
	struct pe_import import;
	struct pe_exports exports;
	struct pe_export export;
	struct pe_extent der;
	int status = pe_open(b.bytes, b.len, arena, pe, err);
	u32 rva;

	if (status == 0)
		status = pe_check_loadable(pe, err);
	if (status != 0)
		return status;
	pe_relocs_begin(pe, &relocs, err);
	while ((status = pe_relocs_next(&relocs, &rva)) > 0)
		if (pe_at(pe, rva, 8) == NULL)
			return -1;
	if (status == 0) {
		pe_imports_begin(pe, &imports, err);
		while ((status = pe_imports_next(&imports, &import)) > 0)
			if (strlen(import.name) == 0 || pe_at(pe, import.slot, 8) == NULL)
				return -1;
	}
	if (status == 0)
		status = pe_exports_open(pe, &exports, err);
	for (u32 i = 0; status == 0 && i < exports.count; i++)
		status = pe_export_get(&exports, i, &export, err);
	if (status == 0 && pe->cert.size != 0)
		status = pe_certificate(pe, &der, err);
	return status;
}

static void good(void)
{
	struct arena arena;
	struct error err = { 0 };
	struct pe_exports exports;
	struct pe_relocs relocs;
	struct pe pe;
	u32 rva, count = 0;

	arena_init(&arena, 0);
	pb_init(&b);
	pb_finish(&b);
	CHECK_EQ(read_all(&pe, &arena, &err), 0);
	CHECK_EQ(pe.machine, PE_X86_64);
	CHECK_EQ(pe.section_count, 4);
	CHECK_EQ(pe.base, PB_BASE);
	CHECK_EQ(pe.size, PB_SIZE);
	CHECK_EQ(pe.data_end, PB_LEN);
	CHECK_EQ(pe.cert.size, 0);
	CHECK(pe_section_by_name(&pe, ".rdata") == &pe.sections[1]);
	CHECK(pe_section_by_name(&pe, "rdata") == NULL);
	CHECK(pe_section_at(&pe, PB_TEXT - 1) == NULL && pe_section_at(&pe, PB_SIZE) == NULL);
	CHECK(pe_section_at(&pe, PB_RDATA) == &pe.sections[1]);
	CHECK_EQ(pe_exports_open(&pe, &exports, &err), 0);
	CHECK_EQ(pe_export_find(&exports, "get_metadata_table", &rva, &err), 0);
	CHECK_EQ(rva, PB_TEXT);
	CHECK_EQ(pe_export_find(&exports, "get_metadata_tabl", &rva, &err), ERR_NOENT);
	pe_relocs_begin(&pe, &relocs, &err);
	while (pe_relocs_next(&relocs, &rva) > 0)
		CHECK_EQ(rva, b.relocs[count++]);
	CHECK_EQ(count, b.reloc_count);
out:
	arena_fini(&arena);
}

/* Bytes of the image, up to a section's end and not one more. */
static void extents(void)
{
	struct arena arena;
	struct error err = { 0 };
	struct pe pe;

	arena_init(&arena, 0);
	pb_init(&b);
	memset(pb_at(&b, PB_DATA + 0x3fc), 'x', 4);
	pb_finish(&b);
	CHECK_EQ(pe_open(b.bytes, b.len, &arena, &pe, &err), 0);
	CHECK(pe_at(&pe, PB_DATA, 0x400) == b.bytes + PB_DATA_AT);
	CHECK(pe_at(&pe, PB_DATA, 0x401) == NULL);
	CHECK(pe_at(&pe, PB_DATA + 1, 0x3ff) != NULL && pe_at(&pe, PB_DATA + 1, 0x400) == NULL);
	CHECK(pe_at(&pe, PB_DATA - 1, 1) == NULL && pe_at(&pe, 0, 1) == NULL);
	CHECK(pe_at(&pe, PB_DATA, UINT32_MAX) == NULL && pe_at(&pe, UINT32_MAX, 1) == NULL);
	CHECK_STR(pe_string_at(&pe, PB_RDATA + 0x80, 12), "ntoskrnl.exe");
	CHECK(pe_string_at(&pe, PB_RDATA + 0x80, 11) == NULL);
	CHECK(pe_string_at(&pe, PB_DATA + 0x3fc, 100) == NULL);
out:
	arena_fini(&arena);
}

static void pages(void)
{
	static const struct {
		u32 offset, size, rva;
	} want[] = {
		{ 0, 0x400, 0 },
		{ PB_TEXT_AT, 0x400, PB_TEXT },
		{ PB_RDATA_AT, 0x1000, PB_RDATA },
		{ PB_RDATA_AT + 0x1000, 0x600, PB_RDATA + 0x1000 },
		{ PB_DATA_AT, 0x400, PB_DATA },
		{ PB_RELOC_AT, 0x200, PB_RELOC },
	};
	static u8 page[4096];
	struct arena arena;
	struct error err = { 0 };
	struct pe_covered covered;
	u8 digest[SHA256_SIZE], expected[SHA256_SIZE];
	struct pe pe;

	arena_init(&arena, 0);
	pb_init(&b);
	pb_finish(&b);
	CHECK_EQ(pe_open(b.bytes, b.len, &arena, &pe, &err), 0);
	CHECK_EQ(pe_page_count(&pe), ARRAY_COUNT(want));
	for (u32 i = 0; i < ARRAY_COUNT(want); i++) {
		struct pe_page got = pe_page(&pe, i);

		CHECK_EQ(got.file.offset, want[i].offset);
		CHECK_EQ(got.file.size, want[i].size);
		CHECK_EQ(got.rva, want[i].rva);
		if (i == 0)
			continue;
		memset(page, 0, sizeof(page));
		memcpy(page, b.bytes + want[i].offset, want[i].size);
		sha256_bytes(page, sizeof(page), expected);
		pe_page_digest(&pe, &got, digest);
		CHECK(memcmp(digest, expected, sizeof(digest)) == 0);
	}
	pe_covered(&pe, &covered);
	CHECK_EQ(covered.ranges[0].size, PB_OPTIONAL + 64);
	CHECK_EQ(covered.ranges[1].offset, PB_OPTIONAL + 68);
	CHECK_EQ(covered.ranges[2].offset, PB_DIRS + 40);
	CHECK_EQ(covered.ranges[2].offset + covered.ranges[2].size, PB_LEN);
	CHECK_EQ(covered.zeros, 0);
out:
	arena_fini(&arena);
}

/* Each byte that is covered changes the digest, and no other. */
static void digests(void)
{
	struct arena arena;
	struct error err = { 0 };
	u8 digest[SHA256_SIZE], changed[SHA256_SIZE];
	u32 checksum;
	struct pe pe;

	arena_init(&arena, 0);
	pb_init(&b);
	pb_finish(&b);
	CHECK_EQ(pe_open(b.bytes, b.len, &arena, &pe, &err), 0);
	pe_digest(&pe, digest);
	checksum = pe_checksum(&pe);
	for (u32 i = 0; i < b.len; i += i < 0x400 ? 1 : 61) {
		u32 field = i - pe.checksum_offset, entry = i - pe.cert_dir_offset;

		b.bytes[i] ^= 0x10;
		pe_digest(&pe, changed);
		CHECK((memcmp(digest, changed, sizeof(digest)) == 0) == (field < 4 || entry < 8));
		CHECK((pe_checksum(&pe) == checksum) == (field < 4));
		b.bytes[i] ^= 0x10;
	}
out:
	arena_fini(&arena);
}

/* --- malformed --- */

struct row {
	u32 offset, size; /* in the file, bytes */
	u64 value;
	const char *want;
};

#define SECTION(n, field) (PB_SECTIONS + 40 * (n) + (field))
#define RDATA(rva)	  (PB_RDATA_AT + (rva)-PB_RDATA)

static const struct row rows[] = {
	{ 0, 2, 0x4d5a, "no 'MZ'" },
	{ 60, 4, 0x84, "no multiple of 8" },
	{ 60, 4, 0x38, "no multiple of 8 behind it" },
	{ 60, 4, 0xfffffff8, "truncated: the PE header" },
	{ 60, 4, PB_LEN, "truncated: the PE header" },
	{ PB_PE, 4, 0x4551, "no 'PE'" },
	{ PB_PE + 4, 2, 0x14c, "machine 0x14c" },
	{ PB_PE + 6, 2, 0, "section count 0" },
	{ PB_PE + 6, 2, 97, "section count 97" },
	{ PB_PE + 6, 2, 96, "section table (96 sections)" },
	{ PB_PE + 12, 4, 0x1000, "symbol table" },
	{ PB_PE + 16, 4, 1, "symbol table" },
	{ PB_PE + 20, 2, 224, "size of the optional header 224" },
	{ PB_PE + 22, 2, 0x20, "executable image" },
	{ PB_PE + 22, 2, 0x23, "no relocations" },
	{ PB_OPTIONAL, 2, 0x10b, "magic 0x10b" },
	{ PB_OPTIONAL + 16, 4, PB_DATA, "entry point" },
	{ PB_OPTIONAL + 16, 4, PB_TEXT + 0x400, "entry point" },
	{ PB_OPTIONAL + 16, 4, 0x10, "entry point" },
	{ PB_OPTIONAL + 24, 8, 0x180001000, "image base" },
	{ PB_OPTIONAL + 32, 4, 8192, "section alignment 8192" },
	{ PB_OPTIONAL + 36, 4, 256, "file alignment 256" },
	{ PB_OPTIONAL + 36, 4, 768, "file alignment 768" },
	{ PB_OPTIONAL + 36, 4, 8192, "file alignment 8192" },
	{ PB_OPTIONAL + 36, 4, 1024, "misaligned in the file" },
	{ PB_OPTIONAL + 52, 4, 1, "reserved" },
	{ PB_OPTIONAL + 56, 4, PB_SIZE - 1, "size of image" },
	{ PB_OPTIONAL + 56, 4, PB_SIZE + 0x1000, "is not where the last section ends" },
	{ PB_OPTIONAL + 56, 4, 0x80000000, "size of image" },
	{ PB_OPTIONAL + 60, 4, 0x401, "size of headers" },
	{ PB_OPTIONAL + 60, 4, 0x1200, "size of headers" },
	{ PB_OPTIONAL + 60, 4, 0x200, "section table" },
	{ PB_OPTIONAL + 104, 4, 1, "reserved" },
	{ PB_OPTIONAL + 108, 4, 15, "directory of 15 entries" },
	{ SECTION(0, 8), 4, 0, "section 1 (.text): it is empty in memory" },
	{ SECTION(0, 12), 4, PB_TEXT + 512, "misaligned, no multiple of 4096" },
	{ SECTION(1, 12), 4, PB_TEXT,
	  "section 2 (.rdata): it overlaps what is before it in memory" },
	{ SECTION(0, 8), 4, 0x1001, "it overlaps what is before it in memory" },
	{ SECTION(0, 12), 4, 0, "it overlaps what is before it in memory" },
	{ SECTION(1, 12), 4, PB_RDATA + 0x1000, "there is a gap before it in memory" },
	{ SECTION(3, 8), 4, 0x1001, "section 4 (.reloc): it ends behind the image in memory" },
	{ SECTION(3, 8), 4, 0xffffffff, "it ends behind the image in memory" },
	{ SECTION(2, 16), 4, 0x3ff, "section 3 (.data): its bytes are misaligned in the file" },
	{ SECTION(2, 20), 4, PB_DATA_AT + 8, "its bytes are misaligned in the file" },
	{ SECTION(2, 20), 4, PB_RDATA_AT, "its bytes overlap what is before them in the file" },
	{ SECTION(0, 20), 4, 0x200, "its bytes overlap what is before them in the file" },
	{ SECTION(3, 20), 4, PB_RELOC_AT + 512, "truncated: its bytes end behind the file" },
	{ SECTION(3, 16), 4, 0xfffffe00, "truncated: its bytes end behind the file" },
	{ SECTION(2, 16), 4, 0, "it has an offset, but no bytes" },
	{ SECTION(1, 8), 4, 0x500, "it has more bytes in the file than in memory" },
	{ SECTION(0, 24), 4, 1, "relocations or line numbers of an object" },
	{ SECTION(0, 34), 2, 1, "relocations or line numbers of an object" },
	{ SECTION(2, 36), 4, 0xe0000040, "section 3 (.data): it is both writable and executable" },
	{ SECTION(2, 36), 4, 0xd0000040, "shared between processes" },
	{ PB_DIRS + 8 * 0, 4, PB_SIZE, "the export directory" },
	{ PB_DIRS + 8 * 1 + 4, 4, 0x10000, "the import directory" },
	{ PB_DIRS + 8 * 3, 8, 0x1000000000 + PB_DATA - 8, "the exception directory" },
	{ PB_DIRS + 8 * 5, 4, 0x10, "the base relocation directory" },
	{ PB_DIRS + 8 * 7, 8, 0x1000000000 + PB_DATA, "the architecture directory is not empty" },
	{ PB_DIRS + 8 * 15, 8, 0x1000000000 + PB_DATA, "the reserved directory is not empty" },
	{ PB_DIRS + 8 * 9, 8, 0x1000000000 + PB_DATA, "a TLS directory" },
	{ PB_DIRS + 8 * 11, 8, 0x1000000000 + PB_DATA, "a bound import directory" },
	{ PB_DIRS + 8 * 13, 8, 0x1000000000 + PB_DATA, "a delayed import directory" },
	{ PB_DIRS + 8 * 14, 8, 0x1000000000 + PB_DATA, "a .NET directory" },
	{ PB_RELOC_AT + 4, 4, 7, "a block of 7 bytes" },
	{ PB_RELOC_AT + 4, 4, 0x4000, "a block of 16384 bytes" },
	{ PB_RELOC_AT + 4, 4, 10, "a block of 10 bytes" },
	{ PB_RELOC_AT, 4, PB_DATA + 4, "is misaligned" },
	{ PB_RELOC_AT, 4, PB_TEXT, "is code" },
	{ PB_RELOC_AT, 4, PB_SIZE, "is not in a section's bytes" },
	{ PB_RELOC_AT + 8, 2, 0x3000, "type 3" },
	{ PB_RELOC_AT + 10, 2, 0xa00c, "overlaps" },
	{ PB_RELOC_AT + 8, 2, 0xa3fc, "is not in a section's bytes" },
	{ PB_DIRS + 8 * 5 + 4, 4, 0x100, "a block of 0 bytes" },
	{ PB_DIRS + 8 * 1 + 4, 4, 20, "has no end" },
	{ RDATA(PB_IMPORTS + 12), 4, PB_SIZE, "library 1 has no name" },
	{ RDATA(PB_IMPORTS + 12), 4, PB_RDATA + 0x90, "library 1 has no name" },
	{ RDATA(PB_IMPORTS), 4, PB_IMPORT_NAMES + 4, "misaligned tables" },
	{ RDATA(PB_IMPORTS), 4, PB_SIZE, "is not in a data section's bytes" },
	{ RDATA(PB_IMPORTS + 16), 4, PB_TEXT, "is not in a data section's bytes" },
	{ RDATA(PB_IMPORT_NAMES), 8, 0x8000000000000005, "function number 5 has no name" },
	{ RDATA(PB_IMPORT_NAMES), 8, 0x100000000 + PB_RDATA, "the name at rva 0x" },
	{ RDATA(PB_IMPORT_NAMES), 8, PB_SIZE, "the name at rva 0x" },
	{ PB_DIRS + 4, 4, 39, "exports: a directory of 39 bytes" },
	{ RDATA(PB_EXPORTS + 20), 4, 0x10000, "exports: tables of 1 names and 65536 functions" },
	{ RDATA(PB_EXPORTS + 24), 4, 0xffff, "exports: tables of 65535 names" },
	{ RDATA(PB_EXPORTS + 28), 4, PB_SIZE, "exports: tables" },
	{ RDATA(PB_EXPORTS + 32), 4, 0, "exports: tables" },
	{ RDATA(PB_RDATA + 0xd0), 4, PB_SIZE, "is not in this image" },
	{ RDATA(PB_RDATA + 0xd0), 4, PB_EXPORTS + 4, "is not in this image" },
	{ RDATA(PB_RDATA + 0xd4), 4, 4, "the name of entry 0" },
	{ RDATA(PB_RDATA + 0xd8), 2, 1, "is function 1 of 1" },
};

static void store(u8 *at, u32 size, u64 value)
{
	for (u32 i = 0; i < size; i++)
		at[i] = (u8)(value >> 8 * i);
}

static void malformed(void)
{
	struct arena arena;
	struct pe pe;

	arena_init(&arena, 0);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct error err = { 0 };

		pb_init(&b);
		pb_finish(&b);
		store(b.bytes + rows[i].offset, rows[i].size, rows[i].value);
		if (read_all(&pe, &arena, &err) != ERR_NOEXEC ||
		    strstr(err.text, rows[i].want) == NULL)
			printf("# row %zu, \"%s\": %s\n", i, rows[i].want, err.text);
		CHECK(strstr(err.text, rows[i].want) != NULL);
		CHECK_EQ(err.status, ERR_NOEXEC);
	}
out:
	arena_fini(&arena);
}

/* What is cut off is missed, wherever that is. */
static void truncated(void)
{
	struct arena arena;
	struct error err = { 0 };
	struct pe pe;
	u8 *copy = NULL;

	arena_init(&arena, 0);
	pb_init(&b);
	pb_finish(&b);
	for (u32 len = 0; len < b.len; len += len < 0x500 ? 1 : 37) {
		copy = mem_alloc(len); /* so that a sanitizer sees what is behind it */
		CHECK(copy != NULL);
		memcpy(copy, b.bytes, len);
		CHECK_EQ(pe_open(copy, len, &arena, &pe, &err), ERR_NOEXEC);
		mem_free(copy);
		copy = NULL;
	}
out:
	mem_free(copy);
	arena_fini(&arena);
}

/* --- the certificate table --- */

static void put_cert(u32 offset, u32 size, u32 len)
{
	pb_init(&b);
	pb_finish(&b);
	le32_store(b.bytes + PB_DIRS + 32, offset);
	le32_store(b.bytes + PB_DIRS + 36, size);
	le32_store(b.bytes + PB_LEN, len);
	le16_store(b.bytes + PB_LEN + 4, 0x200);
	le16_store(b.bytes + PB_LEN + 6, 2);
	b.len = PB_LEN + 0x100;
}

#define REFUSED(change, why)                                       \
	do {                                                       \
		put_cert(PB_LEN, 0x100, 0x100);                    \
		change;                                            \
		CHECK_EQ(read_all(&pe, &arena, &err), ERR_NOEXEC); \
		CHECK(strstr(err.text, why) != NULL);              \
	} while (0)

static void certificates(void)
{
	struct arena arena;
	struct error err = { 0 };
	struct pe_extent der;
	struct pe pe;

	arena_init(&arena, 0);
	put_cert(PB_LEN, 0x100, 0xfd);
	CHECK_EQ(read_all(&pe, &arena, &err), 0);
	CHECK_EQ(pe_certificate(&pe, &der, &err), 0);
	CHECK_EQ(der.offset, PB_LEN + 8);
	CHECK_EQ(der.size, 0xf8);
	REFUSED(put_cert(PB_LEN + 4, 0xfc, 0xfc), "misaligned or empty");
	REFUSED(put_cert(PB_LEN, 0xff, 0xff), "misaligned or empty");
	REFUSED(put_cert(PB_LEN, 0, 0), "misaligned or empty");
	REFUSED(put_cert(PB_RELOC_AT, 0x300, 0x300), "overlaps the sections");
	REFUSED(put_cert(PB_LEN, 0x108, 0x108), "truncated: the certificate table");
	REFUSED(put_cert(0xfffffff8, 0x108, 0x108), "truncated: the certificate table");
	REFUSED(put_cert(PB_LEN, 0xf8, 0xf8), "8 bytes follow the certificate table");
	REFUSED(put_cert(PB_LEN, 0x100, 7), "an entry of 7 bytes");
	REFUSED(put_cert(PB_LEN, 0x100, 0x101), "an entry of 257 bytes");
	REFUSED(put_cert(PB_LEN, 0x100, 0x80), "more than one signature");
	REFUSED(put_cert(PB_LEN, 0x100, 0xfd); b.bytes[PB_LEN + 0xfe] = 1, "padding is not zero");
	REFUSED(b.bytes[PB_LEN + 5] = 1, "revision 0x100");
	REFUSED(b.bytes[PB_LEN + 6] = 1, "type 1");
	pb_init(&b);
	pb_finish(&b);
	CHECK_EQ(pe_open(b.bytes, b.len, &arena, &pe, &err), 0);
	CHECK_EQ(pe_certificate(&pe, &der, &err), ERR_NOENT);
out:
	arena_fini(&arena);
}

TAP_MAIN(TAP_TEST(good), TAP_TEST(extents), TAP_TEST(pages), TAP_TEST(digests), TAP_TEST(malformed),
	 TAP_TEST(truncated), TAP_TEST(certificates))
