/* SPDX-License-Identifier: MIT */
/* What sinks write of an event: a line of text, a line of JSON, or the bytes of a CTF stream. */
#include "base/json.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "runtime/trace.h"

const char *trace_kind_name(enum trace_kind kind)
{
	return kind == TRACE_PRINT ? "print" : kind == TRACE_FAULT ? "fault" : "?";
}

void trace_text(struct strbuf *out, const struct trace_event *event)
{
	strbuf_printf(out, "[%5llu.%09llu] slot %u prog %u %s: %s\n", event->ns / 1000000000,
		      event->ns % 1000000000, event->slot, event->prog,
		      trace_kind_name(event->kind), event->text);
}

void trace_json(struct strbuf *out, const struct trace_event *event)
{
	struct json json;

	json_init(&json, out, false);
	json_object_begin(&json, NULL);
	json_u64(&json, "ns", event->ns);
	json_u64(&json, "slot", event->slot);
	json_u64(&json, "prog", event->prog);
	json_str(&json, "event", trace_kind_name(event->kind));
	json_str_len(&json, "text", event->text, event->len);
	json_object_end(&json);
	strbuf_add_char(out, '\n');
}

#define CTF_MAGIC 0xc1fc1fc1u

void trace_ctf_metadata(struct strbuf *out)
{
	strbuf_add(
		out,
		"/* CTF 1.8 */\n"
		"typealias integer { size = 32; align = 8; signed = false; } := uint32_t;\n"
		"typealias integer { size = 64; align = 8; signed = false; } := uint64_t;\n"
		"trace { major = 1; minor = 8; byte_order = le;\n"
		"\tpacket.header := struct { uint32_t magic; uint32_t stream_id; };\n};\n"
		"clock { name = monotonic; freq = 1000000000; };\n"
		"typealias integer { size = 64; align = 8; signed = false; map = "
		"clock.monotonic.value; "
		"} := time_t;\n"
		"stream { id = 0; event.header := struct { uint32_t id; time_t timestamp; }; };\n");
	for (u32 kind = TRACE_PRINT; kind <= TRACE_FAULT; kind++)
		strbuf_printf(out,
			      "event { id = %u; name = \"%s\"; stream_id = 0;\n"
			      "\tfields := struct { uint32_t slot; uint32_t prog; string text; };\n"
			      "};\n",
			      kind, trace_kind_name((enum trace_kind)kind));
}

/* Little-endian, whatever the host is. */
static void put(struct strbuf *out, u64 value, u32 size)
{
	for (u32 i = 0; i < size; i++)
		strbuf_add_char(out, (char)(value >> 8 * i));
}

void trace_ctf_begin(struct strbuf *out)
{
	put(out, CTF_MAGIC, 4);
	put(out, 0, 4);
}

void trace_ctf(struct strbuf *out, const struct trace_event *event)
{
	put(out, event->kind, 4);
	put(out, event->ns, 8);
	put(out, event->slot, 4);
	put(out, event->prog, 4);
	for (u32 i = 0; i <= event->len; i++)
		strbuf_add_char(out, event->text[i]);
}
