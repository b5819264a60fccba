/* SPDX-License-Identifier: MIT */
/* What a helper's row leaves open: classes that depend on the calling program's type and on the
 * kind of map, how callbacks are called, the
 * structures that prototypes name, and those that results point to. */
#include "spec/spec.h"

#include "base/str.h"
#include "prog/exec.h"
#include "spec/fields.h"

/* What a look-up finds in maps whose values are not memory. */
static void lookup_in(struct spec_helper *helper, enum map_kind kind)
{
	switch (kind) {
	case MAP_KIND_ARRAY_OF_MAPS:
	case MAP_KIND_HASH_OF_MAPS: helper->ret = RET_MAP_OR_NULL; break;
	case MAP_KIND_SOCKMAP:
	case MAP_KIND_SOCKHASH:
		helper->ret = RET_SOCK_OR_NULL;
		helper->flags |= HELPER_ACQUIRES;
		break;
	case MAP_KIND_XSKMAP: helper->ret = RET_XDP_SOCK_OR_NULL; break;
	default: break;
	}
}

/* Linux numbers: types whose programs have a pointer to the kernel's own socket where others have
 * one in their context. */
enum {
	LINUX_CGROUP_SOCK = 9,
	LINUX_SOCK_OPS = 13,
	LINUX_CGROUP_SOCK_ADDR = 18,
	LINUX_CGROUP_SOCKOPT = 25,
	LINUX_TRACING = 26,
	LINUX_STRUCT_OPS = 27,
	LINUX_LSM = 29,
	LINUX_SK_LOOKUP = 30,
};

static enum spec_arg ctx_or_sock(const struct spec_helper *helper,
				 const struct spec_prog_type *type)
{
	/* The one helper where most programs have a socket. */
	if (str_eq(helper->name, "bpf_sk_storage_get"))
		return type->number == LINUX_CGROUP_SOCK ? ARG_CTX : ARG_SOCK_COMMON;
	switch (type->number) {
	case LINUX_CGROUP_SOCKOPT:
	case LINUX_TRACING:
	case LINUX_STRUCT_OPS:
	case LINUX_LSM: return ARG_SOCK_COMMON;
	default: return ARG_CTX;
	}
}

struct spec_helper spec_helper_in(const struct spec_helper *helper,
				  const struct spec_prog_type *type, enum map_kind kind)
{
	struct spec_helper in = *helper;

	if (in.ret == RET_MAP_VALUE_OR_NULL && in.args[0] == ARG_MAP && in.args[2] == ARG_NONE)
		lookup_in(&in, kind);
	for (size_t i = 0; i < ARRAY_COUNT(in.args); i++) {
		if (in.args[i] == ARG_MAP_VALUE_OUT && kind == MAP_KIND_BLOOM_FILTER)
			in.args[i] = ARG_MAP_VALUE; /* asked for, not fetched */
		if (type == NULL || type->dialect != DIALECT_LINUX)
			continue;
		if (in.args[i] == ARG_CTX_OR_SOCK)
			in.args[i] = ctx_or_sock(helper, type);
		else if (in.args[i] == ARG_SOCK_COMMON_OR_NULL && type->number != LINUX_SK_LOOKUP)
			in.args[i] = ARG_SOCK_COMMON;
	}
	return in;
}

bool spec_helper_allowed_at(const struct spec_helper *helper, const struct spec_attach_type *attach)
{
#define AT(number) (1ull << (number))
	/* Hooks whose result is not a verdict. */
	static const u64 no_result = AT(0) | AT(1) | AT(3) | AT(19) | AT(20) | AT(29) | AT(30) |
				     AT(31) | AT(32) | AT(51) | AT(52) | AT(53);
	static const u64 traced = AT(24) | AT(25) | AT(26) | AT(27), returns = AT(25) | AT(26);
	static const struct {
		u32 helper;
		u64 attach; /* numbers of attach types, in Linux */
	} limits[] = {
		{ 64 /* bind */, AT(10) | AT(11) },   { 183 /* get_func_arg */, traced },
		{ 184 /* get_func_ret */, returns },  { 185 /* func_arg_cnt */, traced },
		{ 186 /* get_retval */, ~no_result }, { 187 /* set_retval */, ~no_result },
	};
	if (attach == NULL || helper->dialect != DIALECT_LINUX || helper->type != NULL)
		return true;
	for (size_t i = 0; i < ARRAY_COUNT(limits); i++) {
		if (limits[i].helper == helper->id)
			return attach->number < 64 && (limits[i].attach & AT(attach->number)) != 0;
	}
	return true;
}

