// SPDX-License-Identifier: MIT
// Needs 100 bytes, whatever it is given.
typedef unsigned long u64;

u64 last(unsigned char *mem, u64 len);
u64 last(unsigned char *mem, u64 len)
{
	return mem[99] + len; // HERE
}
