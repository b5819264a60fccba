/* SPDX-License-Identifier: MIT */
/* Authenticode signatures of images: making them, and judging them. A signature is what makes an
 * image's page hashes trustworthy; image/ holds each page against them. User mode only, by
 * libcrypto; where the build has none, everything here fails with ERR_NOTSUP. */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/sha256.h"
#include "base/vec.h"
#include "image/pe.h"

/* --- keys ----------------------------------------------------------------------------------- */

/* A private key, its certificate and the certificates above that. */
struct sign_key;

/* key: PEM. certs: PEM or DER, the key's own first; roots among them are left out of signatures.
 * name is for messages. */
int sign_key_read(const char *name, const void *key, size_t key_len, const void *certs,
		  size_t certs_len, struct sign_key **ret_key, struct error *err) MUST_CHECK;
void sign_key_free(struct sign_key *key); /* NULL is allowed */

/* A key of development: its certificate is for code signing only and stands below a root of its
 * own, whose private key is gone when this returns. Both are valid for days days from time on, in
 * seconds since 1970. All PEM, terminated, mem_alloc'd; certs are the key's own and the root. */
struct sign_new_key {
	char *key, *certs, *root;
};
int sign_key_new(const char *name, s64 time, u32 days, struct sign_new_key *ret_key,
		 struct error *err) MUST_CHECK;
void sign_new_key_fini(struct sign_new_key *key);

/* --- signing -------------------------------------------------------------------------------- */

struct sign_options {
	size_t size;	  /* sizeof(struct sign_options) */
	const char *name; /* what is signed, as Windows shows it; NULL: not said */
	const char *url;  /* NULL: not said */
	bool replace;	  /* a signature that is there; otherwise it is refused */
};

/* A copy of a PE image with a signature over it: SHA-256, page hashes, no time, so that the same
 * image and RSA key give the same bytes. *ret_signed is mem_alloc'd; image stays as it is. */
int sign_image(const u8 *image, size_t len, const struct sign_key *key,
	       const struct sign_options *options, u8 **ret_signed, size_t *ret_len,
	       struct error *err) MUST_CHECK;

/* --- judging -------------------------------------------------------------------------------- */

/* Whom a judge believes. */
enum sign_kind {
	SIGN_ROOT, /* a certificate that is trusted as it is */
	SIGN_CERT, /* one that may be needed between a signer and a root */
	SIGN_CRL,  /* a list of revoked certificates, from their issuer */
};

struct sign_store;
struct sign_store *sign_store_new(void) MUST_CHECK; /* NULL: out of memory */
void sign_store_free(struct sign_store *store);	    /* NULL is allowed */
/* bytes: PEM, any number of them, or one in DER. name is for messages. */
int sign_store_add(struct sign_store *store, enum sign_kind kind, const char *name,
		   const void *bytes, size_t len, struct error *err) MUST_CHECK;

/* "The program in this image has been verified": an extended key usage that a root may give to
 * those who verify before they sign, and that a judge may require. */
#define SIGN_EKU_VERIFIED "2.25.97009355407834941839987871041862541596"
#define SIGN_EKU_CODE	  "1.3.6.1.5.5.7.3.3"

struct sign_policy {
	size_t size; /* sizeof(struct sign_policy) */
	const struct sign_store *store;
	s64 time; /* to judge at, in seconds since 1970 */
	/* The signer's certificate must have these besides code signing: dotted numbers. */
	const char *const *ekus;
	u32 eku_count;
	bool require_page_hashes;
	bool require_crl; /* a list for each certificate below the root; otherwise those that are
			     there are used */
};

/* Why a judge says no; the error's text says more. */
enum sign_reason {
#define SIGN_REASON(name, id) SIGN_##name,
#include "sign/reasons.def"
#undef SIGN_REASON
	SIGN_REASON_COUNT
};
/* "expired", ...; "ok" for SIGN_OK. */
const char *sign_reason_id(enum sign_reason reason);

struct sign_cert {
	const char *subject, *issuer; /* as RFC 2253 writes names */
	const char *serial;	      /* hexadecimal */
	s64 not_before, not_after;    /* seconds since 1970 */
	u8 sha256[SHA256_SIZE];	      /* of the certificate */
	bool is_root;		      /* issued by itself */
};

/* Bytes of the file that the signature's digest does not cover, and what holds them instead. */
struct sign_uncovered {
	u64 offset;
	u64 len;
	const char *what, *held_by;
};

struct sign_result {
	struct arena arena; /* of all that is pointed to here */
	enum sign_reason reason;
	u8 digest[SHA256_SIZE]; /* of the image */
	/* From the signer's to the root's. Without a verdict: what the signature brings along. */
	const struct sign_cert *certs;
	u32 cert_count;
	const char *const *ekus; /* the signer's, dotted */
	u32 eku_count;
	const char *name, *url; /* what is signed, as the signer calls it; NULL: not said */
	bool has_time;		/* that the signer claims; nobody vouches for it */
	s64 time;
	/* The table of page hashes without its last entry, which only ends it; the first is the
	 * page of the headers. Trusted when the verdict is yes. */
	const struct image_page *pages;
	u32 page_count;
	u32 page_end; /* offset in that last entry */
	const struct sign_uncovered *uncovered;
	u32 uncovered_count;
};

/* Certificates of a file, PEM or one in DER, for showing; all in arena. */
int sign_describe_certs(const char *name, const void *bytes, size_t len, struct arena *arena,
			const struct sign_cert **ret_certs, u32 *ret_count,
			struct error *err) MUST_CHECK;

/* 0: the image is as the signer made it, the signer is believed, and each page is that of the
 * table. *ret_result is always set, as far as things went before a no, and to be released;
 * reason says why it was no, and err in words. */
int sign_verify(const u8 *image, size_t len, const struct sign_policy *policy,
		struct sign_result *ret_result, struct error *err) MUST_CHECK;
/* What the signature says, held against the image, believing whoever signed it: for looking. */
int sign_inspect(const u8 *image, size_t len, struct sign_result *ret_result,
		 struct error *err) MUST_CHECK;
void sign_result_fini(struct sign_result *result); /* accepts a zeroed one */
