/* SPDX-License-Identifier: MIT */
/* Who signed, and whether that is one whom the store believes. */
#include "sign/crypto.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/str.h"

/* --- the certificates that come along -------------------------------------------------------- */

static bool same_item(const struct der_item *a, const struct der_item *b)
{
	return a->len == b->len && memcmp(a->body, b->body, a->len) == 0;
}

static int add_cert(const struct cms *cms, u32 idx, struct signer *signer, struct error *err)
{
	const struct der_item *item = &cms->certs[idx];
	const u8 *p = item->start;
	struct der_item issuer, serial;
	X509 *cert;
	int status = crypto_cert_id(item->start, der_size(item), &issuer, &serial, err);

	if (status != 0)
		return status;
	cert = d2i_X509(NULL, &p, (long)der_size(item));
	if (cert == NULL || p != item->start + der_size(item)) {
		X509_free(cert);
		(void)crypto_failed(err, "");
		return error_set(err, ERR_ILSEQ, "certificate %u of the signature is malformed",
				 idx + 1);
	}
	if (sk_X509_push(signer->certs, cert) <= 0) {
		X509_free(cert);
		return error_set(err, ERR_NOMEM, "no memory for certificates");
	}
	if (!same_item(&issuer, &cms->issuer) || !same_item(&serial, &cms->serial))
		return 0;
	if (signer->own != NULL)
		return error_set(err, ERR_NOTSUP,
				 "the signature brings the signer's certificate along twice");
	signer->own = cert;
	return 0;
}

int signer_open(const struct cms *cms, struct signer *ret_signer, struct error *err)
{
	struct signer signer = { .certs = sk_X509_new_null() };
	int status = 0;

	ERR_clear_error();
	if (signer.certs == NULL)
		return error_set(err, ERR_NOMEM, "no memory for certificates");
	for (u32 i = 0; status == 0 && i < cms->cert_count; i++)
		status = add_cert(cms, i, &signer, err);
	if (status == 0 && signer.own == NULL)
		status = error_set(err, ERR_NOTSUP,
				   "the signature does not bring the signer's certificate along");
	if (status == 0)
		*ret_signer = signer;
	else
		signer_fini(&signer);
	return status;
}

void signer_fini(struct signer *signer)
{
	crypto_free_certs(signer->certs);
	*signer = (struct signer){ 0 };
}

/* --- the signature itself -------------------------------------------------------------------- */

static bool verifies(EVP_PKEY *key, const struct cms *cms, EVP_MD_CTX *ctx)
{
	static const u8 set = DER_SET; /* stands for the tag that the attributes are stored with */

	return EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	       EVP_DigestVerifyUpdate(ctx, &set, 1) == 1 &&
	       EVP_DigestVerifyUpdate(ctx, cms->attrs.start + 1, der_size(&cms->attrs) - 1) == 1 &&
	       EVP_DigestVerifyFinal(ctx, cms->signature.body, cms->signature.len) == 1;
}

int signer_check(const struct signer *signer, const struct cms *cms, struct error *err)
{
	EVP_PKEY *key = X509_get0_pubkey(signer->own);
	u8 digest[SHA256_SIZE];
	EVP_MD_CTX *ctx;
	bool good;

	sha256_bytes(cms->content.body, cms->content.len, digest);
	if (memcmp(digest, cms->content_digest, sizeof(digest)) != 0)
		return error_set(err, ERR_ACCES,
				 "what the signature says of the image is not what was signed");
	if (key == NULL ||
	    EVP_PKEY_get_base_id(key) != (cms->algorithm == CMS_RSA ? EVP_PKEY_RSA : EVP_PKEY_EC)) {
		ERR_clear_error();
		return error_set(err, ERR_ACCES,
				 "the signer's key is not one of the signature's kind");
	}
	ctx = EVP_MD_CTX_new();
	if (ctx == NULL)
		return error_set(err, ERR_NOMEM, "no memory for a signature");
	good = verifies(key, cms, ctx);
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return good ? 0 : error_set(err, ERR_ACCES, "the signature is not one by the signer's key");
}

