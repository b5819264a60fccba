/* SPDX-License-Identifier: MIT */
/* Arguments of traced functions, by the names that libbpf gave the macros: PT_REGS_* read the
 * registers at a probe; BPF_PROG, BPF_KPROBE and their kin let a program be written with the traced
 * function's own parameters. */
#pragma once

#include <bpf/bpf_helpers.h>
#include <oriel/bpf/target_arch.h>

/* --- registers --- */

/* Per machine: the structure, and the fields that hold arguments, return address, frame pointer,
 * result, stack pointer and program counter; system calls where they differ. A vmlinux.h has the
 * kernel's own names. */
#if defined(__TARGET_ARCH_x86)
#define ORIEL_REGS struct pt_regs
#if defined(__VMLINUX_H__) || defined(__KERNEL__)
#define ORIEL_REG_PARM1 di
#define ORIEL_REG_PARM2 si
#define ORIEL_REG_PARM3 dx
#define ORIEL_REG_PARM4 cx
#define ORIEL_REG_RET	sp
#define ORIEL_REG_FP	bp
#define ORIEL_REG_RC	ax
#define ORIEL_REG_SP	sp
#define ORIEL_REG_IP	ip
#else
#define ORIEL_REG_PARM1 rdi
#define ORIEL_REG_PARM2 rsi
#define ORIEL_REG_PARM3 rdx
#define ORIEL_REG_PARM4 rcx
#define ORIEL_REG_RET	rsp
#define ORIEL_REG_FP	rbp
#define ORIEL_REG_RC	rax
#define ORIEL_REG_SP	rsp
#define ORIEL_REG_IP	rip
#endif
#define ORIEL_REG_PARM5 r8
#define ORIEL_REG_PARM6 r9
/* A system call's instruction overwrites rcx. */
#define ORIEL_REG_SYSCALL_PARM4 r10
#define ORIEL_REG_RET_ON_STACK	1

#elif defined(__TARGET_ARCH_arm64)
#define ORIEL_REGS		  struct user_pt_regs
#define ORIEL_REG_PARM1		  regs[0]
#define ORIEL_REG_PARM2		  regs[1]
#define ORIEL_REG_PARM3		  regs[2]
#define ORIEL_REG_PARM4		  regs[3]
#define ORIEL_REG_PARM5		  regs[4]
#define ORIEL_REG_PARM6		  regs[5]
#define ORIEL_REG_PARM7		  regs[6]
#define ORIEL_REG_PARM8		  regs[7]
#define ORIEL_REG_RET		  regs[30]
#define ORIEL_REG_FP		  regs[29]
#define ORIEL_REG_RC		  regs[0]
#define ORIEL_REG_SP		  sp
#define ORIEL_REG_IP		  pc
/* The result of the call takes the first argument's register; the kernel keeps a copy. */
struct pt_regs___arm64 {
	unsigned long orig_x0;
} __attribute__((preserve_access_index));
#define ORIEL_SYSCALL_PARM1(regs) (((const struct pt_regs___arm64 *)(regs))->orig_x0)
#define ORIEL_SYSCALL_PARM1_CORE(regs) \
	BPF_CORE_READ((const struct pt_regs___arm64 *)(regs), orig_x0)

#elif defined(__TARGET_ARCH_riscv)
#define ORIEL_REGS		  struct user_regs_struct
#define ORIEL_REG_PARM1		  a0
#define ORIEL_REG_PARM2		  a1
#define ORIEL_REG_PARM3		  a2
#define ORIEL_REG_PARM4		  a3
#define ORIEL_REG_PARM5		  a4
#define ORIEL_REG_PARM6		  a5
#define ORIEL_REG_PARM7		  a6
#define ORIEL_REG_PARM8		  a7
#define ORIEL_REG_RET		  ra
#define ORIEL_REG_FP		  s0
#define ORIEL_REG_RC		  a0
#define ORIEL_REG_SP		  sp
#define ORIEL_REG_IP		  pc
struct pt_regs___riscv {
	unsigned long orig_a0;
} __attribute__((preserve_access_index));
#define ORIEL_SYSCALL_PARM1(regs) (((const struct pt_regs___riscv *)(regs))->orig_a0)
#define ORIEL_SYSCALL_PARM1_CORE(regs) \
	BPF_CORE_READ((const struct pt_regs___riscv *)(regs), orig_a0)
#endif

