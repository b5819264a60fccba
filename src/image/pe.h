/* SPDX-License-Identifier: MIT */
/* Reader for the images of native modules: PE32+ for x86-64 and arm64, as linkers write drivers and
 * DLLs. Every offset, size and address of a hostile file is checked before it is used; nothing is
 * copied, so the bytes outlive the reader. What a field may not be is refused with an error that
 * names it, and where it is; nothing is corrected.
 *
 * Two spaces of numbers: an offset is of the file, an rva is of the image in memory, from its base.
 */
#pragma once

#include "base/compiler.h"
#include "base/error.h"
#include "base/sha256.h"

struct arena;

#define PE_PAGE		4096u	    /* what sections are aligned to, and page hashes are made of */
#define PE_MAX_SECTIONS 96u	    /* Windows' own limit */
#define PE_MAX_IMAGE	(64u << 20) /* bytes in memory */
#define PE_DIR_COUNT	16u
#define PE_SECTION_NAME 9 /* bytes, with a terminator */

enum pe_machine {
	PE_X86_64 = 0x8664,
	PE_ARM64 = 0xaa64,
};

enum pe_dir {
	PE_DIR_EXPORT = 0,
	PE_DIR_IMPORT = 1,
	PE_DIR_RESOURCE = 2,
	PE_DIR_EXCEPTION = 3,
	PE_DIR_CERTIFICATE = 4, /* the one whose address is an offset */
	PE_DIR_RELOC = 5,
	PE_DIR_DEBUG = 6,
	PE_DIR_ARCHITECTURE = 7,
	PE_DIR_GLOBAL_PTR = 8,
	PE_DIR_TLS = 9,
	PE_DIR_LOAD_CONFIG = 10,
	PE_DIR_BOUND_IMPORT = 11,
	PE_DIR_IAT = 12,
	PE_DIR_DELAY_IMPORT = 13,
	PE_DIR_CLR = 14,
	PE_DIR_RESERVED = 15,
};

#define PE_SECTION_CODE	       0x00000020u
#define PE_SECTION_DATA	       0x00000040u
#define PE_SECTION_ZEROS       0x00000080u
#define PE_SECTION_DISCARDABLE 0x02000000u
#define PE_SECTION_SHARED      0x10000000u
#define PE_SECTION_EXEC	       0x20000000u
#define PE_SECTION_READ	       0x40000000u
#define PE_SECTION_WRITE       0x80000000u

/* A piece of the file, or of the image where that is said. */
struct pe_extent {
	u32 offset, size;
};

struct pe_section {
	char name[PE_SECTION_NAME]; /* terminated; any bytes */
	u32 rva, size;		    /* in memory; rva is a multiple of PE_PAGE */
	u32 offset, raw_size;	    /* in the file; 0 and 0: zeros only */
	u32 flags;		    /* PE_SECTION_..., and others */
};

struct pe {
	const u8 *bytes;
	size_t len;
	u16 machine;	     /* enum pe_machine */
	u16 flags;	     /* the file header's characteristics */
	u16 subsystem;	     /* 1: native, a driver */
	u16 dll_flags;	     /* the optional header's DllCharacteristics */
	u32 timestamp;	     /* whatever the linker wrote */
	u32 entry;	     /* rva; 0: none */
	u64 base;	     /* that the image was linked for */
	u32 size;	     /* of the image in memory, whole pages */
	u32 headers_size;    /* of the file's beginning up to the first section */
	u32 file_align;	     /* of what sections have in the file */
	u32 checksum;	     /* as the file has it */
	u32 checksum_offset; /* of that field */
	u32 cert_dir_offset; /* of the certificate table's entry in the directory */
	/* In the image, but for PE_DIR_CERTIFICATE; each lies within one section, in bytes that the
	 * file has. Size 0: absent. */
	struct pe_extent dirs[PE_DIR_COUNT];
	const struct pe_section *sections; /* ascending and without gaps or overlaps, in memory and
					      (those that are not empty) ascending in the file */
	u32 section_count;
	u32 data_end;	       /* end of the last section in the file */
	struct pe_extent cert; /* the certificate table, at the end of the file; size 0: none */
};

/* Reads headers, section table and directory into arena. ERR_NOEXEC: malformed. */
int pe_open(const u8 *bytes, size_t len, struct arena *arena, struct pe *ret_pe,
	    struct error *err) MUST_CHECK;

/* What a loader asks besides: no section writable and executable, or shared between processes; can
 * be relocated; nothing that a loader must do which ours does not (thread-local data, delayed and
 * bound imports, .NET). ERR_NOEXEC. */
int pe_check_loadable(const struct pe *pe, struct error *err) MUST_CHECK;

