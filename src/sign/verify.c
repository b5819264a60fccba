/* SPDX-License-Identifier: MIT */
/* Judging an image: first what it costs little to refuse, last whom to believe. */
#include "base/le.h"
#include "base/str.h"
#include "image/pe.h"
#include "sign/crypto.h"

struct verify {
	struct pe pe;
	struct pe_extent der; /* of the signature, without padding */
	struct cms cms;
	struct sign_result *result;
	struct error *err;
};

static int refuse(struct verify *v, enum sign_reason reason, int status)
{
	v->result->reason = status == ERR_NOMEM ? SIGN_ERROR : reason;
	return status;
}

/* --- the file -------------------------------------------------------------------------------- */

/* The table has one form: what its fields may be follows from the file's and the signature's sizes.
 */
static int check_table(struct verify *v, const struct pe_extent *found)
{
	struct pe *pe = &v->pe;
	const u8 *p = pe->bytes + found->offset;
	u32 table_len = le32_load(pe->bytes + pe->cert.offset), size;
	struct der der = { p, p + found->size, p, v->err };
	struct der_item item;
	int status;

	if (pe->cert.size % 8 != 0 || table_len != pe->cert.size)
		return error_set(v->err, ERR_NOEXEC,
				 "certificate table: its entry has %u bytes, it has %u", table_len,
				 pe->cert.size);
	if (pe->cert.offset % 8 != 0 || (size_t)pe->cert.offset + pe->cert.size != pe->len)
		return error_set(v->err, ERR_NOEXEC,
				 "certificate table: bytes %u to %u are not the end of the file",
				 pe->cert.offset, pe->cert.offset + pe->cert.size);
	status = der_take(&der, DER_SEQUENCE, "outermost value", &item);
	if (status != 0)
		return status;
	size = (u32)der_size(&item);
	if (found->size - size >= 8)
		return error_set(v->err, ERR_NOEXEC,
				 "certificate table: %u bytes follow the signature",
				 found->size - size);
	for (u32 i = size; i < found->size; i++)
		if (p[i] != 0)
			return error_set(v->err, ERR_NOEXEC,
					 "certificate table: its padding is not zero");
	v->der = (struct pe_extent){ found->offset, size };
	return 0;
}

static int check_file(struct verify *v, const u8 *image, size_t len)
{
	struct pe_extent found;
	int status = pe_open(image, len, &v->result->arena, &v->pe, v->err);

	if (status != 0)
		return refuse(v, SIGN_BAD_IMAGE, status);
	pe_digest(&v->pe, v->result->digest);
	if (v->pe.cert.size == 0)
		return refuse(v, SIGN_UNSIGNED,
			      error_set(v->err, ERR_NOENT, "the image is not signed"));
	if (v->pe.checksum != pe_checksum(&v->pe))
		return refuse(v, SIGN_BAD_CHECKSUM,
			      error_set(v->err, ERR_ACCES,
					"the image's checksum is 0x%x, of its bytes it is 0x%x",
					v->pe.checksum, pe_checksum(&v->pe)));
	status = pe_certificate(&v->pe, &found, v->err);
	if (status == 0)
		status = check_table(v, &found);
	return status == 0 ? 0 : refuse(v, SIGN_BAD_TABLE, status);
}

/* --- digests --------------------------------------------------------------------------------- */

static int bad_page(struct verify *v, u32 idx, const char *text)
{
	return refuse(
		v, SIGN_BAD_PAGE,
		error_set(v->err, ERR_ACCES, "page %u of the signature's table %s", idx, text));
}

/* The last entry has no digest and says where the last section ends. */
static int check_page_end(struct verify *v, const u8 *entry, u32 idx)
{
	static const u8 zeros[SHA256_SIZE];

	if (le32_load(entry) != v->pe.data_end)
		return bad_page(v, idx, "does not end where the last section does");
	if (memcmp(entry + 4, zeros, sizeof(zeros)) != 0)
		return bad_page(v, idx, "has a digest where there is no page");
	v->result->page_end = v->pe.data_end;
	return 0;
}

static int check_pages(struct verify *v)
{
	u32 count = pe_page_count(&v->pe);
	const u8 *entry = v->cms.pages;
	struct image_page *pages;
	int status;

	if (v->cms.page_count != count + 1)
		return refuse(v, SIGN_BAD_PAGE,
			      error_set(v->err, ERR_ACCES,
					"the signature has digests of %u pages, the image has %u",
					v->cms.page_count - 1, count));
	pages = arena_array(&v->result->arena, count, sizeof(*pages));
	if (pages == NULL)
		return refuse(v, SIGN_ERROR, error_set(v->err, ERR_NOMEM, "no memory for pages"));
	for (u32 i = 0; i < count; i++, entry += CMS_PAGE_SIZE) {
		struct pe_page page = pe_page(&v->pe, i);

		pages[i].offset = page.file.offset;
		pe_page_digest(&v->pe, &page, pages[i].digest);
		if (le32_load(entry) != page.file.offset)
			return bad_page(v, i, "is not at the place of the image's");
		if (memcmp(entry + 4, pages[i].digest, SHA256_SIZE) != 0)
			return bad_page(v, i, "is not the image's");
	}
	status = check_page_end(v, entry, count);
	if (status == 0) {
		v->result->pages = pages;
		v->result->page_count = count;
	}
	return status;
}

static int check_digests(struct verify *v, bool require_pages)
{
	if (memcmp(v->cms.image_digest, v->result->digest, SHA256_SIZE) != 0)
		return refuse(v, SIGN_BAD_DIGEST,
			      error_set(v->err, ERR_ACCES,
					"the image is not what was signed: its digest is another"));
	if (v->cms.pages != NULL)
		return check_pages(v);
	if (require_pages)
		return refuse(v, SIGN_NO_PAGE_HASHES,
			      error_set(v->err, ERR_ACCES, "the signature has no page hashes"));
	return 0;
}

