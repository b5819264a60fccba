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

void trace_text(struct strbuf *out, const struct trace_event *event,
		const struct trace_origin *origin)
{
	strbuf_printf(out, "[%5llu.%09llu] slot %u %s %s: %s\n", event->ns / 1000000000,
		      event->ns % 1000000000, event->slot, origin->program,
		      trace_kind_name(event->kind), event->text);
}

void trace_text_missed(struct strbuf *out, u64 missed)
{
	strbuf_printf(out, "%llu event%s did not fit\n", missed, missed == 1 ? "" : "s");
}

void trace_json(struct strbuf *out, const struct trace_event *event,
		const struct trace_origin *origin)
{
	struct json json;

	json_init(&json, out, false);
	json_object_begin(&json, NULL);
	json_u64(&json, "pid", origin->pid);
	json_str(&json, "command", origin->command);
	json_u64(&json, "ns", event->ns);
	json_u64(&json, "slot", event->slot);
	json_str(&json, "program", origin->program);
	json_str(&json, "event", trace_kind_name(event->kind));
	json_str_len(&json, "text", event->text, event->len);
	json_object_end(&json);
	strbuf_add_char(out, '\n');
}

void trace_json_missed(struct strbuf *out, u64 missed, const struct trace_origin *origin)
{
	struct json json;

	json_init(&json, out, false);
	json_object_begin(&json, NULL);
	json_u64(&json, "pid", origin->pid);
	json_str(&json, "event", "missed");
	json_u64(&json, "lines", missed);
	json_object_end(&json);
	strbuf_add_char(out, '\n');
}

#define CTF_MAGIC 0xc1fc1fc1u
#define CTF_HEAD  48 /* bytes of a packet before its events */

/* In a string of the metadata. */
static void add_quoted(struct strbuf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			strbuf_add_char(out, '\\');
		strbuf_add_char(out, (u8)*text < ' ' ? ' ' : *text);
	}
}

void trace_ctf_metadata(struct strbuf *out, const struct trace_origin *origin)
{
	strbuf_add(out, "/* CTF 1.8 */\n"
			"typealias integer { size = 32; align = 8; signed = false; } := uint32_t;\n"
			"typealias integer { size = 64; align = 8; signed = false; } := uint64_t;\n"
			"trace { major = 1; minor = 8; byte_order = le;\n"
			"\tpacket.header := struct { uint32_t magic; uint32_t stream_id; };\n};\n");
	strbuf_printf(out, "env { pid = %u; command = \"", origin->pid);
	add_quoted(out, origin->command);
	strbuf_add(
		out,
		"\"; };\n"
		"clock { name = monotonic; freq = 1000000000; };\n"
		"typealias integer { size = 64; align = 8; signed = false; map = "
		"clock.monotonic.value; "
		"} := time_t;\n"
		"stream { id = 0; event.header := struct { uint32_t id; time_t timestamp; };\n"
		"\tpacket.context := struct { time_t timestamp_begin; time_t timestamp_end;\n"
		"\t\tuint64_t content_size; uint64_t packet_size; uint64_t events_discarded; };\n"
		"};\n");
	for (u32 kind = TRACE_PRINT; kind <= TRACE_FAULT; kind++)
		strbuf_printf(out,
			      "event { id = %u; name = \"%s\"; stream_id = 0;\n"
			      "\tfields := struct { uint32_t slot; uint32_t prog; string program; "
			      "string text; };\n};\n",
			      kind, trace_kind_name((enum trace_kind)kind));
}

/* Little-endian, whatever the host is. */
static void put(struct strbuf *out, u64 value, u32 size)
{
	for (u32 i = 0; i < size; i++)
		strbuf_add_char(out, (char)(value >> 8 * i));
}

void trace_ctf_begin(struct trace_ctf *ctf, struct strbuf *out)
{
	ctf->begin = out->len;
	put(out, CTF_MAGIC, 4);
	for (u32 i = 4; i < CTF_HEAD; i++)
		strbuf_add_char(out, '\0');
}

static void set_u64(struct strbuf *out, size_t at, u64 value)
{
	for (u32 i = 0; i < 8; i++)
		out->data[at + i] = (char)(value >> 8 * i);
}

void trace_ctf(struct trace_ctf *ctf, struct strbuf *out, const struct trace_event *event,
	       const struct trace_origin *origin)
{
	ctf->last_ns = MAX(ctf->last_ns, event->ns);
	if (strbuf_status(out) == 0 && out->len == ctf->begin + CTF_HEAD)
		set_u64(out, ctf->begin + 8, ctf->last_ns);
	put(out, event->kind, 4);
	put(out, ctf->last_ns, 8);
	put(out, event->slot, 4);
	put(out, event->prog, 4);
	strbuf_add_len(out, origin->program, strlen(origin->program) + 1);
	strbuf_add_len(out, event->text, event->len);
	strbuf_add_char(out, '\0');
}

void trace_ctf_end(struct trace_ctf *ctf, struct strbuf *out, u64 dropped)
{
	u64 bits;

	if (strbuf_status(out) != 0)
		return;
	bits = (u64)(out->len - ctf->begin) * 8;
	if (out->len == ctf->begin + CTF_HEAD)
		set_u64(out, ctf->begin + 8, ctf->last_ns);
	set_u64(out, ctf->begin + 16, ctf->last_ns);
	set_u64(out, ctf->begin + 24, bits);
	set_u64(out, ctf->begin + 32, bits);
	set_u64(out, ctf->begin + 40, dropped);
}
