/* SPDX-License-Identifier: MIT */
/* Probes as events of the provider "Oriel". Its id is the one that tools compute from that name, so
 * that they may be told "*Oriel" instead of it. */
#include "os/windows/probe.h"

#include <windows.h>
/* must follow windows.h */
#include <evntprov.h>

#include "base/str.h"

static const GUID provider = {
	0xa3ba7193, 0x3cde, 0x582d, { 0xa6, 0x7f, 0x55, 0xdf, 0x9b, 0x2b, 0xa8, 0x6b }
};

/* Of TraceLogging: types of fields, of descriptors, the channel; of EventSetInformation. */
#define IN_U32		  "\x08"
#define IN_COUNTED_CHARS  "\x97" /* 23, with a form behind it */
#define OUT_UTF8	  "\x23"
#define PART_EVENT	  1
#define PART_PROVIDER	  2
#define CHANNEL		  11
#define LEVEL_ERROR	  2
#define LEVEL_INFORMATION 4
#define SET_TRAITS	  2

/* Two bytes of size, little-endian, the rest as it comes; the literal's terminator ends the last
 * name or is not counted. */
const char probe_traits[] = "\x08\x00Oriel";

#define FIELDS "slot\0" IN_U32 "prog\0" IN_U32 "text\0" IN_COUNTED_CHARS OUT_UTF8
static const char print_event[] = "\x1c\x00\x00print\0" FIELDS;
static const char fault_event[] = "\x1c\x00\x00"
				  "fault\0" FIELDS;
#define EVENT_SIZE (sizeof(print_event) - 1)
_Static_assert(sizeof(probe_traits) == PROBE_TRAITS_SIZE, "as its first byte says");
_Static_assert(EVENT_SIZE == 0x1c && sizeof(fault_event) - 1 == 0x1c, "as their first bytes say");

u32 os_probe_watched;
static REGHANDLE handle;

bool probe_describe(const char *name, const struct probe_values *values, const char *text,
		    struct probe_part ret_parts[PROBE_PARTS])
{
	bool is_print = str_eq(name, "print");

	if (!is_print && !str_eq(name, "fault"))
		return false;
	ret_parts[0] = (struct probe_part){ probe_traits, PROBE_TRAITS_SIZE, PART_PROVIDER };
	ret_parts[1] =
		(struct probe_part){ is_print ? print_event : fault_event, EVENT_SIZE, PART_EVENT };
	ret_parts[2] = (struct probe_part){ &values->slot, sizeof(values->slot), 0 };
	ret_parts[3] = (struct probe_part){ &values->prog, sizeof(values->prog), 0 };
	ret_parts[4] = (struct probe_part){ &values->len, sizeof(values->len), 0 };
	ret_parts[5] = (struct probe_part){ text, values->len, 0 };
	return true;
}

void os_probe_fire(const char *name, u64 slot, u64 prog, u64 text, u64 len)
{
	struct probe_values values = { (u32)slot, (u32)prog, (u16)MIN(len, (u64)UINT16_MAX) };
	EVENT_DESCRIPTOR descriptor = { .Channel = CHANNEL, .Level = LEVEL_INFORMATION };
	struct probe_part parts[PROBE_PARTS];
	EVENT_DATA_DESCRIPTOR data[PROBE_PARTS];

	if (!probe_describe(name, &values, (const char *)(uintptr_t)text, parts))
		return;
	if (str_eq(name, "fault"))
		descriptor.Level = LEVEL_ERROR;
	for (u32 i = 0; i < PROBE_PARTS; i++)
		data[i] = (EVENT_DATA_DESCRIPTOR){ (uintptr_t)parts[i].data, parts[i].size,
						   parts[i].type };
	/* It copies into a buffer of this processor's or counts the event as lost; it never waits.
	 */
	(void)EventWriteTransfer(handle, &descriptor, NULL, NULL, PROBE_PARTS, data);
}

static void NTAPI on_enable(UNUSED LPCGUID source, ULONG is_enabled, UNUSED UCHAR level,
			    UNUSED ULONGLONG any, UNUSED ULONGLONG all,
			    UNUSED PEVENT_FILTER_DESCRIPTOR filter, UNUSED PVOID context)
{
	__atomic_store_n(&os_probe_watched, is_enabled != 0, __ATOMIC_RELAXED);
}

/* Consumers may come at any time, so the provider is there from the start; when it cannot be, there
 * are no events. */
__attribute__((constructor)) static void probes_begin(void)
{
	if (EventRegister(&provider, on_enable, NULL, &handle) != ERROR_SUCCESS)
		handle = 0;
	else
		(void)EventSetInformation(handle, (EVENT_INFO_CLASS)SET_TRAITS,
					  (void *)(uintptr_t)probe_traits, PROBE_TRAITS_SIZE);
}

/* A library that is unloaded must not be called back. */
__attribute__((destructor)) static void probes_end(void)
{
	if (handle != 0)
		EventUnregister(handle);
	handle = 0;
}
