/* SPDX-License-Identifier: MIT */
/* Events for Windows' tracing: what describes them is read as a consumer reads it. */
#include "os/windows/probe.h"

#include "tap.h"

/* A name and what follows it, within size bytes. */
static size_t name_at(const u8 *bytes, size_t size, size_t at, const char *name)
{
	size_t len = strlen(name) + 1;

	return at + len <= size && memcmp(bytes + at, name, len) == 0 ? at + len : 0;
}

static bool describes(const struct probe_part *part, const char *event)
{
	static const struct {
		const char *name;
		u8 types[2];
	} fields[] = { { "slot", { 8 } }, { "prog", { 8 } }, { "text", { 0x80 | 23, 35 } } };
	const u8 *bytes = part->data;
	size_t size = part->size, at;

	if (size < 3 || (bytes[0] | bytes[1] << 8) != (int)size || bytes[2] != 0)
		return false;
	at = name_at(bytes, size, 3, event);
	for (u32 i = 0; i < ARRAY_COUNT(fields) && at != 0; i++) {
		at = name_at(bytes, size, at, fields[i].name);
		if (at == 0 || at >= size || bytes[at++] != fields[i].types[0])
			return false;
		if ((fields[i].types[0] & 0x80) != 0 &&
		    (at >= size || bytes[at++] != fields[i].types[1]))
			return false;
	}
	return at == size;
}

static void test_events(void)
{
	struct probe_values values = { 3, 4711, 5 };
	struct probe_part parts[PROBE_PARTS];
	const char *text = "hello, not all";
	const u8 *traits;

	CHECK(!probe_describe("other", &values, text, parts));
	CHECK(probe_describe("fault", &values, text, parts));
	CHECK(describes(&parts[1], "fault") && !describes(&parts[1], "print"));
	CHECK(probe_describe("print", &values, text, parts));
	CHECK(describes(&parts[1], "print"));
	traits = parts[0].data;
	CHECK(parts[0].size == 8 && traits[0] == 8 && traits[1] == 0);
	CHECK(name_at(traits, 8, 2, "Oriel") == 8);
	CHECK(parts[0].type == 2 && parts[1].type == 1);
	CHECK(*(const u32 *)parts[2].data == 3 && parts[2].size == 4);
	CHECK(*(const u32 *)parts[3].data == 4711 && parts[3].size == 4);
	CHECK(*(const u16 *)parts[4].data == 5 && parts[4].size == 2);
	CHECK((const char *)parts[5].data == text && parts[5].size == 5);
	for (u32 i = 2; i < PROBE_PARTS; i++)
		CHECK(parts[i].type == 0);
out:;
}

/* Nobody asks here, and nobody is given anything; asked for, the event goes all the way. */
static void test_fires(void)
{
	CHECK(os_probe_watched == 0);
	OS_PROBE("print", 0, 1, (uintptr_t) "text", 4);
	os_probe_watched = 1;
	OS_PROBE("print", 0, 1, (uintptr_t) "text", 4);
	OS_PROBE("fault", 0, 1, (uintptr_t) "", 0);
out:
	os_probe_watched = 0;
}

TAP_MAIN(TAP_TEST(test_events), TAP_TEST(test_fires))
