/* SPDX-License-Identifier: MIT */
/* The TCP header, by the names of the Windows dialect. Numbers are in network byte order. */
#pragma once

#include <stdint.h>

struct tcphdr {
	uint16_t source;
	uint16_t dest;
	uint32_t seq;
	uint32_t ack_seq;
	/* Two bytes, the low bit of each first. */
	uint16_t ns : 1, reserved : 3, doff : 4;
	uint16_t fin : 1, syn : 1, rst : 1, psh : 1, ack : 1, urg : 1, ece : 1, cwr : 1;
	uint16_t window;
	uint16_t check;
	uint16_t urg_ptr;
} __attribute__((packed));

#ifndef FIELD_OFFSET
#define FIELD_OFFSET(type, field) ((long)__builtin_offsetof(type, field))
#endif
