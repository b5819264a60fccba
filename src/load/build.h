/* SPDX-License-Identifier: MIT */
/* From the C of a native module to an image: the compiler and the linker of the LLVM project, in a
 * folder of its own, so that equal programs give equal bytes wherever they are built. */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"
#include "translate/translate.h"

enum build_arch { BUILD_X86_64, BUILD_ARM64 };

struct build_options {
	size_t size;		  /* sizeof(struct build_options) */
	const char *name;	  /* of the image's file, without folder; the PDB is called so */
	const char *module;	  /* of the C, and of what comes between: a C name */
	enum translate_form form; /* the text's: not raw */
	enum build_arch arch;
	const char *include;  /* the folder of bpf2c.h */
	const char *compiler; /* these two: NULL: the first there is */
	const char *linker;
	bool for_debugger; /* nothing is optimised away */
	bool twin;	   /* a copy of a PE image with DWARF in it, for gdb */
};

struct build {
	u8 *image; /* mem_alloc'd; for build_fini() */
	size_t len;
	u8 *pdb; /* of a PE image; else NULL */
	size_t pdb_len;
	u8 *twin; /* when it was asked for */
	size_t twin_len;
};

/* What this machine is; images for others are built as well. */
enum build_arch build_host(void);
/* ERR_NOENT: no such tool, err says which. ERR_NOTSUP: a tool failed; it has said why on standard
 * error. */
int build_image(const struct strbuf *text, const struct build_options *options,
		struct build *ret_build, struct error *err) MUST_CHECK;
void build_fini(struct build *build); /* accepts a zeroed one */
