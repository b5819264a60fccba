/* SPDX-License-Identifier: MIT */
/* Native modules in memory: from the image of a driver or DLL to code that can be called, and to
 * what it says of its programs. An image is hostile until each of its pages is one that somebody
 * trustworthy has signed (sign/ says which); what it then says of itself is still checked, field by
 * field. */
#pragma once

#include "image/pe.h"

/* Each page of the image is the one that the table has in its place, and the table has no others:
 * the headers' first, then the sections' in order. ERR_ACCES says which is not. */
int image_check_pages(const struct pe *pe, const struct image_page *pages, u32 count,
		      struct error *err) MUST_CHECK;

/* An image in memory. Its code is executable and nothing else in it, and cannot be written any
 * more. */
struct image;

/* Maps the image for this machine. Each page is checked as it was copied, before anything in it is
 * changed. Imports become functions of ours (image/imports.c), and nothing else. The bytes are not
 * needed afterwards. The caller has a reference. ERR_NOEXEC: malformed, or for another machine;
 * ERR_ACCES: a page is not the trusted one; ERR_NOTSUP: an import that nobody offers. */
int image_load(const struct pe *pe, const struct image_page *pages, u32 count,
	       struct image **ret_image, struct error *err) MUST_CHECK;
void image_hold(struct image *image);
void image_drop(struct image *image); /* NULL is allowed */
/* Where the byte of that rva is in memory, for debuggers and tests. */
const void *image_address(const struct image *image, u32 rva);
u32 image_size(const struct image *image);

/* What a module says of itself: copies, in an arena, of structures of include/bpf2c.h as they are
 * known here. Strings are terminated, arrays as long as they say, functions in the image's code. */
struct image_module {
	const struct _program_entry *programs;
	u32 program_count;
	const struct _map_entry *maps;
	u32 map_count;
	const struct _map_initial_values *values;
	u32 value_count;
	const struct _global_variable_section_info *sections;
	u32 section_count;
	const u8 *hash; /* of the object that it was made of */
	u32 hash_len;
	u32 version[3]; /* of the translator */
	/* Its code may count on xmm6 to xmm15 being kept by what it calls. */
	bool keeps_vectors;
};

/* Starts the image as its kind wants it, and reads its tables. A driver registers with the Network
 * Module Registrar, whose part is played here; anything else exports get_metadata_table(). Its code
 * runs. ERR_NOEXEC: it does not register, or says what cannot be. */
int image_module_read(struct image *image, struct arena *arena, struct image_module *ret_module,
		      struct error *err) MUST_CHECK;
