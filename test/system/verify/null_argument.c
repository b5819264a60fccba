// SPDX-License-Identifier: MIT
// What a lookup gives is the argument of a helper without a look at it.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, unsigned int);
	__type(value, unsigned long long);
} numbers SEC(".maps");

SEC("socket")
int NullArgument(struct __sk_buff *ctx)
{
	unsigned int key = 1;
	unsigned long long *number = bpf_map_lookup_elem(&numbers, &key);

	bpf_map_update_elem(&numbers, &key, number, 0); // HERE
	return 0;
}
