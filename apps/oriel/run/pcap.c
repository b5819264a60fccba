/* SPDX-License-Identifier: MIT */
#include "pcap.h"

#define MAGIC_MICRO 0xa1b2c3d4u
#define MAGIC_NANO  0xa1b23c4du
#define PCAPNG	    0x0a0d0d0au

enum { HEADER_SIZE = 24, HEADER_LINK = 20, RECORD_SIZE = 16, RECORD_LEN = 8 };

static u32 load32(const struct pcap *pcap, size_t at)
{
	const u8 *p = pcap->bytes + at;

	if (pcap->is_big_endian)
		return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
	return (u32)p[3] << 24 | (u32)p[2] << 16 | (u32)p[1] << 8 | p[0];
}

static bool is_magic(u32 magic)
{
	return magic == MAGIC_MICRO || magic == MAGIC_NANO;
}

int pcap_open(const u8 *bytes, size_t len, struct pcap *ret_pcap, struct error *err)
{
	struct pcap pcap = { .bytes = bytes, .len = len, .at = HEADER_SIZE };
	u32 link;

	if (len >= 4 && load32(&pcap, 0) == PCAPNG)
		return error_set(err, ERR_NOEXEC,
				 "this is pcapng; 'editcap -F pcap' of Wireshark converts it");
	if (len < HEADER_SIZE)
		return error_set(err, ERR_NOEXEC, "%zu bytes are too short for a capture", len);
	if (!is_magic(load32(&pcap, 0))) {
		pcap.is_big_endian = true;
		if (!is_magic(load32(&pcap, 0)))
			return error_set(err, ERR_NOEXEC, "this is not a capture in pcap format");
	}
	/* Above the 28 bits is what the link does at the end of a frame. */
	link = load32(&pcap, HEADER_LINK) & 0xfffffff;
	if (link != PCAP_ETHERNET)
		return error_set(err, ERR_NOEXEC,
				 "the capture is of link type %u, only 1 (Ethernet) is known",
				 link);
	*ret_pcap = pcap;
	return 0;
}

int pcap_next(struct pcap *pcap, const u8 **ret_packet, u32 *ret_len, struct error *err)
{
	size_t left = pcap->len - pcap->at;
	u32 len;

	if (left == 0)
		return 0;
	if (left < RECORD_SIZE)
		return error_set(err, ERR_NOEXEC, "packet %u: its header ends with the file",
				 pcap->count + 1);
	len = load32(pcap, pcap->at + RECORD_LEN);
	if (len > left - RECORD_SIZE)
		return error_set(err, ERR_NOEXEC, "packet %u: %u bytes, %zu are left in the file",
				 pcap->count + 1, len, left - RECORD_SIZE);
	pcap->count++;
	*ret_packet = pcap->bytes + pcap->at + RECORD_SIZE;
	*ret_len = len;
	pcap->at += RECORD_SIZE + len;
	return 1;
}