const struct spec_callback *spec_callback_of(enum spec_arg arg)
{
	static const struct spec_callback loop = { { CALLBACK_NUMBER, CALLBACK_CTX }, 0, 1 };
	static const struct spec_callback map_elem = {
		{ CALLBACK_MAP, CALLBACK_KEY, CALLBACK_VALUE, CALLBACK_CTX }, 0, 1
	};
	static const struct spec_callback timer = { { CALLBACK_MAP, CALLBACK_KEY, CALLBACK_VALUE },
						    0,
						    0 };
	static const struct spec_callback vma = {
		{ CALLBACK_BTF_TASK, CALLBACK_BTF_VMA, CALLBACK_CTX }, 0, 1
	};
	static const struct spec_callback record = { { CALLBACK_DYNPTR, CALLBACK_CTX }, 0, 1 };

	switch (arg) {
	case ARG_FUNC_LOOP: return &loop;
	case ARG_FUNC_MAP_ELEM: return &map_elem;
	case ARG_FUNC_TIMER: return &timer;
	case ARG_FUNC_VMA: return &vma;
	case ARG_FUNC_RECORD: return &record;
	default: return NULL;
	}
}

static u32 count_args(const struct spec_helper *helper, enum spec_arg arg)
{
	u32 count = 0;

	for (size_t i = 0; i < ARRAY_COUNT(helper->args); i++)
		count += helper->args[i] == arg;
	return count;
}

static bool takes_size(enum spec_arg arg)
{
	return arg == ARG_READ_MEM || arg == ARG_READ_MEM_OR_NULL || arg == ARG_WRITE_MEM ||
	       arg == ARG_WRITE_MEM_OR_NULL || arg == ARG_UPDATE_MEM || arg == ARG_MAP_MEM;
}

static bool is_size(enum spec_arg arg)
{
	return arg == ARG_SIZE || arg == ARG_SIZE_OR_ZERO;
}

static const char *arg_fault(const struct spec_helper *helper, int i)
{
	enum spec_arg arg = helper->args[i], next = i < 4 ? helper->args[i + 1] : ARG_NONE;
	u32 len;

	if (arg == ARG_NONE && next != ARG_NONE)
		return "an argument is left out";
	if (is_size(next) && !takes_size(arg))
		return "a size follows no memory";
	if (takes_size(arg) && !is_size(next))
		return "memory without a size behind it";
	if (arg == ARG_SLICE_BUFFER && next != ARG_ALLOC_SIZE)
		return "a buffer without a size behind it";
	if ((arg == ARG_BTF || arg == ARG_BTF_OR_NULL || arg == ARG_ITER || arg == ARG_ITER_OUT) &&
	    spec_helper_struct(helper, i, &len) == NULL)
		return "the prototype does not say which structure it takes";
	if (spec_callback_of(arg) != NULL && arg != ARG_FUNC_TIMER && next != ARG_STACK_OR_NULL)
		return "a callback without its argument";
	if (helper->dialect == DIALECT_WINDOWS && arg >= 64 && arg != ARG_MAP_VALUE_OUT)
		return "a class that the Windows dialect does not have";
	return NULL;
}

