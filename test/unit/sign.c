/* SPDX-License-Identifier: MIT */
/* Signing and judging: what was signed is accepted and the same each time; what makes no sense is
 * refused. */
#include "tap.h"

#include "base/str.h"
#include "sign/sign.h"
#include "sign_fixture.h"

static struct fixture fixture;

static void test_accepted(void)
{
	struct sign_store *store = fixture_store(&fixture, ROOT);
	struct sign_policy policy = fixture_policy(store);
	struct sign_result result = { 0 };
	struct error err = { 0 };
	u8 *bytes = NULL;
	size_t len = 0;

	CHECK(store != NULL);
	CHECK_EQ(fixture_sign(&fixture, SIGNER, -1, &bytes, &len, &err), 0);
	CHECK_EQ(len % 8, 0);
	CHECK_EQ(sign_verify(bytes, len, &policy, &result, &err), 0);
	CHECK_EQ(result.reason, SIGN_OK);
	CHECK_EQ(result.cert_count, 2);
	CHECK_STR(result.certs[0].subject, "CN=Signer");
	CHECK_STR(result.certs[0].issuer, "CN=Root");
	CHECK_STR(result.certs[0].serial, "0A");
	CHECK_EQ(result.certs[0].not_before, FIXTURE_NOW - 180 * FIXTURE_DAY);
	CHECK_EQ(result.certs[0].not_after, FIXTURE_NOW + 180 * FIXTURE_DAY);
	CHECK(!result.certs[0].is_root && result.certs[1].is_root);
	CHECK_EQ(result.eku_count, 1);
	CHECK_STR(result.ekus[0], SIGN_EKU_CODE);
	CHECK_STR(result.name, "test image");
	CHECK_STR(result.url, "https://example.org/");
	CHECK(!result.has_time);
	CHECK_EQ(result.page_count, 3);
	CHECK_EQ(result.pages[0].offset, 0);
	CHECK_EQ(result.pages[1].offset, 0x200);
	CHECK_EQ(result.pages[2].offset, 0x400);
	CHECK_EQ(result.page_end, 0x600);
	/* What the file has besides the image is listed to the last byte. */
	CHECK(result.uncovered_count >= 4);
	for (u32 i = 2; i + 1 < result.uncovered_count; i++)
		CHECK_EQ(result.uncovered[i].offset + result.uncovered[i].len,
			 result.uncovered[i + 1].offset);
	CHECK_EQ(result.uncovered[result.uncovered_count - 1].offset +
			 result.uncovered[result.uncovered_count - 1].len,
		 len);
out:
	sign_result_fini(&result);
	mem_free(bytes);
	sign_store_free(store);
}

/* The same bytes each time, also over a signature that is there. */
static void test_reproducible(void)
{
	struct sign_options options = { .size = sizeof(options),
					.name = "test image",
					.url = "https://example.org/" };
	struct sign_key *key = NULL;
	struct error err = { 0 };
	u8 *a = NULL, *b = NULL, *c = NULL;
	size_t a_len = 0, b_len = 0, c_len = 0;

	CHECK_EQ(fixture_sign(&fixture, SIGNER, MIDDLE, &a, &a_len, &err), 0);
	CHECK_EQ(fixture_sign(&fixture, SIGNER, MIDDLE, &b, &b_len, &err), 0);
	CHECK_EQ(a_len, b_len);
	CHECK(memcmp(a, b, a_len) == 0);
	CHECK_EQ(sign_key_read("key", fixture.people[SIGNER].key,
			       strlen(fixture.people[SIGNER].key), fixture.people[SIGNER].cert,
			       strlen(fixture.people[SIGNER].cert), &key, &err),
		 0);
	CHECK_EQ(sign_image(a, a_len, key, &options, &c, &c_len, &err), ERR_EXIST);
	CHECK_STR(err.text, "the image is signed already");
	options.replace = true;
	CHECK_EQ(sign_image(a, a_len, key, &options, &c, &c_len, &err), 0);
	mem_free(b);
	b = NULL;
	CHECK_EQ(fixture_sign(&fixture, SIGNER, -1, &b, &b_len, &err), 0);
	CHECK_EQ(b_len, c_len);
	CHECK(memcmp(b, c, b_len) == 0);
out:
	sign_key_free(key);
	mem_free(a);
	mem_free(b);
	mem_free(c);
}

