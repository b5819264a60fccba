/* SPDX-License-Identifier: MIT */
/* What `oriel image` shows of an image. */
#pragma once

#include "cli.h"
#include "image/pe.h"
#include "sign/sign.h"

struct image_view {
	struct cli *cli;
	struct cli_file file;
	struct arena arena;
	struct pe pe;
	struct sign_result sig;
	int sig_status; /* of sign_inspect or sign_verify */
	struct error sig_err;
};

/* --- show.c: `inspect` --- */

void image_print(struct image_view *view);
void image_json(struct image_view *view);
/* The signature's part of both, without a heading. */
void image_print_signature(struct image_view *view);
void image_json_signature(struct image_view *view, struct json *json);
void image_json_cert(const struct sign_cert *cert, struct json *json);

/* --- tables.c: programs and maps of a native module, as a scan of its sections finds them.
 * Nothing vouches for them: names are of printable characters, or NULL. --- */

struct image_program {
	const char *name, *section, *pe_section;
	u64 insns, size; /* size: of the entry, as it says */
	u32 helpers, maps;
	u32 rva; /* of the function; 0: nowhere in the image */
};
struct image_map {
	const char *name;
	u32 type, key_size, value_size, max_entries;
};
/* The entry at or behind *at in the section, with its zero marker; false: there is none any more.
 * *at moves behind it. */
bool image_next_program(const struct pe *pe, u32 *at, struct image_program *ret) MUST_CHECK;
bool image_next_map(const struct pe *pe, u32 *at, struct image_map *ret) MUST_CHECK;
