/* SPDX-License-Identifier: MIT */
/* The parts of an Authenticode signature (PKCS #7 SignedData), as slices of its bytes. Of what the
 * standards leave open there is one form here, the one that Windows' own tools write. */
#pragma once

#include "base/sha256.h"
#include "sign/der.h"
#include "sign/sign.h"

#define CMS_MAX_CERTS 16

enum cms_algorithm { CMS_RSA, CMS_ECDSA };

struct cms {
	struct der_item content; /* SpcIndirectDataContent */
	u8 image_digest[SHA256_SIZE];
	const u8 *pages; /* entries of CMS_PAGE_SIZE; NULL: there are none */
	u32 page_count;
	struct der_item certs[CMS_MAX_CERTS];
	u32 cert_count;
	struct der_item issuer, serial; /* of the signer's certificate */
	struct der_item attrs;		/* signed, behind a tag of their own */
	u8 content_digest[SHA256_SIZE]; /* as the attributes have it */
	struct der_item name, url;	/* UTF-16, or tag 0x81: 8 bits; start NULL: not said */
	struct der_item time;		/* start NULL: not said */
	enum cms_algorithm algorithm;
	struct der_item signature;
};

#define CMS_PAGE_SIZE (4 + SHA256_SIZE)

/* The reason is set when it fails. */
int cms_parse(const u8 *bytes, size_t len, struct cms *ret_cms, enum sign_reason *ret_reason,
	      struct error *err) MUST_CHECK;

/* --- writing --- */

struct cms_input {
	u8 image_digest[SHA256_SIZE];
	const u8 *pages;
	u32 page_count;
	const char *name, *url;
	struct der_item *certs; /* to put in; gets sorted */
	u32 cert_count;
	struct der_item issuer, serial; /* of the signer's */
	enum cms_algorithm algorithm;
};

/* Signs bytes that are given in two pieces; the signature is put before what w has. */
typedef int cms_signer(void *arg, const u8 *first, size_t first_len, const u8 *rest,
		       size_t rest_len, struct der_writer *w, struct error *err);

int cms_write(struct der_writer *w, const struct cms_input *in, cms_signer *sign, void *arg,
	      struct error *err) MUST_CHECK;

/* The bytes of object identifiers, without tag and length. */
extern const u8 cms_oid_signed_data[9], cms_oid_indirect_data[10], cms_oid_pe_image[10],
	cms_oid_page_hashes_v1[10], cms_oid_page_hashes_v2[10], cms_oid_sha256[9], cms_oid_rsa[9],
	cms_oid_ecdsa_sha256[8], cms_oid_content_type[9], cms_oid_message_digest[9],
	cms_oid_signing_time[9], cms_oid_opus_info[10], cms_oid_statement_type[10],
	cms_oid_individual[10];
/* What marks page hashes in the place for a moniker. */
extern const u8 cms_page_hash_class[16];