#ifdef ORIEL_REGS
/* A pointer at registers of the kernel's, as a helper's argument. */
struct pt_regs;
#define ORIEL_REG(regs, name)	   (((const ORIEL_REGS *)(regs))->name)
#define ORIEL_REG_CORE(regs, name) BPF_CORE_READ((ORIEL_REGS *)(regs), name)
#define ORIEL_REG_NONE(what)                                                     \
	({                                                                       \
		_Static_assert(0, what ": this machine passes it on the stack"); \
		0UL;                                                             \
	})
#else
/* No machine known: only programs that ask are refused. */
#define ORIEL_REG_NONE(what)                                                              \
	({                                                                                \
		_Static_assert(0, what ": say which machine, with -D__TARGET_ARCH_x86, "  \
				       "-D__TARGET_ARCH_arm64 or -D__TARGET_ARCH_riscv"); \
		0UL;                                                                      \
	})
#define ORIEL_REG(regs, name)	   ORIEL_REG_NONE("PT_REGS")
#define ORIEL_REG_CORE(regs, name) ORIEL_REG_NONE("PT_REGS")
#endif

#define PT_REGS_PARM1(x)      ORIEL_REG(x, ORIEL_REG_PARM1)
#define PT_REGS_PARM2(x)      ORIEL_REG(x, ORIEL_REG_PARM2)
#define PT_REGS_PARM3(x)      ORIEL_REG(x, ORIEL_REG_PARM3)
#define PT_REGS_PARM4(x)      ORIEL_REG(x, ORIEL_REG_PARM4)
#define PT_REGS_PARM5(x)      ORIEL_REG(x, ORIEL_REG_PARM5)
#define PT_REGS_PARM6(x)      ORIEL_REG(x, ORIEL_REG_PARM6)
#define PT_REGS_PARM1_CORE(x) ORIEL_REG_CORE(x, ORIEL_REG_PARM1)
#define PT_REGS_PARM2_CORE(x) ORIEL_REG_CORE(x, ORIEL_REG_PARM2)
#define PT_REGS_PARM3_CORE(x) ORIEL_REG_CORE(x, ORIEL_REG_PARM3)
#define PT_REGS_PARM4_CORE(x) ORIEL_REG_CORE(x, ORIEL_REG_PARM4)
#define PT_REGS_PARM5_CORE(x) ORIEL_REG_CORE(x, ORIEL_REG_PARM5)
#define PT_REGS_PARM6_CORE(x) ORIEL_REG_CORE(x, ORIEL_REG_PARM6)
#ifdef ORIEL_REG_PARM7
#define PT_REGS_PARM7(x)      ORIEL_REG(x, ORIEL_REG_PARM7)
#define PT_REGS_PARM8(x)      ORIEL_REG(x, ORIEL_REG_PARM8)
#define PT_REGS_PARM7_CORE(x) ORIEL_REG_CORE(x, ORIEL_REG_PARM7)
#define PT_REGS_PARM8_CORE(x) ORIEL_REG_CORE(x, ORIEL_REG_PARM8)
#else
#define PT_REGS_PARM7(x)      ORIEL_REG_NONE("PT_REGS_PARM7")
#define PT_REGS_PARM8(x)      ORIEL_REG_NONE("PT_REGS_PARM8")
#define PT_REGS_PARM7_CORE(x) ORIEL_REG_NONE("PT_REGS_PARM7")
#define PT_REGS_PARM8_CORE(x) ORIEL_REG_NONE("PT_REGS_PARM8")
#endif

#define PT_REGS_RET(x)	    ORIEL_REG(x, ORIEL_REG_RET)
#define PT_REGS_FP(x)	    ORIEL_REG(x, ORIEL_REG_FP)
#define PT_REGS_RC(x)	    ORIEL_REG(x, ORIEL_REG_RC)
#define PT_REGS_SP(x)	    ORIEL_REG(x, ORIEL_REG_SP)
#define PT_REGS_IP(x)	    ORIEL_REG(x, ORIEL_REG_IP)
#define PT_REGS_RET_CORE(x) ORIEL_REG_CORE(x, ORIEL_REG_RET)
#define PT_REGS_FP_CORE(x)  ORIEL_REG_CORE(x, ORIEL_REG_FP)
#define PT_REGS_RC_CORE(x)  ORIEL_REG_CORE(x, ORIEL_REG_RC)
#define PT_REGS_SP_CORE(x)  ORIEL_REG_CORE(x, ORIEL_REG_SP)
#define PT_REGS_IP_CORE(x)  ORIEL_REG_CORE(x, ORIEL_REG_IP)

