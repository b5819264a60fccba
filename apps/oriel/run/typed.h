/* SPDX-License-Identifier: MIT */
/* Bytes as the values of C that they are, by their type in BTF. */
#pragma once

#include "cli.h"

/* Where they go: text on one line, or an element of JSON. */
struct typed {
	struct cli *cli;
	struct json *json; /* NULL: text */
	const struct btf *btf;
	/* Its own. */
	bool need_comma;
	u32 left; /* parts that may still be shown, since small types can have very many */
};

/* bytes has len bytes, which may be more or fewer than the type's. key: in JSON, NULL in arrays. */
void typed_show(struct typed *typed, const char *key, u32 type, const u8 *bytes, size_t len);
/* Without a type: up to 8 bytes as a number, all else as hexadecimal. */
void typed_show_bytes(struct typed *typed, const char *key, const u8 *bytes, size_t len);
