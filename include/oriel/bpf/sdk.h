/* SPDX-License-Identifier: MIT */
/* What the program headers of both dialects stand on: how a helper is declared for each compiler,
 * and the mark that tells tools which dialect's numbers an object file uses. */
#pragma once

/* A call of a helper must become one instruction with the helper's number. clang does that with a
 * call through a constant pointer whose value is the number; gcc has an attribute for it. */
#if defined(__has_attribute)
#if __has_attribute(kernel_helper)
#define ORIEL_HELPER(ret, name, args, id) extern ret name args __attribute__((kernel_helper(id)))
#endif
#endif
#ifndef ORIEL_HELPER
#define ORIEL_HELPER(ret, name, args, id) \
	static ret(*const name) args __attribute__((unused)) = (ret(*) args)(__UINTPTR_TYPE__)(id)
#endif

/* The mark is a string in a section of its own, so it takes no room in any program's section. */
#ifdef __BPF__
#define ORIEL_DIALECT_MARK(name) \
	static const char oriel_dialect[] __attribute__((section(".oriel.dialect"), used)) = (name)
#else
#define ORIEL_DIALECT_MARK(name) struct oriel_sdk_mark
#endif
