/* SPDX-License-Identifier: MIT */
/* Externs of the Linux dialect for test/unit/load.c: values of a kernel's configuration and symbols
 * of a kernel, weak ones and others. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern int LINUX_KERNEL_VERSION __kconfig;
extern _Bool LINUX_HAS_SYSCALL_WRAPPER __kconfig __weak;
extern unsigned long CONFIG_ABSENT __kconfig __weak;
extern const char CONFIG_NAME[] __kconfig __weak;
extern int CONFIG_HZ __kconfig;
extern const int absent_symbol __ksym __weak;

SEC("xdp")
int version(struct xdp_md *ctx)
{
	(void)ctx;
	if (CONFIG_ABSENT != 0 || CONFIG_NAME[0] != 0 || !LINUX_HAS_SYSCALL_WRAPPER)
		return 1;
	if (&absent_symbol != 0)
		return 2;
	return LINUX_KERNEL_VERSION;
}

SEC("xdp")
int ticks(struct xdp_md *ctx)
{
	(void)ctx;
	return CONFIG_HZ;
}

SEC("xdp")
int writes(struct xdp_md *ctx)
{
	(void)ctx;
	*(volatile int *)&LINUX_KERNEL_VERSION = 1;
	return 0;
}
