/* SPDX-License-Identifier: MIT */
/* Context of network event programs (sections "netevent_monitor"), Windows dialect. */
#pragma once

#include "ebpf_structs.h"

typedef struct _netevent_event_md {
	uint8_t *data_meta;
	uint8_t *data; /* the event */
	uint8_t *data_end;
} netevent_event_md_t;

typedef int netevent_event_hook_t(netevent_event_md_t *context);

#define NETEVENT_EXT_HELPER_FN_BASE 0xFFFF

/* Hands the event on to whoever listens. */
ORIEL_HELPER(int, bpf_netevent_push_event, (netevent_event_md_t * ctx),
	     NETEVENT_EXT_HELPER_FN_BASE + 1);
