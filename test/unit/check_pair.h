/* SPDX-License-Identifier: MIT */
/* Two states, for tests of whether one includes the other. */
#pragma once

#include "check/state.h"

#include "tap.h"

struct fixture {
	struct state *a, *b;
	struct state_map *map;
};

static inline bool fixture_init(struct fixture *f)
{
	f->a = mem_zalloc(sizeof(*f->a));
	f->b = mem_zalloc(sizeof(*f->b));
	f->map = mem_zalloc(sizeof(*f->map));
	if (f->a == NULL || f->b == NULL || f->map == NULL)
		return false;
	state_init(f->a);
	state_init(f->b);
	return true;
}

static inline void fixture_fini(struct fixture *f)
{
	mem_free(f->a);
	mem_free(f->b);
	mem_free(f->map);
}

static inline bool leq(struct fixture *f)
{
	return state_leq(f->a, f->b, LEQ_INSIDE, NULL, f->map);
}
