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

/* --- one value is another, in a signature that is right otherwise ---------------------------- */

enum edit_kind { SET, AFTER, TWICE, DROP };

struct edit {
	const char *path; /* which child, on each level; an octet string may have some, too */
	enum edit_kind kind;
	const char *bytes; /* for SET and AFTER: whole values */
	size_t len;
	enum sign_reason reason;
	const char *text;
};

#define MAX_CHILDREN 8

/* Values are written from the last one on. */
static void put_edited(struct der_writer *w, const struct der_item *item, const char *path,
		       const struct edit *edit)
{
	struct der in = { item->body, item->body + item->len, item->body, NULL };
	struct der_item children[MAX_CHILDREN];
	size_t since = w->len;
	u32 count = 0;

	while (!der_at_end(&in))
		if (count == MAX_CHILDREN || der_take(&in, *in.p, "", &children[count++]) != 0)
			abort();
	if ((u32)(*path - '0') >= count)
		abort();
	while (count-- > 0) {
		bool is_it = count == (u32)(*path - '0');

		if (is_it && path[1] != '\0') {
			put_edited(w, &children[count], path + 1, edit);
			continue;
		}
		if (is_it && (edit->kind == SET || edit->kind == AFTER))
			der_put(w, edit->bytes, edit->len);
		if (is_it && edit->kind == TWICE)
			put_item(w, &children[count]);
		if (!is_it || edit->kind == AFTER || edit->kind == TWICE)
			put_item(w, &children[count]);
	}
	der_wrap(w, item->tag, since);
}

#define DATA	    "10"	  /* SignedData */
#define CONTENT_    DATA "2"	  /* ContentInfo of what is signed */
#define INDIRECT    CONTENT_ "10" /* SpcIndirectDataContent */
#define IMAGE	    INDIRECT "01" /* SpcPeImageData */
#define OBJECT	    IMAGE "10"	  /* SpcSerializedObject */
#define TABLE	    OBJECT "100"  /* the page hashes in it, with their version */
#define SIGNER_	    DATA "40"	  /* SignerInfo */
#define ATTRS	    SIGNER_ "3"	  /* opus, content type, statement, digest */
#define NULL_	    "\x05\x00"
#define SET_	    "\x31\x00"
#define OID_	    "\x06\x01\x2a"
#define ZEROS_4	    "\0\0\0\0"
#define ZEROS_16    ZEROS_4 ZEROS_4 ZEROS_4 ZEROS_4
#define TIME(value) "\x30\x1c\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05\x31\x0f" value
#define NOW        \
	"\x17\x0d" \
	"270115000000Z"
#define ECDSA	   "\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"
#define PAGES_1	   "\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x03\x01"
#define SAY(bytes) bytes, sizeof(bytes) - 1

