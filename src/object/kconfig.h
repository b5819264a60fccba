/* SPDX-License-Identifier: MIT */
/* Values of a kernel's configuration as a person or a kernel's .config gives them: lines
 * CONFIG_NAME=value. What a value means depends on the type of the variable that asks for it. */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/strmap.h"
#include "base/vec.h"

enum kconfig_kind {
	KCONFIG_LETTER, /* y, m or n */
	KCONFIG_NUMBER,
	KCONFIG_STRING,
};

struct kconfig_value {
	enum kconfig_kind kind;
	char letter;
	bool is_negative;
	u64 number;	  /* a negative one as s64 */
	const char *text; /* without its quotes; holds no zero byte */
	size_t len;
};

struct kconfig {
	struct arena arena;
	struct strmap names; /* index into values */
	VEC(struct kconfig_value) values;
};

void kconfig_init(struct kconfig *config);
void kconfig_fini(struct kconfig *config); /* accepts a zeroed one */

/* One line, "CONFIG_HZ=250". Names begin with CONFIG_ or LINUX_. A later value replaces an earlier
 * one. ERR_INVAL says what is wrong with it. */
int kconfig_set(struct kconfig *config, const char *line, size_t len, struct error *err) MUST_CHECK;
/* Lines as in a kernel's .config: empty ones and comments are skipped, so what "is not set" has no
 * value. ERR_INVAL names the line. */
int kconfig_read(struct kconfig *config, const u8 *bytes, size_t len, struct error *err) MUST_CHECK;
/* NULL: it has none. */
const struct kconfig_value *kconfig_get(const struct kconfig *config, const char *name);
