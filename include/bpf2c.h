/* SPDX-License-Identifier: MIT */
/* What a native module and the system that loads it know of each other, and what the C that bpf2c
 * writes is written with.
 *
 * The structures have the layout of eBPF for Windows' native modules: a table of a module made
 * there reads the same here, and the other way round. Each begins with a header that says how much
 * of it its maker knew; fields are only ever added at the end. Whoever reads one copies the smaller
 * of both sizes into a zeroed one of its own.
 *
 * Compilers: gcc and clang, for any 64-bit target of theirs, freestanding too. No header but
 * <stdint.h>, <stddef.h> and <stdbool.h> is needed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(__GNUC__) && !defined(__clang__)
#error "native modules are compiled with gcc or clang (also with its windows-msvc target)"
#endif

/* --- the contract ------------------------------------------------------------------------------
 */

typedef struct {
	uint16_t version;
	size_t size;	   /* up to the end of the last field */
	size_t total_size; /* sizeof, with padding at the end */
} ebpf_native_module_header_t;

#ifndef GUID_DEFINED
#define GUID_DEFINED
typedef struct _GUID {
	uint32_t Data1;
	uint16_t Data2;
	uint16_t Data3;
	uint8_t Data4[8];
} GUID;
#endif

/* As a record of the legacy "maps" section, 32 bytes. */
typedef struct {
	uint32_t type; /* the dialect's number */
	uint32_t key_size;
	uint32_t value_size;
	uint32_t max_entries;
	uint32_t inner_map_idx;
	uint32_t pinning; /* 0 none, 1 by name */
	uint32_t id;
	uint32_t inner_id; /* of the inner map's template; 0: none */
} bpf2c_map_definition_t;

/* Result and arguments are the registers. context: of the running program, whatever r1 holds. */
typedef uint64_t (*helper_function_t)(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4,
				      uint64_t r5, void *context);

/* What a program refers to: in the module, made by the compiler. */
typedef struct _helper_function_entry {
	ebpf_native_module_header_t header;
	uint32_t helper_id; /* one of BPF2C_HELPER_*, or the dialect's number */
	const char *name;
} helper_function_entry_t;

/* Also a variable of the host, whose address the program uses: then module_guid is one of
 * BPF2C_MODULE_*, and it stands behind all functions. */
typedef struct _btf_resolved_function_entry {
	ebpf_native_module_header_t header;
	const char *name;
	GUID module_guid;
} btf_resolved_function_entry_t;

typedef struct _map_entry {
	uint64_t zero_marker[2]; /* lets a reader of the file tell entries from strings */
	ebpf_native_module_header_t header;
	bpf2c_map_definition_t definition;
	const char *name;
} map_entry_t;

/* What is in a map of maps or programs from the start: names by index, NULL where nothing is. */
typedef struct _map_initial_values {
	ebpf_native_module_header_t header;
	const char *name;
	size_t count;
	const char **values;
} map_initial_values_t;

typedef struct _global_variable_section_info {
	ebpf_native_module_header_t header;
	const char *name; /* of its map */
	size_t size;
	const void *initial_data;
} global_variable_section_info_t;

/* What a program gets: made by the loader, in the order of the entries. */
typedef struct _helper_function_data {
	ebpf_native_module_header_t header;
	helper_function_t address;
	bool tail_call;
} helper_function_data_t;

typedef struct _btf_resolved_function_data {
	ebpf_native_module_header_t header;
	helper_function_t address;
} btf_resolved_function_data_t;

typedef struct _map_data {
	ebpf_native_module_header_t header;
	uintptr_t address;
	uint8_t *array_data; /* values of an array, each rounded up to 8 bytes; else NULL */
} map_data_t;

typedef struct _global_variable_section_data {
	ebpf_native_module_header_t header;
	uint8_t *address_of_map_value;
} global_variable_section_data_t;

