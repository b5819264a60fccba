/* SPDX-License-Identifier: MIT */
/* What programs may do: program types, contexts, attach types, section names, map types and helpers
 * of both dialects. Inside the system a type is a pointer to its row here, never a bare number: the
 * dialects number differently. */
#pragma once

#include "base/compiler.h"
#include "prog/prog.h"

struct guid {
	u32 data1;
	u16 data2, data3;
	u8 data4[8];
};

/* Argument classes of helpers; the numbers enter the program-information hash of the Windows
 * dialect. */
enum spec_arg {
#define SPEC_ARG(NAME, number, text) ARG_##NAME = (number),
#include "spec/args.def"
#undef SPEC_ARG
};

enum spec_ret {
	RET_INTEGER = 0,
	RET_MAP_VALUE_OR_NULL = 1,
	RET_INTEGER_OR_NO_RETURN = 2, /* tail call */
	RET_UNSUPPORTED = 3,
};

/* A field of a context. Contexts with a packet have fields of kind DATA, DATA_END and perhaps
 * DATA_META. */
enum spec_field_kind {
	FIELD_SCALAR,
	FIELD_DATA,
	FIELD_DATA_END,
	FIELD_DATA_META,
	FIELD_POINTER,
	FIELD_PACKET_LEN, /* a number, which whoever makes the context takes from the packet */
};
struct spec_field {
	const char *name;
	u16 off, size;
	u8 kind; /* enum spec_field_kind */
	bool writable;
};

struct spec_ctx {
	const char *name;	       /* the C struct: "bind_md_t", "xdp_md" */
	u16 size;		       /* bytes, as the verifier sees it */
	s16 data, data_end, data_meta; /* offsets, -1: none */
	const struct spec_field *fields;
	u32 field_count;
};

struct spec_verdict {
	const char *name; /* "PERMIT" */
	u64 value;
};

enum spec_prog_flag {
	PROG_TYPE_RAW = 1,	     /* r1 = n writable bytes, r2 = n */
	PROG_TYPE_LEGACY_PACKET = 2, /* LD_ABS / LD_IND allowed */
	PROG_TYPE_PRIVILEGED = 4,    /* may leak pointers */
};

struct spec_prog_type {
	const char *name;     /* "bind", "xdp", "socket_filter" */
	enum dialect dialect; /* DIALECT_UNKNOWN: of both (raw) */
	u32 number;	      /* in that dialect */
	struct guid guid;
	const struct spec_ctx *ctx;
	const struct spec_verdict *verdicts;
	u32 verdict_count;
	u32 flags; /* enum spec_prog_flag */
};

struct spec_attach_type {
	const char *name;
	enum dialect dialect;
	u32 number;
	struct guid guid;
};

/* A section name, or its beginning up to a '/', that implies a program type. */
struct spec_section {
	const char *prefix;
	enum dialect dialect;
	const struct spec_prog_type *type;
	const struct spec_attach_type *attach; /* may be NULL */
};

/* What a map type is, apart from how a dialect numbers it. */
enum map_kind {
#define MAP_TYPE(NAME, name, windows, linux, flags) MAP_KIND_##NAME,
#include "spec/map_types.def"
#undef MAP_TYPE
	MAP_KIND_COUNT
};

enum spec_map_flag {
	MAP_TYPE_PER_CPU = 1,
	MAP_TYPE_OF_MAPS = 2,
	MAP_TYPE_NO_KEY = 4,	/* key_size must be 0 */
	MAP_TYPE_INDEX_KEY = 8, /* the key is a u32 index */
};

struct spec_map_type {
	const char *name; /* "hash" */
	enum map_kind kind;
	u32 windows, linux_; /* numbers; 0: the dialect does not have it */
	u32 flags;	     /* enum spec_map_flag */
};

/* A helper's contract. id is the dialect's number. */
struct spec_helper {
	const char *name; /* "bpf_map_lookup_elem" */
	enum dialect dialect;
	const struct spec_prog_type *type; /* whose it is; NULL: every program's */
	u32 id;
	enum spec_ret ret; /* RET_UNSUPPORTED: the row only names it */
	enum spec_arg args[5];
	u32 flags;	       /* enum helper_flag of prog/exec.h */
	const char *prototype; /* C, for people */
	bool offered;	       /* the runtime has a function for it */
};

/* Rows. NULL when there is none. DIALECT_UNKNOWN finds only what both dialects share (the raw
 * type): nothing here guesses. */
const struct spec_prog_type *spec_prog_type_by_name(enum dialect dialect, const char *name);
const struct spec_prog_type *spec_prog_type_by_number(enum dialect dialect, u32 number);
/* Longest match; a prefix counts when the section equals it or goes on with '/' (for "name/"
 * prefixes, anything). */
const struct spec_section *spec_section_match(enum dialect dialect, const char *section);
const struct spec_map_type *spec_map_type_by_number(enum dialect dialect, u32 number);
const struct spec_map_type *spec_map_type_by_kind(enum map_kind kind);
/* type may be NULL: then only the helpers that every program has. The type's own come first. */
const struct spec_helper *spec_helper_by_id(enum dialect dialect, const struct spec_prog_type *type,
					    u32 id);
/* The name of value as a verdict of type ("DROP"); NULL when it is none. */
const char *spec_verdict_name(const struct spec_prog_type *type, u64 value);

/* All rows, for listings: NULL at the end. */
const struct spec_prog_type *spec_prog_type_at(size_t i);
const struct spec_helper *spec_helper_at(size_t i);
const struct spec_attach_type *spec_attach_type_at(size_t i);
const struct spec_section *spec_section_at(size_t i);
const struct spec_map_type *spec_map_type_at(size_t i);

/* The dialect whose contexts have a C type of that name; DIALECT_UNKNOWN when none has. The Windows
 * dialect's NAME_t may be a typedef of a struct that is called NAME as in Linux: its size (0: not
 * known) tells. */
enum dialect spec_ctx_dialect(const char *name, u64 size);
