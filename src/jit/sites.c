/* SPDX-License-Identifier: MIT */
/* Places in machine code: where they are recorded, and where they are in the end. */
#include "jit/sites.h"

#include "base/str.h"

static const struct jit_place unknown = { JIT_UNKNOWN, 0 };

int jit_sites_init(struct jit *j, struct jit_sites *sites)
{
	u32 count = j->prog->insn_count;

	sites->j = j;
	sites->out.cap = j->op_count * (j->checked ? 24 : 6) + 4 * JIT_ROOM;
	sites->out.bytes = arena_array_raw(j->arena, sites->out.cap, 1);
	sites->slots = arena_array_raw(j->arena, (size_t)count + 1, sizeof(*sites->slots));
	sites->funcs = arena_array_raw(j->arena, j->func_count, sizeof(*sites->funcs));
	sites->fixup_cap = j->op_count / (j->checked ? 1 : 4) + 32;
	sites->fixups = arena_array_raw(j->arena, sites->fixup_cap, sizeof(*sites->fixups));
	return sites->out.bytes == NULL || sites->slots == NULL || sites->funcs == NULL ||
			       sites->fixups == NULL
		       ? ERR_NOMEM
		       : 0;
}

/* Twice as many; NULL: no memory. */
static void *grow(struct jit_sites *sites, const void *old, u32 count, u32 *cap, size_t size)
{
	u32 wanted = *cap < 16 ? 32 : *cap > UINT32_MAX / 2 ? 0 : 2 * *cap;
	void *bytes = wanted != 0 ? arena_array_raw(sites->j->arena, wanted, size) : NULL;

	if (bytes == NULL) {
		sites->no_memory = true;
		return NULL;
	}
	if (count != 0)
		memcpy(bytes, old, count * size);
	*cap = wanted;
	return bytes;
}

bool jit_grow_fixups(struct jit_sites *sites)
{
	struct jit_fixup *fixups =
		grow(sites, sites->fixups, sites->fixup_count, &sites->fixup_cap, sizeof(*fixups));

	if (fixups != NULL)
		sites->fixups = fixups;
	return fixups != NULL;
}

void jit_grow_out(struct jit_sites *sites)
{
	u8 *bytes = NULL;

	/* Something has taken more than JIT_ROOM, and was cut off. */
	sites->failed |= sites->out.len > sites->out.cap;
	if (!sites->failed && !sites->no_memory)
		bytes = grow(sites, sites->out.bytes, sites->out.len, &sites->out.cap, 1);
	if (bytes != NULL)
		sites->out.bytes = bytes;
}

u32 jit_add_stub(struct jit_sites *sites, struct jit_stub stub)
{
	if (sites->stub_count == sites->stub_cap) {
		struct jit_stub *stubs = grow(sites, sites->stubs, sites->stub_count,
					      &sites->stub_cap, sizeof(*stubs));

		if (stubs == NULL)
			return 0;
		sites->stubs = stubs;
	}
	sites->uses |= 1u << jit_stub_common(stub.kind);
	sites->stubs[sites->stub_count] = stub;
	return sites->stub_count++;
}

#define SEARCHED 64 /* the same one may be there twice */

u32 jit_add_host(struct jit_sites *sites, u64 address)
{
	for (u32 i = 0; i < MIN(sites->host_count, SEARCHED); i++)
		if (sites->hosts[i] == address)
			return i;
	if (sites->host_count == sites->host_cap) {
		u64 *hosts = grow(sites, sites->hosts, sites->host_count, &sites->host_cap,
				  sizeof(*hosts));

		if (hosts == NULL)
			return 0;
		sites->hosts = hosts;
	}
	sites->hosts[sites->host_count] = address;
	return sites->host_count++;
}

void jit_sites_begin(struct jit_sites *sites)
{
	const struct jit *j = sites->j;

	sites->out.len = 0;
	sites->stub_count = sites->fixup_count = sites->host_count = sites->uses = 0;
	sites->placed = 0;
	for (u32 i = 0; i < COMMONS; i++)
		sites->common[i] = unknown;
	for (u32 i = 0; i < j->func_count; i++)
		sites->funcs[i] = unknown;
}

void jit_sites_end(struct jit_sites *sites)
{
	jit_place_slot(sites, sites->j->prog->insn_count);
}

struct jit_place jit_place_of(const struct jit_sites *sites, const struct jit_fixup *fixup)
{
	u32 target = fixup->target;

	switch ((enum jit_fixup_kind)fixup->kind) {
	case FIX_SLOT: return sites->slots[target];
	case FIX_FUNC: return sites->funcs[target];
	case FIX_COMMON: return sites->common[target];
	case FIX_STUB: return sites->stubs[target].place;
	case FIX_BACK: return sites->stubs[target].back;
	case FIX_BEHIND:
		return (struct jit_place){ sites->fixups[target].at + sites->fixups[target].size,
					   target + 1 };
	case FIX_HOST:
	case FIX_PAD: break;
	}
	return unknown;
}

void jit_sum_gains(struct jit_sites *sites)
{
	u32 sum = 0;

	for (u32 i = 0; i < sites->fixup_count; i++) {
		sites->gains[i] = sum;
		sum += sites->fixups[i].gain;
	}
	sites->gains[sites->fixup_count] = sum;
}

static void set_offsets(struct jit_sites *sites)
{
	struct jit *j = sites->j;

	j->sites = sites;
	for (u32 i = 0; i < j->func_count; i++)
		j->funcs[i].offset = sites->funcs[i].offset == JIT_UNKNOWN
					     ? JIT_UNKNOWN
					     : jit_moved(sites, sites->funcs[i]);
}

bool jit_sites_copy(struct jit_sites *sites, u8 *out, size_t cap, size_t *ret_len)
{
	u32 from = 0, to = 0, len = sites->out.len - sites->gains[sites->fixup_count];

	if (len > cap || sites->failed || sites->out.len > sites->out.cap)
		return false;
	for (u32 i = 0; i < sites->fixup_count; i++) {
		const struct jit_fixup *fixup = &sites->fixups[i];
		u32 end = fixup->at + fixup->size;

		if (fixup->gain == 0)
			continue;
		memcpy(out + to, sites->out.bytes + from, end - fixup->gain - from);
		to += end - fixup->gain - from;
		from = end;
	}
	memcpy(out + to, sites->out.bytes + from, sites->out.len - from);
	set_offsets(sites);
	*ret_len = len;
	return true;
}