/* An intermediate certificate that the caller has, and not the signature. */
static void test_other_certs(void)
{
	struct sign_store *store = fixture_store(&fixture, ROOT);
	struct sign_policy policy = fixture_policy(store);
	struct sign_result result = { 0 };
	struct error err = { 0 };
	u8 *bytes = NULL;
	size_t len = 0;

	CHECK(store != NULL);
	CHECK_EQ(sign_store_add(store, SIGN_CERT, "middle", fixture.people[MIDDLE].cert,
				strlen(fixture.people[MIDDLE].cert), &err),
		 0);
	CHECK_EQ(fixture_sign(&fixture, BELOW_MIDDLE, -1, &bytes, &len, &err), 0);
	CHECK_EQ(sign_verify(bytes, len, &policy, &result, &err), 0);
	CHECK_EQ(result.cert_count, 3);
	CHECK_STR(result.certs[1].subject, "CN=Middle");
out:
	sign_result_fini(&result);
	mem_free(bytes);
	sign_store_free(store);
}

static void test_bad_keys(void)
{
	static const char broken[] =
		"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
	struct sign_store *store = sign_store_new();
	struct sign_key *key = NULL;
	struct error err = { 0 };
	const char *pem = fixture.people[SIGNER].key, *cert = fixture.people[SIGNER].cert;
	char two[8192];

	CHECK(store != NULL);
	CHECK_EQ(sign_key_read("k", "", 0, cert, strlen(cert), &key, &err), ERR_NOTSUP);
	CHECK(strstr(err.text, "k: no private key in PEM") != NULL);
	CHECK_EQ(sign_key_read("k", pem, strlen(pem), "", 0, &key, &err), ERR_ILSEQ);
	CHECK_STR(err.text, "k: no certificate, or a malformed one");
	cert = fixture.people[SIGNER_EC].cert;
	CHECK_EQ(sign_key_read("k", pem, strlen(pem), cert, strlen(cert), &key, &err), ERR_INVAL);
	CHECK(strstr(err.text, "is not that of the private key") != NULL);
	CHECK_EQ(sign_store_add(store, SIGN_ROOT, "r", broken, strlen(broken), &err), ERR_ILSEQ);
	/* A file is read to its end or not at all. */
	snprintf(two, sizeof(two), "%s%s", cert, broken);
	CHECK_EQ(sign_store_add(store, SIGN_ROOT, "r", two, strlen(two), &err), ERR_ILSEQ);
	CHECK_EQ(sign_store_add(store, SIGN_CRL, "r", cert, strlen(cert), &err), ERR_ILSEQ);
	CHECK_STR(err.text, "r: no revocation list, or a malformed one");
out:
	sign_key_free(key);
	sign_store_free(store);
}

static void test_bad_input(void)
{
	struct sign_options options = { .size = sizeof(options), .name = "caf\xc3\xa9" };
	struct sign_key *key = NULL;
	struct sign_result result = { 0 };
	struct sign_policy policy = { 0 };
	struct error err = { 0 };
	u8 *bytes = NULL;
	size_t len = 0;

	CHECK_EQ(sign_key_read("key", fixture.people[SIGNER].key,
			       strlen(fixture.people[SIGNER].key), fixture.people[SIGNER].cert,
			       strlen(fixture.people[SIGNER].cert), &key, &err),
		 0);
	CHECK_EQ(
		sign_image(fixture.image, sizeof(fixture.image), key, &options, &bytes, &len, &err),
		ERR_INVAL);
	CHECK_EQ(sign_image(fixture.image, 100, key, NULL, &bytes, &len, &err), ERR_NOEXEC);
	options.size = 1;
	CHECK_EQ(
		sign_image(fixture.image, sizeof(fixture.image), key, &options, &bytes, &len, &err),
		ERR_INVAL);
	CHECK_EQ(sign_verify(fixture.image, sizeof(fixture.image), &policy, &result, &err),
		 ERR_INVAL);
	sign_result_fini(&result);
	CHECK_EQ(sign_inspect(fixture.image, sizeof(fixture.image), &result, &err), ERR_NOENT);
	CHECK_EQ(result.reason, SIGN_UNSIGNED);
	CHECK_STR(err.text, "the image is not signed");
	sign_result_fini(&result);
	CHECK_EQ(sign_inspect(fixture.image, 300, &result, &err), ERR_NOEXEC);
	CHECK_EQ(result.reason, SIGN_BAD_IMAGE);
out:
	sign_result_fini(&result);
	sign_key_free(key);
	mem_free(bytes);
}

static const struct tap_test all[] = {
	TAP_TEST(test_accepted), TAP_TEST(test_reproducible), TAP_TEST(test_other_certs),
	TAP_TEST(test_bad_keys), TAP_TEST(test_bad_input),
};

int main(int argc, char **argv)
{
	int status;

	fixture_init(&fixture);
	status = tap_main(all, ARRAY_COUNT(all), argc > 1 ? argv[1] : NULL);
	fixture_fini(&fixture);
	return status;
}
