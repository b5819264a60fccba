/* SPDX-License-Identifier: MIT */
/* What a helper's row leaves open: classes that depend on the calling program's type and on the
 * kind of map, how callbacks are called, and the structures that prototypes name. */
#include "spec/spec.h"

#include "base/str.h"
#include "prog/exec.h"

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

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
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

#define FIELD(name, off, size)                       \
	{                                            \
		name, off, size, FIELD_SCALAR, false \
	}

static const struct spec_field sock_fields[] = {
	FIELD("bound_dev_if", 0, 4), FIELD("family", 4, 4),
	FIELD("type", 8, 4),	     FIELD("protocol", 12, 4),
	FIELD("mark", 16, 4),	     FIELD("priority", 20, 4),
	FIELD("src_ip4", 24, 4),     FIELD("src_ip6", 28, 16),
	FIELD("src_port", 44, 4),    FIELD("dst_port", 48, 2),
	FIELD("dst_ip4", 52, 4),     FIELD("dst_ip6", 56, 16),
	FIELD("state", 72, 4),	     FIELD("rx_queue_mapping", 76, 4),
};
static const struct spec_ctx sock_layout = {
	"bpf_sock", 80, -1, -1, -1, sock_fields, ARRAY_COUNT(sock_fields),
};

/* What sockets that are not full ones (time-wait, requests) have as well. */
static const struct spec_field sock_common_fields[] = {
	FIELD("bound_dev_if", 0, 4), FIELD("family", 4, 4),    FIELD("src_ip4", 24, 4),
	FIELD("src_ip6", 28, 16),    FIELD("src_port", 44, 4), FIELD("dst_port", 48, 2),
	FIELD("dst_ip4", 52, 4),     FIELD("dst_ip6", 56, 16), FIELD("state", 72, 4),
};
static const struct spec_ctx sock_common_layout = {
	"bpf_sock", 80, -1, -1, -1, sock_common_fields, ARRAY_COUNT(sock_common_fields),
};

static const struct spec_field tcp_sock_fields[] = {
	FIELD("snd_cwnd", 0, 4),	  FIELD("srtt_us", 4, 4),
	FIELD("rtt_min", 8, 4),		  FIELD("snd_ssthresh", 12, 4),
	FIELD("rcv_nxt", 16, 4),	  FIELD("snd_nxt", 20, 4),
	FIELD("snd_una", 24, 4),	  FIELD("mss_cache", 28, 4),
	FIELD("ecn_flags", 32, 4),	  FIELD("rate_delivered", 36, 4),
	FIELD("rate_interval_us", 40, 4), FIELD("packets_out", 44, 4),
	FIELD("retrans_out", 48, 4),	  FIELD("total_retrans", 52, 4),
	FIELD("segs_in", 56, 4),	  FIELD("data_segs_in", 60, 4),
	FIELD("segs_out", 64, 4),	  FIELD("data_segs_out", 68, 4),
	FIELD("lost_out", 72, 4),	  FIELD("sacked_out", 76, 4),
	FIELD("bytes_received", 80, 8),	  FIELD("bytes_acked", 88, 8),
	FIELD("dsack_dups", 96, 4),	  FIELD("delivered", 100, 4),
	FIELD("delivered_ce", 104, 4),	  FIELD("icsk_retransmits", 108, 4),
};
static const struct spec_ctx tcp_sock_layout = {
	"bpf_tcp_sock", 112, -1, -1, -1, tcp_sock_fields, ARRAY_COUNT(tcp_sock_fields),
};

static const struct spec_field xdp_sock_fields[] = { FIELD("queue_id", 0, 4) };
static const struct spec_ctx xdp_sock_layout = {
	"bpf_xdp_sock", 4, -1, -1, -1, xdp_sock_fields, ARRAY_COUNT(xdp_sock_fields),
};

const struct spec_ctx *spec_ret_layout(enum spec_ret ret)
{
	switch (ret) {
	case RET_SOCK_OR_NULL: return &sock_layout;
	case RET_SOCK_COMMON_OR_NULL: return &sock_common_layout;
	case RET_TCP_SOCK_OR_NULL: return &tcp_sock_layout;
	case RET_XDP_SOCK_OR_NULL: return &xdp_sock_layout;
	default: return NULL;
	}
}
