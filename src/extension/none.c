/* SPDX-License-Identifier: MIT */
/* Hosts without threads for events of extensions. */
#include "extension/internal.h"

int extension_wait(UNUSED struct oriel_ext_registry *registry, UNUSED int fd,
		   UNUSED int milliseconds)
{
	return ERR_NOTSUP;
}

int extension_events_start(UNUSED struct extension_instance *const *instances, UNUSED u32 count,
			   UNUSED struct extension_events **ret_events, struct error *err)
{
	return error_set(err, ERR_NOTSUP, "events of extensions are for Linux");
}

int extension_events_over(UNUSED const struct extension_events *events)
{
	return -1;
}

int extension_events_stop(UNUSED struct extension_events *events, UNUSED struct error *err)
{
	return 0;
}
