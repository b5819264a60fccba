/* SPDX-License-Identifier: MIT */
/* Programs in the running kernel. Apart, as linux/bpf.h has other things by our names. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Loads all programs of an object; false: the kernel does not do that for us. */
bool kernel_open(const char *path);
void kernel_close(void);
/* A test run of one; 0 or below. */
int kernel_run(const char *name, const void *in, uint32_t len, void *out, uint32_t cap,
	       uint32_t *ret_result, uint32_t *ret_len);