typedef struct _program_runtime_context {
	ebpf_native_module_header_t header;
	helper_function_data_t *helper_data;
	map_data_t *map_data;
	global_variable_section_data_t *global_variable_section_data;
	btf_resolved_function_data_t *btf_resolved_function_data;
} program_runtime_context_t;

typedef uint64_t (*bpf2c_program_t)(void *context,
				    const program_runtime_context_t *runtime_context);

typedef struct _program_entry {
	uint64_t zero;
	ebpf_native_module_header_t header;
	bpf2c_program_t function;
	const char *pe_section_name;
	const char *section_name;
	const char *program_name;
	uint16_t *referenced_map_indices;
	uint16_t referenced_map_count;
	helper_function_entry_t *helpers;
	uint16_t helper_count;
	size_t bpf_instruction_count;
	GUID *program_type;
	GUID *expected_attach_type;
	const uint8_t *program_info_hash;
	size_t program_info_hash_length;
	const char *program_info_hash_type;
	btf_resolved_function_entry_t *btf_resolved_functions;
	uint16_t btf_resolved_function_count;
} program_entry_t;

typedef struct _bpf2c_version {
	uint32_t major;
	uint32_t minor;
	uint32_t revision;
} bpf2c_version_t;

typedef struct _metadata_table {
	size_t size;
	void (*programs)(program_entry_t **programs, size_t *count);
	void (*maps)(map_entry_t **maps, size_t *count);
	void (*hash)(const uint8_t **hash, size_t *size);
	void (*version)(bpf2c_version_t *version);
	void (*map_initial_values)(map_initial_values_t **map_initial_values, size_t *count);
	void (*global_variable_sections)(global_variable_section_info_t **sections, size_t *count);
} metadata_table_t;

/* Helper ids of instructions that a dialect has no helper for. Such programs run here only. */
#define BPF2C_HELPER_LOAD_PACKET 0xffff0001u /* (offset, size): big endian; UINT64_MAX: outside */
#define BPF2C_HELPER_FIND	 0xffff0002u /* (helper id): its address; 0: not offered */
#define BPF2C_HELPER_STOP	 0xffff0003u /* (slot): ends the invocation as a fault */

/* Of no module: variables, of the host and of its kernel's configuration. Such programs run here
 * only. */
#define BPF2C_MODULE_VARIABLE                                          \
	{                                                              \
		0x5d1c3f9e, 0x72b4, 0x4e0a,                            \
		{                                                      \
			0x9b, 0x61, 0xe8, 0x27, 0x40, 0xd5, 0x1a, 0x01 \
		}                                                      \
	}
#define BPF2C_MODULE_CONFIG                                            \
	{                                                              \
		0x5d1c3f9e, 0x72b4, 0x4e0a,                            \
		{                                                      \
			0x9b, 0x61, 0xe8, 0x27, 0x40, 0xd5, 0x1a, 0x02 \
		}                                                      \
	}

/* The versions of all these structures, and the least release that reads them. */
#define BPF2C_VERSION_MAJOR    1
#define BPF2C_VERSION_MINOR    6
#define BPF2C_VERSION_REVISION 0

#define BPF2C_END_OF(type, last) (offsetof(type, last) + sizeof(((type *)0)->last))
#define BPF2C_HEADER(type, last)                          \
	{                                                 \
		1, BPF2C_END_OF(type, last), sizeof(type) \
	}

#if UINTPTR_MAX == UINT64_MAX
_Static_assert(sizeof(ebpf_native_module_header_t) == 24, "header");
_Static_assert(sizeof(bpf2c_map_definition_t) == 32, "map definition");
_Static_assert(sizeof(helper_function_entry_t) == 40 &&
		       offsetof(helper_function_entry_t, name) == 32,
	       "helper entry");
_Static_assert(sizeof(helper_function_data_t) == 40 &&
		       BPF2C_END_OF(helper_function_data_t, tail_call) == 33,
	       "helper data");
