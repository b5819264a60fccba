/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include "base/str.h"

void json_init(struct json *json, struct strbuf *out, bool pretty)
{
	*json = (struct json){ .out = out, .pretty = pretty };
}

/* Length of the UTF-8 sequence at s (RFC 3629, no surrogates, no overlong form); 0 when it is not
 * one. */
static size_t utf8_len(const u8 *s, size_t len)
{
	u8 lead = s[0];
	size_t need = lead < 0x80   ? 1
		      : lead < 0xc2 ? 0
		      : lead < 0xe0 ? 2
		      : lead < 0xf0 ? 3
		      : lead < 0xf5 ? 4
				    : 0;

	if (need == 0 || need > len)
		return 0;
	for (size_t i = 1; i < need; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((lead == 0xe0 && s[1] < 0xa0) || (lead == 0xed && s[1] > 0x9f) ||
	    (lead == 0xf0 && s[1] < 0x90) || (lead == 0xf4 && s[1] > 0x8f))
		return 0;
	return need;
}

static void json_quote(struct strbuf *out, const char *s, size_t len)
{
	strbuf_add_char(out, '"');
	for (size_t i = 0; i < len;) {
		const u8 *p = (const u8 *)s + i;
		size_t step = utf8_len(p, len - i);

		if (step == 0)
			strbuf_add(out, "\xef\xbf\xbd");
		else if (*p == '"' || *p == '\\')
			strbuf_printf(out, "\\%c", *p);
		else if (*p == '\n')
			strbuf_add(out, "\\n");
		else if (*p == '\t')
			strbuf_add(out, "\\t");
		else if (*p < 0x20 || *p == 0x7f)
			strbuf_printf(out, "\\u%04x", *p);
		else
			strbuf_add_len(out, s + i, step);
		i += MAX(step, (size_t)1);
	}
	strbuf_add_char(out, '"');
}

static void json_line(struct json *json)
{
	if (!json->pretty)
		return;
	strbuf_add_char(json->out, '\n');
	for (unsigned i = 0; i < json->depth; i++)
		strbuf_add(json->out, "  ");
}

static void json_element(struct json *json, const char *key)
{
	if (json->need_comma)
		strbuf_add_char(json->out, ',');
	if (json->depth > 0)
		json_line(json);
	if (key != NULL) {
		json_quote(json->out, key, strlen(key));
		strbuf_add(json->out, json->pretty ? ": " : ":");
	}
	json->need_comma = true;
}

static void json_open(struct json *json, const char *key, char bracket)
{
	json_element(json, key);
	strbuf_add_char(json->out, bracket);
	json->need_comma = false;
	json->depth++;
}

static void json_close(struct json *json, char bracket)
{
	json->depth--;
	if (json->need_comma)
		json_line(json);
	strbuf_add_char(json->out, bracket);
	json->need_comma = true;
}

void json_object_begin(struct json *json, const char *key)
{
	json_open(json, key, '{');
}

void json_object_end(struct json *json)
{
	json_close(json, '}');
}

void json_array_begin(struct json *json, const char *key)
{
	json_open(json, key, '[');
}

void json_array_end(struct json *json)
{
	json_close(json, ']');
}

void json_str_len(struct json *json, const char *key, const char *value, size_t len)
{
	json_element(json, key);
	json_quote(json->out, value, len);
}

void json_str(struct json *json, const char *key, const char *value)
{
	if (value != NULL) {
		json_str_len(json, key, value, strlen(value));
		return;
	}
	json_element(json, key);
	strbuf_add(json->out, "null");
}

void json_u64(struct json *json, const char *key, u64 value)
{
	json_element(json, key);
	strbuf_printf(json->out, "%llu", value);
}

void json_s64(struct json *json, const char *key, s64 value)
{
	json_element(json, key);
	strbuf_printf(json->out, "%lld", value);
}

void json_bool(struct json *json, const char *key, bool value)
{
	json_element(json, key);
	strbuf_add(json->out, value ? "true" : "false");
}

void json_hex(struct json *json, const char *key, const void *bytes, size_t len)
{
	const u8 *p = bytes;

	json_element(json, key);
	strbuf_add_char(json->out, '"');
	for (size_t i = 0; i < len; i++)
		strbuf_printf(json->out, "%02x", p[i]);
	strbuf_add_char(json->out, '"');
}
