/* SPDX-License-Identifier: MIT */
/* What programs may do: program types, contexts, attach types, section names, map types and helpers
 * of both dialects. Inside the system a type is a pointer to its row here, never a bare number: the
 * dialects number differently. */
#pragma once

#include "base/arena.h"
#include "base/compiler.h"
#include "prog/prog.h"

struct guid {
	u32 data1;
	u16 data2, data3;
	u8 data4[8];
};

/* Argument classes of helpers; the numbers below 64 enter the program-information hash of the
 * Windows dialect.
 *
 * In all of them "memory" is the stack, a packet, a map value or a reserved record, as a pointer
 * that may have a bounded variable part, and all of it must be inside. _OR_NULL: or the constant 0;
 * then a size after it is the constant 0, too. Arguments are the helper's only while it runs,
 * unless it RELEASES. Only PRIVILEGED types may have pointers written into memory that others read.
 *
 * NONE            the helper does not look at it, nor at those after it
 * ANYTHING        an initialised number; pointers only in PRIVILEGED types
 * VARIADIC        like ANYTHING, but a register without a value is fine: the helper looks at it
 *                 only when its format says so
 * SIZE            a bounded number, at least 1; the argument before it is memory of at least its
 *                 greatest value
 * SIZE_OR_ZERO    the same, and 0 is fine; when it can be nothing but 0 the memory is not looked at
 * ALLOC_SIZE      a constant: what r0 points to has that many bytes
 * CTX             the context pointer as the program got it, without offset
 * CTX_OR_SOCK     CTX, or SOCK_COMMON in program types of which spec_helper_in says so
 * MAP             a constant map, of one of the row's kinds; MAP_KEY and MAP_VALUE speak of it
 * PROG_MAP        the same, a map of programs
 * MAP_KEY         initialised memory of the map's key_size (none is read when that is 0)
 * MAP_VALUE       initialised memory of the map's value_size
 * MAP_VALUE_OUT   writable memory of the map's value_size, need not be initialised
 * MAP_MEM         writable memory of one map value; a SIZE follows
 * READ_MEM        initialised memory; a SIZE follows
 * WRITE_MEM       writable memory, need not be initialised, is afterwards; a SIZE follows
 * UPDATE_MEM      initialised and writable memory; a SIZE follows
 * READ_20 READ_40 initialised memory of so many bytes
 * WRITE_U64       8 writable bytes, aligned when on the stack
 * UPDATE_U32      4 initialised and writable bytes, aligned when on the stack
 * STACK           a pointer into the program's stack frames, for a callback
 * CONST_STRING    a pointer, constant offset, into a map value that programs cannot write and that
 *                 has a NUL from there on
 * LOCK TIMER KPTR_FIELD  a struct bpf_spin_lock, struct bpf_timer or field tagged kptr of a map
 *                 value, known from the value's BTF, constant offset
 * LOCK_HELD       the LOCK that is held; it is not held afterwards
 * KPTR_OR_NULL    an owned pointer (from a kfunc or kptr_xchg) of the field's type: released
 * SOCK_COMMON     RET_SOCK*, RET_TCP_SOCK, a context's sk, or BTF of a socket structure
 * BTF             the kernel structure that the prototype names there, trusted, without offset
 * PERCPU_BTF      the address of a per-CPU ksym
 * ALLOC_MEM       RET_ALLOC_MEM as it was returned, without offset
 * DYNPTR          an initialised struct bpf_dynptr on the stack
 * DYNPTR_OUT      16 bytes on the stack, aligned, that become one
 * DYNPTR_RECORD*  the same, of a ring buffer's record; to be released, also when the call failed
 * TYPE_ID         a constant, the number of a structure in the program's own BTF
 * ITER_OUT        memory of the stack, aligned, of the size of the structure that the prototype
 *                 names, that becomes an iterator; to be released, also when the call failed
 * ITER            one that was made by ITER_OUT and names the same structure. Its elements end: a
 *                 loop that goes on only while the next one is not NULL terminates
 * OBJECT          RET_OBJECT, owned
 * SLICE_BUFFER    writable memory of ALLOC_SIZE bytes (the argument after it), or NULL
 * FROM_LOADER     any; the loader fills it in
 * FUNC_*          the address of a subprogram; struct spec_callback says how it is called. A
 *                 callback may run any number of times, none included (FUNC_TIMER: later, on its
 *                 own, without the caller's frames) */
