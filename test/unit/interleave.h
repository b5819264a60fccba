/* SPDX-License-Identifier: MIT */
/* Two pieces of code as coroutines, which change places before the n-th, then the m-th, then the
 * k-th atomic access, for all n, m and k. Included before anything that has atomic accesses, which
 * are steps from then on; what runs them is in interleave_run.h. */
#pragma once

#include <ucontext.h>

#include "base/compiler.h"

static void step(void);

/* A macro is not expanded inside itself. */
#define __atomic_load_n(p, order)	    (step(), __atomic_load_n(p, order))
#define __atomic_store_n(p, v, order)	    (step(), __atomic_store_n(p, v, order))
#define __atomic_exchange_n(p, v, order)    (step(), __atomic_exchange_n(p, v, order))
#define __atomic_fetch_add(p, v, order)	    (step(), __atomic_fetch_add(p, v, order))
#define __atomic_compare_exchange_n(p, ...) (step(), __atomic_compare_exchange_n(p, __VA_ARGS__))
#define os_relax			    wait_for_the_other

static void wait_for_the_other(u32 round);
