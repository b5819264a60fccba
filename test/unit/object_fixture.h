/* SPDX-License-Identifier: MIT */
/* Small objects for the loader's tests: instructions as bytes, and a file that is built, opened and
 * released. */
#pragma once

#include "elf_builder.h"
#include "elf/elf.h"
#include "object/object.h"

#define LE16(x) (u8)((x)&0xff), (u8)((u16)(x) >> 8)
#define LE32(x)                                                                       \
	(u8)((u32)(x)&0xff), (u8)((u32)(x) >> 8 & 0xff), (u8)((u32)(x) >> 16 & 0xff), \
		(u8)((u32)(x) >> 24)
#define SLOT(op, regs, off, imm) (op), (regs), LE16(off), LE32(imm)
#define MOV0			 SLOT(0xb7, 0, 0, 0)
#define EXIT			 SLOT(0x95, 0, 0, 0)
#define CALL(id)		 SLOT(0x85, 0, 0, id)
#define CALL_LOCAL(rel)		 SLOT(0x85, 0x10, 0, rel)
#define LDDW(reg, value)	 SLOT(0x18, reg, 0, value), SLOT(0, 0, 0, (u64)(value) >> 32)
#define JA(rel)			 SLOT(0x05, 0, rel, 0)

enum { RELOC_LDDW = 1, RELOC_ABS64 = 2, RELOC_CALL = 10 };

struct fixture {
	struct elf_builder elf;
	struct btf_builder btf;
	struct object *obj;
	struct error err;
	const struct prog *prog;
	const struct kconfig *kconfig; /* for opening; NULL: none */
};

void fixture_init(struct fixture *f);
void fixture_fini(struct fixture *f);

/* An executable section. */
u32 fixture_code(struct fixture *f, const char *name, const u8 *bytes, size_t len);
u32 fixture_func(struct fixture *f, const char *name, u32 section, u64 off, u64 size);
/* A section of data, SHT_PROGBITS, ALLOC and WRITE. */
u32 fixture_data(struct fixture *f, const char *name, const void *bytes, size_t len);

/* The file's bytes, which the fixture keeps. False: out of memory. */
bool fixture_finish(struct fixture *f, u8 **ret_image, size_t *ret_len) MUST_CHECK;
/* Finishes the file and opens it; the status is also in err. */
int fixture_open(struct fixture *f, enum dialect dialect);
/* Links the program of that name into prog. */
int fixture_link(struct fixture *f, const char *name);
bool fixture_warned(const struct fixture *f, const char *text);
