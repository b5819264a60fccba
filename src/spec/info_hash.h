/* SPDX-License-Identifier: MIT */
/* The program-information hash of the Windows dialect: what a program was verified against, as one
 * number. A native module carries that of its compilation, the core makes its own when it loads the
 * module, and they have to agree. */
#pragma once

#include "base/error.h"
#include "base/sha256.h"
#include "spec/spec.h"

/* A function that a program finds by name and module instead of by number. */
struct info_hash_func {
	struct guid module;
	const char *name;
	enum spec_ret ret;
	enum spec_arg args[5];
	u32 flags;
};

/* In which order they come: negative, 0 or positive. */
int info_hash_order(const struct info_hash_func *a, const struct info_hash_func *b);

/* Those of a program, in that order, into room for prog->func_count. ERR_NOENT: of one, nothing is
 * known of what it takes and gives. */
int info_hash_funcs(const struct prog *prog, struct info_hash_func *ret_funcs,
		    struct error *err) MUST_CHECK;

struct info_hash_input {
	const struct spec *spec; /* the set that type is from */
	const struct spec_prog_type *type;
	const u32 *helpers; /* ids of those that the program calls, ascending, each once */
	size_t helper_count;
	const struct info_hash_func *funcs; /* ascending by module's bytes, then name, each once */
	size_t func_count;
};

/* Gets the canonical encoding piece by piece. */
typedef void info_hash_put(void *arg, const void *bytes, size_t len);

/* Numbers are little-endian; names come without a terminator:
 *
 *     type's name; context: u32 size, data, data_end, data_meta (-1: none); GUID (16 bytes);
 *     u32 type's number; u8 privileged; u64 helper count; per helper: u32 id, name, u32 return
 *     class, u32 x 5 argument classes, u8 1 when it moves the packet, else nothing;
 *     only when there are functions: u64 count; per function: GUID, name, u32 return class,
 *     u32 x 5 argument classes, u32 flags
 *
 * ERR_NOTSUP: not a type of the Windows dialect with a context; ERR_NOENT: no such helper;
 * ERR_INVAL: wrong order. put has then seen a part. */
int info_hash_encode(const struct info_hash_input *input, info_hash_put *put, void *arg,
		     struct error *err) MUST_CHECK;
int info_hash_sha256(const struct info_hash_input *input, struct error *err,
		     u8 ret_digest[SHA256_SIZE]) MUST_CHECK;