_Static_assert(sizeof(btf_resolved_function_entry_t) == 48, "function entry");
_Static_assert(sizeof(btf_resolved_function_data_t) == 32, "function data");
_Static_assert(sizeof(map_entry_t) == 80 && offsetof(map_entry_t, definition) == 40 &&
		       offsetof(map_entry_t, name) == 72,
	       "map entry");
_Static_assert(sizeof(map_data_t) == 40 && offsetof(map_data_t, array_data) == 32, "map data");
_Static_assert(sizeof(map_initial_values_t) == 48, "initial values");
_Static_assert(sizeof(global_variable_section_info_t) == 48, "section info");
_Static_assert(sizeof(global_variable_section_data_t) == 32, "section data");
_Static_assert(sizeof(program_runtime_context_t) == 56, "runtime context");
_Static_assert(sizeof(program_entry_t) == 160 && offsetof(program_entry_t, function) == 32 &&
		       offsetof(program_entry_t, helpers) == 80 &&
		       offsetof(program_entry_t, bpf_instruction_count) == 96 &&
		       offsetof(program_entry_t, program_info_hash) == 120 &&
		       BPF2C_END_OF(program_entry_t, btf_resolved_function_count) == 154,
	       "program entry");
_Static_assert(sizeof(bpf2c_version_t) == 12 && sizeof(metadata_table_t) == 56, "metadata table");
#endif

/* --- what generated code is written with -------------------------------------------------------
 */

/* Where things stand in the file: programs of a kind together, tables in sections of their own. */
#if defined(__ELF__)
#define BPF2C_CODE(name)
#define BPF2C_DATA(name) __attribute__((used))
#define BPF2C_EXPORT	 __attribute__((visibility("default")))
#else
#define BPF2C_CODE(name) __attribute__((section(name)))
#define BPF2C_DATA(name) __attribute__((section(name), used))
#define BPF2C_EXPORT	 __attribute__((dllexport))
#endif
/* What they do belongs to the line that calls them, for debuggers and profilers. */
#if defined(__clang__)
#define BPF2C_INLINE static inline __attribute__((always_inline, unused, nodebug))
#else
#define BPF2C_INLINE static inline __attribute__((always_inline, unused, artificial))
#endif

/* Compilers call it even where there is no C library, so an image has one of its own. */
#define BPF2C_MEMSET                                                   \
	void *memset(void *ptr, int value, size_t len);                \
	void *memset(void *ptr, int value, size_t len)                 \
	{                                                              \
		for (size_t i = 0; i < len; i++)                       \
			((volatile uint8_t *)ptr)[i] = (uint8_t)value; \
		return ptr;                                            \
	}

/* The compiler may believe it: the verifier has proven it. */
#if defined(__clang__)
#define BPF2C_ASSUME(condition) __builtin_assume(condition)
#else
#define BPF2C_ASSUME(condition)                  \
	do {                                     \
		if (!(condition))                \
			__builtin_unreachable(); \
	} while (0)
#endif

/* Accesses, at any alignment and of whatever type the memory was made with. The volatile ones are
 * made exactly once, as written: memory that others may change at the same time (map values,
 * packets) holds between a check and the use of what was checked. The plain ones are for memory of
 * the program's own. */
