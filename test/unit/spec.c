/* SPDX-License-Identifier: MIT */
/* The tables of spec/: their own consistency, row by row and pair by pair, and the look-ups. */
#include "tap.h"

#include "prog/exec.h"
#include "spec/text.h"

static void test_numbers_unique(void)
{
	const struct spec_prog_type *a, *b;
	const struct spec_helper *h, *g;
	const struct spec_attach_type *x, *y;
	const struct spec_map_type *m, *n;

	for (size_t i = 0; (a = spec_prog_type_at(i)) != NULL; i++)
		for (size_t j = 0; j < i && (b = spec_prog_type_at(j)) != NULL; j++) {
			CHECK(a->dialect != b->dialect ||
			      (a->number != b->number && strcmp(a->name, b->name) != 0));
			CHECK(memcmp(&a->guid, &b->guid, sizeof(a->guid)) != 0);
		}
	for (size_t i = 0; (x = spec_attach_type_at(i)) != NULL; i++)
		for (size_t j = 0; j < i && (y = spec_attach_type_at(j)) != NULL; j++) {
			CHECK(x->dialect != y->dialect ||
			      (x->number != y->number && strcmp(x->name, y->name) != 0));
			CHECK(memcmp(&x->guid, &y->guid, sizeof(x->guid)) != 0);
		}
	for (size_t i = 0; (h = spec_helper_at(i)) != NULL; i++)
		for (size_t j = 0; j < i && (g = spec_helper_at(j)) != NULL; j++)
			CHECK(h->dialect != g->dialect || h->type != g->type ||
			      (h->id != g->id && strcmp(h->name, g->name) != 0));
	for (size_t i = 0; (m = spec_map_type_at(i)) != NULL; i++)
		for (size_t j = 0; j < i && (n = spec_map_type_at(j)) != NULL; j++) {
			CHECK(m->windows == 0 || m->windows != n->windows);
			CHECK(m->linux_ == 0 || m->linux_ != n->linux_);
		}
out:;
}

static int field_ok(const struct spec_ctx *ctx, u32 i, u32 end)
{
	const struct spec_field *field = &ctx->fields[i];

	if (field->size == 0 || field->off < end || field->off + field->size > ctx->size)
		return 0;
	switch (field->kind) {
	case FIELD_DATA: return ctx->data == field->off;
	case FIELD_DATA_END: return ctx->data_end == field->off;
	case FIELD_DATA_META: return ctx->data_meta == field->off;
	case FIELD_POINTER: return field->size == 8;
	case FIELD_PACKET_LEN: return field->size == 4;
	default: return field->kind == FIELD_SCALAR;
	}
}

static void test_ctx_fields(void)
{
	const struct spec_prog_type *type;

	for (size_t i = 0; (type = spec_prog_type_at(i)) != NULL; i++) {
		const struct spec_ctx *ctx = type->ctx;
		u32 end = 0, packet = 0;

		CHECK(type->verdict_count == 0 || type->verdicts != NULL);
		if (ctx == NULL)
			continue;
		CHECK(ctx->field_count > 0);
		for (u32 f = 0; f < ctx->field_count; f++) {
			if (!field_ok(ctx, f, end))
				tap_fail(type->name, 0, ctx->fields[f].name);
			end = (u32)(ctx->fields[f].off + ctx->fields[f].size);
			packet += ctx->fields[f].kind == FIELD_DATA ||
				  ctx->fields[f].kind == FIELD_DATA_END ||
				  ctx->fields[f].kind == FIELD_DATA_META;
		}
		CHECK_EQ(packet, (ctx->data >= 0) + (ctx->data_end >= 0) + (ctx->data_meta >= 0));
		CHECK_EQ(ctx->data >= 0, ctx->data_end >= 0);
	}
out:;
}

static int takes_size(enum spec_arg arg)
{
	return arg == ARG_READ_MEM || arg == ARG_READ_MEM_OR_NULL || arg == ARG_WRITE_MEM ||
	       arg == ARG_WRITE_MEM_OR_NULL || arg == ARG_UPDATE_MEM || arg == ARG_MAP_MEM;
}

static int has_arg(const struct spec_helper *helper, enum spec_arg arg)
{
	int count = 0;

	for (int a = 0; a < 5; a++)
		count += helper->args[a] == arg;
	return count;
}