/* Arguments of a system call, from the registers that PT_REGS_SYSCALL_REGS finds: these machines'
 * kernels hand them to the call's function as its only argument. */
#define PT_REGS_SYSCALL_REGS(ctx) ((struct pt_regs *)PT_REGS_PARM1(ctx))
#ifdef ORIEL_SYSCALL_PARM1
#define PT_REGS_PARM1_SYSCALL(x)      ORIEL_SYSCALL_PARM1(x)
#define PT_REGS_PARM1_CORE_SYSCALL(x) ORIEL_SYSCALL_PARM1_CORE(x)
#else
#define PT_REGS_PARM1_SYSCALL(x)      PT_REGS_PARM1(x)
#define PT_REGS_PARM1_CORE_SYSCALL(x) PT_REGS_PARM1_CORE(x)
#endif
#define PT_REGS_PARM2_SYSCALL(x)      PT_REGS_PARM2(x)
#define PT_REGS_PARM2_CORE_SYSCALL(x) PT_REGS_PARM2_CORE(x)
#define PT_REGS_PARM3_SYSCALL(x)      PT_REGS_PARM3(x)
#define PT_REGS_PARM3_CORE_SYSCALL(x) PT_REGS_PARM3_CORE(x)
#ifdef ORIEL_REG_SYSCALL_PARM4
#define PT_REGS_PARM4_SYSCALL(x)      ORIEL_REG(x, ORIEL_REG_SYSCALL_PARM4)
#define PT_REGS_PARM4_CORE_SYSCALL(x) ORIEL_REG_CORE(x, ORIEL_REG_SYSCALL_PARM4)
#else
#define PT_REGS_PARM4_SYSCALL(x)      PT_REGS_PARM4(x)
#define PT_REGS_PARM4_CORE_SYSCALL(x) PT_REGS_PARM4_CORE(x)
#endif
#define PT_REGS_PARM5_SYSCALL(x)      PT_REGS_PARM5(x)
#define PT_REGS_PARM5_CORE_SYSCALL(x) PT_REGS_PARM5_CORE(x)
#define PT_REGS_PARM6_SYSCALL(x)      PT_REGS_PARM6(x)
#define PT_REGS_PARM6_CORE_SYSCALL(x) PT_REGS_PARM6_CORE(x)

/* The caller of the function that a probe stands at the start, or the end, of. */
#ifdef ORIEL_REG_RET_ON_STACK
#define BPF_KPROBE_READ_RET_IP(ip, ctx) \
	bpf_probe_read_kernel(&(ip), sizeof(ip), (const void *)PT_REGS_RET(ctx))
#define BPF_KRETPROBE_READ_RET_IP(ip, ctx) \
	bpf_probe_read_kernel(&(ip), sizeof(ip), (const void *)(PT_REGS_FP(ctx) + sizeof(ip)))
#else
#define BPF_KPROBE_READ_RET_IP(ip, ctx)	   ((ip) = PT_REGS_RET(ctx))
#define BPF_KRETPROBE_READ_RET_IP(ip, ctx) ((ip) = PT_REGS_RET(ctx))
#endif

/* --- programs with the traced function's parameters --- */

/* A value becomes a parameter of any type; which one is not known here, and integers and pointers
 * do not convert silently. */
#define ORIEL_CONVERT_BEGIN \
	_Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wint-conversion\"")
#define ORIEL_CONVERT_END _Pragma("GCC diagnostic pop")

/* Two functions: `name` gets the context and is the program; it calls the one whose body the user
 * writes with the values that the array macro VALUES makes of the context. */
#define ORIEL_PROGRAM_BODY(name, ctx_type, params...)                            \
	static __always_inline __typeof__(name((ctx_type)0)) oriel_typed_##name( \
		ctx_type ctx __attribute__((unused)), ##params)
