/* SPDX-License-Identifier: MIT */
/* The Ethernet header, by the names of the Windows dialect and by Linux's. */
#pragma once

#include <stdint.h>

#define ETHERNET_TYPE_IPV4 0x0800
#define ETHERNET_TYPE_IPV6 0x86dd
#define ETH_P_IP	   ETHERNET_TYPE_IPV4
#define ETH_P_IPV6	   ETHERNET_TYPE_IPV6

typedef uint8_t mac_address_t[6];

/* Type and Length are in network byte order. */
typedef struct _ETHERNET_HEADER {
	uint8_t Destination[6];
	uint8_t Source[6];
	union {
		uint16_t Type;
		uint16_t Length;
	};
} ETHERNET_HEADER, *PETHERNET_HEADER;

#define ethhdr	_ETHERNET_HEADER
#define h_proto Type
