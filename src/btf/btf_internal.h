/* SPDX-License-Identifier: MIT */
/* What the files of the BTF reader share. */
#pragma once

#include "btf/btf.h"

enum {
	BTF_MAGIC = 0xeb9f,
	BTF_FILE_VERSION = 1,
	BTF_TYPE_SIZE = 12, /* the part that every kind has */
};

/* A part of .BTF or .BTF.ext. */
struct btf_part {
	const u8 *data;
	u32 off, len; /* off: from the start of the ELF section */
};

struct btf_header {
	u32 len;
	/* From 8 on the header is pairs of offset (from the header's end) and length. */
	struct btf_part parts[3];
};

/* Reads a header with `required` to `known` pairs. A longer one is accepted when the rest is zero:
 * then nothing in it is in use. what: ".BTF" or ".BTF.ext". */
int btf_header_read(const u8 *bytes, size_t len, const char *what, u32 required, u32 known,
		    struct btf_header *ret_header, struct error *err) MUST_CHECK;

/* Puts "BTF type 7 (STRUCT "name", offset 0x120): " before the text. Returns its status. */
int btf_type_error(const struct btf *btf, u32 id, struct error *err);

/* The second half of btf_open: everything about how types refer to each other. members is where
 * the types' members are, writable. */
int btf_check(struct btf *btf, struct btf_member *members, struct error *err) MUST_CHECK;
