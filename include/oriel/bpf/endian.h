/* SPDX-License-Identifier: MIT */
/* Byte order for programs of both dialects. A constant is swapped by the compiler, anything else by
 * one instruction, so there is one form for both. */
#pragma once

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define bpf_htons(x)	   ((__UINT16_TYPE__)__builtin_bswap16((__UINT16_TYPE__)(x)))
#define bpf_htonl(x)	   ((__UINT32_TYPE__)__builtin_bswap32((__UINT32_TYPE__)(x)))
#define bpf_cpu_to_be64(x) ((__UINT64_TYPE__)__builtin_bswap64((__UINT64_TYPE__)(x)))
#else
#define bpf_htons(x)	   ((__UINT16_TYPE__)(x))
#define bpf_htonl(x)	   ((__UINT32_TYPE__)(x))
#define bpf_cpu_to_be64(x) ((__UINT64_TYPE__)(x))
#endif
#define bpf_ntohs(x)	   bpf_htons(x)
#define bpf_ntohl(x)	   bpf_htonl(x)
#define bpf_be64_to_cpu(x) bpf_cpu_to_be64(x)

/* Older programs choose the form themselves. */
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
