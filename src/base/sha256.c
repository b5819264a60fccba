/* SPDX-License-Identifier: MIT */
/* SHA-256 (FIPS 180-4). What it hashes is public, so nothing here is wiped. */
#include "base/sha256.h"

#include "base/str.h"

/* Fractional parts of the cube roots of the first 64 primes. */
/* clang-format off */
static const u32 constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
/* clang-format on */

static u32 be32_load(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | (u32)p[3];
}

static void be32_store(u8 *p, u32 value)
{
	p[0] = (u8)(value >> 24);
	p[1] = (u8)(value >> 16);
	p[2] = (u8)(value >> 8);
	p[3] = (u8)value;
}

static u32 rotr(u32 x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static void expand(const u8 *block, u32 w[64])
{
	for (unsigned i = 0; i < 16; i++)
		w[i] = be32_load(block + 4 * (size_t)i);
	for (unsigned i = 16; i < 64; i++) {
		u32 s0 = rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ w[i - 15] >> 3;
		u32 s1 = rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ w[i - 2] >> 10;

		w[i] = w[i - 16] + s0 + w[i - 7] + s1;
	}
}

/* The standard's names: a to h are s[0] to s[7]. */
static void compress(u32 state[8], const u8 *block)
{
	u32 w[64], s[8];

	expand(block, w);
	memcpy(s, state, sizeof(s));
	for (unsigned i = 0; i < 64; i++) {
		u32 sum1 = rotr(s[4], 6) ^ rotr(s[4], 11) ^ rotr(s[4], 25);
		u32 choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
		u32 t1 = s[7] + sum1 + choice + constants[i] + w[i];
		u32 sum0 = rotr(s[0], 2) ^ rotr(s[0], 13) ^ rotr(s[0], 22);
		u32 majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);

		memmove(&s[1], &s[0], 7 * sizeof(s[0]));
		s[4] += t1;
		s[0] = t1 + sum0 + majority;
	}
	for (unsigned i = 0; i < 8; i++)
		state[i] += s[i];
}

void sha256_init(struct sha256 *ctx)
{
	/* Fractional parts of the square roots of the first 8 primes. */
	static const u32 start[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
				      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	memcpy(ctx->state, start, sizeof(start));
	ctx->len = 0;
}

void sha256_update(struct sha256 *ctx, const void *data, size_t len)
{
	const u8 *p = data;

	while (len > 0) {
		size_t used = (size_t)(ctx->len % SHA256_BLOCK_SIZE);
		size_t take = MIN(len, SHA256_BLOCK_SIZE - used);

		if (take == SHA256_BLOCK_SIZE) {
			compress(ctx->state, p);
		} else {
			memcpy(ctx->block + used, p, take);
			if (used + take == SHA256_BLOCK_SIZE)
				compress(ctx->state, ctx->block);
		}
		ctx->len += take;
		p += take;
		len -= take;
	}
}

void sha256_final(struct sha256 *ctx, u8 ret_digest[SHA256_SIZE])
{
	static const u8 padding[SHA256_BLOCK_SIZE] = { 0x80 };
	u64 bits = ctx->len * 8;
	size_t used = (size_t)(ctx->len % SHA256_BLOCK_SIZE);
	size_t pad = (used < 56 ? 56 : 56 + SHA256_BLOCK_SIZE) - used;
	u8 len[8];

	be32_store(len, (u32)(bits >> 32));
	be32_store(len + 4, (u32)bits);
	sha256_update(ctx, padding, pad);
	sha256_update(ctx, len, sizeof(len));
	for (size_t i = 0; i < 8; i++)
		be32_store(ret_digest + 4 * i, ctx->state[i]);
}

void sha256_bytes(const void *data, size_t len, u8 ret_digest[SHA256_SIZE])
{
	struct sha256 ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, data, len);
	sha256_final(&ctx, ret_digest);
}
