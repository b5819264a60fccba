/* SPDX-License-Identifier: MIT */
/* Any bytes as what `oriel run` is given: a capture, and the text of a value for places of several
 * sizes. */
#include "fuzz.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "pcap.h"
#include "value.h"

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void read_capture(const u8 *data, size_t len)
{
	const u8 *packet = NULL;
	struct pcap pcap;
	u32 packet_len = 0;
	size_t sum = 0;
	int more;

	if (pcap_open(data, len, &pcap, NULL) != 0)
		return;
	while ((more = pcap_next(&pcap, &packet, &packet_len, NULL)) > 0) {
		check(packet >= data && packet + packet_len <= data + len);
		sum += packet_len;
		check(sum <= len);
	}
	check(more == 0 || more == ERR_NOEXEC);
}

static void read_value(const char *text)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 4, 7, 8, 9, 16, 20 };

	for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
		u8 *place = mem_zalloc(sizes[i]); /* exactly as long as it is */
		const char *why;

		if (place == NULL)
			return;
		why = value_parse(text, place, sizes[i]);
		check(why == NULL || strlen(why) > 0);
		mem_free(place);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	char *text = mem_zalloc(len + 1);

	if (text == NULL)
		return 0;
	if (len > 0)
		memcpy(text, data, len);
	read_value(text);
	mem_free(text);
	read_capture(data, len);
	return 0;
}
