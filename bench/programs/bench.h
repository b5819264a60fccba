/* SPDX-License-Identifier: MIT */
/* Common header of the execution-engine benchmark programs.
 *
 * Every program is one C file with one global entry point
 *
 *     u64 bench(u8 *mem, u64 len)
 *
 * that is compiled unchanged for the host (baseline) and for -target bpf.
 * No maps, no globals, no relocations: the .text section of the object is the
 * whole program (entry first), so any engine can load it as raw bytecode.
 *
 * mem is an 8192-byte read/write buffer:
 *     [   0, 4096)  pseudo-random input (fixed seed, see fill_mem() below)
 *     [4096, 5120)  256 x u32 CRC-32 table (reflected 0xEDB88320)
 *     [5120, 5376)  64 x u32 SHA-256 round constants
 *     [5376, 8192)  zeroed scratch
 * A kernel loader passes a pointer to the value of a one-element array map
 * with value_size 8192; all index expressions are masked or constant bounded
 * so that the Linux verifier and PREVAIL-like verifiers can accept them.
 * Programs re-initialise the scratch they use: each run costs the same.
 */
#ifndef BENCH_H
#define BENCH_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;
typedef long long s64;

#define MEM_LEN	  8192
#define OFF_INPUT 0
#define OFF_CRC	  4096
#define OFF_K	  5120
#define OFF_SCR	  5376

#define NOINLINE static __attribute__((noinline))
#define INLINE	 static inline __attribute__((always_inline))

#ifdef __bpf__
/* a cheap helper that exists in the Linux kernel: get_numa_node_id */
static u64 (*const helper42)(u64) = (void *)42;
/* keep a value opaque to the optimiser */
#define OPAQUE(x) asm volatile("" : "+r"(x))
#else
extern u64 (*helper42)(u64);
#define OPAQUE(x) asm volatile("" : "+r"(x))
#endif

#ifdef BENCH_HOST
static void fill_packets(u8 *m)
{
	/* 16 packets of 128 bytes at [2048, 4096) for the parser programs */
	for (int p = 0; p < 16; p++) {
		u8 *q = m + 2048 + p * 128;
		int l3 = 14;
		q[12] = 0x08;
		q[13] = 0x00;
		if (p % 4 == 1) { /* one VLAN tag */
			q[12] = 0x81;
			q[13] = 0x00;
			q[16] = 0x08;
			q[17] = 0x00;
			l3 = 18;
		} else if (p % 4 == 2) { /* IPv6 */
			q[12] = 0x86;
			q[13] = 0xDD;
		} else if (p == 15) { /* ARP: unknown to the parser */
			q[12] = 0x08;
			q[13] = 0x06;
		}
		if (p % 4 == 2) {
			q[l3] = 0x60;
			q[l3 + 6] = (p % 8 == 2) ? 6 : 17;
		} else {
			q[l3] = 0x45;
			q[l3 + 6] = 0;
			q[l3 + 7] = 0;
			q[l3 + 9] = (p % 3 == 0) ? 6 : (p % 3 == 1) ? 17 : 1;
		}
	}
}

static void fill_crc(u8 *m)
{
	u32 *t = (u32 *)(m + OFF_CRC);
	for (u32 i = 0; i < 256; i++) {
		u32 c = i;
		for (int k = 0; k < 8; k++)
			c = (c & 1) ? (c >> 1) ^ 0xEDB88320u : c >> 1;
		t[i] = c;
	}
}

static void fill_sha(u8 *m)
{
	/* SHA-256 K: first 32 bits of the fractional parts of the cube roots of
	 * the first 64 primes, computed by integer bisection. */
	u32 *kk = (u32 *)(m + OFF_K);
	int n = 0;
	for (u32 p = 2; n < 64; p++) {
		int prime = 1;
		for (u32 d = 2; d * d <= p; d++)
			if (p % d == 0) {
				prime = 0;
				break;
			}
		if (!prime)
			continue;
		unsigned __int128 target = (unsigned __int128)p << 96; /* (c*2^32)^3 */
		u64 lo = 0, hi = (u64)8 << 32;
		while (hi - lo > 1) {
			u64 mid = lo + (hi - lo) / 2;
			unsigned __int128 c3 = (unsigned __int128)mid * mid * mid;
			if (c3 <= target)
				lo = mid;
			else
				hi = mid;
		}
		kk[n++] = (u32)lo;
	}
}

/* What every program starts from. */
static void fill_mem(u8 *m)
{
	u64 s = 0x9E3779B97F4A7C15ull;
	for (int i = 0; i < MEM_LEN; i++)
		m[i] = 0;
	for (int i = 0; i < 4096; i++) {
		s ^= s << 13;
		s ^= s >> 7;
		s ^= s << 17;
		m[i] = (u8)(s >> 33);
	}
	fill_packets(m);
	fill_crc(m);
	fill_sha(m);
}
#endif
#endif
