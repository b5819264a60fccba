/* SPDX-License-Identifier: MIT */
/* Functions that call functions.
 *
 * Teaches: what becomes of C's functions. An inlined one is part of its caller. One that is not is
 * a subprogram: it gets a stack frame of its own (512 bytes; at most eight frames deep, and no
 * recursion), takes up to five arguments and may get pointers into its caller's frame. A static
 * subprogram is verified along with its callers. A global one is verified once, for any arguments
 * that its types allow, so it cannot rely on what a caller made sure of. Behind the program the
 * disassembler shows its four subprograms:
 *
 *     oriel disasm subprograms.o */
#include "bpf_endian.h"
#include "bpf_helpers.h"
#include "net/ip.h"

struct request {
	uint64_t process;
	uint16_t port;
	uint8_t protocol;
};

/* Inlined: no call is left of it. */
static __always_inline bool is_privileged(uint16_t port)
{
	return port < 1024;
}

/* The third level, static. */
static __noinline uint32_t port_risk(uint16_t port, uint8_t protocol)
{
	uint32_t risk = is_privileged(port) ? 50 : 10;

	return protocol == IPPROTO_UDP ? risk / 2 : risk;
}

/* Also the third level. */
static __noinline uint32_t process_risk(uint64_t process)
{
	return process < 100 ? 0 : 30; /* the system's own come first */
}

/* The second level, static: reads its caller's frame. */
static __noinline uint32_t rate(const struct request *request)
{
	return port_risk(request->port, request->protocol) + process_risk(request->process);
}

/* Global: anyone may call it, so it takes plain numbers and believes none. */
__noinline uint32_t limited(uint32_t value, uint32_t most)
{
	return value < most ? value : most;
}

SEC("bind")
bind_action_t RateBind(bind_md_t *ctx)
{
	struct request request = { .process = ctx->process_id, .protocol = ctx->protocol };
	uint16_t port;
	uint32_t risk;

	if (ctx->operation != BIND_OPERATION_BIND)
		return BIND_PERMIT_SOFT;
	/* The address as Winsock has it: two bytes of family, then the port. */
	memcpy(&port, ctx->socket_address + 2, sizeof(port));
	request.port = bpf_ntohs(port);
	risk = limited(rate(&request), 75);
	bpf_printk("process %llu, port %u: risk %u", request.process, request.port, risk);
	return risk > 70 ? BIND_DENY : BIND_PERMIT_SOFT;
}
