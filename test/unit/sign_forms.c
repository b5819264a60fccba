/* SPDX-License-Identifier: MIT */
/* Signatures by a trusted signer that nobody should take even so: with another form, or over what
 * the image is not. */
#include "tap.h"

#include <openssl/evp.h>

#include "base/le.h"
#include "base/str.h"
#include "image/pe.h"
#include "sign/crypto.h"
#include "sign_fixture.h"

static struct fixture fixture;

/* --- making them ----------------------------------------------------------------------------- */

static int sign_bytes(void *arg, const u8 *first, size_t first_len, const u8 *rest, size_t rest_len,
		      struct der_writer *w, struct error *err)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	u8 value[512];
	size_t len = sizeof(value);
	bool ok = ctx != NULL && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, arg) == 1 &&
		  EVP_DigestSignUpdate(ctx, first, first_len) == 1 &&
		  EVP_DigestSignUpdate(ctx, rest, rest_len) == 1 &&
		  EVP_DigestSignFinal(ctx, value, &len) == 1;

	EVP_MD_CTX_free(ctx);
	if (!ok)
		return error_set(err, ERR_NOTSUP, "test: signing");
	der_put_value(w, DER_OCTET_STRING, value, len);
	return 0;
}

#define MAX_PAGES 5
struct forge {
	struct cms_input in;
	struct der_item certs[3];
	u8 pages[MAX_PAGES][CMS_PAGE_SIZE]; /* of the image: three, and the end */
	u8 *cert;			    /* the signer's, libcrypto's memory */
	struct der_writer w;		    /* the signature */
};

static bool forge_init(struct forge *f)
{
	struct arena arena;
	struct pe pe;
	bool ok;
	int len;

	*f = (struct forge){ 0 };
	arena_init(&arena, 0);
	ok = pe_open(fixture.image, sizeof(fixture.image), &arena, &pe, NULL) == 0 &&
	     pe_page_count(&pe) == 3;
	for (u32 i = 0; ok && i < 3; i++) {
		struct pe_page page = pe_page(&pe, i);

		le32_store(f->pages[i], page.file.offset);
		pe_page_digest(&pe, &page, f->pages[i] + 4);
	}
	if (ok) {
		le32_store(f->pages[3], pe.data_end);
		pe_digest(&pe, f->in.image_digest);
	}
	arena_fini(&arena);
	len = i2d_X509(fixture.people[SIGNER].x509, &f->cert);
	if (!ok || len <= 0 ||
	    crypto_cert_id(f->cert, (size_t)len, &f->in.issuer, &f->in.serial, NULL) != 0)
		return false;
	f->certs[0] = (struct der_item){ .start = f->cert, .body = f->cert, .len = (size_t)len };
	f->certs[1] = f->certs[0];
	f->in.pages = f->pages[0];
	f->in.page_count = 4;
	f->in.certs = f->certs;
	f->in.cert_count = 1;
	return true;
}

static void forge_fini(struct forge *f)
{
	OPENSSL_free(f->cert);
	f->cert = NULL;
	der_writer_fini(&f->w);
}

static bool forge_write(struct forge *f)
{
	der_writer_fini(&f->w);
	return cms_write(&f->w, &f->in, sign_bytes, fixture.people[SIGNER].pkey, NULL) == 0;
}

/* The verdict on the image with these bytes as its signature, and more zeros behind them; shorter:
 * of the length in the table's header. */
static enum sign_reason judge_table(const u8 *der, size_t len, u32 more, u32 shorter,
				    struct error *err)
{
	size_t table = ((8 + len + 7) & ~(size_t)7) + more, all = FIXTURE_IMAGE_SIZE + table;
	struct sign_store *store = fixture_store(&fixture, ROOT);
	struct sign_policy policy = fixture_policy(store);
	struct sign_result result = { 0 };
	enum sign_reason reason;
	u8 *bytes = calloc(1, all);
	struct arena arena;
	struct pe pe;

