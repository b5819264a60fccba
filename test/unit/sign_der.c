/* SPDX-License-Identifier: MIT */
/* DER: what is canonical and what is not; each cut and each changed byte of a small value; what is
 * written reads. */
#include "tap.h"

#include "base/str.h"
#include "sign/der.h"

struct row {
	const char *bytes;
	size_t len;
	const char *fault; /* part of the message; NULL: canonical */
};
#define ROW(text, fault)                      \
	{                                     \
		text, sizeof(text) - 1, fault \
	}

static const struct row rows[] = {
	ROW("\x05\x00", NULL),
	ROW("\x30\x00", NULL),
	ROW("\x30\x03\x02\x01\x05", NULL),
	ROW("\x31\x06\x02\x01\x05\x02\x01\x06", NULL),
	ROW("\x02\x02\x00\x80", NULL),
	ROW("\x02\x02\xff\x7f", NULL),
	ROW("\x01\x01\xff", NULL),
	ROW("\x03\x01\x00", NULL),
	ROW("\x03\x02\x07\x80", NULL),
	ROW("\x06\x03\x2a\x86\x48", NULL),
	ROW("\x81\x00", NULL),
	ROW("\xa1\x02\x05\x00", NULL),
	ROW("", "missing"),
	ROW("\x05", "length is missing"),
	ROW("\x05\x80", "indefinite"),
	ROW("\x05\x85\x00\x00\x00\x00\x00", "more than four"),
	ROW("\x04\x82\x01", "cut off"),
	ROW("\x04\x81\x01\x00", "more bytes than it needs"),
	ROW("\x04\x82\x00\x80", "more bytes than it needs"),
	ROW("\x04\x02\x00", "beyond"),
	ROW("\x30\x03\x04\x02\x00", "beyond"),
	ROW("\x05\x00\x00", "follows"),
	ROW("\x30\x00\x05\x00", "follows"),
	ROW("\x1f\x81\x00\x00", "more than one byte"),
	ROW("\x00\x00", "end-of-contents"),
	ROW("\x10\x00", "wrong form"),
	ROW("\x24\x00", "wrong form"),
	ROW("\x01\x01\x01", "neither"),
	ROW("\x01\x00", "neither"),
	ROW("\x02\x00", "or none"),
	ROW("\x02\x02\x00\x7f", "more bytes"),
	ROW("\x02\x02\xff\x80", "more bytes"),
	ROW("\x03\x00", "stray bits"),
	ROW("\x03\x01\x01", "stray bits"),
	ROW("\x03\x02\x08\x00", "stray bits"),
	ROW("\x03\x02\x07\xc0", "stray bits"),
	ROW("\x05\x01\x00", "something in it"),
	ROW("\x06\x00", "identifier"),
	ROW("\x06\x02\x80\x01", "identifier"),
	ROW("\x06\x02\x2a\x86", "identifier"),
	ROW("\x31\x06\x02\x01\x06\x02\x01\x05", "out of order"),
	ROW("\x31\x06\x02\x01\x05\x02\x01\x05", "out of order"),
	ROW("\x30\x08\x31\x06\x02\x01\x06\x02\x01\x05", "out of order"),
};

static void test_rows(void)
{
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct error err = { 0 };
		int status = der_check((const u8 *)rows[i].bytes, rows[i].len, &err);

		CHECK_EQ(status, rows[i].fault == NULL ? 0 : ERR_ILSEQ);
		if (rows[i].fault != NULL)
			CHECK(strstr(err.text, rows[i].fault) != NULL);
	}
out:;
}

/* As deep as it may be, and one deeper. */
static void test_depth(void)
{
	struct error err = { 0 };
	struct der_writer w = { 0 };

	for (unsigned i = 0; i < 32; i++)
		der_wrap(&w, DER_SEQUENCE, 0);
	CHECK(!w.failed);
	CHECK_EQ(der_check(der_written(&w), w.len, &err), 0);
	der_wrap(&w, DER_SEQUENCE, 0);
	CHECK(!w.failed);
	CHECK_EQ(der_check(der_written(&w), w.len, &err), ERR_ILSEQ);
	CHECK(strstr(err.text, "too many levels") != NULL);
out:
	der_writer_fini(&w);
}

/* Lengths around each change of their form. */
static void test_lengths(void)
{
	static const size_t lens[] = { 0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000 };
	static u8 zeros[0x10000];
	struct der_writer w = { 0 };

	for (size_t i = 0; i < ARRAY_COUNT(lens); i++) {
		struct error err = { 0 };
		struct der_item item;
		struct der der;

		der_put_value(&w, DER_OCTET_STRING, zeros, lens[i]);
		CHECK(!w.failed);
		CHECK_EQ(der_check(der_written(&w), w.len, &err), 0);
		der = (struct der){ der_written(&w), der_written(&w) + w.len, der_written(&w),
				    &err };
		CHECK_EQ(der_take(&der, DER_OCTET_STRING, "text", &item), 0);
		CHECK_EQ(item.len, lens[i]);
		CHECK_EQ(der_end(&der, "text"), 0);
		der_writer_fini(&w);
	}
out:
	der_writer_fini(&w);
}

/* All values of up to three bytes: what is said to be canonical is read to its end, and no other
 * bytes than it are the same value. */
static void test_all_short(void)
{
	unsigned long canonical = 0;

	for (unsigned bits = 0; bits < 1u << 24; bits += 7) {
		u8 bytes[3] = { (u8)(bits >> 16), (u8)(bits >> 8), (u8)bits };
		struct error err = { 0 };
		struct der der = { bytes, bytes + sizeof(bytes), bytes, &err };
		struct der_item item;

		if (der_check(bytes, sizeof(bytes), NULL) != 0)
			continue;
		canonical++;
		CHECK_EQ(der_take(&der, bytes[0], "value", &item), 0);
		CHECK_EQ(item.len, 1);
		CHECK(der_at_end(&der));
		CHECK_EQ(der_take(&der, bytes[0], "value", &item), ERR_ILSEQ);
	}
	CHECK(canonical > 100);
out:;
}

static void test_sorted(void)
{
	static const u8 three[] = { 2, 1, 3 }, one[] = { 2, 1, 1 }, other[] = { 4, 0 },
			longer[] = { 2, 2, 1, 0 };
	struct der_item items[] = {
		{ .start = three, .body = three + 2, .len = 1 },
		{ .start = longer, .body = longer + 2, .len = 2 },
		{ .start = other, .body = other + 2, .len = 0 },
		{ .start = one, .body = one + 2, .len = 1 },
	};
	struct error err = { 0 };
	struct der_writer w = { 0 };

	CHECK_EQ(der_put_sorted(&w, items, ARRAY_COUNT(items)), 0);
	der_wrap(&w, DER_SET, 0);
	CHECK(!w.failed);
	CHECK_EQ(der_check(der_written(&w), w.len, &err), 0);
	CHECK_EQ(w.len, 2 + 3 + 3 + 4 + 2);
out:
	der_writer_fini(&w);
}

TAP_MAIN(TAP_TEST(test_rows), TAP_TEST(test_depth), TAP_TEST(test_lengths),
	 TAP_TEST(test_all_short), TAP_TEST(test_sorted))
