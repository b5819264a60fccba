/* SPDX-License-Identifier: MIT */
/* Reading the parts of a signature. */
#include "sign/cms.h"

#include "base/str.h"

/* clang-format off */
#define MS 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37
#define PKCS 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01
const u8 cms_oid_signed_data[9] = { PKCS, 0x07, 0x02 };
const u8 cms_oid_indirect_data[10] = { MS, 0x02, 0x01, 0x04 };
const u8 cms_oid_statement_type[10] = { MS, 0x02, 0x01, 0x0b };
const u8 cms_oid_opus_info[10] = { MS, 0x02, 0x01, 0x0c };
const u8 cms_oid_pe_image[10] = { MS, 0x02, 0x01, 0x0f };
const u8 cms_oid_individual[10] = { MS, 0x02, 0x01, 0x15 };
const u8 cms_oid_page_hashes_v1[10] = { MS, 0x02, 0x03, 0x01 };
const u8 cms_oid_page_hashes_v2[10] = { MS, 0x02, 0x03, 0x02 };
const u8 cms_oid_sha256[9] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01 };
const u8 cms_oid_rsa[9] = { PKCS, 0x01, 0x01 };
const u8 cms_oid_ecdsa_sha256[8] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };
const u8 cms_oid_content_type[9] = { PKCS, 0x09, 0x03 };
const u8 cms_oid_message_digest[9] = { PKCS, 0x09, 0x04 };
const u8 cms_oid_signing_time[9] = { PKCS, 0x09, 0x05 };
const u8 cms_page_hash_class[16] = { 0xa6, 0xb5, 0x86, 0xd5, 0xb4, 0xa1, 0x24, 0x66,
				     0xae, 0x05, 0xa2, 0x17, 0xda, 0x8e, 0x60, 0xd6 };
/* clang-format on */

struct parse {
	struct cms *cms;
	enum sign_reason reason;
	struct error *err;
};

static int refuse(struct parse *p, enum sign_reason reason, const char *text)
{
	p->reason = reason;
	return error_set(p->err, ERR_NOTSUP, "the signature %s", text);
}

#define IS_OID(item, oid) der_equal(item, oid, sizeof(oid))

/* AlgorithmIdentifier: the OID, and whether NULL as parameters follows it. Others are refused. */
static int take_algorithm(struct der *in, const char *what, struct der_item *ret_oid,
			  bool *ret_has_null)
{
	struct der inside;
	struct der_item null;
	int status = der_enter(in, DER_SEQUENCE, what, &inside);

	if (status == 0)
		status = der_take(&inside, DER_OID, what, ret_oid);
	if (status != 0)
		return status;
	*ret_has_null = !der_at_end(&inside);
	if (*ret_has_null)
		status = der_take(&inside, DER_NULL, "algorithm parameters", &null);
	return status == 0 ? der_end(&inside, what) : status;
}

/* Other tools write the NULL, too, and a second form would be bytes that may be changed. */
static int take_sha256(struct parse *p, struct der *in, const char *what)
{
	struct der_item oid;
	bool has_null;
	int status = take_algorithm(in, what, &oid, &has_null);

	if (status == 0 && !IS_OID(&oid, cms_oid_sha256))
		status = refuse(p, SIGN_BAD_FORM, "uses another digest than SHA-256");
	if (status == 0 && !has_null)
		status = refuse(p, SIGN_BAD_FORM, "names SHA-256 in another form");
	return status;
}

static int take_version(struct parse *p, struct der *in, const char *what)
{
	struct der_item version;
	int status = der_take(in, DER_INTEGER, what, &version);

	if (status == 0 && !der_equal(&version, "\1", 1))
		status = refuse(p, SIGN_BAD_FORM, "has another version than 1");
	return status;
}