/* clang-format off */
static const struct edit edits[] = {
	{ "0", TWICE, NULL, 0, SIGN_BAD_FORM, "data has tag 0x6" },
	{ "1", TWICE, NULL, 0, SIGN_BAD_FORM, "outermost value has more" },
	{ DATA "10", AFTER, SAY(SET_), SIGN_BAD_FORM, "digest algorithms has more" },
	{ DATA "101", TWICE, NULL, 0, SIGN_BAD_FORM, "digest algorithms has more" },
	{ DATA "101", SET, SAY("\x04\x00"), SIGN_BAD_FORM, "algorithm parameters has tag 0x4" },
	{ DATA "3", DROP, NULL, 0, SIGN_BAD_FORM, "certificates has tag 0x31" },
	{ DATA "30", SET, SAY(NULL_), SIGN_BAD_FORM, "certificate has tag 0x5" },
	{ DATA "30", AFTER, SAY("\x30\x00\x30\x00\x30\x00\x30\x00\x30\x00\x30\x00\x30\x00\x30\x00"
				"\x30\x00\x30\x00\x30\x00\x30\x00\x30\x00\x30\x00\x30\x00\x30\x00"),
	  SIGN_BAD_FORM, "too many certificates" },
	/* Over what it is. */
	{ CONTENT_ "0", SET, SAY(OID_), SIGN_BAD_FORM, "kind of content is an unknown one" },
	{ CONTENT_ "1", TWICE, NULL, 0, SIGN_BAD_FORM, "content has more" },
	{ CONTENT_ "1", DROP, NULL, 0, SIGN_BAD_FORM, "content is missing" },
	{ INDIRECT, TWICE, NULL, 0, SIGN_BAD_FORM, "content has more" },
	{ INDIRECT "00", SET, SAY(OID_), SIGN_BAD_FORM, "kind of image is an unknown one" },
	{ INDIRECT "00", DROP, NULL, 0, SIGN_BAD_FORM, "kind of image has tag 0x30" },
	{ IMAGE, TWICE, NULL, 0, SIGN_BAD_FORM, "description of the image has more" },
	{ IMAGE "0", SET, SAY(NULL_), SIGN_BAD_FORM, "flags of the image has tag 0x5" },
	{ IMAGE "0", SET, SAY("\x03\x02\x07\xc0"), SIGN_BAD_ENCODING, "stray bits" },
	{ IMAGE "1", DROP, NULL, 0, SIGN_BAD_FORM, "link to the file is missing" },
	{ IMAGE "1", TWICE, NULL, 0, SIGN_BAD_FORM, "description of the image has more" },
	{ OBJECT, TWICE, NULL, 0, SIGN_BAD_FORM, "link to the file has more" },
	{ OBJECT, SET, SAY("\xa2\x02\x80\x00"), SIGN_NO_PAGE_HASHES, "has no page hashes" },
	{ OBJECT, SET, SAY("\xa2\x00"), SIGN_BAD_FORM, "file name is missing" },
	{ OBJECT, SET, SAY("\xa2\x04\x80\x00\x80\x00"), SIGN_BAD_FORM, "file name has more" },
	{ OBJECT, SET, SAY("\xa0\x02\x80\x00"), SIGN_BAD_FORM, "page hashes has tag 0xa0" },
	{ OBJECT "0", SET, SAY("\x04\x10" ZEROS_16), SIGN_BAD_FORM, "an unknown object" },
	{ OBJECT "0", SET, SAY("\x04\x04" ZEROS_4), SIGN_BAD_FORM, "an unknown object" },
	{ OBJECT "0", DROP, NULL, 0, SIGN_BAD_FORM, "an unknown object" },
	{ OBJECT "1", TWICE, NULL, 0, SIGN_BAD_FORM, "page hashes has more" },
	{ OBJECT "1", DROP, NULL, 0, SIGN_BAD_FORM, "page hashes is missing" },
	{ OBJECT "1", SET, SAY("\x04\x01\xff"), SIGN_BAD_ENCODING, "more than one byte" },
	{ OBJECT "10", AFTER, SAY(SET_), SIGN_BAD_ENCODING, "something follows" },
	{ TABLE, AFTER, SAY(SET_), SIGN_BAD_FORM, "page hashes has more" },
	{ TABLE "0", SET, SAY(PAGES_1), SIGN_BAD_FORM, "page hashes by SHA-1" },
	{ TABLE "0", SET, SAY(OID_), SIGN_BAD_FORM, "page hashes of an unknown version" },
	{ TABLE "0", DROP, NULL, 0, SIGN_BAD_FORM, "version of page hashes has tag 0x31" },
	{ TABLE "1", TWICE, NULL, 0, SIGN_BAD_FORM, "page hash table has more" },
	{ TABLE "10", AFTER, SAY(NULL_), SIGN_BAD_FORM, "page hash table has more" },
	{ TABLE "10", SET, SAY("\x04\x00"), SIGN_BAD_FORM, "table of an odd size" },
	{ TABLE "10", SET, SAY("\x04\x23" ZEROS_16 ZEROS_16 "\0\0\0"), SIGN_BAD_FORM, "table of an odd size" },
	{ TABLE "10", SET, SAY("\x04\x25" ZEROS_16 ZEROS_16 ZEROS_4 "\0"), SIGN_BAD_FORM, "table of an odd size" },
	{ INDIRECT "1", TWICE, NULL, 0, SIGN_BAD_FORM, "content has more" },
	{ INDIRECT "1", DROP, NULL, 0, SIGN_BAD_FORM, "image digest is missing" },
	{ INDIRECT "101", DROP, NULL, 0, SIGN_BAD_FORM, "SHA-256 in another form" },
	{ INDIRECT "100", SET, SAY(OID_), SIGN_BAD_FORM, "another digest than SHA-256" },
	{ INDIRECT "11", SET, SAY("\x04\x14" ZEROS_16 ZEROS_4), SIGN_BAD_FORM, "digest of another size" },
	{ INDIRECT "11", TWICE, NULL, 0, SIGN_BAD_FORM, "image digest has more" },
	/* By whom. */
	{ SIGNER_ "0", SET, SAY("\x02\x01\x03"), SIGN_BAD_FORM, "another version than 1" },
	{ SIGNER_ "1", DROP, NULL, 0, SIGN_BAD_FORM, "signer's issuer has tag 0x6" },
	{ SIGNER_ "10", DROP, NULL, 0, SIGN_BAD_FORM, "signer's issuer has tag 0x2" },
	{ SIGNER_ "11", DROP, NULL, 0, SIGN_BAD_FORM, "signer's serial number is missing" },
	{ SIGNER_ "11", TWICE, NULL, 0, SIGN_BAD_FORM, "signer's name has more" },
	{ SIGNER_ "11", SET, SAY("\x02\x01\x7f"), SIGN_BAD_FORM, "bring the signer's certificate along" },
	{ SIGNER_ "21", DROP, NULL, 0, SIGN_BAD_FORM, "SHA-256 in another form" },
	{ SIGNER_ "20", SET, SAY(OID_), SIGN_BAD_FORM, "another digest than SHA-256" },
	{ SIGNER_ "41", DROP, NULL, 0, SIGN_BAD_FORM, "another algorithm than RSA" },
	{ SIGNER_ "41", TWICE, NULL, 0, SIGN_BAD_FORM, "signature algorithm has more" },
	{ SIGNER_ "41", SET, SAY("\x04\x00"), SIGN_BAD_FORM, "algorithm parameters has tag 0x4" },
	{ SIGNER_ "40", SET, SAY(OID_), SIGN_BAD_FORM, "another algorithm than RSA" },
	{ SIGNER_ "40", SET, SAY(ECDSA), SIGN_BAD_FORM, "another algorithm than RSA" },
	{ SIGNER_ "4", SET, SAY("\x30\x0a" ECDSA), SIGN_BAD_SIGNATURE, "not one of the signature's kind" },
	{ SIGNER_ "5", DROP, NULL, 0, SIGN_BAD_FORM, "value is missing" },
	{ SIGNER_ "5", TWICE, NULL, 0, SIGN_BAD_FORM, "signer has more" },
	{ SIGNER_ "5", SET, SAY("\x04\x00"), SIGN_BAD_SIGNATURE, "" },
	/* Signed attributes. */
	{ ATTRS, DROP, NULL, 0, SIGN_BAD_FORM, "signed attributes has tag 0x30" },
	{ ATTRS, SET, SAY("\xa0\x00"), SIGN_BAD_FORM, "does not say what it is over" },
	{ ATTRS "1", DROP, NULL, 0, SIGN_BAD_FORM, "does not say what it is over" },
	{ ATTRS "3", DROP, NULL, 0, SIGN_BAD_FORM, "does not say what it is over" },
	{ ATTRS "0", TWICE, NULL, 0, SIGN_BAD_FORM, "a signed attribute twice" },
	{ ATTRS "1", TWICE, NULL, 0, SIGN_BAD_FORM, "a signed attribute twice" },
	{ ATTRS "2", TWICE, NULL, 0, SIGN_BAD_FORM, "a signed attribute twice" },
	{ ATTRS "3", TWICE, NULL, 0, SIGN_BAD_FORM, "a signed attribute twice" },
	{ ATTRS "1", AFTER, SAY(TIME(NOW) TIME(NOW)), SIGN_BAD_FORM, "a signed attribute twice" },
	{ ATTRS "1", AFTER, SAY(TIME(NOW)), SIGN_BAD_SIGNATURE, "" },
	{ ATTRS "3", AFTER, SAY(TIME(NOW)), SIGN_BAD_FORM, "signed attributes are out of order" },
	{ ATTRS "1", AFTER, SAY(TIME("\x0c\x0d" "270115000000Z")), SIGN_BAD_FORM, "signing time has tag 0xc" },
	{ ATTRS "1", AFTER, SAY(TIME("\x17\x0d" "271315000000Z")), SIGN_BAD_FORM, "signing time is malformed" },
	{ ATTRS "00", SET, SAY(OID_), SIGN_BAD_FORM, "signed attribute of an unknown kind" },
	{ ATTRS "00", DROP, NULL, 0, SIGN_BAD_FORM, "kind of a signed attribute has tag 0x31" },
	{ ATTRS "01", DROP, NULL, 0, SIGN_BAD_FORM, "signed attribute is missing" },
	{ ATTRS "01", TWICE, NULL, 0, SIGN_BAD_FORM, "signed attribute has more" },
	{ ATTRS "010", AFTER, SAY(SET_), SIGN_BAD_FORM, "signed attribute has more" },
	{ ATTRS "110", AFTER, SAY(SET_), SIGN_BAD_FORM, "signed attribute has more" },
	{ ATTRS "110", SET, SAY(OID_), SIGN_BAD_FORM, "kind of content, as signed is an unknown one" },
	{ ATTRS "110", DROP, NULL, 0, SIGN_BAD_FORM, "kind of content, as signed is missing" },
	{ ATTRS "210", SET, SAY(NULL_), SIGN_BAD_FORM, "statement of purpose has tag 0x5" },
	{ ATTRS "310", SET, SAY("\x04\x14" ZEROS_16 ZEROS_4), SIGN_BAD_FORM, "digest of another size" },
	{ ATTRS "310", SET, SAY("\x04\x20" ZEROS_16 ZEROS_16), SIGN_BAD_SIGNATURE, "" },
	{ ATTRS "010", SET, SAY("\x30\x02\xa2\x00"), SIGN_BAD_FORM, "name of what is signed has more" },
	{ ATTRS "010", SET, SAY("\x30\x04\xa0\x02\x82\x00"), SIGN_BAD_FORM, "name of what is signed has tag 0x82" },
	{ ATTRS "010", SET, SAY("\x30\x06\xa0\x04\x80\x00\x80\x00"), SIGN_BAD_FORM, "name of what is signed has more" },
	{ ATTRS "010", SET, SAY("\x30\x04\xa1\x02\x81\x00"), SIGN_BAD_FORM, "address of what is signed has tag 0x81" },
	{ ATTRS "010", SET, SAY("\x30\x06\xa1\x04\x80\x00\x80\x00"), SIGN_BAD_FORM, "address of what is signed has more" },
	{ ATTRS "010", SET, SAY("\x30\x08\xa1\x02\x80\x00\xa0\x02\x80\x00"), SIGN_BAD_FORM, "name of what is signed has more" },
};
/* clang-format on */

