/* SPDX-License-Identifier: MIT */
/* The tables of spec/: their own consistency, row by row and pair by pair, and the look-ups. */
#include "tap.h"

#include "spec/spec.h"

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
				CHECK(a > 0 && (helper->args[a - 1] == ARG_READ_MEM ||
						helper->args[a - 1] == ARG_READ_MEM_OR_NULL ||
						helper->args[a - 1] == ARG_WRITE_MEM));
		}
		CHECK(helper->type == NULL || helper->id >= 0x10000);
		CHECK(strchr(helper->prototype, '(') != NULL);
		windows += helper->type == NULL && helper->dialect == DIALECT_WINDOWS;
		lnx += helper->dialect == DIALECT_LINUX;
	}
	CHECK_EQ(windows, 35);
	CHECK_EQ(lnx, 211);
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
	 TAP_TEST(test_helper_lookup), TAP_TEST(test_types), TAP_TEST(test_map_types),
	 TAP_TEST(test_sections))
