/* SPDX-License-Identifier: MIT */
/* DER, read strictly and written. What reads has one form only: nothing in a signature can be
 * changed and mean the same. */
#pragma once

#include "base/compiler.h"
#include "base/error.h"

enum {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_UTF8_STRING = 0x0c,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
};
/* Context-specific: of constructed and of primitive form. */
#define DER_CONTEXT(n)	 (0xa0 | (n))
#define DER_PRIMITIVE(n) (0x80 | (n))

/* One value; start is its header, and body follows that. */
struct der_item {
	const u8 *start, *body;
	size_t len; /* of the body */
	u8 tag;
};

static inline size_t der_size(const struct der_item *item)
{
	return (size_t)(item->body - item->start) + item->len;
}

/* A place in a sequence of values. base is what offsets in messages count from. */
struct der {
	const u8 *p, *end, *base;
	struct error *err;
};

static inline bool der_at_end(const struct der *der)
{
	return der->p == der->end;
}

/* The values inside an item. */
static inline struct der der_inside(const struct der *der, const struct der_item *item)
{
	return (struct der){ item->body, item->body + item->len, der->base, der->err };
}

/* Whether the next value has this tag. */
static inline bool der_is(const struct der *der, u8 tag)
{
	return der->p < der->end && *der->p == tag;
}

/* Checks that the bytes are one value, canonical through and through: lengths, numbers, bit strings
 * and the order of sets. 0 or ERR_ILSEQ with what is wrong and where. */
int der_check(const u8 *bytes, size_t len, struct error *err) MUST_CHECK;

/* The next value, which must have this tag; what is what it is called in messages. */
int der_take(struct der *der, u8 tag, const char *what, struct der_item *ret_item) MUST_CHECK;
/* The same, going inside at once. */
int der_enter(struct der *der, u8 tag, const char *what, struct der *ret_inside) MUST_CHECK;
/* Nothing may follow. */
int der_end(const struct der *der, const char *what) MUST_CHECK;

/* Whether what is in it is in the order of a set; in is where it was found. */
int der_check_order(const struct der_item *set, const struct der *in, const char *what) MUST_CHECK;

bool der_equal(const struct der_item *item, const void *bytes, size_t len);

/* --- writing: from the end to the beginning, as lengths come before what they measure -------- */

struct der_writer {
	u8 *data;
	size_t cap, len; /* what is written is the last len bytes */
	bool failed;
};

void der_writer_fini(struct der_writer *w);
static inline const u8 *der_written(const struct der_writer *w)
{
	return w->data + (w->cap - w->len);
}
/* Puts bytes before what is there. */
void der_put(struct der_writer *w, const void *bytes, size_t len);
/* Makes one value of what was put since len was `since`. */
void der_wrap(struct der_writer *w, u8 tag, size_t since);
void der_put_value(struct der_writer *w, u8 tag, const void *bytes, size_t len);
/* Puts values of a set, each with its header, in the order that a set has. */
int der_put_sorted(struct der_writer *w, struct der_item *items, size_t count) MUST_CHECK;
