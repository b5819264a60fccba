/* SPDX-License-Identifier: MIT */
/* Native modules into the pipeline: an image's tables become an object whose programs are machine
 * code already. They have no instructions; what stands in for those names the maps and helpers that
 * they use, so that whoever asks which these are finds them. */
#pragma once

#include "load/load.h"

struct image_module;
struct load_module;

/* Whether the bytes are an image's rather than an object's. */
bool module_is(const u8 *bytes, size_t len);

/* Loads the image, whose pages options->pages vouches for, and makes an object of what it says. */
int module_open(const u8 *bytes, size_t len, const struct load_options *options,
		struct load_module **ret_module, struct object **ret_object,
		struct error *err) MUST_CHECK;
void module_free(
	struct load_module *module); /* NULL is allowed; after the runtime, and the object */

/* By the object's index. ERR_ACCES: it was verified against other types or helpers. */
int module_link(struct load_module *module, u32 idx, const struct spec_prog_type *type,
		const struct prog **ret_prog, const struct prog_facts **ret_facts,
		struct error *err) MUST_CHECK;
/* What runs its programs, and no others. */
const struct engine *module_engine(const struct load_module *module);

/* module_object.c: the object. */
int module_object(const struct image_module *tables, const struct load_options *options,
		  struct object **ret_object, struct error *err) MUST_CHECK;
