/* SPDX-License-Identifier: MIT */
/* What the program headers of both dialects stand on: how a helper is declared for each compiler,
 * and the mark that tells tools which dialect's numbers an object file uses. */
#pragma once

/* A call of a helper must become one instruction with the helper's number. clang does that with a
 * call through a constant pointer whose value is the number, and so does gcc from 13 on; gcc 12 has
 * an attribute for it. */
#if defined(__clang__) || !defined(__BPF__) || __GNUC__ > 12
#define ORIEL_HELPER(ret, name, args, id) \
	static ret(*const name) args __attribute__((unused)) = (ret(*) args)(__UINTPTR_TYPE__)(id)
#else
#define ORIEL_HELPER(ret, name, args, id) extern ret name args __attribute__((kernel_helper(id)))
#endif

/* The mark is a string in a section of its own, so it takes no room in any program's section. */
#ifdef __BPF__
#define ORIEL_DIALECT_MARK(name) \
	static const char oriel_dialect[] __attribute__((section(".oriel.dialect"), used)) = (name)
#else
#define ORIEL_DIALECT_MARK(name) struct oriel_dialect
#endif
