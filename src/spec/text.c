/* SPDX-License-Identifier: MIT */
/* The words for what the tables hold. */
#include "spec/text.h"

#include "base/str.h"
#include "prog/exec.h"

const char *spec_arg_text(enum spec_arg arg)
{
	switch (arg) {
#define SPEC_ARG(NAME, number, name, text) \
	case ARG_##NAME:                   \
		return text;
#include "spec/args.def"
#undef SPEC_ARG
	}
	return "?";
}

const char *spec_arg_name(enum spec_arg arg)
{
	switch (arg) {
#define SPEC_ARG(NAME, number, name, text) \
	case ARG_##NAME:                   \
		return name;
#include "spec/args.def"
#undef SPEC_ARG
	}
	return "?";
}

const char *spec_ret_text(enum spec_ret ret)
{
	switch (ret) {
#define SPEC_RET(NAME, number, name, text) \
	case RET_##NAME:                   \
		return text;
#include "spec/returns.def"
#undef SPEC_RET
	}
	return "?";
}

const char *spec_ret_name(enum spec_ret ret)
{
	switch (ret) {
#define SPEC_RET(NAME, number, name, text) \
	case RET_##NAME:                   \
		return name;
#include "spec/returns.def"
#undef SPEC_RET
	}
	return "?";
}

const char *spec_field_kind_name(enum spec_field_kind kind)
{
	switch (kind) {
	case FIELD_SCALAR: return "scalar";
	case FIELD_DATA: return "data";
	case FIELD_DATA_END: return "data_end";
	case FIELD_DATA_META: return "data_meta";
	case FIELD_POINTER: return "pointer";
	case FIELD_PACKET_LEN: return "packet_len";
	}
	return "?";
}

static u32 take_lowest(u32 *flags)
{
	u32 bit = *flags & (~*flags + 1);

	*flags &= ~bit;
	return bit;
}

const char *spec_prog_flag_next(u32 *flags)
{
	switch (take_lowest(flags)) {
	case 0: return NULL;
	case PROG_TYPE_RAW: return "raw";
	case PROG_TYPE_LEGACY_PACKET: return "legacy_packet";
	case PROG_TYPE_PRIVILEGED: return "privileged";
	default: return "?";
	}
}

const char *spec_ctx_flag_next(u32 *flags)
{
	switch (take_lowest(flags)) {
	case 0: return NULL;
	case SPEC_CTX_PLAIN: return "plain";
	case SPEC_CTX_BTF: return "btf";
	default: return "?";
	}
}

const char *spec_field_flag_next(u32 *flags)
{
	switch (take_lowest(flags)) {
	case 0: return NULL;
	case FIELD_WHOLE: return "whole";
	case FIELD_WIDE: return "wide";
	case FIELD_ANY: return "any";
	case FIELD_OLD_PORT: return "old_port";
	default: return "?";
	}
}

const char *spec_map_flag_next(u32 *flags)
{
	switch (take_lowest(flags)) {
	case 0: return NULL;
	case MAP_TYPE_PER_CPU: return "per_cpu";
	case MAP_TYPE_OF_MAPS: return "of_maps";
	case MAP_TYPE_NO_KEY: return "no_key";
	case MAP_TYPE_INDEX_KEY: return "index_key";
	case MAP_TYPE_CUSTOM: return "custom";
	default: return "?";
	}
}

const char *spec_helper_flag_next(u32 *flags)
{
	switch (take_lowest(flags)) {
	case 0: return NULL;
	case HELPER_TAIL_CALL: return "tail_call";
	case HELPER_MOVES_PACKET: return "moves_packet";
	case HELPER_ACQUIRES: return "acquires";
	case HELPER_RELEASES: return "releases";
	case HELPER_BORROWS: return "borrows";
	case HELPER_MAY_SLEEP: return "may_sleep";
	case HELPER_CALLBACK: return "callback";
	default: return "?";
	}
}