/* --- the chain ------------------------------------------------------------------------------- */

struct judge {
	const struct sign_policy *policy;
};

/* A list that is not there is no fault where lists are only used if there. The root has nobody
 * above who would list it. */
static int on_error(int ok, X509_STORE_CTX *ctx)
{
	const struct judge *judge = X509_STORE_CTX_get_app_data(ctx);
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
	bool is_root = X509_STORE_CTX_get_error_depth(ctx) == sk_X509_num(chain) - 1;

	if (ok == 1 || X509_STORE_CTX_get_error(ctx) != X509_V_ERR_UNABLE_TO_GET_CRL)
		return ok;
	if (judge->policy->require_crl && !is_root)
		return 0;
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	return 1;
}

static const struct {
	int error;
	enum sign_reason reason;
	const char *text;
} faults[] = {
	{ X509_V_ERR_CERT_HAS_EXPIRED, SIGN_EXPIRED, "has expired" },
	{ X509_V_ERR_CERT_NOT_YET_VALID, SIGN_NOT_YET_VALID, "is not valid yet" },
	{ X509_V_ERR_CERT_REVOKED, SIGN_REVOKED, "is revoked" },
	{ X509_V_ERR_UNABLE_TO_GET_CRL, SIGN_NO_CRL,
	  "may be revoked: no list of its issuer is there" },
	{ X509_V_ERR_CRL_HAS_EXPIRED, SIGN_NO_CRL,
	  "may be revoked: the list of its issuer has expired" },
	{ X509_V_ERR_CRL_NOT_YET_VALID, SIGN_NO_CRL,
	  "may be revoked: the list of its issuer is not valid yet" },
	{ X509_V_ERR_CRL_SIGNATURE_FAILURE, SIGN_NO_CRL,
	  "may be revoked: the list of its issuer is not signed by that" },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, SIGN_UNTRUSTED,
	  "is a root that is not among the trusted ones" },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, SIGN_UNTRUSTED,
	  "is its own root, which is not among the trusted ones" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, SIGN_UNTRUSTED,
	  "was issued by one that is neither a trusted root nor known" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, SIGN_UNTRUSTED,
	  "was issued by one that is neither a trusted root nor known" },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, SIGN_UNTRUSTED,
	  "was issued by one that is neither a trusted root nor known" },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE, SIGN_BAD_CERTIFICATE,
	  "is not signed by its issuer's key" },
	{ X509_V_ERR_INVALID_CA, SIGN_BAD_CERTIFICATE, "has issued another and must not" },
	{ X509_V_ERR_KEYUSAGE_NO_CERTSIGN, SIGN_BAD_CERTIFICATE,
	  "has issued another and must not" },
	{ X509_V_ERR_PATH_LENGTH_EXCEEDED, SIGN_BAD_CERTIFICATE,
	  "has more certificates below it than it may" },
	{ X509_V_ERR_EE_KEY_TOO_SMALL, SIGN_BAD_CERTIFICATE, "has a key that is too short" },
	{ X509_V_ERR_CA_KEY_TOO_SMALL, SIGN_BAD_CERTIFICATE, "has a key that is too short" },
	{ X509_V_ERR_CA_MD_TOO_WEAK, SIGN_BAD_CERTIFICATE, "was signed with a weak digest" },
};

static void subject_text(X509 *cert, char *buf, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int len = 0;

	if (bio != NULL &&
	    X509_NAME_print_ex(bio, X509_get_subject_name(cert), 0, XN_FLAG_RFC2253) >= 0)
		len = BIO_read(bio, buf, (int)size - 1);
	buf[MAX(len, 0)] = '\0';
	BIO_free(bio);
}

