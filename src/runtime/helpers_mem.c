/* SPDX-License-Identifier: MIT */
/* Helpers on plain memory: the Windows dialect's memory and string functions, checksums. */
#include "base/str.h"
#include "runtime/invocation.h"

static void *ptr_of(u64 addr)
{
	return (void *)(uintptr_t)addr;
}

/* memcpy and memmove in one: overlap does no harm. */
u64 helper_memmove(u64 dst, u64 dst_size, u64 src, u64 src_size, UNUSED u64 r5, void *ctx)
{
	struct invocation *inv = invocation_of(ctx);

	if (!exec_check(&inv->exec, dst, dst_size, true) ||
	    !exec_check(&inv->exec, src, src_size, false))
		return helper_status(inv, ERR_FAULT);
	if (src_size > dst_size)
		return helper_status(inv, ERR_INVAL);
	if (src_size > 0)
		memmove(ptr_of(dst), ptr_of(src), (size_t)src_size);
	return 0;
}

/* The shorter one is less when the longer one begins with it. */
u64 helper_memcmp(u64 a, u64 a_size, u64 b, u64 b_size, UNUSED u64 r5, void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	u64 common = MIN(a_size, b_size);
	int order = 0;

	if (!exec_check(&inv->exec, a, a_size, false) || !exec_check(&inv->exec, b, b_size, false))
		return helper_status(inv, ERR_FAULT);
	if (common > 0)
		order = memcmp(ptr_of(a), ptr_of(b), (size_t)common);
	if (order == 0)
		order = (a_size > b_size) - (a_size < b_size);
	return (u64)(s64)order;
}

u64 helper_memset(u64 mem, u64 size, u64 value, UNUSED u64 r4, UNUSED u64 r5, void *ctx)
{
	struct invocation *inv = invocation_of(ctx);

	if (!exec_check(&inv->exec, mem, size, true))
		return helper_status(inv, ERR_FAULT);
	if (size > 0)
		memset(ptr_of(mem), (u8)value, (size_t)size);
	return 0;
}

static u64 text_length(u64 text, u64 max)
{
	const char *s = ptr_of(text);
	u64 len = 0;

	while (len < max && s[len] != '\0')
		len++;
	return len;
}

/* Puts src's text, at most count bytes of it, at dst + at. What does not fit leaves an empty dst,
 * as C's Annex K has it. */
static u64 copy_text(struct invocation *inv, u64 dst, u64 dst_size, u64 at, u64 src, u64 count)
{
	u64 len = text_length(src, count);

	if (len >= dst_size - at) {
		*(char *)ptr_of(dst) = '\0';
		return helper_status(inv, ERR_INVAL);
	}
	memmove(ptr_of(dst + at), ptr_of(src), (size_t)len);
	*(char *)ptr_of(dst + at + len) = '\0';
	return 0;
}

u64 helper_strncpy_s(u64 dst, u64 dst_size, u64 src, u64 count, UNUSED u64 r5, void *ctx)
{
	struct invocation *inv = invocation_of(ctx);

	if (!exec_check(&inv->exec, dst, dst_size, true) ||
	    !exec_check(&inv->exec, src, count, false))
		return helper_status(inv, ERR_FAULT);
	if (dst_size == 0)
		return helper_status(inv, ERR_INVAL);
	return copy_text(inv, dst, dst_size, 0, src, count);
}

u64 helper_strncat_s(u64 dst, u64 dst_size, u64 src, u64 count, UNUSED u64 r5, void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	u64 at;

	if (!exec_check(&inv->exec, dst, dst_size, true) ||
	    !exec_check(&inv->exec, src, count, false))
		return helper_status(inv, ERR_FAULT);
	at = text_length(dst, dst_size);
	if (at == dst_size)
		return helper_status(inv, ERR_INVAL);
	return copy_text(inv, dst, dst_size, at, src, count);
}

u64 helper_strnlen_s(u64 text, u64 size, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5, void *ctx)
{
	struct invocation *inv = invocation_of(ctx);

	if (!exec_check(&inv->exec, text, size, false))
		return helper_status(inv, ERR_FAULT);
	return text_length(text, size);
}

/* Sum of 32-bit words in ones' complement; what is missing in the last one is 0. */
static u32 csum_add(u32 sum, u64 mem, u64 size, u32 invert)
{
	const u8 *p = ptr_of(mem);
	u64 wide = sum;

	for (u64 i = 0; i < size; i += 4) {
		u32 word = 0;

		memcpy(&word, p + i, (size_t)MIN(size - i, (u64)4));
		wide += word ^ invert;
		wide = (u32)wide + (wide >> 32);
	}
	return (u32)wide;
}

static u32 csum_fold(u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/* Windows: the sum in 32 bits, of whole words. Linux: in 16 bits, of any size. */
u64 helper_csum_diff(u64 from, u64 from_size, u64 to, u64 to_size, u64 seed, void *ctx)
{
	struct invocation *inv = invocation_of(ctx);
	bool is_linux = inv->rt->dialect == DIALECT_LINUX;
	u32 sum;

	if (is_linux) {
		from_size = (u32)from_size;
		to_size = (u32)to_size;
	} else if (from_size % 4 != 0 || to_size % 4 != 0) {
		return (u64)ERR_INVAL;
	}
	if (!exec_check(&inv->exec, from, from_size, false) ||
	    !exec_check(&inv->exec, to, to_size, false))
		return helper_status(inv, ERR_FAULT);
	sum = csum_add(csum_add((u32)seed, from, from_size, ~0u), to, to_size, 0);
	return is_linux ? csum_fold(sum) : sum;
}