static void add_progs(struct strbuf *out, const struct spec *spec, const struct spec_helper *helper,
		      bool allowed)
{
	const struct spec_prog_type *type;
	const char *between = "";

	for (size_t i = 0; (type = spec_nth_type(spec, i)) != NULL; i++) {
		if (type->dialect != helper->dialect || type->number == 0 ||
		    ((type->bit & helper->progs) != 0) != allowed)
			continue;
		strbuf_printf(out, "%s%s", between, type->name);
		between = ", ";
	}
}

void spec_progs_text(struct strbuf *out, const struct spec *spec, const struct spec_helper *helper)
{
	u32 allowed = 0, others = 0;
	const struct spec_prog_type *type;

	for (size_t i = 0; (type = spec_nth_type(spec, i)) != NULL; i++) {
		if (type->dialect != helper->dialect)
			continue;
		if (type->bit & helper->progs)
			allowed++;
		else
			others++;
	}
	if (helper->type != NULL) {
		strbuf_add(out, helper->type->name);
	} else if (helper->progs == 0) {
		strbuf_add(out, "all");
	} else {
		strbuf_add(out, allowed > others ? "all but " : "");
		add_progs(out, spec, helper, allowed <= others);
	}
}

void spec_maps_text(struct strbuf *out, const struct spec_helper *helper)
{
	const char *between = "";

	if (helper->maps == 0)
		strbuf_add_char(out, '-');
	for (u32 kind = 0; kind < MAP_KIND_COUNT; kind++) {
		const struct spec_map_type *type = spec_map_type_by_kind((enum map_kind)kind);

		if ((helper->maps & (1ull << kind)) == 0 ||
		    (helper->dialect == DIALECT_WINDOWS ? type->windows : type->linux_) == 0)
			continue;
		strbuf_printf(out, "%s%s", between, type->name);
		between = ", ";
	}
}

void spec_guid_text(struct strbuf *out, const struct guid *guid)
{
	strbuf_printf(out, "%08x-%04x-%04x-", guid->data1, guid->data2, guid->data3);
	for (size_t i = 0; i < sizeof(guid->data4); i++)
		strbuf_printf(out, "%02x%s", guid->data4[i], i == 1 ? "-" : "");
}

bool spec_guid_read(const char *text, struct guid *ret_guid)
{
	/* Where the bytes stand in memory, little-endian. */
	static const u8 order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	u8 bytes[16];

	for (u32 i = 0; i < 16; i++) {
		unsigned high, low;

		if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
			return false;
		high = str_digit(text[0]);
		low = high < 16 ? str_digit(text[1]) : 16;
		if (low >= 16)
			return false;
		bytes[order[i]] = (u8)(high << 4 | low);
		text += 2;
	}
	if (*text != '\0')
		return false;
	memcpy(ret_guid, bytes, sizeof(bytes));
	return true;
}

bool spec_module_read(const char *text, struct guid *ret_guid)
{
	char plain[64];
	size_t len;

	if (text[0] != '{')
		return spec_guid_read(text, ret_guid);
	if (!str_copy(plain, sizeof(plain), text + 1))
		return false;
	len = strlen(plain);
	if (len == 0 || plain[len - 1] != '}')
		return false;
	plain[len - 1] = '\0';
	return spec_guid_read(plain, ret_guid);
}

const char *spec_dialect_text(enum dialect dialect)
{
	return dialect == DIALECT_UNKNOWN ? "both" : dialect_name(dialect);
}

const char *spec_helper_missing(const struct spec_helper *helper)
{
	static const struct {
		enum dialect dialect;
		const char *prefix, *why;
	} rows[] = {
#define MISSING(dialect, begin, text) { DIALECT_##dialect, begin, text },
#include "spec/missing.def"
#undef MISSING
	};
	size_t i = 0;

	if (helper->offered)
		return NULL;
	if (helper->id == 0 && spec_find_kfunc(helper->dialect, helper->name) == helper)
		return "it is a function of the Linux kernel";
	if (spec_helper_by_id(helper->dialect, helper->type, helper->id) != helper)
		return "it comes with a provider of the program's type";
	/* The last row of each dialect fits all. */
	while (rows[i].dialect != helper->dialect || !str_starts(helper->name, rows[i].prefix))
		i++;
	return rows[i].why;
}