static int take_digest(struct parse *p, struct der *in, const char *what, u8 *ret_digest)
{
	struct der_item digest;
	int status = der_take(in, DER_OCTET_STRING, what, &digest);

	if (status == 0 && digest.len != SHA256_SIZE)
		status = refuse(p, SIGN_BAD_FORM, "has a digest of another size than SHA-256's");
	if (status == 0)
		memcpy(ret_digest, digest.body, SHA256_SIZE);
	return status;
}

static int take_oid(struct parse *p, struct der *in, const char *what, const u8 *oid, size_t len)
{
	struct der_item item;
	int status = der_take(in, DER_OID, what, &item);

	if (status == 0 && !der_equal(&item, oid, len)) {
		p->reason = SIGN_BAD_FORM;
		status =
			error_set(p->err, ERR_NOTSUP, "the signature's %s is an unknown one", what);
	}
	return status;
}

/* --- page hashes ----------------------------------------------------------------------------- */

/* SET { SEQUENCE { version, SET { table } } }, itself an octet string's content. */
static int parse_page_table(struct parse *p, const struct der *in, const struct der_item *data)
{
	struct der at = der_inside(in, data), set, row, values;
	struct der_item oid, table;
	int status = der_check(data->body, data->len, p->err);

	if (status != 0) {
		p->reason = SIGN_BAD_ENCODING;
		return status;
	}
	status = der_enter(&at, DER_SET, "page hashes", &set);
	if (status == 0)
		status = der_enter(&set, DER_SEQUENCE, "page hashes", &row);
	if (status == 0)
		status = der_take(&row, DER_OID, "version of page hashes", &oid);
	if (status == 0)
		status = der_enter(&row, DER_SET, "page hash table", &values);
	if (status == 0)
		status = der_take(&values, DER_OCTET_STRING, "page hash table", &table);
	if (status == 0)
		status = der_end(&values, "page hash table");
	if (status == 0)
		status = der_end(&row, "page hash table");
	if (status == 0)
		status = der_end(&set, "page hashes");
	if (status != 0)
		return status;
	if (IS_OID(&oid, cms_oid_page_hashes_v1))
		return refuse(p, SIGN_BAD_FORM, "has page hashes by SHA-1");
	if (!IS_OID(&oid, cms_oid_page_hashes_v2))
		return refuse(p, SIGN_BAD_FORM, "has page hashes of an unknown version");
	if (table.len == 0 || table.len % CMS_PAGE_SIZE != 0)
		return refuse(p, SIGN_BAD_FORM, "has a page hash table of an odd size");
	p->cms->pages = table.body;
	p->cms->page_count = (u32)(table.len / CMS_PAGE_SIZE);
	return 0;
}

/* What stands for the file: nothing, or page hashes. */
static int parse_link(struct parse *p, struct der *in)
{
	struct der object;
	struct der_item item, data;
	int status;

	if (der_is(in, DER_CONTEXT(2))) {
		struct der inside;

		status = der_enter(in, DER_CONTEXT(2), "file name", &inside);
		if (status == 0) /* what is in it is of no interest, and covered */
			status = der_take(&inside, inside.p < inside.end ? *inside.p : 0,
					  "file name", &item);
		return status == 0 ? der_end(&inside, "file name") : status;
	}
	status = der_enter(in, DER_CONTEXT(1), "page hashes", &object);
	if (status == 0)
		status = der_take(&object, DER_OCTET_STRING, "class of page hashes", &item);
	if (status == 0 && !der_equal(&item, cms_page_hash_class, sizeof(cms_page_hash_class)))
		status = refuse(p, SIGN_BAD_FORM, "has an unknown object in place of page hashes");
	if (status == 0)
		status = der_take(&object, DER_OCTET_STRING, "page hashes", &data);
	if (status == 0)
		status = der_end(&object, "page hashes");
	return status == 0 ? parse_page_table(p, in, &data) : status;
}

