/* SPDX-License-Identifier: MIT */
/* Hosts other than Linux. */
#include "divert/divert.h"

static int no_such_thing(struct error *err)
{
	return error_set(err, ERR_NOTSUP, "frames can be taken from interfaces on Linux only");
}

int divert_interface(UNUSED const char *name, UNUSED u32 *ret_ifindex, struct error *err)
{
	return no_such_thing(err);
}

int divert_start(UNUSED const struct divert_options *options, UNUSED struct divert **ret_divert,
		 struct error *err)
{
	return no_such_thing(err);
}

void divert_stop(UNUSED struct divert *divert, UNUSED struct divert_stats *ret_stats) {}

int divert_wait_open(UNUSED const char *lines, UNUSED struct divert_wait *ret_wait,
		     struct error *err)
{
	return no_such_thing(err);
}

int divert_wait(UNUSED struct divert_wait *wait, UNUSED const char *const *argv,
		UNUSED int *ret_exit, struct error *err)
{
	return no_such_thing(err);
}

void divert_wait_close(UNUSED struct divert_wait *wait) {}
