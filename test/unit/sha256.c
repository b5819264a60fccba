/* SPDX-License-Identifier: MIT */
/* SHA-256 against NIST's vectors, and in pieces against itself. */
#include "tap.h"

#include "base/sha256.h"

static const char *hex(const u8 digest[SHA256_SIZE])
{
	static char text[2 * SHA256_SIZE + 1];

	for (size_t i = 0; i < SHA256_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return text;
}

static void test_vectors(void)
{
	static const struct {
		const char *message, *digest;
	} rows[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "\xbd", "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b" },
		{ "\xc9\x8c\x8e\x55",
		  "7abc22c0ae5af26ce93dbb94433a0e0b2e119d014f8e7f65bd56c61ccccd9504" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
		{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
		  "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
	};
	u8 digest[SHA256_SIZE];

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		sha256_bytes(rows[i].message, strlen(rows[i].message), digest);
		CHECK_STR(hex(digest), rows[i].digest);
	}
out:;
}

static void test_million(void)
{
	struct sha256 ctx;
	u8 digest[SHA256_SIZE];
	char piece[997];
	size_t left = 1000000;

	memset(piece, 'a', sizeof(piece));
	sha256_init(&ctx);
	while (left > 0) {
		size_t len = MIN(left, sizeof(piece));

		sha256_update(&ctx, piece, len);
		left -= len;
	}
	sha256_final(&ctx, digest);
	CHECK_STR(hex(digest), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
out:;
}

/* Every length up to four blocks and a bit; the sum was made with another implementation. */
static void test_lengths(void)
{
	struct sha256 all;
	u8 bytes[261], digest[SHA256_SIZE];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)i;
	sha256_init(&all);
	for (size_t len = 0; len < sizeof(bytes); len++) {
		sha256_bytes(bytes, len, digest);
		sha256_update(&all, digest, sizeof(digest));
	}
	sha256_final(&all, digest);
	CHECK_STR(hex(digest), "b462003d0a60fe61db68b56c40eec21e993531dd139094e48ded151822bfadf9");
out:;
}

/* Two and three pieces, cut at every place. */
static void test_pieces(void)
{
	struct sha256 ctx;
	u8 bytes[200], whole[SHA256_SIZE], digest[SHA256_SIZE];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)(i * 7);
	sha256_bytes(bytes, sizeof(bytes), whole);
	for (size_t a = 0; a <= sizeof(bytes); a++)
		for (size_t b = a; b <= sizeof(bytes); b += 13) {
			sha256_init(&ctx);
			sha256_update(&ctx, bytes, a);
			sha256_update(&ctx, bytes + a, b - a);
			sha256_update(&ctx, bytes + b, sizeof(bytes) - b);
			sha256_final(&ctx, digest);
			CHECK(memcmp(digest, whole, sizeof(whole)) == 0);
		}
out:;
}

TAP_MAIN(TAP_TEST(test_vectors), TAP_TEST(test_million), TAP_TEST(test_lengths),
	 TAP_TEST(test_pieces))