	arena_init(&arena, 0);
	if (bytes == NULL || store == NULL)
		abort();
	memcpy(bytes, fixture.image, FIXTURE_IMAGE_SIZE);
	le32_store(bytes + 64 + 24 + 112 + 32, FIXTURE_IMAGE_SIZE);
	le32_store(bytes + 64 + 24 + 112 + 36, (u32)table);
	le32_store(bytes + FIXTURE_IMAGE_SIZE, (u32)table - shorter);
	le32_store(bytes + FIXTURE_IMAGE_SIZE + 4, 0x20200);
	memcpy(bytes + FIXTURE_IMAGE_SIZE + 8, der, len);
	if (pe_open(bytes, all, &arena, &pe, NULL) == 0)
		le32_store(bytes + pe.checksum_offset, pe_checksum(&pe));
	reason = (sign_verify(bytes, all, &policy, &result, err) == 0) == (result.reason == SIGN_OK)
			 ? result.reason
			 : SIGN_ERROR;
	sign_result_fini(&result);
	sign_store_free(store);
	arena_fini(&arena);
	free(bytes);
	return reason;
}

static enum sign_reason judge(const u8 *der, size_t len, struct error *err)
{
	return judge_table(der, len, 0, 0, err);
}

/* --- over what the image is not -------------------------------------------------------------- */

static const struct claim {
	int page; /* -1: of the image */
	u32 at, value;
	u32 count; /* of pages, with the last; 0: as it is */
	enum sign_reason reason;
	const char *text;
} claims[] = {
	{ 0, 4, 0, 0, SIGN_OK, "" }, /* as it is */
	{ -1, 0, 1, 0, SIGN_BAD_DIGEST, "its digest is another" },
	{ -1, 31, 1, 0, SIGN_BAD_DIGEST, "its digest is another" },
	{ 0, 0, 8, 0, SIGN_BAD_PAGE, "page 0 of the signature's table is not at the place" },
	{ 1, 0, 0x600, 0, SIGN_BAD_PAGE, "page 1 of the signature's table is not at the place" },
	{ 0, 4, 1, 0, SIGN_BAD_PAGE, "page 0 of the signature's table is not the image's" },
	{ 2, 35, 1, 0, SIGN_BAD_PAGE, "page 2 of the signature's table is not the image's" },
	{ 3, 0, 0x200, 0, SIGN_BAD_PAGE, "does not end where the last section does" },
	{ 3, 4, 1, 0, SIGN_BAD_PAGE, "has a digest where there is no page" },
	{ 3, 35, 1, 0, SIGN_BAD_PAGE, "has a digest where there is no page" },
	{ 0, 0, 0, 3, SIGN_BAD_PAGE, "digests of 2 pages, the image has 3" },
	{ 0, 0, 0, 5, SIGN_BAD_PAGE, "digests of 4 pages, the image has 3" },
	{ 0, 0, 0, 1, SIGN_BAD_PAGE, "digests of 0 pages, the image has 3" },
};

static void test_claims(void)
{
	struct forge f = { 0 };

	for (size_t i = 0; i < ARRAY_COUNT(claims); i++) {
		const struct claim *c = &claims[i];
		struct error err = { 0 };
		u8 *p;

		CHECK(forge_init(&f));
		p = (c->page < 0 ? f.in.image_digest : f.pages[c->page]) + c->at;
		p[0] ^= (u8)c->value;
		if (c->value > 0xff)
			p[1] ^= (u8)(c->value >> 8);
		if (c->count > 0)
			f.in.page_count = c->count;
		CHECK(forge_write(&f));
		CHECK_STR(sign_reason_id(judge(der_written(&f.w), f.w.len, &err)),
			  sign_reason_id(c->reason));
		if (strstr(err.text, c->text) == NULL)
			CHECK_STR(err.text, c->text);
		forge_fini(&f);
	}
out:
	forge_fini(&f);
}

/* --- of another form ------------------------------------------------------------------------- */

