/* SPDX-License-Identifier: MIT */
/* Context and helpers of the sample program type (sections "sample_ext"), Windows dialect. */
#pragma once

#include "bpf_helpers.h"

typedef struct _sample_program_context {
	uint8_t *data_start;
	uint8_t *data_end;
	uint32_t uint32_data;
	uint16_t uint16_data;
	uint32_t helper_data_1; /* the helpers leave here what they were given */
	uint32_t helper_data_2;
} sample_program_context_t;

typedef int sample_hook_t(sample_program_context_t *context);

#define SAMPLE_EXT_HELPER_FN_BASE 0xFFFF

/* How many times it was called for this context. */
ORIEL_HELPER(int64_t, sample_ebpf_extension_helper_function1, (sample_program_context_t * ctx),
	     SAMPLE_EXT_HELPER_FN_BASE + 1);
/* Where `find` starts in the buffer; negative: nowhere. */
ORIEL_HELPER(int64_t, sample_ebpf_extension_find,
	     (void *buffer, uint32_t size, void *find, uint32_t find_size),
	     SAMPLE_EXT_HELPER_FN_BASE + 2);
ORIEL_HELPER(int64_t, sample_ebpf_extension_replace,
	     (void *buffer, uint32_t size, int64_t position, void *replace, uint32_t replace_size),
	     SAMPLE_EXT_HELPER_FN_BASE + 3);
/* These get the context without being passed it. */
ORIEL_HELPER(int64_t, sample_ebpf_extension_helper_implicit_1, (void),
	     SAMPLE_EXT_HELPER_FN_BASE + 4);
ORIEL_HELPER(int64_t, sample_ebpf_extension_helper_implicit_2, (uint32_t arg),
	     SAMPLE_EXT_HELPER_FN_BASE + 5);
/* For maps of the extension's types: a value of a BPF_MAP_TYPE_SAMPLE_HASH_MAP, the number of what
 * is in a BPF_MAP_TYPE_XSKMAP (negative: nothing). */
ORIEL_HELPER(void *, sample_ebpf_extension_map_lookup_element, (void *map, const void *key),
	     SAMPLE_EXT_HELPER_FN_BASE + 6);
ORIEL_HELPER(int64_t, sample_ebpf_extension_map_get_value, (void *map, const void *key),
	     SAMPLE_EXT_HELPER_FN_BASE + 7);
