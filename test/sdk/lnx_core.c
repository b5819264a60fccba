/* SPDX-License-Identifier: MIT */
/* Linux dialect: each question and access that the loader answers.
 *
 * needs clang: relocations of field accesses */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

enum color { RED = 1, GREEN = 2 };
struct leaf {
	int value;
	unsigned int low : 3, high : 7;
	long long wide : 40;
};
struct node {
	struct node *next;
	struct leaf leaf;
	char name[16];
};
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct moving {
	struct node *node;
	struct leaf leaf;
	unsigned char small : 2;
};
#pragma clang attribute pop

unsigned long long results[32];

SEC("raw_tp/any")
int ask(struct moving *m)
{
	results[0] = bpf_core_field_exists(m->leaf.value);
	results[1] = bpf_core_field_exists(struct node, next);
	results[2] = bpf_core_field_size(m->leaf);
	results[3] = bpf_core_field_offset(struct node, name);
	results[4] = bpf_core_type_exists(struct node);
	results[5] = bpf_core_type_size(struct leaf);
	results[6] = bpf_core_type_id_local(struct leaf);
	results[7] = bpf_core_type_id_kernel(struct leaf);
	results[8] = bpf_core_enum_value_exists(enum color, GREEN);
	results[9] = bpf_core_enum_value(enum color, GREEN);
#if __clang_major__ >= 15
	results[10] = bpf_core_type_matches(struct leaf);
#endif
	return 0;
}

SEC("raw_tp/walk")
int walk(struct moving *m)
{
	struct node *second;
	char name[16];

	results[0] = BPF_CORE_READ(m, leaf.value);
	results[1] = BPF_CORE_READ(m, node, leaf.value);
	results[2] = BPF_CORE_READ(m, node, next, next, next, next, next, next, next, leaf.value);
	BPF_CORE_READ_INTO(&second, m, node, next);
	results[3] = BPF_CORE_READ_STR_INTO(&name, second, name);
	results[4] = BPF_CORE_READ_USER(second, leaf.value);
	results[5] = BPF_PROBE_READ(second, next, leaf.value);
	results[6] = BPF_PROBE_READ_USER(second, next, leaf.value);
	bpf_core_read(&results[7], sizeof(results[7]), &m->node);
	return name[0];
}

SEC("raw_tp/bits")
int bits(struct moving *m)
{
	results[0] = BPF_CORE_READ_BITFIELD(m, leaf.low);
	results[1] = BPF_CORE_READ_BITFIELD(m, leaf.high);
	results[2] = BPF_CORE_READ_BITFIELD(m, leaf.wide);
	results[3] = BPF_CORE_READ_BITFIELD_PROBED(m, leaf.high);
	results[4] = BPF_CORE_READ_BITFIELD_PROBED(m, small);
	BPF_CORE_WRITE_BITFIELD(m, leaf.high, 5);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
