/* SPDX-License-Identifier: MIT */
/* What signatures cover: the image's digest, page by page digests, the checksum; and where the
 * signature is. */
#include "base/le.h"
#include "base/str.h"
#include "image/pe.h"

enum {
	CERT_HEADER = 8,
	CERT_REVISION = 0x200,
	CERT_PKCS7 = 2,
};

void pe_covered(const struct pe *pe, struct pe_covered *ret_covered)
{
	u32 checksum = pe->checksum_offset, entry = pe->cert_dir_offset;
	u32 end = pe->cert.size != 0 ? pe->cert.offset : (u32)pe->len;

	*ret_covered = (struct pe_covered){
		.ranges = { { 0, checksum },
			    { checksum + 4, entry - (checksum + 4) },
			    { entry + 8, end - (entry + 8) } },
		.zeros = (8 - end % 8) % 8,
	};
}

void pe_digest(const struct pe *pe, u8 ret_digest[SHA256_SIZE])
{
	static const u8 zeros[8];
	struct pe_covered covered;
	struct sha256 sha;

	pe_covered(pe, &covered);
	sha256_init(&sha);
	for (size_t i = 0; i < ARRAY_COUNT(covered.ranges); i++)
		sha256_update(&sha, pe->bytes + covered.ranges[i].offset, covered.ranges[i].size);
	sha256_update(&sha, zeros, covered.zeros);
	sha256_final(&sha, ret_digest);
}

static u32 pages_of(const struct pe_section *s)
{
	return (s->raw_size + PE_PAGE - 1) / PE_PAGE;
}

u32 pe_page_count(const struct pe *pe)
{
	u32 count = 1;

	for (u32 i = 0; i < pe->section_count; i++)
		count += pages_of(&pe->sections[i]);
	return count;
}

struct pe_page pe_page(const struct pe *pe, u32 idx)
{
	struct pe_page page = { .file = { 0, pe->headers_size } };
	const struct pe_section *s = pe->sections;
	u32 from;

	if (idx == 0)
		return page;
	for (idx--; idx >= pages_of(s); s++)
		idx -= pages_of(s);
	from = idx * PE_PAGE;
	return (struct pe_page){
		.file = { s->offset + from, MIN(s->raw_size - from, PE_PAGE) },
		.rva = s->rva + from,
		.section = s,
	};
}

void pe_page_digest(const struct pe *pe, const struct pe_page *page, u8 ret_digest[SHA256_SIZE])
{
	static const u8 zeros[512];
	struct pe_covered covered;
	struct sha256 sha;

	sha256_init(&sha);
	if (page->section != NULL) {
		sha256_update(&sha, pe->bytes + page->file.offset, page->file.size);
	} else {
		pe_covered(pe, &covered);
		covered.ranges[2].size = pe->headers_size - covered.ranges[2].offset;
		for (size_t i = 0; i < ARRAY_COUNT(covered.ranges); i++)
			sha256_update(&sha, pe->bytes + covered.ranges[i].offset,
				      covered.ranges[i].size);
	}
	/* Both are multiples of the least file alignment. */
	for (u32 at = page->file.size; at < PE_PAGE; at += (u32)sizeof(zeros))
		sha256_update(&sha, zeros, sizeof(zeros));
	sha256_final(&sha, ret_digest);
}

u32 pe_checksum(const struct pe *pe)
{
	u32 sum = 0;

	for (size_t i = 0; i < pe->len; i += 2) {
		bool is_field = i >= pe->checksum_offset && i < pe->checksum_offset + 4;

		if (is_field)
			continue;
		sum += i + 1 < pe->len ? le16_load(pe->bytes + i) : pe->bytes[i];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum + (u32)pe->len;
}

int pe_certificate(const struct pe *pe, struct pe_extent *ret_der, struct error *err)
{
	const u8 *cert = pe->bytes + pe->cert.offset;
	u32 length;

	if (pe->cert.size == 0)
		return error_set(err, ERR_NOENT, "the image is not signed");
	length = le32_load(cert); /* the table has 8 bytes at least */
	if (length < CERT_HEADER || length > pe->cert.size)
		return error_set(err, ERR_NOEXEC,
				 "certificate table: an entry of %u bytes in a table of %u", length,
				 pe->cert.size);
	if (pe->cert.size - length >= 8)
		return error_set(err, ERR_NOEXEC,
				 "certificate table: more than one signature, or bytes behind it");
	for (u32 i = length; i < pe->cert.size; i++)
		if (cert[i] != 0)
			return error_set(err, ERR_NOEXEC,
					 "certificate table: its padding is not zero");
	if (le16_load(cert + 4) != CERT_REVISION || le16_load(cert + 6) != CERT_PKCS7)
		return error_set(err, ERR_NOEXEC,
				 "certificate table: revision 0x%x, type %u instead of 0x200 and 2 "
				 "(PKCS #7)",
				 le16_load(cert + 4), le16_load(cert + 6));
	*ret_der = (struct pe_extent){ pe->cert.offset + CERT_HEADER, pe->cert.size - CERT_HEADER };
	return 0;
}
