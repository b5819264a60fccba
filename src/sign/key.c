/* SPDX-License-Identifier: MIT */
/* Keys: reading them, and making one for development. */
#include "sign/crypto.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/format.h"
#include "base/mem.h"
#include "base/str.h"
#include "os/os.h"

/* --- reading --------------------------------------------------------------------------------- */

/* Nobody is there to be asked. */
static int no_password(char *buf, int size, int write, void *arg)
{
	(void)buf;
	(void)size;
	(void)write;
	(void)arg;
	return -1;
}

void sign_key_free(struct sign_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pkey);
	for (u32 i = 0; i < key->cert_count; i++)
		OPENSSL_free(key->certs[i]);
	mem_free(key);
}

static int read_pkey(struct sign_key *key, const char *name, const void *bytes, size_t len,
		     struct error *err)
{
	BIO *bio = crypto_bio(bytes, len);

	if (bio == NULL)
		return error_set(err, ERR_NOMEM, "%s: no memory for a key", name);
	key->pkey = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	BIO_free(bio);
	if (key->pkey == NULL) {
		(void)crypto_failed(err, "no private key in PEM without a password");
		return error_prefix(err, "%s", name);
	}
	switch (EVP_PKEY_get_base_id(key->pkey)) {
	case EVP_PKEY_RSA: key->algorithm = CMS_RSA; return 0;
	case EVP_PKEY_EC: key->algorithm = CMS_ECDSA; return 0;
	default:
		return error_set(err, ERR_NOTSUP,
				 "%s: a key of another kind than RSA and elliptic curve", name);
	}
}

/* A root is known to who trusts it. */
static bool is_left_out(X509 *cert, int idx)
{
	return idx > 0 && (X509_get_extension_flags(cert) & EXFLAG_SS) != 0;
}

static int keep_certs(struct sign_key *key, const char *name, STACK_OF(X509) * certs,
		      struct error *err)
{
	for (int i = 0; i < sk_X509_num(certs); i++) {
		X509 *cert = sk_X509_value(certs, i);
		u8 *bytes = NULL;
		int len;

		if (is_left_out(cert, i))
			continue;
		if (key->cert_count == CMS_MAX_CERTS)
			return error_set(err, ERR_TOOBIG, "%s: more than %u certificates", name,
					 CMS_MAX_CERTS);
		len = i2d_X509(cert, &bytes);
		if (len <= 0)
			return crypto_failed(err, "no memory for a certificate");
		key->certs[key->cert_count] = bytes;
		key->cert_lens[key->cert_count++] = (size_t)len;
	}
	return 0;
}

int sign_key_read(const char *name, const void *key, size_t key_len, const void *certs,
		  size_t certs_len, struct sign_key **ret_key, struct error *err)
{
	struct sign_key *made = mem_zalloc(sizeof(*made));
	STACK_OF(X509) *list = NULL;
	int status;

	if (made == NULL)
		return error_set(err, ERR_NOMEM, "%s: no memory for a key", name);
	status = read_pkey(made, name, key, key_len, err);
	if (status == 0)
		status = crypto_read_certs(name, certs, certs_len, &list, err);
	if (status == 0 && X509_check_private_key(sk_X509_value(list, 0), made->pkey) != 1) {
		(void)crypto_failed(err, "");
		status =
			error_set(err, ERR_INVAL,
				  "%s: the first certificate is not that of the private key", name);
	}
	if (status == 0)
		status = keep_certs(made, name, list, err);
	crypto_free_certs(list);
	if (status == 0)
		*ret_key = made;
	else
		sign_key_free(made);
	return status;
}

/* --- making ---------------------------------------------------------------------------------- */

#define NEW_KEY_BITS 3072
#define MAX_NAME     50

struct making {
	const char *name;
	s64 time;
	u32 days;
	EVP_PKEY *root_key, *key;
	X509 *root, *cert;
};

static bool set_random_serial(X509 *cert)
{
	u8 bytes[16];
	BIGNUM *number;
	bool ok;

	os_random(bytes, sizeof(bytes));
	bytes[0] = (u8)((bytes[0] & 0x3f) | 0x40); /* positive, and always as long */
	number = BN_bin2bn(bytes, (int)sizeof(bytes), NULL);
	ok = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL;
	BN_free(number);
	return ok;
}

static bool set_times(const struct making *m, X509 *cert)
{
	time_t time = (time_t)m->time;

	return ASN1_TIME_adj(X509_getm_notBefore(cert), time, 0, 0) != NULL &&
	       ASN1_TIME_adj(X509_getm_notAfter(cert), time, (int)m->days, 0) != NULL;
}