enum spec_arg {
#define SPEC_ARG(NAME, number, name, text) ARG_##NAME = (number),
#include "spec/args.def"
#undef SPEC_ARG
};

/* What r0 is after the call. _OR_NULL: must be compared with 0 before it is used.
 *
 * INTEGER         any number
 * LENGTH          -4095 .. the greatest value of the SIZE argument
 * INTEGER_OR_NO_RETURN  a tail call: when it returns, any number
 * UNSUPPORTED     no contract: refuse the call
 * VOID            without a value
 * MAP_VALUE       value_size bytes of the map's value, writable unless programs cannot write the
 *                 map
 * MAP_OR_NULL     an inner map of the kind, key and value sizes of the map's inner definition
 * ALLOC_MEM       initialised, writable; as many bytes as ALLOC_SIZE says
 * DYNPTR_MEM      the same, valid as long as the dynptr
 * SOCK SOCK_COMMON TCP_SOCK XDP_SOCK FLOW_KEYS  spec_ret_layout has the fields
 * BTF             a trusted pointer to the structure that the prototype says the helper returns
 * PERCPU          the variable whose address the argument was, of one CPU; plain memory of its
 *                 size, not writable
 * KERN_CTX        trusted pointer to what the context stands for in the kernel
 * TYPED           the structure that TYPE_ID says; any load is fine (0 where nothing is)
 * READ_4          4 bytes, to be read
 * OBJECT          zeroed, writable, of the type that TYPE_ID says or the argument has
 * DYNPTR_SLICE    as DYNPTR_MEM, not writable
 * KPTR            what the KPTR_FIELD pointed to, now owned */
