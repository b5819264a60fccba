/* SPDX-License-Identifier: MIT */
/* Windows dialect: memory and strings, the sample extension, process and network events. */
#include <string.h>
#include "sample_ext_helpers.h"
#include "ebpf_netevent_hooks.h"
#include "ebpf_ntos_hooks.h"

/* As a third party's header does it. */
EBPF_HELPER(int64_t, third_party_helper, (sample_program_context_t * ctx));
#define third_party_helper ((third_party_helper_t)(SAMPLE_EXT_HELPER_FN_BASE + 7))

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, uint32_t);
	__type(value, char[64]);
	__uint(max_entries, 2);
} texts SEC(".maps");

SEC("sample_ext")
int on_sample(sample_program_context_t *ctx)
{
	uint32_t zero = 0, one = 1, size = ctx->uint32_data;
	char *a = bpf_map_lookup_elem(&texts, &zero), *b = bpf_map_lookup_elem(&texts, &one);
	char copy[16];

	if (a == NULL || b == NULL || size > 64)
		return 1;
	memset(copy, 0, sizeof(copy));
	memcpy(copy, a, sizeof(copy));
	memcpy(a, b, size);
	memmove(b, a, size);
	memmove(copy + 1, copy, 8);
	if (memcmp(a, b, size) != 0)
		memset(a, 'x', size);
	bpf_strncpy_s(a, 64, b, 64);
	bpf_strncat_s(a, 64, copy, sizeof(copy));
	if (bpf_strnlen_s(a, 64) == 64)
		return 2;
	ctx->helper_data_1 = (uint32_t)sample_ebpf_extension_helper_function1(ctx);
	if (sample_ebpf_extension_find(a, 64, copy, sizeof(copy)) >= 0)
		sample_ebpf_extension_replace(a, 64, 0, copy, sizeof(copy));
	return (int)(sample_ebpf_extension_helper_implicit_1() +
		     sample_ebpf_extension_helper_implicit_2(3) + third_party_helper(ctx));
}

SEC("process")
int on_process(process_md_t *ctx)
{
	uint8_t path[128];

	if (ctx->operation != PROCESS_OPERATION_CREATE)
		return 0;
	return bpf_process_get_image_path(ctx, path, sizeof(path)) < 0;
}

SEC("netevent_monitor")
int on_event(netevent_event_md_t *ctx)
{
	return bpf_netevent_push_event(ctx);
}