/* The section that has this rva; NULL: none. */
const struct pe_section *pe_section_at(const struct pe *pe, u32 rva);
/* The first of that name; NULL: none. */
const struct pe_section *pe_section_by_name(const struct pe *pe, const char *name);
/* The bytes that the file has for a piece of the image, NULL when it is not whole in one section's.
 * size may be 0. */
const u8 *pe_at(const struct pe *pe, u32 rva, u32 size);
/* The text at an rva that ends within its section and is at most max bytes long; else NULL. */
const char *pe_string_at(const struct pe *pe, u32 rva, u32 max);

/* --- relocations: places in the image that hold an address ------------------------------------ */

struct pe_relocs {
	const struct pe *pe;
	u32 at, end;	/* offsets in the directory's bytes: of the next entry, of its block */
	u32 page, last; /* rva of the block's page and of the one before */
	struct error *err;
};
void pe_relocs_begin(const struct pe *pe, struct pe_relocs *ret_relocs, struct error *err);
/* 1 and the rva of 8 bytes within one section's bytes of the file; 0: that was all; ERR_NOEXEC. All
 * are of type DIR64, in ascending order, not overlapping, and not in code. */
int pe_relocs_next(struct pe_relocs *relocs, u32 *ret_rva) MUST_CHECK;

/* --- imports and exports, by name only -------------------------------------------------------- */

#define PE_MAX_NAME 255 /* bytes of a function's or a library's name */

struct pe_import {
	const char *dll, *name;
	u32 slot; /* rva of the 8 bytes that get the address */
};
struct pe_imports {
	const struct pe *pe;
	const char *dll;  /* of the entries that follow; NULL: the next descriptor does */
	u32 descriptor;	  /* index of the next one */
	u32 names, slots; /* rvas of the next entries */
	struct error *err;
};
void pe_imports_begin(const struct pe *pe, struct pe_imports *ret_imports, struct error *err);
/* 1, 0: that was all, ERR_NOEXEC. */
int pe_imports_next(struct pe_imports *imports, struct pe_import *ret_import) MUST_CHECK;

struct pe_export {
	const char *name;
	u32 rva; /* in a section */
};
struct pe_exports {
	const struct pe *pe;
	u32 count, functions_count;	/* names, functions */
	u32 names, ordinals, functions; /* rvas of the arrays */
};
/* Without an export directory there are 0. */
int pe_exports_open(const struct pe *pe, struct pe_exports *ret_exports,
		    struct error *err) MUST_CHECK;
int pe_export_get(const struct pe_exports *exports, u32 idx, struct pe_export *ret_export,
		  struct error *err) MUST_CHECK;
/* ERR_NOENT: no such name. */
int pe_export_find(const struct pe_exports *exports, const char *name, u32 *ret_rva,
		   struct error *err) MUST_CHECK;

/* --- what signatures cover ---------------------------------------------------------------------
 */

/* The ranges of the file that make up Authenticode's digest of the image, in order: all but the
 * checksum, the directory's entry of the certificate table, and that table itself; then zero bytes
 * up to a multiple of 8 (none when the file has a certificate table: it is aligned). */
struct pe_covered {
	struct pe_extent ranges[3];
	u32 zeros;
};
void pe_covered(const struct pe *pe, struct pe_covered *ret_covered);
void pe_digest(const struct pe *pe, u8 ret_digest[SHA256_SIZE]);

/* Pages, as page hashes count them: first the headers, then each 4096 bytes that a section has in
 * the file; what lacks at the end counts as zeros. The headers' digest leaves out checksum and
 * directory entry as above, without zeros in their place. */
u32 pe_page_count(const struct pe *pe);
struct pe_page {
	struct pe_extent file;
	u32 rva;			  /* 0 for the headers */
	const struct pe_section *section; /* NULL for the headers */
};
/* idx < pe_page_count() */
struct pe_page pe_page(const struct pe *pe, u32 idx);
void pe_page_digest(const struct pe *pe, const struct pe_page *page, u8 ret_digest[SHA256_SIZE]);

/* A page that is trusted: where it begins in the file, and its digest. */
struct image_page {
	u32 offset;
	u8 digest[SHA256_SIZE];
};

/* The checksum that the file ought to have, whatever it has. */
u32 pe_checksum(const struct pe *pe);

/* The one signature in the certificate table: WIN_CERTIFICATE of revision 2 and type 2 (PKCS #7)
 * that fills the table but for zero bytes up to a multiple of 8. *ret_der has those bytes too:
 * DER says itself where it ends. ERR_NOENT: the image is not signed. */
int pe_certificate(const struct pe *pe, struct pe_extent *ret_der, struct error *err) MUST_CHECK;
