/* SPDX-License-Identifier: MIT */
/* What single findings have to say beyond their row of check/findings.def: why a register holds
 * nothing any more, which check is missing and where. */
#include "verify/report_words.h"

#include "base/str.h"
#include "check/value.h"
#include "prog/exec.h"
#include "spec/spec.h"

/* --- messages --- */

static u32 helper_flags(const struct prog *prog, u32 slot)
{
	const struct spec_helper *helper;

	if (slot >= prog->insn_count || prog->insns[slot].kind != INSN_CALL)
		return 0;
	helper =
		spec_find_helper(prog->spec, prog->dialect, prog->type, (u32)prog->insns[slot].imm);
	return helper != NULL ? helper->flags : 0;
}

enum loss { LOSS_UNKNOWN, LOSS_RELEASED, LOSS_MOVED, LOSS_CALL, LOSS_TORN };

/* How a register that had a value came to hold nothing. */
static enum loss loss_of(const struct words *w)
{
	u32 flags = helper_flags(w->prog, w->traced.taker);

	if (w->finding->type != VALUE_NONE)
		return LOSS_UNKNOWN;
	switch (w->traced.end) {
	case TRACE_CALL:
		if ((flags & HELPER_RELEASES) != 0)
			return LOSS_RELEASED;
		return (flags & HELPER_MOVES_PACKET) != 0 ? LOSS_MOVED : LOSS_UNKNOWN;
	case TRACE_LOAD: return (flags & HELPER_MOVES_PACKET) != 0 ? LOSS_MOVED : LOSS_UNKNOWN;
	case TRACE_OVERWRITTEN: return LOSS_CALL;
	case TRACE_TORN: return LOSS_TORN;
	case TRACE_LOST: break;
	}
	return LOSS_UNKNOWN;
}

static bool add_loss(const struct words *w)
{
	const char *taker = report_callee(w->prog, w->traced.taker);
	const char *call = report_callee(w->prog, w->traced.slot);

	switch (loss_of(w)) {
	case LOSS_RELEASED:
		words_fill(w, "{reg} is used after it was given back: ");
		strbuf_printf(w->out, "%s", taker != NULL ? taker : "a call");
		words_fill(w, " at {taker} took it");
		return true;
	case LOSS_MOVED:
		words_fill(w, "{reg} is an address in the packet from before ");
		strbuf_printf(w->out, "%s", taker != NULL ? taker : "a call");
		words_fill(w, " at {taker}, after which it is void");
		return true;
	case LOSS_CALL:
		words_fill(w, "{reg} is read, but holds nothing after the call of ");
		strbuf_printf(w->out, "%s", call != NULL ? call : "a function");
		words_fill(w, " at {from}");
		return true;
	case LOSS_TORN:
		words_fill(w, "{reg} is read from the stack, where a part of it was overwritten at "
			      "{from}");
		return true;
	case LOSS_UNKNOWN: break;
	}
	return false;
}

static bool add_unknown_helper(const struct words *w)
{
	const struct spec_helper *row;
	const char *type = w->prog->type != NULL ? w->prog->type->name : "this";

	for (size_t i = 0; (row = spec_nth_helper(w->prog->spec, i)) != NULL; i++) {
		if (row->dialect != w->prog->dialect || row->id != w->finding->lo)
			continue;
		strbuf_printf(w->out, "%s (helper %u) is not for programs of type %s", row->name,
			      row->id, type);
		return true;
	}
	return false;
}

static bool add_map_type(const struct words *w)
{
	const struct finding *f = w->finding;
	const struct prog_map *map =
		f->region < w->prog->map_count ? &w->prog->maps[f->region] : NULL;

	if (f->type != VALUE_MAP || map == NULL || map->name == NULL || map->type == NULL)
		return false;
	words_fill(w, "{name} does not work on map ");
	strbuf_printf(w->out, "'%s', which is of type %s", map->name, map->type->name);
	return true;
}

static bool add_result(const struct words *w)
{
	struct spec_range range;

	if (w->prog->type == NULL)
		return false;
	range = spec_result_of(w->prog->type, w->prog->attach);
	words_fill(w, "the program returns {lo} to {hi}; of type ");
	strbuf_printf(w->out, "%s, it may return ", w->prog->type->name);
	words_add_range(w->out, range.least, range.most);
	return true;
}

bool words_add_message(const struct words *w)
{
	switch ((enum finding_id)w->finding->id) {
	case FINDING_UNINIT_REG: return add_loss(w);
	case FINDING_UNKNOWN_HELPER: return add_unknown_helper(w);
	case FINDING_ARG_MAP_TYPE: return add_map_type(w);
	case FINDING_RETURN_RANGE: return add_result(w);
	default: break;
	}
	return false;
}

/* --- hints --- */

static bool add_loss_hint(const struct words *w)
{
	switch (loss_of(w)) {
	case LOSS_RELEASED: words_fill(w, "use it before {taker}, or not at all"); return true;
	case LOSS_MOVED:
		words_fill(w, "after {taker}, read data and data_end from the context again, and "
			      "compare them again");
		return true;
	case LOSS_CALL:
		words_fill(w, "keep it in r6 to r9, or on the stack: calls leave r1 to r5 empty");
		return true;
	case LOSS_TORN: words_fill(w, "write all 8 bytes of an address, or none"); return true;
	case LOSS_UNKNOWN: break;
	}
	return false;
}

