/* SPDX-License-Identifier: MIT */
/* SHA-256 (FIPS 180-4), in pieces of any length. Nothing is allocated. */
#pragma once

#include "base/compiler.h"

#define SHA256_SIZE	  32
#define SHA256_BLOCK_SIZE 64

struct sha256 {
	u32 state[8];
	u64 len; /* bytes so far */
	u8 block[SHA256_BLOCK_SIZE];
};

void sha256_init(struct sha256 *ctx);
void sha256_update(struct sha256 *ctx, const void *data, size_t len);
/* The context is used up; sha256_init makes it new. */
void sha256_final(struct sha256 *ctx, u8 ret_digest[SHA256_SIZE]);

/* All at once. */
void sha256_bytes(const void *data, size_t len, u8 ret_digest[SHA256_SIZE]);
