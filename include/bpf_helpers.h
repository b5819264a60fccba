/* SPDX-License-Identifier: MIT */
/* What a program of the Windows dialect includes: sections, map declarations, helpers and hooks.
 *
 *     struct {
 *             __uint(type, BPF_MAP_TYPE_ARRAY);
 *             __type(key, uint32_t);
 *             __type(value, uint64_t);
 *             __uint(max_entries, 1);
 *     } counter SEC(".maps");
 *
 *     SEC("bind")
 *     bind_action_t on_bind(bind_md_t *ctx) { ... }
 *
 * Compile with: clang -target bpf -O2 -g -I <this folder> -c program.c */
#pragma once

#include "bpf_helpers_platform.h"
#include "ebpf_structs.h"

#ifndef NULL
#define NULL ((void *)0)
#endif

#define SEC(name) __attribute__((section(name), used))

/* Fields of a map declaration. BTF carries the numbers as array lengths and the types as pointers.
 */
#define __uint(name, value)    int(*name)[value]
#define __type(name, type)     __typeof__(type) *name
#define __array(name, element) __typeof__(element) *name[]

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif
/* A function that an extension offers by name. */
#define __ksym __attribute__((section(".ksyms")))

#define bpf_map_def _ebpf_map_definition_in_file

#include "bpf_helper_defs.h"
#include "ebpf_nethooks.h"

/* Sources for both systems ask for this. */
#if defined(__BPF__) && !defined(_WIN32)
#define _WIN32
#endif