static bool add_packet_hint(const struct words *w, const char *start, const char *end)
{
	const struct finding *f = w->finding;
	const struct source_text *base = &w->access.base, *whole = &w->access.whole;
	s64 past;

	if (words_is_raw(w)) {
		words_fill(w, "compare with the length in r2 before {line}");
		return true;
	}
	words_fill(w, "add before {line}: if (");
	if (w->has_access && whole->len > base->len && base->at[base->len] == '-')
		strbuf_printf(w->out, "(void *)(%.*s + 1)", (int)base->len, base->at);
	else if (!words_is_unlimited(f->hi) && !__builtin_add_overflow(f->hi, f->size, &past))
		strbuf_printf(w->out, "%s + %lld", start, past);
	else
		strbuf_printf(w->out, "%s + N", start);
	strbuf_printf(w->out, " > %s) return ...;", end);
	return true;
}

/* Of an index: the limits that it has to have. An element is taken to be as large as the access. */
static bool add_index_hint(const struct words *w)
{
	const struct finding *f = w->finding;
	const char *index = w->access.index.len > 0 ? w->access.index.at : "i";
	int len = w->access.index.len > 0 ? (int)w->access.index.len : 1;
	bool is_any = words_is_unlimited(f->lo) && words_is_unlimited(f->hi);
	bool may_be_low = f->lo < 0 && !is_any;
	s64 start = is_any ? 0 : f->lo; /* of what is indexed, as far as that tells */

	if (f->lo == f->hi) {
		strbuf_printf(w->out, "the last byte that may be accessed is at offset %lld",
			      f->limit - 1);
		return true;
	}
	words_fill(w, "add before {line}: if (");
	if (may_be_low)
		strbuf_printf(w->out, "%.*s < 0 || ", len, index);
	if (may_be_low || f->size == 0 || start >= f->limit)
		strbuf_printf(w->out, "%.*s >= N", len, index);
	else
		strbuf_printf(w->out, "%.*s >= %lld", len, index, (f->limit - start) / f->size);
	strbuf_add(w->out, ") return ...;");
	if (is_any)
		strbuf_printf(w->out, " with an unsigned %.*s", len, index);
	return true;
}

static bool add_divisor_hint(const struct words *w)
{
	struct source_text divisor = source_divisor(w->line);

	if (divisor.len == 0)
		return false;
	words_fill(w, "add before {line}: if (");
	strbuf_printf(w->out, "%.*s == 0) return ...;", (int)divisor.len, divisor.at);
	return true;
}

static bool add_size_hint(const struct words *w)
{
	if (w->arg_text.len == 0)
		return false;
	words_fill(w, "add before {line}: if (");
	strbuf_printf(w->out, "%.*s > N) return ...;", (int)w->arg_text.len, w->arg_text.at);
	return true;
}

static bool add_memset_hint(const struct words *w)
{
	const struct source_text *arg = &w->arg_text;
	struct source_text name;

	if (arg->len < 2 || arg->at[0] != '&')
		return false;
	name = (struct source_text){ arg->at + 1, arg->len - 1 };
	if (!source_is_name(&name))
		return false;
	strbuf_printf(w->out,
		      "add after its declaration: memset(&%.*s, 0, sizeof(%.*s)); "
		      "= {} would leave padding out",
		      (int)name.len, name.at, (int)name.len, name.at);
	return true;
}

static bool add_release_hint(const struct words *w)
{
	const char *from = report_callee(w->prog, w->call);
	const struct prog_line *line = report_line(w->prog, w->call);
	struct source_text name = { NULL, 0 };

	if (from == NULL)
		return false;
	if (line != NULL)
		name = source_assigned(line);
	if (name.len == 0)
		strbuf_add(w->out, "release it");
	else
		strbuf_printf(w->out, "release '%.*s'", (int)name.len, name.at);
	words_fill(w, " on each path that ends at {line}: ");
	if (str_starts(from, "bpf_ringbuf_"))
		strbuf_add(w->out, "bpf_ringbuf_submit() or bpf_ringbuf_discard()");
	else if (str_starts(from, "bpf_sk"))
		strbuf_add(w->out, "bpf_sk_release()");
	else
		strbuf_add(w->out, "see what the prototype of the helper says");
	return true;
}

bool words_add_hint(const struct words *w)
{
	switch ((enum finding_id)w->finding->id) {
	case FINDING_UNINIT_REG: return add_loss_hint(w);
	case FINDING_NULL_ACCESS:
	case FINDING_ARG_NULL:
	case FINDING_POINTER_NULL_ALU:
		words_fill(w, "add before {line}: if ({var} == NULL) return ...;");
		return true;
	case FINDING_DIVISION_BY_ZERO: return add_divisor_hint(w);
	case FINDING_ARG_SIZE: return add_size_hint(w);
	case FINDING_ARG_UNINIT: return add_memset_hint(w);
	case FINDING_LEAKED_REFERENCE: return add_release_hint(w);
	case FINDING_PACKET_RANGE: return add_packet_hint(w, "data", "data_end");
	case FINDING_META_RANGE: return add_packet_hint(w, "data_meta", "data");
	case FINDING_MAP_VALUE_RANGE:
	case FINDING_MEM_RANGE: return add_index_hint(w);
	default: break;
	}
	return false;
}
