/* SPDX-License-Identifier: MIT */
/* The JSON reader: one pass, a stack of fixed depth instead of recursion. */
#include "base/json_read.h"

#include "base/str.h"
#include "base/vec.h"

#define MAX_DEPTH 32
#define MAX_TEXT  (16u << 20)

struct reader {
	const char *at, *end;
	u32 line;
	struct arena *arena;
	VEC(struct json_node) nodes;
	u32 open[MAX_DEPTH]; /* indexes of the arrays and objects around */
	u32 depth;
	struct error *err;
};

static int refuse(const struct reader *r, const char *what)
{
	return error_set(r->err, ERR_INVAL, "line %u: %s", r->line, what);
}

static int no_memory(const struct reader *r)
{
	return error_set(r->err, ERR_NOMEM, "out of memory");
}

static void skip_space(struct reader *r)
{
	for (; r->at < r->end; r->at++) {
		if (*r->at == '\n')
			r->line++;
		else if (*r->at != ' ' && *r->at != '\t' && *r->at != '\r')
			return;
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four digits of a \u. */
static bool read_unit(struct reader *r, u32 *ret_unit)
{
	u32 unit = 0;

	if (r->end - r->at < 4)
		return false;
	for (u32 i = 0; i < 4; i++) {
		int digit = hex_digit(r->at[i]);

		if (digit < 0)
			return false;
		unit = unit << 4 | (u32)digit;
	}
	r->at += 4;
	*ret_unit = unit;
	return true;
}

/* Behind "\u": a character, from one unit or a pair; 0 when it is none. */
static u32 read_codepoint(struct reader *r)
{
	u32 unit = 0, low = 0;

	if (!read_unit(r, &unit) || (unit >= 0xdc00 && unit < 0xe000))
		return 0;
	if (unit < 0xd800 || unit > 0xdbff)
		return unit;
	if (r->end - r->at < 2 || r->at[0] != '\\' || r->at[1] != 'u')
		return 0;
	r->at += 2;
	if (!read_unit(r, &low) || low < 0xdc00 || low > 0xdfff)
		return 0;
	return 0x10000 + ((unit - 0xd800) << 10 | (low - 0xdc00));
}

static char *put_utf8(char *out, u32 c)
{
	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
		*out++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*out++ = (char)(0xe0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	} else {
		*out++ = (char)(0xf0 | c >> 18);
		*out++ = (char)(0x80 | (c >> 12 & 0x3f));
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	}
	return out;
}

/* Behind the backslash. No escape is shorter than what it stands for. */
static char *read_escape(struct reader *r, char *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	u32 c;

	if (r->at == r->end)
		return NULL;
	for (u32 i = 0; i < sizeof(from) - 1; i++) {
		if (*r->at != from[i])
			continue;
		r->at++;
		*out++ = to[i];
		return out;
	}
	if (*r->at++ != 'u')
		return NULL;
	c = read_codepoint(r);
	return c != 0 ? put_utf8(out, c) : NULL;
}

static int read_string(struct reader *r, const char **ret_text)
{
	const char *end = ++r->at;
	char *text, *out;

	while (end < r->end && *end != '"')
		end += *end == '\\' && end + 1 < r->end ? 2 : 1;
	if (end >= r->end)
		return refuse(r, "a string does not end");
	text = arena_alloc(r->arena, (size_t)(end - r->at) + 1);
	if (text == NULL)
		return no_memory(r);
	for (out = text; r->at < end;) {
		if ((u8)*r->at < 0x20)
			return refuse(r, "a control character in a string");
		if (*r->at != '\\') {
			*out++ = *r->at++;
			continue;
		}
		r->at++;
		out = read_escape(r, out);
		if (out == NULL)
			return refuse(r, "a bad escape in a string");
	}
	r->at = end + 1;
	*ret_text = text;
	return 0;
}

static int read_number(struct reader *r, struct json_node *node)
{
	const char *start;
	u64 value = 0;

	node->kind = JSON_NUMBER;
	if (*r->at == '-') {
		node->negative = true;
		r->at++;
	}
	start = r->at;
	for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
		u64 digit = (u64)(*r->at - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return refuse(r, "a number has more than 64 bits");
		value = value * 10 + digit;
	}
	if (r->at == start || (*start == '0' && r->at - start > 1))
		return refuse(r, "a bad number");
	if (r->at < r->end && (*r->at == '.' || *r->at == 'e' || *r->at == 'E'))
		return refuse(r, "a number that is no integer");
	node->number = value;
	return 0;
}

static int read_word(struct reader *r, struct json_node *node)
{
	static const struct {
		const char *word;
		enum json_kind kind;
	} words[] = { { "null", JSON_NULL }, { "true", JSON_TRUE }, { "false", JSON_FALSE } };

	for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
		size_t len = strlen(words[i].word);

		if ((size_t)(r->end - r->at) < len || memcmp(r->at, words[i].word, len) != 0)
			continue;
		r->at += len;
		node->kind = words[i].kind;
		return 0;
	}
	return refuse(r, "neither a value nor a string");
}

static int open_container(struct reader *r, struct json_node *node)
{
	if (r->depth == MAX_DEPTH)
		return refuse(r, "too deep");
	node->kind = *r->at++ == '[' ? JSON_ARRAY : JSON_OBJECT;
	r->open[r->depth++] = (u32)r->nodes.count;
	return 0;
}

static int read_value(struct reader *r)
{
	struct json_node node = { .line = r->line };
	int status;

	if (r->at == r->end)
		return refuse(r, "it ends too early");
	if (*r->at == '"') {
		node.kind = JSON_STRING;
		status = read_string(r, &node.text);
	} else if (*r->at == '-' || (*r->at >= '0' && *r->at <= '9')) {
		status = read_number(r, &node);
	} else if (*r->at == '[' || *r->at == '{') {
		status = open_container(r, &node);
	} else {
		status = read_word(r, &node);
	}
	if (status != 0)
		return status;
	node.next = (u32)r->nodes.count + 1;
	return vec_push(&r->nodes, node) != 0 ? no_memory(r) : 0;
}

/* A member's name and its colon. */
static int read_name(struct reader *r)
{
	int status;

	if (r->at == r->end || *r->at != '"')
		return refuse(r, "a member without a name");
	status = read_value(r);
	if (status != 0)
		return status;
	skip_space(r);
	if (r->at == r->end || *r->at++ != ':')
		return refuse(r, "a name without ':'");
	skip_space(r);
	return 0;
}

/* Closes what ends here; *ret_more: another element has to follow. */
static int read_ends(struct reader *r, bool *ret_more)
{
	while (r->depth > 0) {
		struct json_node *around = &r->nodes.items[r->open[r->depth - 1]];
		bool is_empty = r->nodes.count == (size_t)r->open[r->depth - 1] + 1;

		skip_space(r);
		if (r->at == r->end)
			return refuse(r, "it ends too early");
		if (*r->at == (around->kind == JSON_ARRAY ? ']' : '}')) {
			r->at++;
			around->next = (u32)r->nodes.count;
			r->depth--;
			continue;
		}
		if (!is_empty && *r->at++ != ',')
			return refuse(r, "',' is missing");
		skip_space(r);
		*ret_more = true;
		return around->kind == JSON_OBJECT ? read_name(r) : 0;
	}
	*ret_more = false;
	return 0;
}

static int read_all(struct reader *r)
{
	bool more = true;
	int status = 0;

	skip_space(r);
	while (status == 0 && more) {
		status = read_value(r);
		if (status == 0)
			status = read_ends(r, &more);
	}
	skip_space(r);
	if (status == 0 && r->at != r->end)
		status = refuse(r, "something follows the value");
	return status;
}

int json_read(const char *text, size_t len, struct arena *arena, struct json_doc *ret_doc,
	      struct error *err)
{
	struct reader r = { .at = text, .end = text + len, .line = 1, .arena = arena, .err = err };
	struct json_node *nodes = NULL;
	int status;

	if (len > MAX_TEXT)
		return error_set(err, ERR_TOOBIG, "more than 16 MiB of JSON");
	status = read_all(&r);
	if (status == 0) {
		nodes = arena_array(arena, r.nodes.count, sizeof(*nodes));
		if (nodes == NULL)
			status = no_memory(&r);
	}
	if (status == 0) {
		memcpy(nodes, r.nodes.items, r.nodes.count * sizeof(*nodes));
		*ret_doc = (struct json_doc){ nodes, (u32)r.nodes.count };
	}
	vec_free(&r.nodes);
	return status;
}

const char *json_kind_name(enum json_kind kind)
{
	switch (kind) {
	case JSON_NULL: return "null";
	case JSON_FALSE: return "false";
	case JSON_TRUE: return "true";
	case JSON_NUMBER: return "number";
	case JSON_STRING: return "string";
	case JSON_ARRAY: return "array";
	case JSON_OBJECT: return "object";
	}
	return "?";
}

bool json_node_u32(const struct json_node *node, u32 *ret_value)
{
	if (node->kind != JSON_NUMBER || node->negative || node->number > UINT32_MAX)
		return false;
	*ret_value = (u32)node->number;
	return true;
}

bool json_node_s32(const struct json_node *node, s32 *ret_value)
{
	if (node->kind != JSON_NUMBER || node->number > (u64)INT32_MAX + node->negative)
		return false;
	*ret_value = node->negative ? (s32) - (s64)node->number : (s32)node->number;
	return true;
}