/* Whether what the row says fits together; if not, what does not. */
static const char *row_fault(const struct spec_helper *helper)
{
	int maps = has_arg(helper, ARG_MAP) + has_arg(helper, ARG_PROG_MAP);
	int owned = has_arg(helper, ARG_SOCK_COMMON) + has_arg(helper, ARG_ALLOC_MEM) +
		    has_arg(helper, ARG_DYNPTR_RECORD) + has_arg(helper, ARG_KPTR_OR_NULL) +
		    has_arg(helper, ARG_ITER) + has_arg(helper, ARG_OBJECT) +
		    has_arg(helper, ARG_BTF);
	u32 len = 0;

	if (maps != (helper->maps != 0))
		return "maps";
	if (maps == 0 && (has_arg(helper, ARG_MAP_KEY) || has_arg(helper, ARG_MAP_VALUE) ||
			  has_arg(helper, ARG_MAP_VALUE_OUT)))
		return "key or value of no map";
	if (has_arg(helper, ARG_ALLOC_SIZE) !=
	    (helper->ret == RET_ALLOC_MEM_OR_NULL || helper->ret == RET_DYNPTR_MEM_OR_NULL ||
	     helper->ret == RET_DYNPTR_SLICE_OR_NULL))
		return "alloc_size";
	if ((helper->flags & HELPER_RELEASES) && owned != 1)
		return "releases";
	if ((helper->ret == RET_BTF || helper->ret == RET_BTF_OR_NULL) &&
	    spec_helper_struct(helper, -1, &len) == NULL)
		return "structure of the result";
	for (int a = 0; a < 5; a++) {
		enum spec_arg arg = helper->args[a];

		if ((arg == ARG_BTF || arg == ARG_BTF_OR_NULL || arg == ARG_ITER ||
		     arg == ARG_ITER_OUT) &&
		    spec_helper_struct(helper, a, &len) == NULL)
			return "structure of an argument";
		if (spec_callback_of(arg) != NULL && arg != ARG_FUNC_TIMER &&
		    (a == 4 || helper->args[a + 1] != ARG_STACK_OR_NULL))
			return "context of a callback";
		if (helper->dialect == DIALECT_WINDOWS && arg >= 64 && arg != ARG_MAP_VALUE_OUT)
			return "class that the Windows contract does not have";
	}
	return NULL;
}

/* A helper whose prototype names a context is only for programs with that. */
static const char *wrong_ctx(const struct spec_helper *helper)
{
	const struct spec_prog_type *type;
	u32 len = 0;
	const char *name = spec_helper_struct(helper, 0, &len);

	if (helper->args[0] != ARG_CTX || name == NULL || strncmp(name, "pt_regs", len) == 0)
		return NULL;
	for (size_t i = 0; (type = spec_prog_type_at(i)) != NULL; i++)
		if (type->dialect == helper->dialect && type->ctx != NULL &&
		    spec_helper_allowed(helper, type) && type->number != 28 &&
		    (strlen(type->ctx->name) != len || strncmp(type->ctx->name, name, len) != 0))
			return type->name;
	return NULL;
}

static void test_contracts(void)
{
	const struct spec_helper *helper;

	for (size_t i = 0; (helper = spec_helper_at(i)) != NULL; i++) {
		if (row_fault(helper) != NULL)
			tap_fail(helper->name, 0, row_fault(helper));
		if (helper->dialect == DIALECT_LINUX && wrong_ctx(helper) != NULL)
			tap_fail(helper->name, 0, wrong_ctx(helper));
	}
}

static void test_kfuncs(void)
{
	const struct spec_helper *kfunc, *other;
	const struct spec_prog_type *xdp = spec_prog_type_by_name(DIALECT_LINUX, "xdp");

	for (size_t i = 0; (kfunc = spec_kfunc_at(i)) != NULL; i++) {
		if (row_fault(kfunc) != NULL)
			tap_fail(kfunc->name, 0, row_fault(kfunc));
		if (wrong_ctx(kfunc) != NULL)
			tap_fail(kfunc->name, 0, wrong_ctx(kfunc));
		CHECK_EQ(kfunc->id, 0);
		CHECK(spec_find_kfunc(DIALECT_LINUX, kfunc->name) == kfunc);
		for (size_t j = 0; (other = spec_helper_at(j)) != NULL; j++)
			CHECK(strcmp(other->name, kfunc->name) != 0);
	}
	CHECK(spec_find_kfunc(DIALECT_WINDOWS, "bpf_throw") == NULL);
	CHECK(spec_find_kfunc(DIALECT_LINUX, "bpf_nonesuch") == NULL);
	kfunc = spec_find_kfunc(DIALECT_LINUX, "bpf_dynptr_from_skb");
	CHECK(kfunc != NULL && !spec_helper_allowed(kfunc, xdp));
	kfunc = spec_find_kfunc(DIALECT_LINUX, "bpf_iter_num_new");
	CHECK(kfunc != NULL && spec_helper_allowed(kfunc, xdp));
out:;
}

static const struct {
	const char *type, *helper;
	int allowed;
} calls[] = {
	{ "xdp", "bpf_xdp_adjust_head", 1 },	{ "sched_cls", "bpf_xdp_adjust_head", 0 },
	{ "xdp", "bpf_skb_store_bytes", 0 },	{ "sched_act", "bpf_skb_store_bytes", 1 },
	{ "xdp", "bpf_map_lookup_elem", 1 },	{ "kprobe", "bpf_spin_lock", 0 },
	{ "sched_cls", "bpf_spin_lock", 1 },	{ "sk_msg", "bpf_msg_push_data", 1 },
	{ "sk_skb", "bpf_msg_push_data", 0 },	{ "lsm", "bpf_ima_inode_hash", 1 },
	{ "ext", "bpf_xdp_adjust_head", 1 },	{ "raw", "bpf_xdp_adjust_head", 0 },
	{ "raw", "bpf_get_prandom_u32", 1 },	{ "raw", "bpf_spin_lock", 1 },
	{ "syscall", "bpf_sys_bpf", 1 },	{ "tracing", "bpf_sys_bpf", 0 },
	{ "cgroup_sock", "bpf_sk_release", 0 }, { "sk_lookup", "bpf_sk_assign", 1 },
};

static const struct spec_helper *named(const char *name)
{
	const struct spec_helper *helper;

	for (size_t i = 0; (helper = spec_helper_at(i)) != NULL; i++)
		if (helper->dialect == DIALECT_LINUX && strcmp(helper->name, name) == 0)
			return helper;
	return NULL;
}

