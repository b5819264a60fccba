/* SPDX-License-Identifier: MIT */
/* Writing a signature. Values are put from the last to the first; each function puts one. */
#include "sign/cms.h"

#include "base/mem.h"
#include "base/str.h"

static void put_oid(struct der_writer *w, const u8 *oid, size_t len)
{
	der_put_value(w, DER_OID, oid, len);
}
#define PUT_OID(w, oid) put_oid(w, oid, sizeof(oid))

static void put_algorithm(struct der_writer *w, const u8 *oid, size_t len, bool null)
{
	size_t since = w->len;

	if (null)
		der_put_value(w, DER_NULL, NULL, 0);
	put_oid(w, oid, len);
	der_wrap(w, DER_SEQUENCE, since);
}

static void put_sha256(struct der_writer *w)
{
	put_algorithm(w, cms_oid_sha256, sizeof(cms_oid_sha256), true);
}

static void put_version(struct der_writer *w)
{
	der_put_value(w, DER_INTEGER, "\1", 1);
}

/* --- content --------------------------------------------------------------------------------- */

static void put_page_hashes(struct der_writer *w, const struct cms_input *in)
{
	size_t object = w->len;

	der_put_value(w, DER_OCTET_STRING, in->pages, (size_t)in->page_count * CMS_PAGE_SIZE);
	der_wrap(w, DER_SET, object);
	PUT_OID(w, cms_oid_page_hashes_v2);
	der_wrap(w, DER_SEQUENCE, object);
	der_wrap(w, DER_SET, object);
	der_wrap(w, DER_OCTET_STRING, object);
	der_put_value(w, DER_OCTET_STRING, cms_page_hash_class, sizeof(cms_page_hash_class));
	der_wrap(w, DER_CONTEXT(1), object);
}

/* The content of SpcIndirectDataContent, without tag and length: what is digested. */
static void put_content(struct der_writer *w, const struct cms_input *in)
{
	static const u8 include_resources[] = { 7, 0x80 }; /* as Windows' own tools write it */
	size_t since = w->len;

	der_put_value(w, DER_OCTET_STRING, in->image_digest, SHA256_SIZE);
	put_sha256(w);
	der_wrap(w, DER_SEQUENCE, since);

	since = w->len;
	put_page_hashes(w, in);
	der_wrap(w, DER_CONTEXT(0), since);
	der_put_value(w, DER_BIT_STRING, include_resources, sizeof(include_resources));
	der_wrap(w, DER_SEQUENCE, since);
	PUT_OID(w, cms_oid_pe_image);
	der_wrap(w, DER_SEQUENCE, since);
}

/* --- signed attributes ----------------------------------------------------------------------- */

/* SET { value } behind a kind; the value is what was put since. */
static void wrap_attribute(struct der_writer *w, const u8 *oid, size_t len, size_t since)
{
	der_wrap(w, DER_SET, since);
	put_oid(w, oid, len);
	der_wrap(w, DER_SEQUENCE, since);
}

static void put_opus(struct der_writer *w, const struct cms_input *in)
{
	size_t since = w->len, part;

	if (in->url != NULL) {
		part = w->len;
		der_put_value(w, DER_PRIMITIVE(0), in->url, strlen(in->url));
		der_wrap(w, DER_CONTEXT(1), part);
	}
	if (in->name != NULL) {
		part = w->len;
		der_put_value(w, DER_PRIMITIVE(1), in->name, strlen(in->name));
		der_wrap(w, DER_CONTEXT(0), part);
	}
	der_wrap(w, DER_SEQUENCE, since);
	wrap_attribute(w, cms_oid_opus_info, sizeof(cms_oid_opus_info), since);
}

static void put_statement(struct der_writer *w)
{
	size_t since = w->len;

	PUT_OID(w, cms_oid_individual);
	der_wrap(w, DER_SEQUENCE, since);
	wrap_attribute(w, cms_oid_statement_type, sizeof(cms_oid_statement_type), since);
}

static void put_content_type(struct der_writer *w)
{
	size_t since = w->len;

	PUT_OID(w, cms_oid_indirect_data);
	wrap_attribute(w, cms_oid_content_type, sizeof(cms_oid_content_type), since);
}

static void put_message_digest(struct der_writer *w, const u8 digest[SHA256_SIZE])
{
	size_t since = w->len;

	der_put_value(w, DER_OCTET_STRING, digest, SHA256_SIZE);
	wrap_attribute(w, cms_oid_message_digest, sizeof(cms_oid_message_digest), since);
}

