/* SPDX-License-Identifier: MIT */
/* Any bytes as a signed image, and as the signature of one: what reads has one form only, which
 * libcrypto's own reader agrees with. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pkcs7.h>

#include "base/le.h"
#include "image/pe.h"
#include "image_fixture.h"
#include "sign/crypto.h"

#define MAX_SIGNATURE 16384u

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* Read and written by libcrypto it is the same. */
static void check_other_reader(const u8 *data, size_t size)
{
	const u8 *p = data;
	u8 *again = NULL;
	PKCS7 *p7 = d2i_PKCS7(NULL, &p, (long)size);
	int len;

	check(p7 != NULL && p == data + size);
	len = i2d_PKCS7(p7, &again);
	check(len >= 0 && (size_t)len == size && memcmp(again, data, size) == 0);
	OPENSSL_free(again);
	PKCS7_free(p7);
	ERR_clear_error();
}

static void check_signature(const u8 *data, size_t size)
{
	struct cms cms;
	struct error err = { 0 };
	struct signer signer;
	enum sign_reason reason = SIGN_OK;

	if (cms_parse(data, size, &cms, &reason, &err) != 0) {
		check(err.text[0] != '\0' && reason != SIGN_OK);
		return;
	}
	check(cms.cert_count <= CMS_MAX_CERTS && cms.attrs.start != NULL);
	if (signer_open(&cms, &signer, &err) != 0) {
		check(err.text[0] != '\0');
		return;
	}
	check_other_reader(data, size);
	signer_fini(&signer);
}

static void check_image(const u8 *data, size_t size)
{
	struct sign_store *store = sign_store_new();
	struct sign_policy policy = { .size = sizeof(policy), .store = store };
	struct sign_result result;
	struct error err = { 0 };

	check(store != NULL);
	/* Nobody is trusted. */
	check(sign_verify(data, size, &policy, &result, &err) != 0);
	check(result.reason != SIGN_OK && err.text[0] != '\0');
	sign_result_fini(&result);
	if (sign_inspect(data, size, &result, &err) == 0)
		check(result.cert_count > 0 && result.uncovered_count > 0);
	else
		check(result.reason != SIGN_OK);
	sign_result_fini(&result);
	sign_store_free(store);
}

/* Behind an image whose checksum is right. */
static void check_attached(const u8 *data, size_t size)
{
	size_t table = (8 + size + 7) & ~(size_t)7, len = FIXTURE_IMAGE_SIZE + table;
	u8 *bytes = calloc(1, len);
	struct arena arena;
	struct pe pe;

	check(bytes != NULL);
	fixture_image(bytes);
	le32_store(bytes + 64 + 24 + 112 + 32, FIXTURE_IMAGE_SIZE);
	le32_store(bytes + 64 + 24 + 112 + 36, (u32)table);
	le32_store(bytes + FIXTURE_IMAGE_SIZE, (u32)table);
	le32_store(bytes + FIXTURE_IMAGE_SIZE + 4, 0x20200);
	memcpy(bytes + FIXTURE_IMAGE_SIZE + 8, data, size);
	arena_init(&arena, 0);
	check(pe_open(bytes, len, &arena, &pe, NULL) == 0);
	le32_store(bytes + pe.checksum_offset, pe_checksum(&pe));
	arena_fini(&arena);
	check_image(bytes, len);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0 && data[0] == DER_SEQUENCE && size <= MAX_SIGNATURE) {
		check_signature(data, size);
		check_attached(data, size);
	} else {
		check_image(data, size);
	}
	return 0;
}
