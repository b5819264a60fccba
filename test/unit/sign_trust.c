/* SPDX-License-Identifier: MIT */
/* Who is believed: each reason to refuse a signer has its own words. */
#include "tap.h"

#include "base/str.h"
#include "sign/sign.h"
#include "sign_fixture.h"

static struct fixture fixture;

/* --- whom it believes ------------------------------------------------------------------------ */

struct row {
	int who, other, root;
	const char *eku; /* required, besides */
	int require_crl;
	enum sign_reason reason;
	const char *text; /* part of the message */
};

static const struct row rows[] = {
	{ SIGNER, -1, ROOT, NULL, 0, SIGN_OK, NULL },
	{ SIGNER_EC, -1, ROOT, NULL, 0, SIGN_OK, NULL },
	{ BELOW_MIDDLE, MIDDLE, ROOT, NULL, 0, SIGN_OK, NULL },
	{ VERIFIER, -1, ROOT, SIGN_EKU_VERIFIED, 0, SIGN_OK, NULL },
	{ SELF, -1, SELF, NULL, 0, SIGN_OK, NULL },
	{ SELF, -1, SELF, NULL, 1, SIGN_OK, NULL }, /* nobody above it could list it */
	{ SIGNER, -1, OTHER_ROOT, NULL, 0, SIGN_UNTRUSTED,
	  "certificate 'CN=Signer' was issued by one that is neither a trusted root nor known" },
	{ FOREIGN, -1, ROOT, NULL, 0, SIGN_UNTRUSTED, "'CN=Foreign' was issued by one" },
	{ SELF, -1, ROOT, NULL, 0, SIGN_UNTRUSTED, "'CN=Self' is its own root" },
	{ BELOW_MIDDLE, -1, ROOT, NULL, 0, SIGN_UNTRUSTED, "'CN=Below' was issued by one" },
	{ BELOW_NO_CA, NO_CA, ROOT, NULL, 0, SIGN_BAD_CERTIFICATE,
	  "'CN=No issuer' has issued another and must not" },
	{ SIGNER, MIDDLE, ROOT, NULL, 0, SIGN_BAD_FORM, "not part of the chain" },
	{ EXPIRED, -1, ROOT, NULL, 0, SIGN_EXPIRED, "'CN=Old' has expired" },
	{ BELOW_OLD_ROOT, -1, OLD_ROOT, NULL, 0, SIGN_EXPIRED, "'CN=Old root' has expired" },
	{ EARLY, -1, ROOT, NULL, 0, SIGN_NOT_YET_VALID, "'CN=New' is not valid yet" },
	{ NO_EKU, -1, ROOT, NULL, 0, SIGN_WRONG_EKU, "'CN=Anything' is not for code signing" },
	{ WRONG_EKU, -1, ROOT, NULL, 0, SIGN_WRONG_EKU, "'CN=Server' is not for code signing" },
	{ NO_SIGNATURES, -1, ROOT, NULL, 0, SIGN_WRONG_EKU, "'CN=Encrypts' is not for signatures" },
	{ BELOW_TIME, MIDDLE_TIME, ROOT, NULL, 0, SIGN_WRONG_EKU,
	  "'CN=Stamps' is not for code signing" },
	{ SIGNER, -1, ROOT, SIGN_EKU_VERIFIED, 0, SIGN_WRONG_EKU,
	  "'CN=Signer' is not for verified programs" },
	{ BELOW_MIDDLE, MIDDLE, ROOT, SIGN_EKU_VERIFIED, 0, SIGN_WRONG_EKU,
	  "'CN=Middle' is not for verified programs" },
	{ WEAK, -1, ROOT, NULL, 0, SIGN_BAD_CERTIFICATE, "'CN=Weak' has a key that is too short" },
	{ SIGNER, -1, ROOT, NULL, 1, SIGN_NO_CRL, "'CN=Signer' may be revoked: no list" },
};

static void test_chains(void)
{
	struct sign_store *store = NULL;
	struct sign_result result = { 0 };
	u8 *bytes = NULL;
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct sign_policy policy;
		struct error err = { 0 };
		int status;

		store = fixture_store(&fixture, row->root);
		CHECK(store != NULL);
		policy = fixture_policy(store);
		policy.ekus = &row->eku;
		policy.eku_count = row->eku != NULL;
		policy.require_crl = row->require_crl != 0;
		CHECK_EQ(fixture_sign(&fixture, row->who, row->other, &bytes, &len, &err), 0);
		status = sign_verify(bytes, len, &policy, &result, &err);
		if (row->text != NULL && strstr(err.text, row->text) == NULL)
			CHECK_STR(err.text, row->text);
		CHECK_STR(sign_reason_id(result.reason), sign_reason_id(row->reason));
		CHECK_EQ(status == 0, row->reason == SIGN_OK);
		sign_result_fini(&result);
		/* Looking at it needs no trust. */
		CHECK_EQ(sign_inspect(bytes, len, &result, &err), 0);
		CHECK_EQ(result.cert_count, row->other >= 0 ? 2 : 1);
		sign_result_fini(&result);
		sign_store_free(store);
		store = NULL;
		mem_free(bytes);
		bytes = NULL;
	}