/* The attributes in the order of a set. */
static int make_attributes(struct der_writer *w, const struct cms_input *in,
			   const u8 content_digest[SHA256_SIZE])
{
	struct der_writer all = { 0 };
	struct der_item items[4];
	size_t ends[ARRAY_COUNT(items) + 1] = { 0 };
	int status = ERR_NOMEM;

	put_opus(&all, in);
	ends[1] = all.len;
	put_statement(&all);
	ends[2] = all.len;
	put_content_type(&all);
	ends[3] = all.len;
	put_message_digest(&all, content_digest);
	ends[4] = all.len;
	if (all.failed)
		goto out_all;
	for (size_t i = 0; i < ARRAY_COUNT(items); i++) {
		const u8 *start = all.data + (all.cap - ends[i + 1]);

		items[i] = (struct der_item){ .start = start,
					      .body = start,
					      .len = ends[i + 1] - ends[i] };
	}
	status = der_put_sorted(w, items, ARRAY_COUNT(items));
out_all:
	der_writer_fini(&all);
	return status;
}

/* --- the whole ------------------------------------------------------------------------------- */

static void put_issuer_and_serial(struct der_writer *w, const struct cms_input *in)
{
	size_t since = w->len;

	der_put(w, in->serial.start, der_size(&in->serial));
	der_put(w, in->issuer.start, der_size(&in->issuer));
	der_wrap(w, DER_SEQUENCE, since);
}

static int put_signer(struct der_writer *w, const struct cms_input *in,
		      const u8 content_digest[SHA256_SIZE], cms_signer *sign, void *arg,
		      struct error *err)
{
	static const u8 set = DER_SET;
	struct der_writer attrs = { 0 };
	size_t since = w->len;
	int status = make_attributes(&attrs, in, content_digest);

	der_wrap(&attrs, DER_CONTEXT(0), 0);
	if (status != 0 || attrs.failed) {
		der_writer_fini(&attrs);
		return error_set(err, ERR_NOMEM, "no memory for a signature");
	}
	/* What is signed has the tag of a set, what is stored one of its own. */
	status = sign(arg, &set, 1, der_written(&attrs) + 1, attrs.len - 1, w, err);
	if (in->algorithm == CMS_RSA)
		put_algorithm(w, cms_oid_rsa, sizeof(cms_oid_rsa), true);
	else
		put_algorithm(w, cms_oid_ecdsa_sha256, sizeof(cms_oid_ecdsa_sha256), false);
	der_put(w, der_written(&attrs), attrs.len);
	put_sha256(w);
	put_issuer_and_serial(w, in);
	put_version(w);
	der_wrap(w, DER_SEQUENCE, since);
	der_wrap(w, DER_SET, since);
	der_writer_fini(&attrs);
	return status;
}

int cms_write(struct der_writer *w, const struct cms_input *in, cms_signer *sign, void *arg,
	      struct error *err)
{
	struct der_writer content = { 0 };
	u8 content_digest[SHA256_SIZE];
	size_t since = w->len, part;
	int status;

	put_content(&content, in);
	if (content.failed) {
		der_writer_fini(&content);
		return error_set(err, ERR_NOMEM, "no memory for a signature");
	}
	sha256_bytes(der_written(&content), content.len, content_digest);
	status = put_signer(w, in, content_digest, sign, arg, err);
	part = w->len;
	if (status == 0)
		status = der_put_sorted(w, in->certs, in->cert_count);
	der_wrap(w, DER_CONTEXT(0), part);
	part = w->len;
	der_put(w, der_written(&content), content.len);
	der_wrap(w, DER_SEQUENCE, part);
	der_wrap(w, DER_CONTEXT(0), part);
	PUT_OID(w, cms_oid_indirect_data);
	der_wrap(w, DER_SEQUENCE, part);
	part = w->len;
	put_sha256(w);
	der_wrap(w, DER_SET, part);
	put_version(w);
	der_wrap(w, DER_SEQUENCE, since);
	der_wrap(w, DER_CONTEXT(0), since);
	PUT_OID(w, cms_oid_signed_data);
	der_wrap(w, DER_SEQUENCE, since);
	der_writer_fini(&content);
	if (status == 0 && w->failed)
		status = error_set(err, ERR_NOMEM, "no memory for a signature");
	return status;
}
