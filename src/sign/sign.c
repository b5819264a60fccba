/* SPDX-License-Identifier: MIT */
/* Signing an image. */
#include "base/le.h"
#include "base/mem.h"
#include "base/str.h"
#include "image/pe.h"
#include "sign/crypto.h"

#define CERT_HEADER   8
#define CERT_REVISION 0x200
#define CERT_PKCS7    2

/* --- the signature --------------------------------------------------------------------------- */

static int sign_bytes(void *arg, const u8 *first, size_t first_len, const u8 *rest, size_t rest_len,
		      struct der_writer *w, struct error *err)
{
	const struct sign_key *key = arg;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t size = (size_t)EVP_PKEY_get_size(key->pkey);
	u8 *value = mem_alloc(size);
	int status = 0;

	if (ctx == NULL || value == NULL)
		status = error_set(err, ERR_NOMEM, "no memory for a signature");
	else if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key->pkey) != 1 ||
		 EVP_DigestSignUpdate(ctx, first, first_len) != 1 ||
		 EVP_DigestSignUpdate(ctx, rest, rest_len) != 1 ||
		 EVP_DigestSignFinal(ctx, value, &size) != 1)
		status = crypto_failed(err, "cannot sign with this key");
	if (status == 0)
		der_put_value(w, DER_OCTET_STRING, value, size);
	EVP_MD_CTX_free(ctx);
	mem_free(value);
	return status;
}

/* mem_alloc'd. */
static int make_page_table(const struct pe *pe, u8 **ret_pages, u32 *ret_count, struct error *err)
{
	u32 count = pe_page_count(pe);
	u8 *pages = mem_zalloc_array((size_t)count + 1, CMS_PAGE_SIZE), *entry = pages;

	if (pages == NULL)
		return error_set(err, ERR_NOMEM, "no memory for page hashes");
	for (u32 i = 0; i < count; i++, entry += CMS_PAGE_SIZE) {
		struct pe_page page = pe_page(pe, i);

		le32_store(entry, page.file.offset);
		pe_page_digest(pe, &page, entry + 4);
	}
	le32_store(entry, pe->data_end);
	*ret_pages = pages;
	*ret_count = count + 1;
	return 0;
}

static int make_signature(const struct pe *pe, const struct sign_key *key,
			  const struct sign_options *options, struct der_writer *w,
			  struct error *err)
{
	struct der_item certs[CMS_MAX_CERTS];
	struct cms_input in = {
		.name = options->name,
		.url = options->url,
		.certs = certs,
		.cert_count = key->cert_count,
		.algorithm = key->algorithm,
	};
	u8 *pages;
	int status = crypto_cert_id(key->certs[0], key->cert_lens[0], &in.issuer, &in.serial, err);

	if (status == 0)
		status = make_page_table(pe, &pages, &in.page_count, err);
	if (status != 0)
		return status;
	for (u32 i = 0; i < key->cert_count; i++)
		certs[i] = (struct der_item){ .start = key->certs[i],
					      .body = key->certs[i],
					      .len = key->cert_lens[i] };
	pe_digest(pe, in.image_digest);
	in.pages = pages;
	status = cms_write(w, &in, sign_bytes, (void *)key, err);
	mem_free(pages);
	return status;
}

/* --- the file -------------------------------------------------------------------------------- */

static size_t round_up(size_t len)
{
	return (len + 7) & ~(size_t)7;
}

/* The image without its signature, padded, and the signature behind it. */
static int attach(const struct pe *pe, const struct der_writer *w, u8 **ret_signed, size_t *ret_len,
		  struct error *err)
{
	size_t image_len = pe->cert.size != 0 ? pe->cert.offset : pe->len;
	size_t at = round_up(image_len), table = round_up(CERT_HEADER + w->len), len = at + table;
	u8 *bytes = len <= UINT32_MAX ? mem_zalloc(len) : NULL;
	struct arena arena;
	struct pe made;
	int status;

	if (bytes == NULL)
		return error_set(err, ERR_NOMEM, "no memory for a signed image");
	memcpy(bytes, pe->bytes, image_len);
	le32_store(bytes + pe->cert_dir_offset, (u32)at);
	le32_store(bytes + pe->cert_dir_offset + 4, (u32)table);
	le32_store(bytes + at, (u32)table);
	le16_store(bytes + at + 4, CERT_REVISION);
	le16_store(bytes + at + 6, CERT_PKCS7);
	memcpy(bytes + at + CERT_HEADER, der_written(w), w->len);
	arena_init(&arena, 0);
	status = pe_open(bytes, len, &arena, &made, err);
	if (status == 0) {
		le32_store(bytes + made.checksum_offset, pe_checksum(&made));
		*ret_signed = bytes;
		*ret_len = len;
	} else {
		mem_free(bytes);
	}
	arena_fini(&arena);
	return status;
}

/* Names are ASCII here: Windows' other form would have to be judged, and shown, as well. */
static int check_name(const char *name, struct error *err)
{
	for (const char *p = name; p != NULL && *p != '\0'; p++)
		if (*p < 0x20 || *p >= 0x7f)
			return error_set(err, ERR_INVAL,
					 "the name or address to sign with has characters that are "
					 "not ASCII");
	return 0;
}

int sign_image(const u8 *image, size_t len, const struct sign_key *key,
	       const struct sign_options *options, u8 **ret_signed, size_t *ret_len,
	       struct error *err)
{
	static const struct sign_options defaults = { .size = sizeof(defaults) };
	struct der_writer w = { 0 };
	struct arena arena;
	struct pe pe;
	int status;

	if (options == NULL)
		options = &defaults;
	if (options->size != sizeof(*options))
		return error_set(err, ERR_INVAL, "options of another version");
	arena_init(&arena, 0);
	status = check_name(options->name, err);
	if (status == 0)
		status = check_name(options->url, err);
	if (status == 0)
		status = pe_open(image, len, &arena, &pe, err);
	if (status == 0 && pe.cert.size != 0 && !options->replace)
		status = error_set(err, ERR_EXIST, "the image is signed already");
	if (status == 0)
		status = make_signature(&pe, key, options, &w, err);
	if (status == 0)
		status = attach(&pe, &w, ret_signed, ret_len, err);
	der_writer_fini(&w);
	arena_fini(&arena);
	return status;
}
