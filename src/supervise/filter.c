/* SPDX-License-Identifier: MIT */
/* The filter in front of the system calls of all that is supervised. What a handler wants comes to
 * us; other doors to the same end are shut; everything else goes on at once. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "supervise/internal.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#error "the system calls of this architecture are not known"
#endif

#define X32_BIT 0x40000000u

/* The same of both families; linux/netfilter_ipv4.h does not go with netinet/in.h. */
#define SO_ORIGINAL_DST 80

/* SCTP binds and connects by options. */
#define SCTP_BINDX_ADD	  100
#define SCTP_BINDX_REM	  101
#define SCTP_CONNECTX_OLD 107
#define SCTP_CONNECTX	  110
#define SCTP_CONNECTX3	  111

struct program {
	struct sock_filter code[256];
	u16 len;
};

static void add(struct program *p, u16 code, u32 k, u8 yes, u8 no)
{
	p->code[p->len++] = (struct sock_filter){ code, yes, no, k };
}

static void load(struct program *p, size_t off)
{
	add(p, BPF_LD | BPF_W | BPF_ABS, (u32)off, 0, 0);
}

static void end(struct program *p, u32 action)
{
	add(p, BPF_RET | BPF_K, action, 0, 0);
}

static size_t arg_low(u32 arg)
{
	return offsetof(struct seccomp_data, args) + arg * sizeof(u64);
}

static void refuse(struct program *p, u32 nr, u32 error)
{
	add(p, BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1);
	end(p, SECCOMP_RET_ERRNO | error);
}

/* The accumulator has the number, before and after. */
static void notify(struct program *p, const struct handler *handler)
{
	switch (handler->when) {
	case HANDLE_ANY:
		add(p, BPF_JMP | BPF_JEQ | BPF_K, (u32)handler->nr, 0, 1);
		end(p, SECCOMP_RET_USER_NOTIF);
		return;
	case HANDLE_POINTER:
		add(p, BPF_JMP | BPF_JEQ | BPF_K, (u32)handler->nr, 0, 6);
		load(p, arg_low(handler->arg));
		add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2);
		load(p, arg_low(handler->arg) + sizeof(u32));
		add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
		break;
	case HANDLE_FLAG:
		add(p, BPF_JMP | BPF_JEQ | BPF_K, (u32)handler->nr, 0, 4);
		load(p, arg_low(handler->arg));
		add(p, BPF_JMP | BPF_JSET | BPF_K, handler->flag, 0, 1);
		break;
	case HANDLE_ORIGIN:
		add(p, BPF_JMP | BPF_JEQ | BPF_K, (u32)handler->nr, 0, 7);
		load(p, arg_low(2));
		add(p, BPF_JMP | BPF_JEQ | BPF_K, SO_ORIGINAL_DST, 0, 4);
		load(p, arg_low(1));
		add(p, BPF_JMP | BPF_JEQ | BPF_K, SOL_IP, 1, 0);
		add(p, BPF_JMP | BPF_JEQ | BPF_K, SOL_IPV6, 0, 1);
		break;
	}
	end(p, SECCOMP_RET_USER_NOTIF);
	load(p, offsetof(struct seccomp_data, nr));
}

static void refuse_sctp(struct program *p)
{
	static const u32 options[] = { SCTP_BINDX_ADD, SCTP_BINDX_REM, SCTP_CONNECTX_OLD,
				       SCTP_CONNECTX, SCTP_CONNECTX3 };
	const u8 count = ARRAY_COUNT(options);

	add(p, BPF_JMP | BPF_JEQ | BPF_K, SYS_setsockopt, 0, (u8)(count + 5));
	load(p, arg_low(1));
	add(p, BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_SCTP, 0, (u8)(count + 2));
	load(p, arg_low(2));
	for (u8 i = 0; i < count; i++)
		add(p, BPF_JMP | BPF_JEQ | BPF_K, options[i], (u8)(count - 1 - i), i + 1 == count);
	end(p, SECCOMP_RET_ERRNO | EPERM);
	load(p, offsetof(struct seccomp_data, nr));
}

static void make(const struct server *server, struct program *p)
{
	load(p, offsetof(struct seccomp_data, arch));
	add(p, BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	end(p, SECCOMP_RET_ERRNO | ENOSYS);
	load(p, offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
	add(p, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
	end(p, SECCOMP_RET_ERRNO | ENOSYS);
#endif
	for (size_t i = 0; i < supervise_handler_count; i++)
		if ((server->wanted >> i & 1) != 0)
			notify(p, &supervise_handlers[i]);
	refuse(p, SYS_io_uring_setup, ENOSYS);
	refuse(p, SYS_io_uring_enter, ENOSYS);
	refuse(p, SYS_io_uring_register, ENOSYS);
	refuse_sctp(p);
	end(p, SECCOMP_RET_ALLOW);
}

int filter_install(const struct server *server)
{
	struct program p = { .len = 0 };
	struct sock_fprog prog = { .filter = p.code };
	unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
	long fd;

	make(server, &p);
	prog.len = p.len;
	if ((server->features & SUPERVISE_WAIT_KILLABLE) != 0)
		flags |= SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
	if (fd < 0 && errno == EACCES) {
		/* Without rights of its own whoever is filtered must not gain any. */
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
			return -errno;
		fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
	}
	return fd < 0 ? -errno : (int)fd;
}
