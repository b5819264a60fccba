/* SPDX-License-Identifier: MIT */
#include "sign/der.h"

#include "base/mem.h"
#include "base/sort.h"
#include "base/str.h"

static int bad(const struct der *der, const u8 *at, const char *what)
{
	return error_set(der->err, ERR_ILSEQ, "the signature's encoding: %s at byte %zu", what,
			 (size_t)(at - der->base));
}

/* The length, behind a tag. The short form where it fits, then as few bytes as do. */
static int take_length(struct der *der, size_t *ret_len)
{
	const u8 *at = der->p;
	size_t len = 0;
	unsigned count;

	if (at == der->end)
		return bad(der, at, "a length is missing");
	if (*at < 0x80) {
		*ret_len = *der->p++;
		return 0;
	}
	count = *at & 0x7f;
	if (count == 0)
		return bad(der, at, "indefinite length");
	if (count > 4)
		return bad(der, at, "length of more than four bytes");
	if ((size_t)(der->end - at) <= count)
		return bad(der, at, "a length is cut off");
	for (unsigned i = 1; i <= count; i++)
		len = len << 8 | at[i];
	if (len < 0x80 || len >> 8 * (count - 1) == 0)
		return bad(der, at, "length with more bytes than it needs");
	der->p += 1 + count;
	*ret_len = len;
	return 0;
}

/* Leaves the place as it was when it fails. */
static int next(struct der *der, struct der_item *ret_item)
{
	struct der at = *der;
	struct der_item item = { .start = at.p };
	int status;

	if (at.p == at.end)
		return bad(der, at.p, "a value is missing");
	item.tag = *at.p++;
	if ((item.tag & 0x1f) == 0x1f)
		return bad(der, item.start, "tag of more than one byte");
	status = take_length(&at, &item.len);
	if (status != 0)
		return status;
	item.body = at.p;
	if (item.len > (size_t)(at.end - at.p))
		return bad(der, item.start, "a value goes beyond what it is in");
	der->p = at.p + item.len;
	*ret_item = item;
	return 0;
}

int der_take(struct der *der, u8 tag, const char *what, struct der_item *ret_item)
{
	struct der_item item;
	struct der at = *der;
	int status;

	if (der->p == der->end)
		return error_set(der->err, ERR_ILSEQ, "the signature's %s is missing, at byte %zu",
				 what, (size_t)(der->p - der->base));
	status = next(&at, &item);
	if (status != 0)
		return status;
	if (item.tag != tag)
		return error_set(der->err, ERR_ILSEQ,
				 "the signature's %s has tag 0x%x, not 0x%x, at byte %zu", what,
				 item.tag, tag, (size_t)(item.start - der->base));
	*der = at;
	*ret_item = item;
	return 0;
}

int der_enter(struct der *der, u8 tag, const char *what, struct der *ret_inside)
{
	struct der_item item;
	int status = der_take(der, tag, what, &item);

	if (status == 0)
		*ret_inside = der_inside(der, &item);
	return status;
}

int der_end(const struct der *der, const char *what)
{
	if (der->p == der->end)
		return 0;
	return error_set(der->err, ERR_ILSEQ, "the signature's %s has more in it, at byte %zu",
			 what, (size_t)(der->p - der->base));
}

bool der_equal(const struct der_item *item, const void *bytes, size_t len)
{
	return item->len == len && memcmp(item->body, bytes, len) == 0;
}

/* --- canonical form -------------------------------------------------------------------------- */

static bool is_oid(const struct der_item *item)
{
	bool at_start = true;

	for (size_t i = 0; i < item->len; i++) {
		if (at_start && item->body[i] == 0x80)
			return false;
		at_start = (item->body[i] & 0x80) == 0;
	}
	return item->len > 0 && at_start;
}

static bool is_bit_string(const struct der_item *item)
{
	unsigned unused;

	if (item->len == 0)
		return false;
	unused = item->body[0];
	if (unused > 7 || (item->len == 1 && unused != 0))
		return false;
	return (item->body[item->len - 1] & ((1u << unused) - 1)) == 0 || item->len == 1;
}

static bool is_integer(const struct der_item *item)
{
	const u8 *b = item->body;

	if (item->len < 2)
		return item->len == 1;
	return !(b[0] == 0 && b[1] < 0x80) && !(b[0] == 0xff && b[1] >= 0x80);
}