static int chain_fault(X509_STORE_CTX *ctx, struct sign_result *result, struct error *err)
{
	int error = X509_STORE_CTX_get_error(ctx);
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);
	const char *text = X509_verify_cert_error_string(error);
	char subject[120] = "";

	ERR_clear_error();
	if (error == X509_V_ERR_OUT_OF_MEM)
		return error_set(err, ERR_NOMEM, "no memory for certificates");
	result->reason = SIGN_BAD_CERTIFICATE;
	if (cert != NULL)
		subject_text(cert, subject, sizeof(subject));
	for (size_t i = 0; i < ARRAY_COUNT(faults); i++)
		if (faults[i].error == error) {
			result->reason = faults[i].reason;
			return error_set(err, ERR_ACCES, "certificate '%s' %s", subject,
					 faults[i].text);
		}
	return error_set(err, ERR_ACCES, "certificate '%s': %s", subject, text);
}

/* --- what the certificates are for ----------------------------------------------------------- */

static bool has_usage(const EXTENDED_KEY_USAGE *usages, const char *oid)
{
	char text[200];

	for (int i = 0; i < sk_ASN1_OBJECT_num(usages); i++) {
		(void)OBJ_obj2txt(text, sizeof(text), sk_ASN1_OBJECT_value(usages, i), 1);
		if (str_eq(text, oid))
			return true;
	}
	return false;
}

static int lacks_usage(X509 *cert, const char *oid, struct sign_result *result, struct error *err)
{
	char subject[120];

	subject_text(cert, subject, sizeof(subject));
	result->reason = SIGN_WRONG_EKU;
	return error_set(err, ERR_ACCES, "certificate '%s' is not for %s", subject,
			 str_eq(oid, SIGN_EKU_CODE)	  ? "code signing"
			 : str_eq(oid, SIGN_EKU_VERIFIED) ? "verified programs"
							  : oid);
}

/* Those above the signer limit what it is for where they say anything. */
static int check_usages(X509 *cert, bool is_signer, const struct sign_policy *policy,
			struct sign_result *result, struct error *err)
{
	int critical;
	EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(cert, NID_ext_key_usage, &critical, NULL);
	const char *missing = NULL;
	bool is_open = usages == NULL && critical == -1 && !is_signer;

	if (!is_open && !has_usage(usages, SIGN_EKU_CODE))
		missing = SIGN_EKU_CODE;
	for (u32 i = 0; missing == NULL && !is_open && i < policy->eku_count; i++)
		if (!has_usage(usages, policy->ekus[i]))
			missing = policy->ekus[i];
	EXTENDED_KEY_USAGE_free(usages);
	if (missing != NULL)
		return lacks_usage(cert, missing, result, err);
	if (is_signer && (X509_get_key_usage(cert) & KU_DIGITAL_SIGNATURE) == 0)
		return lacks_usage(cert, "signatures", result, err);
	return 0;
}

static bool same_cert(X509 *a, X509 *b)
{
	u8 *a_bytes = NULL, *b_bytes = NULL;
	int a_len = i2d_X509(a, &a_bytes), b_len = i2d_X509(b, &b_bytes);
	bool same = a_len > 0 && a_len == b_len && memcmp(a_bytes, b_bytes, (size_t)a_len) == 0;

	OPENSSL_free(a_bytes);
	OPENSSL_free(b_bytes);
	return same;
}

/* Nothing in the signature vouches for a certificate that the chain does without. */
static int check_all_used(const struct signer *signer, STACK_OF(X509) * chain,
			  struct sign_result *result, struct error *err)
{
	u32 used = 0;

	for (int i = 0; i < sk_X509_num(signer->certs); i++) {
		X509 *cert = sk_X509_value(signer->certs, i);
		int found = 0;

		while (found < sk_X509_num(chain) && !same_cert(sk_X509_value(chain, found), cert))
			found++;
		if (found == sk_X509_num(chain) || (used >> found & 1) != 0) {
			result->reason = SIGN_BAD_FORM;
			return error_set(err, ERR_ACCES,
					 "certificate %d of the signature is not part of the chain",
					 i + 1);
		}
		used |= 1u << found;
	}
	return 0;
}

static int check_chain(const struct signer *signer, STACK_OF(X509) * chain,
		       const struct sign_policy *policy, struct sign_result *result,
		       struct error *err)
{
	int status = 0;

