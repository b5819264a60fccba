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
	const struct trace_origin origin = { 77, "say \"it\"", "hello" };

	trace_text(out, event, &origin);
	trace_json(out, event, &origin);
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
	CHECK(strstr(strbuf_str(&text), " slot 0 hello print: hi\n{\"pid\":77,"
					"\"command\":\"say \\\"it\\\"\",\"ns\":") != NULL ||
	      strstr(strbuf_str(&text), " slot 1 hello print: hi\n{\"pid\":77,") != NULL);
	CHECK(strstr(strbuf_str(&text), "\"program\":\"hello\",\"event\":\"print\"") != NULL);
	CHECK(strstr(strbuf_str(&text), "\"event\":\"print\",\"text\":\"hi\"}\n[") != NULL);
	CHECK(strstr(strbuf_str(&text),
		     "\"event\":\"fault\",\"text\":\"at slot 6: 1-byte read at 0x0 "
		     "is outside the memory that it may touch; a NULL pointer "
		     "plus 0\"}") != NULL);
out:
	strbuf_fini(&text);
	fixture_fini(&f);
	trace_free(trace);
}

static u64 number_at(const struct strbuf *out, size_t at)
{
	u64 number = 0;

	for (u32 i = 0; i < 8; i++)
		number |= (u64)(u8)out->data[at + i] << 8 * i;
	return number;
}

static void ctf(void)
{
	const struct trace_origin origin = { 5, "a \"b\"\\c\n", "me" };
	struct trace_event event = { TRACE_FAULT, 3, 4, 0x0102030405060708, 2, "no" };
	static const u8 bytes[] = { 2, 0, 0, 0, 8, 7, 6, 5,   4,   3, 2,   1,	3,
				    0, 0, 0, 4, 0, 0, 0, 'm', 'e', 0, 'n', 'o', 0 };
	struct trace_ctf packet = { 0 };
	struct strbuf out = STRBUF_INIT;

	trace_ctf_begin(&packet, &out);
	trace_ctf(&packet, &out, &event, &origin);
	CHECK_EQ(strbuf_status(&out), 0);
	CHECK_EQ(out.len, 48 + sizeof(bytes));
	CHECK(memcmp(out.data, "\xc1\x1f\xfc\xc1\0\0\0\0", 8) == 0);
	CHECK(memcmp(out.data + 48, bytes, sizeof(bytes)) == 0);
	/* From a slot whose clock is behind. */
	event.ns -= 5;
	trace_ctf(&packet, &out, &event, &origin);
	CHECK_EQ(strbuf_status(&out), 0);
	CHECK_EQ(out.len, 48 + 2 * sizeof(bytes));
	CHECK(memcmp(out.data + 48 + sizeof(bytes), bytes, sizeof(bytes)) == 0);
	trace_ctf_end(&packet, &out, 3);
	CHECK_EQ(number_at(&out, 8), 0x0102030405060708);
	CHECK_EQ(number_at(&out, 16), 0x0102030405060708);
	CHECK_EQ(number_at(&out, 24), (48 + 2 * sizeof(bytes)) * 8);
	CHECK_EQ(number_at(&out, 32), (48 + 2 * sizeof(bytes)) * 8);
	CHECK_EQ(number_at(&out, 40), 3);
	/* A packet behind it, of nothing but what was lost. */
	trace_ctf_begin(&packet, &out);
	trace_ctf_end(&packet, &out, 9);
	CHECK_EQ(strbuf_status(&out), 0);
	CHECK_EQ(out.len, 2 * 48 + 2 * sizeof(bytes));
	CHECK_EQ(number_at(&out, packet.begin + 8), 0x0102030405060708);
	CHECK_EQ(number_at(&out, packet.begin + 24), 48 * 8);
	CHECK_EQ(number_at(&out, packet.begin + 40), 9);
	trace_ctf_metadata(&out, &origin);
	CHECK_EQ(strbuf_status(&out), 0);
	CHECK(strstr(out.data + packet.begin + 48,
		     "env { pid = 5; command = \"a \\\"b\\\"\\\\c \"; };") != NULL);
out:
	strbuf_fini(&out);
}

static void missed(void)
{
	const struct trace_origin origin = { 5, "sh", "" };
	struct strbuf out = STRBUF_INIT;

	trace_text_missed(&out, 1);
	trace_text_missed(&out, 7);
	trace_json_missed(&out, 7, &origin);
	CHECK_STR(strbuf_str(&out), "1 event did not fit\n7 events did not fit\n"
				    "{\"pid\":5,\"event\":\"missed\",\"lines\":7}\n");
out:
	strbuf_fini(&out);
}

/* A program that prints all the while does not keep whoever drains. */
struct echo {
	struct trace *trace;
	u32 left;
};

static void put_another(void *arg, const struct trace_event *event)
{
	struct echo *echo = arg;

	if (echo->left-- > 0)
		trace_put(echo->trace, event);
}

static void comes_to_an_end(void)
{
	const struct trace_event event = { TRACE_PRINT, 0, 1, 2, 2, "hi" };
	struct echo echo = { .left = 1000 };

	CHECK_EQ(trace_new(1, 4096, &echo.trace, NULL), 0);
	trace_put(echo.trace, &event);
	trace_put(echo.trace, &event);
	for (u32 i = 0; i < 300; i++)
		CHECK_EQ(trace_drain(echo.trace, put_another, &echo), 2);
	CHECK_EQ(echo.left, 400);
out:
	trace_free(echo.trace);
}

TAP_MAIN(TAP_TEST(in_order), TAP_TEST(comes_to_an_end), TAP_TEST(of_programs), TAP_TEST(ctf),
	 TAP_TEST(missed))
