/* SPDX-License-Identifier: MIT */
/* Signed images that somebody has changed since: every byte of one, with the checksum put right
 * again; cut off and made longer; with another signature's parts. ORIEL_TAMPER_ALL=1 tries all
 * values of each byte. */
#include "tap.h"

#include "base/le.h"
#include "base/str.h"
#include "image/pe.h"
#include "sign/sign.h"
#include "sign_fixture.h"

static struct fixture fixture;

/* What the signed image is, the verdict on it is yes. */
struct subject {
	struct sign_store *store;
	u8 *bytes;
	size_t len;
};

static bool subject_init(struct subject *s, int who, int other, int root)
{
	struct sign_result result = { 0 };
	struct sign_policy policy;
	bool ok;

	*s = (struct subject){ .store = fixture_store(&fixture, root) };
	policy = fixture_policy(s->store);
	ok = s->store != NULL &&
	     fixture_sign(&fixture, who, other, &s->bytes, &s->len, NULL) == 0 &&
	     sign_verify(s->bytes, s->len, &policy, &result, NULL) == 0;
	sign_result_fini(&result);
	return ok;
}

static void subject_fini(struct subject *s)
{
	mem_free(s->bytes);
	sign_store_free(s->store);
}

static void fix_checksum(u8 *bytes, size_t len)
{
	struct arena arena;
	struct pe pe;

	arena_init(&arena, 0);
	if (pe_open(bytes, len, &arena, &pe, NULL) == 0)
		le32_store(bytes + pe.checksum_offset, pe_checksum(&pe));
	arena_fini(&arena);
}

static enum sign_reason judge(const struct subject *s, const u8 *bytes, size_t len,
			      struct error *err)
{
	struct sign_policy policy = fixture_policy(s->store);
	struct sign_result result;
	enum sign_reason reason;
	int status = sign_verify(bytes, len, &policy, &result, err);

	reason = result.reason;
	sign_result_fini(&result);
	return (status == 0) == (reason == SIGN_OK) ? reason : SIGN_OK;
}

/* --- every byte ------------------------------------------------------------------------------ */

static bool refuses(const struct subject *s, size_t at, u8 change, bool fix, u32 *counts)
{
	u8 was = s->bytes[at], sum[4];
	struct error err = { 0 };
	enum sign_reason reason;
	size_t field = 64 + 24 + 64;

	memcpy(sum, s->bytes + field, sizeof(sum));
	s->bytes[at] ^= change;
	if (fix)
		fix_checksum(s->bytes, s->len);
	reason = judge(s, s->bytes, s->len, &err);
	counts[reason]++;
	memcpy(s->bytes + field, sum, sizeof(sum));
	s->bytes[at] = was;
	/* Where only the checksum was changed, putting it right leaves nothing changed. */
	if (reason == SIGN_OK && fix && at >= field && at < field + 4)
		return true;
	if (reason != SIGN_OK && reason != SIGN_ERROR && err.text[0] != '\0')
		return true;
	printf("# byte %zu, change 0x%02x: %s\n", at, change, sign_reason_id(reason));
	return false;
}

/* From this byte on; without the environment's word one change of each. */
static void flip_all(int who, int other, int root, size_t from, u8 some)
{
	bool all = getenv("ORIEL_TAMPER_ALL") != NULL;
	u32 counts[SIGN_REASON_COUNT] = { 0 };
	struct subject s;

	CHECK(subject_init(&s, who, other, root));
	for (size_t at = all ? 0 : from; at < s.len; at++) {
		if (all || from == 0)
			CHECK(refuses(&s, at, some, false, counts));
		for (u32 i = 0; i < (all ? 255 : 1); i++)
			CHECK(refuses(&s, at, all ? (u8)(i + 1) : some, true, counts));
	}
	CHECK_EQ(judge(&s, s.bytes, s.len, NULL), SIGN_OK);
	printf("# %zu bytes:", s.len);
	for (u32 i = 0; i < SIGN_REASON_COUNT; i++)
		if (counts[i] > 0)
			printf(" %s %u", sign_reason_id((enum sign_reason)i), counts[i]);
	printf("\n");
out:
	subject_fini(&s);
}

static void test_flip(void)
{
	flip_all(SIGNER, -1, ROOT, 0, 0x01);
}

static void test_flip_chain(void)
{
	flip_all(BELOW_MIDDLE, MIDDLE, ROOT, FIXTURE_IMAGE_SIZE, 0x80);
}

static void test_flip_curve(void)
{
	flip_all(SIGNER_EC, -1, ROOT, FIXTURE_IMAGE_SIZE, 0x02);
}