static const char *result_fault(const struct spec_helper *helper)
{
	u32 maps = count_args(helper, ARG_MAP), len;

	switch (helper->ret) {
	case RET_MAP_VALUE_OR_NULL:
	case RET_MAP_VALUE:
	case RET_MAP_OR_NULL: return maps == 1 ? NULL : "a map's value without the map";
	case RET_ALLOC_MEM_OR_NULL:
	case RET_DYNPTR_MEM_OR_NULL:
	case RET_DYNPTR_SLICE_OR_NULL:
		return count_args(helper, ARG_ALLOC_SIZE) == 1 ? NULL : "memory without its size";
	case RET_BTF:
	case RET_BTF_OR_NULL:
		return spec_helper_struct(helper, -1, &len) != NULL
			       ? NULL
			       : "the prototype does not say which structure it returns";
	default: break;
	}
	return count_args(helper, ARG_ALLOC_SIZE) == 0 ? NULL : "a size of no memory";
}

const char *spec_helper_fault(const struct spec_helper *helper)
{
	u32 maps = count_args(helper, ARG_MAP) + count_args(helper, ARG_PROG_MAP);
	u32 owned = count_args(helper, ARG_SOCK_COMMON) + count_args(helper, ARG_ALLOC_MEM) +
		    count_args(helper, ARG_DYNPTR_RECORD) + count_args(helper, ARG_KPTR_OR_NULL) +
		    count_args(helper, ARG_ITER) + count_args(helper, ARG_OBJECT) +
		    count_args(helper, ARG_BTF);

	if (maps > 1 || (maps != 0) != (helper->maps != 0))
		return "its map and the kinds of maps disagree";
	if (maps == 0 &&
	    (count_args(helper, ARG_MAP_KEY) != 0 || count_args(helper, ARG_MAP_VALUE) != 0 ||
	     count_args(helper, ARG_MAP_VALUE_OUT) != 0 ||
	     count_args(helper, ARG_MAP_VALUE_OR_NULL) != 0))
		return "a map's key or value without the map";
	if ((helper->flags & HELPER_RELEASES) != 0 && owned != 1)
		return "it releases nothing, or several";
	if (((helper->flags & HELPER_TAIL_CALL) != 0) != (helper->ret == RET_INTEGER_OR_NO_RETURN))
		return "a tail call, or not";
	if (helper->dialect == DIALECT_WINDOWS && helper->ret >= 64)
		return "a result that the Windows dialect does not have";
	for (int i = 0; i < 5; i++) {
		const char *fault = arg_fault(helper, i);

		if (fault != NULL)
			return fault;
	}
	return result_fault(helper);
}

static bool is_name_char(char c)
{
	return str_is_alnum(c) || c == '_';
}

/* "const struct NAME *..." at text. */
static const char *struct_at(const char *text, u32 *ret_len)
{
	u32 len = 0;

	if (str_starts(text, "const "))
		text += 6;
	if (!str_starts(text, "struct "))
		return NULL;
	text += 7;
	while (is_name_char(text[len]))
		len++;
	if (len == 0 || !str_starts(text + len, " *"))
		return NULL;
	*ret_len = len;
	return text;
}

const char *spec_helper_struct(const struct spec_helper *helper, int arg, u32 *ret_len)
{
	const char *p = helper->prototype;

	if (arg < 0)
		return struct_at(p, ret_len);
	while (*p != '\0' && *p != '(')
		p++;
	for (int i = 0; *p != '\0'; i++) {
		p++;
		while (*p == ' ')
			p++;
		if (i == arg)
			return struct_at(p, ret_len);
		while (*p != '\0' && *p != ',')
			p++;
	}
	return NULL;
}

static const struct spec_field sock_fields[] = {
	F("bound_dev_if", 0, 4),   F("family", 4, 4),
	F("type", 8, 4),	   F("protocol", 12, 4),
	F("mark", 16, 4),	   F("priority", 20, 4),
	F_WHOLE("src_ip4", 24, 4), F_ARRAY("src_ip6", 28, 16, 4),
	F("src_port", 44, 4),	   F_PORT("dst_port", 48),
	F_WHOLE("dst_ip4", 52, 4), F_ARRAY("dst_ip6", 56, 16, 4),
	F("state", 72, 4),	   F("rx_queue_mapping", 76, 4),
};

