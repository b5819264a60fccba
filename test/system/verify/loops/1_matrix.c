// SPDX-License-Identifier: MIT
// Three loops deep: the transposed half of a matrix is added to the other one, row by row, until
// nothing changes.
typedef unsigned int u32;
typedef unsigned long u64;

u64 symmetric(u32 *m, u64 len);
u64 symmetric(u32 *m, u64 len)
{
	u64 sum = 0;

	for (u32 round = 0; round < 3; round++)
		for (u32 i = 1; i < 16; i++)
			for (u32 j = 0; j < i; j++) {
				m[i * 16 + j] += m[j * 16 + i];
				sum += m[i * 16 + j];
			}
	return sum;
}
