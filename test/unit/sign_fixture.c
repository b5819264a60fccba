/* SPDX-License-Identifier: MIT */
#include "sign_fixture.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/mem.h"

struct fixture_spec {
	const char *name;
	int issuer;	   /* index of one made before; -1: itself */
	const char *usage; /* of the key; NULL: what its owner needs */
	const char *eku;   /* as openssl's configuration writes it; NULL: none */
	s64 from, to;	   /* in days from now; 0 and 0: a year around it */
	bool is_ca;
	bool rsa;  /* its key; otherwise an elliptic curve's */
	bool weak; /* of 1024 bits */
	int serial;
};

#define VERIFIED "codeSigning," SIGN_EKU_VERIFIED
static const struct fixture_spec specs[PERSON_COUNT] = {
	[ROOT] = { .name = "Root", .issuer = -1, .is_ca = true, .serial = 1 },
	[OTHER_ROOT] = { .name = "Other root", .issuer = -1, .is_ca = true, .serial = 1 },
	[MIDDLE] = { .name = "Middle",
		     .issuer = ROOT,
		     .is_ca = true,
		     .eku = "codeSigning",
		     .serial = 2 },
	[MIDDLE_TIME] = { .name = "Stamps",
			  .issuer = ROOT,
			  .is_ca = true,
			  .eku = "timeStamping",
			  .serial = 3 },
	[NO_CA] = { .name = "No issuer", .issuer = ROOT, .eku = "codeSigning", .serial = 4 },
	[SIGNER] = { .name = "Signer",
		     .issuer = ROOT,
		     .eku = "codeSigning",
		     .rsa = true,
		     .serial = 10 },
	[SIGNER_EC] = { .name = "Curve", .issuer = ROOT, .eku = "codeSigning", .serial = 11 },
	[BELOW_MIDDLE] = { .name = "Below",
			   .issuer = MIDDLE,
			   .eku = VERIFIED,
			   .rsa = true,
			   .serial = 12 },
	[BELOW_TIME] = { .name = "Below stamps",
			 .issuer = MIDDLE_TIME,
			 .eku = "codeSigning",
			 .rsa = true,
			 .serial = 13 },
	[BELOW_NO_CA] = { .name = "Below none",
			  .issuer = NO_CA,
			  .eku = "codeSigning",
			  .rsa = true,
			  .serial = 14 },
	[VERIFIER] = { .name = "Verifier",
		       .issuer = ROOT,
		       .eku = VERIFIED,
		       .rsa = true,
		       .serial = 15 },
	[FOREIGN] = { .name = "Foreign",
		      .issuer = OTHER_ROOT,
		      .eku = "codeSigning",
		      .rsa = true,
		      .serial = 16 },
	[EXPIRED] = { .name = "Old",
		      .issuer = ROOT,
		      .eku = "codeSigning",
		      .rsa = true,
		      .from = -20,
		      .to = -1,
		      .serial = 17 },
	[EARLY] = { .name = "New",
		    .issuer = ROOT,
		    .eku = "codeSigning",
		    .rsa = true,
		    .from = 1,
		    .to = 20,
		    .serial = 18 },
	[NO_EKU] = { .name = "Anything", .issuer = ROOT, .rsa = true, .serial = 19 },
	[WRONG_EKU] = { .name = "Server",
			.issuer = ROOT,
			.eku = "serverAuth",
			.rsa = true,
			.serial = 20 },
	[NO_SIGNATURES] = { .name = "Encrypts",
			    .issuer = ROOT,
			    .eku = "codeSigning",
			    .usage = "critical,keyEncipherment",
			    .rsa = true,
			    .serial = 24 },
	[WEAK] = { .name = "Weak",
		   .issuer = ROOT,
		   .eku = "codeSigning",
		   .weak = true,
		   .serial = 21 },
	[SELF] = { .name = "Self", .issuer = -1, .eku = "codeSigning", .rsa = true, .serial = 22 },
	[OLD_ROOT] = { .name = "Old root",
		       .issuer = -1,
		       .is_ca = true,
		       .from = -20,
		       .to = -1,
		       .serial = 1 },
	[BELOW_OLD_ROOT] = { .name = "Below old",
			     .issuer = OLD_ROOT,
			     .eku = "codeSigning",
			     .rsa = true,
			     .serial = 23 },
};

