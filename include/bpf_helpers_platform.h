/* SPDX-License-Identifier: MIT */
/* Types by which programs that are also built for Linux name their integers. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A map of the legacy section is passed to helpers by its declaration. */
#define bpf_map _ebpf_map_definition_in_file

typedef int8_t __s8;
typedef int16_t __s16;
typedef int32_t __s32;
typedef uint8_t __u8;
typedef uint16_t __u16;
typedef uint32_t __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef uint16_t __be16;
typedef uint32_t __be32;
typedef uint32_t __wsum;
