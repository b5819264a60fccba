// SPDX-License-Identifier: MIT
// Counted down, from an end to the other, with a step; a bubble sort.
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;

u64 down(u8 *mem, u64 len);
u64 down(u8 *mem, u64 len)
{
	u64 sum = 0;

#pragma clang loop unroll(disable)
	for (int i = 5000; i >= 0; i--)
		sum += mem[i];
#pragma clang loop unroll(disable)
	for (u32 low = 0, high = 4095; low < high; low++, high--) {
		u8 swap = mem[low];

		mem[low] = mem[high];
		mem[high] = swap;
	}
#pragma clang loop unroll(disable)
	for (u32 n = 31; n > 0; n--)
#pragma clang loop unroll(disable)
		for (u32 i = 0; i < n; i++)
			if (mem[i] > mem[i + 1]) {
				u8 swap = mem[i];

				mem[i] = mem[i + 1];
				mem[i + 1] = swap;
			}
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < 8000; i += 48)
		sum ^= *(u64 *)(mem + (i & ~7u));
	return sum;
}