enum part { VERSION, ALGORITHMS, CONTENT, CERTS, SIGNERS, PART_COUNT };

struct parts {
	struct der_item items[PART_COUNT];
};

static bool take_parts(const struct der_writer *w, struct parts *ret)
{
	static const u8 tags[] = { DER_INTEGER, DER_SET, DER_SEQUENCE, DER_CONTEXT(0), DER_SET };
	struct der der = { der_written(w), der_written(w) + w->len, der_written(w), NULL };
	struct der_item oid;
	bool ok = der_enter(&der, DER_SEQUENCE, "", &der) == 0 &&
		  der_take(&der, DER_OID, "", &oid) == 0 &&
		  der_enter(&der, DER_CONTEXT(0), "", &der) == 0 &&
		  der_enter(&der, DER_SEQUENCE, "", &der) == 0;

	for (u32 i = 0; ok && i < PART_COUNT; i++)
		ok = der_take(&der, tags[i], "", &ret->items[i]) == 0;
	return ok && der_at_end(&der);
}

static void put_item(struct der_writer *w, const struct der_item *item)
{
	der_put(w, item->start, der_size(item));
}

enum change {
	AS_IT_IS,
	OTHER_VERSION,
	OTHER_ALGORITHM,
	NO_NULL,
	WITH_LISTS,
	TWO_SIGNERS,
	NO_SIGNER,
	MORE_BEHIND,
	NO_CERTS,
	CERT_TWICE,
	OTHER_TYPE,
	UNSIGNED_ATTRIBUTES,
};

static void put_signers(struct der_writer *w, const struct parts *p, enum change change)
{
	const struct der_item *set = &p->items[SIGNERS];
	struct der der = { set->body, set->body + set->len, set->body, NULL };
	struct der_item signer = { 0 };
	size_t since = w->len;

	if (change == TWO_SIGNERS) /* larger than the first, as a set wants it */
		der_put_value(w, DER_CONTEXT(0), NULL, 0);
	if (change == UNSIGNED_ATTRIBUTES) {
		if (der_take(&der, DER_SEQUENCE, "", &signer) != 0)
			abort();
		der_put_value(w, DER_NULL, NULL, 0);
		der_wrap(w, DER_CONTEXT(1), since);
		der_put(w, signer.body, signer.len);
		der_wrap(w, DER_SEQUENCE, since);
	}
	if (change != NO_SIGNER && change != UNSIGNED_ATTRIBUTES)
		der_put(w, set->body, set->len);
	der_wrap(w, DER_SET, since);
}

static void put_certs(struct der_writer *w, const struct parts *p, enum change change)
{
	const struct der_item *certs = &p->items[CERTS];
	size_t since = w->len;

	if (change == CERT_TWICE)
		der_put(w, certs->body, certs->len);
	if (change != NO_CERTS)
		der_put(w, certs->body, certs->len);
	der_wrap(w, DER_CONTEXT(0), since);
}

static void put_algorithms(struct der_writer *w, const struct parts *p, enum change change)
{
	static const u8 sha1[] = { 0x2b, 0x0e, 0x03, 0x02, 0x1a };
	size_t since = w->len;

	if (change != OTHER_ALGORITHM && change != NO_NULL) {
		put_item(w, &p->items[ALGORITHMS]);
		return;
	}
	if (change == OTHER_ALGORITHM)
		der_put_value(w, DER_NULL, NULL, 0);
	if (change == OTHER_ALGORITHM)
		der_put_value(w, DER_OID, sha1, sizeof(sha1));
	else
		der_put_value(w, DER_OID, cms_oid_sha256, sizeof(cms_oid_sha256));
	der_wrap(w, DER_SEQUENCE, since);
	der_wrap(w, DER_SET, since);
}