	for (int i = 0; status == 0 && i < sk_X509_num(chain); i++)
		status = check_usages(sk_X509_value(chain, i), i == 0, policy, result, err);
	return status == 0 ? check_all_used(signer, chain, result, err) : status;
}

/* --- describing ------------------------------------------------------------------------------ */

static const char *bio_text(BIO *bio, struct arena *arena)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);
	const char *text = len < 0 ? NULL : arena_strndup(arena, data, (size_t)len);

	(void)BIO_reset(bio);
	return text;
}

static s64 unix_time(const ASN1_TIME *time)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days = 0, seconds = 0;

	if (epoch != NULL)
		(void)ASN1_TIME_diff(&days, &seconds, epoch, time);
	ASN1_TIME_free(epoch);
	return (s64)days * 86400 + seconds;
}

bool crypto_time(const struct der_item *item, s64 *ret_time)
{
	const u8 *p = item->start;
	ASN1_TIME *time = d2i_ASN1_TIME(NULL, &p, (long)der_size(item));
	bool ok = time != NULL && ASN1_TIME_check(time) == 1;

	if (ok)
		*ret_time = unix_time(time);
	ASN1_TIME_free(time);
	ERR_clear_error();
	return ok;
}

static int describe_cert(X509 *cert, BIO *bio, struct arena *arena, struct sign_cert *ret)
{
	u8 *bytes = NULL;
	int len;

	(void)X509_NAME_print_ex(bio, X509_get_subject_name(cert), 0, XN_FLAG_RFC2253);
	ret->subject = bio_text(bio, arena);
	(void)X509_NAME_print_ex(bio, X509_get_issuer_name(cert), 0, XN_FLAG_RFC2253);
	ret->issuer = bio_text(bio, arena);
	(void)i2a_ASN1_INTEGER(bio, X509_get0_serialNumber(cert));
	ret->serial = bio_text(bio, arena);
	ret->is_root = (X509_get_extension_flags(cert) & EXFLAG_SS) != 0;
	ret->not_before = unix_time(X509_get0_notBefore(cert));
	ret->not_after = unix_time(X509_get0_notAfter(cert));
	len = i2d_X509(cert, &bytes);
	if (len > 0)
		sha256_bytes(bytes, (size_t)len, ret->sha256);
	OPENSSL_free(bytes);
	return len > 0 && ret->subject != NULL && ret->issuer != NULL && ret->serial != NULL
		       ? 0
		       : ERR_NOMEM;
}

static int describe_usages(X509 *cert, struct sign_result *result)
{
	EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(cert, NID_ext_key_usage, NULL, NULL);
	int count = usages != NULL ? sk_ASN1_OBJECT_num(usages) : 0, status = 0;
	const char **texts = arena_array(&result->arena, (size_t)count, sizeof(*texts));

	if (texts == NULL)
		status = ERR_NOMEM;
	for (int i = 0; status == 0 && i < count; i++) {
		char text[200] = "";

		(void)OBJ_obj2txt(text, sizeof(text), sk_ASN1_OBJECT_value(usages, i), 1);
		texts[i] = arena_strndup(&result->arena, text, strlen(text));
		if (texts[i] == NULL)
			status = ERR_NOMEM;
	}
	EXTENDED_KEY_USAGE_free(usages);
	if (status == 0) {
		result->ekus = texts;
		result->eku_count = (u32)count;
	}
	return status;
}

static int describe_all(STACK_OF(X509) * list, struct arena *arena,
			const struct sign_cert **ret_certs)
{
	u32 count = (u32)sk_X509_num(list);
	struct sign_cert *certs = arena_array(arena, count, sizeof(*certs));
	BIO *bio = BIO_new(BIO_s_mem());
	int status = certs == NULL || bio == NULL ? ERR_NOMEM : 0;

	for (u32 i = 0; status == 0 && i < count; i++)
		status = describe_cert(sk_X509_value(list, (int)i), bio, arena, &certs[i]);
	BIO_free(bio);
	if (status == 0)
		*ret_certs = certs;
	return status;
}