static int parse_image_data(struct parse *p, struct der *in)
{
	struct der data, image, link;
	struct der_item flags;
	int status = der_enter(in, DER_SEQUENCE, "description of the image", &data);

	if (status == 0)
		status = take_oid(p, &data, "kind of image", cms_oid_pe_image,
				  sizeof(cms_oid_pe_image));
	if (status == 0)
		status = der_enter(&data, DER_SEQUENCE, "description of the image", &image);
	if (status == 0)
		status = der_take(&image, DER_BIT_STRING, "flags of the image", &flags);
	if (status == 0)
		status = der_enter(&image, DER_CONTEXT(0), "link to the file", &link);
	if (status == 0)
		status = parse_link(p, &link);
	if (status == 0)
		status = der_end(&link, "link to the file");
	if (status == 0)
		status = der_end(&image, "description of the image");
	return status == 0 ? der_end(&data, "description of the image") : status;
}

static int parse_content(struct parse *p, struct der *in)
{
	struct der outer, explicit_, content, digest;
	int status = der_enter(in, DER_SEQUENCE, "content", &outer);

	if (status == 0)
		status = take_oid(p, &outer, "kind of content", cms_oid_indirect_data,
				  sizeof(cms_oid_indirect_data));
	if (status == 0)
		status = der_enter(&outer, DER_CONTEXT(0), "content", &explicit_);
	if (status == 0)
		status = der_take(&explicit_, DER_SEQUENCE, "content", &p->cms->content);
	if (status == 0)
		status = der_end(&explicit_, "content");
	if (status == 0)
		status = der_end(&outer, "content");
	if (status != 0)
		return status;
	content = der_inside(in, &p->cms->content);
	status = parse_image_data(p, &content);
	if (status == 0)
		status = der_enter(&content, DER_SEQUENCE, "image digest", &digest);
	if (status == 0)
		status = take_sha256(p, &digest, "image digest");
	if (status == 0)
		status = take_digest(p, &digest, "image digest", p->cms->image_digest);
	if (status == 0)
		status = der_end(&digest, "image digest");
	return status == 0 ? der_end(&content, "content") : status;
}

/* --- signed attributes ----------------------------------------------------------------------- */

static int parse_string(struct der *in, struct der_item *ret)
{
	u8 tag = der_is(in, DER_PRIMITIVE(0)) ? DER_PRIMITIVE(0) : DER_PRIMITIVE(1);

	return der_take(in, tag, "name of what is signed", ret);
}

/* SpcSpOpusInfo { [0] name, [1] { [0] url } }, both optional. */
static int parse_opus(struct parse *p, struct der *values)
{
	struct der opus, wrap;
	int status = der_enter(values, DER_SEQUENCE, "name of what is signed", &opus);

	if (status == 0 && der_is(&opus, DER_CONTEXT(0))) {
		status = der_enter(&opus, DER_CONTEXT(0), "name of what is signed", &wrap);
		if (status == 0)
			status = parse_string(&wrap, &p->cms->name);
		if (status == 0)
			status = der_end(&wrap, "name of what is signed");
	}
	if (status == 0 && der_is(&opus, DER_CONTEXT(1))) {
		status = der_enter(&opus, DER_CONTEXT(1), "address of what is signed", &wrap);
		if (status == 0)
			status = der_take(&wrap, DER_PRIMITIVE(0), "address of what is signed",
					  &p->cms->url);
		if (status == 0)
			status = der_end(&wrap, "address of what is signed");
	}
	return status == 0 ? der_end(&opus, "name of what is signed") : status;
}

static int parse_time(struct parse *p, struct der *values)
{
	u8 tag = der_is(values, DER_UTC_TIME) ? DER_UTC_TIME : DER_GENERALIZED_TIME;

	return der_take(values, tag, "signing time", &p->cms->time);
}

/* What the kinds of purpose are is for others to judge; their form is checked already. */
static int parse_statement(struct parse *p, struct der *values)
{
	struct der_item item;

	(void)p;
	return der_take(values, DER_SEQUENCE, "statement of purpose", &item);
}