static void test_edits(void)
{
	struct forge f = { 0 };
	struct der_writer w = { 0 };
	struct der_item all;
	struct der in;

	CHECK(forge_init(&f));
	CHECK(forge_write(&f));
	in = (struct der){ der_written(&f.w), der_written(&f.w) + f.w.len, der_written(&f.w),
			   NULL };
	CHECK_EQ(der_take(&in, DER_SEQUENCE, "", &all), 0);
	for (size_t i = 0; i < ARRAY_COUNT(edits); i++) {
		const struct edit *e = &edits[i];
		struct error err = { 0 };
		const char *id;

		put_edited(&w, &all, e->path, e);
		CHECK(!w.failed);
		id = sign_reason_id(judge(der_written(&w), w.len, &err));
		if (strcmp(id, sign_reason_id(e->reason)) != 0 || strstr(err.text, e->text) == NULL)
			printf("# edit %zu, %s: %s, %s\n", i, e->path, id, err.text);
		CHECK_STR(id, sign_reason_id(e->reason));
		CHECK(strstr(err.text, e->text) != NULL);
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

static const struct tap_test all[] = { TAP_TEST(test_claims),  TAP_TEST(test_forms),
				       TAP_TEST(test_edits),   TAP_TEST(test_root),
				       TAP_TEST(test_padding), TAP_TEST(test_long_length) };

int main(int argc, char **argv)
{
	int status;

	fixture_init(&fixture);
	status = tap_main(all, ARRAY_COUNT(all), argc > 1 ? argv[1] : NULL);
	fixture_fini(&fixture);
	return status;
}
