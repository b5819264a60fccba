/* SPDX-License-Identifier: MIT */
/* Windows dialect: a function of an extension by name, maps in maps, tail calls, global variables.
 *
 * needs clang: declaration tags */
#include "bpf_helpers.h"

#define MODULE __attribute__((btf_decl_tag("module_id:{8f6c1f83-ce4c-4b58-8b91-654a29e23b7c}")))

extern int64_t some_extension_lookup(uint64_t key) __ksym MODULE;

struct inner {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, uint32_t);
	__type(value, uint32_t);
	__uint(max_entries, 1);
} inner SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__type(key, uint32_t);
	__uint(max_entries, 1);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { &inner } };

int callee(bind_md_t *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__type(key, uint32_t);
	__uint(max_entries, 2);
	__array(values, int(bind_md_t *));
} programs SEC(".maps") = { .values = { callee } };

static volatile int calls = 0;
const volatile int limit = 3;

SEC("bind")
int caller(bind_md_t *ctx)
{
	uint32_t key = 0, *value;
	void *map = bpf_map_lookup_elem(&outer, &key);

	value = map == NULL ? NULL : bpf_map_lookup_elem(map, &key);
	if (value != NULL && some_extension_lookup(*value) > limit)
		return BIND_DENY;
	calls++;
	bpf_tail_call(ctx, &programs, 0);
	return BIND_PERMIT;
}

SEC("bind/callee")
int callee(bind_md_t *ctx)
{
	return ctx->protocol == 17 ? BIND_DENY : BIND_PERMIT;
}
