/* SPDX-License-Identifier: MIT */
/* BTF as text. Any BTF that btf_open accepts is taken; names that a terminal or a compiler would
 * not take are changed. */
#pragma once

#include "cli.h"

#include "btf/btf.h"

/* A line a type, and an indented one a member. */
void btf_dump_raw(const struct btf *btf, struct strbuf *out);
/* C declarations. ERR_NOTSUP names the type that has no form in C; ERR_TOOBIG: the text grows out
 * of proportion, as made-up BTF can make it. */
int btf_dump_c(const struct btf *btf, struct strbuf *out, struct error *err) MUST_CHECK;