enum { HAS_TYPE = 1, HAS_DIGEST = 2, HAS_TIME = 4, HAS_OPUS = 8, HAS_STATEMENT = 16 };

static int parse_attribute(struct parse *p, struct der *attr, const struct der_item *oid, u32 *has)
{
	struct der values;
	u32 bit;
	int status = der_enter(attr, DER_SET, "signed attribute", &values);

	if (status != 0)
		return status;
	if (IS_OID(oid, cms_oid_content_type)) {
		bit = HAS_TYPE;
		status = take_oid(p, &values, "kind of content, as signed", cms_oid_indirect_data,
				  sizeof(cms_oid_indirect_data));
	} else if (IS_OID(oid, cms_oid_message_digest)) {
		bit = HAS_DIGEST;
		status = take_digest(p, &values, "digest of the content", p->cms->content_digest);
	} else if (IS_OID(oid, cms_oid_signing_time)) {
		bit = HAS_TIME;
		status = parse_time(p, &values);
	} else if (IS_OID(oid, cms_oid_opus_info)) {
		bit = HAS_OPUS;
		status = parse_opus(p, &values);
	} else if (IS_OID(oid, cms_oid_statement_type)) {
		bit = HAS_STATEMENT;
		status = parse_statement(p, &values);
	} else {
		return refuse(p, SIGN_BAD_FORM, "has a signed attribute of an unknown kind");
	}
	if (status == 0 && (*has & bit) != 0)
		status = refuse(p, SIGN_BAD_FORM, "has a signed attribute twice");
	*has |= bit;
	return status == 0 ? der_end(&values, "signed attribute") : status;
}

static int parse_attributes(struct parse *p, struct der *in)
{
	struct der attrs, attr;
	struct der_item oid;
	u32 has = 0;
	int status = der_take(in, DER_CONTEXT(0), "signed attributes", &p->cms->attrs);

	if (status != 0)
		return status;
	attrs = der_inside(in, &p->cms->attrs);
	while (status == 0 && !der_at_end(&attrs)) {
		status = der_enter(&attrs, DER_SEQUENCE, "signed attribute", &attr);
		if (status == 0)
			status = der_take(&attr, DER_OID, "kind of a signed attribute", &oid);
		if (status == 0)
			status = parse_attribute(p, &attr, &oid, &has);
		if (status == 0)
			status = der_end(&attr, "signed attribute");
	}
	if (status != 0)
		return status;
	if ((has & HAS_TYPE) == 0 || (has & HAS_DIGEST) == 0)
		return refuse(p, SIGN_BAD_FORM, "does not say what it is over");
	/* They are a set; der_check does not know, as their tag hides it. */
	return der_check_order(&p->cms->attrs, in, "signed attributes");
}

/* --- the signer ------------------------------------------------------------------------------ */

static int parse_signature_algorithm(struct parse *p, struct der *in)
{
	struct der_item oid;
	bool has_null;
	int status = take_algorithm(in, "signature algorithm", &oid, &has_null);

	if (status != 0)
		return status;
	if (IS_OID(&oid, cms_oid_rsa) && has_null)
		p->cms->algorithm = CMS_RSA;
	else if (IS_OID(&oid, cms_oid_ecdsa_sha256) && !has_null)
		p->cms->algorithm = CMS_ECDSA;
	else
		return refuse(p, SIGN_BAD_FORM,
			      "uses another algorithm than RSA (PKCS #1 1.5) and ECDSA");
	return 0;
}

