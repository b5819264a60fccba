// SPDX-License-Identifier: MIT
// A function that ends without a value.
#include "bpf_helpers.h"

SEC("bind")
__attribute__((naked)) int RegUninit(bind_md_t *ctx)
{
	asm volatile("exit"); // HERE
}
