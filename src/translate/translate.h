/* SPDX-License-Identifier: MIT */
/* Programs as C, to be compiled into a native module: what include/bpf2c.h says. */
#pragma once

#include "base/error.h"
#include "base/sha256.h"
#include "base/strbuf.h"
#include "btf/btf.h"
#include "prog/facts.h"

struct translate_prog {
	const struct prog *prog; /* has its type and dialect, and passed prog_check() */
	/* What the verifier has proven. NULL: it was not asked; then every program means what it
	 * means in the interpreter, as far as its accesses are good. */
	const struct prog_facts *facts;
};

enum translate_form {
	TRANSLATE_RAW, /* the table alone, <name>_metadata_table */
	TRANSLATE_SO,  /* and get_metadata_table() */
	TRANSLATE_DLL, /* and what the Windows linker asks of a DLL */
	TRANSLATE_SYS, /* and what makes a driver of it */
};

struct translate_options {
	size_t size;	  /* sizeof(struct translate_options) */
	const char *name; /* what the module's symbols begin with; made a C name */
	const char *file; /* the text's own name, for #line */
	enum translate_form form;
	const char *hash_name; /* of what hash is, "SHA256"; NULL: none, and programs carry none
				* either */
	const u8 *hash;	       /* of the object file */
	u32 hash_len;
	const struct btf *btf; /* of the object, for arguments with types; NULL: none */
	bool no_lines;	       /* leave out #line */
	bool zero_frames;      /* programs may read stack that they did not write */
};

/* The programs of one object, which share its maps. What cannot be translated is ERR_NOTSUP and
 * says which instruction. *out has the whole text, or a part on failure. */
int translate_module(const struct translate_prog *progs, u32 count,
		     const struct translate_options *options, struct strbuf *out,
		     struct error *err) MUST_CHECK;