static void test_allowed(void)
{
	const struct spec_helper *cookie = spec_helper_by_id(DIALECT_WINDOWS, NULL, 26);

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (spec_helper_allowed(named(calls[i].helper),
					spec_prog_type_by_name(DIALECT_LINUX, calls[i].type)) !=
		    (calls[i].allowed != 0))
			tap_fail(calls[i].helper, 0, calls[i].type);
	CHECK(spec_helper_allowed(cookie, spec_prog_type_by_name(DIALECT_WINDOWS, "sock_addr")));
	CHECK(!spec_helper_allowed(cookie, spec_prog_type_by_name(DIALECT_WINDOWS, "bind")));
	CHECK(!spec_helper_allowed(cookie, NULL));
	CHECK(spec_helper_allowed(named("bpf_loop"), NULL));
out:;
}

static void test_precise(void)
{
	const struct spec_prog_type *lsm = spec_prog_type_by_name(DIALECT_LINUX, "lsm");
	const struct spec_prog_type *tc = spec_prog_type_by_name(DIALECT_LINUX, "sched_cls");
	const struct spec_prog_type *sock = spec_prog_type_by_name(DIALECT_LINUX, "cgroup_sock");
	const struct spec_prog_type *lookup = spec_prog_type_by_name(DIALECT_LINUX, "sk_lookup");
	struct spec_helper in = spec_helper_in(named("bpf_map_lookup_elem"), tc, MAP_KIND_COUNT);
	u32 len = 0;

	CHECK(lsm != NULL && tc != NULL && sock != NULL && lookup != NULL);
	CHECK_EQ(in.ret, RET_MAP_VALUE_OR_NULL);
	in = spec_helper_in(named("bpf_map_lookup_elem"), tc, MAP_KIND_HASH_OF_MAPS);
	CHECK_EQ(in.ret, RET_MAP_OR_NULL);
	CHECK_EQ(in.flags & HELPER_ACQUIRES, 0);
	in = spec_helper_in(named("bpf_map_lookup_elem"), NULL, MAP_KIND_SOCKHASH);
	CHECK_EQ(in.ret, RET_SOCK_OR_NULL);
	CHECK_EQ(in.flags & HELPER_ACQUIRES, HELPER_ACQUIRES);
	in = spec_helper_in(named("bpf_map_lookup_percpu_elem"), tc, MAP_KIND_PERCPU_HASH);
	CHECK_EQ(in.ret, RET_MAP_VALUE_OR_NULL);
	in = spec_helper_in(named("bpf_map_peek_elem"), tc, MAP_KIND_QUEUE);
	CHECK_EQ(in.args[1], ARG_MAP_VALUE_OUT);
	in = spec_helper_in(named("bpf_map_peek_elem"), tc, MAP_KIND_BLOOM_FILTER);
	CHECK_EQ(in.args[1], ARG_MAP_VALUE);
	CHECK_EQ(spec_helper_in(named("bpf_setsockopt"), lsm, MAP_KIND_COUNT).args[0],
		 ARG_SOCK_COMMON);
	CHECK_EQ(spec_helper_in(named("bpf_get_socket_cookie"), tc, MAP_KIND_COUNT).args[0],
		 ARG_CTX);
	CHECK_EQ(spec_helper_in(named("bpf_sk_storage_get"), tc, MAP_KIND_SK_STORAGE).args[1],
		 ARG_SOCK_COMMON);
	CHECK_EQ(spec_helper_in(named("bpf_sk_storage_get"), sock, MAP_KIND_SK_STORAGE).args[1],
		 ARG_CTX);
	CHECK_EQ(spec_helper_in(named("bpf_sk_assign"), tc, MAP_KIND_COUNT).args[1],
		 ARG_SOCK_COMMON);
	CHECK_EQ(spec_helper_in(named("bpf_sk_assign"), lookup, MAP_KIND_COUNT).args[1],
		 ARG_SOCK_COMMON_OR_NULL);
	CHECK(strncmp(spec_helper_struct(named("bpf_sock_from_file"), -1, &len), "socket *", 8) ==
	      0);
	CHECK_EQ(len, 6);
	CHECK(strncmp(spec_helper_struct(named("bpf_sock_from_file"), 0, &len), "file *", 6) == 0);
	CHECK_EQ(len, 4);
	CHECK(spec_helper_struct(named("bpf_sock_from_file"), 1, &len) == NULL);
	CHECK(spec_helper_struct(named("bpf_sock_from_file"), 9, &len) == NULL);
	CHECK(spec_helper_struct(named("bpf_loop"), 0, &len) == NULL);
	CHECK_EQ(spec_ret_layout(RET_TCP_SOCK_OR_NULL)->size, 112);
	CHECK_EQ(spec_ret_layout(RET_SOCK_OR_NULL)->size, 80);
	CHECK(spec_ret_layout(RET_INTEGER) == NULL);
	CHECK_EQ(spec_callback_of(ARG_FUNC_LOOP)->most, 1);
	CHECK(spec_callback_of(ARG_CTX) == NULL);
out:;
}

