/* SPDX-License-Identifier: MIT */
/* Hosts other than Linux. */
#include "supervise/supervise.h"

int supervise_run(UNUSED const struct supervise_options *options, UNUSED int *ret_exit,
		  struct error *err)
{
	return error_set(err, ERR_NOTSUP, "commands can be supervised on Linux only");
}

u32 supervise_features(void)
{
	return 0;
}

u32 supervise_compartment(void)
{
	return 0;
}