#define BPF2C_CELL(bits, type)                                                              \
	typedef struct __attribute__((packed, may_alias)) {                                 \
		type value;                                                                 \
	} bpf2c_cell##bits##_t;                                                             \
	BPF2C_INLINE uint64_t bpf2c_load##bits(uint64_t address)                            \
	{                                                                                   \
		return ((const volatile bpf2c_cell##bits##_t *)(uintptr_t)address)->value;  \
	}                                                                                   \
	BPF2C_INLINE uint64_t bpf2c_load_s##bits(uint64_t address)                          \
	{                                                                                   \
		return (uint64_t)(int64_t)(int##bits##_t)bpf2c_load##bits(address);         \
	}                                                                                   \
	BPF2C_INLINE void bpf2c_store##bits(uint64_t address, uint64_t value)               \
	{                                                                                   \
		((volatile bpf2c_cell##bits##_t *)(uintptr_t)address)->value = (type)value; \
	}                                                                                   \
	BPF2C_INLINE uint64_t bpf2c_plain_load##bits(uint64_t address)                      \
	{                                                                                   \
		return ((const bpf2c_cell##bits##_t *)(uintptr_t)address)->value;           \
	}                                                                                   \
	BPF2C_INLINE uint64_t bpf2c_plain_load_s##bits(uint64_t address)                    \
	{                                                                                   \
		return (uint64_t)(int64_t)(int##bits##_t)bpf2c_plain_load##bits(address);   \
	}                                                                                   \
	BPF2C_INLINE void bpf2c_plain_store##bits(uint64_t address, uint64_t value)         \
	{                                                                                   \
		((bpf2c_cell##bits##_t *)(uintptr_t)address)->value = (type)value;          \
	}
BPF2C_CELL(8, uint8_t)
BPF2C_CELL(16, uint16_t)
BPF2C_CELL(32, uint32_t)
BPF2C_CELL(64, uint64_t)
#undef BPF2C_CELL

#define BPF2C_FETCH(name, bits, builtin)                                                          \
	BPF2C_INLINE uint64_t bpf2c_atomic_##name##bits(uint64_t address, uint64_t value)         \
	{                                                                                         \
		return builtin((bpf2c_word##bits##_t *)(uintptr_t)address, (uint##bits##_t)value, \
			       __ATOMIC_SEQ_CST);                                                 \
	}
#define BPF2C_ATOMIC(bits)                                                                    \
	typedef uint##bits##_t __attribute__((may_alias)) bpf2c_word##bits##_t;               \
	BPF2C_FETCH(add, bits, __atomic_fetch_add)                                            \
	BPF2C_FETCH(or, bits, __atomic_fetch_or)                                              \
	BPF2C_FETCH(and, bits, __atomic_fetch_and)                                            \
	BPF2C_FETCH(xor, bits, __atomic_fetch_xor)                                            \
	BPF2C_FETCH(xchg, bits, __atomic_exchange_n)                                          \
	BPF2C_INLINE uint64_t bpf2c_atomic_cmpxchg##bits(uint64_t address, uint64_t expected, \
							 uint64_t value)                      \
	{                                                                                     \
		bpf2c_word##bits##_t old = (uint##bits##_t)expected;                          \
		__atomic_compare_exchange_n((bpf2c_word##bits##_t *)(uintptr_t)address, &old, \
					    (uint##bits##_t)value, false, __ATOMIC_SEQ_CST,   \
					    __ATOMIC_SEQ_CST);                                \
		return old;                                                                   \
	}
BPF2C_ATOMIC(32)
BPF2C_ATOMIC(64)
#undef BPF2C_ATOMIC
#undef BPF2C_FETCH

#define BPF2C_ORDERED(bits)                                                           \
	typedef uint##bits##_t __attribute__((may_alias)) bpf2c_ordered##bits##_t;    \
	BPF2C_INLINE uint64_t bpf2c_load_acquire##bits(uint64_t address)              \
	{                                                                             \
		return __atomic_load_n((bpf2c_ordered##bits##_t *)(uintptr_t)address, \
				       __ATOMIC_ACQUIRE);                             \
	}                                                                             \
	BPF2C_INLINE void bpf2c_store_release##bits(uint64_t address, uint64_t value) \
	{                                                                             \
		__atomic_store_n((bpf2c_ordered##bits##_t *)(uintptr_t)address,       \
				 (uint##bits##_t)value, __ATOMIC_RELEASE);            \
	}
BPF2C_ORDERED(8)
BPF2C_ORDERED(16)
BPF2C_ORDERED(32)
BPF2C_ORDERED(64)
#undef BPF2C_ORDERED

/* The lookup in an array of known size. Arrays whose values the loader does not give directly are
 * asked through the helper. */
BPF2C_INLINE uint64_t bpf2c_array_lookup(const map_data_t *map, helper_function_t lookup,
					 uint64_t key, uint32_t entries, uint32_t stride,
					 void *context)
{
	uint64_t index;

	if (__builtin_expect(map->array_data == NULL, 0))
		return lookup(map->address, key, 0, 0, 0, context);
	index = bpf2c_plain_load32(key);
	return index < entries ? (uint64_t)(uintptr_t)(map->array_data + index * stride) : 0;
}

/* What the functions of one invocation share. */
typedef struct {
	uint64_t loops_left; /* of may_goto */
	bool is_over;	     /* a callee has ended the program */
} bpf2c_run_t;
#define BPF2C_RUN              \
	{                      \
		8388608, false \
	}

/* Comparisons of what is always so, copies to itself: programs have them, and compilers remark on
 * them. */
#if defined(__clang__)
#define BPF2C_GENERATED                                                        \
	_Pragma("clang diagnostic ignored \"-Wself-assign\"")                  \
		_Pragma("clang diagnostic ignored \"-Wtautological-compare\"") \
			_Pragma("clang diagnostic ignored \"-Wtype-limits\"")
#else
#define BPF2C_GENERATED                                              \
	_Pragma("GCC diagnostic ignored \"-Wtautological-compare\"") \
		_Pragma("GCC diagnostic ignored \"-Wtype-limits\"")
#endif

#define BPF2C_REGISTER uint64_t __attribute__((unused))

/* r2 of the raw program type: the runtime keeps it in front of the context. */
BPF2C_INLINE uint64_t bpf2c_raw_size(const void *context)
{
	return ((const uint64_t *)context)[-1];
}

/* The functions of the metadata table. */
#define BPF2C_TABLE(name, type, table, number)                   \
	static void bpf2c_get_##name(type **name, size_t *count) \
	{                                                        \
		*name = table;                                   \
		*count = number;                                 \
	}
#define BPF2C_NO_MAPS BPF2C_TABLE(maps, map_entry_t, NULL, 0)
#define BPF2C_NO_GLOBALS \
	BPF2C_TABLE(global_variable_sections, global_variable_section_info_t, NULL, 0)
#define BPF2C_NO_INITIAL_VALUES BPF2C_TABLE(map_initial_values, map_initial_values_t, NULL, 0)
#define BPF2C_HASH(bytes)                                              \
	static void bpf2c_get_hash(const uint8_t **hash, size_t *size) \
	{                                                              \
		*hash = bytes;                                         \
		*size = sizeof(bytes);                                 \
	}
#define BPF2C_NO_HASH                                                  \
	static void bpf2c_get_hash(const uint8_t **hash, size_t *size) \
	{                                                              \
		*hash = NULL;                                          \
		*size = 0;                                             \
	}
#define BPF2C_METADATA(name)                                    \
	static void bpf2c_get_version(bpf2c_version_t *version) \
	{                                                       \
		version->major = BPF2C_VERSION_MAJOR;           \
		version->minor = BPF2C_VERSION_MINOR;           \
		version->revision = BPF2C_VERSION_REVISION;     \
	}                                                       \
	extern metadata_table_t name;                           \
	metadata_table_t name = {                               \
		sizeof(metadata_table_t),                       \
		bpf2c_get_programs,                             \
		bpf2c_get_maps,                                 \
		bpf2c_get_hash,                                 \
		bpf2c_get_version,                              \
		bpf2c_get_map_initial_values,                   \
		bpf2c_get_global_variable_sections,             \
	};
#define BPF2C_EXPORT_TABLE(name)                                 \
	BPF2C_EXPORT metadata_table_t *get_metadata_table(void); \
	BPF2C_EXPORT metadata_table_t *get_metadata_table(void)  \
	{                                                        \
		return &name;                                    \
	}