static void test_helper_rows(void)
{
	const struct spec_helper *helper;
	u32 windows = 0, lnx = 0;

	for (size_t i = 0; (helper = spec_helper_at(i)) != NULL; i++) {
		int ended = 0;

		/* Arguments are a prefix; sizes follow their memory. */
		for (int a = 0; a < 5; a++) {
			enum spec_arg arg = helper->args[a];

			CHECK(!ended || arg == ARG_NONE);
			ended = arg == ARG_NONE;
			if (arg == ARG_SIZE || arg == ARG_SIZE_OR_ZERO)
				CHECK(a > 0 && takes_size(helper->args[a - 1]));
			if (takes_size(arg))
				CHECK(a < 4 && (helper->args[a + 1] == ARG_SIZE ||
						helper->args[a + 1] == ARG_SIZE_OR_ZERO));
		}
		CHECK(helper->ret != RET_UNSUPPORTED);
		CHECK(helper->type == NULL || helper->id >= 0x10000);
		CHECK(strchr(helper->prototype, '(') != NULL);
		windows += helper->type == NULL && helper->dialect == DIALECT_WINDOWS;
		lnx += helper->dialect == DIALECT_LINUX;
	}
	CHECK_EQ(windows, 35);
	CHECK_EQ(lnx, 211);
out:;
}

/* Whoever calls a helper can read what it does. */
static void test_abouts(void)
{
	const struct spec_helper *helper;
	struct spec_helper copy;

	for (size_t i = 0; (helper = spec_helper_at(i)) != NULL; i++) {
		const char *text = spec_helper_about(helper);
		size_t len = text == NULL ? 0 : strlen(text);

		if (helper->offered && len == 0)
			tap_fail(helper->name, (int)helper->id, "says nothing of what it does");
		for (size_t c = 0; c < len; c++)
			if (text[c] < ' ' || text[c] > '~' || text[c] == '|')
				tap_fail(helper->name, (int)c, "odd characters");
		if (len > 0 && (text[len - 1] != '.' || strstr(text, "  ") != NULL))
			tap_fail(helper->name, (int)helper->id, "no sentences");
	}
	helper = spec_helper_by_id(DIALECT_WINDOWS, NULL, 2);
	CHECK(strstr(spec_helper_about(helper), "-29: a hash") != NULL);
	CHECK(strstr(spec_helper_about(named("bpf_map_update_elem")), "-7 (E2BIG)") != NULL);
	CHECK(spec_helper_about(named("bpf_spin_lock")) == NULL);
	copy = *helper; /* as if a file had it */
	CHECK(spec_helper_about(&copy) == NULL);
out:;
}

#define HOOKS "hooks of sockets provide it to programs that they run (--attach)"

static const struct {
	const char *helper, *why;
} reasons[] = {
	{ "bpf_timer_init", "there are no timers yet" },
	{ "bpf_timer_cancel", "there are no timers yet" },
	{ "bpf_dynptr_from_mem", "there are no dynptrs yet" },
	{ "bpf_ringbuf_reserve_dynptr", "there are no dynptrs yet" },
	{ "bpf_spin_lock", "there are no spin locks yet" },
	{ "bpf_spin_unlock", "there are no spin locks yet" },
	{ "bpf_skb_store_bytes", "it changes a packet buffer of the kernel" },
	{ "bpf_skb_cgroup_id", "control groups are not known yet" },
	{ "bpf_skb_under_cgroup", "control groups are not known yet" },
	{ "bpf_skb_get_tunnel_key", "tunnels of packets are not known" },
	{ "bpf_skb_load_bytes_relative", "where the headers of a packet begin is not known" },
	{ "bpf_skb_output", "programs do not run inside functions of a kernel" },
	{ "bpf_tcp_raw_gen_syncookie_ipv4", "there are no SYN cookies yet" },
	{ "bpf_tcp_check_syncookie", "it is about sockets of the kernel" },
	{ "bpf_probe_read", "memory of others cannot be read yet" },
	{ "bpf_probe_read_kernel", "memory of others cannot be read yet" },
	{ "bpf_probe_read_user_str", "memory of others cannot be read yet" },
	{ "bpf_probe_write_user", "memory of others cannot be written" },
	{ "bpf_get_socket_cookie", HOOKS },
	{ "bpf_get_netns_cookie", HOOKS },
	{ "bpf_get_retval", HOOKS },
	{ "bpf_set_retval", HOOKS },
	{ "bpf_get_socket_uid", "it is about sockets of the kernel" },
	{ "bpf_get_stackid", "it is about the inside of the kernel" },
};

static const struct {
	const char *type; /* NULL: every program's */
	u32 id;
	const char *why;
} windows_reasons[] = {
	{ NULL, 26, HOOKS },
	{ "sock_addr", 0x10000, HOOKS },
	{ "sock_addr", 0x10001, HOOKS },
	{ "sock_addr", 0x10002, HOOKS },
	{ "sockops", 0x10000, HOOKS },
	{ NULL, 35, "the sample extension has one" },
	{ "sample", 0x10006, "the sample extension provides it (--extension)" },
	{ "process", 0x10000, "nobody provides that program type yet" },
	{ "process", 0x10002, "nobody provides that program type yet" },
	{ "netevent", 0x10000, "nobody provides that program type yet" },
};