/* --- what else it says ----------------------------------------------------------------------- */

static u32 put_utf8(char *out, u32 code)
{
	if (code < 0x80) {
		out[0] = code < 0x20 || code == 0x7f ? '?' : (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code >= 0xd800 && code < 0xe000) /* of surrogates, pairs too, nothing is made */
		code = 0xfffd;
	out[0] = (char)(0xe0 | code >> 12);
	out[1] = (char)(0x80 | (code >> 6 & 0x3f));
	out[2] = (char)(0x80 | (code & 0x3f));
	return 3;
}

/* A name in UTF-16, or in ASCII; without control characters. NULL: out of memory. */
static const char *name_text(struct verify *v, const struct der_item *item)
{
	bool wide = item->tag == DER_PRIMITIVE(0) && item != &v->cms.url;
	size_t step = wide ? 2 : 1, len = 0;
	char *text = arena_array(&v->result->arena, item->len / step * 3 + 1, 1);

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i + step <= item->len; i += step) {
		const u8 *p = item->body + i;
		u32 code = wide ? (u32)(p[0] << 8 | p[1]) : p[0] < 0x80 ? p[0] : '?';

		len += put_utf8(text + len, code);
	}
	return text;
}

static int describe(struct verify *v)
{
	struct cms *cms = &v->cms;
	struct sign_result *result = v->result;

	if (cms->name.start != NULL)
		result->name = name_text(v, &cms->name);
	if (cms->url.start != NULL)
		result->url = name_text(v, &cms->url);
	if ((cms->name.start != NULL && result->name == NULL) ||
	    (cms->url.start != NULL && result->url == NULL))
		return refuse(v, SIGN_ERROR, error_set(v->err, ERR_NOMEM, "no memory for names"));
	if (cms->time.start == NULL)
		return 0;
	result->has_time = crypto_time(&cms->time, &result->time);
	if (!result->has_time)
		return refuse(
			v, SIGN_BAD_FORM,
			error_set(v->err, ERR_ILSEQ, "the signature's signing time is malformed"));
	return 0;
}

static int list_uncovered(struct verify *v)
{
	const struct pe *pe = &v->pe;
	const struct sign_uncovered rows[] = {
		{ pe->checksum_offset, 4, "the image's checksum",
		  "it must be the one of all other bytes" },
		{ pe->cert_dir_offset, 8, "the directory's entry of the certificate table",
		  "the table must end the file and begin behind what is covered" },
		{ pe->cert.offset, 8, "the header of the certificate table",
		  "length, revision and type have one value" },
		{ v->der.offset, v->der.size, "the signature",
		  "its form has no choices; the content is held by its digest, that by the signed "
		  "attributes, these by the signature, certificates by their issuers and the root "
		  "by the store; the order of certificates is held by nothing" },
		{ v->der.offset + v->der.size, pe->len - v->der.offset - v->der.size, "padding",
		  "it must be zero and shorter than 8 bytes" },
	};
	struct sign_uncovered *list =
		arena_array(&v->result->arena, ARRAY_COUNT(rows), sizeof(*list));

	if (list == NULL)
		return refuse(v, SIGN_ERROR, error_set(v->err, ERR_NOMEM, "no memory for a list"));
	memcpy(list, rows, sizeof(rows));
	v->result->uncovered = list;
	v->result->uncovered_count =
		(u32)ARRAY_COUNT(rows) - (rows[ARRAY_COUNT(rows) - 1].len == 0);
	return 0;
}

/* --- the whole ------------------------------------------------------------------------------- */

static int judge_signer(struct verify *v, const struct sign_policy *policy)
{
	struct signer signer = { 0 };
	int status = signer_open(&v->cms, &signer, v->err);

	if (status != 0)
		return refuse(v, SIGN_BAD_FORM, status);
	v->result->reason = SIGN_ERROR;
	status = signer_check(&signer, &v->cms, v->err);
	if (status != 0) {
		(void)refuse(v, SIGN_BAD_SIGNATURE, status);
	} else if (policy == NULL) {
		status = signer_describe(&signer, v->result, v->err);
	} else {
		status = signer_judge(&signer, policy, v->result, v->err);
	}
	signer_fini(&signer);
	return status;
}

static int verify(const u8 *image, size_t len, const struct sign_policy *policy,
		  struct sign_result *ret_result, struct error *err)
{
	struct verify v = { .result = ret_result, .err = err };
	int status;

	*ret_result = (struct sign_result){ .reason = SIGN_ERROR };
	arena_init(&ret_result->arena, 0);
	status = check_file(&v, image, len);
	if (status == 0)
		status = cms_parse(image + v.der.offset, v.der.size, &v.cms, &ret_result->reason,
				   err);
	if (status == 0)
		status = check_digests(&v, policy != NULL && policy->require_page_hashes);
	if (status == 0)
		status = list_uncovered(&v);
	if (status == 0)
		status = describe(&v);
	if (status == 0)
		status = judge_signer(&v, policy);
	if (status == 0)
		ret_result->reason = SIGN_OK;
	return status;
}

int sign_verify(const u8 *image, size_t len, const struct sign_policy *policy,
		struct sign_result *ret_result, struct error *err)
{
	if (policy->size == sizeof(*policy) && policy->store != NULL)
		return verify(image, len, policy, ret_result, err);
	*ret_result = (struct sign_result){ .reason = SIGN_ERROR };
	return error_set(err, ERR_INVAL, "a policy of another version, or without a store");
}

int sign_inspect(const u8 *image, size_t len, struct sign_result *ret_result, struct error *err)
{
	return verify(image, len, NULL, ret_result, err);
}
