/* SPDX-License-Identifier: MIT */
/* Functions for code of the module ABI that call one of the host's. The compiler's own save xmm6 to
 * xmm15 for their caller, as the host's functions may change those, which takes longer than a small
 * helper; the lean ones here do not. They are for modules of which no function counts on these
 * registers (image/unwind.c). */
#pragma once

#include "base/compiler.h"

#if MODULE_ABI_DIFFERS

typedef MODULE_ABI u64 module_impl(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, void *ctx);

/* name and target are symbols; target has six arguments. rdi and rsi are the caller's. */
#define MODULE_LEAN(name, target) MODULE_LEAN_(#name, #target)
/* clang-format off */
#define MODULE_LEAN_(name, target)                        \
	__asm__(".pushsection .text\n"                    \
		".p2align 4\n"                            \
		".globl " name "\n"                       \
		".hidden " name "\n"                      \
		".type " name ", @function\n"             \
		name ":\n"                                \
		".cfi_startproc\n"                        \
		"\tpushq %rdi\n"                          \
		".cfi_adjust_cfa_offset 8\n"              \
		".cfi_rel_offset %rdi, 0\n"               \
		"\tpushq %rsi\n"                          \
		".cfi_adjust_cfa_offset 8\n"              \
		".cfi_rel_offset %rsi, 0\n"               \
		"\tsubq $8, %rsp\n"                       \
		".cfi_adjust_cfa_offset 8\n"              \
		"\tmovq %rcx, %rdi\n"                     \
		"\tmovq %rdx, %rsi\n"                     \
		"\tmovq %r8, %rdx\n"                      \
		"\tmovq %r9, %rcx\n"                      \
		"\tmovq 64(%rsp), %r8\n"                  \
		"\tmovq 72(%rsp), %r9\n"                  \
		"\tcall " target "\n"                     \
		"\taddq $8, %rsp\n"                       \
		".cfi_adjust_cfa_offset -8\n"             \
		"\tpopq %rsi\n"                           \
		".cfi_adjust_cfa_offset -8\n"             \
		".cfi_restore %rsi\n"                     \
		"\tpopq %rdi\n"                           \
		".cfi_adjust_cfa_offset -8\n"             \
		".cfi_restore %rdi\n"                     \
		"\tret\n"                                 \
		".cfi_endproc\n"                          \
		".size " name ", . - " name "\n"          \
		".popsection\n");
/* clang-format on */

/* Behind a call of code that may call lean functions: the compiler takes those registers for kept.
 */
#define MODULE_ABI_LOSES_VECTORS()                                                            \
	__asm__ volatile("" ::                                                                \
				 : "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", \
				   "xmm13", "xmm14", "xmm15")

#else

#define MODULE_ABI_LOSES_VECTORS() ((void)0)

#endif