static void put_changed(struct der_writer *w, const struct parts *p, enum change change)
{
	if (change == MORE_BEHIND)
		der_put_value(w, DER_NULL, NULL, 0);
	put_signers(w, p, change);
	if (change == WITH_LISTS)
		der_put_value(w, DER_CONTEXT(1), NULL, 0);
	put_certs(w, p, change);
	put_item(w, &p->items[CONTENT]);
	put_algorithms(w, p, change);
	if (change == OTHER_VERSION)
		der_put_value(w, DER_INTEGER, "\3", 1);
	else
		put_item(w, &p->items[VERSION]);
	der_wrap(w, DER_SEQUENCE, 0);
	der_wrap(w, DER_CONTEXT(0), 0);
	if (change == OTHER_TYPE)
		der_put_value(w, DER_OID, cms_oid_sha256, sizeof(cms_oid_sha256));
	else
		der_put_value(w, DER_OID, cms_oid_signed_data, sizeof(cms_oid_signed_data));
	der_wrap(w, DER_SEQUENCE, 0);
}

static const struct form {
	enum change change;
	enum sign_reason reason;
	const char *text;
} forms[] = {
	{ AS_IT_IS, SIGN_OK, "" },
	{ OTHER_VERSION, SIGN_BAD_FORM, "another version than 1" },
	{ OTHER_ALGORITHM, SIGN_BAD_FORM, "another digest than SHA-256" },
	{ NO_NULL, SIGN_BAD_FORM, "names SHA-256 in another form" },
	{ WITH_LISTS, SIGN_BAD_FORM, "brings revocation lists along" },
	{ TWO_SIGNERS, SIGN_MORE_SIGNATURES, "more than one signer" },
	{ NO_SIGNER, SIGN_BAD_FORM, "signer is missing" },
	{ MORE_BEHIND, SIGN_BAD_FORM, "data has more in it" },
	{ NO_CERTS, SIGN_BAD_FORM, "does not bring the signer's certificate along" },
	{ CERT_TWICE, SIGN_BAD_FORM, "the signer's certificate along twice" },
	{ OTHER_TYPE, SIGN_BAD_FORM, "kind of data is an unknown one" },
	{ UNSIGNED_ATTRIBUTES, SIGN_MORE_SIGNATURES, "attributes that are not signed" },
};

static void test_forms(void)
{
	struct forge f = { 0 };
	struct der_writer w = { 0 };
	struct parts parts;

	CHECK(forge_init(&f));
	CHECK(forge_write(&f));
	CHECK(take_parts(&f.w, &parts));
	for (size_t i = 0; i < ARRAY_COUNT(forms); i++) {
		struct error err = { 0 };

		put_changed(&w, &parts, forms[i].change);
		CHECK(!w.failed);
		CHECK_STR(sign_reason_id(judge(der_written(&w), w.len, &err)),
			  sign_reason_id(forms[i].reason));
		if (strstr(err.text, forms[i].text) == NULL)
			CHECK_STR(err.text, forms[i].text);
		der_writer_fini(&w);
	}
out:
	der_writer_fini(&w);
	forge_fini(&f);
}

/* A certificate that is the same when it is read, with a length of a byte more than it needs. */
static void test_long_length(void)
{
	struct forge f = { 0 };
	struct error err = { 0 };
	u8 *cert = NULL;
	size_t len, at;

	CHECK(forge_init(&f));
	len = f.certs[0].len;
	/* At the end there is the signature by the root's curve, shorter than 128 bytes. */
	for (at = len - 75; at < len - 2 && (f.cert[at] != 3 || f.cert[at + 1] != len - at - 2);)
		at++;
	CHECK(at < len - 2 && f.cert[0] == 0x30 && f.cert[1] == 0x82);
	cert = malloc(len + 1);
	CHECK(cert != NULL);
	memcpy(cert, f.cert, at + 1);
	cert[at + 1] = 0x81;
	memcpy(cert + at + 2, f.cert + at + 1, len - at - 1);
	cert[2] = (u8)((len + 1 - 4) >> 8);
	cert[3] = (u8)(len + 1 - 4);
	f.certs[0] = (struct der_item){ .start = cert, .body = cert, .len = len + 1 };
	CHECK(forge_write(&f));
	CHECK_STR(sign_reason_id(judge(der_written(&f.w), f.w.len, &err)), "bad-encoding");
	CHECK(strstr(err.text, "more bytes than it needs") != NULL);
out:
	free(cert);
	forge_fini(&f);
}

