/* SPDX-License-Identifier: MIT */
/* Events: in order, none lost without being counted, and what sinks make of them. */
#include "runtime_fixture.h"

#include "base/strbuf.h"
#include "runtime/trace.h"

struct seen {
	u32 count;
	u64 last_ns;
	bool wrong;
	struct strbuf text;
};

static void see(void *arg, const struct trace_event *event)
{
	struct seen *seen = arg;
	u32 expected = 0;

	for (u32 i = 0; i < event->len; i++)
		expected += event->text[i] == 'x';
	if (event->ns < seen->last_ns || expected != event->len ||
	    event->text[event->len] != '\0' || event->len != event->prog % 100)
		seen->wrong = true;
	seen->last_ns = event->ns;
	seen->count++;
}

static void in_order(void)
{
	struct trace *trace = NULL;
	struct seen seen = { 0 };
	char text[100];
	u64 put = 0, got = 0;

	memset(text, 'x', sizeof(text));
	CHECK_EQ(trace_new(3, 4096, &trace, NULL), 0);
	for (u32 round = 0; round < 200; round++) {
		for (u32 i = 0; i < round; i++) {
			struct trace_event event = { TRACE_PRINT,      i % 3, (u32)put, put,
						     (u32)(put % 100), text };

			trace_put(trace, &event);
			put++;
		}
		seen = (struct seen){ 0 };
		got += trace_drain(trace, see, &seen);
		CHECK(!seen.wrong);
	}
	CHECK_EQ(got + trace_dropped(trace), put);
	CHECK(trace_dropped(trace) > 0 && got > put / 2);
	/* Of a slot that is not there. */
	trace_put(trace, &(struct trace_event){ TRACE_PRINT, 3, 0, 0, 0, "" });
	CHECK_EQ(trace_drain(trace, see, &seen), 0);
	CHECK_EQ(trace_new(0, 4096, &trace, NULL), ERR_INVAL);
	CHECK_EQ(trace_new(1, 5000, &trace, NULL), ERR_INVAL);
	CHECK_EQ(trace_new(1, 2048, &trace, NULL), ERR_INVAL);
out:
	trace_free(trace);
}

static void add_text(void *arg, const struct trace_event *event)
{
	struct strbuf *out = arg;

	trace_text(out, event);
	trace_json(out, event);
}

static void of_programs(void)
{
	static const struct insn insns[] = { STORE_IMM(4, 10, -4, 0x000a6968),
					     MOV_REG(1, 10),
					     ADD_IMM(1, -4),
					     MOV_IMM(2, 4),
					     CALL(12),
					     MOV_IMM(3, 0),
					     LOAD(1, 0, 3, 0),
					     EXIT };
	struct fixture f = { 0 };
	struct trace *trace = NULL;
	struct strbuf text = STRBUF_INIT;
	struct runtime_options options = { .size = sizeof(options),
					   .dialect = DIALECT_WINDOWS,
					   .cpus = 2 };
	struct runtime_run run = { 0 };

	CHECK_EQ(trace_new(2, 4096, &trace, NULL), 0);
	options.events = trace;
	CHECK_EQ(runtime_new(&options, &f.rt, &f.err), 0);
	CHECK_EQ(fixture_add(&f, DIALECT_WINDOWS, "bind", NULL, 0, insns, ARRAY_COUNT(insns), NULL),
		 0);
	CHECK_EQ(runtime_run(f.prog, &run, &f.err), ERR_FAULT);
	CHECK_EQ(trace_drain(trace, add_text, &text), 2);
	CHECK(strstr(strbuf_str(&text), " print: hi\n{\"ns\":") != NULL);
	CHECK(strstr(strbuf_str(&text), "\"event\":\"print\",\"text\":\"hi\"}\n[") != NULL);
	CHECK(strstr(strbuf_str(&text), "\"event\":\"fault\"") != NULL);
out:
	strbuf_fini(&text);
	fixture_fini(&f);
	trace_free(trace);
}

static void ctf(void)
{
	const struct trace_event event = { TRACE_FAULT, 3, 4, 0x0102030405060708, 2, "no" };
	static const u8 bytes[] = { 0xc1, 0x1f, 0xfc, 0xc1, 0, 0, 0, 0, 2, 0, 0, 0, 8,	 7,   6, 5,
				    4,	  3,	2,    1,    3, 0, 0, 0, 4, 0, 0, 0, 'n', 'o', 0 };
	struct strbuf out = STRBUF_INIT;

	trace_ctf_begin(&out);
	trace_ctf(&out, &event);
	CHECK_EQ(out.len, sizeof(bytes));
	CHECK(memcmp(out.data, bytes, sizeof(bytes)) == 0);
	trace_ctf_metadata(&out);
	CHECK_EQ(strbuf_status(&out), 0);
out:
	strbuf_fini(&out);
}

TAP_MAIN(TAP_TEST(in_order), TAP_TEST(of_programs), TAP_TEST(ctf))
