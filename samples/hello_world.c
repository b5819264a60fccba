/* SPDX-License-Identifier: MIT */
/* The smallest useful program: it prints a line whenever a socket binds to a port.
 *
 *     oriel cc samples/hello_world.c
 *     oriel run hello_world.o */
#include "bpf_helpers.h"

SEC("bind")
bind_action_t HelloWorld(bind_md_t *ctx)
{
	(void)ctx;
	bpf_printk("Hello World!");
	return BIND_PERMIT_SOFT;
}