/* What sockets that are not full ones (time-wait, requests) have as well. */
static const struct spec_field sock_common_fields[] = {
	F("bound_dev_if", 0, 4),   F("family", 4, 4),
	F_WHOLE("src_ip4", 24, 4), F_ARRAY("src_ip6", 28, 16, 4),
	F("src_port", 44, 4),	   F_PORT("dst_port", 48),
	F_WHOLE("dst_ip4", 52, 4), F_ARRAY("dst_ip6", 56, 16, 4),
	F("state", 72, 4),	   F("rx_queue_mapping", 76, 4),
};

static const struct spec_field tcp_sock_fields[] = {
	F_WHOLE("snd_cwnd", 0, 4),	    F_WHOLE("srtt_us", 4, 4),
	F_WHOLE("rtt_min", 8, 4),	    F_WHOLE("snd_ssthresh", 12, 4),
	F_WHOLE("rcv_nxt", 16, 4),	    F_WHOLE("snd_nxt", 20, 4),
	F_WHOLE("snd_una", 24, 4),	    F_WHOLE("mss_cache", 28, 4),
	F_WHOLE("ecn_flags", 32, 4),	    F_WHOLE("rate_delivered", 36, 4),
	F_WHOLE("rate_interval_us", 40, 4), F_WHOLE("packets_out", 44, 4),
	F_WHOLE("retrans_out", 48, 4),	    F_WHOLE("total_retrans", 52, 4),
	F_WHOLE("segs_in", 56, 4),	    F_WHOLE("data_segs_in", 60, 4),
	F_WHOLE("segs_out", 64, 4),	    F_WHOLE("data_segs_out", 68, 4),
	F_WHOLE("lost_out", 72, 4),	    F_WHOLE("sacked_out", 76, 4),
	F_WHOLE("bytes_received", 80, 8),   F_WHOLE("bytes_acked", 88, 8),
	F_WHOLE("dsack_dups", 96, 4),	    F_WHOLE("delivered", 100, 4),
	F_WHOLE("delivered_ce", 104, 4),    F_WHOLE("icsk_retransmits", 108, 4),
};

static const struct spec_field xdp_sock_fields[] = { F_WHOLE("queue_id", 0, 4) };

/* What the dissector finds. */
static const struct spec_field flow_keys_fields[] = {
	F_RW("nhoff", 0, 2),	F_RW("thoff", 2, 2),	     F_RW("addr_proto", 4, 2),
	F_RW("is_frag", 6, 1),	F_RW("is_first_frag", 7, 1), F_RW("is_encap", 8, 1),
	F_RW("ip_proto", 9, 1), F_RW("n_proto", 10, 2),	     F_RW("sport", 12, 2),
	F_RW("dport", 14, 2),	F_MEM_RW("src", 16, 16),     F_MEM_RW("dst", 32, 16),
	F_RW("flags", 48, 4),	F_RW("flow_label", 52, 4),
};

#define LAYOUT(id, struct_name, bytes, bits)             \
	static const struct spec_ctx id##_layout = {     \
		.name = (struct_name),                   \
		.size = (bytes),                         \
		.data = -1,                              \
		.data_end = -1,                          \
		.data_meta = -1,                         \
		.flags = (bits),                         \
		.fields = id##_fields,                   \
		.field_count = ARRAY_COUNT(id##_fields), \
	}
LAYOUT(sock, "bpf_sock", 80, 0);
LAYOUT(sock_common, "bpf_sock", 80, 0);
LAYOUT(tcp_sock, "bpf_tcp_sock", 112, 0);
LAYOUT(xdp_sock, "bpf_xdp_sock", 4, 0);
LAYOUT(flow_keys, "bpf_flow_keys", 56, SPEC_CTX_PLAIN);

const struct spec_ctx *spec_ret_layout(enum spec_ret ret)
{
	switch (ret) {
	case RET_SOCK_OR_NULL: return &sock_layout;
	case RET_SOCK_COMMON_OR_NULL: return &sock_common_layout;
	case RET_TCP_SOCK_OR_NULL: return &tcp_sock_layout;
	case RET_XDP_SOCK_OR_NULL: return &xdp_sock_layout;
	case RET_FLOW_KEYS: return &flow_keys_layout;
	default: return NULL;
	}
}