/* --- people ---------------------------------------------------------------------------------- */

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "Bail out! fixture: %s\n", what);
	exit(1);
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	must(ext != NULL && X509_add_ext(cert, ext, -1) == 1, value);
	X509_EXTENSION_free(ext);
}

static char *text_of(BIO *bio)
{
	char *data, *text;
	long len = BIO_get_mem_data(bio, &data);

	text = calloc(1, (size_t)len + 1);
	must(text != NULL, "memory");
	memcpy(text, data, (size_t)len);
	BIO_free(bio);
	return text;
}

static EVP_PKEY *make_key(const struct fixture_spec *spec)
{
	EVP_PKEY *key = spec->weak  ? EVP_RSA_gen(1024)
			: spec->rsa ? EVP_RSA_gen(2048)
				    : EVP_EC_gen("P-256");

	must(key != NULL, "key");
	return key;
}

static X509 *make_cert(const struct fixture_spec *spec, EVP_PKEY *key,
		       const struct fixture_person *issuer)
{
	X509 *cert = X509_new(), *above = issuer != NULL ? issuer->x509 : cert;
	bool is_default = spec->from == 0 && spec->to == 0;
	time_t from = (time_t)(FIXTURE_NOW + (is_default ? -180 : spec->from) * FIXTURE_DAY);
	time_t to = (time_t)(FIXTURE_NOW + (is_default ? 180 : spec->to) * FIXTURE_DAY);

	must(cert != NULL && X509_set_version(cert, 2) == 1, "certificate");
	must(ASN1_INTEGER_set(X509_get_serialNumber(cert), spec->serial) == 1, "serial");
	must(ASN1_TIME_set(X509_getm_notBefore(cert), from) != NULL, "time");
	must(ASN1_TIME_set(X509_getm_notAfter(cert), to) != NULL, "time");
	must(X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
					(const u8 *)spec->name, -1, -1, 0) == 1,
	     "name");
	must(X509_set_issuer_name(cert, X509_get_subject_name(above)) == 1, "issuer");
	must(X509_set_pubkey(cert, key) == 1, "key");
	add_extension(cert, above, NID_basic_constraints,
		      spec->is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	add_extension(cert, above, NID_key_usage,
		      spec->usage != NULL ? spec->usage
		      : spec->is_ca	  ? "critical,keyCertSign,cRLSign"
					  : "critical,digitalSignature");
	if (spec->eku != NULL)
		add_extension(cert, above, NID_ext_key_usage, spec->eku);
	must(X509_sign(cert, issuer != NULL ? issuer->pkey : key, EVP_sha256()) > 0, "signing");
	return cert;
}

static void make_people(struct fixture_person *ret)
{
	EVP_PKEY *shared = NULL; /* making RSA keys takes long */

	for (unsigned i = 0; i < PERSON_COUNT; i++) {
		BIO *key = BIO_new(BIO_s_mem()), *cert = BIO_new(BIO_s_mem());
		EVP_PKEY *pkey;

		if (specs[i].rsa && shared != NULL && !specs[i].is_ca) {
			must(EVP_PKEY_up_ref(shared) == 1, "key");
			pkey = shared;
		} else {
			pkey = make_key(&specs[i]);
		}
		if (specs[i].rsa && !specs[i].is_ca)
			shared = pkey;
		ret[i].pkey = pkey;
		ret[i].x509 = make_cert(&specs[i], pkey,
					specs[i].issuer < 0 ? NULL : &ret[specs[i].issuer]);
		must(PEM_write_bio_PrivateKey(key, pkey, NULL, NULL, 0, NULL, NULL) == 1, "PEM");
		must(PEM_write_bio_X509(cert, ret[i].x509) == 1, "PEM");
		ret[i].key = text_of(key);
		ret[i].cert = text_of(cert);
	}
}

