/* SPDX-License-Identifier: MIT */
/* Lets lines with "error" or "warning" pass, hides what stands behind "password=" in them, and
 * counts both kinds.
 *
 *     oriel run --extension ./line.so --attach line line_filter.o <log.txt */
#include "line.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, uint32_t);
	__type(value, uint64_t);
	__uint(max_entries, 2);
} verdicts SEC(".maps");

static __inline int count(uint32_t verdict)
{
	uint64_t *value = bpf_map_lookup_elem(&verdicts, &verdict);

	if (value != NULL)
		*value += 1;
	return (int)verdict;
}

SEC("line")
int line_filter(struct line_context *context)
{
	int64_t secret;

	if (line_find(context, "error", 5) < 0 && line_find(context, "warning", 7) < 0)
		return count(LINE_DROP);
	secret = line_find(context, "password=", 9);
	if (secret >= 0)
		line_hide((uint64_t)secret + 9, UINT32_MAX);
	return count(LINE_PASS);
}
