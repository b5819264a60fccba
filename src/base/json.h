/* SPDX-License-Identifier: MIT */
/* JSON writer on a strbuf. key is NULL inside an array and at the top. Text that is not UTF-8 comes
 * out with each bad byte as U+FFFD, so the output always parses. */
#pragma once

#include "base/strbuf.h"

struct json {
	struct strbuf *out;
	bool need_comma;
	bool pretty; /* a line an element, two spaces a level */
	unsigned depth;
};

void json_init(struct json *json, struct strbuf *out, bool pretty);

void json_object_begin(struct json *json, const char *key);
void json_object_end(struct json *json);
void json_array_begin(struct json *json, const char *key);
void json_array_end(struct json *json);

void json_str(struct json *json, const char *key, const char *value); /* NULL gives null */
void json_str_len(struct json *json, const char *key, const char *value, size_t len);
void json_u64(struct json *json, const char *key, u64 value);
void json_s64(struct json *json, const char *key, s64 value);
void json_bool(struct json *json, const char *key, bool value);
void json_hex(struct json *json, const char *key, const void *bytes, size_t len); /* "00ff..." */
