/* SPDX-License-Identifier: MIT */
/* The words for what the tables hold. */
#include "spec/text.h"

#include "prog/exec.h"

const char *spec_arg_text(enum spec_arg arg)
{
	switch (arg) {
#define SPEC_ARG(NAME, number, text) \
	case ARG_##NAME:             \
		return text;
#include "spec/args.def"
#undef SPEC_ARG
	}
	return "?";
}

const char *spec_arg_name(enum spec_arg arg)
{
	switch (arg) {
	case ARG_NONE: return "none";
	case ARG_ANYTHING: return "anything";
	case ARG_SIZE: return "size";
	case ARG_SIZE_OR_ZERO: return "size_or_zero";
	case ARG_CTX: return "ctx";
	case ARG_MAP: return "map";
	case ARG_PROG_MAP: return "prog_map";
	case ARG_MAP_KEY: return "map_key";
	case ARG_MAP_VALUE: return "map_value";
	case ARG_READ_MEM: return "read_mem";
	case ARG_READ_MEM_OR_NULL: return "read_mem_or_null";
	case ARG_WRITE_MEM: return "write_mem";
	}
	return "?";
}

const char *spec_ret_text(enum spec_ret ret)
{
	switch (ret) {
	case RET_INTEGER: return "integer";
	case RET_MAP_VALUE_OR_NULL: return "map value or NULL";
	case RET_INTEGER_OR_NO_RETURN: return "integer, or does not return";
	case RET_UNSUPPORTED: return "not described";
	}
	return "?";
}

const char *spec_ret_name(enum spec_ret ret)
{
	switch (ret) {
	case RET_INTEGER: return "integer";
	case RET_MAP_VALUE_OR_NULL: return "map_value_or_null";
	case RET_INTEGER_OR_NO_RETURN: return "integer_or_no_return";
	case RET_UNSUPPORTED: return "unsupported";
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

const char *spec_map_flag_next(u32 *flags)
{
	switch (take_lowest(flags)) {
	case 0: return NULL;
	case MAP_TYPE_PER_CPU: return "per_cpu";
	case MAP_TYPE_OF_MAPS: return "of_maps";
	case MAP_TYPE_NO_KEY: return "no_key";
	case MAP_TYPE_INDEX_KEY: return "index_key";
	default: return "?";
	}
}

const char *spec_helper_flag_next(u32 *flags)
{
	switch (take_lowest(flags)) {
	case 0: return NULL;
	case HELPER_TAIL_CALL: return "tail_call";
	case HELPER_MOVES_PACKET: return "moves_packet";
	default: return "?";
	}
}

void spec_guid_text(struct strbuf *out, const struct guid *guid)
{
	strbuf_printf(out, "%08x-%04x-%04x-", guid->data1, guid->data2, guid->data3);
	for (size_t i = 0; i < sizeof(guid->data4); i++)
		strbuf_printf(out, "%02x%s", guid->data4[i], i == 1 ? "-" : "");
}

const char *spec_dialect_text(enum dialect dialect)
{
	return dialect == DIALECT_UNKNOWN ? "both" : dialect_name(dialect);
}