static void test_missing(void)
{
	const struct spec_helper *helper;
	struct spec_helper copy;

	for (size_t i = 0; (helper = spec_helper_at(i)) != NULL; i++) {
		const char *why = spec_helper_missing(helper);

		if ((why == NULL) != helper->offered || (why != NULL && strlen(why) < 10))
			tap_fail(helper->name, (int)helper->id, "no reason, or a needless one");
		/* What hooks provide is said, as what is offered is. */
		if (why != NULL && strcmp(why, HOOKS) == 0 && spec_helper_about(helper) == NULL)
			tap_fail(helper->name, (int)helper->id, "says nothing of what it does");
	}
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		CHECK_STR(spec_helper_missing(named(reasons[i].helper)), reasons[i].why);
	for (size_t i = 0; i < sizeof(windows_reasons) / sizeof(windows_reasons[0]); i++) {
		const char *type = windows_reasons[i].type;

		helper = spec_helper_by_id(
			DIALECT_WINDOWS,
			type == NULL ? NULL : spec_prog_type_by_name(DIALECT_WINDOWS, type),
			windows_reasons[i].id);
		CHECK(helper != NULL);
		CHECK(strncmp(spec_helper_missing(helper), windows_reasons[i].why,
			      strlen(windows_reasons[i].why)) == 0);
	}
	for (size_t i = 0; (helper = spec_kfunc_at(i)) != NULL; i++)
		CHECK(!helper->offered && spec_helper_missing(helper) != NULL);
	/* A file's helper, whatever its name. */
	copy = *named("bpf_spin_lock");
	CHECK_STR(spec_helper_missing(&copy), "it comes with a provider of the program's type");
	copy.id = 0;
	CHECK_STR(spec_helper_missing(&copy), "it comes with a provider of the program's type");
out:;
}

static void test_helper_lookup(void)
{
	const struct spec_prog_type *xdp = spec_prog_type_by_name(DIALECT_WINDOWS, "xdp");
	const struct spec_prog_type *bind = spec_prog_type_by_name(DIALECT_WINDOWS, "bind");

	CHECK(xdp != NULL && bind != NULL);
	CHECK_STR(spec_helper_by_id(DIALECT_WINDOWS, NULL, 12)->name, "bpf_trace_printk2");
	CHECK_STR(spec_helper_by_id(DIALECT_LINUX, NULL, 12)->name, "bpf_tail_call");
	CHECK_STR(spec_helper_by_id(DIALECT_WINDOWS, xdp, 0x10000)->name, "bpf_xdp_adjust_head");
	CHECK(spec_helper_by_id(DIALECT_WINDOWS, bind, 0x10000) == NULL);
	CHECK(spec_helper_by_id(DIALECT_WINDOWS, NULL, 0x10000) == NULL);
	CHECK(spec_helper_by_id(DIALECT_WINDOWS, xdp, 36) == NULL);
	CHECK(spec_helper_by_id(DIALECT_WINDOWS, xdp, 0) == NULL);
	CHECK(spec_helper_by_id(DIALECT_UNKNOWN, NULL, 1) == NULL);
out:;
}

static void test_types(void)
{
	const struct spec_prog_type *raw = spec_prog_type_by_name(DIALECT_UNKNOWN, "raw");
	const struct spec_prog_type *win, *lnx;

	CHECK(raw != NULL && raw->flags == PROG_TYPE_RAW && raw->ctx == NULL);
	CHECK(spec_prog_type_by_name(DIALECT_LINUX, "raw") == raw);
	CHECK(spec_prog_type_by_name(DIALECT_UNKNOWN, "xdp") == NULL);
	win = spec_prog_type_by_name(DIALECT_WINDOWS, "xdp");
	lnx = spec_prog_type_by_name(DIALECT_LINUX, "xdp");
	CHECK(win != NULL && lnx != NULL && win != lnx);
	CHECK_STR(spec_verdict_name(win, 1), "PASS");
	CHECK_STR(spec_verdict_name(lnx, 1), "DROP");
	CHECK(spec_verdict_name(lnx, 77) == NULL);
	CHECK(spec_verdict_name(raw, 0) == NULL);
	lnx = spec_prog_type_by_name(DIALECT_LINUX, "sched_cls");
	CHECK_STR(spec_verdict_name(lnx, (u64)-1), "UNSPEC");
	CHECK(spec_prog_type_by_number(DIALECT_LINUX, 3) == lnx);
	CHECK_STR(spec_prog_type_by_number(DIALECT_WINDOWS, 2)->name, "bind");
	CHECK_STR(spec_prog_type_by_number(DIALECT_WINDOWS, 999)->name, "sample");
	CHECK(spec_prog_type_by_number(DIALECT_WINDOWS, 0) == NULL);
	CHECK(spec_prog_type_by_number(DIALECT_UNKNOWN, 1) == NULL);
	CHECK_EQ(spec_ctx_dialect("bind_md_t", 56), DIALECT_WINDOWS);
	CHECK_EQ(spec_ctx_dialect("__sk_buff", 0), DIALECT_LINUX);
	CHECK_EQ(spec_ctx_dialect("xdp_md", 24), DIALECT_LINUX);
	CHECK_EQ(spec_ctx_dialect("xdp_md", 32), DIALECT_WINDOWS);
	CHECK_EQ(spec_ctx_dialect("bpf_sock_addr", 72), DIALECT_LINUX);
	CHECK_EQ(spec_ctx_dialect("bpf_sock_addr", 64), DIALECT_WINDOWS);
	CHECK_EQ(spec_ctx_dialect("nonsense", 64), DIALECT_UNKNOWN);
out:;
}

