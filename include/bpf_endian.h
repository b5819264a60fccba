/* SPDX-License-Identifier: MIT */
/* Byte order for programs. A constant is swapped by the compiler, anything else by one instruction.
 */
#pragma once

#include <stdint.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define bpf_htons(x)	   ((uint16_t)__builtin_bswap16((uint16_t)(x)))
#define bpf_htonl(x)	   ((uint32_t)__builtin_bswap32((uint32_t)(x)))
#define bpf_cpu_to_be64(x) ((uint64_t)__builtin_bswap64((uint64_t)(x)))
#else
#define bpf_htons(x)	   ((uint16_t)(x))
#define bpf_htonl(x)	   ((uint32_t)(x))
#define bpf_cpu_to_be64(x) ((uint64_t)(x))
#endif
#define bpf_ntohs(x)	   bpf_htons(x)
#define bpf_ntohl(x)	   bpf_htonl(x)
#define bpf_be64_to_cpu(x) bpf_cpu_to_be64(x)

#define __bpf_htons(x)		      bpf_htons(x)
#define __bpf_ntohs(x)		      bpf_ntohs(x)
#define __bpf_htonl(x)		      bpf_htonl(x)
#define __bpf_ntohl(x)		      bpf_ntohl(x)
#define __bpf_cpu_to_be64(x)	      bpf_cpu_to_be64(x)
#define __bpf_be64_to_cpu(x)	      bpf_be64_to_cpu(x)
#define __bpf_constant_htons(x)	      bpf_htons(x)
#define __bpf_constant_ntohs(x)	      bpf_ntohs(x)
#define __bpf_constant_htonl(x)	      bpf_htonl(x)
#define __bpf_constant_ntohl(x)	      bpf_ntohl(x)
#define __bpf_constant_cpu_to_be64(x) bpf_cpu_to_be64(x)
#define __bpf_constant_be64_to_cpu(x) bpf_be64_to_cpu(x)

#ifndef htons
#define htons(x) bpf_htons(x)
#define ntohs(x) bpf_ntohs(x)
#endif
#ifndef htonl
#define htonl(x) bpf_htonl(x)
#define ntohl(x) bpf_ntohl(x)
#endif