out:
	sign_result_fini(&result);
	sign_store_free(store);
	mem_free(bytes);
}

/* --- revocation ------------------------------------------------------------------------------ */

struct crl_row {
	int issuer;
	int serial; /* 0: nothing is revoked */
	int days;
	int forge; /* signed by OTHER_ROOT, in the issuer's name: 1 */
	bool require;
	enum sign_reason reason;
};

static const struct crl_row crl_rows[] = {
	{ ROOT, 0, 10, 0, false, SIGN_OK },	   { ROOT, 0, 10, 0, true, SIGN_OK },
	{ ROOT, 10, 10, 0, false, SIGN_REVOKED },  { ROOT, 10, 10, 0, true, SIGN_REVOKED },
	{ ROOT, 11, 10, 0, false, SIGN_OK },	   { ROOT, 0, -1, 0, false, SIGN_NO_CRL },
	{ OTHER_ROOT, 10, 10, 0, false, SIGN_OK }, { OTHER_ROOT, 10, 10, 0, true, SIGN_NO_CRL },
};

static void test_revocation(void)
{
	struct sign_result result = { 0 };
	struct sign_store *store = NULL;
	u8 *bytes = NULL;
	char *crl = NULL;
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_COUNT(crl_rows); i++) {
		const struct crl_row *row = &crl_rows[i];
		struct sign_policy policy;
		struct error err = { 0 };

		store = fixture_store(&fixture, ROOT);
		CHECK(store != NULL);
		crl = fixture_crl(&fixture, row->issuer, &row->serial, row->serial != 0, row->days);
		CHECK_EQ(sign_store_add(store, SIGN_CRL, "list", crl, strlen(crl), &err), 0);
		policy = fixture_policy(store);
		policy.require_crl = row->require;
		CHECK_EQ(fixture_sign(&fixture, SIGNER, -1, &bytes, &len, &err), 0);
		CHECK_EQ(sign_verify(bytes, len, &policy, &result, &err) == 0,
			 row->reason == SIGN_OK);
		CHECK_STR(sign_reason_id(result.reason), sign_reason_id(row->reason));
		sign_result_fini(&result);
		sign_store_free(store);
		store = NULL;
		mem_free(bytes);
		bytes = NULL;
		free(crl);
		crl = NULL;
	}
out:
	sign_result_fini(&result);
	sign_store_free(store);
	mem_free(bytes);
	free(crl);
}

/* --- keys of development -------------------------------------------------------------------------
 */

static void test_new_key(void)
{
	struct sign_new_key made = { 0 };
	struct sign_store *store = sign_store_new();
	struct sign_policy policy = fixture_policy(store);
	struct sign_result result = { 0 };
	struct sign_key *key = NULL;
	struct error err = { 0 };
	u8 *bytes = NULL;
	size_t len = 0;

	CHECK(store != NULL);
	CHECK_EQ(sign_key_new("somebody", FIXTURE_NOW, 30, &made, &err), 0);
	CHECK_EQ(sign_key_read("new", made.key, strlen(made.key), made.certs, strlen(made.certs),
			       &key, &err),
		 0);
	CHECK_EQ(sign_image(fixture.image, sizeof(fixture.image), key, NULL, &bytes, &len, &err),
		 0);
	CHECK_EQ(sign_verify(bytes, len, &policy, &result, &err), ERR_ACCES);
	CHECK_EQ(result.reason, SIGN_UNTRUSTED);
	sign_result_fini(&result);
	CHECK_EQ(sign_store_add(store, SIGN_ROOT, "root", made.root, strlen(made.root), &err), 0);
	CHECK_EQ(sign_verify(bytes, len, &policy, &result, &err), 0);
	CHECK_STR(result.certs[0].subject, "CN=somebody");
	CHECK_STR(result.certs[1].subject, "CN=somebody (root)");
	CHECK(result.name == NULL);
	sign_result_fini(&result);
	policy.time = FIXTURE_NOW + 31 * FIXTURE_DAY;
	CHECK_EQ(sign_verify(bytes, len, &policy, &result, &err), ERR_ACCES);
	CHECK_EQ(result.reason, SIGN_EXPIRED);
out:
	sign_result_fini(&result);
	sign_key_free(key);
	mem_free(bytes);
	sign_new_key_fini(&made);
	sign_store_free(store);
}

static const struct tap_test all[] = {
	TAP_TEST(test_chains),
	TAP_TEST(test_revocation),
	TAP_TEST(test_new_key),
};

int main(int argc, char **argv)
{
	int status;

	fixture_init(&fixture);
	status = tap_main(all, ARRAY_COUNT(all), argc > 1 ? argv[1] : NULL);
	fixture_fini(&fixture);
	return status;
}