#define ORIEL_PROGRAM(name, ctx_type, VALUES, params...)                              \
	name(ctx_type ctx);                                                           \
	ORIEL_PROGRAM_BODY(name, ctx_type, ##params);                                 \
	__typeof__(name((ctx_type)0)) name(ctx_type ctx)                              \
	{                                                                             \
		ORIEL_CONVERT_BEGIN                                                   \
		return oriel_typed_##name(ctx ORIEL_BY_COUNT(VALUES, ##params)(ctx)); \
		ORIEL_CONVERT_END                                                     \
	}                                                                             \
	ORIEL_PROGRAM_BODY(name, ctx_type, ##params)

/* Programs whose context is an array of 64-bit values. */
#define ORIEL_SLOTS0(ctx)
#define ORIEL_SLOTS1(ctx)	  , (void *)(ctx)[0]
#define ORIEL_SLOTS2(ctx)	  ORIEL_SLOTS1(ctx), (void *)(ctx)[1]
#define ORIEL_SLOTS3(ctx)	  ORIEL_SLOTS2(ctx), (void *)(ctx)[2]
#define ORIEL_SLOTS4(ctx)	  ORIEL_SLOTS3(ctx), (void *)(ctx)[3]
#define ORIEL_SLOTS5(ctx)	  ORIEL_SLOTS4(ctx), (void *)(ctx)[4]
#define ORIEL_SLOTS6(ctx)	  ORIEL_SLOTS5(ctx), (void *)(ctx)[5]
#define ORIEL_SLOTS7(ctx)	  ORIEL_SLOTS6(ctx), (void *)(ctx)[6]
#define ORIEL_SLOTS8(ctx)	  ORIEL_SLOTS7(ctx), (void *)(ctx)[7]
#define ORIEL_SLOTS9(ctx)	  ORIEL_SLOTS8(ctx), (void *)(ctx)[8]
#define ORIEL_SLOTS10(ctx)	  ORIEL_SLOTS9(ctx), (void *)(ctx)[9]
#define ORIEL_SLOTS11(ctx)	  ORIEL_SLOTS10(ctx), (void *)(ctx)[10]
#define ORIEL_SLOTS12(ctx)	  ORIEL_SLOTS11(ctx), (void *)(ctx)[11]
#define BPF_PROG(name, params...) ORIEL_PROGRAM(name, unsigned long long *, ORIEL_SLOTS, ##params)

/* Probes, whose context is the registers. */
#define ORIEL_PARMS0(ctx)
#define ORIEL_PARMS1(ctx)	    , (void *)PT_REGS_PARM1(ctx)
#define ORIEL_PARMS2(ctx)	    ORIEL_PARMS1(ctx), (void *)PT_REGS_PARM2(ctx)
#define ORIEL_PARMS3(ctx)	    ORIEL_PARMS2(ctx), (void *)PT_REGS_PARM3(ctx)
#define ORIEL_PARMS4(ctx)	    ORIEL_PARMS3(ctx), (void *)PT_REGS_PARM4(ctx)
#define ORIEL_PARMS5(ctx)	    ORIEL_PARMS4(ctx), (void *)PT_REGS_PARM5(ctx)
#define ORIEL_PARMS6(ctx)	    ORIEL_PARMS5(ctx), (void *)PT_REGS_PARM6(ctx)
#define ORIEL_PARMS7(ctx)	    ORIEL_PARMS6(ctx), (void *)PT_REGS_PARM7(ctx)
#define ORIEL_PARMS8(ctx)	    ORIEL_PARMS7(ctx), (void *)PT_REGS_PARM8(ctx)
#define BPF_KPROBE(name, params...) ORIEL_PROGRAM(name, struct pt_regs *, ORIEL_PARMS, ##params)
#define BPF_UPROBE(name, params...) BPF_KPROBE(name, ##params)

#define ORIEL_RESULT0(ctx)
#define ORIEL_RESULT1(ctx)	       , (void *)PT_REGS_RC(ctx)
#define BPF_KRETPROBE(name, params...) ORIEL_PROGRAM(name, struct pt_regs *, ORIEL_RESULT, ##params)
#define BPF_URETPROBE(name, params...) BPF_KRETPROBE(name, ##params)

/* System calls: with or without the kernel's wrapper, which the loader knows. With it the registers
 * are the kernel's memory and a helper reads them. */
#define ORIEL_SYSCALL_PARM(n, ctx)                                                   \
	(LINUX_HAS_SYSCALL_WRAPPER                                                   \
		 ? (void *)PT_REGS_PARM##n##_CORE_SYSCALL(PT_REGS_SYSCALL_REGS(ctx)) \
		 : (void *)PT_REGS_PARM##n##_SYSCALL(ctx))
#define ORIEL_SYSCALL0(ctx)
#define ORIEL_SYSCALL1(ctx) , ORIEL_SYSCALL_PARM(1, ctx)
#define ORIEL_SYSCALL2(ctx) ORIEL_SYSCALL1(ctx), ORIEL_SYSCALL_PARM(2, ctx)
#define ORIEL_SYSCALL3(ctx) ORIEL_SYSCALL2(ctx), ORIEL_SYSCALL_PARM(3, ctx)
#define ORIEL_SYSCALL4(ctx) ORIEL_SYSCALL3(ctx), ORIEL_SYSCALL_PARM(4, ctx)
#define ORIEL_SYSCALL5(ctx) ORIEL_SYSCALL4(ctx), ORIEL_SYSCALL_PARM(5, ctx)
#define ORIEL_SYSCALL6(ctx) ORIEL_SYSCALL5(ctx), ORIEL_SYSCALL_PARM(6, ctx)
extern _Bool LINUX_HAS_SYSCALL_WRAPPER __kconfig;
#define BPF_KSYSCALL(name, params...) ORIEL_PROGRAM(name, struct pt_regs *, ORIEL_SYSCALL, ##params)
#define BPF_KPROBE_SYSCALL	      BPF_KSYSCALL

/* BPF_PROG2(name, type, parameter, type, parameter ...): structures of up to 16 bytes count, which
 * take two of the context's values. */
#define ORIEL_WORDS(type) (sizeof(type) > 8 ? 2 : 1)
#define ORIEL_TAKE(type, ctx, at)                              \
	({                                                     \
		union {                                        \
			unsigned long long words[2];           \
			unsigned char c;                       \
			unsigned short s;                      \
			unsigned int i;                        \
			type value;                            \
		} oriel_u = { { (ctx)[at] } };                 \
		if (ORIEL_WORDS(type) > 1)                     \
			oriel_u.words[1] = (ctx)[(at) + 1];    \
		if (sizeof(type) == 4)                         \
			oriel_u.i = (unsigned int)(ctx)[at];   \
		else if (sizeof(type) == 2)                    \
			oriel_u.s = (unsigned short)(ctx)[at]; \
		else if (sizeof(type) == 1)                    \
			oriel_u.c = (unsigned char)(ctx)[at];  \
		oriel_u.value;                                 \
	})
#define ORIEL_PARAMS0()
#define ORIEL_PARAMS2(t, a)	  , t a
#define ORIEL_PARAMS4(t, a, ...)  , t a ORIEL_PARAMS2(__VA_ARGS__)
#define ORIEL_PARAMS6(t, a, ...)  , t a ORIEL_PARAMS4(__VA_ARGS__)
#define ORIEL_PARAMS8(t, a, ...)  , t a ORIEL_PARAMS6(__VA_ARGS__)
#define ORIEL_PARAMS10(t, a, ...) , t a ORIEL_PARAMS8(__VA_ARGS__)
#define ORIEL_PARAMS12(t, a, ...) , t a ORIEL_PARAMS10(__VA_ARGS__)
#define ORIEL_TAKE0(at)
#define ORIEL_TAKE2(at, t, a) , ORIEL_TAKE(t, ctx, at)
#define ORIEL_TAKE4(at, t, a, ...) \
	, ORIEL_TAKE(t, ctx, at) ORIEL_TAKE2(at + ORIEL_WORDS(t), __VA_ARGS__)
#define ORIEL_TAKE6(at, t, a, ...) \
	, ORIEL_TAKE(t, ctx, at) ORIEL_TAKE4(at + ORIEL_WORDS(t), __VA_ARGS__)
#define ORIEL_TAKE8(at, t, a, ...) \
	, ORIEL_TAKE(t, ctx, at) ORIEL_TAKE6(at + ORIEL_WORDS(t), __VA_ARGS__)
#define ORIEL_TAKE10(at, t, a, ...) \
	, ORIEL_TAKE(t, ctx, at) ORIEL_TAKE8(at + ORIEL_WORDS(t), __VA_ARGS__)
#define ORIEL_TAKE12(at, t, a, ...) \
	, ORIEL_TAKE(t, ctx, at) ORIEL_TAKE10(at + ORIEL_WORDS(t), __VA_ARGS__)
#define ORIEL_PROG2_HEAD(name, params...)                              \
	static __always_inline __typeof__(name(0)) oriel_typed_##name( \
		unsigned long long *ctx __attribute__((unused))        \
		ORIEL_BY_COUNT(ORIEL_PARAMS, ##params)(params))
#define BPF_PROG2(name, params...)                                                                \
	name(unsigned long long *ctx);                                                            \
	ORIEL_PROG2_HEAD(name, ##params);                                                         \
	__typeof__(name(0)) name(unsigned long long *ctx)                                         \
	{                                                                                         \
		return oriel_typed_##name(ctx ORIEL_BY_COUNT(ORIEL_TAKE, ##params)(0, ##params)); \
	}                                                                                         \
	ORIEL_PROG2_HEAD(name, ##params)