/* Padding that the header's length leaves out: there is one way to write a table. */
static void test_padding(void)
{
	static const char *const names[] = { "", "1", "12", "123", "1234", "12345", "123456" };
	struct forge f = { 0 };
	u32 tried = 0;

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		struct error err = { 0 };

		CHECK(forge_init(&f));
		f.in.name = names[i];
		CHECK(forge_write(&f));
		CHECK_STR(sign_reason_id(judge(der_written(&f.w), f.w.len, &err)), "ok");
		for (u32 shorter = 1; shorter <= (8 - f.w.len % 8) % 8; shorter++, tried++) {
			CHECK_STR(sign_reason_id(judge_table(der_written(&f.w), f.w.len, 0, shorter,
							     &err)),
				  "bad-table");
			CHECK(strstr(err.text, "its entry has") != NULL);
		}
		CHECK_STR(sign_reason_id(judge_table(der_written(&f.w), f.w.len, 8, 0, &err)),
			  "bad-table");
		CHECK(strstr(err.text, "bytes follow the signature") != NULL);
		forge_fini(&f);
	}
	CHECK(tried > 0);
out:
	forge_fini(&f);
}

/* A root that comes along must be the trusted one to the last byte: nothing else holds it. */
static void test_root(void)
{
	struct forge f = { 0 };
	u8 *root = NULL, *der = NULL;
	struct error err = { 0 };
	int len = i2d_X509(fixture.people[ROOT].x509, &root);

	CHECK(len > 0);
	CHECK(forge_init(&f));
	f.certs[1] = (struct der_item){ .start = root, .body = root, .len = (size_t)len };
	f.certs[2] = f.certs[1];
	f.in.cert_count = 3;
	CHECK(forge_write(&f));
	CHECK_STR(sign_reason_id(judge(der_written(&f.w), f.w.len, &err)), "bad-form");
	CHECK(strstr(err.text, "not part of the chain") != NULL);
	forge_fini(&f);
	CHECK(forge_init(&f)); /* writing has sorted them */
	f.in.algorithm = CMS_ECDSA;
	CHECK(forge_write(&f));
	CHECK_STR(sign_reason_id(judge(der_written(&f.w), f.w.len, &err)), "bad-signature");
	CHECK(strstr(err.text, "not one of the signature's kind") != NULL);
	forge_fini(&f);
	CHECK(forge_init(&f));
	f.certs[1] = (struct der_item){ .start = root, .body = root, .len = (size_t)len };
	f.in.cert_count = 2;
	CHECK(forge_write(&f));
	CHECK_STR(sign_reason_id(judge(der_written(&f.w), f.w.len, &err)), "ok");
	der = malloc(f.w.len);
	CHECK(der != NULL);
	memcpy(der, der_written(&f.w), f.w.len);
	for (size_t i = 0; i < f.w.len; i++) {
		enum sign_reason reason;

		der[i] ^= 1;
		reason = judge(der, f.w.len, &err);
		der[i] ^= 1;
		CHECK(reason != SIGN_OK && reason != SIGN_ERROR);
	}
	CHECK_STR(sign_reason_id(judge(der, f.w.len, &err)), "ok");
out:
	free(der);
	OPENSSL_free(root);
	forge_fini(&f);
}

static const struct tap_test all[] = { TAP_TEST(test_claims), TAP_TEST(test_forms),
				       TAP_TEST(test_root), TAP_TEST(test_padding),
				       TAP_TEST(test_long_length) };

int main(int argc, char **argv)
{
	int status;

	fixture_init(&fixture);
	status = tap_main(all, ARRAY_COUNT(all), argc > 1 ? argv[1] : NULL);
	fixture_fini(&fixture);
	return status;
}
