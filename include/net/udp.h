/* SPDX-License-Identifier: MIT */
/* The UDP header, by the names of the Windows dialect. Numbers are in network byte order. */
#pragma once

#include <stdint.h>

typedef struct UDP_HEADER_ {
	uint16_t srcPort;
	uint16_t destPort;
	uint16_t length; /* header and data */
	uint16_t checksum;
} UDP_HEADER;