/* What is wrong with a value of universal class; NULL: nothing. */
static const char *universal_fault(const struct der_item *item)
{
	unsigned number = item->tag & 0x1f;
	bool constructed = (item->tag & 0x20) != 0;

	if (constructed != (number == (DER_SEQUENCE & 0x1f) || number == (DER_SET & 0x1f)))
		return "value of the wrong form, simple or composed";
	switch (item->tag) {
	case 0: return "end-of-contents";
	case DER_BOOLEAN:
		return item->len == 1 && (item->body[0] == 0 || item->body[0] == 0xff)
			       ? NULL
			       : "truth value that is neither 00 nor ff";
	case DER_INTEGER:
		return is_integer(item) ? NULL : "number with more bytes than it needs, or none";
	case DER_BIT_STRING: return is_bit_string(item) ? NULL : "bit string with stray bits";
	case DER_NULL: return item->len == 0 ? NULL : "null with something in it";
	case DER_OID: return is_oid(item) ? NULL : "malformed object identifier";
	default: return NULL;
	}
}

static int compare_items(const void *a, const void *b)
{
	const struct der_item *x = a, *y = b;
	size_t x_len = der_size(x), y_len = der_size(y);
	int order = memcmp(x->start, y->start, MIN(x_len, y_len));

	return order != 0 || x_len == y_len ? order : x_len < y_len ? -1 : 1;
}

int der_check_order(const struct der_item *set, const struct der *in, const char *what)
{
	struct der der = der_inside(in, set);
	struct der_item last = { 0 }, item = { 0 };
	int status = 0;

	while (status == 0 && !der_at_end(&der)) {
		status = next(&der, &item);
		if (status == 0 && last.start != NULL && compare_items(&last, &item) >= 0)
			status = error_set(der.err, ERR_ILSEQ,
					   "the signature's %s are out of order, at byte %zu", what,
					   (size_t)(item.start - der.base));
		last = item;
	}
	return status;
}

#define MAX_DEPTH 32

struct level {
	const u8 *end;
	struct der_item last; /* of a set: the value before; start NULL: there is none */
	bool is_set;
};

int der_check(const u8 *bytes, size_t len, struct error *err)
{
	struct der der = { bytes, bytes + len, bytes, err };
	struct level levels[MAX_DEPTH] = { { .end = der.end } };
	unsigned depth = 0;

	do {
		struct level *level = &levels[depth];
		struct der_item item;
		const char *fault;
		int status;

		der.end = level->end;
		status = next(&der, &item);
		if (status != 0)
			return status;
		if (depth == 0 && der.p != der.end)
			return bad(&der, der.p, "something follows");
		fault = (item.tag & 0xc0) == 0 ? universal_fault(&item) : NULL;
		if (fault != NULL)
			return bad(&der, item.start, fault);
		if (level->is_set && level->last.start != NULL &&
		    compare_items(&level->last, &item) >= 0)
			return bad(&der, item.start, "set out of order");
		level->last = item;
		if ((item.tag & 0x20) != 0 && item.len > 0) {
			if (++depth == MAX_DEPTH)
				return bad(&der, item.start, "too many levels");
			levels[depth] =
				(struct level){ .end = der.p, .is_set = item.tag == DER_SET };
			der.p = item.body;
		}
		while (depth > 0 && der.p == levels[depth].end)
			depth--;
	} while (depth > 0);
	return 0;
}

/* --- writing --------------------------------------------------------------------------------- */

void der_writer_fini(struct der_writer *w)
{
	mem_free(w->data);
	*w = (struct der_writer){ 0 };
}

void der_put(struct der_writer *w, const void *bytes, size_t len)
{
	size_t need, cap;
	u8 *grown;

	if (w->failed || __builtin_add_overflow(w->len, len, &need)) {
		w->failed = true;
		return;
	}
	if (need > w->cap) {
		cap = MAX(need, w->cap * 2 + 1024);
		grown = mem_alloc(cap);
		if (grown == NULL) {
			w->failed = true;
			return;
		}
		if (w->len > 0)
			memcpy(grown + (cap - w->len), der_written(w), w->len);
		mem_free(w->data);
		w->data = grown;
		w->cap = cap;
	}
	w->len = need;
	if (len > 0)
		memcpy(w->data + (w->cap - need), bytes, len);
}

void der_wrap(struct der_writer *w, u8 tag, size_t since)
{
	size_t len = w->len - since;
	u8 header[2 + sizeof(len)];
	size_t at = sizeof(header);

	if (len < 0x80) {
		header[--at] = (u8)len;
	} else {
		for (size_t rest = len; rest > 0; rest >>= 8)
			header[--at] = (u8)rest;
		at--;
		header[at] = (u8)(0x80 | (sizeof(header) - 1 - at));
	}
	header[--at] = tag;
	der_put(w, header + at, sizeof(header) - at);
}

void der_put_value(struct der_writer *w, u8 tag, const void *bytes, size_t len)
{
	size_t since = w->len;

	der_put(w, bytes, len);
	der_wrap(w, tag, since);
}

int der_put_sorted(struct der_writer *w, struct der_item *items, size_t count)
{
	int status = sort_stable(items, count, sizeof(*items), compare_items);

	if (status != 0)
		return status;
	for (size_t i = count; i > 0; i--)
		der_put(w, items[i - 1].start, der_size(&items[i - 1]));
	return 0;
}