int sign_describe_certs(const char *name, const void *bytes, size_t len, struct arena *arena,
			const struct sign_cert **ret_certs, u32 *ret_count, struct error *err)
{
	STACK_OF(X509) * list;
	int status = crypto_read_certs(name, bytes, len, &list, err);

	if (status != 0)
		return status;
	status = describe_all(list, arena, ret_certs);
	if (status == 0)
		*ret_count = (u32)sk_X509_num(list);
	crypto_free_certs(list);
	ERR_clear_error();
	return status == 0 ? 0 : error_set(err, status, "%s: no memory for certificates", name);
}

/* chain: the signer's first. */
static int describe(STACK_OF(X509) * chain, struct sign_result *result, struct error *err)
{
	int status = describe_all(chain, &result->arena, &result->certs);

	if (status == 0)
		status = describe_usages(sk_X509_value(chain, 0), result);
	ERR_clear_error();
	if (status != 0)
		return error_set(err, status, "no memory for certificates");
	result->cert_count = (u32)sk_X509_num(chain);
	return 0;
}

int signer_describe(const struct signer *signer, struct sign_result *result, struct error *err)
{
	STACK_OF(X509) *list = sk_X509_new_null();
	bool ok = list != NULL && sk_X509_push(list, signer->own) > 0;
	int status;

	for (int i = 0; ok && i < sk_X509_num(signer->certs); i++) {
		X509 *cert = sk_X509_value(signer->certs, i);

		ok = cert == signer->own || sk_X509_push(list, cert) > 0;
	}
	status = ok ? describe(list, result, err)
		    : error_set(err, ERR_NOMEM, "no memory for certificates");
	sk_X509_free(list);
	return status;
}

/* --- the verdict ----------------------------------------------------------------------------- */

#define SECURITY_LEVEL 2  /* of libcrypto: RSA from 2048 bits on, digests from SHA-224 on */
#define MAX_CHAIN      16 /* check_all_used has a bit for each */

static bool set_up(X509_STORE_CTX *ctx, struct judge *judge, STACK_OF(X509) * others, X509 *own)
{
	const struct sign_policy *policy = judge->policy;
	X509_VERIFY_PARAM *param;

	if (X509_STORE_CTX_init(ctx, policy->store->trusted, own, others) != 1)
		return false;
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)policy->time);
	X509_VERIFY_PARAM_set_depth(param, MAX_CHAIN - 2);
	X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
	if (policy->store->crl_count > 0 || policy->require_crl)
		(void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_CRL_CHECK |
								 X509_V_FLAG_CRL_CHECK_ALL);
	X509_STORE_CTX_set_verify_cb(ctx, on_error);
	return X509_STORE_CTX_set_app_data(ctx, judge) == 1;
}

int signer_judge(const struct signer *signer, const struct sign_policy *policy,
		 struct sign_result *result, struct error *err)
{
	struct judge judge = { .policy = policy };
	STACK_OF(X509) *others = sk_X509_dup(signer->certs);
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int status = 0;

	for (int i = 0; others != NULL && i < sk_X509_num(policy->store->certs); i++)
		if (sk_X509_push(others, sk_X509_value(policy->store->certs, i)) <= 0)
			status = ERR_NOMEM;
	if (status != 0 || others == NULL || ctx == NULL ||
	    !set_up(ctx, &judge, others, signer->own))
		status = error_set(err, ERR_NOMEM, "no memory for certificates");
	else if (X509_verify_cert(ctx) != 1)
		status = chain_fault(ctx, result, err);
	if (status == 0)
		status = check_chain(signer, X509_STORE_CTX_get0_chain(ctx), policy, result, err);
	if (status == 0)
		status = describe(X509_STORE_CTX_get0_chain(ctx), result, err);
	X509_STORE_CTX_free(ctx);
	sk_X509_free(others);
	ERR_clear_error();
	return status;
}
