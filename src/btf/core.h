/* SPDX-License-Identifier: MIT */
/* CO-RE: what a relocation of an object comes to when the structures that the program will meet are
 * laid out as another BTF (the target) says. Types are found by name, fields by their path of
 * names. Nothing recurses, and all work is counted: two hostile BTFs cost no more than the budget.
 * Rules: kernel documentation, Documentation/bpf/llvm_reloc.rst. */
#pragma once

#include "btf/btf.h"

struct strbuf;

enum btf_core_kind {
	BTF_CORE_FIELD_BYTE_OFFSET = 0,
	BTF_CORE_FIELD_BYTE_SIZE = 1,
	BTF_CORE_FIELD_EXISTS = 2,
	BTF_CORE_FIELD_SIGNED = 3,
	BTF_CORE_FIELD_LSHIFT_U64 = 4,
	BTF_CORE_FIELD_RSHIFT_U64 = 5,
	BTF_CORE_TYPE_ID_LOCAL = 6,
	BTF_CORE_TYPE_ID_TARGET = 7,
	BTF_CORE_TYPE_EXISTS = 8,
	BTF_CORE_TYPE_SIZE = 9,
	BTF_CORE_ENUMVAL_EXISTS = 10,
	BTF_CORE_ENUMVAL_VALUE = 11,
	BTF_CORE_TYPE_MATCHES = 12,
	BTF_CORE_KIND_COUNT
};

/* "field_byte_offset" ..., "?" for an unknown one. */
const char *btf_core_kind_name(u32 kind);

/* The ids of a BTF by name without flavor. */
struct btf_index {
	const struct btf *btf;
	u64 seed;
	u32 *heads; /* by hash; 0 ends a chain */
	u32 mask;
	u32 *next; /* by id, ascending */
};

/* Length of a name without its flavor: "task_struct___old" is "task_struct". */
size_t btf_core_name_len(const char *name);
int btf_index_open(const struct btf *btf, u64 seed, struct arena *arena,
		   struct btf_index *ret_index, struct error *err) MUST_CHECK;

#define BTF_CORE_BUDGET ((u64)1 << 26)

struct btf_core {
	const struct btf *local;
	/* Without a target (index.btf NULL) every relocation comes to what is in the local BTF, and
	 * whatever is asked for exists. */
	struct btf_index index;
	u64 steps; /* left of the budget */
};

/* Bytes and bits of a field. */
struct btf_core_field {
	u64 bit_off;
	u32 type;     /* of the field, without modifiers */
	u32 bit_size; /* of a bit-field, else 0 */
	u32 size;     /* bytes; for a bit-field of the word that is loaded to get at it */
	u64 off;      /* bytes; for a bit-field of that word */
};

struct btf_core_value {
	/* NULL, or why there is no value: then what holds the instruction must not be executed. */
	const char *missed;
	u64 local, target;
	/* An instruction that holds anything but `local` was not meant. */
	bool is_local_sure;
	/* FIELD_BYTE_OFFSET: the two fields, for those that patch a load or a store. */
	struct btf_core_field local_field, target_field;
};

/* Errors are for what no compiler writes (ERR_NOEXEC), for a target in which several types fit and
 * give different values (ERR_NOEXEC), for the budget (ERR_TOOBIG), for memory. */
int btf_core_resolve(struct btf_core *core, const struct btf_core_relo *relo,
		     struct btf_core_value *ret_value, struct error *err) MUST_CHECK;

/* Whether a load or store of one field can do the same with the other one when its size is
 * changed. is_exact: it extends signs itself, or cuts off only. */
bool btf_core_resizable(const struct btf_core *core, const struct btf_core_value *value,
			bool is_exact);

/* "struct task_struct.comm[3] (0:5:3)", as far as the record makes sense. */
void btf_core_describe(const struct btf *local, const struct btf_core_relo *relo,
		       struct strbuf *text);
