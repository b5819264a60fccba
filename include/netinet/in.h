/* SPDX-License-Identifier: MIT */
/* <netinet/in.h> for BPF targets. Any other target gets its own. */
#ifndef __BPF__
#include_next <netinet/in.h>
#elif !defined(ORIEL_NETINET_IN_H)
#define ORIEL_NETINET_IN_H

#include <stdint.h>
#include <sys/socket.h>
#include <linux/in.h>
#include <linux/in6.h>

typedef uint16_t in_port_t;
typedef uint32_t in_addr_t;

#ifndef htons
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define htons(x) ((uint16_t)__builtin_bswap16((uint16_t)(x)))
#define htonl(x) ((uint32_t)__builtin_bswap32((uint32_t)(x)))
#else
#define htons(x) ((uint16_t)(x))
#define htonl(x) ((uint32_t)(x))
#endif
#define ntohs(x) htons(x)
#define ntohl(x) htonl(x)
#endif

#endif
