/* SPDX-License-Identifier: MIT */
/* The words for what the tables hold, for listings and pages. */
#pragma once

#include "base/strbuf.h"
#include "spec/spec.h"

/* For people: "map key", "integer, or does not return". */
const char *spec_arg_text(enum spec_arg arg);
const char *spec_ret_text(enum spec_ret ret);
/* For programs: "map_key", "integer_or_no_return". Both never NULL. */
const char *spec_arg_name(enum spec_arg arg);
const char *spec_ret_name(enum spec_ret ret);
const char *spec_field_kind_name(enum spec_field_kind kind);

/* The name of the lowest bit in *flags, which is taken away; NULL when there is none. */
const char *spec_prog_flag_next(u32 *flags);
const char *spec_map_flag_next(u32 *flags);
const char *spec_helper_flag_next(u32 *flags);

const char *spec_ctx_flag_next(u32 *flags);
const char *spec_field_flag_next(u32 *flags);

/* The types that may call it, "all", "xdp, sched_cls" or "all but kprobe"; the kinds of maps that
 * it takes, "hash, array", "-" when it takes none. */
void spec_progs_text(struct strbuf *out, const struct spec *spec, const struct spec_helper *helper);
void spec_maps_text(struct strbuf *out, const struct spec_helper *helper);

/* What it does and answers, errors of its dialect included; NULL: neither offered nor provided by a
 * hook, or not built in. */
const char *spec_helper_about(const struct spec_helper *helper);

/* "f1832a85-85d5-45b0-98a0-7069d63013b0" */
void spec_guid_text(struct strbuf *out, const struct guid *guid);
/* False when the whole text is not that. */
bool spec_guid_read(const char *text, struct guid *ret_guid) MUST_CHECK;
/* The same, and in braces, too. */
bool spec_module_read(const char *text, struct guid *ret_guid) MUST_CHECK;
/* What a dialect's numbers in a listing belong to: "windows", "linux", "both". */
const char *spec_dialect_text(enum dialect dialect);
