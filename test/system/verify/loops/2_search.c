// SPDX-License-Identifier: MIT
// A binary search for each byte: bounds that meet, and a break.
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;

u64 count(u8 *mem, u64 len);
u64 count(u8 *mem, u64 len)
{
	u64 found = 0;

	for (u32 i = 0; i < 64; i++) {
		u32 low = 0, high = 1024;

		for (u32 step = 0; step < 10; step++) {
			u32 mid = (low + high) / 2;
			u8 at = mem[mid & 1023];

			if (at == mem[4096 + i]) {
				found++;
				break;
			}
			if (at < mem[4096 + i])
				low = mid;
			else
				high = mid;
		}
	}
	return found;
}