static int parse_signer(struct parse *p, struct der *in)
{
	struct der signer, id;
	int status = der_enter(in, DER_SEQUENCE, "signer", &signer);

	if (status == 0)
		status = take_version(p, &signer, "signer's version");
	if (status == 0)
		status = der_enter(&signer, DER_SEQUENCE, "signer's name", &id);
	if (status == 0)
		status = der_take(&id, DER_SEQUENCE, "signer's issuer", &p->cms->issuer);
	if (status == 0)
		status = der_take(&id, DER_INTEGER, "signer's serial number", &p->cms->serial);
	if (status == 0)
		status = der_end(&id, "signer's name");
	if (status == 0)
		status = take_sha256(p, &signer, "signer's digest");
	if (status == 0)
		status = parse_attributes(p, &signer);
	if (status == 0)
		status = parse_signature_algorithm(p, &signer);
	if (status == 0)
		status = der_take(&signer, DER_OCTET_STRING, "value", &p->cms->signature);
	/* Timestamps and further signatures are there: nothing covers them. */
	if (status == 0 && der_is(&signer, DER_CONTEXT(1)))
		status = refuse(p, SIGN_MORE_SIGNATURES,
				"carries attributes that are not signed (a timestamp, or a further "
				"signature)");
	return status == 0 ? der_end(&signer, "signer") : status;
}

static int parse_certs(struct parse *p, struct der *in)
{
	struct der certs;
	int status = der_enter(in, DER_CONTEXT(0), "certificates", &certs);

	while (status == 0 && !der_at_end(&certs)) {
		if (p->cms->cert_count == CMS_MAX_CERTS)
			return refuse(p, SIGN_BAD_FORM, "brings too many certificates along");
		status = der_take(&certs, DER_SEQUENCE, "certificate",
				  &p->cms->certs[p->cms->cert_count++]);
	}
	return status;
}

static int parse_signed_data(struct parse *p, struct der *in)
{
	struct der data, algorithms, signers;
	int status = der_enter(in, DER_SEQUENCE, "data", &data);

	if (status == 0)
		status = take_version(p, &data, "version");
	if (status == 0)
		status = der_enter(&data, DER_SET, "digest algorithms", &algorithms);
	if (status == 0)
		status = take_sha256(p, &algorithms, "digest algorithms");
	if (status == 0)
		status = der_end(&algorithms, "digest algorithms");
	if (status == 0)
		status = parse_content(p, &data);
	if (status == 0)
		status = parse_certs(p, &data);
	if (status == 0 && der_is(&data, DER_CONTEXT(1)))
		status = refuse(p, SIGN_BAD_FORM,
				"brings revocation lists along, which it does "
				"not cover");
	if (status == 0)
		status = der_enter(&data, DER_SET, "signers", &signers);
	if (status == 0)
		status = parse_signer(p, &signers);
	if (status == 0 && !der_at_end(&signers))
		status = refuse(p, SIGN_MORE_SIGNATURES, "has more than one signer");
	return status == 0 ? der_end(&data, "data") : status;
}

int cms_parse(const u8 *bytes, size_t len, struct cms *ret_cms, enum sign_reason *ret_reason,
	      struct error *err)
{
	struct cms cms = { 0 };
	struct parse p = { .cms = &cms, .reason = SIGN_BAD_FORM, .err = err };
	struct der in = { bytes, bytes + len, bytes, err }, outer, explicit_;
	int status = der_check(bytes, len, err);

	if (status != 0) {
		*ret_reason = SIGN_BAD_ENCODING;
		return status;
	}
	status = der_enter(&in, DER_SEQUENCE, "outermost value", &outer);
	if (status == 0)
		status = take_oid(&p, &outer, "kind of data", cms_oid_signed_data,
				  sizeof(cms_oid_signed_data));
	if (status == 0)
		status = der_enter(&outer, DER_CONTEXT(0), "data", &explicit_);
	if (status == 0)
		status = der_end(&outer, "outermost value");
	if (status == 0)
		status = parse_signed_data(&p, &explicit_);
	if (status == 0)
		status = der_end(&explicit_, "data");
	if (status == 0)
		*ret_cms = cms;
	else
		*ret_reason = p.reason;
	return status;
}
