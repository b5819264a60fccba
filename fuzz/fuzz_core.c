/* SPDX-License-Identifier: MIT */
/* Two BTFs, a program's and a target's, and every relocation between them: two bytes each say how
 * long they are, the rest is an access string. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/le.h"
#include "base/strbuf.h"
#include "btf/core.h"

enum { TYPES_MAX = 16, BUDGET = 1 << 14 };

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_relo(const struct btf *local, const struct btf_index *index,
		       const struct btf_core_relo *relo)
{
	struct btf_core core = { .local = local, .index = *index, .steps = BUDGET };
	struct btf_core_value value = { 0 };
	struct error err = { 0 };
	struct strbuf text = STRBUF_INIT;
	int status = btf_core_resolve(&core, relo, &value, &err);

	check(core.steps <= BUDGET);
	btf_core_describe(local, relo, &text);
	check(text.len > 0);
	strbuf_fini(&text);
	if (status != 0) {
		check(err.status == status && err.text[0] != '\0');
		return;
	}
	if (relo->kind == BTF_CORE_FIELD_EXISTS || relo->kind == BTF_CORE_TYPE_EXISTS ||
	    relo->kind == BTF_CORE_TYPE_MATCHES || relo->kind == BTF_CORE_ENUMVAL_EXISTS)
		check(value.missed == NULL && value.target <= 1 && value.local == 1);
	if (relo->kind == BTF_CORE_FIELD_LSHIFT_U64 || relo->kind == BTF_CORE_FIELD_RSHIFT_U64)
		check(value.missed != NULL || value.target < 64);
	if (index->btf == NULL)
		check(value.local == value.target);
	(void)btf_core_resizable(&core, &value, false);
}

static void check_all(const struct btf *local, const struct btf_index *index, const char *access)
{
	static const char *const simple[] = { "0", "0:0", "0:1", "1:0:1", "0:2:0:0" };

	for (u32 type = 0; type < local->type_count && type < TYPES_MAX; type++)
		for (u32 kind = 0; kind <= BTF_CORE_KIND_COUNT; kind++) {
			struct btf_core_relo relo = { 0, type, access, kind };

			check_relo(local, index, &relo);
			for (size_t i = 0; i < sizeof(simple) / sizeof(simple[0]); i++) {
				relo.access = simple[i];
				check_relo(local, index, &relo);
			}
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct btf local, target;
	struct btf_index none = { 0 }, index;
	struct error err = { 0 };
	size_t local_len, target_len, rest;
	char access[200];

	if (size < 4)
		return 0;
	local_len = le16_load(data);
	target_len = le16_load(data + 2);
	if (local_len > size - 4 || target_len > size - 4 - local_len)
		return 0;
	rest = size - 4 - local_len - target_len;
	rest = rest < sizeof(access) ? rest : sizeof(access) - 1;
	memcpy(access, data + 4 + local_len + target_len, rest);
	access[rest] = '\0';
	arena_init(&arena, (size_t)1 << 26);
	if (btf_open(data + 4, local_len, &arena, &local, &err) == 0) {
		check_all(&local, &none, access);
		if (btf_open(data + 4 + local_len, target_len, &arena, &target, &err) == 0 &&
		    btf_index_open(&target, 1, &arena, &index, &err) == 0)
			check_all(&local, &index, access);
	}
	arena_fini(&arena);
	return 0;
}
