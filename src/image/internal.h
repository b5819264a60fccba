/* SPDX-License-Identifier: MIT */
/* What the files of image/ share. */
#pragma once

#include "image/image.h"
#include "os/os.h"

#define IMAGE_MAX_IMPORTS 256u

/* A section in memory. */
struct image_part {
	u32 rva, size; /* whole pages */
	enum os_access access;
};

struct image {
	struct os_code code;
	u32 refs; /* atomic */
	bool is_driver;
	bool keeps_vectors;
	u32 entry;     /* rva; 0: none */
	u32 get_table; /* rva of get_metadata_table(); 0: not exported */
	void *unload;  /* of a driver that has started */
	u32 part_count;
	struct image_part parts[PE_MAX_SECTIONS];
};

/* Whether the address is one of the image's code. */
bool image_has_code(const struct image *image, u64 address);

/* Whether some function of the image may count on xmm6 to xmm15 being as they were when a function
 * that it calls returns: one that puts something there saves them first, and the tables for
 * unwinding say so. Without tables that are understood: yes. The image is copied. */
bool image_keeps_vectors(const struct image *image, const struct pe *pe);

/* The function that an import gets; 0: nobody offers it. Names of libraries are of either case. */
u64 image_find_import(const char *dll, const char *name);

/* The address of a driver's metadata table, by what it registers; not checked. */
int image_start_driver(struct image *image, u64 *ret_table, struct error *err) MUST_CHECK;
void image_stop_driver(struct image *image);