static void test_map_types(void)
{
	CHECK_EQ(spec_map_type_by_number(DIALECT_WINDOWS, 13)->kind, MAP_KIND_RINGBUF);
	CHECK_EQ(spec_map_type_by_number(DIALECT_LINUX, 27)->kind, MAP_KIND_RINGBUF);
	CHECK(spec_map_type_by_number(DIALECT_LINUX, 0) == NULL);
	CHECK(spec_map_type_by_number(DIALECT_UNKNOWN, 1) == NULL);
	for (int kind = 0; kind < MAP_KIND_COUNT; kind++)
		CHECK_EQ(spec_map_type_by_kind((enum map_kind)kind)->kind, kind);
	CHECK(spec_map_type_by_kind(MAP_KIND_COUNT) == NULL);
out:;
}

static const struct {
	const char *type, *attach;
	u32 off, size;
	int store;
	const char *field; /* NULL: refused; "": not of one field */
} accesses[] = {
	{ "socket_filter", NULL, 0, 4, 0, "len" },
	{ "socket_filter", NULL, 1, 1, 0, "len" },
	{ "socket_filter", NULL, 2, 2, 0, "len" },
	{ "socket_filter", NULL, 1, 2, 0, NULL },
	{ "socket_filter", NULL, 0, 8, 0, NULL },
	{ "socket_filter", NULL, 0, 4, 1, NULL },
	{ "socket_filter", NULL, 76, 4, 0, NULL }, /* data */
	{ "socket_filter", NULL, 8, 4, 1, NULL },  /* mark */
	{ "socket_filter", NULL, 48, 4, 1, "cb" },
	{ "sched_cls", NULL, 8, 4, 1, "mark" },
	{ "sched_cls", NULL, 8, 2, 1, NULL },
	{ "sched_cls", NULL, 8, 2, 0, "mark" },
	{ "sched_cls", NULL, 76, 4, 0, "data" },
	{ "sched_cls", NULL, 76, 2, 0, NULL },
	{ "sched_cls", NULL, 76, 8, 0, NULL },
	{ "sched_cls", NULL, 76, 4, 1, NULL },
	{ "sched_cls", NULL, 56, 8, 1, "cb" },
	{ "sched_cls", NULL, 52, 8, 1, NULL },
	{ "sched_cls", NULL, 61, 1, 1, "cb" },
	{ "sched_cls", NULL, 64, 8, 1, NULL },
	{ "sched_cls", NULL, 88, 4, 0, NULL }, /* family */
	{ "cgroup_skb", NULL, 88, 4, 0, "family" },
	{ "cgroup_skb", NULL, 92, 4, 0, "remote_ip4" },
	{ "cgroup_skb", NULL, 92, 2, 0, NULL },
	{ "cgroup_skb", NULL, 104, 4, 0, "remote_ip6" },
	{ "cgroup_skb", NULL, 104, 8, 0, NULL },
	{ "cgroup_skb", NULL, 168, 8, 0, "sk" },
	{ "cgroup_skb", NULL, 168, 4, 0, NULL },
	{ "cgroup_skb", NULL, 168, 8, 1, NULL },
	{ "sched_cls", NULL, 152, 8, 1, "tstamp" },
	{ "sched_cls", NULL, 152, 4, 0, NULL },
	{ "sched_cls", NULL, 180, 1, 0, "tstamp_type" },
	{ "sched_cls", NULL, 181, 1, 0, NULL },
	{ "sched_cls", NULL, 184, 8, 0, "hwtstamp" },
	{ "sched_cls", NULL, 188, 8, 0, NULL },
	{ "sched_cls", NULL, 192, 1, 0, NULL },
	{ "sched_cls", NULL, 0xffffffff, 1, 0, NULL },
	{ "sched_cls", NULL, 0, 3, 0, NULL },
	{ "sched_cls", NULL, 0, 0, 0, NULL },
	{ "flow_dissector", NULL, 144, 8, 0, "flow_keys" },
	{ "flow_dissector", NULL, 0, 4, 0, NULL },
	{ "sk_skb", NULL, 8, 4, 0, NULL },
	{ "xdp", NULL, 12, 4, 0, "ingress_ifindex" },
	{ "xdp", NULL, 12, 2, 0, NULL },
	{ "cgroup_sock_addr", "cgroup_inet4_connect", 4, 4, 1, "user_ip4" },
	{ "cgroup_sock_addr", "cgroup_inet6_connect", 4, 4, 0, NULL },
	{ "cgroup_sock_addr", "cgroup_inet6_connect", 8, 8, 1, "user_ip6" },
	{ "cgroup_sock_addr", "cgroup_inet6_connect", 12, 8, 1, NULL },
	{ "cgroup_sock_addr", "cgroup_inet6_connect", 12, 4, 1, "user_ip6" },
	{ "cgroup_sock_addr", "cgroup_inet6_connect", 12, 2, 1, NULL },
	{ "cgroup_sock_addr", "cgroup_inet6_connect", 12, 2, 0, "user_ip6" },
	{ "cgroup_sock_addr", "cgroup_inet6_connect", 20, 8, 0, NULL },
	{ "cgroup_sock_addr", "cgroup_inet4_connect", 40, 4, 0, NULL },
	{ "cgroup_sock_addr", "cgroup_udp4_sendmsg", 40, 4, 1, "msg_src_ip4" },
	{ "cgroup_sock_addr", "cgroup_udp6_sendmsg", 48, 8, 1, "msg_src_ip6" },
	{ "cgroup_sock_addr", NULL, 40, 4, 1, "msg_src_ip4" },
	{ "cgroup_sock", "cgroup_inet_sock_create", 16, 4, 1, "mark" },
	{ "cgroup_sock", "cgroup_inet4_post_bind", 16, 4, 0, NULL },
	{ "cgroup_sock", "cgroup_inet4_post_bind", 24, 4, 0, "src_ip4" },
	{ "cgroup_sock", NULL, 48, 4, 0, "dst_port" }, /* as it was once */
	{ "cgroup_sock", NULL, 48, 2, 0, "dst_port" },
	{ "cgroup_sock", NULL, 50, 2, 0, NULL },
	{ "cgroup_sockopt", "cgroup_setsockopt", 24, 4, 1, "level" },
	{ "cgroup_sockopt", "cgroup_getsockopt", 24, 4, 1, NULL },
	{ "cgroup_sockopt", "cgroup_getsockopt", 36, 4, 1, "retval" },
	{ "kprobe", NULL, 112, 8, 0, "" },
	{ "kprobe", NULL, 113, 1, 0, "" },
	{ "kprobe", NULL, 112, 8, 1, NULL },
	{ "tracing", NULL, 8, 8, 0, "args" },
	{ "tracing", NULL, 8, 4, 0, "args" },
	{ "tracing", NULL, 4, 8, 0, NULL },
	{ "tracing", NULL, 8, 8, 1, NULL },
	{ "netfilter", NULL, 8, 8, 0, "skb" },
	{ "syscall", NULL, 16, 8, 1, "" },
};

