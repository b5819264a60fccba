/* SPDX-License-Identifier: MIT */
/* Windows dialect: what extensions offer to programs of every type, by number and by name. */
#include "bpf_helpers.h"

#define MODULE __attribute__((btf_decl_tag("module_id:{8f6c1f83-ce4c-4b58-8b91-654a29e23b7d}")))

/* How many of the bytes are the value. */
extern int64_t ext_count(const void *bytes, uint32_t size, uint64_t value) __ksym MODULE;
extern int64_t ext_fill(void *bytes, uint32_t size, uint64_t value) __ksym MODULE;

ORIEL_HELPER(int64_t, ext_scale, (uint64_t value), 0x900);

SEC("bind/good")
int good(bind_md_t *ctx)
{
	uint8_t bytes[16];

	(void)ctx;
	ext_fill(bytes, sizeof(bytes), 7);
	bytes[3] = 8;
	return (int)(ext_scale(3) + ext_count(bytes, sizeof(bytes), 7));
}

/* One byte more than there is. */
SEC("bind/bad")
int bad(bind_md_t *ctx)
{
	uint8_t bytes[16] = { 0 };

	(void)ctx;
	return (int)ext_count(bytes, sizeof(bytes) + 1, 7);
}

/* Of bytes that nothing has been written to. */
SEC("bind/unwritten")
int unwritten(bind_md_t *ctx)
{
	uint8_t bytes[16];

	(void)ctx;
	asm volatile("" : : "r"(bytes) : "memory");
	return (int)ext_count(bytes, sizeof(bytes), 7);
}
