/* SPDX-License-Identifier: MIT */
/* Byte order for programs of the Windows dialect. */
#pragma once

#include <stdint.h>

#include <oriel/bpf/endian.h>

#ifndef htons
#define htons(x) bpf_htons(x)
#define ntohs(x) bpf_ntohs(x)
#endif
#ifndef htonl
#define htonl(x) bpf_htonl(x)
#define ntohl(x) bpf_ntohl(x)
#endif