static void test_access(void)
{
	for (size_t i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
		const struct spec_prog_type *type =
			spec_prog_type_by_name(DIALECT_LINUX, accesses[i].type);
		const struct spec_attach_type *attach =
			accesses[i].attach == NULL
				? NULL
				: spec_find_attach(NULL, DIALECT_LINUX, accesses[i].attach);
		const struct spec_field *field = NULL;
		const char *why, *name = accesses[i].field;

		CHECK(type != NULL && (attach != NULL) == (accesses[i].attach != NULL));
		why = spec_ctx_access(spec_ctx_of(type, attach), accesses[i].off, accesses[i].size,
				      accesses[i].store != 0, &field);
		if ((why == NULL) != (name != NULL) ||
		    (name != NULL && strcmp(name, field == NULL ? "" : field->name) != 0))
			tap_fail(accesses[i].type, (int)i, why == NULL ? "allowed" : why);
	}
out:;
}

/* One field of some kind at each byte, or none. */
static const struct spec_field *field_at(const struct spec_ctx *ctx, u32 off)
{
	for (u32 i = 0; i < ctx->field_count; i++)
		if (off >= ctx->fields[i].off &&
		    off < (u32)ctx->fields[i].off + ctx->fields[i].size)
			return &ctx->fields[i];
	return NULL;
}

/* What holds for all accesses that are allowed. */
static const char *access_fault(const struct spec_ctx *ctx, u32 off, u32 size, bool store)
{
	const struct spec_field *got = NULL;
	bool pointer = false;

	if (spec_ctx_access(ctx, off, size, store, &got) != NULL)
		return NULL;
	if (off + size > ctx->size)
		return "outside";
	for (u32 at = off; at < off + size; at++) {
		const struct spec_field *field = field_at(ctx, at);
		bool old_port = got != NULL && (got->flags & FIELD_OLD_PORT) != 0;

		if (store && (field == NULL || !field->writable))
			return "stores what is not written";
		if (field == NULL && (ctx->flags & SPEC_CTX_PLAIN) == 0 && !old_port)
			return "loads no field";
		pointer |= field != NULL && field->kind != FIELD_SCALAR &&
			   field->kind != FIELD_PACKET_LEN;
	}
	if (pointer && (store || got == NULL || got->off != off || got->size != size))
		return "a part of a pointer";
	return NULL;
}

static void test_all_accesses(void)
{
	const struct spec_prog_type *type;

	for (size_t i = 0; (type = spec_prog_type_at(i)) != NULL; i++) {
		u32 end = type->ctx == NULL ? 0 : MIN(type->ctx->size + 16u, 400u);

		for (u32 off = 0; off < end; off++)
			for (u32 size = 1; size <= 8; size *= 2)
				for (int store = 0; store < 2; store++)
					if (access_fault(type->ctx, off, size, store) != NULL)
						tap_fail(type->name, (int)off,
							 access_fault(type->ctx, off, size, store));
	}
}

static void test_windows_access(void)
{
	const struct spec_ctx *bind = spec_prog_type_by_name(DIALECT_WINDOWS, "bind")->ctx;
	const struct spec_ctx *addr = spec_prog_type_by_name(DIALECT_WINDOWS, "sock_addr")->ctx;
	const struct spec_field *field = NULL;

	CHECK(spec_ctx_access(bind, 0, 8, false, &field) == NULL);
	CHECK_STR(field->name, "app_id_start");
	CHECK(spec_ctx_access(bind, 0, 4, false, &field) != NULL);
	CHECK(spec_ctx_access(bind, 0, 8, true, &field) != NULL);
	CHECK(spec_ctx_access(bind, 24, 8, false, &field) == NULL && field == NULL);
	CHECK(spec_ctx_access(bind, 12, 8, false, &field) != NULL);
	CHECK(spec_ctx_access(bind, 48, 8, false, &field) == NULL && field == NULL);
	CHECK(spec_ctx_access(bind, 52, 8, false, &field) != NULL);
	CHECK(spec_ctx_access(addr, 24, 4, true, &field) == NULL);
	CHECK(spec_ctx_access(addr, 40, 2, true, &field) == NULL);
	CHECK(spec_ctx_access(addr, 40, 4, true, &field) != NULL);
	CHECK(spec_ctx_access(addr, 40, 4, false, &field) == NULL);
	CHECK(spec_ctx_access(addr, 4, 4, true, &field) != NULL);
out:;
}

