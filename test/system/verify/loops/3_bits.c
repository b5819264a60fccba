// SPDX-License-Identifier: MIT
// Loops that end with their data: bits, digits, common divisors, a walk to the end of the memory.
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;

static __attribute__((noinline)) u32 bits(u32 x)
{
	u32 n = 0;

#pragma clang loop unroll(disable)
	for (; x != 0; x >>= 1)
		n += x & 1;
	return n;
}

u64 data(u8 *mem, u64 len);
u64 data(u8 *mem, u64 len)
{
	u32 x = *(u32 *)mem, digits = 0;
	u64 sum = 0;

#pragma clang loop unroll(disable)
	for (u32 i = 0; i < 32; i++)
		sum += bits(*(u32 *)(mem + i * 4));
	do {
		x /= 10;
		digits++;
	} while (x != 0);
#pragma clang loop unroll(disable)
	for (u64 i = 0; i < len; i++) {
		if (i == 5000)
			break;
		sum += mem[i];
	}
	return sum + digits;
}