/* Its own root: its signature of itself says nothing. */
static void test_flip_self(void)
{
	flip_all(SELF, -1, SELF, FIXTURE_IMAGE_SIZE, 0x04);
}

/* Each beginning of it, and each of a few bytes more. */
static void test_cut(void)
{
	struct subject s;
	u8 *longer = NULL;

	CHECK(subject_init(&s, SIGNER, -1, ROOT));
	for (size_t len = 0; len < s.len; len++) {
		struct error err = { 0 };
		u8 *copy = malloc(len + 1); /* the sanitizer sees what is read behind it */
		bool refused;

		CHECK(copy != NULL);
		memcpy(copy, s.bytes, len);
		fix_checksum(copy, len);
		refused = judge(&s, copy, len, &err) != SIGN_OK && err.text[0] != '\0';
		free(copy);
		CHECK(refused);
	}
	longer = calloc(1, s.len + 16);
	CHECK(longer != NULL);
	memcpy(longer, s.bytes, s.len);
	for (size_t more = 1; more <= 16; more++) {
		fix_checksum(longer, s.len + more);
		CHECK(judge(&s, longer, s.len + more, NULL) != SIGN_OK);
	}
out:
	free(longer);
	subject_fini(&s);
}

/* --- the table ------------------------------------------------------------------------------- */

#define DIR_ENTRY (64 + 24 + 112 + 8 * 4)

struct table_row {
	const char *name;
	u32 at_dir;  /* offset from the directory's entry; else */
	u32 at_cert; /* 1 + that from the table */
	u32 value, len;
	enum sign_reason reason;
	const char *text;
};

static const struct table_row table_rows[] = {
	{ "outside", 0, 0, 0x100000, 4, SIGN_BAD_IMAGE, "ends behind the file" },
	{ "misaligned", 0, 0, 0x601, 4, SIGN_BAD_IMAGE, "is misaligned" },
	{ "in the sections", 0, 0, 0x400, 4, SIGN_BAD_IMAGE, "overlaps the sections" },
	{ "shorter", 4, 0, 0x40, 4, SIGN_BAD_IMAGE, "follow the certificate table" },
	{ "longer", 4, 0, 0x10000, 4, SIGN_BAD_IMAGE, "ends behind the file" },
	{ "no table", 4, 0, 0, 4, SIGN_BAD_IMAGE, "misaligned or empty" },
	{ "entry too long", 0, 1, 0x10000, 4, SIGN_BAD_TABLE, "an entry of 65536 bytes" },
	{ "entry too short", 0, 1, 0x100, 4, SIGN_BAD_TABLE, "more than one signature" },
	{ "revision", 0, 5, 0x100, 2, SIGN_BAD_TABLE, "revision 0x100" },
	{ "type", 0, 7, 1, 2, SIGN_BAD_TABLE, "type 1" },
	{ "no sequence", 0, 9, 0x31, 1, SIGN_BAD_TABLE, "has tag 0x31, not 0x30" },
	{ "long form", 0, 10, 0x80, 1, SIGN_BAD_TABLE, "indefinite length" },
};

static void test_table(void)
{
	struct subject s;
	u8 *copy = NULL;

	CHECK(subject_init(&s, SIGNER, -1, ROOT));
	for (size_t i = 0; i < ARRAY_COUNT(table_rows); i++) {
		const struct table_row *row = &table_rows[i];
		size_t at = row->at_cert > 0 ? FIXTURE_IMAGE_SIZE + row->at_cert - 1
					     : DIR_ENTRY + row->at_dir;
		struct error err = { 0 };
		u8 value[4];

		copy = malloc(s.len);
		CHECK(copy != NULL);
		memcpy(copy, s.bytes, s.len);
		le32_store(value, row->value);
		memcpy(copy + at, value, row->len);
		fix_checksum(copy, s.len);
		CHECK_STR(sign_reason_id(judge(&s, copy, s.len, &err)),
			  sign_reason_id(row->reason));
		if (strstr(err.text, row->text) == NULL)
			CHECK_STR(err.text, row->text);
		free(copy);
		copy = NULL;
	}
out:
	free(copy);
	subject_fini(&s);
}

static const struct tap_test all[] = {
	TAP_TEST(test_flip),	  TAP_TEST(test_flip_chain), TAP_TEST(test_flip_curve),
	TAP_TEST(test_flip_self), TAP_TEST(test_cut),	     TAP_TEST(test_table),
};

int main(int argc, char **argv)
{
	int status;

	fixture_init(&fixture);
	status = tap_main(all, ARRAY_COUNT(all), argc > 1 ? argv[1] : NULL);
	fixture_fini(&fixture);
	return status;
}
