// SPDX-License-Identifier: MIT
// The bytes between two members are never written, and go into a map.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct sample {
	unsigned char kind;
	unsigned long long count;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, unsigned int);
	__type(value, struct sample);
} samples SEC(".maps");

SEC("socket")
int Padding(struct __sk_buff *ctx)
{
	unsigned int key = 1;
	struct sample sample;

	sample.kind = 1;
	sample.count = ctx->len;
	bpf_map_update_elem(&samples, &key, &sample, 0); // HERE
	return 0;
}
