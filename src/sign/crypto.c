/* SPDX-License-Identifier: MIT */
/* Certificates and lists as files have them. */
#include "sign/crypto.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/mem.h"
#include "base/str.h"

int crypto_failed(struct error *err, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	return error_set(err, ERR_NOTSUP, "%s%s%s", what, reason != NULL ? ": " : "",
			 reason != NULL ? reason : "");
}

BIO *crypto_bio(const void *bytes, size_t len)
{
	return len <= INT32_MAX ? BIO_new_mem_buf(bytes, (int)len) : NULL;
}

void crypto_free_certs(STACK_OF(X509) * certs)
{
	sk_X509_pop_free(certs, X509_free);
}

static bool is_pem(const void *bytes, size_t len)
{
	static const char mark[] = "-----BEGIN ";
	const char *p = bytes;

	for (size_t i = 0; i + sizeof(mark) - 1 <= len; i++)
		if (memcmp(p + i, mark, sizeof(mark) - 1) == 0)
			return true;
	return false;
}

/* The next of a PEM file, or the one of a DER file; NULL: there is none, or it is malformed. */
static X509 *next_cert(BIO *bio, bool pem)
{
	return pem ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : d2i_X509_bio(bio, NULL);
}

static X509_CRL *next_crl(BIO *bio, bool pem)
{
	return pem ? PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL) : d2i_X509_CRL_bio(bio, NULL);
}

/* Whether reading PEM ended where there is no more. */
static bool at_end_of_pem(void)
{
	unsigned long code = ERR_peek_last_error();

	return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

/* What a file has of one kind, each given to take, which owns it and returns 0 when it cannot keep
 * it. */
struct reading {
	BIO *bio;
	bool pem;
	u32 count;
};

static int begin_reading(struct reading *r, const void *bytes, size_t len, struct error *err)
{
	ERR_clear_error();
	*r = (struct reading){ .bio = crypto_bio(bytes, len), .pem = is_pem(bytes, len) };
	return r->bio != NULL ? 0 : crypto_failed(err, "no memory for a certificate");
}

static int end_reading(struct reading *r, int status, const char *name, const char *what,
		       struct error *err)
{
	BIO_free(r->bio);
	if (status == 0 && (r->count == 0 || (r->pem && !at_end_of_pem())))
		status = error_set(err, ERR_ILSEQ, "%s: no %s, or a malformed one", name, what);
	ERR_clear_error();
	return status;
}

int crypto_read_certs(const char *name, const void *bytes, size_t len, STACK_OF(X509) * *ret_certs,
		      struct error *err)
{
	STACK_OF(X509) *certs = sk_X509_new_null();
	struct reading r;
	X509 *cert;
	int status;

	if (certs == NULL)
		return error_set(err, ERR_NOMEM, "no memory for certificates");
	status = begin_reading(&r, bytes, len, err);
	if (status != 0)
		goto out_certs;
	while (status == 0 && (r.pem || r.count == 0) && (cert = next_cert(r.bio, r.pem)) != NULL) {
		r.count++;
		if (sk_X509_push(certs, cert) > 0)
			continue;
		X509_free(cert);
		status = error_set(err, ERR_NOMEM, "no memory for certificates");
	}
	status = end_reading(&r, status, name, "certificate", err);
	if (status == 0) {
		*ret_certs = certs;
		return 0;
	}
out_certs:
	crypto_free_certs(certs);
	return status;
}

/* --- stores ---------------------------------------------------------------------------------- */

struct sign_store *sign_store_new(void)
{
	struct sign_store *store = mem_zalloc(sizeof(*store));

	if (store == NULL)
		return NULL;
	store->trusted = X509_STORE_new();
	store->certs = sk_X509_new_null();
	if (store->trusted != NULL && store->certs != NULL)
		return store;
	sign_store_free(store);
	return NULL;
}

void sign_store_free(struct sign_store *store)
{
	if (store == NULL)
		return;
	X509_STORE_free(store->trusted);
	crypto_free_certs(store->certs);
	mem_free(store);
}

static int add_crls(struct sign_store *store, const char *name, const void *bytes, size_t len,
		    struct error *err)
{
	struct reading r;
	X509_CRL *crl;
	int status = begin_reading(&r, bytes, len, err);

	if (status != 0)
		return status;
	while (status == 0 && (r.pem || r.count == 0) && (crl = next_crl(r.bio, r.pem)) != NULL) {
		r.count++;
		if (X509_STORE_add_crl(store->trusted, crl) != 1)
			status = crypto_failed(err, name);
		X509_CRL_free(crl);
	}
	status = end_reading(&r, status, name, "revocation list", err);
	if (status == 0)
		store->crl_count += r.count;
	return status;
}

int sign_store_add(struct sign_store *store, enum sign_kind kind, const char *name,
		   const void *bytes, size_t len, struct error *err)
{
	STACK_OF(X509) * certs;
	int status;

	if (kind == SIGN_CRL)
		return add_crls(store, name, bytes, len, err);
	status = crypto_read_certs(name, bytes, len, &certs, err);
	if (status != 0)
		return status;
	for (int i = 0; status == 0 && i < sk_X509_num(certs); i++) {
		X509 *cert = sk_X509_value(certs, i);

		if (kind == SIGN_ROOT) {
			if (X509_STORE_add_cert(store->trusted, cert) != 1)
				status = crypto_failed(err, name);
		} else if (X509_up_ref(cert) == 1 && sk_X509_push(store->certs, cert) <= 0) {
			X509_free(cert);
			status = error_set(err, ERR_NOMEM, "no memory for certificates");
		}
	}
	crypto_free_certs(certs);
	return status;
}

/* --- a certificate's own bytes --------------------------------------------------------------- */

int crypto_cert_id(const u8 *cert, size_t len, struct der_item *ret_issuer,
		   struct der_item *ret_serial, struct error *err)
{
	struct der der = { cert, cert + len, cert, err }, outer, body;
	struct der_item version, algorithm, issuer, serial;
	int status = der_enter(&der, DER_SEQUENCE, "certificate", &outer);

	if (status == 0)
		status = der_enter(&outer, DER_SEQUENCE, "certificate", &body);
	if (status == 0 && der_is(&body, DER_CONTEXT(0)))
		status = der_take(&body, DER_CONTEXT(0), "certificate version", &version);
	if (status == 0)
		status = der_take(&body, DER_INTEGER, "certificate number", &serial);
	if (status == 0)
		status = der_take(&body, DER_SEQUENCE, "certificate algorithm", &algorithm);
	if (status == 0)
		status = der_take(&body, DER_SEQUENCE, "certificate issuer", &issuer);
	if (status == 0) {
		*ret_issuer = issuer;
		*ret_serial = serial;
	}
	return status;
}
