/* SPDX-License-Identifier: MIT */
/* Windows dialect: a map type, a function by name and a helper of an extension (kinds.c). Each run
 * returns 131 when all is as it should be. */
#include "bpf_helpers.h"

extern int64_t kinds_sum(const void *bytes, uint32_t size) __ksym
	__attribute__((btf_decl_tag("module_id:{5e2a9c04-71d8-4b36-9d20-3c558ef106ba}")));

ORIEL_HELPER(int64_t, kinds_double, (void *map, const void *key), 0x901);

struct {
	__uint(type, BPF_MAP_TYPE_SAMPLE_HASH_MAP);
	__type(key, uint32_t);
	__type(value, uint32_t);
	__uint(max_entries, 8);
} looked_after SEC(".maps");

SEC("bind")
int all(bind_md_t *ctx)
{
	uint32_t key = 1, other = 2, zero = 0, value = 0x00010203, *found;

	(void)ctx;
	if (bpf_map_update_elem(&looked_after, &key, &zero, 0) == 0)
		return 1;
	if (bpf_map_update_elem(&looked_after, &key, &value, 0) != 0 ||
	    bpf_map_update_elem(&looked_after, &other, &value, 0) != 0 ||
	    bpf_map_delete_elem(&looked_after, &other) != 0)
		return 2;
	if (bpf_map_lookup_elem(&looked_after, &other) != NULL)
		return 3;
	found = bpf_map_lookup_elem(&looked_after, &key);
	if (found == NULL || *found != value)
		return 4;
	if (kinds_double(&looked_after, &key) != 2 * value ||
	    kinds_double(&looked_after, &other) != 0)
		return 5;
	return 125 + (int)kinds_sum(found, sizeof(*found));
}
