/* SPDX-License-Identifier: MIT */
/* What the files on libcrypto share. */
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "sign/cms.h"
#include "sign/sign.h"

struct sign_key {
	EVP_PKEY *pkey;
	enum cms_algorithm algorithm;
	/* libcrypto's memory. The key's own is first; no root but that. */
	u8 *certs[CMS_MAX_CERTS];
	size_t cert_lens[CMS_MAX_CERTS];
	u32 cert_count;
};

struct sign_store {
	X509_STORE *trusted; /* the roots and the lists */
	STACK_OF(X509) * certs;
	u32 crl_count;
};

/* ERR_NOMEM or ERR_NOTSUP, with libcrypto's own words behind ours; its list of errors is emptied.
 */
int crypto_failed(struct error *err, const char *what);

/* Certificates of a file: PEM, any number, or one in DER. *ret_certs is to be released with
 * crypto_free_certs. */
int crypto_read_certs(const char *name, const void *bytes, size_t len, STACK_OF(X509) * *ret_certs,
		      struct error *err) MUST_CHECK;
void crypto_free_certs(STACK_OF(X509) * certs);
/* A BIO that reads these; NULL: out of memory, or far too large. */
BIO *crypto_bio(const void *bytes, size_t len) MUST_CHECK;

/* Issuer and serial number as a certificate's bytes have them. */
int crypto_cert_id(const u8 *cert, size_t len, struct der_item *ret_issuer,
		   struct der_item *ret_serial, struct error *err) MUST_CHECK;

/* --- chain.c --- */

/* UTCTime or GeneralizedTime; false: malformed. */
bool crypto_time(const struct der_item *item, s64 *ret_time) MUST_CHECK;

/* The certificates that a signature brings along, parsed. */
struct signer {
	STACK_OF(X509) * certs; /* in the order of the signature */
	X509 *own;		/* one of them */
};
int signer_open(const struct cms *cms, struct signer *ret_signer, struct error *err) MUST_CHECK;
void signer_fini(struct signer *signer); /* accepts a zeroed one */

/* Whether the signature is one by the signer's key, over content that is what it says. */
int signer_check(const struct signer *signer, const struct cms *cms, struct error *err) MUST_CHECK;
/* Whether the signer is believed. Fills certs and ekus of the result; the reason is set when it
 * fails. */
int signer_judge(const struct signer *signer, const struct sign_policy *policy,
		 struct sign_result *result, struct error *err) MUST_CHECK;
/* Fills them with what is there. */
int signer_describe(const struct signer *signer, struct sign_result *result,
		    struct error *err) MUST_CHECK;
