/* SPDX-License-Identifier: MIT */
/* Types as short text for listings. */
#pragma once

#include "btf/btf.h"

struct strbuf;

/* "unsigned int", "struct flow *", "const char[16]"; "?" for id 0 as for what has no name. Not all
 * of a chain longer than a person would write. */
void btf_type_text(const struct btf *btf, u32 id, struct strbuf *out);
