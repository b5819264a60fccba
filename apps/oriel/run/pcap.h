/* SPDX-License-Identifier: MIT */
/* Packets of a capture file, in the format of libpcap (not pcapng). */
#pragma once

#include "base/compiler.h"
#include "base/error.h"

struct pcap {
	const u8 *bytes;
	size_t len, at;
	bool is_big_endian;
	u32 count; /* packets that have been read */
};

#define PCAP_ETHERNET 1

/* bytes outlive it. ERR_NOEXEC: this is no capture, or one of another kind of network. */
int pcap_open(const u8 *bytes, size_t len, struct pcap *ret_pcap, struct error *err) MUST_CHECK;
/* 1 and the next packet (as much of it as was captured), 0 at the end, ERR_NOEXEC for damage. */
int pcap_next(struct pcap *pcap, const u8 **ret_packet, u32 *ret_len, struct error *err) MUST_CHECK;