static void test_results(void)
{
	const struct spec_prog_type *addr =
		spec_prog_type_by_name(DIALECT_LINUX, "cgroup_sock_addr");
	const struct spec_prog_type *xdp = spec_prog_type_by_name(DIALECT_LINUX, "xdp");
	struct spec_range range = spec_result_of(addr, NULL);

	CHECK(range.least == 0 && range.most == 1);
	range = spec_result_of(addr, spec_find_attach(NULL, DIALECT_LINUX, "cgroup_inet4_bind"));
	CHECK(range.least == 0 && range.most == 3);
	range = spec_result_of(addr, spec_find_attach(NULL, DIALECT_LINUX, "cgroup_udp6_recvmsg"));
	CHECK(range.least == 1 && range.most == 1);
	range = spec_result_of(addr, spec_find_attach(NULL, DIALECT_LINUX, "cgroup_inet4_connect"));
	CHECK(range.least == 0 && range.most == 1);
	range = spec_result_of(xdp, NULL);
	CHECK(range.least == INT32_MIN && range.most == INT32_MAX);
out:;
}

static const struct {
	const char *section;
	enum dialect dialect;
	const char *prefix; /* NULL: none */
	const char *attach;
} matches[] = {
	{ "bind", DIALECT_WINDOWS, "bind", "bind" },
	{ "bind", DIALECT_LINUX, NULL, NULL },
	{ "bind/tail", DIALECT_WINDOWS, "bind", "bind" },
	{ "binder", DIALECT_WINDOWS, NULL, NULL },
	{ "bin", DIALECT_WINDOWS, NULL, NULL },
	{ "", DIALECT_LINUX, NULL, NULL },
	{ "?xdp", DIALECT_LINUX, "xdp", "xdp" },
	{ "xdp/devmap", DIALECT_LINUX, "xdp/devmap", "xdp_devmap" },
	{ "xdp/devmaps", DIALECT_LINUX, "xdp", "xdp" },
	{ "xdp/devmap", DIALECT_WINDOWS, "xdp", "xdp" },
	{ "xdp.frags/cpumap", DIALECT_LINUX, "xdp.frags/cpumap", "xdp_cpumap" },
	{ "kprobe/sys_open", DIALECT_LINUX, "kprobe", "perf_event" },
	{ "kprobe.multi/tcp_*", DIALECT_LINUX, "kprobe.multi", "trace_kprobe_multi" },
	{ "tc", DIALECT_LINUX, "tc", NULL },
	{ "tc/ingress", DIALECT_LINUX, "tc/ingress", "tcx_ingress" },
	{ "cgroup/connect4", DIALECT_WINDOWS, "cgroup/connect4", "cgroup_inet4_connect" },
	{ "cgroup/connect4", DIALECT_LINUX, "cgroup/connect4", "cgroup_inet4_connect" },
	{ "cgroup/recv_accept6", DIALECT_LINUX, NULL, NULL },
	{ "cgroup/connect_authorization6", DIALECT_WINDOWS, "cgroup/connect_authorization6",
	  "cgroup_inet6_connect_authorization" },
	{ "xdp", DIALECT_UNKNOWN, NULL, NULL },
};

static void test_sections(void)
{
	const struct spec_section *row;

	for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++) {
		row = spec_section_match(matches[i].dialect, matches[i].section);
		CHECK_EQ(row != NULL, matches[i].prefix != NULL);
		if (row == NULL)
			continue;
		CHECK_STR(row->prefix, matches[i].prefix);
		CHECK_EQ(row->attach != NULL, matches[i].attach != NULL);
		if (row->attach != NULL)
			CHECK_STR(row->attach->name, matches[i].attach);
	}
	for (size_t i = 0; (row = spec_section_at(i)) != NULL; i++) {
		CHECK(spec_section_match(row->dialect, row->prefix) == row);
		CHECK_EQ(row->type->dialect, row->dialect);
		CHECK(row->attach == NULL || row->attach->dialect == row->dialect);
	}
out:;
}

TAP_MAIN(TAP_TEST(test_numbers_unique), TAP_TEST(test_ctx_fields), TAP_TEST(test_helper_rows),
	 TAP_TEST(test_abouts), TAP_TEST(test_missing), TAP_TEST(test_contracts),
	 TAP_TEST(test_kfuncs), TAP_TEST(test_allowed), TAP_TEST(test_precise),
	 TAP_TEST(test_helper_lookup), TAP_TEST(test_types), TAP_TEST(test_access),
	 TAP_TEST(test_all_accesses), TAP_TEST(test_windows_access), TAP_TEST(test_results),
	 TAP_TEST(test_map_types), TAP_TEST(test_sections))