enum spec_ret {
#define SPEC_RET(NAME, number, name, text) RET_##NAME = (number),
#include "spec/returns.def"
#undef SPEC_RET
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
enum spec_field_flag {
	FIELD_WHOLE = 1,    /* only units are loaded; else parts of one, too */
	FIELD_WIDE = 2,	    /* two units as 8 bytes are loaded and stored, too */
	FIELD_ANY = 4,	    /* 1, 2, 4 or 8 bytes are loaded and stored anywhere in it */
	FIELD_OLD_PORT = 8, /* was 4 bytes once, and is loaded like that as well */
};
struct spec_field {
	const char *name;
	u16 off, size;
	u8 unit; /* size of what it is an array of; else size */
	u8 kind; /* enum spec_field_kind */
	u8 flags;
	bool writable;
	enum spec_ret gives; /* POINTER: what a load gives, a class of those with a layout or BTF */
	const char *type;    /* for RET_BTF: the structure's name */
};

enum spec_ctx_flag {
	SPEC_CTX_PLAIN = 1, /* memory: any access that is inside and leaves pointers alone */
	SPEC_CTX_BTF = 2,   /* the BTF of the hook tells which fields are pointers, to what */
};
struct spec_ctx {
	const char *name;		 /* the C struct: "bind_md_t", "xdp_md" */
	u16 size;			 /* bytes, as the verifier sees it */
	s16 data, data_end, data_meta;	 /* offsets, -1: none */
	u8 flags;			 /* enum spec_ctx_flag */
	const struct spec_field *fields; /* by rising offset, not overlapping */
	u32 field_count;
};

/* Whether programs may load (store) size bytes (1, 2, 4 or 8) at off: NULL, or why not. What is
 * loaded is ret_field's, by its kind; NULL there: bytes, maybe of several fields. */
const char *spec_ctx_access(const struct spec_ctx *ctx, u32 off, u32 size, bool store,
			    const struct spec_field **ret_field);

/* Numbers that the lower half of r0, as a signed one, may be at the program's end. */
struct spec_range {
	s32 least, most;
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
	u64 bit;   /* in sets of types, such as struct spec_helper's progs */
	struct spec_range result;
};

struct spec_attach_type {
	const char *name;
	enum dialect dialect;
	u32 number;
	struct guid guid;
	const struct spec_ctx *ctx; /* where it differs from the type's; else NULL */
	bool has_result;	    /* result holds instead of the type's */
	struct spec_range result;
};

/* What a program that is attached there gets, and may end with. attach may be NULL. */
const struct spec_ctx *spec_ctx_of(const struct spec_prog_type *type,
				   const struct spec_attach_type *attach);
struct spec_range spec_result_of(const struct spec_prog_type *type,
				 const struct spec_attach_type *attach);

/* A section name, or its beginning up to a '/', that implies a program type. */
struct spec_section {
	const char *prefix;
	enum dialect dialect;
	const struct spec_prog_type *type;
	const struct spec_attach_type *attach; /* may be NULL */
};

/* What a map type is, apart from how a dialect numbers it. */
enum map_kind {
#define MAP_TYPE(NAME, ...) MAP_KIND_##NAME,
#include "spec/map_types.def"
#undef MAP_TYPE
	MAP_KIND_COUNT
};

enum spec_map_flag {
	MAP_TYPE_PER_CPU = 1,
	MAP_TYPE_OF_MAPS = 2,
	MAP_TYPE_NO_KEY = 4,	/* key_size must be 0 */
	MAP_TYPE_INDEX_KEY = 8, /* the key is a u32 index */
	MAP_TYPE_CUSTOM = 16,	/* in the Windows dialect extensions provide it */
};

struct spec_map_type {
	const char *name; /* "hash" */
	enum map_kind kind;
	u32 windows, linux_; /* numbers; 0: the dialect does not have it */
	u32 flags;	     /* enum spec_map_flag */
};

/* A helper's contract. id is the dialect's number. Between bpf_spin_lock and bpf_spin_unlock no
 * helper may be called but the latter. */
struct spec_helper {
	const char *name; /* "bpf_map_lookup_elem" */
	enum dialect dialect;
	const struct spec_prog_type *type; /* whose it is; NULL: every program's */
	u32 id;
	enum spec_ret ret; /* RET_UNSUPPORTED: the row only names it */
	enum spec_arg args[5];
	u32 flags;	       /* enum helper_flag of prog/exec.h */
	const char *prototype; /* C, for people, and see spec_helper_struct */
	bool offered;	       /* the runtime has a function for it */
	u64 progs;	       /* bits of the types that may call it; 0: all. spec_helper_allowed */
	u64 maps;	       /* 1 << enum map_kind of those that ARG_MAP and ARG_PROG_MAP take */
};

/* NULL when it is offered, else why not: "there are no timers yet". */
const char *spec_helper_missing(const struct spec_helper *helper);

/* How a helper calls the subprogram that it is given. args end with CALLBACK_NONE. */
enum spec_callback_arg {
	CALLBACK_NONE,
	CALLBACK_NUMBER,   /* any */
	CALLBACK_MAP,	   /* the map that the helper was given (FUNC_TIMER: bpf_timer_init) */
	CALLBACK_KEY,	   /* readable memory of its key_size */
	CALLBACK_VALUE,	   /* RET_MAP_VALUE of it */
	CALLBACK_CTX,	   /* what the helper got as the argument after the subprogram */
	CALLBACK_BTF_TASK, /* struct task_struct, trusted */
	CALLBACK_BTF_VMA,  /* struct vm_area_struct, trusted */
	CALLBACK_DYNPTR,   /* an initialised dynptr, read only; not to be released */
};
struct spec_callback {
	enum spec_callback_arg args[5];
	s32 least, most; /* what it may return */
};

/* A function of an extension that programs call by name, with its contract as if it were a helper
 * (id 0). */
struct spec_function {
	struct guid module; /* whose it is */
	struct spec_helper contract;
};

/* A set of rows: the built-in ones, and those that a file or a provider added. It does not change
 * once it is made, and is shared by counting references. Wherever a set is asked for, NULL stands
 * for the built-in rows alone. Map types are the same in all sets. */
struct spec {
	u32 refs;
	struct arena *arena; /* of the rows that are not built in; NULL: there are none */
	const struct spec_prog_type **types;
	const struct spec_attach_type **attach_types;
	const struct spec_section **sections;
	const struct spec_helper **helpers;
	const struct spec_function **functions;
	u32 type_count, attach_count, section_count, helper_count; /* of the rows added */
	u32 function_count;
	const struct spec **parts; /* sets that rows are from, which have no parts themselves */
	u32 part_count;
};
struct spec *spec_get(const struct spec *spec); /* gives spec back, or NULL */
void spec_put(const struct spec *spec);		/* accepts NULL */
/* The rows of two sets, which are not NULL and whose rows differ; 0 or ERR_NOMEM. */
int spec_join(const struct spec *a, const struct spec *b, struct spec **ret_spec) MUST_CHECK;

/* Rows of a set, as below. The built-in ones come first in listings, and are found first. */
const struct spec_prog_type *spec_find_type(const struct spec *spec, enum dialect dialect,
					    const char *name);
const struct spec_prog_type *spec_find_type_number(const struct spec *spec, enum dialect dialect,
						   u32 number);
const struct spec_attach_type *spec_find_attach(const struct spec *spec, enum dialect dialect,
						const char *name);
const struct spec_section *spec_find_section(const struct spec *spec, enum dialect dialect,
					     const char *section);
const struct spec_helper *spec_find_helper(const struct spec *spec, enum dialect dialect,
					   const struct spec_prog_type *type, u32 id);
enum dialect spec_find_ctx_dialect(const struct spec *spec, const char *name, u64 size);
const struct spec_prog_type *spec_nth_type(const struct spec *spec, size_t i);
const struct spec_attach_type *spec_nth_attach(const struct spec *spec, size_t i);
const struct spec_section *spec_nth_section(const struct spec *spec, size_t i);
const struct spec_helper *spec_nth_helper(const struct spec *spec, size_t i);
const struct spec_function *spec_nth_function(const struct spec *spec, size_t i);

/* Built-in rows. NULL when there is none. DIALECT_UNKNOWN finds only what both dialects share (the
 * raw type): nothing here guesses. */
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
/* Whether programs of that type may call it: by row->progs, and of which type it is. */
bool spec_helper_allowed(const struct spec_helper *helper, const struct spec_prog_type *type);
/* Whether they may where they hang. attach NULL: that is not known, and the kernel will see. */
bool spec_helper_allowed_at(const struct spec_helper *helper,
			    const struct spec_attach_type *attach);
/* The contract as it is for a call in a program of that type (may be NULL) with a map of that kind
 * (MAP_KIND_COUNT: without, or not known): classes that depend on one of these are made precise,
 * flags follow. The verifier takes this. Whether the kind is one of helper->maps is for the caller
 * to see. */
struct spec_helper spec_helper_in(const struct spec_helper *helper,
				  const struct spec_prog_type *type, enum map_kind kind);
/* The name of the structure that the prototype says an argument (0..4) or, -1, the result points
 * to: for class BTF. Its length is in *ret_len; NULL when there is none. */
const char *spec_helper_struct(const struct spec_helper *helper, int arg, u32 *ret_len);
/* What in the contract contradicts itself, or what the rows' readers rely on; NULL: nothing. */
const char *spec_helper_fault(const struct spec_helper *helper);
/* How FUNC_... is called; NULL for other classes. */
const struct spec_callback *spec_callback_of(enum spec_arg arg);
/* The fields of SOCK, SOCK_COMMON, TCP_SOCK, XDP_SOCK, FLOW_KEYS, for spec_ctx_access; else NULL.
 */
const struct spec_ctx *spec_ret_layout(enum spec_ret ret);
/* The name of value as a verdict of type ("DROP"); NULL when it is none. */
const char *spec_verdict_name(const struct spec_prog_type *type, u64 value);

/* A function of the Linux kernel that programs call by name, with its contract as if it were a
 * helper (id 0); NULL: not known. */
const struct spec_helper *spec_find_kfunc(enum dialect dialect, const char *name);
/* The contract of what a program calls by name: of the kernel, or of a set. module: the GUID as
 * text, maybe in braces, of whose it is; NULL: the first of that name. */
const struct spec_helper *spec_find_function(const struct spec *spec, enum dialect dialect,
					     const char *name, const char *module);

/* All rows, for listings: NULL at the end. */
const struct spec_helper *spec_kfunc_at(size_t i);
const struct spec_prog_type *spec_prog_type_at(size_t i);
const struct spec_helper *spec_helper_at(size_t i);
const struct spec_attach_type *spec_attach_type_at(size_t i);
const struct spec_section *spec_section_at(size_t i);
const struct spec_map_type *spec_map_type_at(size_t i);

/* The dialect whose contexts have a C type of that name; DIALECT_UNKNOWN when none has. The Windows
 * dialect's NAME_t may be a typedef of a struct that is called NAME as in Linux: its size (0: not
 * known) tells. */
enum dialect spec_ctx_dialect(const char *name, u64 size);