char *fixture_crl(const struct fixture *fixture, int issuer_idx, const int *serials, unsigned count,
		  int days)
{
	const struct fixture_person *issuer = &fixture->people[issuer_idx];
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)(FIXTURE_NOW - 10 * FIXTURE_DAY));
	BIO *bio = BIO_new(BIO_s_mem());

	must(crl != NULL && time != NULL && X509_CRL_set_version(crl, 1) == 1, "list");
	must(X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->x509)) == 1, "issuer");
	must(X509_CRL_set1_lastUpdate(crl, time) == 1, "time");
	for (unsigned i = 0; i < count; i++) {
		X509_REVOKED *row = X509_REVOKED_new();
		ASN1_INTEGER *serial = ASN1_INTEGER_new();

		must(row != NULL && ASN1_INTEGER_set(serial, serials[i]) == 1, "serial");
		must(X509_REVOKED_set_serialNumber(row, serial) == 1, "serial");
		must(X509_REVOKED_set_revocationDate(row, time) == 1, "time");
		must(X509_CRL_add0_revoked(crl, row) == 1, "row");
		ASN1_INTEGER_free(serial);
	}
	must(ASN1_TIME_set(time, (time_t)(FIXTURE_NOW + days * FIXTURE_DAY)) != NULL, "time");
	must(X509_CRL_set1_nextUpdate(crl, time) == 1, "time");
	must(X509_CRL_sort(crl) == 1 && X509_CRL_sign(crl, issuer->pkey, EVP_sha256()) > 0, "list");
	must(PEM_write_bio_X509_CRL(bio, crl) == 1, "PEM");
	ASN1_TIME_free(time);
	X509_CRL_free(crl);
	return text_of(bio);
}

void fixture_init(struct fixture *ret_fixture)
{
	fixture_image(ret_fixture->image);
	make_people(ret_fixture->people);
}

void fixture_fini(struct fixture *fixture)
{
	for (unsigned i = 0; i < PERSON_COUNT; i++) {
		free(fixture->people[i].key);
		free(fixture->people[i].cert);
		EVP_PKEY_free(fixture->people[i].pkey);
		X509_free(fixture->people[i].x509);
	}
}

/* --- what people do -------------------------------------------------------------------------- */

int fixture_sign(const struct fixture *fixture, int who, int other, u8 **ret_signed,
		 size_t *ret_len, struct error *err)
{
	const struct fixture_person *people = fixture->people;
	static const struct sign_options options = { .size = sizeof(options),
						     .name = "test image",
						     .url = "https://example.org/" };
	struct sign_key *key;
	char certs[8192];
	int status;

	snprintf(certs, sizeof(certs), "%s%s", people[who].cert,
		 other >= 0 ? people[other].cert : "");
	status = sign_key_read("key", people[who].key, strlen(people[who].key), certs,
			       strlen(certs), &key, err);
	if (status != 0)
		return status;
	status = sign_image(fixture->image, sizeof(fixture->image), key, &options, ret_signed,
			    ret_len, err);
	sign_key_free(key);
	return status;
}

struct sign_store *fixture_store(const struct fixture *fixture, int root)
{
	const struct fixture_person *people = fixture->people;
	struct sign_store *store = sign_store_new();

	if (store != NULL && sign_store_add(store, SIGN_ROOT, "root", people[root].cert,
					    strlen(people[root].cert), NULL) == 0)
		return store;
	sign_store_free(store);
	return NULL;
}

struct sign_policy fixture_policy(const struct sign_store *store)
{
	return (struct sign_policy){ .size = sizeof(struct sign_policy),
				     .store = store,
				     .time = FIXTURE_NOW,
				     .require_page_hashes = true };
}
