/* SPDX-License-Identifier: MIT */
/* From an object file to the C of a native module: every program of it, once all are proven safe.
 */
#pragma once

#include "object/object.h"
#include "translate/translate.h"
#include "verify/reports.h"

struct source_options {
	size_t size;	     /* sizeof(struct source_options) */
	const char *file;    /* for messages */
	const char *program; /* only this one: symbol or section name; NULL: all */
	const char *type;    /* program type's name; NULL: what each section says */
	enum dialect dialect;
	const struct btf *target_btf;  /* as in struct object_options */
	const struct kconfig *kconfig; /* as well */
	const struct spec *spec;       /* as well */
	const struct verify_options *verify;
	struct translate_options translate; /* hash is the object's, made here */
};

struct source {
	struct object *object;
	struct strbuf text; /* the C */
	u32 prog_count;
	/* The program that the verifier refused, and why; NULL: none. */
	const struct prog *refused;
	struct verify_result result;
};

/* ERR_ACCES: a program was refused. bytes outlive the source, which is to be given to source_fini()
 * in any case. */
int source_make(const u8 *bytes, size_t len, const struct source_options *options,
		struct source *ret_source, struct error *err) MUST_CHECK;
void source_fini(struct source *source); /* accepts a zeroed one */
