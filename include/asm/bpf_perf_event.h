/* SPDX-License-Identifier: MIT */
/* <asm/bpf_perf_event.h> for BPF targets: registers as the context. Any other target gets its own.
 */
#ifndef __BPF__
#include_next <asm/bpf_perf_event.h>
#else
#if __has_include(<asm-generic/bpf_perf_event.h>)
#include <asm-generic/bpf_perf_event.h>
#else
#include "/usr/include/asm-generic/bpf_perf_event.h"
#endif
#endif