static bool set_subject(const struct making *m, X509 *cert, const char *suffix)
{
	X509_NAME *name = X509_get_subject_name(cert);
	char text[65]; /* what a common name may have */

	(void)format(text, sizeof(text), "%s%s", m->name, suffix);
	return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const u8 *)text, -1, -1, 0) ==
	       1;
}

static bool add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;
	bool ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = ext != NULL && X509_add_ext(cert, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return ok;
}

static bool make_root(struct making *m)
{
	m->root_key = EVP_EC_gen("P-384"); /* made in no time, and used once */
	m->root = X509_new();
	return m->root_key != NULL && m->root != NULL && X509_set_version(m->root, 2) == 1 &&
	       set_random_serial(m->root) && set_times(m, m->root) &&
	       set_subject(m, m->root, " (root)") &&
	       X509_set_issuer_name(m->root, X509_get_subject_name(m->root)) == 1 &&
	       X509_set_pubkey(m->root, m->root_key) == 1 &&
	       add_extension(m->root, m->root, NID_basic_constraints,
			     "critical,CA:TRUE,pathlen:0") &&
	       add_extension(m->root, m->root, NID_key_usage, "critical,keyCertSign,cRLSign") &&
	       add_extension(m->root, m->root, NID_ext_key_usage, "codeSigning") &&
	       add_extension(m->root, m->root, NID_subject_key_identifier, "hash") &&
	       X509_sign(m->root, m->root_key, EVP_sha256()) > 0;
}

static bool make_cert(struct making *m)
{
	m->key = EVP_RSA_gen(NEW_KEY_BITS);
	m->cert = X509_new();
	return m->key != NULL && m->cert != NULL && X509_set_version(m->cert, 2) == 1 &&
	       set_random_serial(m->cert) && set_times(m, m->cert) && set_subject(m, m->cert, "") &&
	       X509_set_issuer_name(m->cert, X509_get_subject_name(m->root)) == 1 &&
	       X509_set_pubkey(m->cert, m->key) == 1 &&
	       add_extension(m->cert, m->root, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(m->cert, m->root, NID_key_usage, "critical,digitalSignature") &&
	       add_extension(m->cert, m->root, NID_ext_key_usage, "codeSigning") &&
	       add_extension(m->cert, m->root, NID_subject_key_identifier, "hash") &&
	       add_extension(m->cert, m->root, NID_authority_key_identifier, "keyid:always") &&
	       X509_sign(m->cert, m->root_key, EVP_sha256()) > 0;
}

/* What was written to a BIO as a text of ours; NULL: out of memory. */
static char *take_text(BIO *bio)
{
	char *data, *text;
	long len = BIO_get_mem_data(bio, &data);

	if (len < 0)
		return NULL;
	text = mem_alloc((size_t)len + 1);
	if (text == NULL)
		return NULL;
	memcpy(text, data, (size_t)len);
	text[len] = '\0';
	return text;
}

static char *write_certs(X509 *first, X509 *second)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;

	if (bio != NULL && (first == NULL || PEM_write_bio_X509(bio, first) == 1) &&
	    PEM_write_bio_X509(bio, second) == 1)
		text = take_text(bio);
	BIO_free(bio);
	return text;
}

static char *write_key(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	char *text = NULL;

	if (bio != NULL && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1)
		text = take_text(bio);
	BIO_free(bio);
	return text;
}

void sign_new_key_fini(struct sign_new_key *key)
{
	if (key->key != NULL)
		OPENSSL_cleanse(key->key, strlen(key->key));
	mem_free(key->key);
	mem_free(key->certs);
	mem_free(key->root);
	*key = (struct sign_new_key){ 0 };
}

int sign_key_new(const char *name, s64 time, u32 days, struct sign_new_key *ret_key,
		 struct error *err)
{
	struct making m = { .name = name, .time = time, .days = days };
	struct sign_new_key made = { 0 };
	int status = 0;

	if (strlen(name) > MAX_NAME)
		return error_set(err, ERR_TOOBIG, "a key's name has at most %d characters",
				 MAX_NAME);
	if (!make_root(&m) || !make_cert(&m))
		status = crypto_failed(err, "cannot make a key");
	if (status == 0) {
		made.key = write_key(m.key);
		made.certs = write_certs(m.cert, m.root);
		made.root = write_certs(NULL, m.root);
		if (made.key == NULL || made.certs == NULL || made.root == NULL)
			status = error_set(err, ERR_NOMEM, "no memory for a key");
	}
	if (status == 0)
		*ret_key = made;
	else
		sign_new_key_fini(&made);
	X509_free(m.cert);
	X509_free(m.root);
	EVP_PKEY_free(m.key);
	EVP_PKEY_free(m.root_key);
	return status;
}
